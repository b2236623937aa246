// Owns the questions that are put to a history file, on a connection that is open, for one machine and one base. Its
// samples are history-samples.ts; where the file is and what becomes of a damaged one is history-file.ts.
import { type AlertEvent, LEVELS } from '../alert/event.ts';
import type { Delivery, History } from '../usage/history.ts';
import type { LevelState } from '../usage/levels.ts';
import { DAY_MS } from '../usage/thinning.ts';
import { type Connection, DamagedError, questionsTo } from './history-connection.ts';
import { openSamples } from './history-samples.ts';

export interface Identity {
  /** `machine-id(5)`; '' where there is none. */
  readonly machine: string;
  readonly base: string;
}

/** What was delivered is listed for so long. */
const DELIVERED_KEPT_MS = 90 * DAY_MS;
/** Of one machine's one base, waiting ones included: else a channel that is gone for good would pile them up. */
const MOST_DELIVERIES = 10_000;
/** No lease and no backoff is as long: what is due later than that was written under a wrong clock. */
const LONGEST_WAIT_MS = DAY_MS;

/** No series: nothing was ever written for this machine and base. */
const NONE = -1;

/** `notes` grows with what there is to say. */
export function openTables(connection: Connection, identity: Identity, notes: string[]): History {
  const { run } = connection;
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
        // What was learnt in it may be gone with it.
        forget();
        // After some errors SQLite has rolled back by itself.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      } finally {
        inTransaction = false;
      }
    });
  }

  /** What else is in the file, and what of ours cannot be right. */
  function remarks(): readonly string[] {
    const others = all<[string, string, number]>(
      `SELECT host, base, (SELECT count(*) FROM sample WHERE series = series.id) AS samples FROM series
       WHERE id <> ? AND samples > 0 ORDER BY host, base`,
      series(),
    ).map(([host, base, count]) => {
      const whose =
        host === identity.machine ? base : `another machine (machine-id ${host || 'none'}), ${base}`;
      return `the file also keeps ${count} samples of ${whose}; they are not used here`;
    });
    return [...others, ...samples.strangeTimes(series())];
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

  run(() => notes.push(...remarks()));

  return {
    notes,
    transaction,
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
    levels: () =>
      run(() => {
        const rows = all<[string, string]>('SELECT subject, state FROM level WHERE series = ?', series());
        return new Map(rows.map(([subject, state]) => [subject, levelStateOf(state)]));
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
    report: () =>
      run(() => {
        const found = one<[number, string]>('SELECT at, json FROM report WHERE series = ?', series());
        return found === null ? null : { at: found[0], json: found[1] };
      }),
    setReport: (at, json) =>
      transaction(() => {
        change(
          'INSERT OR REPLACE INTO report (series, at, json) VALUES (?, ?, ?)',
          ...[madeSeries(), at, json],
        );
      }),
    close: connection.close,
  };
}

function deliveryOf([id, channel, event, attempts, error, deliveredAt]: readonly [
  number,
  string,
  string,
  number,
  string | null,
  number | null,
]): Delivery {
  return { id, channel, event: objectIn<AlertEvent>(event), attempts, error, deliveredAt };
}

function levelStateOf(text: string): LevelState {
  const state = objectIn<LevelState>(text);
  if (!LEVELS.includes(state.level) || typeof state.since !== 'number') throw new DamagedError('no level');
  return state;
}

/** As it was written; throws SyntaxError or DamagedError where it cannot be that. */
function objectIn<T extends object>(text: string): T {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new DamagedError('no object');
  return value as T;
}
