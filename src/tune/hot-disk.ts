// Owns which mount is tuned and trimmed: the one that holds the base, on a disk of its own, of the live host.
import type { DiskView } from '../disk/base-disk.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';

/** Throws a Problem where the base is on no disk of its own, or in an image. */
export function hotDisk(host: HostReader, base: string): DiskView {
  if (host.root !== '/')
    throw new Problem(EXIT.refused, [
      diagnostic('E_IMAGE', 'refusing to work on the disk of an image', {
        at: '--root',
        detail: 'want the live host: what an image is on now is not what it will be on',
        hint: 'type it on the host that was made from the image',
      }),
    ]);
  const view = host.disk(base);
  if (view.holder.mountPoint !== '/') return view;
  throw new Problem(EXIT.refused, [
    diagnostic('E_SYSTEM_DISK', 'refusing to work on the disk of the system', {
      at: base,
      detail: `want a file system of its own for the base, found that of / (${view.holder.source})`,
      hint: `mount the disk of the hot tier at ${base} or above it first`,
    }),
  ]);
}
