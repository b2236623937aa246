// The samples of a history, in a database in memory: what of any sequence of samples is kept, in which order it comes
// back, and what a wrong clock does to it.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../../test/random.ts';
import {
  AGREEING_SAMPLES,
  bucketStart,
  DAY_MS,
  HOUR_MS,
  LOOKED_THROUGH,
  TIERS,
} from '../../space/thinning.ts';
import { DISK, type Sample } from '../history.ts';
import { questionsTo } from './connection.ts';
import { openSamples, type Samples } from './samples.ts';
import { SCHEMA } from './schema.ts';

const SERIES = 1;
const START = Date.UTC(2026, 0, 1);

function openMemory(mostFigures?: number): Samples & { readonly figures: () => number } {
  const database = new DatabaseSync(':memory:');
  database.exec(SCHEMA);
  database.exec(`INSERT INTO series VALUES (${SERIES}, 'machine', '/base', 0, 0, 0)`);
  const connection = {
    writable: true,
    database: () => database,
    run: <T>(act: () => T) => act(),
    publish: () => {},
    close: () => database.close(),
  };
  const samples = openSamples(questionsTo(connection), mostFigures);
  const count = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0] as number;
  return {
    ...samples,
    // As it is counted on the way, and as it is.
    figures: () => {
      const counted = count('SELECT figures FROM series');
      assert.equal(counted, count('SELECT count(*) FROM use'));
      return counted;
    },
  };
}

function sample(at: number, usedBytes = 1): Sample {
  return { at, uses: new Map([[DISK, { usedBytes, inodes: 1, limitBytes: 10 }]]) };
}

/** Of a machine that was started once, long ago, and whose clock is right. */
function steady(at: number, usedBytes = 1): Sample {
  return { ...sample(at, usedBytes), clock: { boot: 'one', boottimeMs: at - START + 1000 * DAY_MS } };
}

function times(samples: readonly Sample[]): readonly number[] {
  return samples.map(({ at }) => at);
}

const all = (store: Samples) => times(store.all(SERIES, { since: 0 }));

describe('samples', () => {
  it('come back as they were, in order of time, from a time on, of one subject or of all', () => {
    const store = openMemory();
    const kafka = { usedBytes: 2 ** 53 - 1, inodes: 0, limitBytes: 5 };
    const first: Sample = { at: START, uses: new Map([...sample(START).uses, ['kafka', kafka]]) };
    const second = sample(START + HOUR_MS, 7);
    const nothing: Sample = { at: START + 2 * HOUR_MS, uses: new Map() };
    for (const one of [first, second, nothing]) assert.equal(store.append(SERIES, one), null);
    assert.deepEqual(store.all(SERIES, { since: 0 }), [first, second, nothing]);
    assert.deepEqual(store.all(SERIES, { since: START + 1 }), [second, nothing]);
    assert.deepEqual(store.all(SERIES, { since: 0, subject: 'kafka' }), [
      { at: START, uses: new Map([['kafka', kafka]]) },
    ]);
    assert.deepEqual(store.all(SERIES, { since: 0, subject: 'redis' }), []);
    assert.deepEqual(store.extent(SERIES), { samples: 3, first: START, last: START + 2 * HOUR_MS });
    assert.deepEqual(store.subjects().toSorted(), [DISK, 'kafka']);
    assert.deepEqual(store.all(2, { since: 0 }), []);
    assert.equal(store.figures(), 3);
  });

  it('rounds parts of a byte', () => {
    const store = openMemory();
    store.append(SERIES, sample(START, 1.5));
    assert.equal(store.all(SERIES, { since: 0 })[0]?.uses.get(DISK)?.usedBytes, 2);
  });

  it('keeps both of two runs at one moment, and counts the later one for forecasts', () => {
    const store = openMemory();
    store.append(SERIES, sample(START, 1));
    store.append(SERIES, sample(START, 2));
    assert.deepEqual(all(store), [START, START]);
    const chosen = store.thinned(SERIES, { since: 0, most: 10 });
    assert.deepEqual(chosen, [sample(START, 2)]);
  });
});

