// What rings keep, when the services are measured before their time, and when nothing was measured for too long.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type DiskLook,
  kept,
  LOOK_MS,
  LOOK_RINGS,
  type LookRing,
  mayMeasure,
  movesFast,
  slotOf,
} from './looks.ts';
import { awaySince } from './overdue.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

describe('rings', () => {
  it('are of fixed size, and keep the highest of each hour and day', () => {
    const rings = new Map<LookRing, Map<number, DiskLook>>();
    const used = (at: number) => 50 + 40 * Math.sin(at / HOUR);
    for (let at = START; at < START + 40 * DAY; at += LOOK_MS)
      for (const ring of Object.keys(LOOK_RINGS) as readonly LookRing[]) {
        const slots = rings.get(ring) ?? new Map<number, DiskLook>();
        rings.set(ring, slots);
        const slot = slotOf(ring, at);
        slots.set(slot, kept(ring, slots.get(slot) ?? null, { at, usedBytes: used(at), limitBytes: 100 }));
      }
    assert.deepEqual(
      [...rings].map(([ring, slots]) => [ring, slots.size]),
      [
        ['look', 576],
        ['hour', 720],
        ['day', 40],
      ],
    );
    const inHours = [...(rings.get('hour')?.values() ?? [])];
    for (const { at, usedBytes } of inHours)
      for (let other = at - (at % HOUR); other < at - (at % HOUR) + HOUR; other += LOOK_MS)
        assert.ok(used(other) <= usedBytes);
    // The oldest gave way.
    assert.ok(Math.min(...inHours.map(({ at }) => at)) >= START + 10 * DAY);
  });
});

describe('movesFast', () => {
  const now = START + 10 * HOUR;
  /** Per cent at so many minutes before now; what all was measured at, at so many hours before. */
  const fast = (
    percents: readonly (readonly [minutes: number, percent: number])[],
    measured: readonly [hours: number, percent: number] | null,
    levelSince: number | null = null,
  ) => {
    const looks = percents.map(([minutes, percent]) => ({
      at: now - minutes * 60_000,
      usedBytes: percent,
      limitBytes: 100,
    }));
    const look = looks.at(-1);
    assert.ok(look !== undefined);
    return movesFast(look, {
      recent: looks.slice(0, -1),
      last: measured && { at: now - measured[0] * HOUR, usedBytes: measured[1] },
      levelSince,
      marks: [80, 90, 100],
    });
  };
  const table: readonly (readonly [string, boolean, boolean])[] = [
    ['a level that began since', fast([[0, 81]], [2, 79.5], now - 60_000), true],
    ['one that was known', fast([[0, 81]], [2, 81], now - 3 * HOUR), false],
    ['5 % since then, up', fast([[0, 45]], [3, 40]), true],
    ['5 % since then, down', fast([[0, 35]], [3, 40]), true],
    ['less than that', fast([[0, 44.9]], [3, 40]), false],
    [
      'on the way to the next level',
      fast(
        [
          [60, 73],
          [0, 75],
        ],
        [2, 72],
      ),
      true,
    ],
    [
      'slowly on the way there',
      fast(
        [
          [60, 79.2],
          [0, 79.9],
        ],
        [2, 79],
      ),
      false,
    ],
    [
      'fast, but far from it',
      fast(
        [
          [60, 33],
          [0, 35],
        ],
        [2, 32],
      ),
      false,
    ],
    [
      'never measured at all',
      fast(
        [
          [60, 10],
          [0, 95],
        ],
        null,
        now,
      ),
      false,
    ],
  ];
  for (const [what, is, want] of table) it(`${want ? 'yes' : 'no'}: ${what}`, () => assert.equal(is, want));

  it('at most every hour, counted from the last one and from the last try', () => {
    assert.equal(mayMeasure(now, [now - HOUR, null]), true);
    assert.equal(mayMeasure(now, [now - HOUR + 1, null]), false);
    assert.equal(mayMeasure(now, [now - 5 * HOUR, now - HOUR / 2]), false);
    assert.equal(mayMeasure(now, [now + HOUR, null]), true);
  });
});

describe('awaySince', () => {
  /** Hours before now of the last samples; for how many hours there were looks; null: a sample asks. */
  const away = (hours: readonly number[], looked: number | null) => {
    const now = START + 100 * DAY;
    const since = awaySince(
      hours.map((ago) => now - ago * HOUR),
      { now, lookingSince: looked === null ? null : now - looked * HOUR },
    );
    return since === null ? null : (now - since) / HOUR;
  };
  const EVERY_SIX = [0, 6, 12, 18, 24, 30];
  const since = (hours: number) => EVERY_SIX.map((ago) => ago + hours);
  for (const [what, is, want] of [
    ['two intervals and an hour', away(since(13), 2), 13],
    ['less', away(since(12.9), 2), null],
    ['once a day is enough where it is usual', away([48, 72, 96, 120, 144], 2), null],
    ['and not for three days', away([49, 73, 97, 121, 145], 2), 49],
    ['hourly samples ask for no more than six', away([12, 13, 14, 15, 16, 17], 2), null],
    ['after the host was off its timers come first', away(since(40), 0.5), null],
    ['a sample says so of a hole', away(since(40), null), 40],
    ['and of none before it is known what is usual', away([40, 46, 52], null), null],
    ['a look does, of a schedule that never ran', away([14], 2), 14],
  ] as const)
    it(`${want === null ? 'no' : 'yes'}: ${what}`, () => assert.equal(is, want));
});
