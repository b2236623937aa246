// Owns the file of the history, /var/lib/jts-hot/history/history.db: the way to it, who may read it, who has it open, and
// what becomes of one that cannot be used: it is set aside, never deleted. What is in it is history-tables.ts.
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  type Stats,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { diagnostic, EXIT, Problem } from '../diagnostic.ts';
import { errnoText } from '../errno.ts';
import { shellWord } from '../typed-command.ts';
import type { History, HistoryAccess } from '../usage/history.ts';
import { type Connection, DamagedError } from './history-connection.ts';
import { APPLICATION_ID, FORMAT_VERSION, SCHEMA } from './history-schema.ts';
import { openTables } from './history-tables.ts';
import { STATE_DIRECTORY } from './state-directory.ts';
import {
  makeDirectoryAt,
  O_CREAT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  openAt,
  RESOLVE,
  SystemError,
  statusAt,
  tryLock,
} from './syscalls.ts';

export const HISTORY_DIRECTORY = `${STATE_DIRECTORY}/history`;
const FILE = 'history.db';
/** Beside the file while somebody has it open, and after somebody was killed: sqlite.org/walformat.html. */
const COMPANIONS = ['-wal', '-shm'] as const;
const LOCK = 'lock';

/** A transaction takes milliseconds; a machine that is busy takes longer. */
const PATIENCE_MS = 10_000;
const POLL_MS = 20;
/** Kept however many there are; more than this, and it is the disk that wants looking at. */
const MOST_SET_ASIDE = 32;

export interface Place {
  /** The alternate root, or `/`. */
  readonly root: string;
  readonly base: string;
  /** `machine-id(5)`; '' where there is none. */
  readonly machine: string;
  /** undefined: there is no such group. */
  readonly gidOf: (group: string) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** As `Host.history` says. */
export function openHistoryFile(place: Place, access: HistoryAccess): History | null {
  return asHistoryProblem(place, access.mode, () =>
    access.mode === 'write' ? openForWriting(place, access.group) : openForReading(place),
  );
}

// ---------------------------------------------------------------------------------------------------------------- the way

const NAMES = HISTORY_DIRECTORY.slice(1).split('/');
/** /var and /var/lib are everybody's to read; what is below is not. */
const SHARED_DEPTH = 2;

/**
 * The real path of the directory; null where it is missing and not to be made. SQLite opens its files by path: nobody
 * but root may be able to put something else on the way, from the very top.
 */
function historyDirectory(place: Place, make: boolean): string | null {
  const top = realpathSync(place.root);
  for (let end = top.length; end > 0; end = top.lastIndexOf('/', end - 1)) {
    const above = top.slice(0, end);
    const { uid, mode } = lstatSync(above);
    requireRoots(place, above, { uid, mode });
  }
  requireRoots(place, '/', lstatSync('/'));
  const flags = (make ? O_RDONLY : O_PATH) | O_DIRECTORY;
  let fd = openSync(top, flags);
  try {
    for (const [depth, name] of NAMES.entries()) {
      const parent = fd;
      const below = openOrMake(parent, name, {
        flags,
        mode: make ? (depth < SHARED_DEPTH ? 0o755 : 0o700) : null,
      });
      if (below === null) return null;
      fd = below;
      closeSync(parent);
      requireRoots(place, join(top, ...NAMES.slice(0, depth + 1)), statusAt(fd, ''));
    }
  } finally {
    closeSync(fd);
  }
  return join(top, ...NAMES);
}

function openOrMake(
  parent: number,
  name: string,
  { flags, mode }: { readonly flags: number; readonly mode: number | null },
): number | null {
  const open = () => openAt(parent, name, { flags, resolve: RESOLVE.noLinks | RESOLVE.beneath });
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
    if (mode === null) return null;
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

const STICKY = 0o1000;

/** In a sticky directory nobody moves what is another's; what comes below it is asked for itself. */
function requireRoots(
  place: Place,
  path: string,
  { uid, mode }: { readonly uid: number; readonly mode: number },
): void {
  if (uid === 0 && ((mode & 0o022) === 0 || (mode & STICKY) !== 0)) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_HISTORY_DIRECTORY', 'refusing to trust a history below a directory that others can write', {
      at: `directory ${path}`,
      detail: `want root's alone, found uid ${uid}, mode ${(mode & 0o7777).toString(8)}`,
      hint: `see what it is for: ls -ld ${shellWord(path)}; then give it to root, or keep ${shellWord(place.root)} elsewhere`,
    }),
  ]);
}

