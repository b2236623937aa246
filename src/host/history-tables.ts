// Owns what a history file holds: its tables, and every question that is put to them. Works on a connection that is open.
// Where the file is, who may read it and what becomes of a damaged one is history-file.ts.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { AlertEvent } from '../alert/event.ts';
import type { Delivery, History, Sample, Use } from '../usage/history.ts';
import type { LevelState } from '../usage/levels.ts';
import {
  AGREEING_SAMPLES,
  bucketStart,
  DAY_MS,
  evenDistance,
  type Kept,
  LOOKED_THROUGH,
  MOST_FIGURES,
  surplus,
  TIERS,
} from '../usage/thinning.ts';

/** `JTSH`: by it a file is known to be ours (sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x4a545348;
/** Raised when an older program must no longer write into the file. */
export const FORMAT_VERSION = 1;

/** Numbers are bytes, counts, or milliseconds since the epoch, all of which JavaScript holds exactly. */
const COUNT = 'INTEGER NOT NULL CHECK (%s BETWEEN 0 AND 9007199254740991)';
/** To the end of the year 9999: what ISO 8601 has four digits for. */
const TIME = 'INTEGER NOT NULL CHECK (%s BETWEEN 0 AND 253402300799999)';
const JSON_TEXT = 'TEXT NOT NULL CHECK (json_valid(%s))';

function column(name: string, type: string): string {
  return `${name} ${type.replace('%s', name)}`;
}

/**
 * `series`: one host's one base; its samples are thinned by tier up to `hourly_until` and `daily_until`, and are `figures`
 * rows of `use`. `sample`: in the order of `id` as they arrived. `told` outlives the deliveries it comes from.
 */
export const SCHEMA = `
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  base TEXT NOT NULL,
  ${column('hourly_until', TIME)},
  ${column('daily_until', TIME)},
  ${column('figures', COUNT)},
  UNIQUE (host, base)
) STRICT;
CREATE TABLE subject (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  ${column('at', TIME)}
) STRICT;
CREATE INDEX sample_by_time ON sample (series, at, id);
CREATE TABLE use (
  sample INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  ${column('used_bytes', COUNT)},
  ${column('inodes', COUNT)},
  ${column('limit_bytes', COUNT)},
  PRIMARY KEY (sample, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE level (
  series INTEGER NOT NULL,
  subject TEXT NOT NULL,
  ${column('state', JSON_TEXT)},
  PRIMARY KEY (series, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  ${column('event', JSON_TEXT)},
  ${column('attempts', COUNT)},
  ${column('due', TIME)},
  error TEXT,
  ${column('delivered_at', TIME.replace('NOT NULL ', ''))}
) STRICT;
CREATE INDEX delivery_waiting ON delivery (series, due) WHERE delivered_at IS NULL;
CREATE TABLE told (
  series INTEGER NOT NULL,
  channel TEXT NOT NULL,
  subject TEXT NOT NULL,
  level TEXT NOT NULL,
  ${column('at', TIME)},
  PRIMARY KEY (series, channel, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
  series INTEGER PRIMARY KEY,
  ${column('at', TIME)},
  ${column('json', JSON_TEXT)}
) STRICT;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT_VERSION};
`;

/** Earlier ones were recorded while the clock was not set: its battery was empty, and it began at its own beginning. */
const POSSIBLE_SINCE = Date.UTC(2000);

/** An alert is told of in the list of deliveries for so long after it was delivered. */
const DELIVERED_KEPT_MS = 90 * DAY_MS;
/** Deliveries of one host's one base, waiting ones included: what a channel gone for good would pile up. */
const MOST_DELIVERIES = 10_000;
/** No lease and no backoff is as long: whatever is due later than that was written under a wrong clock. */
const LONGEST_WAIT_MS = DAY_MS;

export interface Identity {
  /** `machine-id(5)`; '' where there is none. */
  readonly machine: string;
  readonly base: string;
}

export interface Connection {
  /** Changes where a reader has to open the file again. */
  readonly database: () => DatabaseSync;
  /** Runs what reads, or one whole transaction; what SQLite complains of becomes a Problem. */
  readonly run: <T>(act: () => T) => T;
  readonly close: () => void;
  readonly writable: boolean;
}

