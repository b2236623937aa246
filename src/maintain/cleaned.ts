// Owns what the history knows of earlier runs of `clean`, for reports. Reads only.
import { DISK, type History } from '../history/history.ts';
import { Problem } from '../messages/diagnostic.ts';
import type { Cleaned } from './clean-document.ts';
import { recordIn } from './ran-before.ts';

/** In order of time, from `since` on (milliseconds since the epoch). */
export function cleanedIn(history: Pick<History, 'kept'>, since = 0): readonly Cleaned[] {
  return history.kept({ kind: 'clean', subject: DISK }).flatMap(({ at, json }): readonly Cleaned[] => {
    const record = at < since ? null : recordIn(json);
    if (record === null) return [];
    const { run, things, bytes, deletedThings, freedBytes, trashThings, trashBytes } = record;
    const time = new Date(at).toISOString();
    return [{ at: time, run, things, bytes, deletedThings, freedBytes, trashThings, trashBytes }];
  });
}

/** A report without it is better than none. Left out: nothing was cleaned yet. */
export function cleanFacts(history: Pick<History, 'kept'> | null): {
  readonly cleaning?: Cleaned & { readonly freedTotalBytes: number };
} {
  try {
    const all = history === null ? [] : cleanedIn(history);
    const last = all.at(-1);
    if (last === undefined) return {};
    return { cleaning: { ...last, freedTotalBytes: all.reduce((sum, one) => sum + one.freedBytes, 0) } };
  } catch (error) {
    if (error instanceof Problem) return {};
    throw error;
  }
}
