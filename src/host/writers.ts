// Owns finding the processes that have given files open for writing. Reads /proc alone until it is known that a file is on the
// file system that is asked for: one that does not answer must not be asked. Changes nothing, and signals nobody.
import { readdirSync, statSync } from 'node:fs';
import type { OpenForWriting } from '../port/copy-tree.ts';
import type { Writer, WritersFound } from '../port/writers.ts';
import { createMounts, listed, type Mounts, orNull, procText } from './proc.ts';

/** `fd`: anything on the file system. */
export function writersOn(fd: number, inodes: ReadonlySet<string>): WritersFound {
  const mounts = createMounts();
  const device = mounts.mountOf('self', `${fd}`)?.device ?? null;
  const writers = new Map<string, Writer[]>();
  let unseen = 0;
  if (device === null || inodes.size === 0) return { writers, unseen };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const descriptors = listed(`/proc/${pid}/fd`);
    if (descriptors === 'closed') unseen += 1;
    else
      for (const inode of writtenBy(pid, { descriptors, device, mounts }))
        if (inodes.has(inode))
          writers.set(inode, [...(writers.get(inode) ?? []), { pid: Number(pid), command: commandOf(pid) }]);
  }
  return { writers, unseen };
}

/** All that processes could write without being asked again: also what is mapped, which needs no descriptor. */
export function openForWritingOn(fd: number): OpenForWriting {
  const mounts = createMounts();
  const device = mounts.mountOf('self', `${fd}`)?.device ?? null;
  const inodes = new Map<string, Writer>();
  let unseen = 0;
  if (device === null) return { inodes, unseen };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const descriptors = listed(`/proc/${pid}/fd`);
    if (descriptors === 'closed') unseen += 1;
    else
      for (const inode of [...writtenBy(pid, { descriptors, device, mounts }), ...mappedBy(pid, device)])
        if (!inodes.has(inode)) inodes.set(inode, { pid: Number(pid), command: commandOf(pid) });
  }
  return { inodes, unseen };
}

/** proc(5): address perms offset dev inode path, the device as hexadecimal major:minor. Only what is shared reaches the file. */
function* mappedBy(pid: string, device: string): Generator<string> {
  for (const line of procText(`/proc/${pid}/maps`).split('\n')) {
    const [, permissions = '', , dev = '', inode = '0'] = line.split(/\s+/, 5);
    if (permissions[1] === 'w' && permissions[3] === 's' && inode !== '0' && decimal(dev) === device)
      yield inode;
  }
}

function decimal(device: string): string {
  return device
    .split(':')
    .map((part) => Number.parseInt(part, 16))
    .join(':');
}

/** Each once, however often the process has it. */
function writtenBy(
  pid: string,
  on: { readonly descriptors: readonly string[]; readonly device: string; readonly mounts: Mounts },
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const descriptor of on.descriptors) {
    const info = procText(`/proc/${pid}/fdinfo/${descriptor}`);
    const mount = /^mnt_id:\s*(\d+)/m.exec(info)?.[1];
    if (!isForWriting(info) || mount === undefined) continue;
    if (on.mounts.mountNumbered(pid, mount)?.device !== on.device) continue;
    const status = orNull(() => statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true }));
    if (status?.isFile()) found.add(`${status.ino}`);
  }
  return found;
}

/** proc(5): `flags:` in octal, as open(2) was given them; O_PATH opens nothing. */
function isForWriting(info: string): boolean {
  const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
  return (flags & 0o3) !== 0 && (flags & 0o10000000) === 0;
}

function commandOf(pid: string): string {
  return procText(`/proc/${pid}/comm`).trim() || '?';
}
