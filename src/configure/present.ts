// Owns whether what a service has in a directory is data that somebody would miss. Reads names and small files only.
import type { HostReader } from '../port/host.ts';
import type { PresentData } from '../services/configuration.ts';
import { withoutSlash } from './paths.ts';

export function holdsData(host: HostReader, place: string, { isData }: PresentData): boolean {
  const own = withoutSlash(place);
  if (host.entry(own).type !== 'directory') return false;
  const at = (below: string) => (below === '' ? own : `${own}/${below}`);
  return isData({
    names: (below) => (host.entry(at(below)).type === 'directory' ? host.names(at(below)) : []),
    text: (below) => (host.entry(at(below)).type === 'file' ? host.text(at(below)) : null),
  });
}

/** Nobody but root can write there. Of a project with a quota the kernel tells what that leaves. */
export function isFull(host: HostReader, place: string): boolean {
  return host.fileSystem(place).availableBytes === 0;
}

/** What `du` would say, counted to `most` entries; `isWhole`: that was all. */
export function sizeOf(
  host: HostReader,
  place: string,
  most = 100_000,
): { readonly bytes: number; readonly isWhole: boolean } {
  let bytes = 0;
  let entries = 0;
  for (const met of host.walk(withoutSlash(place))) {
    if (entries === most) return { bytes, isWhole: false };
    entries += 1;
    if ('diskBytes' in met) bytes += met.diskBytes;
  }
  return { bytes, isWhole: true };
}
