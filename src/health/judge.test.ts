import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DiskHealthSaid } from '../port/disk-health.ts';
import { healthText } from './health-text.ts';
import { type Earlier, judgeHealth } from './judge.ts';

const DISK = { name: 'nvme0n1', serial: 'S1', model: 'A disk', busyMs: null };
const AT = '2026-11-27T10:00:00.000Z';

const said = (log: Readonly<Record<string, number>>, more: Partial<DiskHealthSaid> = {}): DiskHealthSaid => ({
  name: 'nvme0n1',
  controller: 'live',
  readOnly: false,
  log: {
    text: JSON.stringify({
      critical_warning: 0,
      temperature: 310,
      avail_spare: 100,
      spare_thresh: 10,
      percent_used: 3,
      media_errors: 0,
      ...log,
    }),
  },
  ...more,
});

const CASES: readonly (readonly [string, DiskHealthSaid, Earlier | null, string])[] = [
  [
    'a new disk',
    said({}),
    null,
    'nvme0n1 OK: 3 % of its endurance used, 100 % spare left, 0 media errors, 37 °C',
  ],
  [
    'spare at its threshold',
    said({ avail_spare: 10 }),
    null,
    'nvme0n1 OK: 3 % of its endurance used, 10 % spare left, 0 media errors, 37 °C',
  ],
  [
    'spare below it',
    said({ avail_spare: 9 }),
    null,
    'nvme0n1 CRITICAL: 9 % spare left, less than its threshold of 10 %',
  ],
  [
    'a disk that says no spare and no threshold',
    said({ avail_spare: 0, spare_thresh: 0 }),
    null,
    'nvme0n1 OK: 3 % of its endurance used, 0 % spare left, 0 media errors, 37 °C',
  ],
  [
    'it warns of spare itself',
    said({ critical_warning: 1 }),
    null,
    'nvme0n1 CRITICAL: it warns of too little spare',
  ],
  [
    '80 % used',
    said({ percent_used: 80 }),
    null,
    'nvme0n1 OK: 80 % of its endurance used, 100 % spare left, 0 media errors, 37 °C',
  ],
  ['81 % used', said({ percent_used: 81 }), null, 'nvme0n1 WARNING: 81 % of its endurance used'],
  ['100 % used', said({ percent_used: 100 }), null, 'nvme0n1 CRITICAL: 100 % of its endurance used'],
  ['255 % used', said({ percent_used: 255 }), null, 'nvme0n1 CRITICAL: 255 % of its endurance used'],
  [
    'media errors, first seen',
    said({ media_errors: 5 }),
    null,
    'nvme0n1 OK: 3 % of its endurance used, 100 % spare left, 5 media errors, 37 °C',
  ],
  [
    'as many media errors as before',
    said({ media_errors: 5 }),
    { mediaErrors: 5 },
    'nvme0n1 OK: 3 % of its endurance used, 100 % spare left, 5 media errors, 37 °C',
  ],
  [
    'more media errors',
    said({ media_errors: 7 }),
    { mediaErrors: 5 },
    'nvme0n1 WARNING: 2 more media errors within a week, 7 in all',
  ],
  ['read-only', said({ critical_warning: 8 }), null, 'nvme0n1 CRITICAL: it takes no writes any more'],
  [
    'read-only, as the kernel says too',
    said({ critical_warning: 8 }, { readOnly: true }),
    null,
    'nvme0n1 CRITICAL: it takes no writes any more',
  ],
  [
    'not reliable, too hot',
    said({ critical_warning: 6 }),
    null,
    'nvme0n1 CRITICAL: it says that it is not reliable; it warns of its temperature, 37 °C',
  ],
  [
    'its memory is not kept',
    said({ critical_warning: 16 }),
    null,
    'nvme0n1 CRITICAL: its own memory would not survive a power cut',
  ],
  [
    'a warning before what is critical',
    said({ percent_used: 90 }, { readOnly: true }),
    null,
    'nvme0n1 CRITICAL: the kernel takes no writes for it; 90 % of its endurance used',
  ],
  [
    'no nvme',
    said({}, { log: { none: 'no program', why: 'nvme is not installed' } }),
    null,
    'nvme0n1 OK: known to the kernel only, since nvme is not installed',
  ],
  [
    'no nvme, and given up',
    said({}, { controller: 'dead', log: { none: 'no program', why: 'nvme is not installed' } }),
    null,
    'nvme0n1 CRITICAL: the kernel has given it up',
  ],
  [
    'no answer',
    said({}, { log: { none: 'no answer', why: 'nvme had no answer in time' } }),
    null,
    'nvme0n1 UNKNOWN: nvme had no answer in time',
  ],
  [
    'something else for an answer',
    said({}, { log: { text: 'NVMe status: 0x2' } }),
    null,
    'nvme0n1 OK: known to the kernel only, since what nvme printed is no SMART log',
  ],
];

describe('the health of a disk', () => {
  for (const [what, of, earlier, text] of CASES)
    it(`${what}: ${text}`, () =>
      assert.equal(healthText(judgeHealth(of, { disk: DISK, earlier, at: AT })), text));

  it('is that of its serial number, or of its name where it has none', () => {
    assert.equal(judgeHealth(said({}), { disk: DISK, earlier: null, at: AT }).serial, 'S1');
    const bare = { ...DISK, serial: null };
    assert.equal(judgeHealth(said({}), { disk: bare, earlier: null, at: AT }).serial, 'nvme0n1');
  });
});
