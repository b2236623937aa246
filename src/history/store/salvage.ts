// Owns what a history that is damaged leaves to the one that is begun in its place: levels, what was told, what is still to
// be delivered, the last report, what commands kept. Each is read for itself; its samples stay in the file that is set aside.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isDamage, isRefusedValue } from './problem.ts';
import type { Identity } from './tables.ts';
import { eventIn, jsonIn, levelStateIn } from './values.ts';

type Row = readonly SQLInputValue[];

export interface Salvaged {
  /** Machine and base by the number that the other rows have. */
  readonly series: ReadonlyMap<number, Identity>;
  /** Series and subject first. */
  readonly levels: readonly Row[];
  readonly told: readonly Row[];
  readonly deliveries: readonly Row[];
  readonly reports: readonly Row[];
  readonly kept: readonly Row[];
  /** In words: what could not be read, or not all of it. */
  readonly lost: readonly string[];
  /** In words: what was taken from an earlier copy. */
  readonly older: readonly string[];
}

/** Nothing is changed in `database`. `ours`: whose rows they are where the file does not say, and all are of one. */
export function salvage(database: DatabaseSync, ours: Identity): Salvaged {
  const lost: string[] = [];
  /** Row by row, up to where it cannot be read; a row that cannot be right is left out. */
  function read(what: string, sql: string, isRight: (row: Row) => boolean): readonly Row[] {
    const rows: Row[] = [];
    try {
      const statement = database.prepare(sql);
      statement.setReturnArrays(true);
      for (const row of statement.iterate() as unknown as Iterable<Row>) {
        if (isRight(row)) rows.push(row);
        else if (!lost.includes(what)) lost.push(what);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (!lost.includes(what)) lost.push(what);
    }
    return rows;
  }
  const levels = read('levels', 'SELECT series, subject, state FROM level', ([, , state]) =>
    holds(() => levelStateIn(String(state))),
  );
  const told = read('what was told', 'SELECT series, channel, subject, level, at FROM told', () => true);
  const deliveries = read(
    'what was to be delivered',
    'SELECT id, series, channel, event, attempts, due, held_until, error, delivered_at FROM delivery',
    ([, , , event]) => holds(() => eventIn(String(event))),
  );
  const reports = read('the last report', 'SELECT series, at, json FROM report', ([, , json]) =>
    holds(() => jsonIn(String(json))),
  );
  const kept = hasKept(database)
    ? read('what commands kept', 'SELECT id, series, kind, subject, at, json FROM kept ORDER BY id', (row) =>
        holds(() => jsonIn(String(row[5]))),
      )
    : [];
  const named = read('whose they are', 'SELECT id, host, base FROM series', () => true);
  const series = new Map(
    named.map(([id, machine, base]) => [Number(id), { machine: String(machine), base: String(base) }]),
  );
  const used = new Set([...levels, ...told, ...reports].map(([id]) => Number(id)));
  for (const [, id] of [...deliveries, ...kept]) used.add(Number(id));
  const [only] = used;
  if (series.size === 0 && used.size === 1 && only !== undefined) series.set(only, ours);
  return { series, levels, told: completed(told, deliveries), deliveries, reports, kept, lost, older: [] };
}

/** Formats before 3 have no such table. */
function hasKept(database: DatabaseSync): boolean {
  try {
    return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kept'").get() !== undefined;
  } catch (error) {
    if (!isDamage(error)) throw error;
    // What else is read says so.
    return false;
  }
}

/** What is lost in `found`, from a copy that was made earlier: rows that `found` does not have. */
export function combined(found: Salvaged, copy: Salvaged): Salvaged {
  const isSame = [...found.series].every(([id, { machine, base }]) => {
    const there = copy.series.get(id);
    return there === undefined || (there.machine === machine && there.base === base);
  });
  if (!isSame) return found;
  const rows = (what: string, [first, second]: readonly [readonly Row[], readonly Row[]], keys: number) => {
    if (!found.lost.includes(what)) return first;
    const key = (row: Row) => JSON.stringify(row.slice(0, keys));
    const had = new Set(first.map(key));
    return [...first, ...second.filter((row) => !had.has(key(row)))];
  };
  const lost = found.lost.filter((what) => copy.lost.includes(what));
  return {
    series: new Map([...copy.series, ...found.series]),
    levels: rows('levels', [found.levels, copy.levels], 2),
    told: rows('what was told', [found.told, copy.told], 3),
    deliveries: rows('what was to be delivered', [found.deliveries, copy.deliveries], 1),
    reports: rows('the last report', [found.reports, copy.reports], 1),
    kept: rows('what commands kept', [found.kept, copy.kept], 1),
    lost,
    older: found.lost.filter((what) => !lost.includes(what)),
  };
}

function holds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

/** Every delivery was told when it was written: by them is known what `told` does not say any more. */
function completed(told: readonly Row[], deliveries: readonly Row[]): readonly Row[] {
  const key = (row: Row) => JSON.stringify(row.slice(0, 3));
  const all = new Map(told.map((row) => [key(row), row]));
  for (const [, series = 0, channel = '', json] of deliveries.toReversed()) {
    const { kind, subject, level, at } = eventIn(String(json));
    const row: Row = [series, channel, subject, level, at];
    if (kind !== 'test' && !all.has(key(row))) all.set(key(row), row);
  }
  return [...all.values()];
}

/** Into a new file, in the transaction that makes its tables. The answer is what could not be put there. */
export function restore(database: DatabaseSync, salvaged: Salvaged): readonly string[] {
  const lost = new Set(salvaged.lost);
  function put(what: string, sql: string, rows: readonly Row[]): void {
    const statement = database.prepare(sql);
    for (const row of rows)
      try {
        statement.run(...row);
      } catch (error) {
        if (!isRefusedValue(error)) throw error;
        lost.add(what);
      }
  }
  const { series, levels, told, deliveries, reports, kept } = salvaged;
  put(
    'whose they are',
    'INSERT INTO series (id, host, base, hourly_until, daily_until, figures) VALUES (?, ?, ?, 0, 0, 0)',
    [...series].map(([id, { machine, base }]) => [id, machine, base]),
  );
  put('levels', 'INSERT INTO level (series, subject, state) VALUES (?, ?, ?)', levels);
  put('what was told', 'INSERT INTO told (series, channel, subject, level, at) VALUES (?, ?, ?, ?, ?)', told);
  put(
    'what was to be delivered',
    `INSERT INTO delivery (id, series, channel, event, attempts, due, held_until, error, delivered_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    deliveries,
  );
  put('the last report', 'INSERT INTO report (series, at, json) VALUES (?, ?, ?)', reports);
  put(
    'what commands kept',
    'INSERT INTO kept (id, series, kind, subject, at, json) VALUES (?, ?, ?, ?, ?, ?)',
    kept,
  );
  return [...lost];
}
