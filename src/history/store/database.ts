// Owns opening one file with SQLite, and finding out whether it is a history. Must not change what is in it.
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { formatOf } from './migration.ts';
import { APPLICATION_ID } from './schema.ts';

/** A transaction takes milliseconds; a machine that is busy takes longer. */
const PATIENCE_MS = 10_000;
/** After a busy file, wait this long before the next attempt. */
const GIVEN_UP_MS = 60_000;
export const POLL_MS = 20;

/** How long one process waits for others that have the history: so long in all, not so long each time. */
export interface Patience {
  leftMs(): number;
  /** The whole time was used up. */
  lose(): void;
}

export function createPatience(patienceMs = PATIENCE_MS): Patience {
  let givenUpAt: number | null = null;
  return {
    // To ask for the time loads what measures performance, which takes longer than to open a history.
    leftMs: () => (givenUpAt !== null && performance.now() - givenUpAt < GIVEN_UP_MS ? 0 : patienceMs),
    lose: () => {
      givenUpAt = performance.now();
    },
  };
}

/** Why a file cannot be used. */
export type Why = 'damaged' | 'newer' | 'foreign';

export function connect(
  path: string,
  {
    readOnly,
    patience,
    still = false,
  }: { readonly readOnly: boolean; readonly patience: Patience; readonly still?: boolean },
): DatabaseSync {
  // Loaded here: most commands need no history, and a start must be short.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const url = pathToFileURL(path);
  if (still) url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly, timeout: patience.leftMs() });
}

export /** `thoroughly`: every page is looked at, which takes a few milliseconds for each megabyte. */
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
  if (
    thoroughly &&
    value('SELECT count(*) FROM sqlite_sequence WHERE seq NOT BETWEEN 0 AND 9007199254740991') !== 0
  )
    return 'damaged';
  return thoroughly && value('PRAGMA integrity_check(1)') !== 'ok' ? 'damaged' : USABLE[format];
}

const USABLE = { present: 'usable', earlier: 'earlier' } as const;

export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
