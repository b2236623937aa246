// Owns the copy of the history that a group may read, /var/lib/jts-hot/published/history.db: put there whole, by rename.
// Only root writes it, and root does not depend on it: its readers may lock it as they like.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { O_RDONLY } from '../../host/syscalls.ts';
import {
  becomePublished,
  historyDirectory,
  type Reader,
  setPublishedReader,
  syncDirectory,
} from './directory.ts';
import { HISTORY_FILE } from './problem.ts';

/** In the directory of the history, where nobody else can open it before it is whole. */
const BEING_COPIED = 'copy.db';

/** All that is committed in `database`, whose directory is `directory`; one file that does not change any more. */
export function publish(
  database: DatabaseSync,
  { root, directory, reader }: { readonly root: string; readonly directory: string; readonly reader: Reader },
): void {
  const published = historyDirectory(root, 'published', true) as string;
  setPublishedReader(published, reader);
  const copy = join(directory, BEING_COPIED);
  for (const ending of ['', '-journal']) rmSync(copy + ending, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(copy);
    becomePublished(copy, reader);
    const fd = openSync(copy, O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(copy, join(published, HISTORY_FILE));
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
  syncDirectory(published);
}
