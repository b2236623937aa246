// Owns the system calls of copying and comparing trees, which make millions of them: by address, numbers in and numbers out,
// nothing thrown. -1: see `errno`. Numbers and structures: linux/openat2.h, linux/fs.h, linux/falloc.h.
import { constants } from 'node:fs';
import { constants as system } from 'node:os';
import koffi from 'koffi';
import { allocate, type Memory } from '../scan/calls.ts';

export { allocate, close, errno, type Memory, readEntries } from '../scan/calls.ts';
export const { ENOENT, ENOTDIR, ELOOP, EXDEV, EINVAL, ENODATA, ENXIO, EPERM, EAGAIN, EINTR } = system.errno;
export const { EOPNOTSUPP, ENOTTY, EIO, ENOSPC, EDQUOT, EFBIG, EROFS } = system.errno;

const OPENAT2 = 437;

const libc = koffi.load(null);
const c = {
  openat2: libc.func('long syscall(long number, long dirfd, uintptr_t path, uintptr_t how, size_t size)'),
  open: libc.func('int open(uintptr_t path, int flags)'),
  pread: libc.func('long pread(int fd, uintptr_t buffer, size_t size, int64_t offset)'),
  pwrite: libc.func('long pwrite(int fd, uintptr_t buffer, size_t size, int64_t offset)'),
  lseek: libc.func('int64_t lseek(int fd, int64_t offset, int from)'),
  ftruncate: libc.func('int ftruncate(int fd, int64_t length)'),
  fallocate: libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)'),
  copyRange: libc.func(
    'long copy_file_range(int from, uintptr_t fromAt, int to, uintptr_t toAt, size_t length, uint32_t flags)',
  ),
  ioctlNumber: libc.func('int ioctl(int fd, ulong request, long argument)'),
  ioctl: libc.func('int ioctl(int fd, ulong request, uintptr_t argument)'),
  syncfs: libc.func('int syncfs(int fd)'),
  startWriting: libc.func('int sync_file_range(int fd, int64_t offset, int64_t bytes, uint32_t flags)'),
  fchown: libc.func('int fchown(int fd, uint32_t uid, uint32_t gid)'),
  fchmod: libc.func('int fchmod(int fd, uint32_t mode)'),
  futimens: libc.func('int futimens(int fd, uintptr_t times)'),
  utimensat: libc.func('int utimensat(int dirfd, uintptr_t path, uintptr_t times, int flags)'),
  fchownat: libc.func('int fchownat(int dirfd, uintptr_t path, uint32_t uid, uint32_t gid, int flags)'),
  fchmodat: libc.func('int fchmodat(int dirfd, uintptr_t path, uint32_t mode, int flags)'),
  mkdirat: libc.func('int mkdirat(int dirfd, uintptr_t path, uint32_t mode)'),
  mknodat: libc.func('int mknodat(int dirfd, uintptr_t path, uint32_t mode, uint64_t device)'),
  symlinkat: libc.func('int symlinkat(uintptr_t target, int dirfd, uintptr_t path)'),
  readlinkat: libc.func('long readlinkat(int dirfd, uintptr_t path, uintptr_t buffer, size_t size)'),
  linkat: libc.func('int linkat(int from, uintptr_t path, int dirfd, uintptr_t name, int flags)'),
  unlinkat: libc.func('int unlinkat(int dirfd, uintptr_t path, int flags)'),
  flistxattr: libc.func('long flistxattr(int fd, uintptr_t list, size_t size)'),
  fgetxattr: libc.func('long fgetxattr(int fd, uintptr_t name, uintptr_t value, size_t size)'),
  fsetxattr: libc.func('int fsetxattr(int fd, uintptr_t name, uintptr_t value, size_t size, int flags)'),
  fremovexattr: libc.func('int fremovexattr(int fd, uintptr_t name)'),
  llistxattr: libc.func('long llistxattr(uintptr_t path, uintptr_t list, size_t size)'),
  lgetxattr: libc.func('long lgetxattr(uintptr_t path, uintptr_t name, uintptr_t value, size_t size)'),
  lsetxattr: libc.func(
    'int lsetxattr(uintptr_t path, uintptr_t name, uintptr_t value, size_t size, int flags)',
  ),
  lremovexattr: libc.func('int lremovexattr(uintptr_t path, uintptr_t name)'),
};

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
const O_CLOEXEC = 0o2000000;
const O_NOATIME = 0o1000000;
const O_PATH = 0o10000000;
/** RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH */
const RESOLVE = 0x01 | 0x04 | 0x08;