// ---------------------------------------------------------------------------------------------------------------- writing

function openForWriting(place: Place, group: string | null): History {
  const directory = historyDirectory(place, true) as string;
  const notes: string[] = [];
  const gid = group === null ? 0 : place.gidOf(group);
  if (gid === undefined) notes.push(`there is no group ${group}: only root can read the history`);
  const reader: Reader = gid === undefined || group === null ? null : { gid };
  setWhoReads(directory, reader);
  const lock = openSync(join(directory, LOCK), O_RDWR | O_CREAT | O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  let database: DatabaseSync | null = null;
  try {
    while (database === null) {
      takeLock(lock, { share: true });
      database = openUsable(directory, reader);
      if (database !== null) break;
      // To make a file, or to put one out of the way, nobody else may have it open.
      takeLock(lock, { share: false });
      database = openUsable(directory, reader) ?? begin(place, directory, { reader, notes });
      // Another run can have come between, and this one then begins again.
      if (tryLock(lock, true)) break;
      database.close();
      database = null;
    }
    database.exec(
      'PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304; PRAGMA trusted_schema = OFF',
    );
    return openTables(writer(place, { database, lock }), place, notes);
  } catch (error) {
    database?.close();
    closeSync(lock);
    throw error;
  }
}

function writer(
  place: Place,
  { database, lock }: { readonly database: DatabaseSync; readonly lock: number },
): Connection {
  let open = true;
  return {
    writable: true,
    database: () => database,
    run: (act) => asHistoryProblem(place, 'write', act),
    close: () => {
      if (!open) return;
      open = false;
      // Before the lock: the last one to close takes the companions away, by name.
      database.close();
      closeSync(lock);
    },
  };
}

function takeLock(fd: number, { share }: { readonly share: boolean }): void {
  for (let waited = 0; !tryLock(fd, share); waited += POLL_MS) {
    if (waited >= PATIENCE_MS)
      throw cannot('E_HISTORY_BUSY', 'write', {
        detail: share
          ? 'want it free, found another run that sets a damaged one aside'
          : 'want to set a damaged one aside, found other runs that have it open',
        hint: 'wait for the other run of jts-hot to end, then run the same command again',
      });
    sleep(POLL_MS);
  }
}

/** null: there is none that could be used. */
function openUsable(directory: string, reader: Reader): DatabaseSync | null {
  const path = join(directory, FILE);
  const found = status(path);
  if (found === null || !found.isFile() || found.size === 0) return null;
  setWhoReads(directory, reader);
  const database = connect(path, { readOnly: false });
  try {
    if (examine(database, { thoroughly: true }) === 'usable') return database;
  } catch (error) {
    database.close();
    if (isDamage(error)) return null;
    throw error;
  }
  database.close();
  return null;
}

/** Nobody else has the file open. */
function begin(
  place: Place,
  directory: string,
  { reader, notes }: { readonly reader: Reader; readonly notes: string[] },
): DatabaseSync {
  const path = join(directory, FILE);
  const why = whyUnusable(path);
  if (why !== null) notes.push(setAside(place, { directory, why }));
  // With the right mode from the beginning: its companions take theirs from it (sqlite.org/tempfiles.html).
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  closeSync(fd);
  setWhoReads(directory, reader);
  const database = connect(path, { readOnly: false });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  } catch (error) {
    database.close();
    throw error;
  }
  const parent = openSync(directory, O_RDONLY | O_DIRECTORY);
  fsyncSync(parent);
  closeSync(parent);
  return database;
}

