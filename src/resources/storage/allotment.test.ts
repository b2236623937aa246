// How the room of a group is shared out: in whole extents, with the numbers where it does not fit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../../test/random.ts';
import { EXTENT_BYTES, extentsFor, extentsOf } from '../../port/volume-group.ts';
import { type Allotment, allot, type Claim, keptFree, type Room, sizeOf } from './allotment.ts';

const GB = 1e9;
/** A disk of 4 TB has room for so many. */
const TOTAL = extentsOf(4_000_787_030_016);

function room(more: Partial<Room> = {}): Room {
  return { total: TOTAL, free: TOTAL, keepFreePercent: 5, ...more };
}

function claim(name: string, sizeBytes: number | null, has: number | null = null): Claim {
  return { name, sizeBytes, has };
}

function given(allotment: Allotment): Readonly<Record<string, number>> {
  assert.ok(allotment.fits, allotment.fits ? '' : JSON.stringify(allotment.why));
  return Object.fromEntries(allotment.extents);
}

function refused(allotment: Allotment) {
  assert.ok(!allotment.fits);
  return allotment.why;
}

describe('a volume group', () => {
  it('has room for whole extents from 4 MiB on', () => {
    // As LVM itself says of a disk of 64 GiB: test/recorded.
    assert.equal(extentsOf(64 * 2 ** 30), 16_383);
    assert.equal(TOTAL, 953_860);
    assert.equal(extentsOf(8 * 2 ** 20 - 1), 0);
    assert.equal(extentsOf(8 * 2 ** 20), 1);
    assert.equal(extentsOf(0), 0);
  });

  it('keeps free what is asked for, rounded up', () => {
    const kept = (total: number, keepFreePercent: number) => keptFree({ total, keepFreePercent });
    assert.deepEqual([kept(100, 5), kept(101, 5), kept(1, 5), kept(100, 0)], [5, 6, 1, 0]);
    // 0.1 + 0.2 and the like add nothing.
    assert.deepEqual([kept(1000, 0.7), kept(1000, 2.3), kept(100_000, 28.9)], [7, 23, 28_900]);
  });

  it('gives each its size, rounded up, and the base what is left', () => {
    const shared = given(allot('g', room(), [claim('base', null), claim('kafka', 800 * GB), claim('x', 1)]));
    assert.equal(shared['kafka'], 190_735);
    assert.equal(shared['x'], 1);
    assert.equal(shared['base'], TOTAL - keptFree(room()) - 190_735 - 1);
  });

  it('leaves a base alone that is there already', () => {
    const shared = given(
      allot('g', room({ free: 400_000 }), [claim('base', null, 553_862), claim('kafka', 800 * GB)]),
    );
    assert.deepEqual(shared, { base: 553_862, kafka: 190_735 });
  });

  it('has nothing against too little free where nothing is wanted: a snapshot is what it is kept for', () => {
    const shared = given(allot('g', room({ free: 0 }), [claim('base', null, 900_000), claim('k', 1, 1)]));
    assert.deepEqual(shared, { base: 900_000, k: 1 });
  });

  it('refuses with all numbers, and with what would fit', () => {
    const { at, code, detail, hint } = refused(
      allot('jts-hot', room(), [claim('base', null), claim('kafka', 2000 * GB), claim('pg', 1900 * GB)]),
    );
    assert.equal(code, 'E_NO_ROOM');
    assert.equal(at, 'volume group jts-hot');
    assert.deepEqual(detail, [
      'want 3.90 TB for volumes, found 3.80 TB to give',
      'the group has 4.00 TB, all of it free; 200 GB (5%) is kept free',
      'base  what is left, 1.07 GB at least',
      'kafka  2.00 TB',
      'pg  1.90 TB',
    ]);
    assert.equal(hint, 'this would fit: size: 1899GB for kafka; or keepFree: 2.4%');
  });

  it('refuses growth beyond what is kept free, with what lowering that would give', () => {
    const { detail, hint } = refused(
      allot('g', room({ free: 60_000 }), [claim('base', null, 600_000), claim('kafka', 1000 * GB, 190_735)]),
    );
    assert.deepEqual(detail, [
      'want 200 GB for volumes, found 51.6 GB to give',
      'the group has 4.00 TB, 252 GB of it free; 200 GB (5%) is kept free',
      'kafka  1.00 TB, has 800 GB',
    ]);
    assert.equal(hint, 'this would fit: size: 851GB for kafka; or keepFree: 1.2%');
  });

  it('refuses where nothing fits: on a disk that is far too small', () => {
    const { hint } = refused(
      allot('g', { total: 100, free: 100, keepFreePercent: 5 }, [claim('base', null), claim('a', GB)]),
    );
    assert.match(hint ?? '', /^take .* less for these volumes, or take a larger disk$/);
  });

  it('what it says would fit, fits; what is given is never more than there is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 2_000_000 }),
        fc.integer({ min: 0, max: 900 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 1000 }),
        (total, tenths, sizes, used) => {
          const free = Math.floor((total * (1000 - used)) / 1000);
          const here = { total, free, keepFreePercent: tenths / 10 };
          const claims = [claim('base', null), ...sizes.map((gb, i) => claim(`s${i}`, gb * GB))];
          const allotment = allot('g', here, claims);
          if (allotment.fits) {
            const sum = [...allotment.extents.values()].reduce((all, one) => all + one, 0);
            assert.ok(sum + keptFree(here) <= free);
            assert.equal(sum + keptFree(here), free, 'all of it is given');
            return;
          }
          const { hint } = allotment.why;
          const less = /keepFree: ([0-9.]+)%/.exec(hint ?? '');
          if (less !== null)
            assert.ok(allot('g', { ...here, keepFreePercent: Number(less[1]) }, claims).fits, hint ?? '');
          const smaller = /size: (\d+)(GB|GiB|MB) for (\w+)/.exec(hint ?? '');
          if (smaller === null) return;
          const unit = { GB, GiB: 2 ** 30, MB: 1e6 }[smaller[2] as 'GB'];
          const fitting = claims.map((one) =>
            one.name === smaller[3] ? { ...one, sizeBytes: Number(smaller[1]) * unit } : one,
          );
          assert.ok(allot('g', here, fitting).fits, hint ?? '');
        },
      ),
      random(300),
    );
  });
});

describe('a size for a layout', () => {
  it('comes to just that many extents', () => {
    for (const extents of [1, 2, 239, 256, 25_600, 190_735, 190_736, 953_862]) {
      const [, digits = '', unit = ''] = /^(\d+)(GB|GiB|MB)$/.exec(sizeOf(extents)) ?? [];
      const bytes = Number(digits) * { GB, GiB: 2 ** 30, MB: 1e6 }[unit as 'GB'];
      assert.equal(extentsFor(bytes), extents, sizeOf(extents));
      assert.ok(bytes <= extents * EXTENT_BYTES);
    }
    assert.equal(sizeOf(190_735), '800GB');
    assert.equal(sizeOf(25_600), '100GiB');
  });
});
