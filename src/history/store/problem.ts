// Owns the messages for a history that cannot be used, from the errors of SQLite and the kernel.
import { statfsSync } from 'node:fs';
import { STATE_DIRECTORY } from '../../host/state-place.ts';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import { errnoText } from '../../values/errno.ts';
import type { HistoryAccess } from '../history.ts';
import { DamagedError } from './connection.ts';

export const HISTORY_DIRECTORY = `${STATE_DIRECTORY}/history`;
export const PUBLISHED_DIRECTORY = `${STATE_DIRECTORY}/published`;
export const HISTORY_FILE = 'history.db';

type Mode = HistoryAccess['mode'];

export interface Use {
  /** The alternate root, or `/`. */
  readonly root: string;
  readonly mode: Mode;
  /** Of the file, as seen in the root. */
  readonly directory: string;
  /** Called when somebody else had it for too long. */
  readonly isBusy: () => void;
}

/** Primary result codes, sqlite.org/rescode.html. */
const SQLITE = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
} as const;

/** null: not of SQLite. The low byte of an extended code is the primary one. */
function codeOf(error: unknown): number | null {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null;
}

/** SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE and _ROWID: what is written here is new, unless the file says something else. */
const TWICE: readonly unknown[] = [1555, 2067, 2579];

/** Our queries fit our tables: an error in one, or a value that is no number or JSON, means that the file has changed. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === SQLITE.corrupt ||
    code === SQLITE.notADatabase ||
    code === SQLITE.error ||
    error instanceof DamagedError ||
    (code === SQLITE.constraint && TWICE.includes((error as { readonly errcode?: unknown }).errcode))
  );
}

/** A value that a table does not take. */
export function isRefusedValue(error: unknown): boolean {
  const code = codeOf(error);
  return code === SQLITE.constraint || code === SQLITE.mismatch;
}

/** Runs `act`; what SQLite or the kernel complains of becomes a Problem. */
export function asHistoryProblem<T>(use: Use, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw problemOf(use, error) ?? error;
  }
}

export function cannotUse(
  { mode, directory }: Use,
  code: string,
  { detail, ...ways }: { readonly detail: string; readonly fix?: string; readonly hint?: string },
): Problem {
  const summary = mode === 'write' ? 'cannot write the history' : 'cannot read the history';
  return new Problem(EXIT.failed, [
    diagnostic(code, summary, { at: `${directory}/${HISTORY_FILE}`, detail, ...ways }),
  ]);
}

export const BEGIN_ANEW = { fix: 'sudo jts-hot record', hint: 'it sets the file aside and begins a new one' };

function problemOf(use: Use, error: unknown): Problem | null {
  const code = codeOf(error);
  const found = `found: ${error instanceof Error ? error.message : error}`;
  if (isDamage(error)) return cannotUse(use, 'E_HISTORY_DAMAGED', { detail: found, ...BEGIN_ANEW });
  switch (code) {
    case null: {
      const errno = (error as NodeJS.ErrnoException).code;
      return errno !== undefined && /^E[A-Z0-9]+$/.test(errno) ? refused(use, errno) : null;
    }
    case SQLITE.busy:
    case SQLITE.locked:
    // A user who may read it holds its locks and does not release them.
    case SQLITE.protocol:
      use.isBusy();
      return cannotUse(use, 'E_HISTORY_BUSY', {
        detail: `want it free, ${found}`,
        hint: `see who has it open (fuser -v ${placeOf(use)}/*), wait for it to end, then run the same command again`,
      });
    case SQLITE.full:
      return refused(use, 'ENOSPC');
    case SQLITE.io:
      return refused(use, isFull(use) ? 'ENOSPC' : 'EIO');
    case SQLITE.cannotOpen:
      return refused(use, isFull(use) ? 'ENOSPC' : 'EACCES');
    case SQLITE.readOnly:
      return cannotUse(use, 'E_HISTORY', {
        detail: found,
        hint: `see what makes it so (lsattr ${placeOf(use)}/${HISTORY_FILE}); if nothing does, it is damaged: move it away`,
      });
    default:
      return cannotUse(use, 'E_HISTORY', {
        detail: found,
        hint: 'run the same command again; if it stays so, move the file away: a new one is begun',
      });
  }
}

/** As it is typed here, outside of the root that it is in. */
function placeOf({ root, directory }: Use): string {
  return shellWord(root === '/' ? directory : root + directory);
}

function refused(use: Use, errno: string): Problem {
  const hint =
    HINTS[errno]?.(use) ?? 'see what the disk says (sudo dmesg | tail), then run the same command again';
  return cannotUse(use, 'E_HISTORY', { detail: `found ${errnoText(errno)}`, hint });
}

const denied = ({ mode }: Use) =>
  mode === 'write'
    ? 'only root writes it: run the same command with sudo'
    : 'run the same command with sudo, or name your group in the layout (monitoring.group), then: sudo jts-hot record';
const noSpace = (use: Use) =>
  `free some space there (df -h ${placeOf(use)}), then run the same command again; what is recorded is kept`;
const inTheWay = (use: Use) =>
  `something is where a directory or file of root should be: look at it (ls -la ${placeOf(use)})`;

const HINTS: { readonly [errno: string]: (use: Use) => string } = {
  EACCES: denied,
  EPERM: denied,
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EROFS: () => 'the system disk is read-only: see why (sudo dmesg | tail), then remount it',
  ELOOP: inTheWay,
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
};

/** For a full disk SQLite only reports that it could not write. */
function isFull({ root, directory }: Use): boolean {
  try {
    const { bavail, ffree, files } = statfsSync(root + directory);
    return bavail === 0 || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
