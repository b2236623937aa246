// Owns the directory below a mount: looked at and changed whatever is mounted over it, through a view of its file system that has no
// mounts. Reached through no link, and only where nobody but root can change the way.
import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { flagsIn } from '../../port/inside.ts';
import { type MountPlace, TOLD } from '../../port/mount-point.ts';
import type { OperationOf } from '../../port/operation.ts';
import { describePlaceFound } from '../../port/operations/mount-point.ts';
import { modeText } from '../../values/mode.ts';
import { changedSince } from '../changed-since.ts';
import { isMountPoint } from '../disk.ts';
import { setFlags } from '../entry-attributes.ts';
import {
  makeDirectoryAt,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  openAt,
  RESOLVE,
  readDirectory,
  removeDirectoryAt,
  SystemError,
  statusAt,
  withoutMounts,
} from '../syscalls.ts';

const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath;
const HERE = PLAINLY | RESOLVE.noMounts;
/** What a file system without such flags answers (btrfs and all that Debian makes have them, ZFS and NFS do not). */
const NO_FLAGS: readonly string[] = ['ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'ENOSYS'];

export function readMountPlace(path: string): MountPlace {
  try {
    return inParent(path, (parent, name) => placeAt(parent, name, isMountPoint(path)));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code === 'EPERM' || error.code === 'EACCES') return withoutRoot(path);
    if (error.code === 'ENOENT') return { type: 'unreachable', why: 'a directory on the way is missing' };
    if (error.code === 'ELOOP') return { type: 'unreachable', why: 'a link is on the way' };
    if (error.code === 'ENOTDIR') return { type: 'unreachable', why: 'no directory is on the way' };
    throw error;
  }
}

/** Who may not look below a mount may still see a place where nothing is mounted. */
function withoutRoot(path: string): MountPlace {
  if (isMountPoint(path)) return { type: 'hidden' };
  try {
    return within(path.slice(0, path.lastIndexOf('/')), (parent) =>
      placeAt(parent, path.slice(path.lastIndexOf('/') + 1), false),
    );
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code === 'ENOENT' ? { type: 'missing' } : { type: 'hidden' };
  }
}

function placeAt(parent: number, name: string, isCovered: boolean): MountPlace {
  let fd: number;
  try {
    fd = openAt(parent, name, { flags: O_PATH | O_NOFOLLOW, resolve: HERE });
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return { type: 'missing' };
    throw error;
  }
  try {
    const { type, uid, gid, mode, inode, born, attributes } = statusAt(fd, '');
    if (type !== 'directory') return { type: 'other', what: type };
    const isClosed = flagsIn(attributes).includes('immutable');
    const holds = namesIn(fd);
    return { type, uid, gid, mode: modeText(mode), inode, born, isClosed, isCovered, holds };
  } finally {
    closeSync(fd);
  }
}

function namesIn(fd: number): readonly string[] {
  const readable = openAt(fd, '.', { flags: O_RDONLY | O_DIRECTORY, resolve: HERE });
  try {
    const names: string[] = [];
    readDirectory(readable, (name) => names.push(name) < TOLD);
    return names.toSorted();
  } finally {
    closeSync(readable);
  }
}

