// Owns mounting a file system and unmounting it: first where nobody sees it, then at its place, which is reached through no link and
// which only root can change; what is mounted there afterwards is compared with what was meant. Must not write fstab.
import { closeSync } from 'node:fs';
import { kernelOptions, missingOptions } from '../../disk/mount-options.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { type MountUse, TOLD } from '../../port/mount-point.ts';
import type { OperationOf } from '../../port/operation.ts';
import { describeUsers } from '../../port/operations/mount.ts';
import { changedSince } from '../changed-since.ts';
import { parseMounts, readDisk, readMountAt } from '../disk.ts';
import { openInodesOn } from '../open-inodes.ts';
import { run } from '../process.ts';
import { makeRunDirectory, removeRunDirectory } from '../run-directory.ts';
import { O_DIRECTORY, O_RDONLY, openAt, RESOLVE, statusAt } from '../syscalls.ts';
import { walkFrom } from '../walk-tree.ts';
import { deviceOf } from './file-system-device.ts';
import { readMountPlace, requireRootsWay } from './mount-places.ts';

type Mounting = OperationOf<'mountFileSystem' | 'unmountFileSystem'>;

/** As many empty directories may be on what is unmounted: more are somebody's work. */
const MOST_EMPTY = 10_000;

export function mountFileSystem(operation: OperationOf<'mountFileSystem'>): void {
  const { place, uuid, fileSystem, mountPoint, options } = operation;
  // Somebody was faster: systemd, that read the line of fstab.
  if (isMounted(operation)) return;
  const found = readMountPlace(mountPoint);
  if (found.type !== 'directory' || found.isCovered)
    throw changedSince(mountPoint, [
      'want a directory with nothing mounted on it',
      `found ${found.type === 'directory' ? 'a mount' : `none: ${found.type}`}`,
    ]);
  if (found.holds.length > 0) throw wouldHide(mountPoint, found.holds);
  requireRootsWay(mountPoint);
  const device = deviceOf(place, { type: fileSystem, uuid });
  const told = kernelOptions(options);
  requireMountable(device.path, fileSystem, told);
  run(argvOf(device.path, fileSystem, told, mountPoint));
  const now = readMountAt(mountPoint);
  if (now?.deviceNumber === device.number && now.type === fileSystem) return;
  throw changedSince(mountPoint, [
    `want ${fileSystem} from ${device.path} (${device.number})`,
    `found ${now === null ? 'nothing mounted' : `${now.type} from ${now.source} (${now.deviceNumber})`}`,
  ]);
}

/** What the kernel says of a damaged one is said with what looks at it. */
function requireMountable(path: string, type: string, options: readonly string[]): void {
  try {
    tryMount(path, type, options);
  } catch (error) {
    const said = error instanceof Problem ? (error.diagnostics[0]?.detail ?? []) : [];
    const why = said.find((line) => /needs cleaning|bad superblock|can't read superblock/i.test(line));
    if (why === undefined) throw error;
    throw new Problem(EXIT.failed, [
      diagnostic('E_DAMAGED', 'cannot mount a file system that is damaged', {
        at: path,
        detail: [`want ${type} as it was made`, `found: ${why}`],
        fix: type === 'xfs' ? `sudo xfs_repair -n ${path}` : `sudo e2fsck -fn ${path}`,
        hint: 'that changes nothing; without -n it mends, which is yours to decide: docs/recovery.md',
      }),
    ]);
  }
}

function argvOf(
  path: string,
  type: string,
  options: readonly string[],
  target: string,
): [string, ...string[]] {
  return [
    'mount',
    '-t',
    type,
    ...(options.length === 0 ? [] : ['-o', options.join(',')]),
    '--',
    path,
    target,
  ];
}

function wouldHide(mountPoint: string, holds: readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_WOULD_HIDE', 'refusing to hide data below a mount', {
      at: mountPoint,
      detail: `want an empty directory, found in it: ${holds.join(', ')}`,
      hint: `move it away first: sudo ls -A ${mountPoint}`,
    }),
  ]);
}

/** In a mount namespace of its own: with its process the mount is gone, also where that is killed. */
export function tryMount(device: string, type: string, options: readonly string[]): void {
  const directory = makeRunDirectory('mount');
  try {
    const [program, ...words] = argvOf(device, type, options, directory);
    const script = `"$@" && exec cat /proc/self/mountinfo`;
    const unshare = ['unshare', '--mount', '--propagation', 'private'] as const;
    const table = run([...unshare, 'sh', '-c', script, 'sh', program, ...words]);
    const mount = parseMounts(table).findLast(({ mountPoint }) => mountPoint === directory);
    const shown = mount?.options ?? [];
    const lost = mount === undefined ? ['the mount itself'] : missingOptions(options, shown);
    if (lost.length === 0) return;
    throw new Problem(EXIT.failed, [
      diagnostic('E_MOUNT_OPTIONS', 'refusing to mount with options that this kernel does not keep', {
        at: device,
        detail: [`want ${options.join(',')}`, `found ${shown.join(',')}, without ${lost.join(', ')}`],
        hint: 'take these out of `mount: options:` in the layout',
      }),
    ]);
  } finally {
    removeRunDirectory('mount', directory);
  }
}

export function unmountFileSystem(operation: OperationOf<'unmountFileSystem'>): void {
  const { mountPoint } = operation;
  requireIt(operation);
  const { data, users } = readMountUse(mountPoint);
  if (data !== null)
    throw changedSince(mountPoint, `want nothing but empty directories on it, found ${data}`);
  if (users.length > 0)
    throw new Problem(EXIT.failed, [
      diagnostic('E_IN_USE', 'refusing to unmount a file system that is in use', {
        at: mountPoint,
        detail: `want nobody who uses it, found: ${describeUsers(users)}`,
        hint: `stop what uses it, then run the same command again; see: sudo fuser -vm ${mountPoint}`,
      }),
    ]);
  run(['umount', '--', mountPoint]);
}

function isMounted({ mountPoint, uuid }: Mounting): boolean {
  const { holder } = readDisk(mountPoint);
  return holder.mountPoint === mountPoint && holder.uuid?.toLowerCase() === uuid;
}

function requireIt(operation: OperationOf<'unmountFileSystem'>): void {
  if (isMounted(operation)) return;
  const { mountPoint, uuid } = operation;
  const { holder } = readDisk(mountPoint);
  throw changedSince(mountPoint, [
    `want the file system ${uuid} mounted there`,
    `found ${holder.mountPoint === mountPoint ? holder.source : 'nothing mounted there'}`,
  ]);
}

/** Throws SystemError where nothing can be opened there. */
export function readMountUse(mountPoint: string): MountUse {
  const fd = openAt(-100, mountPoint, { flags: O_RDONLY | O_DIRECTORY, resolve: RESOLVE.noLinks });
  try {
    const data = dataOn(fd);
    const { device } = statusAt(fd, '');
    const users = new Map([...openInodesOn(device).values()].map((user) => [user.pid, user]));
    return { data, users: [...users.values()].slice(0, TOLD) };
  } finally {
    closeSync(fd);
  }
}

function dataOn(fd: number): string | null {
  let directories = 0;
  for (const met of walkFrom(fd)) {
    if (met.path === '' || met.path === 'lost+found') continue;
    // What fsck(8) rescued is somebody's.
    if (met.type !== 'directory') return met.path;
    directories += 1;
    if (directories > MOST_EMPTY) return met.path;
  }
  return null;
}
