// Which backups may go and which stay: tables, and properties over random months.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import type { Attempt } from './on-record.ts';
import { type Decision, decideRetention, type KnownBackup } from './retention.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27, 12);
const RULE = { keep: 3, olderSeconds: 7 * 86_400 };

const nameAt = (days: number) => new Date(NOW - days * DAY).toISOString().replace(/[-:]|\.\d+/g, '');

/** `days`: how long ago it was begun. */
function backup(days: number, more: Partial<KnownBackup> = {}): KnownBackup {
  const at = Math.floor((NOW - days * DAY) / 1000) * 1000;
  return { name: nameAt(days), at, damaged: null, parent: null, isProved: null, ...more };
}

const attempt = (days: number, outcome: Attempt['outcome'] = 'done'): Attempt => ({
  name: nameAt(days),
  at: NOW - days * DAY,
  outcome,
  ...{ bytes: 1, seconds: 1, why: null },
});

interface Given {
  readonly attempts?: readonly Attempt[];
  readonly keep?: number;
  readonly afterFailure?: boolean;
}

function decide(backups: readonly KnownBackup[], given: Given = {}): Decision {
  const newest = backups.reduce((a, b) => (a.name > b.name ? a : b), backup(1e4));
  const attempts = given.attempts ?? [{ ...attempt(0), name: newest.name, at: newest.at }];
  const { keep = RULE.keep, afterFailure = false } = given;
  return decideRetention(backups, { rule: { ...RULE, keep }, attempts, nowMs: NOW, afterFailure });
}

/** By day, what becomes of it. */
function said(backups: readonly KnownBackup[], given: Given = {}): Readonly<Record<string, string>> {
  const { goes, stays } = decide(backups, given);
  const dayOf = new Map(backups.map(({ name, at }) => [name, String(Math.round((NOW - at) / DAY))]));
  return Object.fromEntries([
    ...goes.map((name) => [dayOf.get(name), 'goes']),
    ...stays.map(({ name, reason }) => [dayOf.get(name), reason]),
  ]);
}

const nightly = (...days: readonly number[]) => days.map((day) => backup(day));

describe('what stays', () => {
  for (const [what, backups, want, keep] of [
    ['nothing of nothing', [], {}],
    ['the newest, however old', nightly(90, 100, 110), { 90: 'newest', 100: 'newest', 110: 'newest' }],
    [
      'what is young',
      nightly(1, 2, 3, 4, 8),
      { 1: 'newest', 2: 'newest', 3: 'newest', 4: 'young', 8: 'goes' },
    ],
    [
      'the newest that was proved',
      [...nightly(1, 2, 3), backup(20, { isProved: true }), backup(30, { isProved: true })],
      { 1: 'newest', 2: 'newest', 3: 'newest', 20: 'proved', 30: 'goes' },
    ],
    [
      'what another one needs, and what that needs',
      [backup(1, { parent: nameAt(20) }), backup(20, { parent: nameAt(30) }), ...nightly(25, 30, 40)],
      { 1: 'newest', 20: 'newest', 25: 'newest', 30: 'needed', 40: 'goes' },
    ],
    [
      'not what only those need that go',
      [...nightly(1, 2, 3), backup(20, { parent: nameAt(30) }), backup(30)],
      { 1: 'newest', 2: 'newest', 3: 'newest', 20: 'goes', 30: 'goes' },
    ],
    [
      'one whose manifest cannot be read; it is none of the newest',
      [backup(1, { damaged: 'no manifest' }), ...nightly(2, 3, 4, 20)],
      { 1: 'damaged', 2: 'newest', 3: 'newest', 4: 'newest', 20: 'goes' },
    ],
    [
      'all before a damaged one that may be an increment',
      [backup(1, { parent: nameAt(2) }), ...nightly(2, 3, 4), backup(20, { damaged: 'no' }), ...nightly(30)],
      { 1: 'newest', 2: 'newest', 3: 'newest', 4: 'young', 20: 'damaged', 30: 'needed by a damaged one' },
    ],
    [
      'one that lacks what it needs, and it is none of the newest',
      [backup(1, { parent: nameAt(5) }), ...nightly(2, 3, 4, 20)],
      { 1: 'damaged', 2: 'newest', 3: 'newest', 4: 'newest', 20: 'goes' },
    ],
    [
      'one that needs a younger one, or itself',
      [backup(9, { parent: nameAt(1) }), backup(8, { parent: nameAt(8) }), ...nightly(1, 2, 3)],
      { 1: 'newest', 2: 'newest', 3: 'newest', 8: 'damaged', 9: 'damaged' },
    ],
    [
      'one that was found bad is none of the newest, and goes with its age',
      [backup(1, { isProved: false }), ...nightly(2, 3, 4), backup(20, { isProved: false })],
      { 1: 'too few newer', 2: 'newest', 3: 'newest', 4: 'newest', 20: 'goes' },
    ],
  ] as readonly (readonly [string, readonly KnownBackup[], Record<string, string>, number?])[])
    it(what, () => assert.deepEqual(said(backups, keep === undefined ? {} : { keep }), want));

  it('is shown with the one that needs it', () => {
    const { stays } = decide([backup(1, { parent: nameAt(30) }), ...nightly(2, 3, 30)]);
    assert.equal(stays.at(-1)?.by, nameAt(1));
  });

  it('goes the newest first, so that none is left without what it needs', () => {
    const old = [backup(20, { parent: nameAt(30) }), backup(30)];
    assert.deepEqual(decide([...old, ...nightly(1, 2, 3)]).goes, [nameAt(20), nameAt(30)]);
  });
});

