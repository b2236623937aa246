// When the all-clear is told: at once for what was cleaned up, after a quiet day for what comes and goes; and that what
// cannot be measured is told like a level. Real levels, decided from what a disk holds at each look.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AlertEvent } from '../history/event.ts';
import { DISK } from '../history/history.ts';
import { builtInMonitoring, type Channel } from '../layout/monitoring.ts';
import type { LevelState } from '../space/level.ts';
import { decideLevel, withoutMeasure } from '../space/levels.ts';
import { enqueueAlerts } from './enqueue.ts';
import { eventText } from './text.ts';

const HOUR = 3_600_000;
const all: Channel = { name: 'all', type: 'journal', from: 'WARNING' };
const urgent: Channel = { name: 'urgent', type: 'journal', from: 'CRITICAL' };

/** Per cent used after so many hours, or why it could not be measured. */
type Seen = readonly [hours: number, seen: number | string];

function told(course: readonly Seen[], channels: readonly Channel[] = [all]): readonly AlertEvent[] {
  const events: AlertEvent[] = [];
  const last = new Map<string, { channel: string; subject: string; level: string; at: number }>();
  let state: LevelState | null = null;
  for (const [hours, seen] of course) {
    const now = Date.UTC(2026, 0, 1) + hours * HOUR;
    const before: ReadonlyMap<string, LevelState> = new Map(state === null ? [] : [[DISK, state]]);
    state = typeof seen === 'string' ? withoutMeasure(state, { why: seen, now }) : decided(state, seen, now);
    enqueueAlerts(
      {
        enqueue: (event, names) => {
          events.push(event);
          for (const channel of names)
            last.set(channel, { channel, subject: DISK, level: event.level, at: event.at });
        },
        lastTold: () => [...last.values()],
      },
      {
        before,
        after: new Map([[DISK, state]]),
        facts: new Map([[DISK, typeof seen === 'string' ? null : { usedBytes: seen, limitBytes: 100 }]]),
        missed: new Set(),
        monitoring: { ...builtInMonitoring, alerts: { ...builtInMonitoring.alerts, channels } },
        host: 'trader1',
        base: '/data/jts/hot',
        isSample: false,
        now,
        newId: () => '1',
      },
    );
  }
  return events;
}

function decided(state: LevelState | null, percent: number, now: number): LevelState {
  return decideLevel({
    state,
    measure: {
      usedBytes: percent * 10,
      limitBytes: 1000,
      freeBytes: 1000 - percent * 10,
      inodes: 0,
      inodesLimit: 0,
      fullInSeconds: null,
    },
    levels: builtInMonitoring.disk,
    marginPercent: 2,
    samples: 1,
    isSample: false,
    now,
  });
}

/** `5 CRITICAL`: hours, level. */
function words(course: readonly Seen[], channels?: readonly Channel[]): readonly string[] {
  const start = Date.UTC(2026, 0, 1);
  return told(course, channels).map(({ at, kind, level }) =>
    [(at - start) / HOUR, ...(kind === 'repeat' ? ['still'] : []), level].join(' '),
  );
}

/** From hour to hour, in steps of one. */
function hourly(from: number, to: number, percent: (hour: number) => number): readonly Seen[] {
  return Array.from({ length: to - from }, (_, i) => [from + i, percent(from + i)] as const);
}

