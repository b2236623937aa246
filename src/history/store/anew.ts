// Owns starting a history file: an empty one, or one in the place of a file that cannot be used, with what could be saved of
// that. The old one is renamed, never deleted, and a run that is killed in between leaves one or the other.
import { closeSync, constants, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { O_CREAT, O_NOFOLLOW, O_RDWR } from '../../host/syscalls.ts';
import { diagnostic } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import { connect, examine, type Patience, type Why } from './database.ts';
import {
  asideIn,
  hasOrphans,
  historyDirectory,
  NEW_FILE,
  putAside,
  type Reader,
  setReader,
  status,
  syncDirectory,
} from './directory.ts';
import type { Place } from './place.ts';
import { cannotUse, HISTORY_DIRECTORY, HISTORY_FILE, isDamage, type Use } from './problem.ts';
import { combined, restore, type Salvaged, salvage } from './salvage.ts';
import { SCHEMA } from './schema.ts';
import type { Said } from './tables.ts';

/** More than this, and the disk itself has a problem. */
const MOST_SET_ASIDE = 32;

export interface Beginning {
  readonly place: Place;
  readonly use: Use;
  readonly directory: string;
  readonly reader: Reader;
  /** Notes are added to it. */
  readonly said: Said;
}

/** Nobody else has the file open. `condemned`: the inode of one that looks whole, and is not. */
export function begin(beginning: Beginning, condemned: number | null): void {
  const { place, use, directory, reader, said } = beginning;
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  const isCondemned = found !== null && found.ino === condemned;
  const why = isCondemned ? 'damaged' : whyUnusable(directory, place.patience);
  if (found === null && adopt(directory, place.patience)) return;
  const before = asideIn(directory);
  if (why !== null && before.length >= MOST_SET_ASIDE)
    throw cannotUse(use, 'E_HISTORY_DAMAGED', {
      detail: `want fewer than ${MOST_SET_ASIDE} files set aside, found ${before.length}`,
      hint: `look at the disk (sudo dmesg | tail), then at what is in ${shellWord(directory)}; remove what nobody needs`,
    });
  const salvaged = why !== 'foreign' && found?.isFile() ? salvageFrom(path, place) : null;
  const lost = makeNew(beginning, salvaged);
  if (why !== null) {
    const name = putAside(directory, { why, now: place.now() });
    const at = `${HISTORY_DIRECTORY}/${name}`;
    said.notes.push(`${REASONS[why]}: it was set aside as ${at}, and a new one begun`);
    said.problems.push(
      diagnostic('E_HISTORY_SET_ASIDE', 'cannot go on with the history as it was', {
        at,
        detail: [
          `found: ${REASONS[why]}`,
          ...(why !== 'foreign' ? [`carried over: ${carriedOver(lost, salvaged?.older ?? [])}`] : []),
          'what was recorded so far is not in the new one',
        ],
        hint: 'see what the disk says: sudo dmesg | tail, smartctl',
      }),
    );
  }
  renameSync(join(directory, NEW_FILE), path);
  // With its owner and mode before anything is beside it: SQLite gives what it makes there the same.
  setReader(directory, reader);
  syncDirectory(directory);
}

function carriedOver(lost: readonly string[], older: readonly string[]): string {
  return [
    'levels, what was told, what was to be delivered, the last report, what commands kept',
    ...(older.length === 0 ? [] : [`from the copy that was published last: ${older.join(', ')}`]),
    ...(lost.length === 0 ? [] : [`but for what could not be read of: ${lost.join(', ')}`]),
  ].join('; ');
}

/** A run was killed after it had put the old one aside, and before it had put the new one in its place. */
function adopt(directory: string, patience: Patience): boolean {
  const path = join(directory, NEW_FILE);
  if (!status(path)?.isFile()) return false;
  const database = connect(path, { readOnly: false, patience });
  try {
    if (examine(database, { thoroughly: true }) !== 'usable') return false;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  } finally {
    database.close();
  }
  renameSync(path, join(directory, HISTORY_FILE));
  syncDirectory(directory);
  return true;
}

/** What cannot be read there is taken from the copy that was published last. */
function salvageFrom(path: string, place: Place): Salvaged {
  const found = salvageOne(path, place);
  if (found.lost.length === 0) return found;
  const published = historyDirectory(place.root, 'published', false);
  const copy = published === null ? null : join(published, HISTORY_FILE);
  return copy !== null && status(copy)?.isFile() ? combined(found, salvageOne(copy, place)) : found;
}

function salvageOne(path: string, place: Place): Salvaged {
  const { patience } = place;
  const database = connect(path, { readOnly: false, patience });
  try {
    return salvage(database, place);
  } finally {
    database.close();
  }
}

/** Whole and on the disk, beside the old one. The answer is what could not be carried over. */
function makeNew(
  { directory, place: { patience } }: Beginning,
  salvaged: Salvaged | null,
): readonly string[] {
  const path = join(directory, NEW_FILE);
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(path + ending, { force: true });
  closeSync(openSync(path, O_RDWR | O_CREAT | constants.O_EXCL | O_NOFOLLOW, 0o600));
  const database = connect(path, { readOnly: false, patience });
  try {
    database.exec(`PRAGMA synchronous = FULL; BEGIN IMMEDIATE; ${SCHEMA}`);
    const lost = salvaged === null ? [] : restore(database, salvaged);
    database.exec('COMMIT');
    return lost;
  } finally {
    database.close();
  }
}

const REASONS = {
  damaged: 'the history was damaged',
  newer: 'the history was written by a newer jts-hot',
  foreign: 'something else was in the place of the history',
} as const satisfies Record<Why, string>;

/** null: nothing is lost by starting a new one in its place. */
function whyUnusable(directory: string, patience: Patience): Why | null {
  const path = join(directory, HISTORY_FILE);
  const found = status(path);
  // SQLite deletes what waits to be written into an empty file.
  if (found === null || (found.isFile() && found.size === 0)) return hasOrphans(directory) ? 'damaged' : null;
  if (!found.isFile()) return 'foreign';
  const database = connect(path, { readOnly: false, patience });
  try {
    const is = examine(database, { thoroughly: true });
    if (is === 'usable' || is === 'empty') return null;
    // It was not migrated.
    return is === 'earlier' ? 'damaged' : is;
  } catch (error) {
    if (isDamage(error)) return 'damaged';
    throw error;
  } finally {
    database.close();
  }
}
