// Owns what commands keep in a history file beside samples and alerts. Knows nothing of what is in it (history/kept.ts).

import type { History } from '../history.ts';
import { type Kept, type KeptKind, MOST_KEPT } from '../kept.ts';
import type { Questions } from './connection.ts';
import { jsonIn } from './values.ts';

export function openKept(
  { all, change }: Questions,
  on: {
    readonly series: () => number;
    /** Inside a transaction. */
    readonly madeSeries: () => number;
    readonly run: <T>(act: () => T) => T;
    readonly transaction: <T>(act: () => T) => T;
  },
): Pick<History, 'keep' | 'kept'> {
  const { series, madeSeries, run, transaction } = on;
  return {
    keep: ({ kind, subject, at, json }) =>
      transaction(() => {
        const id = madeSeries();
        change(
          'INSERT INTO kept (series, kind, subject, at, json) VALUES (?, ?, ?, ?, ?)',
          ...[id, kind, subject, at, json],
        );
        const one = 'series = ?1 AND kind = ?2 AND subject = ?3';
        change(
          `DELETE FROM kept WHERE ${one}
           AND id > (SELECT min(id) FROM kept WHERE ${one})
           AND id <= (SELECT id FROM kept WHERE ${one} ORDER BY id DESC LIMIT 1 OFFSET ?4)`,
          ...[id, kind, subject, MOST_KEPT],
        );
      }),
    kept: ({ kind, subject = null }) =>
      run(() =>
        all<[KeptKind, string, number, string]>(
          `SELECT kind, subject, at, json FROM kept
           WHERE series = ?1 AND kind = ?2 AND (?3 IS NULL OR subject = ?3) ORDER BY id`,
          ...[series(), kind, subject],
        ).map(keptOf),
      ),
  };
}

function keptOf([kind, subject, at, json]: readonly [KeptKind, string, number, string]): Kept {
  return { kind, subject, at, json: jsonIn(json) };
}