type Why = 'damaged' | 'newer' | 'foreign';

/** null: nothing is lost by beginning a new one at its place. */
function whyUnusable(path: string): Why | null {
  const found = status(path);
  // SQLite deletes what waits to be written into an empty file.
  if (found === null || found.size === 0)
    return COMPANIONS.some((companion) => (status(path + companion)?.size ?? 0) > 0) ? 'damaged' : null;
  if (!found.isFile()) return 'foreign';
  try {
    const database = connect(path, { readOnly: false });
    try {
      const is = examine(database, { thoroughly: true });
      return is === 'usable' || is === 'empty' ? null : is;
    } finally {
      database.close();
    }
  } catch (error) {
    if (isDamage(error)) return 'damaged';
    throw error;
  }
}

/** `history-2026-01-01T000000Z-damaged.db`; its companions keep their endings, so that SQLite finds them. */
function setAside(
  place: Place,
  { directory, why }: { readonly directory: string; readonly why: Why },
): string {
  const before = setAsideIn(directory);
  if (before.length >= MOST_SET_ASIDE)
    throw cannot('E_HISTORY_DAMAGED', 'write', {
      detail: `want at most ${MOST_SET_ASIDE} damaged files set aside, found ${before.length}`,
      hint: `look at the disk (dmesg | tail), then remove those in ${shellWord(directory)} that nobody needs`,
    });
  const when = new Date(place.now())
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  const free = (name: string) =>
    ['', ...COMPANIONS].every((ending) => status(join(directory, name + ending)) === null);
  let name = `history-${when}-${why}.db`;
  for (let again = 2; !free(name); again += 1) name = `history-${when}-${why}-${again}.db`;
  // The file last: killed before that, the next run still finds it unusable, and does not take a new one for its owner.
  for (const ending of [...COMPANIONS, ''])
    if (status(join(directory, FILE + ending)) !== null)
      renameSync(join(directory, FILE + ending), join(directory, name + ending));
  return `${REASONS[why]}: it was set aside as ${HISTORY_DIRECTORY}/${name}, and a new one was begun`;
}

const REASONS = {
  damaged: 'the history was damaged',
  newer: 'the history was written by a newer jts-hot',
  foreign: 'something else was in the place of the history',
} as const satisfies Record<Why, string>;

function setAsideIn(directory: string): readonly string[] {
  return readdirSync(directory).filter((name) => /^history-.*\.db$/.test(name));
}

/** null: root alone. */
type Reader = { readonly gid: number } | null;

/** Directory first: what is closed to somebody is closed at once. The state directory lets pass, and shows nothing. */
function setWhoReads(directory: string, reader: Reader): void {
  const gid = reader?.gid ?? 0;
  const state = join(directory, '..');
  become(directory, { gid, mode: reader === null ? 0o700 : 0o2750 });
  become(state, { gid, mode: reader === null ? 0o700 : 0o710 });
  for (const ending of ['', ...COMPANIONS])
    become(join(directory, FILE + ending), { gid, mode: reader === null ? 0o600 : 0o640 });
}

