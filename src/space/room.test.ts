// What a disk is, can give to plans, and to one service, at and around each limit.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtInMonitoring, OFF } from '../layout/monitoring.ts';
import {
  firedByDisk,
  percentOfReachable,
  plannableBytes,
  reachableBytes,
  roomOf,
  type Stated,
} from './room.ts';

const stated = (sizeBytes: number, freeBytes: number, availableBytes: number): Stated => ({
  sizeBytes,
  freeBytes,
  availableBytes,
});

describe('room: as df counts', () => {
  const table: readonly (readonly [string, Stated, readonly [number, number, number, number]])[] = [
    ['nothing reserved', stated(1000, 400, 400), [1000, 600, 400, 1000]],
    ["root's reserve is neither used nor available", stated(1000, 400, 350), [1000, 600, 350, 950]],
    ['full for all but root', stated(1000, 50, 0), [1000, 950, 0, 950]],
    ['nothing there', stated(0, 0, 0), [0, 0, 0, 0]],
  ];
  for (const [what, fs, numbers] of table)
    it(what, () => {
      const { sizeBytes, usedBytes, availableBytes, usableBytes } = roomOf(fs);
      assert.deepEqual([sizeBytes, usedBytes, availableBytes, usableBytes], numbers);
    });
});

describe('room: what plans may have together', () => {
  const table: readonly (readonly [string, Stated, number])[] = [
    ['5 % kept, where nothing is reserved', stated(1000, 1000, 1000), 950],
    ['5 % kept, where less is reserved', stated(1000, 1000, 980), 950],
    ["root's reserve, where it is more", stated(1000, 1000, 900), 900],
    ['also of a full one: it is what there could be', stated(1000, 100, 0), 900],
    ['whole bytes', stated(999, 999, 999), 949],
    ['never below nothing', stated(0, 0, 0), 0],
  ];
  for (const [what, fs, bytes] of table)
    it(`${what}: ${bytes}`, () => assert.equal(plannableBytes(fs), bytes));
});

describe('room: what the disk can really give a service', () => {
  it('counts where it is less than the plan, to the byte', () => {
    const left = (available: number) => stated(1000, available, available);
    assert.equal(reachableBytes({ usedBytes: 40, plannedBytes: 100 }, left(60)), null);
    assert.equal(reachableBytes({ usedBytes: 40, plannedBytes: 100 }, left(59)), 99);
    assert.equal(reachableBytes({ usedBytes: 140, plannedBytes: 100 }, left(0)), null, 'above its plan');
    assert.equal(reachableBytes({ usedBytes: 40, plannedBytes: 100 }, stated(0, 0, 0)), null, 'of no size');
  });

  it('a service on a full disk has all that it can have, however little it is', () => {
    assert.equal(percentOfReachable(181e6, 181e6), 100);
    assert.equal(percentOfReachable(4096, 4096), 100);
    assert.equal(percentOfReachable(0, 0), 100);
    assert.equal(percentOfReachable(0, 1), 0);
    assert.equal(percentOfReachable(999_999, 1_000_000), 100, 'to a tenth');
  });

  it('is judged by the per cent of the levels, the graver first', () => {
    const levels = builtInMonitoring.eachService;
    const level = (percent: number) => firedByDisk(percent, levels)?.level ?? null;
    assert.deepEqual([79.9, 80, 89.9, 90, 100].map(level), [
      null,
      'WARNING',
      'WARNING',
      'CRITICAL',
      'CRITICAL',
    ]);
    assert.deepEqual(firedByDisk(85, levels), {
      rule: 'of-disk',
      level: 'WARNING',
      value: 85,
      threshold: 80,
    });
    assert.equal(firedByDisk(100, { warning: OFF, critical: OFF }), null, 'no such rule');
  });
});
