// Owns where the other version of a file, a link or a program stands while the two change places. Reads only.
import type { HostReader } from '../host-reader.ts';

/** Next to it, under a name that nothing reads. */
export function asidePath(path: string): string {
  const cut = path.lastIndexOf('/') + 1;
  return `${path.slice(0, cut)}.${path.slice(cut)}.jts-hot~`;
}

export function isAside(host: HostReader, path: string): boolean {
  return host.entry(asidePath(path)).type !== 'missing';
}
