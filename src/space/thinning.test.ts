// Which samples a history lets go of, and at which distances it picks them: tables, and what holds for any history.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { bucketStart, DAY_MS, evenDistance, HOUR_MS, type Kept, surplus } from './thinning.ts';

describe('surplus', () => {
  it('keeps the first of each bucket', () => {
    const samples = [0, 1, HOUR_MS - 1, HOUR_MS, 2 * HOUR_MS, 2 * HOUR_MS, 5 * HOUR_MS].map((at, id) => ({
      id,
      at,
    }));
    assert.deepEqual(
      surplus(samples, HOUR_MS).map(({ id }) => id),
      [1, 2, 5],
    );
  });

  it('leaves exactly one in every bucket that had any, whatever the times', () => {
    const times = fc.array(fc.integer({ min: 0, max: 400 * DAY_MS }), { maxLength: 200 });
    fc.assert(
      fc.property(times, fc.constantFrom(HOUR_MS, DAY_MS), (unsorted, bucketMs) => {
        const samples = unsorted.sort((a, b) => a - b).map((at, id): Kept => ({ id, at }));
        const gone = new Set(surplus(samples, bucketMs).map(({ id }) => id));
        const left = samples.filter(({ id }) => !gone.has(id)).map(({ at }) => bucketStart(at, bucketMs));
        assert.deepEqual(left, [...new Set(samples.map(({ at }) => bucketStart(at, bucketMs)))]);
        assert.deepEqual(
          surplus(
            samples.filter(({ id }) => !gone.has(id)),
            bucketMs,
          ),
          [],
        );
      }),
      random(100),
    );
  });
});

describe('evenDistance', () => {
  const table: readonly (readonly [number, number, number])[] = [
    [0, 10, 60_000],
    [DAY_MS, 600, 3 * 60_000],
    [30 * DAY_MS, 600, 2 * HOUR_MS],
    [120 * DAY_MS, 600, 6 * HOUR_MS],
    [365 * DAY_MS, 365, DAY_MS],
    [365 * DAY_MS, 100, 4 * DAY_MS],
  ];
  for (const [span, most, distance] of table)
    it(`${span / DAY_MS} days, at most ${most}: ${distance / HOUR_MS} h`, () => {
      assert.equal(evenDistance(span, most), distance);
    });

  it('gives no more than asked for, and comes back to the same time of day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20_000 * DAY_MS }),
        fc.integer({ min: 1, max: 5000 }),
        (span, most) => {
          const distance = evenDistance(span, most);
          assert.ok(span / distance <= most);
          assert.ok(DAY_MS % distance === 0 || distance % DAY_MS === 0);
        },
      ),
      random(100),
    );
  });
});
