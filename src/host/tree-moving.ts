// Owns giving a whole directory another name, and deleting what is in one, by descriptors alone: service users can swap what is
// above. What is to be deleted is first moved where only root can reach it, then looked at again. Asks for no consent.
import { closeSync, fsyncSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Emptied, EmptyRequest, KnownDirectory } from '../port/tree-moving.ts';
import type { OpenBy } from '../port/whole.ts';
import { errnoOf, errnoText } from '../values/errno.ts';
import { changedSince } from './changed-since.ts';
import { namesIn } from './names-in.ts';
import { renameInto } from './project/rename-into.ts';
import { removals } from './remove-all.ts';
import {
  makeDirectoryAt,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  RESOLVE,
  removeDirectoryAt,
  renameAt,
  SystemError,
  statusAt,
} from './syscalls.ts';
import type { Tree } from './tree.ts';
import { walkFrom } from './walk-tree.ts';

/** Inodes that processes have open on a device. */
type OpenInodes = (device: string) => ReadonlyMap<string, OpenBy>;

const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts;
const DIRECTORY = { flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: THROUGH_NOTHING };
/** In the directory that is emptied: root's alone. */
const ASIDE = '.jts-hot-deleting';
const ENTRIES_AT_ONCE = 500;
const TELL_MS = 100;

export function renameDirectory(tree: Tree, directory: KnownDirectory, to: string): void {
  const [above, name] = cut(directory.path);
  const [aboveTo, nameTo] = cut(to);
  asMoveProblem(`${directory.path} to ${to}`, () =>
    tree.within(above, O_RDONLY, (from) =>
      tree.within(aboveTo, O_RDONLY, (into) => {
        requireKnown(directory, statusAt(from, name));
        renameInto({ dirfd: from, name }, { dirfd: into, name: nameTo });
        // Somebody may have swapped it between the two.
        const arrived = statusAt(into, nameTo);
        if (!isKnown(directory, arrived)) {
          // Where others can write it may have been swapped after it arrived: then what is there is theirs, and stays.
          if (isRootsAlone(into)) giveBack(into, nameTo, { from, name });
          requireKnown(directory, arrived);
        }
        fsyncSync(into);
        fsyncSync(from);
      }),
    ),
  );
}

/** Throws a Problem where a process has the directory, or anything of it, open. Grows with what is in it. */
export function requireNobodyIn(tree: Tree, path: string, openInodes: OpenInodes): void {
  asMoveProblem(path, () =>
    tree.within(path, O_RDONLY, (fd) => {
      const { device, inode } = statusAt(fd, '');
      const open = openInodes(device);
      const by = open.get(inode);
      if (by !== undefined) throw inUse(path, '', by);
      requireUnused(fd, path, open);
    }),
  );
}

function isRootsAlone(fd: number): boolean {
  const { uid, mode } = statusAt(fd, '');
  return uid === 0 && (mode & 0o022) === 0;
}

/** What was not meant goes back; where its place is taken by now, under another name: it must not stand in for what is meant. */
function giveBack(
  into: number,
  arrivedAs: string,
  { from, name }: { readonly from: number; readonly name: string },
): void {
  try {
    renameAt(into, arrivedAs, name, 'noReplace', from);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    moveAside(into, into, arrivedAs, `${arrivedAs}.stray`);
  }
}

export async function emptyDirectory(
  tree: Tree,
  request: EmptyRequest,
  openInodes: OpenInodes,
): Promise<Emptied> {
  const fd = asMoveProblem(request.path, () => tree.openDirectory(request.path));
  try {
    requireKnown(request, statusAt(fd, ''));
    const aside = setAside(fd, request, openInodes);
    try {
      const emptied = await deleteIn(aside, request);
      if (emptied.outcome === 'done') {
        removeDirectoryAt(fd, ASIDE);
        fsyncSync(fd);
      }
      return emptied;
    } catch (error) {
      throw moveProblem(request.path, error);
    } finally {
      closeSync(aside);
    }
  } finally {
    closeSync(fd);
  }
}