describe('nothing goes', () => {
  const month = nightly(1, 2, 3, 20, 30);
  for (const [what, attempts, want] of [
    ['after one that failed', [attempt(1), attempt(0, 'failed')], 'failed'],
    ['after one that was killed', [attempt(1), attempt(0, 'begun')], 'unfinished'],
    ['where the last one on record is gone', [attempt(1), attempt(0)], 'gone'],
    ['where nothing is on record', [], 'unknown'],
  ] as const)
    it(`${what}, unless that is agreed to`, () => {
      const { goes, stopped } = decide(month, { attempts });
      assert.deepEqual([goes, stopped?.why], [[], want]);
      assert.deepEqual(decide(month, { attempts, afterFailure: true }).goes, [nameAt(20), nameAt(30)]);
    });

  it('while one is dated ahead, whatever is agreed to', () => {
    const { goes, stopped } = decide([...month, backup(-2)], {
      attempts: [attempt(1)],
      afterFailure: true,
    });
    assert.deepEqual([goes, stopped], [[], { why: 'ahead', name: nameAt(-2) }]);
    // A clock a little behind is none.
    assert.equal(decide([...month, backup(-0.02)]).stopped, null);
  });
});

// Properties

interface Night {
  readonly fails: boolean;
  readonly isIncrement: boolean;
  readonly isProved: boolean | null;
  readonly isDamaged: boolean;
}

