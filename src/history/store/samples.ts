// Owns the samples of a history file: adding one, letting go of old ones (by src/space/thinning.ts), finding them again.
// `series` is one host's one base everywhere; must not look at another's.
import type { SQLInputValue } from 'node:sqlite';
import {
  AGREEING_SAMPLES,
  bucketStart,
  evenDistance,
  type Kept,
  LOOKED_THROUGH,
  MOST_FIGURES,
  surplus,
  TIERS,
} from '../../space/thinning.ts';
import { type Judged, judgeClock, type Look, type Past, POSSIBLE_SINCE, type Recorded } from '../clock.ts';
import type { History, Sample, Use } from '../history.ts';
import { DamagedError, type Questions } from './connection.ts';

export interface Samples {
  /** Inside a transaction. Returns a note about its time; null: there is none. */
  append(series: number, sample: Sample): string | null;
  timeOf(series: number, look: Look): number;
  all(series: number, query: Parameters<History['samples']>[0]): readonly Sample[];
  thinned(series: number, query: Parameters<History['thinned']>[0]): readonly Sample[];
  extent(series: number): ReturnType<History['extent']>;
  subjects(): readonly string[];
  /** Sentences about times that cannot be right. */
  strangeTimes(series: number): readonly string[];
  /** What was learnt so far may be wrong by now. */
  forget(): void;
}

