// Forecasts of made-up histories, whose future is known, held to the bounds that docs/forecast.md states.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { forecast, growth, type Marks } from './forecast.ts';
import type { Eta, Forecast } from './outlook-document.ts';
import type { Point } from './point.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse('2026-03-01T00:00:00Z');
const GB = 1e9;
const NO_MARKS: Marks = { planned: null, warning: null, critical: null, full: null };

/** The same numbers every time, between -1 and 1. */
function noiseFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

interface Made {
  readonly days: number;
  /** Bytes by day, a fraction of days included. */
  readonly used: (day: number) => number;
  readonly everyHours?: number;
  /** Added to each sample, up to so many bytes either way. */
  readonly noiseBytes?: number;
  readonly seed?: number;
}

function history({ days, used, everyHours = 6, noiseBytes = 0, seed = 1 }: Made): readonly Point[] {
  const noise = noiseFrom(seed);
  return Array.from({ length: Math.floor((days * 24) / everyHours + 1e-9) + 1 }, (_, index) => {
    const hours = index * everyHours;
    return { at: START + hours * HOUR_MS, usedBytes: used(hours / 24) + noiseBytes * noise() };
  });
}

type Known = Extract<Forecast, { known: true }>;

function known(points: readonly Point[], full: number): Known & { readonly full: Eta } {
  const answer = forecast(points, { ...NO_MARKS, full });
  if (!answer.known || answer.full === null) return assert.fail(JSON.stringify(answer));
  return { ...answer, full: answer.full };
}

/** null, which is later than everything, as a number. */
function days(seconds: number | null): number {
  return seconds === null ? Number.POSITIVE_INFINITY : seconds / 86_400;
}

function requireNear(found: number, want: number, within: number): void {
  assert.ok(Math.abs(found - want) <= within, `want ${want} within ${within}, found ${found}`);
}

function requireInRange({ earliestSeconds, latestSeconds }: Eta, wantDays: number): void {
  const range = `${days(earliestSeconds)} to ${days(latestSeconds)} days`;
  assert.ok(days(earliestSeconds) <= wantDays && wantDays <= days(latestSeconds), `${wantDays} in ${range}`);
}

describe('growth', () => {
  const points = history({ days: 40, used: (day) => 3 * GB * day });

  it('is the change to the sample nearest to a day, a week and 30 days ago', () => {
    assert.deepEqual(growth(points), { dayBytes: 3 * GB, weekBytes: 21 * GB, monthBytes: 90 * GB });
  });
  it('is negative for what shrinks', () => {
    assert.equal(growth(history({ days: 1, used: (day) => 100 - 7 * day })).dayBytes, -7);
  });
  it('is unknown where the history does not reach back so far', () => {
    assert.deepEqual(growth(history({ days: 6, used: () => 1 })), {
      dayBytes: 0,
      weekBytes: null,
      monthBytes: null,
    });
    assert.deepEqual(growth([]), { dayBytes: null, weekBytes: null, monthBytes: null });
    assert.equal(growth([{ at: START, usedBytes: 5 }]).dayBytes, null);
  });
  it('takes a sample up to an eighth of the time off, and none further', () => {
    const over = (hours: number) =>
      growth([
        { at: START, usedBytes: 1 },
        { at: START + hours * HOUR_MS, usedBytes: 5 },
      ]).dayBytes;
    assert.deepEqual([20.9, 21, 27, 27.1].map(over), [null, 4, 4, null]);
  });
});

describe('forecast: too little history', () => {
  const reason = (points: readonly Point[]) => {
    const answer = forecast(points, NO_MARKS);
    return answer.known ? assert.fail() : answer.reason;
  };
  for (const [found, hours] of [
    ['0 s', 0],
    ['6 min', 0.1],
    ['5 h', 5],
    ['47 h', 47.99],
  ] as const)
    it(`says so after ${hours} h`, () => {
      const points = [
        { at: START, usedBytes: 1 },
        { at: START + hours * HOUR_MS, usedBytes: 2 },
      ];
      assert.equal(reason(points), `not enough history: want 2 days, found ${found}`);
    });
  it('says so of nothing', () => assert.equal(reason([]), 'not enough history: want 2 days, found 0 s'));
  it('says so of two samples far apart, which make one rate and no range', () => {
    const want = 'not enough history: want 3 days with samples at the same time of day';
    assert.equal(reason(history({ days: 2, used: (day) => day, everyHours: 48 })), want);
    assert.equal(reason(history({ days: 2.6, used: (day) => day, everyHours: 31 })), want);
  });
  it('has a forecast after two days exactly', () => {
    known(history({ days: 2, used: (day) => day }), 100);
  });
});

