// Owns the system calls that Node has no binding for, each as one function that throws a SystemError. Nothing here knows
// what a layout is. Numbers and structures: linux/openat2.h, linux/stat.h, asm/unistd.h for x86_64 and aarch64.
import { closeSync, constants } from 'node:fs';
import koffi from 'koffi';
import { errnoName } from '../values/errno.ts';
import { decodeName, encodeName } from '../values/file-name.ts';

export const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND } = constants;
export const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_TMPFILE = 0o20000000 | O_DIRECTORY;

export const RESOLVE = { noMounts: 0x01, noLinks: 0x04, beneath: 0x08, inRoot: 0x10 } as const;

const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_STATX_DONT_SYNC = 0x4000;
const AT_REMOVEDIR = 0x200;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

const NUMBERS = {
  x64: { fcntl: 72, openat2: 437, getdents64: 217, setgroups: 116, setresuid: 117, setresgid: 119 },
  arm64: { fcntl: 25, openat2: 437, getdents64: 61, setgroups: 159, setresuid: 147, setresgid: 149 },
} as const;
const nr = numbersOf(process.arch);

function numbersOf(arch: string): (typeof NUMBERS)['x64' | 'arm64'] {
  // On another machine these numbers are other calls.
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`cannot work on ${arch}: want x64 or arm64`);
  return NUMBERS[arch];
}

const libc = koffi.load(null);
const c = {
  openat2: libc.func('long syscall(long number, long dirfd, void *path, void *how, size_t size)'),
  getdents64: libc.func('long syscall(long number, long fd, void *buffer, size_t size)'),
  // Of identities the raw calls change one thread; the C library's own would change all of them.
  identity: libc.func('long syscall(long number, long a, long b, long c)'),
  setgroups: libc.func('long syscall(long number, size_t count, void *list)'),
  openTree: libc.func('long syscall(long number, long dirfd, void *path, ulong flags)'),
  mkdirat: libc.func('int mkdirat(int dirfd, void *path, uint32_t mode)'),
  unlinkat: libc.func('int unlinkat(int dirfd, void *path, int flags)'),
  renameat2: libc.func('int renameat2(int fromfd, void *from, int tofd, void *to, uint32_t flags)'),
  fchownat: libc.func('int fchownat(int dirfd, void *path, uint32_t uid, uint32_t gid, int flags)'),
  readlinkat: libc.func('long readlinkat(int dirfd, void *path, void *buffer, size_t size)'),
  statx: libc.func('int statx(int dirfd, void *path, int flags, uint32_t mask, void *buffer)'),
  // By address: a Buffer's own takes longer to find than the kernel to answer.
  statxByAddress: libc.func(
    'int statx(int dirfd, uintptr_t path, int flags, uint32_t mask, uintptr_t buffer)',
  ),
  ioctl: libc.func('int ioctl(int fd, ulong request, void *argument)'),
  flock: libc.func('int flock(int fd, int operation)'),
  posix_fadvise: libc.func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)'),
  fgetxattr: libc.func('long fgetxattr(int fd, void *name, void *value, size_t size)'),
  exit: libc.func('void _exit(int status)'),
};

/** What the kernel answered. `code` is its name, for example `ENOSPC`. */
export class SystemError extends Error {
  readonly code: string;
  readonly call: string;
  constructor(call: string, errno: number) {
    const code = errnoName(errno);
    super(`${call}: ${code}`);
    this.name = 'SystemError';
    this.code = code;
    this.call = call;
  }
}

function checked(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, koffi.errno());
  return result;
}

const how = new BigUint64Array(3);

/** openat2(2): opens with rules on what the path may go through. Returns a file descriptor, closed on exec. */
export function openAt(
  dirfd: number,
  path: string,
  options: { flags: number; resolve: number; mode?: number },
): number {
  how[0] = BigInt(options.flags | O_CLOEXEC);
  how[1] = BigInt(options.mode ?? 0);
  how[2] = BigInt(options.resolve);
  for (;;) {
    const result = c.openat2(nr.openat2, dirfd, encodeName(path), how, 24);
    if (result >= 0) return result;
    const errno = koffi.errno();
    // A rename elsewhere made the kernel unsure of `beneath`: it asks to be asked again (openat2(2), EAGAIN).
    if (errnoName(errno) !== 'EAGAIN') throw new SystemError('openat2', errno);
  }
}

/** The number of open_tree(2), the same on all machines, and OPEN_TREE_CLONE. */
const OPEN_TREE = { number: 428, clone: 1 } as const;

/**
 * A directory that a descriptor stands for, once more, as a mount of its own that nobody else sees: what is mounted below the
 * directory is not in it (open_tree(2)). Only root may. It goes when the descriptor is closed.
 */
