// Owns whether what a service has in a directory is data that somebody would miss. Reads names and small files only.
import { type Layout, type Service, servicePath } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import type { PresentData } from '../services/configuration.ts';
import { limitAt } from '../space/limit-at.ts';
import { type Limited, spent } from '../space/own-limit.ts';
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

/** What is in a place that is not the layout's own and empty. */
export function othersIn(
  layout: Layout,
  host: HostReader,
  { service, to }: { readonly service: Service; readonly to: string },
): readonly string[] {
  if (host.entry(to).type !== 'directory') return [];
  const own = servicePath(layout, service);
  const ours = new Set(service.directories.map(({ name }) => `${own}/${name}`));
  return host
    .names(to)
    .filter((name) => {
      const path = `${to}/${name}`;
      const entry = host.entry(path);
      return !(ours.has(path) && entry.type === 'directory' && entry.entries === 0);
    })
    .map((name) => `${to}/${name}`);
}

/** A place that takes nothing more. */
export interface Full {
  readonly place: string;
  /** What is left, in words. */
  readonly found: string;
  /** The project quota that leaves no more; null: it is the disk that is full. */
  readonly limit: Limited | null;
}

/** null: there is room, for others than root too. Of a project with a quota the kernel tells what that leaves. */
export function fullAt(host: HostReader, place: string): Full | null {
  const own = host.fileSystem(place);
  const whole = host.fileSystem(own.mountPoint);
  if (whole.availableBytes === 0) return { place, found: '0 B available to it', limit: null };
  const limit = limitAt(host, place, whole);
  const found = limit === null ? null : spent(limit);
  return found === null ? null : { place, found, limit };
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