/** struct open_how: u64 flags, u64 mode, u64 resolve */
function howTo(flags: number, mode = 0): number {
  const memory = allocate(24);
  memory.bytes.fill(0, 0, 24);
  memory.bytes.writeUInt32LE((flags | O_CLOEXEC) >>> 0, 0);
  memory.bytes.writeUInt32LE(mode, 8);
  memory.bytes.writeUInt32LE(RESOLVE, 16);
  kept.push(memory);
  return memory.address;
}
/** What the kernel is given by address must not be collected. */
const kept: Memory[] = [];

const HOW = {
  // To look leaves no trace: we are root.
  directory: howTo(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME),
  path: howTo(O_PATH | O_NOFOLLOW),
  // 0000 until it is whole.
  create: howTo(O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW),
  change: howTo(O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOATIME),
} as const;

/** A name in a directory, through no link and onto no mount point. `create`: a file that is not there. */
export function open(dirfd: number, name: number, as: keyof typeof HOW): number {
  for (;;) {
    const fd = c.openat2(OPENAT2, dirfd, name, HOW[as], 24);
    // A rename elsewhere made the kernel unsure of `beneath`: it asks to be asked again (openat2(2), EAGAIN).
    if (fd >= 0 || (koffi.errno() !== EAGAIN && koffi.errno() !== EINTR)) return fd;
  }
}

const PROC = '/proc/self/fd/';
const proc = allocate(64);

/** Opens for reading what a descriptor of `path` stands for, which the caller has seen to be a plain file. */
export function reopen(fd: number): number {
  proc.bytes.write(`${PROC}${fd}\0`, 'latin1');
  return c.open(proc.address, O_RDONLY | O_NOATIME | O_CLOEXEC | O_NONBLOCK);
}

export function readAt(fd: number, { address }: Memory, bytes: number, offset: number): number {
  return c.pread(fd, address, bytes, offset);
}

export function writeAt(fd: number, { address }: Memory, bytes: number, offset: number): number {
  return c.pwrite(fd, address, bytes, offset);
}

/** SEEK_DATA, SEEK_HOLE, SEEK_END of lseek(2). */
export function seek(fd: number, offset: number, to: 'data' | 'hole' | 'end'): number {
  return Number(c.lseek(fd, offset, to === 'data' ? 3 : to === 'hole' ? 4 : 2));
}

/** A directory is read from its beginning again. */
export function rewind(fd: number): void {
  c.lseek(fd, 0, 0);
}

export function setLength(fd: number, length: number): number {
  return c.ftruncate(fd, length);
}

/** FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE */
export function punchHole(fd: number, offset: number, length: number): number {
  return c.fallocate(fd, 3, offset, length);
}

const offsets = allocate(16);
const offsetWords = new BigInt64Array(offsets.bytes.buffer, offsets.bytes.byteOffset, 2);

/** The kernel copies, at the same place of both. How many bytes; 0: there are none. */
export function copyRange(from: number, to: number, at: number, length: number): number {
  offsetWords[0] = BigInt(at);
  offsetWords[1] = BigInt(at);
  return c.copyRange(from, offsets.address, to, offsets.address + 8, length, 0);
}

/** FICLONE of ioctl_ficlonerange(2). */
export function clone(from: number, to: number): number {
  return c.ioctlNumber(to, 0x40049409, from);
}

