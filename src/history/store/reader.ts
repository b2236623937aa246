// Owns reading the file of the history. Must not change it, or anything beside it.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { History } from '../history.ts';
import type { Connection } from './connection.ts';
import { connect, examine, type Patience, POLL_MS, sleep, type Why } from './database.ts';
import { asideIn, historyDirectory, type Ours, status } from './directory.ts';
import { formatOf, lookAsPresent } from './migration.ts';
import type { Place } from './place.ts';
import {
  asHistoryProblem,
  BEGIN_ANEW,
  cannotUse,
  HISTORY_DIRECTORY,
  HISTORY_FILE,
  type Use,
} from './problem.ts';
import { FORMAT_VERSION } from './schema.ts';
import { openTables } from './tables.ts';

/** null: there is none. */
export function openForReading(place: Place, use: Use, ours: Ours): History | null {
  const directory = historyDirectory(place.root, ours, false);
  if (directory === null) return null;
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  if (found === null || (found.isFile() && found.size === 0)) return null;
  const connection = reader(use, path, place.patience);
  try {
    const is = found.isFile()
      ? connection.run(() => examine(connection.database(), { thoroughly: false }))
      : 'foreign';
    if (is === 'empty') {
      connection.close();
      return null;
    }
    if (is !== 'usable' && is !== 'earlier') throw unusable(use, is);
    // There are no such files beside the copy.
    const aside = asideIn(directory);
    const remarks =
      aside.length === 0 ? [] : [`set aside earlier, in ${HISTORY_DIRECTORY}: ${aside.join(', ')}`];
    return openTables(connection, place, { notes: [], remarks, problems: [] });
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
  return cannotUse(use, 'E_HISTORY_DAMAGED', { detail: `found ${detail}`, ...BEGIN_ANEW });
}

const READ_ATTEMPTS = 50;

/**
 * SQLite reads a file in WAL mode only where it can write beside it, or where a process that can has it open
 * (sqlite.org/wal.html#read_only_databases). Else it is read as one that does not change, and what was found counts only
 * where it did not.
 */
function reader(use: Use, path: string, patience: Patience): Connection {
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
    const database = connect(path, { readOnly: true, patience, still: !isBeingWritten(state) });
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

  const publish = () => {
    throw new Error('a history that was opened for reading cannot be published');
  };
  return { writable: false, publish, database, run: (act) => asHistoryProblem(use, () => run(act)), close };
}

/** Tells whether the file has changed or was replaced; while another process has it open SQLite itself does that. */
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