export function withoutMounts(fd: number): number {
  const flags = OPEN_TREE.clone | AT_EMPTY_PATH | O_CLOEXEC;
  return checked('open_tree', c.openTree(OPEN_TREE.number, fd, encodeName(''), flags));
}

/** With just this mode: whatever umask the caller's shell has. */
export function makeDirectoryAt(dirfd: number, name: string, mode: number): void {
  const umask = process.umask(0);
  try {
    checked('mkdirat', c.mkdirat(dirfd, encodeName(name), mode));
  } finally {
    process.umask(umask);
  }
}

export function removeDirectoryAt(dirfd: number, name: string): void {
  checked('unlinkat', c.unlinkat(dirfd, encodeName(name), AT_REMOVEDIR));
}

export function unlinkAt(dirfd: number, name: string): void {
  checked('unlinkat', c.unlinkat(dirfd, encodeName(name), 0));
}

/** renameat2(2), perhaps `into` another directory: over something only to `replace` it. `exchange`: both stay. */
export function renameAt(
  dirfd: number,
  from: string,
  to: string,
  how: 'replace' | 'noReplace' | 'exchange',
  into = dirfd,
): void {
  const flags = { replace: 0, noReplace: 1, exchange: 2 }[how];
  checked('renameat2', c.renameat2(dirfd, encodeName(from), into, encodeName(to), flags));
}

const EMPTY = Buffer.from('\0');
/** Of a descriptor of the link itself (O_PATH and O_NOFOLLOW). */
export function linkTarget(fd: number): string {
  const buffer = Buffer.alloc(4097);
  return decodeName(buffer.subarray(0, checked('readlinkat', c.readlinkat(fd, EMPTY, buffer, 4096))));
}

