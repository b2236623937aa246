// Owns what an entry has beside owner and mode: flags of its file system, access lists. Each is read and set of what a
// descriptor stands for, O_PATH will do; who calls has made sure that this is a directory or a plain file.
import { closeSync, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import koffi from 'koffi';
import type { AccessLists } from '../port/access-lists.ts';
import { type EntryFlag, FLAG_BITS } from '../port/inside.ts';
import { encodeName } from '../values/file-name.ts';
import { ACCESS_LIST, INHERITED_LIST, listBytes, listText } from './access-list.ts';
import { O_NONBLOCK, O_RDONLY, SystemError } from './syscalls.ts';

const libc = koffi.load(null);
const c = {
  getxattr: libc.func('long getxattr(void *path, void *name, void *value, size_t size)'),
  setxattr: libc.func('int setxattr(void *path, void *name, void *value, size_t size, int flags)'),
  removexattr: libc.func('int removexattr(void *path, void *name)'),
  ioctl: libc.func('int ioctl(int fd, ulong request, void *argument)'),
};

/** linux/fs.h. The numbers say `long`; the kernel takes an int. */
const GET_FLAGS = 0x80086601;
const SET_FLAGS = 0x40086602;

/** XATTR_SIZE_MAX (linux/limits.h). */
const value = Buffer.alloc(65536);

/** Leads to what the descriptor stands for and nowhere else. */
function pathOf(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

export function readLists(fd: number): AccessLists {
  return { access: readList(fd, ACCESS_LIST), inherited: readList(fd, INHERITED_LIST) };
}

const NO_LIST: readonly number[] = [system.errno.ENODATA, system.errno.EOPNOTSUPP, system.errno.ENOTSUP];

function readList(fd: number, name: string): string | null {
  const length = c.getxattr(encodeName(pathOf(fd)), encodeName(name), value, value.length);
  if (length >= 0) return listText(value.subarray(0, length));
  const errno = koffi.errno();
  // The most frequent answer by far: no error is made of it.
  if (NO_LIST.includes(errno)) return null;
  throw new SystemError('getxattr', errno);
}

/** A list that only says what a mode can say becomes the mode, and is gone; the kernel does both at once. */
export function setLists(fd: number, { access, inherited }: AccessLists): void {
  if (access !== null) setList(fd, ACCESS_LIST, access);
  if (inherited !== null) setList(fd, INHERITED_LIST, inherited);
  else if (readList(fd, INHERITED_LIST) !== null)
    checked('removexattr', c.removexattr(encodeName(pathOf(fd)), encodeName(INHERITED_LIST)));
}

function setList(fd: number, name: string, text: string): void {
  const bytes = listBytes(text);
  checked('setxattr', c.setxattr(encodeName(pathOf(fd)), encodeName(name), bytes, bytes.length, 0));
}

/** Of the two flags; others that it has stay. */
export function setFlags(fd: number, flags: readonly EntryFlag[]): void {
  // A flag is set through a descriptor that could read.
  const readable = openSync(pathOf(fd), O_RDONLY | O_NONBLOCK);
  try {
    const word = Buffer.alloc(8);
    checked('ioctl', c.ioctl(readable, GET_FLAGS, word));
    const both = FLAG_BITS.immutable | FLAG_BITS['append-only'];
    const wanted = flags.reduce((all, flag) => all | FLAG_BITS[flag], 0);
    word.writeUInt32LE(((word.readUInt32LE() & ~both) | wanted) >>> 0);
    checked('ioctl', c.ioctl(readable, SET_FLAGS, word));
  } finally {
    closeSync(readable);
  }
}

function checked(call: string, result: number): void {
  if (result < 0) throw new SystemError(call, koffi.errno());
}
