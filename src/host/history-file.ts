// Owns where the history of a host is: /var/lib/jts-hot/history/history.db, written by root, read by whoever may. Writing is
// history-writer.ts, reading history-reader.ts.
import type { History, HistoryAccess } from '../usage/history.ts';
import type { Patience } from './history-database.ts';
import { asHistoryProblem, HISTORY_DIRECTORY, PUBLISHED_DIRECTORY, type Use } from './history-problem.ts';
import { openForReading } from './history-reader.ts';
import type { Identity } from './history-tables.ts';
import { openForWriting } from './history-writer.ts';

export interface Place extends Identity {
  /** The alternate root, or `/`. */
  readonly root: string;
  /** undefined: there is no such group. */
  readonly gidOf: (group: string) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of this process: shared by all that it opens. */
  readonly patience: Patience;
}

/** As `Host.history` says. */
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