/** Changes what the descriptor itself stands for (O_PATH will do), whatever its name has become since. */
export function changeOwnerOf(fd: number, uid: number, gid: number): void {
  checked('fchownat', c.fchownat(fd, EMPTY, uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

/**
 * Ends the process without waiting for its threads, which may hang in the kernel on a disk that does not answer. What
 * was written to stdout is out; its reader sees the end, even if the kernel cannot let go of a thread.
 */
export function exitNow(status: number): never {
  for (const fd of [0, 1, 2]) closeIfOpen(fd);
  for (;;) c.exit(status);
}

/** FS_IOC_GETFSUUID of linux/fs.h, since Linux 6.9, with struct fsuuid2: its length, then up to 16 bytes. */
const GET_FS_UUID = 0x80111500;

/** What a request that only reads answers; null: it is none of this file system. */
export function ioctlRead(fd: number, request: number, bytes: number): Buffer | null {
  const answer = Buffer.alloc(bytes);
  return c.ioctl(fd, request, answer) === 0 ? answer : null;
}

/** The same of ext4 since Linux 6.0: EXT4_IOC_GETFSUUID with struct fsuuid, a length, flags, and up to 16 bytes. */
const EXT4_GET_FS_UUID = 0x8008662c;

/** And of XFS on every kernel: XFS_IOC_FSGEOMETRY_V1 of xfs_fs.h, where it begins at 64. */
const XFS_GEOMETRY = { request: 0x80705864, bytes: 112, uuid: 64 } as const;

/** A request that tells the kernel to do something with what a descriptor stands for, and needs nothing with it. */
export function ioctlTell(fd: number, request: number): void {
  checked('ioctl', c.ioctl(fd, request, null));
}

/** POSIX_FADV_DONTNEED: what of a synced file is in memory goes, so that it is read from the disk again. */
export function dropCached(fd: number): void {
  c.posix_fadvise(fd, 0, 0, 4);
}

/** Of the file system of an open file; null: it has none, or its kernel does not say. */
export function fileSystemUuid(fd: number): string | null {
  const answer = Buffer.alloc(24);
  if (c.ioctl(fd, GET_FS_UUID, answer) === 0) return answer[0] === 16 ? uuidText(answer, 1) : null;
  answer.writeUInt32LE(16, 0);
  if (c.ioctl(fd, EXT4_GET_FS_UUID, answer) === 0) return uuidText(answer, 8);
  const geometry = ioctlRead(fd, XFS_GEOMETRY.request, XFS_GEOMETRY.bytes);
  return geometry === null ? null : uuidText(geometry, XFS_GEOMETRY.uuid);
}

function uuidText(bytes: Buffer, at: number): string | null {
  const uuid = bytes.subarray(at, at + 16);
  if (!uuid.some((byte) => byte > 0)) return null;
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function closeIfOpen(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // The caller's shell can start us without it.
  }
}

/**
 * false: somebody else holds it. The lock goes when the last process that inherited the descriptor ends. Those that
 * share it shut out only a process that wants it alone. A process that has it already exchanges it, and may lose it to
 * another meanwhile.
 */
export function tryLock(fd: number, share = false): boolean {
  if (c.flock(fd, (share ? LOCK_SH : LOCK_EX) | LOCK_NB) === 0) return true;
  const errno = koffi.errno();
  if (errnoName(errno) === 'EAGAIN') return false;
  throw new SystemError('flock', errno);
}

/** fcntl(2), linux/fcntl.h. */
const SET_LEASE = 1024;
const LEASE = { read: 0, none: 2 } as const;

/**
 * Whether anybody can write into a file by what is open of it already: a descriptor of any process, one on its way through a
 * socket, a shared mapping. It is asked by a lease, which the kernel gives only where nobody can. null: this file system has no
 * leases. `fd`: open for reading alone.
 */
export function isOpenForWriting(fd: number): boolean | null {
  if (c.identity(nr.fcntl, fd, SET_LEASE, LEASE.read) === 0) {
    checked('fcntl', c.identity(nr.fcntl, fd, SET_LEASE, LEASE.none));
    return false;
  }
  const errno = koffi.errno();
  if (errnoName(errno) === 'EAGAIN') return true;
  if (['EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOLCK'].includes(errnoName(errno))) return null;
  throw new SystemError('fcntl', errno);
}

/**
 * Runs `act` with this thread's effective uid and gid and its supplementary groups set: the kernel then answers as it
 * would answer that process. Synchronous: nothing else runs meanwhile.
 */
export function asIdentity<T>(
  identity: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] },
  act: () => T,
): T {
  const groups = Uint32Array.from(identity.groups);
  const ownGroups = Uint32Array.from(process.getgroups?.() ?? []);
  const [ownUid, ownGid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  checked('setgroups', c.setgroups(nr.setgroups, groups.length, groups));
  try {
    checked('setresgid', c.identity(nr.setresgid, -1, identity.gid, -1));
    checked('setresuid', c.identity(nr.setresuid, -1, identity.uid, -1));
    return act();
  } finally {
    const back =
      c.identity(nr.setresuid, -1, ownUid, -1) === 0 &&
      c.identity(nr.setresgid, -1, ownGid, -1) === 0 &&
      c.setgroups(nr.setgroups, ownGroups.length, ownGroups) === 0;
    // Going on with a wrong identity could do anything; stopping at once cannot.
    if (!back) process.abort();
  }
}

/** XATTR_SIZE_MAX, the most that the kernel hands out (linux/limits.h). */
const attributeBuffer = Buffer.alloc(65536);

/** An extended attribute of what a descriptor stands for; null: it has none, or its file system has none at all. */
export function attributeOf(fd: number, name: string): Buffer | null {
  const length = c.fgetxattr(fd, encodeName(name), attributeBuffer, attributeBuffer.length);
  if (length >= 0) return attributeBuffer.subarray(0, length);
  const error = new SystemError('fgetxattr', koffi.errno());
  if (error.code === 'ENODATA' || error.code === 'EOPNOTSUPP' || error.code === 'ENOTSUP') return null;
  throw error;
}

export type FileType = 'directory' | 'file' | 'link' | 'special';

/** Calls `each` for every entry but `.` and `..`. The type is a hint: `special` can also mean unknown. */
export function readDirectory(fd: number, each: (name: string) => boolean | undefined): void {
  const buffer = Buffer.allocUnsafe(32768);
  for (;;) {
    const length = checked('getdents64', c.getdents64(nr.getdents64, fd, buffer, buffer.length));
    if (length === 0) return;
    for (let at = 0; at < length; ) {
      // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, char name[]
      const recordLength = buffer.readUInt16LE(at + 16);
      const end = buffer.indexOf(0, at + 19);
      const name = decodeName(buffer.subarray(at + 19, end));
      at += recordLength;
      if (name !== '.' && name !== '..' && each(name) === false) return;
    }
  }
}

export interface Status {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly inode: string;
  readonly born: string | null;
  readonly links: number;
  readonly bytes: number;
  /** When it was last written, in nanoseconds since the epoch. */
  readonly writtenAt: string;
  readonly changedAt: string;
  readonly diskBytes: number;
  readonly device: string;
  readonly isMountPoint: boolean;
  /** STATX_ATTR_… */
  readonly attributes: number;
  /** S_IF… */
  readonly format: number;
}

const STATX_BASIC = 0x7ff;
const STATX_BTIME = 0x800;
const STATX_ALL = STATX_BASIC | STATX_BTIME;
const ATTR_MOUNT_ROOT = 0x2000;
const statxBuffer = Buffer.alloc(256);
const statxStatus = statusIn(statxBuffer);

/** statx(2) of `name` in a directory, or of the descriptor itself with `''`. Follows no link, triggers no automount. */
export function statusAt(dirfd: number, name: string): Status {
  const flags =
    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC | (name === '' ? AT_EMPTY_PATH : 0);
  checked('statx', c.statx(dirfd, encodeName(name), flags, STATX_ALL, statxBuffer));
  return { ...statxStatus };
}

/**
 * Reads a field of struct statx when it is asked for: mask 0, blksize 4, attributes 8, nlink 16, uid 20, gid 24, mode 28,
 * ino 32, size 40, blocks 48, attributes_mask 56, atime 64, btime 80, ctime 96, mtime 112, rdev 128, dev_major 136,
 * dev_minor 140.
 */
function statusIn(buffer: Buffer): Status {
  return {
    get type() {
      return FILE_TYPES[buffer.readUInt16LE(28) >> 12] ?? 'special';
    },
    get mode() {
      return buffer.readUInt16LE(28) & 0o7777;
    },
    get uid() {
      return buffer.readUInt32LE(20);
    },
    get gid() {
      return buffer.readUInt32LE(24);
    },
    get inode() {
      return buffer.readBigUInt64LE(32).toString();
    },
    get born() {
      return (buffer.readUInt32LE(0) & STATX_BTIME) === 0 ? null : nanoseconds(buffer, 80);
    },
    get links() {
      return buffer.readUInt32LE(16);
    },
    get bytes() {
      return Number(buffer.readBigUInt64LE(40));
    },
    get writtenAt() {
      return nanoseconds(buffer, 112);
    },
    get changedAt() {
      return nanoseconds(buffer, 96);
    },
    get diskBytes() {
      return (buffer.readUInt32LE(48) + buffer.readUInt32LE(52) * 2 ** 32) * 512;
    },
    get device() {
      return `${buffer.readUInt32LE(136)}:${buffer.readUInt32LE(140)}`;
    },
    get attributes() {
      return buffer.readUInt32LE(8);
    },
    get format() {
      return buffer.readUInt16LE(28) & 0xf000;
    },
    get isMountPoint() {
      return (buffer.readUInt32LE(8) & ATTR_MOUNT_ROOT) !== 0;
    },
  };
}

/** struct statx_timestamp: s64 seconds, u32 nanoseconds. */
function nanoseconds(buffer: Buffer, at: number): string {
  return (buffer.readBigInt64LE(at) * 1_000_000_000n + BigInt(buffer.readUInt32LE(at + 8))).toString();
}

/** S_IFMT >> 12 */
const FILE_TYPES: { readonly [bits: number]: FileType } = { 4: 'directory', 8: 'file', 10: 'link' };

/** An entry just read. Good only until the next one: there may be a million, so they share one place. */
export interface Seen {
  readonly name: string;
  readonly status: Status;
  /** Why there is no status, as an error's name; null: there is. */
  readonly refused: string | null;
}

/**
 * Reads directories, one after another: every entry but `.` and `..`, with its status. One that is gone by then is passed
 * over. What is handed out stays as it is until the next is asked for, whatever else is read meanwhile.
 */
export function startStatuses(): (fd: number) => Generator<Seen> {
  // Of their own, never of Node's pool: their addresses stay.
  const listing = Buffer.allocUnsafeSlow(32768);
  const seen = Buffer.allocUnsafeSlow(256);
  const listingAddress = Number(koffi.address(listing));
  const seenAddress = Number(koffi.address(seen));
  let nameStart = 0;
  let nameEnd = 0;
  const theSeen: Seen = {
    get name() {
      return decodeName(listing.subarray(nameStart, nameEnd));
    },
    status: statusIn(seen),
    get refused() {
      return refused;
    },
  };
  let refused: string | null = null;
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;

  return function* (fd) {
    for (;;) {
      const length = checked('getdents64', c.getdents64(nr.getdents64, fd, listing, listing.length));
      if (length === 0) return;
      for (let at = 0; at < length; at += listing.readUInt16LE(at + 16)) {
        nameStart = at + 19;
        if (isDots(listing, nameStart)) continue;
        if (c.statxByAddress(fd, listingAddress + nameStart, flags, STATX_ALL, seenAddress) !== 0) {
          const errno = koffi.errno();
          refused = errnoName(errno);
          if (refused === 'ENOENT') continue;
          // A user who mounts by FUSE can keep even root from looking at it. A place that may not be entered is a different case.
          if (refused !== 'EACCES' || c.statx(fd, DOT_NAME, flags, STATX_ALL, statxBuffer) !== 0)
            throw new SystemError('statx', errno);
        } else refused = null;
        nameEnd = listing.indexOf(0, nameStart);
        yield theSeen;
      }
    }
  };
}

const DOT = 46;
const DOT_NAME = Buffer.from('.\0');

function isDots(listing: Buffer, at: number): boolean {
  if (listing[at] !== DOT) return false;
  return listing[at + 1] === 0 || (listing[at + 1] === DOT && listing[at + 2] === 0);
}
