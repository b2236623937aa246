// Owns writing the file of the history, by root: which processes have it open, and starting another one where it turns out
// to be damaged. How that one is begun is anew.ts, what is in it tables.ts.
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_RDWR, tryLock } from '../../host/syscalls.ts';
import type { History } from '../history.ts';
import { type Beginning, begin } from './anew.ts';
import { type Connection, DamagedError } from './connection.ts';
import { connect, examine, POLL_MS, sleep } from './database.ts';
import { historyDirectory, type Reader, setReader, status } from './directory.ts';
import { migrate } from './migration.ts';
import type { Place } from './place.ts';
import {
  asHistoryProblem,
  cannotUse,
  HISTORY_FILE,
  isDamage,
  PUBLISHED_DIRECTORY,
  type Use,
} from './problem.ts';
import { publish } from './published.ts';
import { openTables, type Said } from './tables.ts';

/** Shared by all that have the file open for writing; a process that makes one or sets one aside holds it alone. */
const LOCK = 'lock';

export function openForWriting(place: Place, use: Use, group: string | null): History {
  const directory = historyDirectory(place.root, 'history', true) as string;
  const said: Said = { notes: [], remarks: [], problems: [] };
  const gid = group === null ? null : place.gidOf(group);
  if (gid === undefined) said.notes.push(`there is no group ${group}: only root can read the history`);
  const reader: Reader = gid === undefined || gid === null ? null : { gid };
  setReader(directory, reader);
  const flags = O_RDWR | O_CREAT | O_NOFOLLOW | constants.O_NONBLOCK;
  const lock = openSync(join(directory, LOCK), flags, 0o600);
  try {
    return openTables(writer({ place, use, directory, reader, lock, said }), place, said);
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

interface Work extends Beginning {
  /** Descriptor of the file by which writers know of each other. */
  readonly lock: number;
}

const WAL_KEPT_BYTES = 4 * 1024 * 1024;

interface Opened {
  readonly database: DatabaseSync;
  /** By which another file in its place is told from this one. */
  readonly inode: number;
}

/** Where the file turns out to be damaged, another one is started, once, and the query is repeated there. */
function writer(work: Work): Connection {
  const { use, directory, reader, lock } = work;
  const publishing: Use = { ...use, directory: PUBLISHED_DIRECTORY };
  let opened: Opened | null = openTogether(work, null);
  let isHealed = false;
  let isOpen = true;

  function heal(): void {
    isHealed = true;
    const condemned = opened?.inode ?? null;
    opened?.database.close();
    opened = null;
    opened = openTogether(work, condemned);
  }

  function database(): DatabaseSync {
    if (opened === null) throw new DamagedError('no other could be begun');
    return opened.database;
  }

  return {
    writable: true,
    publish: () =>
      asHistoryProblem(
        publishing,
        () =>
          opened &&
          alone({ ...work, use: publishing }, () =>
            publish(database(), { root: use.root, directory, reader }),
          ),
      ),
    database,
    run: (act) =>
      asHistoryProblem(use, () => {
        try {
          return act();
        } catch (error) {
          if (isHealed || !isDamage(error)) throw error;
          heal();
          return act();
        }
      }),
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      // Before the lock goes: the last process to close removes SQLite's files beside it, by name.
      opened?.database.close();
      closeSync(lock);
    },
  };
}

/** Beside others that write. `condemned`: the file that turned out to be damaged, where it is still in its place. */
function openTogether(work: Work, condemned: number | null): Opened {
  for (let damaged = condemned; ; ) {
    takeLock(work, { share: true });
    const opened = openUsable(work, damaged);
    if (opened === null) {
      takeLock(work, { share: false });
      // In exchanging one lock for the other it can be lost to another run, which was faster.
      const made = openUsable(work, damaged);
      if (made === null) begin(work, damaged);
      made?.database.close();
      continue;
    }
    try {
      // Sets what a file does not keep, and what somebody may have changed.
      opened.database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;
        PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`);
      return opened;
    } catch (error) {
      opened.database.close();
      if (!isDamage(error)) throw error;
      damaged = opened.inode;
    }
  }
}

function takeLock(work: Work, { share }: { readonly share: boolean }): void {
  waitForLock(work, {
    fd: work.lock,
    share,
    busy: share
      ? 'want it free, found another run that sets a damaged one aside'
      : 'want to set a damaged one aside, found other runs that have it open',
  });
}

/** One run makes the copy at a time: the later one then has all that the earlier one had. */
function alone(work: Work, act: () => void): void {
  const fd = openSync(work.directory, O_RDONLY | O_DIRECTORY);
  try {
    waitForLock(work, { fd, share: false, busy: 'want to make it, found another run that makes it' });
    act();
  } finally {
    closeSync(fd);
  }
}

function waitForLock(
  { use, place }: Work,
  { fd, share, busy }: { readonly fd: number; readonly share: boolean; readonly busy: string },
): void {
  const patienceMs = place.patience.leftMs();
  for (let waited = 0; !tryLock(fd, share); waited += POLL_MS) {
    if (waited >= patienceMs) {
      place.patience.lose();
      throw cannotUse(use, 'E_HISTORY_BUSY', {
        detail: busy,
        hint: 'wait for the other runs of jts-hot to end, then run the same command again',
      });
    }
    sleep(POLL_MS);
  }
}

/** null: there is none that can be used. */
function openUsable({ directory, place }: Work, condemned: number | null): Opened | null {
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  if (found === null || !found.isFile() || found.size === 0 || found.ino === condemned) return null;
  const database = connect(path, { readOnly: false, patience: place.patience });
  try {
    const is = examine(database, { thoroughly: true });
    if (is === 'earlier') migrate(database);
    if (is === 'usable' || is === 'earlier') return { database, inode: found.ino };
  } catch (error) {
    database.close();
    if (isDamage(error)) return null;
    throw error;
  }
  database.close();
  return null;
}