describe('the all-clear', () => {
  it('of what was cleaned up is told at once', () => {
    assert.deepEqual(
      words([
        [0, 92],
        [1, 60],
      ]),
      ['0 CRITICAL', '1 OK'],
    );
  });
  it('of what is just below its line waits for a quiet day', () => {
    assert.deepEqual(words([[0, 92], ...hourly(1, 40, () => 75)]), ['0 CRITICAL', '24 OK']);
  });
  it('of what came again within days waits, however far it fell', () => {
    const course: readonly Seen[] = [[0, 92], [1, 60], [48, 92], ...hourly(49, 80, () => 60)];
    assert.deepEqual(words(course), ['0 CRITICAL', '1 OK', '48 CRITICAL', '72 OK']);
  });
  it('of what came again after weeks does not', () => {
    assert.deepEqual(
      words([
        [0, 92],
        [1, 60],
        [300, 92],
        [301, 60],
      ]).slice(-2),
      ['300 CRITICAL', '301 OK'],
    );
  });
  it('says for how long it was', () => {
    const [, end] = told([[0, 92], [5, 92], ...hourly(6, 40, () => 75)]).map(eventText);
    assert.equal(end, 'OK trader1 /data/jts/hot: back to 75.0 % of 100 B used (was CRITICAL for 6 h)');
  });
  it('is not held back by a clock that was ahead', () => {
    assert.deepEqual(
      words([
        [9000, 92],
        [0, 75],
      ]),
      ['9000 CRITICAL', '0 OK'],
    );
  });
  it('waits also from CRITICAL to WARNING, and says then what is so', () => {
    assert.deepEqual(words([[0, 92], ...hourly(1, 30, () => 87)]), ['0 CRITICAL', '24 WARNING']);
    assert.deepEqual(words([[0, 92], [1, 60], [2, 92], ...hourly(3, 30, () => 85)]).slice(1), [
      '1 OK',
      '2 CRITICAL',
      '26 WARNING',
    ]);
  });
});

describe('a daily wave', () => {
  for (const [around, height] of [
    [80, 6],
    [90, 5],
    [80, 19],
  ] as const)
    it(`of ${height} around ${around} is told once a day, repeats included`, () => {
      const course = hourly(0, 24 * 14, (hour) => around - height * Math.cos((hour / 24) * 2 * Math.PI));
      const times = told(course).map(({ at }) => at);
      for (const [i, at] of times.entries())
        if (i > 1) assert.ok(at - (times[i - 1] ?? 0) >= 24 * HOUR, `message ${i}`);
      assert.ok(times.length >= 13 && times.length <= 15, `${times.length}`);
    });

  it('that ends is told to have ended a day after it was there last', () => {
    const course: readonly Seen[] = [
      [0, 92],
      [6, 60],
      [24, 92],
      [30, 60],
      [48, 92],
      ...hourly(49, 90, () => 60),
    ];
    assert.deepEqual(words(course), ['0 CRITICAL', '6 OK', '24 CRITICAL', '48 still CRITICAL', '72 OK']);
  });
});

describe('what cannot be measured', () => {
  it('once is not told, twice in a row is, to everybody, and that it can be again', () => {
    assert.deepEqual(
      words([
        [0, 50],
        [1, 'EIO'],
        [2, 50],
        [3, 'EIO'],
        [4, 50],
      ]),
      [],
    );
    const course: readonly Seen[] = [
      [0, 50],
      [1, 'EIO'],
      [2, 'EIO'],
      [3, 'EIO'],
      [26, 'EIO'],
      [27, 50],
    ];
    const events = told(course, [all, urgent]);
    assert.deepEqual(
      events.map(({ level, before, kind }) => [before, level, kind]),
      [
        ['OK', 'UNKNOWN', 'change'],
        ['UNKNOWN', 'UNKNOWN', 'repeat'],
        ['UNKNOWN', 'OK', 'change'],
      ],
    );
    assert.deepEqual(events.map(eventText), [
      'UNKNOWN trader1 /data/jts/hot: cannot be measured: EIO (for 60 min now)',
      'UNKNOWN trader1 /data/jts/hot: cannot be measured: EIO (for 25 h now)',
      'OK trader1 /data/jts/hot: back to 50.0 % of 100 B used (was UNKNOWN for 26 h)',
    ]);
  });
  it('was CRITICAL, is unknown, and is CRITICAL still', () => {
    assert.deepEqual(
      words([
        [0, 92],
        [1, 'EIO'],
        [2, 'EIO'],
        [3, 92],
      ]),
      ['0 CRITICAL', '2 UNKNOWN', '3 CRITICAL'],
    );
  });
  it('comes and goes: the all-clear waits for a quiet day', () => {
    const flapping: readonly Seen[] = Array.from({ length: 30 }, (_, i) => [i / 2, i % 3 === 2 ? 50 : 'EIO']);
    const after = hourly(15, 50, () => 50);
    assert.deepEqual(words([...flapping, ...after]), ['0.5 UNKNOWN', '1 OK', '2 UNKNOWN', '39 OK']);
  });
});
