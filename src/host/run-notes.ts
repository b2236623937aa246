// Owns /run/jts-hot, for root only and empty after a restart: notes that must be kept although the disks may
// be full, and which process may look. Where it cannot be made or written, nothing is kept, and every process may.
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { LookTurn } from '../port/host.ts';
import {
  makeDirectoryAt,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  openAt,
  RESOLVE,
  SystemError,
  statusAt,
  tryLock,
  unlinkAt,
} from './syscalls.ts';

const [RUN, NAME] = ['/run', 'jts-hot'];
const LOOK_LOCK = 'look.lock';
const HANGING = 'hanging';
const NO_LINKS = RESOLVE.noLinks | RESOLVE.beneath;

export function readNote(name: string): string | null {
  return inNotes((directory) => {
    const fd = openAt(directory, name, { flags: O_RDONLY, resolve: NO_LINKS });
    try {
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  });
}

export function writeNote(name: string, text: string | null): void {
  inNotes((directory) => {
    if (text === null) return unlinkAt(directory, name);
    const fd = openAt(directory, name, { flags: O_RDWR | O_CREAT, resolve: NO_LINKS, mode: 0o600 });
    try {
      ftruncateSync(fd);
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  });
}

export const EVERYBODYS: LookTurn = { is: 'mine', hangs: () => {}, end: () => {} };

/** true if this did not happen within this time, by a note that is then written. Where no note can be kept: always. */
export function isDue(name: string, everyMs: number): boolean {
  const [now, then] = [Date.now(), Number(readNote(name) ?? Number.NaN)];
  if (now >= then && now - then < everyMs) return false;
  writeNote(name, String(now));
  return true;
}

/** The lock goes with the last thread of its holder, which is the one that hangs. */
export function takeLookTurn(): LookTurn {
  return (
    inNotes((directory): LookTurn => {
      const fd = openAt(directory, LOOK_LOCK, { flags: O_RDWR | O_CREAT, resolve: NO_LINKS, mode: 0o600 });
      if (!tryLock(fd)) {
        const said = readFileSync(fd, 'utf8');
        closeSync(fd);
        return { ...EVERYBODYS, is: said === HANGING ? 'hanging' : 'taken' };
      }
      ftruncateSync(fd);
      let hangs = false;
      return {
        is: 'mine',
        hangs: () => {
          hangs = true;
          writeSync(fd, HANGING, 0);
        },
        end: () => {
          if (!hangs) closeSync(fd);
        },
      };
    }) ?? EVERYBODYS
  );
}

/** null: it cannot be done. */
function inNotes<T>(act: (directory: number) => T): T | null {
  let run: number | null = null;
  let directory: number | null = null;
  try {
    run = openSync(RUN, O_RDONLY | O_DIRECTORY);
    try {
      makeDirectoryAt(run, NAME, 0o700);
    } catch (error) {
      // Read-only for a unit that may not write there: what is there can be read.
      if (!(error instanceof SystemError) || !['EEXIST', 'EROFS', 'EACCES'].includes(error.code)) throw error;
    }
    directory = openAt(run, NAME, { flags: O_RDONLY | O_DIRECTORY, resolve: NO_LINKS });
    const { uid, mode } = statusAt(directory, '');
    return uid === 0 && (mode & 0o022) === 0 ? act(directory) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  } finally {
    for (const fd of [directory, run]) if (fd !== null) closeSync(fd);
  }
}