describe('a wrong clock', () => {
  it('set back: said, kept, in order, left out of forecasts until its time has come', () => {
    const store = openMemory();
    for (const day of [0, 1, 2]) store.append(SERIES, sample(START + day * DAY_MS));
    const late = START + DAY_MS + HOUR_MS;
    assert.match(store.append(SERIES, sample(late)) ?? '', /clock was set back.*2026-01-02T01:00:00.000Z/);
    assert.deepEqual(all(store), [START, START + DAY_MS, late, START + 2 * DAY_MS]);
    assert.deepEqual(times(store.thinned(SERIES, { since: 0, most: 10 })), [START, START + DAY_MS, late]);
    assert.deepEqual(
      times(store.thinned(SERIES, { since: 0, until: START + 9 * DAY_MS, most: 10 })),
      all(store),
    );
    assert.deepEqual(store.extent(SERIES), { samples: 4, first: START, last: late });
    assert.match(store.strangeTimes(SERIES).join(), /set back: 1 sample up to 2026-01-03T00:00:00.000Z/);
    assert.equal(store.append(SERIES, sample(START + 3 * DAY_MS)), null);
    assert.deepEqual(store.strangeTimes(SERIES), []);
  });

  it('not set at all (1970): kept, said, not what the history begins with', () => {
    const store = openMemory();
    store.append(SERIES, sample(60_000));
    store.append(SERIES, sample(START));
    assert.deepEqual(all(store), [60_000, START]);
    assert.deepEqual(times(store.thinned(SERIES, { since: 0, most: 10 })), [START]);
    assert.deepEqual(store.extent(SERIES), { samples: 2, first: START, last: START });
    assert.match(store.strangeTimes(SERIES).join(), /not set: 1 sample from before the year 2000/);
  });

  it('decades ahead for a while: makes nothing look old', () => {
    const store = openMemory();
    const past = Array.from({ length: 200 }, (_, i) => START + i * 10 * 60_000);
    for (const at of past) store.append(SERIES, sample(at));
    const ahead = Array.from({ length: AGREEING_SAMPLES - 1 }, (_, i) => Date.UTC(2099, 0, 1) + i * 60_000);
    for (const at of ahead) store.append(SERIES, sample(at));
    const now = START + 200 * 10 * 60_000;
    store.append(SERIES, sample(now));
    assert.deepEqual(all(store), [...past, now, ...ahead]);
    assert.deepEqual(times(store.thinned(SERIES, { since: 0, most: 1000 })), [...past, now]);
    assert.match(store.strangeTimes(SERIES).join(), /23 samples up to 2099/);
  });
});

describe('a clock that jumps', () => {
  const MINUTE_MS = 60_000;

  /** Every five minutes for 29 days, with a machine that runs all the time. */
  function monthOfLooks(): { readonly store: ReturnType<typeof openMemory>; readonly end: number } {
    const store = openMemory();
    const count = 29 * 288;
    for (let i = 0; i < count; i += 1) store.append(SERIES, steady(START + i * 5 * MINUTE_MS, i));
    return { store, end: START + count * 5 * MINUTE_MS };
  }

  it('ten years ahead for five hours: thins nothing, is noted, and each of its samples has the time that it was', () => {
    const { store, end } = monthOfLooks();
    const before = all(store).length;
    assert.equal(before, 8352);
    const tenYears = 3652 * DAY_MS;
    for (let i = 0; i < 60; i += 1) {
      const { clock, ...rest } = steady(end + i * 5 * MINUTE_MS, 10_000 + i);
      const note = store.append(SERIES, { ...rest, at: rest.at + tenYears, ...(clock && { clock }) });
      assert.match(note ?? '', /clock jumped: it says 2036.*taken for one of 2026-01-30/);
    }
    assert.equal(store.append(SERIES, steady(end + 60 * 5 * MINUTE_MS)), null);
    assert.equal(all(store).length, before + 61);
    assert.equal(all(store).at(-2), end + 59 * 5 * MINUTE_MS);
    assert.deepEqual(store.strangeTimes(SERIES), []);
    assert.equal(times(store.thinned(SERIES, { since: 0, most: 10_000 })).length, before + 61);
  });

  it('in 1970 after a start, as with an empty battery: as long after the last sample as the machine runs', () => {
    const store = openMemory();
    for (let i = 0; i < 100; i += 1) store.append(SERIES, steady(START + i * HOUR_MS));
    const clock = { boot: 'two', boottimeMs: 5 * MINUTE_MS };
    const last = START + 99 * HOUR_MS;
    assert.equal(store.timeOf(SERIES, { wall: 60_000, clock }), last + 5 * MINUTE_MS);
    store.append(SERIES, { ...sample(60_000), clock });
    assert.equal(all(store).at(-1), last + 5 * MINUTE_MS);
    const later = { boot: 'two', boottimeMs: 15 * MINUTE_MS };
    assert.equal(store.timeOf(SERIES, { wall: last + HOUR_MS, clock: later }), last + HOUR_MS);
  });

  it('for good: is believed after a week, and what was recorded meanwhile has its time then', () => {
    const store = openMemory();
    for (let i = 0; i < 30 * 24; i += 1) store.append(SERIES, steady(START + i * HOUR_MS));
    const ahead = 700 * DAY_MS;
    const moved = (hours: number): Sample => {
      const { clock, uses, at } = steady(START + (30 * 24 + hours) * HOUR_MS);
      return { uses, at: at + ahead, clock: clock ?? null };
    };
    for (let hours = 0; hours < 7 * 24; hours += 1)
      assert.match(store.append(SERIES, moved(hours)) ?? '', /jumped/);
    assert.ok((all(store).at(-1) ?? 0) < START + 38 * DAY_MS);
    assert.equal(store.append(SERIES, moved(7 * 24)), null);
    assert.equal(all(store).filter((at) => at >= START + 30 * DAY_MS + ahead).length, 7 * 24 + 1);
    assert.equal(all(store).length, 37 * 24 + 1);
  });

  it('of a young history: is believed after as long as that is', () => {
    const store = openMemory();
    const wrong = START - 900 * DAY_MS;
    store.append(SERIES, steady(wrong));
    assert.equal(store.append(SERIES, { ...steady(wrong + MINUTE_MS), at: START }), null);
    assert.equal(all(store).at(-1), START);
  });

  it('a host that was off for a year is believed', () => {
    const store = openMemory();
    for (let i = 0; i < 100; i += 1) store.append(SERIES, steady(START + i * HOUR_MS));
    const clock = { boot: 'two', boottimeMs: 5 * MINUTE_MS };
    assert.equal(store.append(SERIES, { ...sample(START + 365 * DAY_MS), clock }), null);
    assert.equal(all(store).at(-1), START + 365 * DAY_MS);
  });
});

