// Owns how a thing goes into the trash, comes back, and goes for good: by the descriptors of the two directories, whatever their
// names have become. What arrived in the trash is looked at there, where no service user can reach it any more.
import { closeSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { flagsIn } from '../port/inside.ts';
import { describeOperation, type OperationOf, type Performers } from '../port/operation.ts';
import { type OpenBy, type Whole, wholeOf } from '../port/whole.ts';
import { changedSince } from './changed-since.ts';
import { type Named, renameInto } from './project/rename-into.ts';
import { removeAll } from './remove-all.ts';
import {
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  RESOLVE,
  type Status,
  SystemError,
  statusAt,
} from './syscalls.ts';
import type { Tree } from './tree.ts';
import { walkFrom } from './walk-tree.ts';

type Trashing = Pick<Performers, 'moveToTrash' | 'takeFromTrash' | 'emptyTrash'>;
/** Inodes that processes have open on a device. */
type OpenInodes = (device: string) => ReadonlyMap<string, OpenBy>;

const NOBODY: ReadonlyMap<string, OpenBy> = new Map();
const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts;

export function trashPerformers(tree: Tree, openInodes: OpenInodes): Trashing {
  return {
    moveToTrash(operation) {
      const { path, trash } = operation;
      inBoth(tree, { path, trash }, operation, (from, to) => {
        requireSame(operation, wholeAt(from, false));
        moveAt(from, to);
        const arrived = isSame(operation, wholeAt(to, true));
        if (arrived === null) return;
        throw notAsJudged(operation, `${arrived}${putBack(from, to)}`);
      });
    },
    takeFromTrash(operation) {
      const { path, trash } = operation;
      inBoth(tree, { path, trash }, operation, (to, from) => {
        const { inode, born } = statusAt(from.dirfd, from.name);
        if (inode !== operation.inode || born !== operation.born)
          throw notAsJudged(operation, `inode ${inode}`);
        moveAt(from, to);
      });
    },
    emptyTrash(operation) {
      tree.within(operation.path, O_RDONLY, (dirfd) => {
        requireRoots(dirfd, operation);
        const names = presentOf(dirfd, operation);
        const { device } = statusAt(dirfd, '');
        const open = openInodes(device);
        for (const name of names) {
          const { obstacle } = wholeAt({ dirfd, name }, true, open);
          if (obstacle?.startsWith('open by ')) throw inUse(operation, obstacle);
        }
        for (const name of names) removeAll(dirfd, name);
      });
    },
  };
}

/** Over nothing. */
function moveAt(from: Named, to: Named): void {
  renameInto(from, to);
}

/** Somebody was faster. Where the place is taken by now it stays, under a name that nothing empties. */
function putBack(from: Named, to: Named): string {
  try {
    moveAt(to, from);
    return '';
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EEXIST')) throw error;
    const name = `${to.name}.kept`;
    moveAt(to, { dirfd: to.dirfd, name });
    return `; it is in the trash as ${name}`;
  }
}

/** The directory that the thing is in, and the trash. */
function inBoth(
  tree: Tree,
  { path, trash }: { readonly path: string; readonly trash: string },
  operation: OperationOf<'moveToTrash' | 'takeFromTrash'>,
  act: (place: Named, trash: Named) => void,
): void {
  const [above, name] = cut(path);
  const [trashPath, number] = cut(trash);
  tree.within(trashPath, O_RDONLY, (trashFd) => {
    requireRoots(trashFd, operation);
    tree.within(above, O_RDONLY, (dirfd) => act({ dirfd, name }, { dirfd: trashFd, name: number }));
  });
}

function cut(path: string): readonly [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}

/** Nobody but root can look into the trash, let alone change it. */
function requireRoots(
  fd: number,
  operation: OperationOf<'moveToTrash' | 'takeFromTrash' | 'emptyTrash'>,
): void {
  const { uid, mode } = statusAt(fd, '');
  if (uid === 0 && (mode & 0o077) === 0) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_TRASH_OPEN', 'refusing to use a trash that others than root can enter', {
      at: operation.type === 'emptyTrash' ? operation.path : cut(operation.trash)[0],
      detail: `want uid 0, mode 0700; found uid ${uid}, mode ${mode.toString(8).padStart(4, '0')}`,
      hint: 'look at what is in it; then give it back to root: chown root, chmod 0700',
    }),
  ]);
}

/** `deep`: with all that is in it. */
function wholeAt({ dirfd, name }: Named, deep: boolean, open = NOBODY): Whole {
  const status = statusAt(dirfd, name);
  const { device } = statusAt(dirfd, '');
  if (status.type !== 'directory' || !deep) return wholeOf([metOf(status)], { device, open });
  const fd = openAt(dirfd, name, { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: THROUGH_NOTHING });
  try {
    return wholeOf(walkFrom(fd), { device, open });
  } finally {
    closeSync(fd);
  }
}

function metOf(status: Status): Parameters<typeof wholeOf>[0] extends Iterable<infer Met> ? Met : never {
  const { mode: _mode, attributes, format: _format, isMountPoint, ...rest } = status;
  if (isMountPoint) return { type: 'mount point', path: '' };
  const more = { lists: { access: null, inherited: null }, project: null };
  return { ...rest, path: '', top: '', mode: '0000', isDevice: false, flags: flagsIn(attributes), ...more };
}

/** Before it is moved: of a directory what is seen without going through it. */
function requireSame(operation: OperationOf<'moveToTrash'>, found: Whole): void {
  const { inode, born, bytes, writtenAt } = operation;
  const isFile = found.kind === 'file';
  const same =
    found.inode === inode && found.born === born && found.kind !== 'other' && found.obstacle === null;
  if (same && (!isFile || (found.bytes === bytes && found.writtenAt === writtenAt))) return;
  throw notAsJudged(operation, found.obstacle ?? `inode ${found.inode}, ${found.bytes} bytes`);
}

/** null: it is what was judged, all of it. */
function isSame(operation: OperationOf<'moveToTrash'>, found: Whole): string | null {
  const { inode, born, bytes, entries, writtenAt } = operation;
  if (found.obstacle !== null) return found.obstacle;
  const same =
    found.inode === inode &&
    found.born === born &&
    found.bytes === bytes &&
    found.entries === entries &&
    found.writtenAt === writtenAt;
  return same ? null : `inode ${found.inode}, ${found.entries} entries, ${found.bytes} bytes`;
}

function notAsJudged(operation: OperationOf<'moveToTrash' | 'takeFromTrash'>, found: string): Problem {
  return changedSince(operation.path, [`want: ${describeOperation(operation)}`, `found: ${found}`]);
}

function inUse(operation: OperationOf<'emptyTrash'>, why: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_IN_USE', 'refusing to delete what a process has open', {
      at: operation.path,
      detail: `want nothing open of ${describeOperation(operation)}; found: ${why}`,
      hint: 'the next run deletes it, once it is closed',
    }),
  ]);
}

function presentOf(dirfd: number, { stamp, first, last }: OperationOf<'emptyTrash'>): readonly string[] {
  const names: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const name = `${stamp}-${number}`;
    try {
      statusAt(dirfd, name);
      names.push(name);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'ENOENT')) throw error;
    }
  }
  return names;
}
