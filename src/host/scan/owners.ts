// Owns noticing entries of certain users and groups during a measurement: one path for each is enough. A number that one
// thread has found is no longer searched for, and when all are found the walk ends.
import type { Owned, Owners } from '../../port/owner-search.ts';
import { statusWords, WORD } from './calls.ts';

/** What the threads share. */
export interface SoughtOwners extends Owners {
  /** A word for each number sought, uids first: 1 when it was found; then one that counts these. */
  readonly found: SharedArrayBuffer;
}

export function shareOwners({ uids, gids }: Owners): SoughtOwners {
  return { uids, gids, found: new SharedArrayBuffer(4 * (uids.length + gids.length + 1)) };
}

export interface OwnerFinder {
  /** Whether the entry whose status was just asked for belongs to somebody who is still sought. */
  matches(): boolean;
  /** Keeps the path of such an entry. */
  keep(path: string): void;
  /** Hands over what was kept, and forgets it. */
  take(): readonly Owned[];
}

export function createOwnerFinder({ uids, gids, found }: SoughtOwners, onAll: () => void): OwnerFinder {
  const words = new Int32Array(found);
  const total = uids.length + gids.length;
  const places = {
    uid: new Map(uids.map((id, i) => [id, i])),
    gid: new Map(gids.map((id, i) => [id, uids.length + i])),
  };
  let kept: Owned[] = [];
  /** Of the last entry that matched. */
  const last = { uid: 0, gid: 0 };

  /** Its place among the words; null: found already, or never sought. */
  function sought(kind: Owned['kind']): number | null {
    const place = places[kind].get(last[kind]);
    return place === undefined || Atomics.load(words, place) === 1 ? null : place;
  }

  return {
    matches() {
      last.uid = statusWords[WORD.uid] ?? 0;
      last.gid = statusWords[WORD.gid] ?? 0;
      return sought('uid') !== null || sought('gid') !== null;
    },
    keep(path) {
      for (const kind of ['uid', 'gid'] as const) {
        const place = sought(kind);
        if (place === null || Atomics.exchange(words, place, 1) === 1) continue;
        kept.push({ kind, id: last[kind], path });
        if (Atomics.add(words, total, 1) + 1 === total) onAll();
      }
    },
    take() {
      const all = kept;
      kept = [];
      return all;
    },
  };
}