describe('thinning', () => {
  it('keeps all for 30 days, one an hour for a year, one a day after that', () => {
    const store = openMemory();
    const steps = Array.from({ length: 400 * 72 }, (_, i) => i);
    // Every 6 h, and every 20 min for a few days of each age.
    const isDense = (day: number) => [10, 11, 200, 201, 366, 367, 398, 399].includes(day);
    const given = steps
      .filter((i) => i % 18 === 0 || isDense(Math.floor(i / 72)))
      .map((i) => START + i * 1_200_000);
    for (const at of given) store.append(SERIES, steady(at));
    const now = given.at(-1) ?? 0;
    const [hourly = 0, daily = 0] = TIERS.map(({ afterMs, bucketMs }) =>
      bucketStart(given.find((at) => at > now - afterMs) ?? 0, bucketMs),
    );
    const firstIn = (bucketMs: number, at: number, i: number) =>
      bucketStart(given[i - 1] ?? -1, bucketMs) !== bucketStart(at, bucketMs);
    const expected = given.filter((at, i) =>
      at < daily ? firstIn(DAY_MS, at, i) : at < hourly ? firstIn(HOUR_MS, at, i) : true,
    );
    assert.deepEqual(all(store), expected);
    assert.equal(store.figures(), expected.length);
  });

  /** Hours that pass, whether the machine is started anew, and how far off the clock on the wall is then. */
  const looks = fc.array(
    fc.record({
      passedMs: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 1000, max: 3 * HOUR_MS }) },
        { weight: 3, arbitrary: fc.integer({ min: DAY_MS, max: 40 * DAY_MS }) },
      ),
      restarts: fc.oneof(
        { weight: 9, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      offMs: fc.oneof(
        { weight: 8, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: -60 * 365 * DAY_MS, max: 60 * 365 * DAY_MS }) },
        { weight: 1, arbitrary: fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }) },
      ),
    }),
    { minLength: 1, maxLength: 250 },
  );

  it('whatever the clock says: nothing goes that is younger than 30 days, or the first of its hour for a year', () => {
    fc.assert(
      fc.property(looks, (given) => {
        const store = openMemory();
        let now = START;
        let started = START - DAY_MS;
        const real: number[] = [];
        for (const [number, { passedMs, restarts, offMs }] of given.entries()) {
          now += passedMs;
          if (restarts) started = now - 1000;
          const wall = Math.max(0, now + offMs);
          const clock = { boot: `${started}`, boottimeMs: now - started };
          store.append(SERIES, { ...sample(wall, number), clock });
          real.push(now);
        }
        const kept = store.all(SERIES, { since: 0 });
        const numbers = new Set(kept.map(({ uses }) => uses.get(DISK)?.usedBytes ?? 0));
        assert.ok(numbers.has(given.length - 1));
        for (const [number, at] of real.entries())
          if (now - at <= TIERS[0].afterMs) assert.ok(numbers.has(number), `number ${number} is gone`);
        store.figures();
      }),
      random(100),
    );
  });

  it('a clock that is right: every hour and day keeps its first sample, nothing young goes, the newest stays', () => {
    const gaps = fc.array(
      fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 1000, max: 3 * HOUR_MS }) },
        { weight: 3, arbitrary: fc.integer({ min: DAY_MS, max: 180 * DAY_MS }) },
      ),
      { minLength: 1, maxLength: 250 },
    );
    fc.assert(
      fc.property(gaps, (all_) => {
        const store = openMemory();
        const given: number[] = [];
        let at = START;
        for (const gap of all_) {
          at += gap;
          given.push(at);
          store.append(SERIES, steady(at));
        }
        const left = all(store);
        assert.deepEqual(
          left,
          left.toSorted((a, b) => a - b),
        );
        assert.ok(left.includes(at));
        const isKept = (time: number, bucketMs: number) =>
          left.some((kept) => bucketStart(kept, bucketMs) === bucketStart(time, bucketMs));
        for (const time of given) {
          assert.ok(isKept(time, DAY_MS));
          if (at - time < 365 * DAY_MS) assert.ok(isKept(time, HOUR_MS));
          if (at - time < 30 * DAY_MS) assert.ok(left.includes(time));
        }
        store.figures();
      }),
      random(60),
    );
  });

  it('stays below the most figures: thins what is younger, then the oldest go', () => {
    const store = openMemory(100);
    for (let i = 0; i < 300; i += 1) store.append(SERIES, steady(START + i * 10 * 60_000));
    assert.ok(store.figures() <= 100, `${store.figures()}`);
    const dense = all(store);
    assert.equal(dense[0], START);
    assert.equal(dense.at(-1), START + 299 * 10 * 60_000);
    for (let i = 0; i < 300; i += 1) store.append(SERIES, steady(START + (10 + i) * DAY_MS));
    assert.ok(store.figures() <= 100, `${store.figures()}`);
    assert.equal(all(store).at(-1), START + 309 * DAY_MS);
  });

  it('does a bounded piece of work at a time, and comes to the end', () => {
    const store = openMemory();
    const old = START - 100 * DAY_MS;
    const count = 3 * LOOKED_THROUGH;
    // All in one go, as a host does that was off for long and whose clock only now says so.
    for (let i = 0; i < count; i += 1) store.append(SERIES, steady(old + i * 60_000));
    for (let i = 0; i < AGREEING_SAMPLES - 1; i += 1) store.append(SERIES, steady(START + i));
    let before = all(store).length;
    for (let more = 0; more < 5; more += 1) {
      store.append(SERIES, steady(START + HOUR_MS + more));
      const after = all(store).length;
      assert.ok(before - after < LOOKED_THROUGH, `${before - after} went at once`);
      before = after;
    }
    assert.equal(all(store).filter((at) => at < START).length, (count * 60_000) / HOUR_MS);
  });
});

