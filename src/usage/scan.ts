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

/** Largest first. A file with several hard links counts once, in the first service of the layout that has it. */
export function scan(spec: Spec, host: HostReader, onService?: (service: string) => void): readonly Usage[] {
  const linked = new Set<string>();
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
      ...measure(host, { path, names: service.directories.map((directory) => directory.name), linked }),
    };
  });
  return usages.toSorted((a, b) => (b.usedBytes ?? -1) - (a.usedBytes ?? -1));
}

function measure(
  host: HostReader,
  {
    path,
    names,
    linked,
  }: { readonly path: string; readonly names: readonly string[]; readonly linked: Set<string> },
): Omit<Usage, 'service' | 'path' | 'plannedBytes'> {
  const byDirectory = new Map(names.map((name) => [name, 0]));
  let usedBytes = 0;
  let files = 0;
  const walk = host.walk(path, (entry) => {
    const { diskBytes, top } = entry;
    if (entry.type === 'file') {
      if (entry.links > 1 && !isFirst(linked, entry.inode)) return;
      files += 1;
    }
    usedBytes += diskBytes;
    const before = byDirectory.get(top);
    if (before !== undefined) byDirectory.set(top, before + diskBytes);
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

function isFirst(linked: Set<string>, inode: string): boolean {
  if (linked.has(inode)) return false;
  linked.add(inode);
  return true;
}
