// Owns who makes use of block devices: what is mounted from them in any view of mounts, swap, processes that have them open. Reads
// /proc alone; asks no device.
import { readdirSync, statSync } from 'node:fs';
import { unescapeOctal } from '../../disk/wanted.ts';
import { linkText, listed, orNull, procText } from '../proc.ts';

export interface DeviceUsers {
  /** By `major:minor`. */
  readonly mounts: ReadonlyMap<
    string,
    readonly { readonly mountPoint: string; readonly isElsewhere: boolean }[]
  >;
  readonly swap: ReadonlySet<string>;
  readonly open: ReadonlyMap<string, readonly { readonly pid: number; readonly command: string }[]>;
  readonly unseen: number;
}

export function readDeviceUsers(): DeviceUsers {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return { mounts: readMounts(pids), swap: readSwap(), ...readOpen(pids) };
}

/** Ours first; of other views each once. */
function readMounts(pids: readonly string[]): DeviceUsers['mounts'] {
  const found = new Map<string, { mountPoint: string; isElsewhere: boolean }[]>();
  const ours = linkText('/proc/self/ns/mnt');
  const views = new Set([ours]);
  const read = (pid: string, isElsewhere: boolean) => {
    for (const line of procText(`/proc/${pid}/mountinfo`).split('\n')) {
      const [, , number = '', , at = ''] = line.split(' ', 5);
      const [, source = ''] = line.slice(line.indexOf(' - ') + 3).split(' ');
      const device = number.startsWith('0:') ? numberOf(unescapeOctal(source)) : number;
      if (device === null || at === '') continue;
      const mountPoint = unescapeOctal(at);
      const known = found.get(device) ?? [];
      if (isElsewhere ? known.length > 0 : known.some((one) => one.mountPoint === mountPoint)) continue;
      found.set(device, [...known, { mountPoint, isElsewhere }]);
    }
  };
  read('self', false);
  for (const pid of pids) {
    const view = linkText(`/proc/${pid}/ns/mnt`);
    if (view === '' || views.has(view)) continue;
    views.add(view);
    read(pid, true);
  }
  return found;
}

/** proc(5), /proc/swaps: a path, blanks in it as in a table of mounts, then a type. */
function readSwap(): ReadonlySet<string> {
  const lines = procText('/proc/swaps').split('\n').slice(1);
  return new Set(lines.flatMap((line) => numberOf(unescapeOctal(line.split(/\s/, 1)[0] ?? '')) ?? []));
}

/** By their paths first: what is no device is not asked, since it may be on a disk that does not answer. */
function readOpen(pids: readonly string[]): Pick<DeviceUsers, 'open' | 'unseen'> {
  const open = new Map<string, { pid: number; command: string }[]>();
  let unseen = 0;
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue;
    const descriptors = listed(`/proc/${pid}/fd`);
    if (descriptors === 'closed') {
      unseen += 1;
      continue;
    }
    const numbers = new Set(
      descriptors.flatMap((descriptor) => {
        const link = `/proc/${pid}/fd/${descriptor}`;
        return linkText(link).startsWith('/dev/') ? (numberOf(link) ?? []) : [];
      }),
    );
    const command = procText(`/proc/${pid}/comm`).trim() || '?';
    for (const number of numbers)
      open.set(number, [...(open.get(number) ?? []), { pid: Number(pid), command }]);
  }
  return { open, unseen };
}

/** `major:minor` of a block device; null: it is none. */
export function numberOf(path: string): string | null {
  if (!path.startsWith('/dev/') && !path.startsWith('/proc/')) return null;
  const status = orNull(() => statSync(path));
  if (!status?.isBlockDevice()) return null;
  const { rdev } = status;
  return `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
}
