// Owns the queries of a history file, on an open connection, for one machine and one base. Its
// samples are samples.ts; where the file is and what becomes of a damaged one is file.ts.
import type { DatabaseSync } from 'node:sqlite';
import type { Diagnostic } from '../../messages/diagnostic.ts';
import { DAY_MS } from '../../space/thinning.ts';
import { type Delivery, type History, RECENT_SAMPLES } from '../history.ts';
import { type Connection, questionsTo } from './connection.ts';
import { openKept } from './kept.ts';
import { openLooks } from './looks.ts';
import { openSamples } from './samples.ts';
import { checksIn, eventIn, jsonIn, levelStateIn } from './values.ts';

export interface Identity {
  /** `machine-id(5)`; '' where there is none. */
  readonly machine: string;
  readonly base: string;
}

export interface Said {
  readonly notes: string[];
  readonly remarks: string[];
  readonly problems: Diagnostic[];
}

/** What was delivered is listed for so long. */
const DELIVERED_KEPT_MS = 90 * DAY_MS;
/** Of one machine's one base, waiting ones included: otherwise they would pile up for a channel that never comes back. */
const MOST_DELIVERIES = 10_000;
/** No lease and no backoff is as long: what is due later than that was written under a wrong clock. */
const LONGEST_WAIT_MS = DAY_MS;

/** No series: nothing was ever written for this machine and base. */
const NONE = -1;

