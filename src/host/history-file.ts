// Owns opening the file of the history, /var/lib/jts-hot/history/history.db: for writing by root, and for reading by whoever
// may. One that cannot be used is set aside, never deleted, and a new one begun. What is in it is history-tables.ts.
import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { shellWord } from '../typed-command.ts';
import type { History, HistoryAccess } from '../usage/history.ts';
import type { Connection } from './history-connection.ts';
import {
  asideIn,
  hasOrphans,
  historyDirectory,
  putAside,
  type Reader,
  setReader,
  status,
  syncDirectory,
} from './history-directory.ts';
import { formatOf, lookAsPresent, migrate } from './history-migration.ts';
import {
  asHistoryProblem,
  BEGIN_ANEW,
  cannotUse,
  HISTORY_DIRECTORY,
  HISTORY_FILE,
  isDamage,
  type Use,
} from './history-problem.ts';
import { APPLICATION_ID, FORMAT_VERSION, SCHEMA } from './history-schema.ts';
import { type Identity, openTables } from './history-tables.ts';
import { O_CREAT, O_NOFOLLOW, O_RDWR, tryLock } from './syscalls.ts';

/** Shared by all that have the file open for writing; whoever makes one or sets one aside has it alone. */
const LOCK = 'lock';
/** A transaction takes milliseconds; a machine that is busy takes longer. */
const PATIENCE_MS = 10_000;
const POLL_MS = 20;
/** More than this, and it is the disk that wants looking at. */
const MOST_SET_ASIDE = 32;

