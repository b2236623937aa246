// Owns what is below a directory: its file system, what is mounted there and above it and what should be, and the disks
// that carry it (through LVM and RAID).
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type StatsFs,
  statfsSync,
  statSync,
} from 'node:fs';
import { open, readlink, statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { DiskView, Mounted } from '../disk/base-disk.ts';
import { placesAbove, unescapeOctal, wantedMounts } from '../disk/wanted.ts';
import type { Asking, Device, FileSystem, LookedAt, MountedAt } from '../port/file-system.ts';
import {
  fileSystemUuid,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  SystemError,
} from './syscalls.ts';
import { noteThread } from './threads.ts';

export function readFileSystem(root: string, path: string): FileSystem {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY);
  try {
    const { fd, path: existing } = openNearest(rootFd, path);
    try {
      const mount = mountOf(fd);
      return {
        ...fileSystemOf(existing, mount, statfsSync(`/proc/self/fd/${fd}`)),
        device: deviceOf(mount),
      };
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(rootFd);
  }
}

function fileSystemOf(path: string, mount: Mount, stats: StatsFs): LookedAt {
  return {
    path,
    mountPoint: mount.mountPoint,
    source: mount.source,
    type: mount.type,
    readOnly: mount.options.includes('ro'),
    options: mount.options,
    sizeBytes: stats.blocks * stats.bsize,
    freeBytes: stats.bfree * stats.bsize,
    availableBytes: stats.bavail * stats.bsize,
    inodes: stats.files,
    inodesFree: stats.ffree,
  };
}

/** Threads of Node's touch the disk: one that never comes back is given up with the process (`exitNow`). */
export function askFileSystem(root: string, path: string): Asking {
  noteThread();
  const answer = ask(root, path).catch((error: NodeJS.ErrnoException) => ({
    error: error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'missing' : (error.code ?? error.message),
  }));
  return {
    within: async (milliseconds) => {
      const patience = new AbortController();
      const over = setTimeout(milliseconds, null, { signal: patience.signal }).catch(() => null);
      const first = await Promise.race([answer, over]);
      patience.abort();
      return first;
    },
  };
}

async function ask(root: string, path: string): Promise<LookedAt | { readonly error: string }> {
  const real = root === '/' ? path : root + path;
  const directory = await open(real, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    // Where a link was on the way, it leads elsewhere.
    if ((await readlink(`/proc/self/fd/${directory.fd}`)) !== real) return { error: 'link' };
    const stats = await statfs(`/proc/self/fd/${directory.fd}`);
    return fileSystemOf(path, mountOf(directory.fd), stats);
  } finally {
    await directory.close();
  }
}

/** The directory itself, or the nearest one above it that exists. */
function openNearest(rootFd: number, path: string): { fd: number; path: string } {
  for (let at = path; ; at = dirname(at)) {
    try {
      const fd = openAt(rootFd, at === '/' ? '.' : at.slice(1), {
        flags: O_PATH | O_DIRECTORY,
        resolve: RESOLVE.noLinks | RESOLVE.beneath,
      });
      return { fd, path: at };
    } catch (error) {
      if (!(error instanceof SystemError) || at === '/') throw error;
    }
  }
}

export function readDeviceNumber(root: string, path: string): string {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY);
  try {
    const { fd } = openNearest(rootFd, path);
    try {
      return mountOf(fd).deviceNumber;
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(rootFd);
  }
}

/** What is seen of the disk below a path of the live host, but for the directory itself. */
export function readDisk(path: string): Omit<DiskView, 'directory'> {
  const rootFd = openSync('/', O_PATH | O_DIRECTORY);
  try {
    const { fd } = openNearest(rootFd, path);
    try {
      const all = mounts();
      const own = mountOf(fd, all);
      const places = ['/', ...placesAbove(path)];
      const uuid = uuidAt(fd) ?? uuidOf(own);
      const above = all
        .filter(({ mountPoint }) => places.includes(mountPoint))
        .map((mount) => mounted(mount, mount === own ? uuid : uuidOf(mount)));
      return {
        path,
        holder: above.find(({ id }) => id === own.id) ?? mounted(own, uuid),
        mounts: above,
        wanted: wantedMounts(path, { text: textOrNull, deviceOf: deviceNamed }),
      };
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(rootFd);
  }
}

function mounted({ deviceNumber, itsOwn: _, ...mount }: Mount, uuid: string | null): Mounted {
  return { ...mount, uuid, device: blockDeviceOf({ source: mount.source, deviceNumber }) };
}

/** The file system itself is asked; null: its kernel or its kind has no answer, or we may not open it. */
function uuidAt(fd: number): string | null {
  try {
    const directory = openAt(fd, '.', { flags: O_RDONLY | O_DIRECTORY, resolve: RESOLVE.beneath });
    try {
      return fileSystemUuid(directory);
    } finally {
      closeSync(directory);
    }
  } catch {
    return null;
  }
}

/** As udev found it on the device. */
function uuidOf(mount: Pick<Mount, 'source' | 'deviceNumber'>): string | null {
  const device = blockDeviceOf(mount);
  const known = device === null ? null : textOrNull(`/run/udev/data/b${device}`);
  return /^E:ID_FS_UUID=(.+)$/m.exec(known ?? '')?.[1] ?? null;
}

/** `UUID=…` and its like through udev's links, or a path; null: not known here. */
function deviceNamed(what: string): string | null {
  const [, tag = '', value = ''] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/.exec(what) ?? [];
  // udev(7): what is no plain character stands there as \xNN.
  const name = value.replace(/[^\w#+\-.:=@]/g, (c) =>
    [...Buffer.from(c)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return numberOfSource(tag === '' ? what : `/dev/disk/by-${tag.toLowerCase()}/${name}`);
}

function textOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

export interface Mount extends MountedAt {
  /** Of the options those of the mount itself, not of its file system. */
  readonly itsOwn: readonly string[];
  readonly id: string;
  readonly parent: string;
  readonly deviceNumber: string;
  readonly part: string;
}

/** What is mounted where a descriptor is. */
export function mountOf(fd: number, all = mounts()): Mount {
  const id = /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return all.find((mount) => mount.id === id) ?? NO_MOUNT;
}

/** What is mounted at just this path. */
export function readMountItself(path: string): Pick<Mount, 'source' | 'itsOwn'> {
  const fd = openAt(-100, path, { flags: O_PATH | O_DIRECTORY, resolve: RESOLVE.noLinks });
  try {
    return mountOf(fd);
  } finally {
    closeSync(fd);
  }
}

/** By the table of mounts alone: a file system that does not answer is not asked. `path` is without links. */
export function readMount(root: string, path: string): MountedAt {
  const real = root === '/' ? path : root + path;
  const above = mounts().filter(
    ({ mountPoint }) => mountPoint === '/' || real === mountPoint || real.startsWith(`${mountPoint}/`),
  );
  // Of two on one place the later one is seen.
  const mount = above.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length).at(-1) ?? NO_MOUNT;
  const { mountPoint, source, type, options } = mount;
  return { mountPoint, source, type, options };
}

export function isMountPoint(path: string): boolean {
  return mounts().some(({ mountPoint }) => mountPoint === path);
}

/** What is mounted at just this path, the last one where there are several; null: nothing. */
export function readMountAt(path: string): Mount | null {
  return mounts().findLast(({ mountPoint }) => mountPoint === path) ?? null;
}

/** Mounted where we cannot see it (a file descriptor from another mount namespace). */
const NO_MOUNT: Mount = {
  id: '',
  parent: '',
  mountPoint: '(unknown)',
  source: '(unknown)',
  type: '(unknown)',
  options: [],
  itsOwn: [],
  deviceNumber: '',
  part: '/',
};

/** proc(5), /proc/pid/mountinfo: `id parent major:minor root mount-point options … - type source super-options`. */
function mounts(): readonly Mount[] {
  const table = readFileSync('/proc/self/mountinfo', 'utf8');
  // It is asked for again and again, and hardly ever says something else.
  if (table !== last.table) last = { table, mounts: parseMounts(table) };
  return last.mounts;
}

let last: { readonly table: string; readonly mounts: readonly Mount[] } = { table: '', mounts: [] };

export function parseMounts(table: string): readonly Mount[] {
  return table
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [id = '', parent = '', deviceNumber = '', part = '/', mountPoint = '', options = ''] =
        left.split(' ');
      const [type = '', source = '', superOptions = ''] = right.split(' ');
      return {
        id,
        parent,
        part: unescapeOctal(part),
        mountPoint: unescapeOctal(mountPoint),
        source: unescapeOctal(source),
        type,
        options: [...new Set([...options.split(','), ...superOptions.split(',')])],
        itsOwn: options.split(','),
        deviceNumber,
      };
    });
}

const SYS_BLOCK = '/sys/dev/block';

/** btrfs and the like have an anonymous device number, but name a device as their source. */
function blockDeviceOf({ deviceNumber, source }: Pick<Mount, 'deviceNumber' | 'source'>): string | null {
  return deviceNumber.startsWith('0:') ? numberOfSource(source) : deviceNumber;
}

function deviceOf(mount: Mount): Device | null {
  const number = blockDeviceOf(mount);
  if (number === null) return null;
  try {
    const directory = `${SYS_BLOCK}/${number}`;
    const name = basename(readlinkSync(directory));
    const disks = disksBelow(directory, name);
    return {
      name,
      sizeBytes: Number(readFileSync(`${directory}/size`, 'utf8')) * 512,
      nvme: disks.length > 0 && disks.every((disk) => disk.startsWith('nvme')),
      disks,
    };
  } catch {
    // No such block device in this sysfs (a container): unknown, and preflight says so.
    return null;
  }
}

function numberOfSource(source: string): string | null {
  if (!source.startsWith('/dev/')) return null;
  try {
    const { rdev } = statSync(source);
    return `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
  } catch {
    return null;
  }
}

function disksBelow(directory: string, name: string): readonly string[] {
  const slaves = listOrNone(`${directory}/slaves`);
  if (slaves.length > 0) return slaves.flatMap((slave) => disksBelow(`${directory}/slaves/${slave}`, slave));
  // A partition has no `slaves` folder: its disk is the folder it is in.
  return [listOrNone(directory).includes('partition') ? basename(dirname(realpathSync(directory))) : name];
}

function listOrNone(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