describe('forecast: steady growth of 10 GB a day', () => {
  const LEFT_DAYS = 30;
  /** Noise up to so much of a day's growth: how far `likely` may be off, of the truth. */
  const bounds: readonly (readonly [days: number, noise: number, off: number])[] = [
    [2, 0, 0.001],
    [7, 0, 0.001],
    [28, 0, 0.001],
    [400, 0, 0.001],
    [2, 0.2, 0.25],
    [3, 0.2, 0.15],
    [7, 0.2, 0.06],
    [28, 0.2, 0.02],
    [7, 1, 0.3],
    [14, 1, 0.12],
    [28, 1, 0.06],
  ];
  for (const [length, noise, off] of bounds)
    it(`${length} days with noise of ${noise} days' growth: off by ${off * 100} % at most`, () => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const used = (day: number) => 500 * GB + 10 * GB * day;
        const points = history({ days: length, used, noiseBytes: noise * 10 * GB, seed });
        const { full } = known(points, used(length + LEFT_DAYS));
        requireInRange(full, LEFT_DAYS);
        requireNear(days(full.likelySeconds), LEFT_DAYS, off * LEFT_DAYS);
      }
    });

  it('has a range of a tenth to each side after four weeks, of 0.7 to 1.5 after two days', () => {
    const used = (day: number) => 500 * GB + 10 * GB * day;
    for (const [length, from, to] of [
      [28, 0.9, 1.1],
      [2, 0.7, 1.5],
    ] as const) {
      const { full } = known(history({ days: length, used }), used(length + LEFT_DAYS));
      assert.ok(days(full.earliestSeconds) >= LEFT_DAYS * from);
      assert.ok(days(full.latestSeconds) <= LEFT_DAYS * to);
      assert.ok(days(full.earliestSeconds) < LEFT_DAYS * 0.95);
    }
  });

  it('comes true at every step while a disk fills by whole files and blocks', () => {
    const STEP = 6_000_000;
    const FULL = 280_000_000;
    const all = history({
      days: 13,
      used: (day) => 9_000_000 + Math.ceil((4 * day * (STEP + 5000)) / 4096) * 4096,
    });
    const isFull = all.findIndex(({ usedBytes }) => usedBytes >= FULL);
    const truth = all[isFull]?.at ?? assert.fail();
    for (let seen = 9; seen < isFull; seen += 1) {
      const { full } = known(all.slice(0, seen), FULL);
      const now = all[seen - 1]?.at ?? assert.fail();
      assert.ok(now + (full.earliestSeconds ?? assert.fail()) * 1000 <= truth);
      assert.ok(now + (full.latestSeconds ?? assert.fail()) * 1000 >= truth - 6 * HOUR_MS);
      requireNear(days(full.likelySeconds), (truth - now) / DAY_MS, 0.25);
    }
  });

  it('knows every mark, each in its order', () => {
    const points = history({ days: 10, used: (day) => 100 + day });
    const answer = forecast(points, { planned: 200, warning: 150, critical: 180, full: 250 });
    assert.ok(answer.known);
    const likely = [answer.warning, answer.critical, answer.planned, answer.full].map((eta) =>
      Math.round(days(eta?.likelySeconds ?? null)),
    );
    assert.deepEqual(likely, [40, 70, 90, 140]);
    assert.equal(forecast(points, NO_MARKS).known, true);
  });
});