export interface Place extends Identity {
  /** The alternate root, or `/`. */
  readonly root: string;
  /** undefined: there is no such group. */
  readonly gidOf: (group: string) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** As `Host.history` says. */
export function openHistoryFile(place: Place, { mode, group }: HistoryAccess): History | null {
  const use: Use = { root: place.root, mode };
  return asHistoryProblem(use, () =>
    mode === 'write' ? openForWriting(place, use, group) : openForReading(place, use),
  );
}

function openForWriting(place: Place, use: Use, group: string | null): History {
  const directory = historyDirectory(place.root, true) as string;
  const notes: string[] = [];
  const gid = group === null ? null : place.gidOf(group);
  if (gid === undefined) notes.push(`there is no group ${group}: only root can read the history`);
  const reader: Reader = gid === undefined || gid === null ? null : { gid };
  setReader(directory, reader);
  const flags = O_RDWR | O_CREAT | O_NOFOLLOW | constants.O_NONBLOCK;
  const lock = openSync(join(directory, LOCK), flags, 0o600);
  let database: DatabaseSync | null = null;
  try {
    while (database === null) {
      takeLock(lock, use, { share: true });
      database = openUsable(directory);
      if (database !== null) break;
      takeLock(lock, use, { share: false });
      const fresh = openUsable(directory) ?? begin(place, use, { directory, reader, notes });
      // In exchanging one lock for the other it can be lost to another run, which may put the file aside.
      if (tryLock(lock, true)) database = fresh;
      else fresh.close();
    }
    // Sets what a file does not keep, and what somebody may have changed.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;
      PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`);
    return openTables(writer(use, { database, lock }), place, notes);
  } catch (error) {
    database?.close();
    closeSync(lock);
    throw error;
  }
}

const WAL_KEPT_BYTES = 4 * 1024 * 1024;

function writer(
  use: Use,
  { database, lock }: { readonly database: DatabaseSync; readonly lock: number },
): Connection {
  let isOpen = true;
  return {
    writable: true,
    database: () => database,
    run: (act) => asHistoryProblem(use, act),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      // Before the lock goes: the last to close takes away what SQLite keeps beside the file, by name.
      database.close();
      closeSync(lock);
    },
  };
}

function takeLock(fd: number, use: Use, { share }: { readonly share: boolean }): void {
  for (let waited = 0; !tryLock(fd, share); waited += POLL_MS) {
    if (waited >= PATIENCE_MS)
      throw cannotUse(use, 'E_HISTORY_BUSY', {
        detail: share
          ? 'want it free, found another run that sets a damaged one aside'
          : 'want to set a damaged one aside, found other runs that have it open',
        hint: 'wait for the other runs of jts-hot to end, then run the same command again',
      });
    sleep(POLL_MS);
  }
}

/** null: there is none that can be used. */
function openUsable(directory: string): DatabaseSync | null {
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  if (found === null || !found.isFile() || found.size === 0) return null;
  const database = connect(path, { readOnly: false });
  try {
    const is = examine(database, { thoroughly: true });
    if (is === 'earlier') migrate(database);
    if (is === 'usable' || is === 'earlier') return database;
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
  use: Use,
  {
    directory,
    reader,
    notes,
  }: { readonly directory: string; readonly reader: Reader; readonly notes: string[] },
): DatabaseSync {
  const why = whyUnusable(directory);
  if (why !== null) {
    const before = asideIn(directory);
    if (before.length >= MOST_SET_ASIDE)
      throw cannotUse(use, 'E_HISTORY_DAMAGED', {
        detail: `want fewer than ${MOST_SET_ASIDE} files set aside, found ${before.length}`,
        hint: `look at the disk (dmesg | tail), then at what is in ${shellWord(directory)}; remove what nobody needs`,
      });
    const name = putAside(directory, { why, now: place.now() });
    notes.push(`${REASONS[why]}: it was set aside as ${HISTORY_DIRECTORY}/${name}, and a new one begun`);
  }
  const path = join(directory, HISTORY_FILE);
  // With its owner and mode before there is anything in it: SQLite gives what it makes beside it the same.
  closeSync(openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600));
  setReader(directory, reader);
  const database = connect(path, { readOnly: false });
  try {
    database.exec(`PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    syncDirectory(directory);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

type Why = 'damaged' | 'newer' | 'foreign';

const REASONS = {
  damaged: 'the history was damaged',
  newer: 'the history was written by a newer jts-hot',
  foreign: 'something else was in the place of the history',
} as const satisfies Record<Why, string>;

/** null: nothing is lost by beginning a new one in its place. */
function whyUnusable(directory: string): Why | null {
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  // SQLite deletes what waits to be written into an empty file.
  if (found === null || (found.isFile() && found.size === 0)) return hasOrphans(directory) ? 'damaged' : null;
  if (!found.isFile()) return 'foreign';
  const database = connect(path, { readOnly: false });
  try {
    const is = examine(database, { thoroughly: true });
    if (is === 'usable' || is === 'empty') return null;
    // It was not to be migrated.
    return is === 'earlier' ? 'damaged' : is;
  } catch (error) {
    if (isDamage(error)) return 'damaged';
    throw error;
  } finally {
    database.close();
  }
}

function openForReading(place: Place, use: Use): History | null {
  const directory = historyDirectory(place.root, false);
  if (directory === null) return null;
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  if (found === null || (found.isFile() && found.size === 0)) return null;
  const connection = reader(use, path);
  try {
    const is = found.isFile()
      ? connection.run(() => examine(connection.database(), { thoroughly: false }))
      : 'foreign';
    if (is === 'empty') {
      connection.close();
      return null;
    }
    if (is !== 'usable' && is !== 'earlier') throw unusable(use, is);
    const aside = asideIn(directory);
    const notes =
      aside.length === 0 ? [] : [`set aside earlier, in ${HISTORY_DIRECTORY}: ${aside.join(', ')}`];
    return openTables(connection, place, notes);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function unusable(use: Use, why: Why): Error {
  if (why === 'newer')
    return cannotUse(use, 'E_HISTORY_NEWER', {
      detail: `want format ${FORMAT_VERSION}, found that of a newer jts-hot`,
      hint: 'use that one; to record with this one sets the file aside and begins a new one',
    });
  const detail = why === 'foreign' ? 'something else in its place' : 'other tables than it has';
  return cannotUse(use, 'E_HISTORY_DAMAGED', { detail: `found ${detail}`, hint: BEGIN_ANEW });
}

const READ_ATTEMPTS = 50;

/**
 * SQLite reads a file in WAL mode only where it can write beside it, or where somebody has it open who can
 * (sqlite.org/wal.html#read_only_databases). Else it is read as one that does not change, and what was found counts only
 * where it did not.
 */
function reader(use: Use, path: string): Connection {
  let opened: { readonly database: DatabaseSync; readonly state: string } | null = null;

  function close(): void {
    opened?.database.close();
    opened = null;
  }

  /** The one that is open, or another one where the file has changed since. */
  function database(): DatabaseSync {
    const state = stateOf(path);
    if (opened !== null && opened.state === state) return opened.database;
    close();
    const database = connect(path, { readOnly: true, still: !isBeingWritten(state) });
    opened = { database, state };
    try {
      if (formatOf(database) === 'earlier') lookAsPresent(database);
      return database;
    } catch (error) {
      close();
      throw error;
    }
  }

  /** What `act` found in a moment when the file did not change. */
  function run<T>(act: () => T): T {
    for (let attempt = 1; ; attempt += 1) {
      const before = stateOf(path);
      try {
        const found = act();
        if (isBeingWritten(before) || stateOf(path) === before) return found;
      } catch (error) {
        // It went from one state to the other between looking and opening.
        if (attempt === READ_ATTEMPTS || stateOf(path) === before) throw error;
      }
      if (attempt === READ_ATTEMPTS)
        throw cannotUse(use, 'E_HISTORY_BUSY', {
          detail: `want it to stay as it is for a moment, found it changed ${attempt} times`,
          hint: 'run the same command again',
        });
      close();
      sleep(POLL_MS);
    }
  }

  return { writable: false, database, run: (act) => asHistoryProblem(use, () => run(act)), close };
}

/** What shows that the file has changed, or is another one; while somebody has it open SQLite itself sees to that. */
function stateOf(path: string): string {
  const file = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (file === undefined) return 'missing';
  // An empty one holds nothing: its writer was killed early, or has emptied it.
  if ((status(`${path}-wal`)?.size ?? 0) > 0) return `${BEING_WRITTEN} ${file.ino}`;
  return `${file.ino} ${file.size} ${file.mtimeNs} ${file.ctimeNs}`;
}

const BEING_WRITTEN = 'written';

function isBeingWritten(state: string): boolean {
  return state.startsWith(BEING_WRITTEN);
}

function connect(
  path: string,
  { readOnly, still = false }: { readonly readOnly: boolean; readonly still?: boolean },
): DatabaseSync {
  // Loaded here: most commands have no history to look at, and a start is to be short.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const url = pathToFileURL(path);
  if (still) url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly, timeout: PATIENCE_MS });
}

/** `thoroughly`: every page is looked at, which takes a few milliseconds for each megabyte. */
function examine(
  database: DatabaseSync,
  { thoroughly }: { readonly thoroughly: boolean },
): 'usable' | 'earlier' | 'empty' | Why {
  const value = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  const application = value('PRAGMA application_id');
  const version = Number(value('PRAGMA user_version'));
  if (application === 0 && version === 0 && value('SELECT count(*) FROM sqlite_schema') === 0) return 'empty';
  if (application !== APPLICATION_ID) return 'foreign';
  const format = formatOf(database);
  if (format === 'newer') return 'newer';
  if (format === 'unknown') return 'damaged';
  return thoroughly && value('PRAGMA quick_check(1)') !== 'ok' ? 'damaged' : USABLE[format];
}

const USABLE = { present: 'usable', earlier: 'earlier' } as const;

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
