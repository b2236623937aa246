// Owns /var/lib/jts-hot: the journal's files and the lock, for root only. Every line is on the disk before `append`
// returns, and a line that could not be written whole is cut off again.

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { asRoot } from '../messages/typed-command.ts';
import type { Lock } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';
import type { MoveStore } from '../port/move-store.ts';
import { endOfLines } from '../port/record-lines.ts';
import { openContentStore } from './content-store.ts';
import { openMoveStore } from './move-store.ts';
import { pause } from './pause.ts';
import { bytesOf, createRecord, journalFile, noRecord, openRecord, runsIn } from './record-files.ts';
import {
  fileName,
  isThere,
  JOURNAL,
  NO_LINKS,
  STATE_DIRECTORY,
  STATE_MODE,
  STATE_NAMES,
  unlinkIfThere,
} from './state-place.ts';
import { asRecordProblem, typed } from './state-problem.ts';
import { DISKS, openSavedDisks, type SavedDisks } from './storage/saved-disks.ts';
import {
  changeOwnerOf,
  makeDirectoryAt,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  openAt,
  SystemError,
  statusAt,
  tryLock,
} from './syscalls.ts';

/** Texts that the journal names by their hash. */
const CONTENT = 'content';
/** Moves of services' data that are not finished. */
const MOVES = 'moves';
const LOCKS: Readonly<Record<Lock, string>> = { run: 'lock', long: 'long-work-lock' };
/** An account program that a killed run left behind holds the lock until it ends: wait a moment for it. */
const LOCK_PATIENCE_MS = 2000;
const LOCK_POLL_MS = 25;

export interface StateDirectory {
  readonly journal: JournalStore;
  readonly moves: MoveStore;
  readonly disks: SavedDisks;
  lock(purpose: string, which: Lock): () => void;
  /** null: not for us to know. */
  isLocked(which: Lock): boolean | null;
  /** A file in it for everybody to read, replaced whole and synced. */
  publish(path: string, text: string): void;
  /** null: there is none, or it is not for us to read. */
  readPublic(path: string): string | null;
  /** Descriptor of the lock while it is held. */
  lockFd(): number | null;
}