const night: fc.Arbitrary<Night> = fc.record({
  fails: fc.boolean(),
  isIncrement: fc.boolean(),
  isProved: fc.constantFrom(true, false, null),
  isDamaged: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

/** The oldest first; what each increment needs is the one before it. */
function monthOf(nights: readonly Night[]): {
  readonly backups: readonly KnownBackup[];
  readonly attempts: readonly Attempt[];
} {
  const backups: KnownBackup[] = [];
  const attempts: Attempt[] = [];
  for (const [i, { fails, isIncrement, isProved, isDamaged }] of nights.entries()) {
    const days = nights.length - i;
    attempts.push(attempt(days, fails ? 'failed' : 'done'));
    if (fails) continue;
    const parent = isIncrement ? (backups.at(-1)?.name ?? null) : null;
    backups.push(backup(days, isDamaged ? { damaged: 'no manifest' } : { parent, isProved }));
  }
  return { backups, attempts };
}

const months = fc.record({
  nights: fc.array(night, { minLength: 1, maxLength: 60 }),
  keep: fc.integer({ min: 1, max: 10 }),
  afterFailure: fc.boolean(),
});

const without = (backups: readonly KnownBackup[], { goes }: Decision) =>
  backups.filter(({ name }) => !goes.includes(name));

function isSound(one: KnownBackup, all: readonly KnownBackup[]): boolean {
  if (one.damaged !== null) return false;
  if (one.parent === null) return true;
  const parent = all.find(({ name }) => name === one.parent);
  return parent !== undefined && isSound(parent, all);
}

it('a second time there is nothing to do, and the order does not matter', () => {
  fc.assert(
    fc.property(months, fc.infiniteStream(fc.nat()), ({ nights, ...given }, weights) => {
      const { backups, attempts } = monthOf(nights);
      const first = decide(backups, { ...given, attempts });
      const left = without(backups, first);
      assert.deepEqual(decide(left, { ...given, attempts }).goes, []);
      const shuffled = backups
        .map((one) => [one, weights.next().value] as const)
        .sort((a, b) => a[1] - b[1])
        .map(([one]) => one);
      assert.deepEqual(decide(shuffled, { ...given, attempts }), first);
    }),
    random(500, 20261127),
  );
});

it('what can be restored and stays can still be restored, the newest and the newest proved among it', () => {
  fc.assert(
    fc.property(months, ({ nights, ...given }) => {
      const { backups, attempts } = monthOf(nights);
      const decision = decide(backups, { ...given, attempts });
      const left = without(backups, decision);
      const names = left.map(({ name }) => name);
      // Wherever it is stopped.
      for (let i = 0; i <= decision.goes.length; i += 1) {
        const partly = backups.filter(({ name }) => !decision.goes.slice(0, i).includes(name));
        for (const one of partly) if (isSound(one, backups)) assert.ok(isSound(one, partly), one.name);
      }
      const sound = backups.filter((one) => isSound(one, backups) && one.isProved !== false);
      for (const { name } of sound.slice(-given.keep)) assert.ok(names.includes(name), name);
      const proved = sound.findLast(({ isProved }) => isProved === true);
      if (proved !== undefined) assert.ok(names.includes(proved.name), `proved ${proved.name}`);
      for (const { name, at, damaged } of backups)
        if (damaged !== null || at > NOW - RULE.olderSeconds * 1000) assert.ok(names.includes(name), name);
      if (attempts.at(-1)?.outcome === 'failed' && !given.afterFailure) assert.deepEqual(decision.goes, []);
    }),
    random(500, 20261128),
  );
});

it('a month of nights with fifteen failures in a row still has the last good one, pruned every morning', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 10 }),
      (begins, keep, days) => {
        let left: readonly KnownBackup[] = [];
        const attempts: Attempt[] = [];
        let lastGood: string | null = null;
        for (let i = 0; i < 60; i += 1) {
          const nowMs = NOW + i * DAY;
          const name = nameAt(-i);
          const fails = i >= begins && i < begins + 15;
          attempts.push({ ...attempt(-i, fails ? 'failed' : 'done'), name });
          if (!fails) {
            left = [...left, { ...backup(-i), name, at: nowMs }];
            lastGood = name;
          }
          const before = left;
          const decision = decideRetention(left, {
            rule: { keep, olderSeconds: days * 86_400 },
            attempts,
            nowMs: nowMs + 3600_000,
            afterFailure: false,
          });
          left = without(left, decision);
          if (fails) assert.deepEqual(left, before);
          if (lastGood !== null) assert.ok(left.some(({ name: one }) => one === lastGood));
        }
        // It does get less.
        assert.ok(left.length <= Math.max(keep, days) + 2, String(left.length));
      },
    ),
    random(200, 20261129),
  );
});