/** Notes are added to `said`. */
export function openTables(connection: Connection, identity: Identity, said: Said): History {
  const { notes, remarks, problems } = said;
  // In a transaction what goes wrong is for the whole of it.
  const run = <T>(act: () => T): T => (inTransaction ? act() : connection.run(act));
  const questions = questionsTo(connection);
  const { all, one, change } = questions;
  const samples = openSamples(questions);
  let known: number | null = null;
  let learntFrom = connection.database();
  let inTransaction = false;

  function forget(): void {
    known = null;
    samples.forget();
    learntFrom = connection.database();
  }

  /** Of this machine and base; NONE where there is none yet. */
  function series(): number {
    if (learntFrom !== connection.database()) forget();
    known ??=
      one<[number]>(
        'SELECT id FROM series WHERE host = ? AND base = ?',
        ...[identity.machine, identity.base],
      )?.[0] ?? null;
    return known ?? NONE;
  }

  function madeSeries(): number {
    if (series() === NONE)
      known = change(
        'INSERT INTO series (host, base, hourly_until, daily_until, figures) VALUES (?, ?, 0, 0, 0)',
        ...[identity.machine, identity.base],
      ).lastId;
    return series();
  }

  function transaction<T>(act: () => T): T {
    if (!connection.writable) throw new Error('a history that was opened for reading cannot be written');
    if (inTransaction) return act();
    return run(() => {
      const database = connection.database();
      database.exec('BEGIN IMMEDIATE');
      inTransaction = true;
      try {
        const result = act();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(database);
        // What was learnt in it may be gone with it.
        forget();
        throw error;
      } finally {
        inTransaction = false;
      }
    });
  }

  /** What else is in the file. */
  function others(): readonly string[] {
    return all<[string, string, number]>(
      `SELECT host, base, (SELECT count(*) FROM sample WHERE series = series.id) AS samples FROM series
       WHERE id <> ? AND samples > 0 ORDER BY host, base`,
      series(),
    ).map(([host, base, count]) => {
      const whose =
        host === identity.machine ? base : `another machine (machine-id ${host || 'none'}), ${base}`;
      return `the file also keeps ${count} samples of ${whose}; they are not used here`;
    });
  }

  function goOnAs(base: string): 'taken along' | 'nothing' | 'beside' {
    return transaction(() => {
      const own = series();
      if (own === NONE) return 'nothing';
      const [other = null] =
        one<[number]>('SELECT id FROM series WHERE host = ? AND base = ?', ...[identity.machine, base]) ?? [];
      if (other !== null) {
        const isUsed = one<[number]>('SELECT 1 FROM sample WHERE series = ? LIMIT 1', other) !== null;
        if (isUsed) return 'beside';
        // Another name for it, which no base has: what was told of it stays to be delivered.
        change('UPDATE series SET base = ? WHERE id = ?', ...[`${base}#${other}`, other]);
      }
      change('UPDATE series SET base = ? WHERE id = ?', ...[base, own]);
      forget();
      return 'taken along';
    });
  }

  const DELIVERY = 'SELECT id, channel, event, attempts, error, delivered_at FROM delivery';
  type DeliveryRow = [number, string, string, number, string | null, number | null];

  function prune(now: number): void {
    change(
      'DELETE FROM delivery WHERE series = ? AND delivered_at < ?',
      ...[series(), now - DELIVERED_KEPT_MS],
    );
    change(
      `DELETE FROM delivery WHERE series = ?1 AND id <=
       (SELECT id FROM delivery WHERE series = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      ...[series(), MOST_DELIVERIES],
    );
  }

  run(() => {
    remarks.push(...others());
    notes.push(...samples.strangeTimes(series()));
  });

  /** Of these tables, one row is kept for each series. */
  type LastTable = 'report' | 'checks';

  function lastOf<T>(
    table: LastTable,
    read: (json: string) => T,
  ): { readonly at: number; readonly json: T } | null {
    return run(() => {
      const found = one<[number, string]>(`SELECT at, json FROM ${table} WHERE series = ?`, series());
      return found === null ? null : { at: found[0], json: read(found[1]) };
    });
  }

  function setLast(table: LastTable, at: number, json: string): void {
    transaction(() => {
      change(
        `INSERT OR REPLACE INTO ${table} (series, at, json) VALUES (?, ?, ?)`,
        ...[madeSeries(), at, json],
      );
    });
  }

  return {
    notes,
    remarks,
    problems,
    transaction,
    goOnAs,
    append: (sample) =>
      transaction(() => {
        const note = samples.append(madeSeries(), sample);
        if (note !== null) notes.push(note);
      }),
    timeOf: (look) => run(() => samples.timeOf(series(), look)),
    samples: (query) => run(() => samples.all(series(), query)),
    thinned: (query) => run(() => samples.thinned(series(), query)),
    extent: () => run(() => samples.extent(series())),
    subjects: () =>
      run(() => {
        series();
        return samples.subjects();
      }),
    recentTimes: () =>
      run(() =>
        all<[number]>(
          'SELECT at FROM sample WHERE series = ? ORDER BY id DESC LIMIT ?',
          ...[series(), RECENT_SAMPLES],
        ).map(([at]) => at),
      ),
    ...openLooks(questions, { series, madeSeries, run, transaction }),
    ...openKept(questions, { series, madeSeries, run, transaction }),
    levels: () =>
      run(() => {
        const rows = all<[string, string]>('SELECT subject, state FROM level WHERE series = ?', series());
        return new Map(rows.map(([subject, state]) => [subject, levelStateIn(state)]));
      }),
    setLevels: (levels) =>
      transaction(() => {
        const id = madeSeries();
        change('DELETE FROM level WHERE series = ?', id);
        for (const [subject, state] of levels)
          change(
            'INSERT INTO level (series, subject, state) VALUES (?, ?, ?)',
            ...[id, subject, JSON.stringify(state)],
          );
      }),
    enqueue: (event, channels) =>
      transaction(() => {
        const id = madeSeries();
        for (const channel of channels) {
          change(
            'INSERT INTO delivery (series, channel, event, attempts, due, held_until) VALUES (?, ?, ?, 0, 0, 0)',
            ...[id, channel, JSON.stringify(event)],
          );
          if (event.kind === 'test') continue;
          change(
            'INSERT OR REPLACE INTO told (series, channel, subject, level, at) VALUES (?, ?, ?, ?, ?)',
            ...[id, channel, event.subject, event.level, event.at],
          );
        }
        prune(event.at);
      }),
    lastTold: () =>
      run(() =>
        all<[string, string, string, number]>(
          'SELECT channel, subject, level, at FROM told WHERE series = ?',
          series(),
        ).map(([channel, subject, level, at]) => ({ channel, subject, level, at })),
      ),
    claim: (now, leaseMs, channel) =>
      transaction(() => {
        const waiting = 'series = ?1 AND channel = ?2 AND delivered_at IS NULL';
        const of = [series(), channel];
        const [held, due] = one<[number, number]>(
          `SELECT total(held_until > ?3 AND held_until <= ?4), total(due <= ?3 OR due > ?4)
           FROM delivery WHERE ${waiting}`,
          ...[...of, now, now + LONGEST_WAIT_MS],
        ) ?? [0, 0];
        if (held > 0 || due === 0) return [];
        change(`UPDATE delivery SET held_until = ?3 WHERE ${waiting}`, ...[...of, now + leaseMs]);
        return all<DeliveryRow>(`${DELIVERY} WHERE ${waiting} ORDER BY id`, ...of).map(deliveryOf);
      }),
    delivered: (id, at) =>
      transaction(() => {
        change(
          'UPDATE delivery SET delivered_at = ?, held_until = 0, attempts = attempts + 1, error = NULL WHERE id = ?',
          ...[at, id],
        );
      }),
    failed: (id, error, tryAgainAt) =>
      transaction(() => {
        change(
          `UPDATE delivery SET due = ?, held_until = 0, attempts = attempts + 1, error = ?
           WHERE id = ? AND delivered_at IS NULL`,
          ...[tryAgainAt, error, id],
        );
      }),
    deliveries: (most) =>
      run(() =>
        all<DeliveryRow>(`${DELIVERY} WHERE series = ? ORDER BY id DESC LIMIT ?`, ...[series(), most]).map(
          deliveryOf,
        ),
      ),
    report: () => lastOf('report', jsonIn),
    setReport: (at, json) => setLast('report', at, json),
    checks: () => lastOf('checks', checksIn)?.json ?? null,
    setChecks: (outcome) => setLast('checks', outcome.at, JSON.stringify(outcome)),
    publish: connection.publish,
    close: connection.close,
  };
}

/** After some errors SQLite has done it by itself; in a file that is damaged it may fail, and closing it does it then. */
function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } catch {
    // The reason of the failure is reported already.
  }
}

function deliveryOf([id, channel, event, attempts, error, deliveredAt]: readonly [
  number,
  string,
  string,
  number,
  string | null,
  number | null,
]): Delivery {
  return { id, channel, event: eventIn(event), attempts, error, deliveredAt };
}