describe('forecast: what does not grow', () => {
  const NEVER: Eta = { earliestSeconds: null, likelySeconds: null, latestSeconds: null };
  it('never gets full while it shrinks', () => {
    const answer = known(
      history({ days: 20, used: (day) => 500 * GB - GB * day, noiseBytes: GB / 10 }),
      600 * GB,
    );
    assert.deepEqual(answer.full, NEVER);
    assert.ok(answer.highBytesPerDay < 0);
  });
  it('never gets full while it stays the same', () => {
    assert.deepEqual(known(history({ days: 20, used: () => 500 * GB }), 600 * GB).full, NEVER);
    assert.deepEqual(known(history({ days: 20, used: () => 0 }), 600 * GB).full, NEVER);
  });
  it('has a likely time only where noise alone does not explain the growth', () => {
    const { full } = known(history({ days: 28, used: () => 500 * GB, noiseBytes: 5 * GB }), 600 * GB);
    assert.ok(days(full.earliestSeconds) > 60);
    assert.equal(full.latestSeconds, null);
  });
  it('may be there already where days differ by more than what is left', () => {
    const noise = noiseFrom(11);
    const levels = Array.from({ length: 21 }, () => 500 * GB + 20 * GB * noise());
    const points = history({ days: 20.9, used: (day) => levels[Math.floor(day)] ?? 0 });
    const now = points.at(-1)?.usedBytes ?? assert.fail();
    assert.equal(known(points, now + 2 * GB).full.earliestSeconds, 0);
    assert.notEqual(known(points, now + 40 * GB).full.earliestSeconds, 0);
  });
  it('is there already', () => {
    const there: Eta = { earliestSeconds: 0, likelySeconds: 0, latestSeconds: 0 };
    assert.deepEqual(known(history({ days: 3, used: (day) => 100 + day }), 103).full, there);
    assert.deepEqual(known(history({ days: 3, used: (day) => 100 - day }), 90).full, there);
  });
  it('says nothing about times beyond ten years', () => {
    const at = (years: number) => known(history({ days: 28, used: (day) => day }), 28 + 365 * years).full;
    assert.notEqual(at(9.9).likelySeconds, null);
    assert.equal(at(9.9).latestSeconds, null);
    assert.equal(at(10.1).likelySeconds, null);
    assert.notEqual(at(10.1).earliestSeconds, null);
  });
});

