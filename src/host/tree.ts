// Owns how paths are reached: from a descriptor of the root, through no link, and below the base through no mount point but
// those that the layout declares, where the file system that it names is mounted (declared.ts).
// A service user who swaps a directory for a link while we work gets an error, and we change nothing behind the link.
import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { constants as os } from 'node:os';
import type { AccessLists } from '../port/access-lists.ts';
import { type DeclaredMount, mountOver } from '../port/declared-mount.ts';
import { ENTRIES_COUNTED, type Entry } from '../port/entry.ts';
import type { Met, WalkHow } from '../port/host.ts';
import { type EntryAttributes, type EntryFlag, flagsIn, NO_ATTRIBUTES } from '../port/inside.ts';
import { type Mode, modeText } from '../values/mode.ts';
import { openDeclared } from './declared.ts';
import { readLists, setFlags, setLists } from './entry-attributes.ts';
import {
  changeOwnerOf,
  makeDirectoryAt,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  readDirectory,
  removeDirectoryAt,
  type Status,
  SystemError,
  statusAt,
} from './syscalls.ts';
import { walkFrom } from './walk-tree.ts';

export interface Tree {
  /** The root's descriptor, from which another thread can work on the same tree (`treeFrom`). */
  readonly rootFd: number;
  entry(path: string): Entry;
  /** Of a directory or a plain file; nothing of anything else. */
  attributes(path: string): EntryAttributes;
  walk(path: string, how?: WalkHow): Iterable<Met>;
  /** Opens a directory for reading; who calls closes it. Throws SystemError. */
  openDirectory(path: string): number;
  /** Opens a directory and hands its descriptor over; closes it afterwards. */
  within<T>(path: string, flags: number, act: (fd: number) => T): T;
  /** Made as root's and, where another user will own it, closed to all; then given its owner and mode. Throws SystemError. */
  makeDirectory(path: string, as: { readonly uid: number; readonly gid: number; readonly mode: Mode }): void;
  removeDirectory(path: string): void;
  /** Opens what is at `path` without touching it, hands over its status and two ways to change it. */
  change(path: string, act: (thing: Changeable) => void): void;
}

export interface Changeable {
  readonly status: Status;
  setOwner(uid: number, gid: number): void;
  setMode(mode: Mode): void;
  lists(): AccessLists;
  setLists(lists: AccessLists): void;
  setFlags(flags: readonly EntryFlag[]): void;
}

const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath;

export function openTree(root: string, base: string, mounts: readonly DeclaredMount[] = []): Tree {
  // The operator named the alternate root, so links in its own path are followed.
  return treeFrom(openSync(root, O_RDONLY | O_DIRECTORY), base, mounts);
}

