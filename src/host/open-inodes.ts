// Owns which inodes of a file system processes have open, stand in, run or have mapped. Reads /proc alone; changes nothing, and
// signals nobody.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { OpenBy } from '../port/whole.ts';

/** `device` as statx gives it, `major:minor` in decimal. */
export function openInodesOn(device: string): ReadonlyMap<string, OpenBy> {
  const found = new Map<string, OpenBy>();
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    for (const inode of inodesOf(`/proc/${pid}`, device))
      if (!found.has(inode)) found.set(inode, { pid: Number(pid), command: commandOf(pid) });
  }
  return found;
}

function* inodesOf(proc: string, device: string): Generator<string> {
  const links = [
    `${proc}/cwd`,
    `${proc}/root`,
    `${proc}/exe`,
    ...orNone(() => readdirSync(`${proc}/fd`)).map((fd) => `${proc}/fd/${fd}`),
  ];
  for (const link of links) {
    const status = orNull(() => statSync(link, { bigint: true }));
    if (status !== null && deviceText(status.dev) === device) yield status.ino.toString();
  }
  // proc(5): address perms offset dev inode path, the device as hexadecimal major:minor
  for (const line of orNone(() => readFileSync(`${proc}/maps`, 'utf8').split('\n'))) {
    const [, , , dev = '', inode = '0'] = line.split(/\s+/);
    if (inode !== '0' && hexDevice(dev) === device) yield inode;
  }
}

function deviceText(dev: bigint): string {
  const number = Number(dev);
  return `${(number >> 8) & 0xfff}:${(number & 0xff) | ((number >> 12) & 0xfff00)}`;
}

function hexDevice(text: string): string {
  return text
    .split(':')
    .map((part) => Number.parseInt(part, 16))
    .join(':');
}

function commandOf(pid: string): string {
  return (
    orNull(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ??
    orNull(() => readlinkSync(`/proc/${pid}/exe`)) ??
    '?'
  );
}

/** Processes end while we look: what cannot be read any more is not open any more. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function orNone<T>(read: () => readonly T[]): readonly T[] {
  return orNull(read) ?? [];
}