describe('forecast: clean-ups', () => {
  const sawtooth = (period: number, phase: number) => (day: number) => (day + phase) % period;
  for (const period of [0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    it(`every ${period} days: the trend is met within the height of a tooth in 28 days`, () => {
      for (let step = 0; step < 10; step += 1) {
        const tooth = sawtooth(period, (step * period) / 10);
        const used = (day: number) => 500 * GB + 2 * GB * day + 10 * GB * tooth(day);
        const answer = known(history({ days: 28, used, noiseBytes: GB / 10 }), 600 * GB);
        requireNear(answer.likelyBytesPerDay, 2 * GB, (10 * GB * period) / 28);
        assert.ok(answer.lowBytesPerDay <= 2 * GB && 2 * GB <= answer.highBytesPerDay);
      }
    });

  it('every day leave the present where it is, before and after', () => {
    const used = (day: number) => 500 * GB + GB * day + 100 * GB * (day % 1);
    for (const hour of [0, 3, 6, 9, 12, 15, 18, 21]) {
      const { full } = known(history({ days: 20 + hour / 24, used, everyHours: 3 }), 800 * GB);
      requireNear(days(full.likelySeconds), 800 - 500 - 40 - 20, 30);
    }
  });

  it('by hand counts at once', () => {
    const used = (day: number) => 500 * GB + 10 * GB * day - (day > 20 ? 300 * GB : 0);
    for (const hours of [2, 6, 12, 24, 48]) {
      const { full } = known(history({ days: 20 + hours / 24, used, everyHours: 2 }), 800 * GB);
      requireNear(days(full.likelySeconds), 40 - hours / 24, 1);
    }
  });
});

describe('forecast: bulk loads', () => {
  const LOAD = 200 * GB;
  const load = (at: number, length: number) => (day: number) =>
    LOAD * Math.min(1, Math.max(0, (day - at) / length));

  for (const length of [0.01, 0.5, 1])
    it(`one of ${length} days is not taken for growth, whenever it was`, () => {
      for (let ago = 0.25 + length; ago < 28; ago += 0.5) {
        const loaded = load(28 - ago, length);
        const used = (day: number) => 100 * GB + 5 * GB * day + loaded(day);
        const answer = known(history({ days: 28, used }), 900 * GB);
        requireNear(answer.likelyBytesPerDay, 5 * GB, 0.1 * 5 * GB);
      }
    });

  it('is part of the present once half a day has shown it, and a possibility at once', () => {
    const loaded = load(28, 0.01);
    const used = (day: number) => 100 * GB + 5 * GB * day + loaded(day);
    const after = (hours: number) =>
      known(history({ days: 28 + hours / 24, used, everyHours: 3 }), 900 * GB).full;
    const [before, at3, at18] = [after(0), after(3), after(18)];
    requireNear(days(at3.likelySeconds), days(before.likelySeconds), 1);
    requireNear(days(before.earliestSeconds) - days(at3.earliestSeconds), LOAD / (5 * GB), 5);
    requireNear(days(before.likelySeconds) - days(at18.likelySeconds), LOAD / (5 * GB), 2);
  });

  it('that comes every week is growth', () => {
    for (let phase = 0; phase < 7; phase += 1) {
      const used = (day: number) => 70 * GB * Math.floor((day + phase) / 7);
      const answer = known(history({ days: 28, used }), 900 * GB);
      requireNear(answer.likelyBytesPerDay, 10 * GB, 1.5 * GB);
    }
  });
});

describe('forecast: another rate', () => {
  for (const [before, after] of [
    [5, 50],
    [0, 20],
    [20, 0],
    [10, -5],
    [-5, 10],
  ] as const)
    it(`from ${before} to ${after} GB a day is likely after three days, and until then possible after two`, () => {
      const answerAfter = (ago: number) => {
        const used = (day: number) =>
          2000 * GB + before * GB * Math.min(day, 28 - ago) + after * GB * Math.max(0, day - 28 + ago);
        return known(history({ days: 28, used, noiseBytes: GB / 5 }), 9000 * GB);
      };
      for (const ago of [3, 4, 5, 7, 10, 14]) {
        const answer = answerAfter(ago);
        requireNear(answer.likelyBytesPerDay, after * GB, Math.abs(before - after) * 0.05 * GB);
        if (ago > 12) continue;
        assert.ok(
          answer.lowBytesPerDay <= (Math.min(before, after) + 1) * GB,
          `low ${answer.lowBytesPerDay}`,
        );
        assert.ok(
          answer.highBytesPerDay >= (Math.max(before, after) - 1) * GB,
          `high ${answer.highBytesPerDay}`,
        );
      }
      const middle = ((before + after) / 2) * GB;
      const early = answerAfter(2);
      if (after > before) assert.ok(early.highBytesPerDay >= middle);
      else assert.ok(early.lowBytesPerDay <= middle);
    });

  it('is seen behind a bulk load of the weeks before', () => {
    const used = (day: number) =>
      500 * GB + 5 * GB * day + 45 * GB * Math.max(0, day - 25) + (day > 12 ? 300 * GB : 0);
    const answer = known(history({ days: 28, used }), 9000 * GB);
    requireNear(answer.likelyBytesPerDay, 50 * GB, GB);
  });

  it('is not seen in a weekly pattern', () => {
    for (let phase = 0; phase < 7; phase += 0.5) {
      const used = (day: number) => {
        const week = Math.floor((day + phase) / 7);
        return 500 * GB + GB * (70 * week + 14 * Math.min(5, day + phase - 7 * week));
      };
      for (const length of [14, 21, 28]) {
        const answer = known(history({ days: length, used, noiseBytes: GB / 5 }), 9000 * GB);
        requireNear(answer.likelyBytesPerDay, 10 * GB, (length === 28 ? 1 : 2.5) * GB);
      }
    }
  });
});

describe('forecast: a nightly peak that returns', () => {
  /** By whole minutes: fractions of a day have no exact beginning of an hour. */
  const peakAt = (fromMinute: number, minutes: number) => (day: number) =>
    (Math.round(day * 1440) - fromMinute + 1440) % 1440 < minutes;

  const night = fc.record({
    days: fc.double({ min: 3, max: 35, noNaN: true }),
    everyHours: fc.constantFrom(0.5, 1, 2, 3, 6),
    peakFromMinute: fc.integer({ min: 0, max: 1439 }),
    peakMinutes: fc.integer({ min: 0, max: 360 }),
    /** Of a day's growth, by powers of ten. */
    height: fc.double({ min: -1, max: 5, noNaN: true }),
    gbPerDay: fc.double({ min: 0.1, max: 100, noNaN: true }),
    daysLeft: fc.double({ min: 0.5, max: 60, noNaN: true }),
  });

  it('shortens the likely time by one per cent at most, the earliest by a tenth', () => {
    fc.assert(
      fc.property(
        night,
        ({ days: length, everyHours, peakFromMinute, peakMinutes, height, gbPerDay, daysLeft }) => {
          const calm = (day: number) => 100 * GB + gbPerDay * GB * day;
          const inPeak = peakAt(peakFromMinute, peakMinutes);
          const peaky = (day: number) => calm(day) + (inPeak(day) ? gbPerDay * GB * 10 ** height : 0);
          const mark = calm(length + daysLeft);
          const without = known(history({ days: length, used: calm, everyHours }), mark).full;
          const withPeak = known(history({ days: length, used: peaky, everyHours }), mark).full;
          assert.ok(days(withPeak.likelySeconds) >= 0.99 * days(without.likelySeconds));
          assert.ok(days(withPeak.earliestSeconds) >= 0.9 * days(without.earliestSeconds));
        },
      ),
      random(300),
    );
  });

  it('does so whatever the timer does within half an hour, and whatever is on top of it, to the likely time', () => {
    fc.assert(
      fc.property(night, fc.integer({ min: 1, max: 1e6 }), (of, seed) => {
        const random = noiseFrom(seed);
        const calm = (day: number) => 100 * GB + of.gbPerDay * GB * day;
        const at = (point: Point) => (point.at - START) / DAY_MS;
        const times = history({ days: of.days, used: () => 0, everyHours: 3 }).map(
          ({ at: due }, index, all) => ({
            at: index === 0 || index === all.length - 1 ? due : due + Math.round(random() * 0.5 * HOUR_MS),
            usedBytes: 0,
          }),
        );
        const inPeak = peakAt(of.peakFromMinute, of.peakMinutes);
        const peak = () => of.gbPerDay * GB * 10 ** of.height * (1 + random());
        const quiet = times.map((point) => ({ ...point, usedBytes: calm(at(point)) }));
        const loud = quiet.map((point) => ({
          ...point,
          usedBytes: point.usedBytes + (inPeak(at(point)) ? peak() : 0),
        }));
        const mark = calm(of.days + of.daysLeft);
        const without = known(quiet, mark).full.likelySeconds;
        assert.ok(days(known(loud, mark).full.likelySeconds) >= 0.9 * days(without));
      }),
      random(300),
    );
  });

  it('does so where the history begins, or the machine came back, in the middle of one', () => {
    const calm = (day: number) => 100 * GB + 10 * GB * day;
    const peaky = (day: number) => calm(day) + (Math.round(day * 24) % 24 === 23 ? 500 * GB : 0);
    const of = (used: Made['used'], left: (point: Point) => boolean) =>
      known(history({ days: 21 + 23 / 24, used, everyHours: 1 }).filter(left), 900 * GB).full;
    const newest = history({ days: 21 + 23 / 24, used: calm, everyHours: 1 }).at(-1)?.at ?? assert.fail();
    for (const left of [
      () => true,
      ({ at }: Point) => at >= START + 6 * HOUR_MS,
      ({ at }: Point) => at === newest || at < newest - 23 * HOUR_MS,
    ]) {
      assert.equal(of(peaky, left).likelySeconds, of(calm, left).likelySeconds);
      assert.equal(of(peaky, left).earliestSeconds, of(calm, left).earliestSeconds);
    }
  });

  it('of one night changes the earliest time only, while it lasts', () => {
    const calm = (day: number) => 100 * GB + 10 * GB * day;
    const once = (day: number) => calm(day) + (day >= 20 && day < 20.2 ? 400 * GB : 0);
    for (const length of [20, 20.125, 20.25, 21, 24]) {
      const of = (used: Made['used']) => known(history({ days: length, used, everyHours: 3 }), 700 * GB).full;
      assert.equal(of(once).likelySeconds, of(calm).likelySeconds);
      const lasts = length < 20.2;
      assert.equal(days(of(once).earliestSeconds) < 0.5 * days(of(calm).earliestSeconds), lasts);
    }
  });
});

describe('forecast: growth in bursts', () => {
  /** A new sample every 6 h grows by a random amount; its spread by its mean; how often the truth is in the range. */
  for (const [spread, often] of [
    [0.5, 0.86],
    [1, 0.77],
  ] as const)
    it(`is in the range ${often * 100} times of a hundred where steps vary by ${spread} of their mean`, () => {
      const random = noiseFrom(7);
      const sigma = Math.sqrt(Math.log(1 + spread * spread));
      const normal = () => Array.from({ length: 12 }, random).reduce((a, b) => a + b, 0) / 2;
      const step = () => GB * Math.exp(sigma * normal() - (sigma * sigma) / 2);
      let inRange = 0;
      let runs = 0;
      for (const length of [3, 7, 14, 28])
        for (const ahead of [3, 10, 30])
          for (let run = 0; run < 40; run += 1) {
            let used = 0;
            const points = history({ days: length, used: () => (used += step()) });
            const mark = used + 4 * GB * ahead;
            let truth = 0;
            for (; used < mark; truth += 0.25) used += step();
            const { earliestSeconds, latestSeconds } = known(points, mark).full;
            runs += 1;
            if (days(earliestSeconds) <= truth && truth - 0.25 <= days(latestSeconds)) inRange += 1;
          }
      assert.ok(inRange / runs >= often, `${inRange} of ${runs}`);
    });
  it('is less uncertain over many days than over few', () => {
    const random = noiseFrom(3);
    let used = 0;
    const points = history({ days: 28, used: () => (used += GB * (1 + random())) });
    const width = (ahead: number) => {
      const { earliestSeconds, latestSeconds } = known(points, used + 4 * GB * ahead).full;
      return (days(latestSeconds) - days(earliestSeconds)) / ahead;
    };
    assert.ok(width(60) < 0.5 * width(2), `${width(2)} and ${width(60)}`);
  });
});

describe('forecast: what clocks and timers do', () => {
  const used = (day: number) => 500 * GB + 10 * GB * day;
  const LEFT = 20;

  it('needs no even spacing: holes of days', () => {
    const points = history({ days: 28, used });
    for (let from = 0; from < 28; from += 1)
      for (const length of [1, 3, 10]) {
        const holed = points.filter(
          ({ at }) => at < START + from * DAY_MS || at > START + (from + length) * DAY_MS,
        );
        if (holed.at(-1) !== points.at(-1)) continue;
        const { full } = known(holed, used(28 + LEFT));
        requireNear(days(full.likelySeconds), LEFT, 0.01);
        requireInRange(full, LEFT);
      }
  });

  it('takes any spacing from minutes to a day, and weeks too', () => {
    for (const everyHours of [1 / 12, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 12, 24, 168]) {
      const points = history({ days: 28, used, everyHours });
      const lastDay = ((points.at(-1)?.at ?? 0) - START) / DAY_MS;
      const { full } = known(points, used(lastDay + LEFT));
      requireNear(days(full.likelySeconds), LEFT, 0.01);
      requireInRange(full, LEFT);
    }
  });

  it('says the same of fewer samples, within a tenth', () => {
    const lively = (day: number) =>
      used(day) + 30 * GB * Math.sin(2 * Math.PI * day) + ((day * 24) % 24 < 2 ? 90 * GB : 0);
    for (const length of [7, 14, 28]) {
      const of = (everyHours: number) =>
        known(history({ days: length, used: lively, everyHours, noiseBytes: GB }), used(length + LEFT)).full;
      for (const everyHours of [1, 3, 6])
        requireNear(days(of(everyHours).likelySeconds), days(of(0.5).likelySeconds), 0.1 * LEFT + 1);
    }
  });

  it('drops what was recorded while the clock was ahead', () => {
    const points = history({ days: 10, used });
    const ahead = history({ days: 3, used: () => 0 }).map((point) => ({
      ...point,
      at: point.at + 300 * DAY_MS,
    }));
    const last = points.at(-1) ?? assert.fail();
    const mixed = [...points.slice(0, 20), ...ahead, ...points.slice(20, -1), last];
    assert.deepEqual(known(mixed, used(30)), known(points, used(30)));
  });

  it('does not mind an hour lived twice', () => {
    const points = history({ days: 10, used, everyHours: 1 });
    const again = points
      .slice(100, 103)
      .map((point) => ({ ...point, usedBytes: point.usedBytes + 0.1 * GB }));
    requireNear(
      days(known([...points, ...again, ...points.slice(-1)], used(30)).full.likelySeconds),
      20,
      0.01,
    );
  });
});

describe('forecast: of anything', () => {
  const points = fc.array(
    fc.record({
      at: fc.oneof(
        fc.integer({ min: START, max: START + 40 * DAY_MS }),
        fc.integer({ min: 0, max: 160 }).map((sixth) => START + sixth * 6 * HOUR_MS),
        fc.integer({ min: 140, max: 160 }).map((sixth) => START + sixth * 6 * HOUR_MS),
        fc.integer({ min: -8.64e15, max: 8.64e15 }),
      ),
      usedBytes: fc.oneof(
        fc.integer({ min: 0, max: 2 ** 50 }),
        fc.constantFrom(0, 1, Number.NaN, 2 ** 53 - 1),
      ),
    }),
    { maxLength: 120, size: 'max' },
  );
  const mark = fc.option(fc.integer({ min: 0, max: 2 ** 53 - 1 }));
  const marks = fc.record({ planned: mark, warning: mark, critical: mark, full: mark });

  it('gives finite numbers in order', () => {
    let knownOnes = 0;
    fc.assert(
      fc.property(points, fc.boolean(), marks, (some, inOrder, of) => {
        const answer = forecast(inOrder ? some.toSorted((a, b) => a.at - b.at) : some, of);
        if (!answer.known) return;
        knownOnes += 1;
        const { lowBytesPerDay, likelyBytesPerDay, highBytesPerDay } = answer;
        assert.ok([lowBytesPerDay, likelyBytesPerDay, highBytesPerDay].every(Number.isFinite));
        assert.ok(lowBytesPerDay <= likelyBytesPerDay && likelyBytesPerDay <= highBytesPerDay);
        for (const name of ['planned', 'warning', 'critical', 'full'] as const) {
          assert.equal(answer[name] === null, of[name] === null);
          const eta: Eta | null = answer[name];
          if (eta === null) continue;
          const times: readonly number[] = [eta.earliestSeconds, eta.likelySeconds, eta.latestSeconds].map(
            (time) => time ?? 1e15,
          );
          assert.ok(times.every((time) => Number.isInteger(time) && time >= 0));
          assert.deepEqual(
            times,
            times.toSorted((a, b) => a - b),
          );
        }
      }),
      random(500),
    );
    assert.ok(knownOnes > 50, `only ${knownOnes} forecasts`);
  });

  it('gives finite growth', () => {
    fc.assert(
      fc.property(points, (some) => {
        const whole = some.filter(({ usedBytes }) => Number.isFinite(usedBytes));
        for (const change of Object.values(growth(whole)))
          assert.ok(change === null || Number.isFinite(change));
      }),
      random(100),
    );
  });

  const lively = fc
    .array(fc.integer({ min: 0, max: 2 ** 30 }), { minLength: 9, maxLength: 130 })
    .map((sizes) => sizes.map((usedBytes, index) => ({ at: START + index * 6 * HOUR_MS, usedBytes })));

  it('says the same of everything twice, or a thousand times, as large', () => {
    fc.assert(
      fc.property(lively, fc.constantFrom(2, 1024, 2 ** 20), (some, times) => {
        const larger = some.map(({ at, usedBytes }) => ({ at, usedBytes: usedBytes * times }));
        assert.deepEqual(known(larger, 2 ** 31 * times).full, known(some, 2 ** 31).full);
      }),
      random(100),
    );
  });

  it('says the same at any other time', () => {
    fc.assert(
      fc.property(lively, fc.integer({ min: -1e12, max: 1e12 }), (some, shift) => {
        const moved = some.map(({ at, usedBytes }) => ({ at: at + shift, usedBytes }));
        assert.deepEqual(known(moved, 2 ** 31), known(some, 2 ** 31));
      }),
      random(100),
    );
  });

  it('looks at the last four weeks and a day, whatever was before', () => {
    fc.assert(
      fc.property(lively, (some) => {
        const before = Array.from({ length: 2000 }, (_, index) => ({
          at: START - (30 + index) * DAY_MS,
          usedBytes: index % 7,
        })).toReversed();
        const recent = some.slice(-100);
        assert.deepEqual(known([...before, ...recent], 2 ** 31), known(recent, 2 ** 31));
      }),
      random(20),
    );
  });
});