export function treeFrom(rootFd: number, base: string, mounts: readonly DeclaredMount[] = []): Tree {
  function open(path: string, flags: number): number {
    const mount = mounts.length === 0 ? null : mountOver(mounts, path);
    if (mount === null) return openOnBase(path, flags);
    const cut = mount.path.lastIndexOf('/');
    const at = {
      parent: open(mount.path.slice(0, cut), O_PATH | O_DIRECTORY),
      name: mount.path.slice(cut + 1),
    };
    const resolve = THROUGH_NOTHING | RESOLVE.noMounts;
    const isItself = path === mount.path;
    try {
      return openDeclared(at, mount, (top) =>
        isItself
          ? openAt(top, '.', { flags, resolve })
          : openBeneath(top, path.slice(mount.path.length + 1), flags),
      );
    } catch (error) {
      // No directory: whatever it is, nothing is mounted on it.
      if (!isItself || !(error instanceof SystemError && error.code === 'ENOTDIR')) throw error;
      return openAt(at.parent, at.name, { flags, resolve });
    } finally {
      closeSync(at.parent);
    }
  }

  function openOnBase(path: string, flags: number): number {
    const below = path.startsWith(`${base}/`);
    const baseFd = openAt(rootFd, relative(below ? base : path), {
      flags: below ? O_PATH | O_DIRECTORY : flags,
      resolve: THROUGH_NOTHING,
    });
    if (!below) return baseFd;
    try {
      return openBeneath(baseFd, path.slice(base.length + 1), flags);
    } finally {
      closeSync(baseFd);
    }
  }

  function within<T>(path: string, flags: number, act: (fd: number) => T): T {
    const fd = open(path, flags | O_DIRECTORY);
    try {
      return act(fd);
    } finally {
      closeSync(fd);
    }
  }

  function inParent<T>(path: string, act: (parent: number, name: string) => T): T {
    // What holds a file system of its own is neither made nor removed as a directory of another one.
    if (mounts.some((mount) => mount.path === path)) throw new SystemError('openat2', os.errno.EXDEV);
    const cut = path.lastIndexOf('/');
    return within(path.slice(0, cut) || '/', O_RDONLY, (parent) => act(parent, path.slice(cut + 1)));
  }

  function entry(path: string): Entry {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return look(path);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        // It went while we looked at it.
        if (error.code === 'ENOENT') return { type: 'missing' };
        // It became something else while we looked for what it is: look again.
        if (!SWAPPED.has(error.code) || attempt === PATIENCE) throw error;
      }
    }
  }

  function look(path: string): Entry {
    let fd: number;
    try {
      fd = open(path, O_PATH | O_NOFOLLOW);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'EACCES') return { type: 'hidden' };
      return whatStopped(path, error);
    }
    try {
      return describe(
        fd,
        mounts.some((mount) => mount.path === path),
      );
    } finally {
      closeSync(fd);
    }
  }

  /** The path cannot be opened: goes down from the root to see which component is in the way. */
  function whatStopped(path: string, error: SystemError): Entry {
    if (error.code === 'ENOENT') return { type: 'missing' };
    if (!SWAPPED.has(error.code)) throw error;
    const names = path.slice(1).split('/');
    for (let depth = 1; depth <= names.length; depth += 1) {
      const at = `/${names.slice(0, depth).join('/')}`;
      const type = typeAt(at);
      if (type === 'missing') return { type: 'missing' };
      if (type === 'directory') continue;
      if (at === path && type === 'mount point') return { type };
      return { type: 'blocked', at, by: type };
    }
    // It was put right while we looked.
    throw error;
  }

  function typeAt(path: string): 'missing' | 'directory' | 'file' | 'link' | 'special' | 'mount point' {
    try {
      const fd = open(path, O_PATH | O_NOFOLLOW);
      try {
        return statusAt(fd, '').type;
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOENT') return 'missing';
      if (error instanceof SystemError && error.code === 'EXDEV') return 'mount point';
      throw error;
    }
  }

  function describe(fd: number, isTop: boolean): Entry {
    const { type, uid, gid, mode, inode, born, bytes, writtenAt } = statusAt(fd, '');
    const shared = { uid, gid, mode: modeText(mode), inode, born };
    if (type === 'directory') return { type, ...shared, entries: countEntries(fd, isTop) };
    return {
      type,
      ...shared,
      ...(type === 'file' && born === null && { written: { bytes, at: writtenAt } }),
    };
  }

  return {
    rootFd,
    entry,
    attributes(path) {
      const fd = open(path, O_PATH | O_NOFOLLOW);
      try {
        const { type, attributes } = statusAt(fd, '');
        const isPlain = type === 'directory' || type === 'file';
        return isPlain ? { flags: flagsIn(attributes), lists: readLists(fd) } : NO_ATTRIBUTES;
      } finally {
        closeSync(fd);
      }
    },
    openDirectory: (path) => open(path, O_RDONLY | O_DIRECTORY),
    within,
    *walk(path, how) {
      let start: number;
      try {
        start = open(path, O_RDONLY | O_DIRECTORY);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        yield { type: 'unreadable', path: '', error: error.code };
        return;
      }
      try {
        yield* walkFrom(start, how);
      } finally {
        closeSync(start);
      }
    },
    makeDirectory(path, { uid, gid, mode }) {
      inParent(path, (parent, name) => {
        // Killed between this and the mode below, the next run must see that it is unfinished: 0000 is wanted nowhere, while
        // 0700 may be accepted. But nobody looks at the modes above the base again: root's own are right at once.
        makeDirectoryAt(parent, name, uid === 0 ? Number.parseInt(mode, 8) & 0o777 : 0);
        const fd = openAt(parent, name, {
          flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
          resolve: THROUGH_NOTHING | RESOLVE.noMounts,
        });
        try {
          // Anybody who may write to the parent can have put another directory here; only root's empty one is ours.
          const made = statusAt(fd, '');
          if (made.uid !== 0 || countEntries(fd) !== 0) throw new SwappedError(path);
          changeOwnerOf(fd, uid, gid);
          chmodSync(procPath(fd), Number.parseInt(mode, 8));
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
        fsyncSync(parent);
      });
    },
    removeDirectory(path) {
      inParent(path, (parent, name) => {
        removeDirectoryAt(parent, name);
        fsyncSync(parent);
      });
    },
    change(path, act) {
      const fd = open(path, O_PATH | O_NOFOLLOW);
      try {
        const status = statusAt(fd, '');
        act({
          status,
          setOwner: (uid, gid) => changeOwnerOf(fd, uid, gid),
          setMode: (mode) => chmodSync(procPath(fd), Number.parseInt(mode, 8)),
          lists: () => readLists(fd),
          setLists: (lists) => setLists(fd, lists),
          setFlags: (flags) => setFlags(fd, flags),
        });
        // The record, which says that it is done, may lie on another disk: it must not be there before what was done.
        if (status.type === 'directory' || status.type === 'file') flush(fd);
      } finally {
        closeSync(fd);
      }
    },
  };
}

/** What openat2 answers where something is not a plain directory of this file system. */
const SWAPPED = new Set(['ELOOP', 'ENOTDIR', 'EXDEV']);
/** The number of attempts: a user may swap things without end. */
const PATIENCE = 100;

/** Somebody put another directory in the place of the one just made. */
export class SwappedError extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path} was swapped`);
    this.path = path;
  }
}

/** The way to what a descriptor stands for, for calls that take no O_PATH descriptor: leads there and nowhere else. */
function procPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** An O_PATH descriptor cannot be flushed: what it stands for is opened anew. */
function flush(fd: number): void {
  const readable = openSync(procPath(fd), O_RDONLY | O_NONBLOCK);
  try {
    fsyncSync(readable);
  } finally {
    closeSync(readable);
  }
}

function relative(path: string): string {
  return path === '/' ? '.' : path.slice(1);
}

/** `isTop`: of a file system of its own, where the empty directory that mkfs made is nothing. */
function countEntries(fd: number, isTop = false): number | null {
  let count = 0;
  try {
    // An O_PATH descriptor cannot be read from: open what it stands for anew.
    const readable = openAt(fd, '.', {
      flags: O_RDONLY | O_DIRECTORY,
      resolve: THROUGH_NOTHING | RESOLVE.noMounts,
    });
    try {
      readDirectory(readable, (name) => {
        if (isTop && name === LOST_AND_FOUND && isMkfsOwn(readable)) return true;
        count += 1;
        return count < ENTRIES_COUNTED;
      });
    } finally {
      closeSync(readable);
    }
    return count;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EACCES') return null;
    throw error;
  }
}

const LOST_AND_FOUND = 'lost+found';

function isMkfsOwn(top: number): boolean {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    const fd = openAt(top, LOST_AND_FOUND, { flags, resolve: THROUGH_NOTHING | RESOLVE.noMounts });
    try {
      return statusAt(fd, '').uid === 0 && countEntries(fd) === 0;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/** Longest path that one call takes: PATH_MAX is 4096 with the final NUL. */
const PATH_BYTES = 4000;

/** Opens below a directory; a path too long for one call is gone down in pieces. */
function openBeneath(dirfd: number, path: string, flags: number): number {
  const resolve = THROUGH_NOTHING | RESOLVE.noMounts;
  if (Buffer.byteLength(path) <= PATH_BYTES) return openAt(dirfd, path, { flags, resolve });
  const cut = path.lastIndexOf('/', PATH_BYTES / 4);
  const fd = openAt(dirfd, path.slice(0, cut), { flags: O_PATH | O_DIRECTORY, resolve });
  try {
    return openBeneath(fd, path.slice(cut + 1), flags);
  } finally {
    closeSync(fd);
  }
}
