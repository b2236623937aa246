// Owns measuring how much disk each service really uses: blocks, not apparent size; a file with several hard links once;
// nothing of other file systems mounted below.
import type { HostReader } from '../host/host.ts';
import { type Spec, servicePath } from '../spec.ts';

export interface Usage {
  readonly service: string;
  readonly path: string;
  readonly plannedBytes: number;
  /** null: the directory is missing or may not be read. */
  readonly usedBytes: number | null;
  readonly files: number;
  readonly directories: readonly { readonly name: string; readonly usedBytes: number }[];
  /** Below these nothing was counted. */
  readonly mountPoints: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly error: string }[];
}

/** Largest first. A file linked from two services counts in both. */
export function scan(spec: Spec, host: HostReader, onService?: (service: string) => void): readonly Usage[] {
  const usages = spec.services.map((service): Usage => {
    onService?.(service.name);
    const path = servicePath(spec, service);
    const about = { service: service.name, path, plannedBytes: service.plannedBytes };
    const entry = host.entry(path);
    if (entry.type !== 'directory') {
      const error = entry.type === 'hidden' ? 'EACCES' : entry.type;
      return {
        ...about,
        usedBytes: null,
        files: 0,
        directories: [],
        mountPoints: [],
        unreadable: [{ path, error }],
      };
    }
    return {
      ...about,
      ...measure(
        host,
        path,
        service.directories.map((directory) => directory.name),
      ),
    };
  });
  return usages.toSorted((a, b) => (b.usedBytes ?? -1) - (a.usedBytes ?? -1));
}

function measure(
  host: HostReader,
  path: string,
  names: readonly string[],
): Omit<Usage, 'service' | 'path' | 'plannedBytes'> {
  const linked = new Set<string>();
  const byDirectory = new Map(names.map((name) => [name, 0]));
  let usedBytes = 0;
  let files = 0;
  const walk = host.walk(path, (entry) => {
    if (entry.type === 'file' && entry.links > 1) {
      if (linked.has(entry.inode)) return;
      linked.add(entry.inode);
    }
    usedBytes += entry.diskBytes;
    if (entry.type === 'file') files += 1;
    const cut = entry.path.indexOf('/');
    const top = cut === -1 ? entry.path : entry.path.slice(0, cut);
    const before = byDirectory.get(top);
    if (before !== undefined) byDirectory.set(top, before + entry.diskBytes);
  });
  const hidden = walk.unreadable.some(({ path: at }) => at === '');
  return {
    usedBytes: hidden ? null : usedBytes,
    files,
    directories: [...byDirectory].map(([name, bytes]) => ({ name, usedBytes: bytes })),
    mountPoints: walk.mountPoints,
    unreadable: walk.unreadable,
  };
}
