// Owns the system calls of the scan, which makes millions of them: by address, with numbers in and numbers out, nothing
// thrown and nothing allocated. Numbers and structures: linux/stat.h, linux/openat2.h, asm/unistd.h.
import { constants } from 'node:fs';
import { constants as system } from 'node:os';
import koffi from 'koffi';

/** Of a call that gave -1. */
export const { ENOENT, ENOTDIR, ELOOP, EXDEV, EACCES, EPERM, EAGAIN, EINTR } = system.errno;

const NUMBERS = {
  x64: { openat2: 437, getdents64: 217, fcntl: 72 },
  arm64: { openat2: 437, getdents64: 61, fcntl: 25 },
} as const;
const nr = NUMBERS[process.arch as keyof typeof NUMBERS];

const libc = koffi.load(null);
const c = {
  statx: libc.func('int statx(int dirfd, uintptr_t path, int flags, uint32_t mask, uintptr_t buffer)'),
  getdents64: libc.func('long syscall(long number, long fd, uintptr_t buffer, size_t size)'),
  openat2: libc.func('long syscall(long number, long dirfd, uintptr_t path, uintptr_t how, size_t size)'),
  fcntl: libc.func('long syscall(long number, long fd, long command, long argument)'),
  close: libc.func('int close(int fd)'),
  unshare: libc.func('int unshare(int flags)'),
  fchdir: libc.func('int fchdir(int fd)'),
  chdir: libc.func('int chdir(const char *path)'),
  llistxattr: libc.func('long llistxattr(uintptr_t path, uintptr_t list, size_t size)'),
  lgetxattr: libc.func('long lgetxattr(uintptr_t path, uintptr_t name, uintptr_t value, size_t size)'),
};

export const errno: () => number = koffi.errno;

/** Bytes that stay where they are, with their address for the kernel. */
export interface Memory {
  readonly bytes: Buffer;
  readonly address: number;
}

export function allocate(size: number): Memory {
  // Of its own, never of Node's pool; and a small one could be moved by the garbage collector.
  const bytes = Buffer.allocUnsafeSlow(Math.max(size, 4096));
  return { bytes, address: Number(koffi.address(bytes)) };
}

/** Fills `memory` with entries of a directory. How many bytes; 0: that was all; -1: see `errno`. */
export function readEntries(fd: number, memory: Memory): number {
  return c.getdents64(nr.getdents64, fd, memory.address, memory.bytes.length);
}

/** struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, char name[] */
export const DIRENT = { length: 16, type: 18, name: 19 } as const;
export const DT = { unknown: 0, directory: 4 } as const;

const answer = allocate(256);

/**
 * What the last `status` or `statusOf` answered, as struct statx: in words of 32 bits attributes 2, nlink 4, uid 5, gid 6, ino 8 and 9,
 * size 10 and 11, blocks 12 and 13, mtime 28 to 30, dev_major 34, dev_minor 35; mode is half word 14.
 */
export const statusWords = new Uint32Array(answer.bytes.buffer, answer.bytes.byteOffset, 64);
export const statusHalfWords = new Uint16Array(answer.bytes.buffer, answer.bytes.byteOffset, 128);
export const WORD = {
  attributes: 2,
  links: 4,
  uid: 5,
  gid: 6,
  inode: 8,
  length: 10,
  blocks: 12,
  changed: 28,
  major: 34,
  minor: 35,
} as const;
export const HALF_WORD_MODE = 14;
export const ATTR_MOUNT_ROOT = 0x2000;
export const S_IFMT = 0xf000;
export const S_IFDIR = 0x4000;
export const S_IFREG = 0x8000;
export const S_IFLNK = 0xa000;

const AT_EMPTY_PATH = 0x1000;
/** AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC: what a dead server cached is answer enough. */
const LOOK = 0x100 | 0x800 | 0x4000;
/** STATX_TYPE | MODE | NLINK | UID | GID | MTIME | INO | SIZE | BLOCKS */
const MASK = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100 | 0x200 | 0x400;

/** Of a name in a directory, into `statusWords`. Not 0: see `errno`. */
export function status(dirfd: number, name: number): number {
  return c.statx(dirfd, name, LOOK, MASK, answer.address);
}

const empty = allocate(1);
empty.bytes[0] = 0;