export function openStateDirectory(root: string): StateDirectory {
  let held: number | null = null;

  /** Opens a directory of ours; made when `make`, else null where it is missing. */
  function open(names: readonly string[], make: boolean): number | null {
    let fd = openSync(root, O_RDONLY | O_DIRECTORY);
    for (const [depth, name] of names.entries()) {
      const parent = fd;
      try {
        fd = openOrMake(parent, name, make ? modeAt(depth) : null);
      } catch (error) {
        if (error instanceof SystemError && error.code === 'ENOENT' && !make) return null;
        throw error;
      } finally {
        closeSync(parent);
      }
      // Each of our directories: anybody who may write to one can replace the next.
      if (depth >= SHARED_DEPTH) requirePrivate(fd, root, `/${names.slice(0, depth + 1).join('/')}`);
      if (depth === SHARED_DEPTH && make) letPass(fd);
    }
    return fd;
  }

  function inside<T>(
    name: string,
    {
      make,
      act,
      without,
    }: { readonly make: boolean; readonly act: (directory: number) => T; readonly without: T },
  ): T {
    return asRecordProblem(root, () => {
      const fd = open([...STATE_NAMES, name], make);
      if (fd === null) return without;
      try {
        return act(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  function inJournal<T>(make: boolean, act: (directory: number) => T, without: T): T {
    return inside(JOURNAL, { make, act, without });
  }

  const journal: JournalStore = {
    content: openContentStore((make, act, without) => inside(CONTENT, { make, act, without })),
    runs: () => inJournal(false, runsIn, []),
    record: (run) => ({
      run,
      open: () => inJournal(false, (directory) => openRecord(directory, run), null) ?? noRecord(run),
    }),
    *newestFirst() {
      const directory = asRecordProblem(root, () => open([...STATE_NAMES, JOURNAL], false));
      if (directory === null) return;
      try {
        const runs = asRecordProblem(root, () => runsIn(directory)).reverse();
        for (const run of runs) yield { run, open: () => openRecord(directory, run) };
      } finally {
        closeSync(directory);
      }
    },
    create: (run, lines) =>
      inJournal(true, (directory) => createRecord({ directory, run, root }, lines), null as never),
    reopen: (run) =>
      inJournal(
        true,
        (directory) => {
          const fd = openAt(directory, fileName(run), { flags: O_RDWR | O_APPEND, resolve: NO_LINKS });
          ftruncateSync(fd, endOfLines(bytesOf(fd, run)));
          return journalFile(fd, run, root);
        },
        null as never,
      ),
  };

  const moves = openMoveStore((make, act, without) => inside(MOVES, { make, act, without }));

  const disks = openSavedDisks((make, act, without) => inside(DISKS, { make, act, without }));

  function openLock(which: Lock): number {
    const directory = open(STATE_NAMES, true) as number;
    try {
      return openAt(directory, LOCKS[which], { flags: O_RDWR | O_CREAT, mode: 0o600, resolve: NO_LINKS });
    } finally {
      closeSync(directory);
    }
  }

  /** Takes it for a moment: who wants it meanwhile waits longer than that. */
  function isLocked(which: Lock): boolean | null {
    try {
      const directory = open(STATE_NAMES, false);
      if (directory === null) return false;
      try {
        if (!isThere(directory, LOCKS[which])) return false;
        const fd = openAt(directory, LOCKS[which], { flags: O_RDWR, resolve: NO_LINKS });
        const isFree = tryLock(fd);
        closeSync(fd);
        return !isFree;
      } finally {
        closeSync(directory);
      }
    } catch (error) {
      if (error instanceof SystemError) return null;
      throw error;
    }
  }

  function lock(purpose: string, which: Lock): () => void {
    const fd = asRecordProblem(root, () => openLock(which));
    for (let waited = 0; !tryLock(fd); waited += LOCK_POLL_MS) {
      if (waited >= LOCK_PATIENCE_MS) {
        const holder = readFileSync(fd, 'utf8').trim();
        closeSync(fd);
        throw locked(holder, which);
      }
      pause(LOCK_POLL_MS);
    }
    // Programs that change accounts keep it open.
    if (which === 'run') held = fd;
    nameHolder(fd, purpose);
    return () => {
      if (which === 'run') held = null;
      closeSync(fd);
    };
  }

  /** Written beside it, then renamed: a reader finds the old one or the new one. */
  function publish(path: string, text: string): void {
    asRecordProblem(root, () => {
      const directory = open(STATE_NAMES, true) as number;
      const name = basename(path);
      const begun = `${name}.new`;
      try {
        // Of a run that was killed.
        unlinkIfThere(directory, begun);
        const flags = O_RDWR | O_CREAT | O_EXCL;
        const fd = openAt(directory, begun, { flags, mode: 0o600, resolve: NO_LINKS });
        try {
          writeFileSync(fd, text);
          fchmodSync(fd, 0o644);
          fsyncSync(fd);
        } catch (error) {
          unlinkIfThere(directory, begun);
          throw error;
        } finally {
          closeSync(fd);
        }
        renameSync(`/proc/self/fd/${directory}/${begun}`, `/proc/self/fd/${directory}/${name}`);
        fsyncSync(directory);
      } finally {
        closeSync(directory);
      }
    });
  }

  function readPublic(path: string): string | null {
    const rootFd = openSync(root, O_PATH | O_DIRECTORY);
    try {
      const inRoot = (at: string, flags: number) => openAt(rootFd, at.slice(1), { flags, resolve: NO_LINKS });
      closeSync(asPrivate(inRoot(STATE_DIRECTORY, O_PATH | O_DIRECTORY), STATE_DIRECTORY));
      const fd = asPrivate(inRoot(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), path);
      try {
        return readFileSync(fd, 'utf8');
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (error instanceof SystemError && (error.code === 'ENOENT' || error.code === 'EACCES')) return null;
      return asRecordProblem(root, () => {
        throw error;
      });
    } finally {
      closeSync(rootFd);
    }
  }

  function asPrivate(fd: number, at: string): number {
    try {
      requirePrivate(fd, root, at);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  return { journal, moves, disks, lock, isLocked, lockFd: () => held, publish, readPublic };
}

/** /var and /var/lib are everybody's; what is below is root's alone. */
const SHARED_DEPTH = STATE_NAMES.length - 1;

function modeAt(depth: number): number {
  return depth < SHARED_DEPTH ? 0o755 : depth === SHARED_DEPTH ? STATE_MODE : 0o700;
}

/** Earlier versions closed it to all, or opened it to a group. */
function letPass(fd: number): void {
  const { gid, mode } = statusAt(fd, '');
  if (gid !== 0) changeOwnerOf(fd, 0, 0);
  if (mode !== STATE_MODE) fchmodSync(fd, STATE_MODE);
}

function openOrMake(parent: number, name: string, mode: number | null): number {
  const open = () => openAt(parent, name, { flags: O_RDONLY | O_DIRECTORY, resolve: NO_LINKS });
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ENOENT' || mode === null) throw error;
  }
  try {
    makeDirectoryAt(parent, name, mode);
    fsyncSync(parent);
  } catch (error) {
    // Another run was faster.
    if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
  }
  return open();
}

/** `at`: as it is called below the root. */
function requirePrivate(fd: number, root: string, at: string): void {
  const { uid, mode } = statusAt(fd, '');
  if (uid === 0 && (mode & 0o022) === 0) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_STATE_DIRECTORY', 'refusing to trust a record that others can write', {
      at: `directory ${at}`,
      detail: `want root's alone, found uid ${uid}, mode ${mode.toString(8)}`,
      fix: asRoot([
        ...(uid === 0 ? [] : [`chown root:root ${typed(root, at)}`]),
        ...((mode & 0o022) === 0 ? [] : [`chmod go-w ${typed(root, at)}`]),
      ]),
      hint: 'look first at what others may have put into it',
    }),
  ]);
}

function locked(holder: string, which: Lock): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_LOCKED', 'refusing to run beside another run', {
      at: `${STATE_DIRECTORY}/${LOCKS[which]}`,
      detail: `held by: ${holder || 'a run that is just starting'}`,
      hint: 'wait for it to end, then run the same command again; the lock goes when its process does',
    }),
  ]);
}

/** For people who wait; on a full disk the lock works without it. */
function nameHolder(fd: number, purpose: string): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, `jts-hot ${purpose}, process ${process.pid}\n`, 0);
  } catch {
    // The lock itself holds.
  }
}
