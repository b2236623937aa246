// Owns where the history of a host is: /var/lib/jts-hot/history/history.db, written by root, read by those who may. Writing is
// writer.ts, reading reader.ts.

import type { History, HistoryAccess } from '../history.ts';
import type { Place } from './place.ts';
import { asHistoryProblem, HISTORY_DIRECTORY, PUBLISHED_DIRECTORY, type Use } from './problem.ts';
import { openForReading } from './reader.ts';
import { openForWriting } from './writer.ts';

/** As `Context.history` says. */
export function openHistoryFile(place: Place, { mode, group }: HistoryAccess): History | null {
  // Root reads what it writes; all others the copy that is made for them.
  const isRoots = mode === 'write' || (mode === 'read' && process.geteuid?.() === 0);
  const ours = isRoots ? 'history' : 'published';
  const use: Use = { root: place.root, mode, directory: DIRECTORIES[ours], isBusy: place.patience.lose };
  return asHistoryProblem(use, () =>
    mode === 'write' ? openForWriting(place, use, group) : openForReading(place, use, ours),
  );
}

const DIRECTORIES = { history: HISTORY_DIRECTORY, published: PUBLISHED_DIRECTORY } as const;