export function openTables(connection: Connection, identity: Identity, notes: string[]): History {
  const { run } = connection;
  let series: number | null = null;
  let subjects: { readonly ids: Map<string, number>; readonly names: Map<number, string> } | null = null;
  /** Where the two above were learnt. */
  let learntFrom = connection.database();
  let depth = 0;

  function forget(): void {
    series = null;
    subjects = null;
    learntFrom = connection.database();
  }

  const all = (sql: string, ...values: readonly SQLInputValue[]): readonly (readonly SQLInputValue[])[] => {
    const statement = connection.database().prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as SQLInputValue[][];
  };
  const one = (sql: string, ...values: readonly SQLInputValue[]) => all(sql, ...values)[0] ?? null;
  const change = (sql: string, ...values: readonly SQLInputValue[]) =>
    connection
      .database()
      .prepare(sql)
      .run(...values);

  /** null: nothing was ever written for this host and base. */
  function known(): number | null {
    if (learntFrom !== connection.database()) forget();
    series ??= (one(
      'SELECT id FROM series WHERE host = ? AND base = ?',
      identity.machine,
      identity.base,
    )?.[0] ?? null) as number | null;
    return series;
  }

  function made(): number {
    const found = known();
    if (found !== null) return found;
    series = Number(
      change(
        'INSERT INTO series (host, base, hourly_until, daily_until, figures) VALUES (?, ?, 0, 0, 0)',
        identity.machine,
        identity.base,
      ).lastInsertRowid,
    );
    return series;
  }

  function transaction<T>(act: () => T): T {
    if (!connection.writable) throw new Error('a history that was opened for reading cannot be written');
    if (depth > 0) return act();
    return run(() => {
      const database = connection.database();
      database.exec('BEGIN IMMEDIATE');
      depth += 1;
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
        depth -= 1;
      }
    });
  }

  function subjectTable(): NonNullable<typeof subjects> {
    if (learntFrom !== connection.database()) forget();
    if (subjects === null) {
      const rows = all('SELECT id, name FROM subject') as unknown as [number, string][];
      subjects = { ids: new Map(rows.map(([id, name]) => [name, id])), names: new Map(rows) };
    }
    return subjects;
  }

  function subjectId(name: string): number {
    const { ids, names } = subjectTable();
    const found = ids.get(name);
    if (found !== undefined) return found;
    const id = Number(change('INSERT INTO subject (name) VALUES (?)', name).lastInsertRowid);
    ids.set(name, id);
    names.set(id, name);
    return id;
  }

  /** When the sample that arrived last was recorded, by the clock of then. */
  function lastArrival(id: number): number | null {
    return (one('SELECT at FROM sample WHERE series = ? ORDER BY id DESC LIMIT 1', id)?.[0] ?? null) as
      | number
      | null;
  }

  function append({ at, uses }: Sample): void {
    const id = made();
    const newest = one('SELECT max(at) FROM sample WHERE series = ?', id)?.[0] as number | null;
    if (newest !== null && newest > at) notes.push(setBack(at, newest));
    const sample = change('INSERT INTO sample (series, at) VALUES (?, ?)', id, at).lastInsertRowid;
    const insert = connection
      .database()
      .prepare('INSERT INTO use (sample, subject, used_bytes, inodes, limit_bytes) VALUES (?, ?, ?, ?, ?)');
    for (const [name, use] of uses)
      insert.run(sample, subjectId(name), Math.round(use.usedBytes), use.inodes, Math.round(use.limitBytes));
    // Behind what was thinned already: to be looked through again from there.
    change(
      `UPDATE series SET figures = figures + ?, hourly_until = min(hourly_until, ?), daily_until = min(daily_until, ?)
       WHERE id = ?`,
      uses.size,
      bucketStart(at, TIERS[0].bucketMs),
      bucketStart(at, TIERS[1].bucketMs),
      id,
    );
    thin(id);
  }

  function thin(id: number): void {
    // Of the last samples the earliest time: one of them under a wrong clock makes nothing look old.
    const now = one(
      'SELECT min(at) FROM (SELECT at FROM sample WHERE series = ? ORDER BY id DESC LIMIT ?)',
      id,
      AGREEING_SAMPLES,
    )?.[0] as number;
    for (const tier of TIERS) thinTo(id, tier.bucketMs, now - tier.afterMs);
    // Too many: the tiers begin earlier, and at last the oldest go.
    for (const tier of TIERS) if (figuresOf(id) > MOST_FIGURES) thinTo(id, tier.bucketMs, now);
    if (figuresOf(id) > MOST_FIGURES) {
      const oldest = all(
        'SELECT id FROM sample WHERE series = ?1 AND at < ?2 ORDER BY at, id LIMIT ?3',
        id,
        now,
        LOOKED_THROUGH,
      ) as readonly (readonly number[])[];
      for (const [sample = 0] of oldest) if (figuresOf(id) > MOST_FIGURES) remove(id, sample);
    }
  }

  /** A piece of what is older than `before` and was not looked through yet. */
  function thinTo(id: number, bucketMs: number, before: number): void {
    const until = bucketMs === TIERS[0].bucketMs ? 'hourly_until' : 'daily_until';
    const from = one(`SELECT ${until} FROM series WHERE id = ?`, id)?.[0] as number;
    const end = bucketStart(before, bucketMs);
    if (end <= from) return;
    const rows = all(
      'SELECT id, at FROM sample WHERE series = ? AND at >= ? AND at < ? ORDER BY at, id LIMIT ?',
      id,
      from,
      end,
      LOOKED_THROUGH,
    ) as readonly (readonly number[])[];
    const samples = rows.map(([sample = 0, at = 0]): Kept => ({ id: sample, at }));
    for (const sample of surplus(samples, bucketMs)) remove(id, sample.id);
    const last = samples.at(-1);
    const reached =
      samples.length < LOOKED_THROUGH || last === undefined ? end : bucketStart(last.at, bucketMs);
    change(`UPDATE series SET ${until} = ? WHERE id = ?`, reached, id);
  }

  function figuresOf(id: number): number {
    return one('SELECT figures FROM series WHERE id = ?', id)?.[0] as number;
  }

  function remove(id: number, sample: number): void {
    const { changes } = change('DELETE FROM use WHERE sample = ?', sample);
    change('DELETE FROM sample WHERE id = ?', sample);
    change('UPDATE series SET figures = max(0, figures - ?) WHERE id = ?', Number(changes), id);
  }

  /** `rows`: sample, time, and what is to be found of it, in order of time; samples without any use have nulls. */
  function samplesOf(rows: readonly (readonly SQLInputValue[])[]): readonly Sample[] {
    const { names } = subjectTable();
    const samples: Sample[] = [];
    let last: SQLInputValue = null;
    let uses = new Map<string, Use>();
    for (const [
      sample,
      at,
      subject,
      usedBytes,
      inodes,
      limitBytes,
    ] of rows as readonly (readonly number[])[]) {
      if (sample !== last) {
        uses = new Map();
        samples.push({ at: at as number, uses });
        last = sample as number;
      }
      if (subject === null) continue;
      const name = names.get(subject as number);
      if (name === undefined) throw new Error(`a use of subject ${subject}, which is not there`);
      uses.set(name, {
        usedBytes: usedBytes as number,
        inodes: inodes as number,
        limitBytes: limitBytes as number,
      });
    }
    return samples;
  }

  /** What is recorded of the samples that `chosen` (SQL, named `id` and `at`) finds; of one subject: those that have it. */
  function read(
    chosen: string,
    values: readonly SQLInputValue[],
    subject: string | undefined,
  ): readonly Sample[] {
    if (subject === undefined)
      return samplesOf(
        all(
          `SELECT s.id, s.at, u.subject, u.used_bytes, u.inodes, u.limit_bytes
           FROM (${chosen}) AS s LEFT JOIN use AS u ON u.sample = s.id ORDER BY s.at, s.id`,
          ...values,
        ),
      );
    const id = subjectTable().ids.get(subject);
    if (id === undefined) return [];
    return samplesOf(
      all(
        `SELECT s.id, s.at, u.subject, u.used_bytes, u.inodes, u.limit_bytes
         FROM (${chosen}) AS s JOIN use AS u ON u.sample = s.id AND u.subject = ? ORDER BY s.at, s.id`,
        ...values,
        id,
      ),
    );
  }

  function thinned(query: Parameters<History['thinned']>[0]): readonly Sample[] {
    const id = known();
    if (id === null) return [];
    const since = Math.max(query.since, POSSIBLE_SINCE);
    const until = query.until ?? lastArrival(id) ?? 0;
    const extent = one(
      'SELECT count(DISTINCT at), min(at), max(at) FROM sample WHERE series = ? AND at BETWEEN ? AND ?',
      id,
      since,
      until,
    ) as readonly number[];
    const [count = 0, first = 0, last = 0] = extent;
    // Two runs at one moment are one fact: the later one's.
    const each =
      'SELECT max(id) AS id, at AS time FROM sample WHERE series = ? AND at BETWEEN ? AND ? GROUP BY at';
    const values = [id, since, until];
    if (count <= query.most) return read(`SELECT id, time AS at FROM (${each})`, values, query.subject);
    const distance = evenDistance(last - first, query.most);
    return read(
      `SELECT id, min(time) AS at FROM (${each}) GROUP BY time / ${distance}
       UNION SELECT max(id), at FROM sample WHERE series = ? AND at = ?`,
      [...values, id, last],
      query.subject,
    );
  }

  function prune(id: number, now: number): void {
    change('DELETE FROM delivery WHERE series = ? AND delivered_at < ?', id, now - DELIVERED_KEPT_MS);
    change(
      `DELETE FROM delivery WHERE series = ?1 AND id <=
       (SELECT id FROM delivery WHERE series = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
      id,
      MOST_DELIVERIES,
    );
  }

  function deliveriesOf(rows: readonly (readonly SQLInputValue[])[]): readonly Delivery[] {
    return rows.map(([id, channel, event, attempts, error, deliveredAt]) => ({
      id: id as number,
      channel: channel as string,
      event: JSON.parse(event as string) as AlertEvent,
      attempts: attempts as number,
      error: error as string | null,
      deliveredAt: deliveredAt as number | null,
    }));
  }

  const DELIVERY = 'SELECT id, channel, event, attempts, error, delivered_at FROM delivery';

  run(() => notes.push(...strangers()));

  /** What else is in the file, and what of ours cannot be right. */
  function strangers(): readonly string[] {
    const id = known();
    const others = all(
      `SELECT host, base, (SELECT count(*) FROM sample WHERE series = series.id) FROM series WHERE id IS NOT ?
       ORDER BY host, base`,
      id,
    ) as readonly (readonly [string, string, number])[];
    const found = others
      .filter(([, , samples]) => samples > 0)
      .map(([host, base, samples]) =>
        host === identity.machine
          ? `also keeps ${samples} samples of ${base}, which are not used here`
          : `also keeps ${samples} samples of another host (machine-id ${host || 'none'}, ${base}), which are not used here`,
      );
    if (id === null) return found;
    const last = lastArrival(id);
    if (last === null) return found;
    const [ahead, farthest] = one(
      'SELECT count(*), max(at) FROM sample WHERE series = ? AND at > ?',
      id,
      last,
    ) as readonly [number, number | null];
    if (farthest !== null)
      found.push(
        `${ahead} samples are ahead of the last one recorded (${time(last)}), up to ${time(farthest)}: the clock was set back; they are kept and left out of forecasts`,
      );
    const [early] = one('SELECT count(*) FROM sample WHERE series = ? AND at < ?', id, POSSIBLE_SINCE) as [
      number,
    ];
    if (early > 0)
      found.push(
        `${early} samples are from before the year 2000: the clock was not set; they are kept and left out of forecasts`,
      );
    return found;
  }

  return {
    notes,
    transaction,
    append: (sample) => transaction(() => append(sample)),
    samples: ({ since, subject }) =>
      run(() => {
        const id = known();
        if (id === null) return [];
        return read('SELECT id, at FROM sample WHERE series = ? AND at >= ?', [id, since], subject);
      }),
    thinned: (query) => run(() => thinned(query)),
    extent: () =>
      run(() => {
        const id = known();
        const samples = one('SELECT count(*) FROM sample WHERE series = ?', id)?.[0] as number;
        const last = id === null ? null : lastArrival(id);
        const ends = one(
          'SELECT min(at), max(at) FROM sample WHERE series = ? AND at BETWEEN ? AND ?',
          id,
          POSSIBLE_SINCE,
          last,
        ) as readonly (number | null)[];
        return { samples, first: ends[0] ?? null, last: ends[1] ?? null };
      }),
    subjects: () => run(() => [...subjectTable().ids.keys()]),
    levels: () =>
      run(() => {
        const rows = all('SELECT subject, state FROM level WHERE series = ?', known());
        return new Map(
          rows.map(([subject, state]) => [subject as string, JSON.parse(state as string) as LevelState]),
        );
      }),
    setLevels: (levels) =>
      transaction(() => {
        const id = made();
        change('DELETE FROM level WHERE series = ?', id);
        for (const [subject, state] of levels)
          change(
            'INSERT INTO level (series, subject, state) VALUES (?, ?, ?)',
            id,
            subject,
            JSON.stringify(state),
          );
      }),
    enqueue: (event, channels) =>
      transaction(() => {
        const id = made();
        for (const channel of channels) {
          change(
            'INSERT INTO delivery (series, channel, event, attempts, due) VALUES (?, ?, ?, 0, 0)',
            id,
            channel,
            JSON.stringify(event),
          );
          if (event.kind !== 'test')
            change(
              'INSERT OR REPLACE INTO told (series, channel, subject, level, at) VALUES (?, ?, ?, ?, ?)',
              id,
              channel,
              event.subject,
              event.level,
              event.at,
            );
        }
        prune(id, event.at);
      }),
    lastTold: () =>
      run(() =>
        all('SELECT channel, subject, level, at FROM told WHERE series = ?', known()).map(
          ([channel, subject, level, at]) => ({
            channel: channel as string,
            subject: subject as string,
            level: level as string,
            at: at as number,
          }),
        ),
      ),
    claim: (now, leaseMs) =>
      transaction(() => {
        const due = 'series = ? AND delivered_at IS NULL AND (due <= ? OR due > ?)';
        const values = [known(), now, now + LONGEST_WAIT_MS];
        const claimed = all(`${DELIVERY} WHERE ${due} ORDER BY id`, ...values);
        change(`UPDATE delivery SET due = ? WHERE ${due}`, now + leaseMs, ...values);
        return deliveriesOf(claimed);
      }),
    delivered: (id, at) =>
      transaction(() => {
        change(
          'UPDATE delivery SET delivered_at = ?, attempts = attempts + 1, error = NULL WHERE id = ?',
          at,
          id,
        );
      }),
    failed: (id, error, tryAgainAt) =>
      transaction(() => {
        change(
          'UPDATE delivery SET due = ?, attempts = attempts + 1, error = ? WHERE id = ? AND delivered_at IS NULL',
          tryAgainAt,
          error,
          id,
        );
      }),
    deliveries: (most) =>
      run(() => deliveriesOf(all(`${DELIVERY} WHERE series = ? ORDER BY id DESC LIMIT ?`, known(), most))),
    report: () =>
      run(() => {
        const found = one('SELECT at, json FROM report WHERE series = ?', known());
        return found === null ? null : { at: found[0] as number, json: found[1] as string };
      }),
    setReport: (at, json) =>
      transaction(() => {
        change('INSERT OR REPLACE INTO report (series, at, json) VALUES (?, ?, ?)', made(), at, json);
      }),
    close: connection.close,
  };
}

function setBack(at: number, newest: number): string {
  return `the clock was set back: this sample (${time(at)}) is older than the newest one (${time(newest)}); both are kept`;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