describe('thinned', () => {
  const store = openMemory();
  const count = 4 * 100;
  for (let i = 0; i < count; i += 1) store.append(SERIES, sample(START + i * 6 * HOUR_MS));
  const last = START + (count - 1) * 6 * HOUR_MS;

  it('gives all where there are few, else about as many as asked for, at one time of day, the newest among them', () => {
    const { most } = { most: 50 };
    const chosen = times(store.thinned(SERIES, { since: 0, most }));
    assert.ok(chosen.length <= most + 2 && chosen.length > most / 2, `${chosen.length}`);
    assert.equal(chosen.at(-1), last);
    assert.deepEqual(new Set(chosen.slice(0, -1).map((at) => at % DAY_MS)), new Set([0]));
    assert.equal(store.thinned(SERIES, { since: 0, most: count }).length, count);
    assert.equal(store.thinned(SERIES, { since: last, most: 1 }).length, 1);
    assert.deepEqual(store.thinned(SERIES, { since: last + 1, most: 5 }), []);
  });

  it('takes a missing day for a missing day', () => {
    const gappy = openMemory();
    const given = [0, 1, 2, 4, 5].flatMap((day) =>
      [0, 12].map((hour) => START + day * DAY_MS + hour * HOUR_MS),
    );
    for (const at of given) gappy.append(SERIES, sample(at));
    assert.deepEqual(times(gappy.thinned(SERIES, { since: 0, most: 100 })), given);
  });
});