export function openSamples({ all, one, change }: Questions, mostFigures = MOST_FIGURES): Samples {
  let subjects: { readonly ids: Map<string, number>; readonly names: Map<number, string> } | null = null;

  function subjectTable(): NonNullable<typeof subjects> {
    if (subjects === null) {
      const rows = all<[number, string]>('SELECT id, name FROM subject');
      subjects = { ids: new Map(rows.map(([id, name]) => [name, id])), names: new Map(rows) };
    }
    return subjects;
  }

  function subjectId(name: string): number {
    const { ids, names } = subjectTable();
    const found = ids.get(name);
    if (found !== undefined) return found;
    const { lastId } = change('INSERT INTO subject (name) VALUES (?)', name);
    ids.set(name, lastId);
    names.set(lastId, name);
    return lastId;
  }

  /** When the sample that arrived last was recorded, by the clock of then. */
  function lastArrival(series: number): number | null {
    return (
      one<[number]>('SELECT at FROM sample WHERE series = ? ORDER BY id DESC LIMIT 1', series)?.[0] ?? null
    );
  }

  function bootId(boot: string): number {
    return (
      one<[number]>('SELECT id FROM boot WHERE name = ?', boot)?.[0] ??
      change('INSERT INTO boot (name) VALUES (?)', boot).lastId
    );
  }

  /** The last one that was believed, and those after it. */
  function clocks(series: number): Past & { readonly ids: readonly number[] } {
    const [from] = one<[number]>(
      'SELECT id FROM sample WHERE series = ? AND wall IS NULL ORDER BY id DESC LIMIT 1',
      series,
    ) ?? [0];
    const rows = all<[number, number, number | null, string | null, number | null, number]>(
      `SELECT sample.id, at, wall, boot.name, boottime_ms, running_ms FROM sample LEFT JOIN boot ON boot.id = boot
       WHERE series = ? AND sample.id >= ? ORDER BY sample.id`,
      ...[series, from],
    );
    const seen = rows.map(([id, at, wall, boot, boottimeMs, runningMs]) => {
      const clock = boot === null || boottimeMs === null ? null : { boot, boottimeMs };
      return {
        id,
        isDoubted: wall !== null,
        one: { at, wall: wall ?? at, clock, runningMs } satisfies Recorded,
      };
    });
    const doubted = seen.filter(({ isDoubted }) => isDoubted);
    return {
      believed: seen.findLast(({ isDoubted }) => !isDoubted)?.one ?? null,
      doubted: doubted.map(({ one }) => one),
      ids: doubted.map(({ id }) => id),
    };
  }

  function append(series: number, { at: wall, uses, clock = null }: Sample): string | null {
    const past = clocks(series);
    const judged = judgeClock(past, { wall, clock });
    const { at } = judged;
    if (judged.believeLast > 0) believe(series, past.ids.slice(-judged.believeLast));
    const newest = one<[number | null]>('SELECT max(at) FROM sample WHERE series = ?', series)?.[0] ?? null;
    const { lastId } = change(
      'INSERT INTO sample (series, at, wall, boot, boottime_ms, running_ms) VALUES (?, ?, ?, ?, ?, ?)',
      ...[series, at, judged.doubted ? wall : null],
      ...[clock && bootId(clock.boot), clock && Math.round(clock.boottimeMs), Math.round(judged.runningMs)],
    );
    for (const [name, { usedBytes, inodes, limitBytes }] of uses)
      change(
        'INSERT INTO use (sample, subject, used_bytes, inodes, limit_bytes) VALUES (?, ?, ?, ?, ?)',
        ...[lastId, subjectId(name), Math.round(usedBytes), inodes, Math.round(limitBytes)],
      );
    change('UPDATE series SET figures = figures + ? WHERE id = ?', uses.size, series);
    lookAgainFrom(series, at);
    thin(series);
    return noteOn(judged, { wall, newest });
  }

  /** What was taken for another time was of the time that the clock said. */
  function believe(series: number, ids: readonly number[]): void {
    for (const id of ids) {
      change('UPDATE sample SET at = wall, wall = NULL WHERE id = ?', id);
      lookAgainFrom(series, one<[number]>('SELECT at FROM sample WHERE id = ?', id)?.[0] ?? 0);
    }
  }

  /** Behind what was looked through already: to be looked through again from there. */
  function lookAgainFrom(series: number, at: number): void {
    change(
      'UPDATE series SET hourly_until = min(hourly_until, ?), daily_until = min(daily_until, ?) WHERE id = ?',
      ...[bucketStart(at, TIERS[0].bucketMs), bucketStart(at, TIERS[1].bucketMs), series],
    );
  }

  function thin(series: number): void {
    for (const tier of TIERS) thinTo(series, tier.bucketMs, youngFrom(series, tier.afterMs));
    if (figuresOf(series) <= mostFigures) return;
    // Of the last samples the earliest time: a clock that is wrong for some of them makes nothing look old.
    const [now] = one<[number]>(
      'SELECT min(at) FROM (SELECT at FROM sample WHERE series = ? ORDER BY id DESC LIMIT ?)',
      series,
      AGREEING_SAMPLES,
    ) ?? [0];
    // Too many: the tiers begin earlier, and at last the oldest go.
    for (const tier of TIERS) if (figuresOf(series) > mostFigures) thinTo(series, tier.bucketMs, now);
    if (figuresOf(series) <= mostFigures) return;
    const oldest = all<[number]>(
      'SELECT id FROM sample WHERE series = ? AND at < ? ORDER BY at, id LIMIT ?',
      ...[series, now, LOOKED_THROUGH],
    );
    for (const [sample] of oldest) if (figuresOf(series) > mostFigures) remove(series, sample);
  }

  /** The earliest time of those that the machine was not seen to run so long after: a clock alone makes nothing old. */
  function youngFrom(series: number, afterMs: number): number {
    const since =
      (one<[number]>('SELECT max(running_ms) FROM sample WHERE series = ?', series)?.[0] ?? 0) - afterMs;
    if (since < 0) return 0;
    return (
      one<[number]>(
        'SELECT min(at) FROM sample WHERE series = ? AND running_ms > ?',
        ...[series, since],
      )?.[0] ?? 0
    );
  }

  /** A piece of what is older than `before` and was not looked through yet. */
  function thinTo(series: number, bucketMs: number, before: number): void {
    const until = bucketMs === TIERS[0].bucketMs ? 'hourly_until' : 'daily_until';
    const [from] = one<[number]>(`SELECT ${until} FROM series WHERE id = ?`, series) ?? [0];
    const end = bucketStart(before, bucketMs);
    if (end <= from) return;
    const samples = all<[number, number]>(
      'SELECT id, at FROM sample WHERE series = ? AND at >= ? AND at < ? ORDER BY at, id LIMIT ?',
      ...[series, from, end, LOOKED_THROUGH],
    ).map(([id, at]): Kept => ({ id, at }));
    for (const { id } of surplus(samples, bucketMs)) remove(series, id);
    const last = samples.at(-1);
    const isAll = samples.length < LOOKED_THROUGH || last === undefined;
    change(
      `UPDATE series SET ${until} = ? WHERE id = ?`,
      isAll ? end : bucketStart(last.at, bucketMs),
      series,
    );
  }

  function figuresOf(series: number): number {
    return one<[number]>('SELECT figures FROM series WHERE id = ?', series)?.[0] ?? 0;
  }

  function remove(series: number, sample: number): void {
    const { changes } = change('DELETE FROM use WHERE sample = ?', sample);
    change('DELETE FROM sample WHERE id = ?', sample);
    change('UPDATE series SET figures = max(0, figures - ?) WHERE id = ?', changes, series);
  }

  /** The samples that `chosen` (SQL, named `id` and `at`) finds, in order of time; of one subject those that have it. */
  function read(
    chosen: string,
    values: readonly SQLInputValue[],
    subject: string | undefined,
  ): readonly Sample[] {
    const { ids, names } = subjectTable();
    const id = subject === undefined ? null : ids.get(subject);
    if (id === undefined) return [];
    // CROSS: for each sample its uses, never the other way about (sqlite.org/optoverview.html#crossjoin).
    const [join, only] = id === null ? ['LEFT', []] : ['CROSS', [id]];
    const rows = all<[number, number, number | null, number, number, number]>(
      `SELECT s.id, s.at, u.subject, u.used_bytes, u.inodes, u.limit_bytes
       FROM (${chosen}) AS s ${join} JOIN use AS u ON u.sample = s.id${id === null ? '' : ' AND u.subject = ?'}`,
      ...[...values, ...only],
    );
    const found: { readonly id: number; readonly at: number; readonly uses: Map<string, Use> }[] = [];
    let sample: (typeof found)[number] | null = null;
    // By index: at start-up, before it is compiled, taking thousands of rows apart by pattern costs half as much again.
    for (const row of rows) {
      // The rows of one sample follow each other: it is the outer side of the join.
      if (sample === null || sample.id !== row[0]) {
        sample = { id: row[0], at: row[1], uses: new Map() };
        found.push(sample);
      }
      if (row[2] === null) continue;
      const name = names.get(row[2]);
      if (name === undefined) throw new DamagedError(`no subject ${row[2]}`);
      sample.uses.set(name, { usedBytes: row[3], inodes: row[4], limitBytes: row[5] });
    }
    // Sorted here: SQLite would carry every row through its sorter. Of one time: as they arrived.
    return found.sort((a, b) => a.at - b.at || a.id - b.id).map(({ at, uses }) => ({ at, uses }));
  }

  function thinned(series: number, query: Parameters<History['thinned']>[0]): readonly Sample[] {
    const since = Math.max(query.since, POSSIBLE_SINCE);
    const until = query.until ?? lastArrival(series) ?? 0;
    const [count, first, last] = one<[number, number, number]>(
      'SELECT count(DISTINCT at), min(at), max(at) FROM sample WHERE series = ? AND at BETWEEN ? AND ?',
      ...[series, since, until],
    ) ?? [0, 0, 0];
    // Two runs at one moment are one fact: the later one's.
    const each =
      'SELECT max(id) AS id, at AS time FROM sample WHERE series = ? AND at BETWEEN ? AND ? GROUP BY at';
    const values = [series, since, until];
    if (count <= query.most) return read(`SELECT id, time AS at FROM (${each})`, values, query.subject);
    const distance = evenDistance(last - first, query.most);
    return read(
      `SELECT id, min(time) AS at FROM (${each}) GROUP BY time / ${distance}
       UNION SELECT max(id), at FROM sample WHERE series = ? AND at = ?`,
      [...values, series, last],
      query.subject,
    );
  }

  return {
    append,
    timeOf: (series, look) => judgeClock(clocks(series), look).at,
    all: (series, { since, subject }) =>
      read('SELECT id, at FROM sample WHERE series = ? AND at >= ?', [series, since], subject),
    thinned,
    extent: (series) => {
      const [samples] = one<[number]>('SELECT count(*) FROM sample WHERE series = ?', series) ?? [0];
      const [first, last] = one<[number | null, number | null]>(
        'SELECT min(at), max(at) FROM sample WHERE series = ? AND at BETWEEN ? AND ?',
        ...[series, POSSIBLE_SINCE, lastArrival(series)],
      ) ?? [null, null];
      return { samples, first, last };
    },
    subjects: () => [...subjectTable().ids.keys()],
    strangeTimes: (series) => {
      const last = lastArrival(series);
      if (last === null) return [];
      const left = 'kept, and left out of forecasts';
      const [ahead, farthest] = one<[number, number | null]>(
        'SELECT count(*), max(at) FROM sample WHERE series = ? AND at > ?',
        ...[series, last],
      ) ?? [0, null];
      const [early] = one<[number]>(
        'SELECT count(*) FROM sample WHERE series = ? AND at < ?',
        ...[series, POSSIBLE_SINCE],
      ) ?? [0];
      return [
        ...(farthest === null
          ? []
          : [
              `the clock was set back: ${counted(ahead)} up to ${time(farthest)}, after the last one recorded (${time(last)}); ${left}`,
            ]),
        ...(early === 0
          ? []
          : [`the clock was not set: ${counted(early)} from before the year 2000; ${left}`]),
      ];
    },
    forget: () => {
      subjects = null;
    },
  };
}

function noteOn(
  { at, doubted }: Judged,
  { wall, newest }: { readonly wall: number; readonly newest: number | null },
): string | null {
  if (doubted)
    return `the clock jumped: it says ${time(wall)}, which is not believed yet; this sample is taken for one of ${time(at)}`;
  return newest === null || newest <= at
    ? null
    : `the clock was set back: this sample (${time(at)}) is older than the newest one (${time(newest)}); both are kept`;
}

function counted(samples: number): string {
  return samples === 1 ? '1 sample' : `${samples} samples`;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