/** All of it where only root can reach it. Returns a descriptor of that place. */
function setAside(fd: number, { path }: EmptyRequest, openInodes: OpenInodes): number {
  const { device } = statusAt(fd, '');
  requireUnused(fd, path, openInodes(device));
  return asMoveProblem(path, () => {
    try {
      makeDirectoryAt(fd, ASIDE, 0o700);
    } catch (error) {
      // Of a call that was stopped.
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    const aside = openAt(fd, ASIDE, DIRECTORY);
    try {
      const { uid, mode } = statusAt(aside, '');
      if (uid !== 0 || (mode & 0o077) !== 0)
        throw changedSince(`${path}/${ASIDE}`, `want root's with mode 0700, found uid ${uid}`);
      const moved = namesIn(fd).filter((name) => name !== ASIDE);
      for (const name of moved) moveAside(fd, aside, name);
      try {
        requireUnused(aside, path, openInodes(device));
      } catch (error) {
        for (const name of moved) putBack(aside, fd, name);
        // Of an earlier call something may be in it.
        if (namesIn(aside, 1).length === 0) removeDirectoryAt(fd, ASIDE);
        throw error;
      }
      return aside;
    } catch (error) {
      closeSync(aside);
      throw error;
    }
  });
}

/** Of a call that was stopped something may have that name there. */
function moveAside(from: number, aside: number, name: string, as = name): void {
  for (let number = 0; ; number += 1)
    try {
      renameAt(from, name, number === 0 ? as : `${as}.${number}`, 'noReplace', aside);
      return;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
}

function putBack(aside: number, to: number, name: string): void {
  try {
    renameAt(aside, name, name, 'noReplace', to);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

function inUse(path: string, below: string, { pid, command }: OpenBy): Problem {
  return refused('E_IN_USE', 'refusing to move or delete what a process has open', {
    at: path,
    detail: `want nothing of it open, found ${below === '' ? 'it' : below} open by ${command} (pid ${pid})`,
    hint: 'end that process, then run the same command again',
  });
}

function requireUnused(fd: number, path: string, open: ReadonlyMap<string, OpenBy>): void {
  for (const met of walkFrom(fd)) {
    if (met.type === 'mount point')
      throw refused('E_UNREACHABLE', 'refusing to delete a directory that something is mounted in', {
        at: path,
        detail: `want one file system, found another one at ${met.path}`,
        hint: 'unmount it first',
      });
    if (met.type === 'unreadable')
      throw refused('E_UNREADABLE', 'refusing to delete what cannot be looked through', {
        at: path,
        detail: `found ${met.path}: ${met.error}`,
        hint: 'look at what it is, and move it away',
      });
    const by = met.path === '' ? undefined : open.get(met.inode);
    if (by !== undefined) throw inUse(path, met.path, by);
  }
}

async function deleteIn(aside: number, { signal, onProgress }: EmptyRequest): Promise<Emptied> {
  let entries = 0;
  let told = 0;
  for (const _ of deletions(aside)) {
    entries += 1;
    if (entries % ENTRIES_AT_ONCE !== 0) continue;
    if (Date.now() - told >= TELL_MS) {
      told = Date.now();
      onProgress(entries);
    }
    await new Promise(setImmediate);
    if (signal.aborted) return { outcome: 'stopped', entries };
  }
  onProgress(entries);
  return { outcome: 'done', entries };
}

function* deletions(aside: number): Generator<void> {
  for (let names = namesIn(aside, ENTRIES_AT_ONCE); names.length > 0; names = namesIn(aside, ENTRIES_AT_ONCE))
    for (const name of names) yield* removals(aside, name);
}

function isKnown({ inode, born }: KnownDirectory, found: ReturnType<typeof statusAt>): boolean {
  return found.type === 'directory' && found.inode === inode && found.born === born;
}

function requireKnown(directory: KnownDirectory, found: ReturnType<typeof statusAt>): void {
  if (isKnown(directory, found)) return;
  throw changedSince(directory.path, [
    `want the directory that was looked at, inode ${directory.inode}`,
    `found a ${found.type}, inode ${found.inode}`,
  ]);
}

function cut(path: string): readonly [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at) || '/', path.slice(at + 1)];
}

function refused(code: string, summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.refused, [diagnostic(code, summary, more)]);
}

function asMoveProblem<T>(at: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw moveProblem(at, error);
  }
}

const CODES: { readonly [errno: string]: string } = {
  ENOENT: 'E_NOT_THERE',
  EEXIST: 'E_EXISTS',
  ELOOP: 'E_UNREACHABLE',
  ENOTDIR: 'E_UNREACHABLE',
  EXDEV: 'E_UNREACHABLE',
  EBUSY: 'E_UNREACHABLE',
};

function moveProblem(at: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (error instanceof Problem || errno === undefined) return error;
  return new Problem(EXIT.failed, [
    diagnostic(CODES[errno] ?? 'E_IO', 'cannot move or empty a directory', {
      at,
      detail: `found ${errnoText(errno)}`,
      hint: 'run the same command again: it looks at the host anew',
    }),
  ]);
}