export function syncFileSystem(fd: number): number {
  return c.syncfs(fd);
}

/** SYNC_FILE_RANGE_WRITE: begins, and does not wait, so that there is little left to do at the end. */
export function startWriting(fd: number, offset: number, bytes: number): void {
  c.startWriting(fd, offset, bytes, 2);
}

export function setOwner(fd: number, uid: number, gid: number): number {
  return c.fchown(fd, uid, gid);
}

export function setMode(fd: number, mode: number): number {
  return c.fchmod(fd, mode);
}

/** Two struct timespec, of access and of change. */
export function setTimes(fd: number, times: Memory): number {
  return c.futimens(fd, times.address);
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;

/** Of links and pipes, which are not opened. */
export const named = {
  setTimes: (dirfd: number, name: number, times: Memory): number =>
    c.utimensat(dirfd, name, times.address, AT_SYMLINK_NOFOLLOW),
  setOwner: (dirfd: number, name: number, uid: number, gid: number): number =>
    c.fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW),
  /** Never of a link: it would be followed. */
  setMode: (dirfd: number, name: number, mode: number): number => c.fchmodat(dirfd, name, mode, 0),
};

export function makeDirectory(dirfd: number, name: number): number {
  return c.mkdirat(dirfd, name, 0o700);
}

/** `format`: S_IFIFO, or S_IFCHR of the device 0:0, which marks what is deleted on an overlay. */
export function makeNode(dirfd: number, name: number, format: number): number {
  return c.mknodat(dirfd, name, format, 0);
}

export function makeLink(target: Memory, dirfd: number, name: number): number {
  return c.symlinkat(target.address, dirfd, name);
}

/** How many bytes; a NUL follows them. */
export function readLink(dirfd: number, name: number, into: Memory): number {
  const length = c.readlinkat(dirfd, name, into.address, into.bytes.length - 1);
  if (length >= 0) into.bytes[length] = 0;
  return length;
}

export function linkTo(from: number, path: number, dirfd: number, name: number): number {
  return c.linkat(from, path, dirfd, name, 0);
}

export function unlink(dirfd: number, name: number, kind: 'directory' | 'other'): number {
  return c.unlinkat(dirfd, name, kind === 'directory' ? AT_REMOVEDIR : 0);
}

/** FS_IOC_GETFLAGS, FS_IOC_SETFLAGS. The numbers say `long`; the kernel takes an int. */
const flagWord = allocate(8);
export function readFlags(fd: number): number {
  return c.ioctl(fd, 0x80086601, flagWord.address) < 0 ? 0 : flagWord.bytes.readUInt32LE(0);
}
export function setFlags(fd: number, flags: number): number {
  flagWord.bytes.writeUInt32LE(flags >>> 0, 0);
  return c.ioctl(fd, 0x40086602, flagWord.address);
}

/** Extended attributes: of an open file or directory, or by a path that leads to what cannot be opened, not followed. */
export type Bearer = { readonly fd: number } | { readonly path: Memory };

export function listAttributes(of: Bearer, into: Memory): number {
  return 'fd' in of
    ? c.flistxattr(of.fd, into.address, into.bytes.length)
    : c.llistxattr(of.path.address, into.address, into.bytes.length);
}

export function readAttribute(of: Bearer, name: number, into: Memory): number {
  return 'fd' in of
    ? c.fgetxattr(of.fd, name, into.address, into.bytes.length)
    : c.lgetxattr(of.path.address, name, into.address, into.bytes.length);
}

export function setAttribute(of: Bearer, name: number, value: Memory, bytes: number): number {
  return 'fd' in of
    ? c.fsetxattr(of.fd, name, value.address, bytes, 0)
    : c.lsetxattr(of.path.address, name, value.address, bytes, 0);
}

export function removeAttribute(of: Bearer, name: number): number {
  return 'fd' in of ? c.fremovexattr(of.fd, name) : c.lremovexattr(of.path.address, name);
}