function become(path: string, { gid, mode }: { readonly gid: number; readonly mode: number }): void {
  const found = status(path);
  if (found === null || (!found.isFile() && !found.isDirectory())) return;
  try {
    if (found.uid !== 0 || found.gid !== gid) chownSync(path, 0, gid);
    if ((found.mode & 0o7777) !== mode) chmodSync(path, mode);
  } catch (error) {
    // Whoever closed the file last took a companion away.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

// ---------------------------------------------------------------------------------------------------------------- reading

function openForReading(place: Place): History | null {
  const directory = historyDirectory(place, false);
  if (directory === null) return null;
  const connection = readerOf(place, directory);
  if (connection === null) return null;
  try {
    const aside = setAsideIn(directory);
    const notes =
      aside.length === 0 ? [] : [`set aside earlier, in ${HISTORY_DIRECTORY}: ${aside.join(', ')}`];
    return openTables(connection, place, notes);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * SQLite reads a file in WAL mode only where it may write beside it, or where somebody who may has it open. Else the file
 * is read as one that does not change, and what was read counts only where it did not. null: there is nothing in it.
 */
function readerOf(place: Place, directory: string): Connection | null {
  const path = join(directory, FILE);
  let stamp = '';
  let database: DatabaseSync | null = null;

  const reopen = () => {
    database?.close();
    database = null;
    stamp = stampOf(path);
    const still = !stamp.includes('wal');
    database = connect(path, { readOnly: true, still });
  };

  const run = <T>(act: () => T): T => {
    for (let attempt = 1; ; attempt += 1) {
      let answer: { readonly value: T } | { readonly error: unknown };
      try {
        if (database === null) reopen();
        answer = { value: act() };
      } catch (error) {
        answer = { error };
      }
      const unchanged = stamp === stampOf(path);
      if ('value' in answer && (unchanged || stamp.includes('wal'))) return answer.value;
      if (attempt === READ_ATTEMPTS || (unchanged && 'error' in answer))
        return asHistoryProblem(place, 'read', () => {
          if ('error' in answer) throw answer.error;
          throw cannot('E_HISTORY_BUSY', 'read', {
            detail: `want it to stay as it is for a moment, found it changed ${attempt} times`,
            hint: 'run the same command again',
          });
        });
      database?.close();
      database = null;
      sleep(POLL_MS);
    }
  };

  if ((status(path)?.size ?? 0) === 0) return null;
  const is = run(() => {
    if (database === null) throw new Error('not open');
    return examine(database, { thoroughly: false });
  });
  const close = () => {
    database?.close();
    database = null;
  };
  if (is !== 'usable') close();
  if (is === 'empty') return null;
  if (is !== 'usable')
    throw cannot(is === 'newer' ? 'E_HISTORY_NEWER' : 'E_HISTORY_DAMAGED', 'read', {
      detail:
        is === 'newer'
          ? `want format ${FORMAT_VERSION}, found one of a newer jts-hot`
          : 'want a history of jts-hot, found another database',
      hint:
        is === 'newer'
          ? 'read it with that one; recording with this one sets it aside and begins a new one'
          : 'to set it aside and begin a new one: sudo jts-hot record',
    });
  return {
    writable: false,
    run,
    close,
    database: () => {
      if (database === null) reopen();
      return database as unknown as DatabaseSync;
    },
  };
}

const READ_ATTEMPTS = 50;

/** What shows that a file nobody has open has changed. */
function stampOf(path: string): string {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const wal = status(`${path}-wal`);
  // An empty one is what a run leaves that was killed before it wrote.
  if (wal !== null && wal.size > 0) return 'wal';
  return file === undefined ? 'none' : `${file.ino} ${file.size} ${file.mtimeNs} ${file.ctimeNs}`;
}

// ---------------------------------------------------------------------------------------------------------------- SQLite

function connect(
  path: string,
  { readOnly, still = false }: { readonly readOnly: boolean; readonly still?: boolean },
): DatabaseSync {
  // Loaded here: most commands have no history to read, and a start is to be short.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const url = pathToFileURL(path);
  if (still) url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly, timeout: PATIENCE_MS });
}

function examine(
  database: DatabaseSync,
  { thoroughly }: { readonly thoroughly: boolean },
): 'usable' | 'empty' | Why {
  const value = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  const application = value('PRAGMA application_id');
  const version = Number(value('PRAGMA user_version'));
  if (application === 0 && version === 0 && value('SELECT count(*) FROM sqlite_schema') === 0) return 'empty';
  if (application !== APPLICATION_ID) return 'foreign';
  if (version > FORMAT_VERSION) return 'newer';
  if (version !== FORMAT_VERSION) return 'damaged';
  if (thoroughly && value('PRAGMA quick_check(1)') !== 'ok') return 'damaged';
  return 'usable';
}

// sqlite.org/rescode.html; the low byte of an extended code is the primary one.
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

function codeOf(error: unknown): number | null {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null;
}

/** Also what is no text, no JSON and no number: nobody but a broken disk writes that here. */
function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === SQLITE.corrupt ||
    code === SQLITE.notADatabase ||
    error instanceof SyntaxError ||
    error instanceof DamagedError ||
    (error as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE'
  );
}

function status(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

// ---------------------------------------------------------------------------------------------------------------- messages

function cannot(
  code: string,
  mode: HistoryAccess['mode'],
  { detail, hint }: { readonly detail: string; readonly hint: string },
): Problem {
  const summary = mode === 'write' ? 'cannot write the history' : 'cannot read the history';
  return new Problem(EXIT.failed, [
    diagnostic(code, summary, { at: `${HISTORY_DIRECTORY}/${FILE}`, detail, hint }),
  ]);
}

function asHistoryProblem<T>(place: Place, mode: HistoryAccess['mode'], act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw problemOf(place, mode, error) ?? error;
  }
}

function problemOf(place: Place, mode: HistoryAccess['mode'], error: unknown): Problem | null {
  const code = codeOf(error);
  const errno = (error as NodeJS.ErrnoException).code;
  const found = `found: ${error instanceof Error ? error.message : error}`;
  if (isDamage(error))
    return cannot('E_HISTORY_DAMAGED', mode, {
      detail: found,
      hint: 'to set it aside and begin a new one: sudo jts-hot record',
    });
  if (code === SQLITE.busy || code === SQLITE.locked)
    return cannot('E_HISTORY_BUSY', mode, {
      detail: `want it free within ${PATIENCE_MS / 1000} s, ${found}`,
      hint: 'wait for the other runs of jts-hot to end, then run the same command again',
    });
  if (code === SQLITE.full || (code === SQLITE.io && isFull(place))) return storage(place, mode, 'ENOSPC');
  if (code === SQLITE.readOnly) return storage(place, mode, 'EROFS');
  if (code === SQLITE.io) return storage(place, mode, 'EIO');
  if (code === SQLITE.cannotOpen) return storage(place, mode, isFull(place) ? 'ENOSPC' : 'EACCES');
  if (code === null && errno !== undefined && /^E[A-Z]+$/.test(errno)) return storage(place, mode, errno);
  return null;
}

function storage(place: Place, mode: HistoryAccess['mode'], errno: string): Problem {
  const way = shellWord(place.root === '/' ? HISTORY_DIRECTORY : place.root + HISTORY_DIRECTORY);
  return cannot('E_HISTORY', mode, {
    detail: `found ${errnoText(errno)}`,
    hint:
      HINTS[errno]?.(way, mode) ?? 'see what the disk says (dmesg | tail), then run the same command again',
  });
}

const denied = (_: string, mode: HistoryAccess['mode']) =>
  mode === 'write'
    ? 'only root writes it: run the same command with sudo'
    : 'run the same command with sudo, or name your group in the layout (monitoring.group) and record once: sudo jts-hot record';
const noSpace = (way: string) =>
  `free some space there (df -h ${way}), then run the same command again; what is recorded is kept`;
const notDirectory = (way: string) =>
  `look at what is there in the place of a directory of root (ls -ld ${way})`;

const HINTS: { readonly [errno: string]: (way: string, mode: HistoryAccess['mode']) => string } = {
  EACCES: denied,
  EPERM: denied,
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EROFS: () => 'the system disk is read-only: see why (dmesg | tail), then remount it',
  ELOOP: notDirectory,
  ENOTDIR: notDirectory,
};

function isFull(place: Place): boolean {
  try {
    const { bavail, ffree, files } = statfsSync(join(place.root, HISTORY_DIRECTORY));
    return bavail === 0 || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