function within<T>(path: string, act: (fd: number) => T): T {
  const root = openSync('/', O_PATH | O_DIRECTORY);
  try {
    const fd = openAt(root, path === '' ? '.' : path.slice(1), {
      flags: O_PATH | O_DIRECTORY,
      resolve: PLAINLY,
    });
    try {
      return act(fd);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(root);
  }
}

/** Its directory as a mount of its own, in which nothing is covered. */
function inParent<T>(path: string, act: (parent: number, name: string) => T): T {
  const cut = path.lastIndexOf('/');
  return within(path.slice(0, cut), (fd) => {
    const parent = withoutMounts(fd);
    try {
      return act(parent, path.slice(cut + 1));
    } finally {
      closeSync(parent);
    }
  });
}

/** Who can change a directory on the way could have us mount, or look, somewhere else. Throws a Problem, or SystemError. */
export function requireRootsWay(path: string): void {
  const names = path.split('/').slice(1, -1);
  for (const [i] of ['', ...names].entries()) {
    const at = `/${names.slice(0, i).join('/')}`;
    within(at === '/' ? '' : at, (fd) => {
      const { uid, mode } = statusAt(fd, '');
      const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
      if (uid === 0 && !isOpen) return;
      throw new Problem(EXIT.failed, [
        diagnostic('E_WAY_OPEN', 'refusing to work below a directory that others can change', {
          at,
          detail: `want one that only root can change, found uid ${uid}, mode ${modeText(mode)}`,
        }),
      ]);
    });
  }
}

export function makeMountPoint({ mountPoint }: OperationOf<'makeMountPoint'>): void {
  requireRootsWay(mountPoint);
  inParent(mountPoint, (parent, name) => {
    const there = placeAt(parent, name, isMountPoint(mountPoint));
    if (there.type === 'missing') makeDirectoryAt(parent, name, 0o755);
    else if (there.type !== 'directory' || there.uid !== 0 || there.holds.length > 0)
      throw changedSince(mountPoint, [
        'want nothing there, or an empty directory of root’s',
        there.type === 'directory' && there.holds.length > 0
          ? `found in it: ${there.holds.join(', ')}`
          : describePlaceFound(there),
      ]);
    onDirectory(parent, name, (fd) => {
      // Immutable, it is what we want, or it could not be changed.
      if (there.type !== 'directory' || !there.isClosed) {
        chmodSync(`/proc/self/fd/${fd}`, 0o755);
        fsyncSync(fd);
        closeUp(fd, mountPoint, true);
      }
    });
    syncDirectory(parent);
  });
}

export function removeMountPoint({ mountPoint }: OperationOf<'removeMountPoint'>): void {
  if (isMountPoint(mountPoint)) throw changedSince(mountPoint, 'want nothing mounted on it, found a mount');
  inParent(mountPoint, (parent, name) => {
    onDirectory(parent, name, (fd) => {
      const holds = namesIn(fd);
      if (holds.length > 0) throw changedSince(mountPoint, `found in it: ${holds.join(', ')}`);
      closeUp(fd, mountPoint, false);
    });
    removeDirectoryAt(parent, name);
    syncDirectory(parent);
  });
}

/** Sets the flag, or takes it away. */
export function flagMountPoint(
  { mountPoint, inode, born }: OperationOf<'closeMountPoint' | 'openMountPoint'>,
  isClosed: boolean,
): void {
  inParent(mountPoint, (parent, name) =>
    onDirectory(parent, name, (fd) => {
      const now = statusAt(fd, '');
      if (now.inode !== inode || now.born !== born)
        throw changedSince(mountPoint, `want inode ${inode}, found ${now.inode}`);
      closeUp(fd, mountPoint, isClosed);
      fsyncSync(fd);
    }),
  );
}

function onDirectory(parent: number, name: string, act: (fd: number) => void): void {
  const fd = openAt(parent, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: HERE });
  try {
    act(fd);
  } finally {
    closeSync(fd);
  }
}

function closeUp(fd: number, at: string, isClosed: boolean): void {
  const others = flagsIn(statusAt(fd, '').attributes).filter((flag) => flag !== 'immutable');
  try {
    setFlags(fd, isClosed ? [...others, 'immutable'] : others);
  } catch (error) {
    if (!(error instanceof SystemError) || !NO_FLAGS.includes(error.code)) throw error;
    throw new Problem(EXIT.failed, [
      diagnostic('E_NO_FLAGS', 'cannot protect the directory below a mount', {
        at,
        detail: `want a file system that can make it immutable (chattr +i), found ${error.code}`,
        hint: 'have the base on another file system: ext4, XFS and btrfs can',
      }),
    ]);
  }
}

/** The view itself was opened with O_PATH. */
function syncDirectory(parent: number): void {
  onDirectory(parent, '.', fsyncSync);
}