/** Of what is open itself, into `statusWords`. Not 0: see `errno`. */
export function statusOf(fd: number): number {
  return c.statx(fd, empty.address, LOOK | AT_EMPTY_PATH, MASK, answer.address);
}

const O_CLOEXEC = 0o2000000;
const OPEN = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_CLOEXEC;
const O_NOATIME = 0o1000000;
/** RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH */
const RESOLVE = 0x01 | 0x04 | 0x08;

/** struct open_how: u64 flags, u64 mode, u64 resolve */
const how = allocate(24);
how.bytes.fill(0, 0, 24);
// To look leaves no trace: only the owner and root may.
how.bytes.writeUInt32LE(OPEN | O_NOATIME, 0);
how.bytes.writeUInt32LE(RESOLVE, 16);

/** A directory in a directory, through no link and onto no mount point: its descriptor; -1: see `errno`. */
export function openDirectory(dirfd: number, name: number): number {
  for (;;) {
    const fd = c.openat2(nr.openat2, dirfd, name, how.address, 24);
    if (fd >= 0) return fd;
    const error = errno();
    if (error === EPERM && (how.bytes.readUInt32LE(0) & O_NOATIME) !== 0) how.bytes.writeUInt32LE(OPEN, 0);
    // A rename elsewhere made the kernel unsure of `beneath`: it asks to be asked again (openat2(2), EAGAIN).
    else if (error !== EAGAIN && error !== EINTR) return fd;
  }
}

const dot = allocate(2);
dot.bytes.write('.\0');

/** The name by which an open directory is in itself. */
export const ITSELF = dot;

/** Whether what is in an open directory may be looked at, in general. */
export function mayLookInto(fd: number): boolean {
  return status(fd, ITSELF.address) === 0;
}

const CLONE_FS = 0x200;

/** unshare(2): from now on this thread stands in a directory of its own, and can leave it. false: it may not (a container). */
export function standAlone(): boolean {
  return c.unshare(CLONE_FS) === 0;
}

/** Only where it stands alone. false: see `errno`. */
export function standIn(fd: number): boolean {
  return c.fchdir(fd) === 0;
}

/** Where it keeps no file system busy. */
export function standAtTop(): void {
  c.chdir('/');
}

/** Names of extended attributes of what `path` leads to, a link itself where it is one. How many bytes; -1: see `errno`. */
export function listAttributes(path: Memory, into: Memory): number {
  return c.llistxattr(path.address, into.address, into.bytes.length);
}

/** The same of the value of one, whose name ends with NUL. */
export function readAttribute(path: Memory, name: Memory, into: Memory): number {
  return c.lgetxattr(path.address, name.address, into.address, into.bytes.length);
}

/** To find out where a name leads, and not to read it: O_PATH | O_NOFOLLOW, by the same rules. */
const howNamed = allocate(24);
howNamed.bytes.fill(0, 0, 24);
howNamed.bytes.writeUInt32LE((0o10000000 | constants.O_NOFOLLOW | O_CLOEXEC) >>> 0, 0);
howNamed.bytes.writeUInt32LE(RESOLVE, 16);

/** Whether something is mounted on the name; asks nothing of what that is. */
export function isMountedOn(dirfd: number, name: number): boolean {
  const fd = c.openat2(nr.openat2, dirfd, name, howNamed.address, 24);
  if (fd < 0) return errno() === EXDEV;
  c.close(fd);
  return false;
}

const parent = allocate(4);
parent.bytes.write('..\0');
/** The same with O_PATH, and upwards. */
const howParent = allocate(24);
howParent.bytes.fill(0, 0, 24);
howParent.bytes.writeUInt32LE((OPEN | 0o10000000) >>> 0, 0);

/** The directory that an open one is in, to ask for its path and not to read it. -1: see `errno`. */
export function openParent(fd: number): number {
  return c.openat2(nr.openat2, fd, parent.address, howParent.address, 24);
}

const F_DUPFD_CLOEXEC = 1030;

/** Another descriptor of the same open directory: both go on reading where either stopped. -1: see `errno`. */
export function duplicate(fd: number): number {
  return c.fcntl(nr.fcntl, fd, F_DUPFD_CLOEXEC, 0);
}

export function close(fd: number): void {
  c.close(fd);
}
