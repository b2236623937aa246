// Owns finding files without a name that processes keep on the disk. Reads /proc alone until it is known that a file is on
// the file system that is asked for: one that does not answer must not be asked. Changes nothing, and signals nobody.
import { readdirSync, statSync } from 'node:fs';
import type { DeletedOpen, DeletedOpenFound } from '../port/deleted-open.ts';
import { createMounts, deletedPath, linkText, listed, type Mounts, orNull, procText } from './proc.ts';

/** `fd`: anything on the file system. */
export function deletedOpenOn(fd: number): DeletedOpenFound {
  const mounts = createMounts();
  const device = mounts.mountOf('self', `${fd}`)?.device ?? null;
  const found = new Map<string, DeletedOpen>();
  let unseen = 0;
  if (device === null) return { files: [], unseen };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const descriptors = listed(`/proc/${pid}/fd`);
    if (descriptors === 'closed') unseen += 1;
    else for (const file of deletedOf(pid, { descriptors, device, mounts })) add(found, file, pid);
  }
  return { files: [...found.values()].toSorted((a, b) => b.diskBytes - a.diskBytes), unseen };
}

type Seen = Omit<DeletedOpen, 'pid' | 'command' | 'holders'>;

function add(found: Map<string, DeletedOpen>, file: Seen, pid: string): void {
  const known = found.get(file.inode);
  if (known === undefined)
    found.set(file.inode, { ...file, pid: Number(pid), command: commandOf(pid), holders: 1 });
  else found.set(file.inode, { ...known, holders: known.holders + 1 });
}

/** Each file once, however often the process has it. */
function deletedOf(
  pid: string,
  on: { readonly descriptors: readonly string[]; readonly device: string; readonly mounts: Mounts },
): readonly Seen[] {
  const found = new Map<string, Seen>();
  const look = (link: string, path: string) => {
    const status = orNull(() => statSync(link, { bigint: true }));
    // A file may be called so and have its name.
    if (status === null || status.nlink !== 0n || !status.isFile()) return;
    found.set(`${status.ino}`, {
      inode: `${status.ino}`,
      path,
      diskBytes: Number(status.blocks) * 512,
      apparentBytes: Number(status.size),
    });
  };
  for (const descriptor of on.descriptors) {
    const path = deletedPath(linkText(`/proc/${pid}/fd/${descriptor}`));
    if (path !== null && on.mounts.mountOf(pid, descriptor)?.device === on.device)
      look(`/proc/${pid}/fd/${descriptor}`, path);
  }
  for (const { range, path } of deletedMaps(pid, on.device)) look(`/proc/${pid}/map_files/${range}`, path);
  return [...found.values()];
}

function deletedMaps(
  pid: string,
  device: string,
): readonly { readonly range: string; readonly path: string }[] {
  return mapped(pid).flatMap((map) => {
    const path = deletedPath(map.shown);
    return path === null || map.device !== device ? [] : [{ range: withoutZeros(map.range), path }];
  });
}

interface Mapped {
  readonly range: string;
  /** `major:minor`. */
  readonly device: string;
  readonly shown: string;
}

/** Files only. proc(5): `address perms offset dev inode path`, the device as hexadecimal major:minor. */
function mapped(pid: string): readonly Mapped[] {
  return procText(`/proc/${pid}/maps`)
    .split('\n')
    .flatMap((line) => {
      const [, range = '', dev = '', shown] = /^(\S+) \S+ \S+ (\S+) \d+ +(\/.*)$/.exec(line) ?? [];
      return shown === undefined ? [] : [{ range, device: decimal(dev), shown }];
    });
}

function decimal(hexadecimal: string): string {
  return hexadecimal
    .split(':')
    .map((part) => Number.parseInt(part, 16))
    .join(':');
}

/** As map_files writes what maps fills up. */
function withoutZeros(range: string): string {
  return range
    .split('-')
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join('-');
}

function commandOf(pid: string): string {
  return procText(`/proc/${pid}/comm`).trim() || '?';
}
