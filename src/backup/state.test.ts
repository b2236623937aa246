// How the backups of a service are, from what the history has of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { smallLayout } from '../../test/cases/host.ts';
import { BACKUPS } from '../history/history.ts';
import type { Kept } from '../history/kept.ts';
import { builtInBackups } from '../layout/backups.ts';
import type { Layout } from '../layout/layout.ts';
import type { LevelState } from '../space/level.ts';
import type { BackupRecord, VerifyRecord } from './on-record.ts';
import { timeOfBackup } from './on-record.ts';
import { backupFindings, backupStates } from './state.ts';

const HOUR = 3600_000;
const NOW = Date.parse('2026-11-27T12:00:00Z');
const LAYOUT = smallLayout('kafka', 'redis');

const nameAt = (hours: number) => new Date(NOW - hours * HOUR).toISOString().replace(/[-:]|\.\d+/g, '');

/** `hours`: how long ago it was begun. */
const attempt = (
  hours: number,
  outcome: BackupRecord['outcome'],
  more: Partial<BackupRecord> = {},
  subject = 'redis',
): Kept => {
  const isDone = outcome === 'done';
  const record: BackupRecord = {
    outcome,
    name: nameAt(hours),
    bytes: isDone ? 1000 : null,
    seconds: outcome === 'begun' ? null : 5,
    why: outcome === 'failed' ? 'redis-cli ended with 1' : null,
    ...more,
  };
  return { kind: 'backup', subject, at: NOW - hours * HOUR, json: JSON.stringify(record) };
};
const done = (hours: number) => [attempt(hours, 'begun'), attempt(hours, 'done')];
const failed = (hours: number) => [attempt(hours, 'begun'), attempt(hours, 'failed')];
const proof = (hours: number, of: number, why: string | null = null): Kept => {
  const record: VerifyRecord = { name: nameAt(of), isGood: why === null, why };
  return { kind: 'verify', subject: 'redis', at: NOW - hours * HOUR, json: JSON.stringify(record) };
};

const historyOf = (kept: readonly Kept[]) => ({
  kept: ({ kind, subject }: { readonly kind: string; readonly subject?: string }) =>
    kept.filter((one) => one.kind === kind && (subject === undefined || one.subject === subject)),
});
const stateOf = (kept: readonly Kept[], layout: Layout = LAYOUT, isAtWork: boolean | null = null) =>
  backupStates(historyOf(kept), layout, NOW, () => isAtWork).find(({ service }) => service === 'redis');

const TABLE: readonly (readonly [string, readonly Kept[], string, readonly string[]])[] = [
  ['one of last night that was proved', [...done(10), proof(9, 10)], 'OK', []],
  ['proved later than the last one', [...done(300), proof(290, 300), ...done(10)], 'OK', []],
  ['never proved', done(10), 'WARNING', ['none was ever restored to prove it']],
  [
    'not proved for long',
    [...done(800), proof(790, 800), ...done(10)],
    'WARNING',
    ['none was restored to prove it for 33 days, more than 31 days'],
  ],
  ['just as old as it may be', [...done(36), proof(1, 36)], 'OK', []],
  [
    'too old',
    [...done(36.1), proof(1, 36.1)],
    'CRITICAL',
    ['the last good backup is 36 h old, more than 36 h'],
  ],
  [
    'the last attempt failed',
    [...done(34), proof(33, 34), ...failed(10)],
    'WARNING',
    ['the last attempt failed 10 h ago: redis-cli ended with 1'],
  ],
  ['one failed before the last good one', [...failed(34), ...done(10), proof(9, 10)], 'OK', []],
  [
    'nothing but failures',
    failed(10),
    'CRITICAL',
    ['there is no good backup', 'the last attempt failed 10 h ago: redis-cli ended with 1'],
  ],
  ['one at work', [...done(25), proof(24, 25), attempt(1, 'begun')], 'OK', []],
  [
    'one that was killed',
    [...done(34), proof(33, 34), attempt(13, 'begun')],
    'WARNING',
    ['the last attempt, begun 13 h ago, did not end'],
  ],
  [
    'one that was found damaged',
    [...done(34), ...done(10), proof(9, 34), proof(8, 10, 'base.tar.zst is not as it was')],
    'CRITICAL',
    [`${nameAt(10)} is not good: base.tar.zst is not as it was`],
  ],
  ['damaged once, proved since', [...done(34), proof(33, 34, 'no'), ...done(10), proof(9, 10)], 'OK', []],
  [
    'one dated ahead does not stand for the last good one',
    [...done(40), proof(39, 40), ...done(-48)],
    'CRITICAL',
    ['the last good backup is 40 h old, more than 36 h', `${nameAt(-48)} is dated ahead of the clock`],
  ],
  ['a clock a little ahead', [...done(-0.5), proof(-0.4, -0.5)], 'OK', []],
  [
    'what another version kept is not looked at',
    [{ kind: 'backup', subject: 'redis', at: NOW, json: '{"outcome":"other"}' }, ...done(10), proof(9, 10)],
    'OK',
    [],
  ],
];

describe('the backups of a service', () => {
  for (const [what, kept, level, causes] of TABLE)
    it(`${what}: ${level}`, () => {
      const state = stateOf(kept);
      assert.deepEqual([state?.level, state?.causes.map(({ found }) => found)], [level, causes]);
    });

  it('are told of where there ever was one, or where the layout names the service', () => {
    const named = (isWatched: boolean): Layout => ({
      ...LAYOUT,
      backups: { ...builtInBackups, services: [{ service: 'redis', isWatched, ...builtInBackups }] },
    });
    assert.equal(stateOf([]), undefined);
    assert.deepEqual(stateOf([], named(true))?.causes, [
      { level: 'CRITICAL', cause: 'none', found: 'there is no good backup' },
    ]);
    assert.equal(stateOf(failed(10), named(false)), undefined);
    // Nothing is known then, so nothing is said.
    assert.deepEqual(backupStates(null, named(true), NOW), []);
  });

  it('may be as old, and as long not proved, as the layout says', () => {
    const layout: Layout = {
      ...LAYOUT,
      backups: { ...builtInBackups, maxAgeSeconds: null, verifyEverySeconds: null, services: [] },
    };
    assert.equal(stateOf(done(1000), layout)?.level, 'OK');
  });

  it('have the last good one, the last attempt and the last proof', () => {
    const state = stateOf([...done(34), proof(33, 34), ...failed(10)]);
    assert.deepEqual(
      [state?.lastGood?.name, state?.lastGood?.bytes, state?.lastAttempt?.outcome, state?.lastVerified?.name],
      [nameAt(34), 1000, 'failed', nameAt(34)],
    );
  });
});

describe('what the channels are told', () => {
  const before = (level: LevelState['level']): ReadonlyMap<string, LevelState> =>
    new Map([
      [
        `${BACKUPS}redis`,
        {
          level,
          since: NOW - HOUR,
          fired: null,
          pending: null,
          episodes: { warning: null, critical: null, unknown: null },
          unmeasured: null,
        },
      ],
    ]);

  it('is the level of each service, since when, and why', () => {
    const states = backupStates(historyOf(failed(10)), LAYOUT, NOW);
    const found = backupFindings(states, { layout: LAYOUT, before: before('CRITICAL'), now: NOW });
    const finding = found.get('/backup/redis');
    assert.deepEqual([finding?.state.level, finding?.state.since], ['CRITICAL', NOW - HOUR]);
    assert.equal(finding?.facts?.backups?.causes.length, 2);
  });

  it('is an all-clear once nobody is to be told', () => {
    const silent: Layout = {
      ...LAYOUT,
      backups: {
        ...builtInBackups,
        services: [{ service: 'redis', isWatched: false, ...builtInBackups }],
      },
    };
    const found = backupFindings([], { layout: silent, before: before('CRITICAL'), now: NOW });
    assert.equal(found.get('/backup/redis')?.state.level, 'OK');
    // A history that cannot be read just now is none.
    assert.equal(backupFindings([], { layout: LAYOUT, before: before('CRITICAL'), now: NOW }).size, 0);
  });
});

it('a name is a moment, or none', () => {
  assert.equal(timeOfBackup('20261127T101403Z'), Date.parse('2026-11-27T10:14:03Z'));
  for (const name of ['', '20261127', '20260231T101403Z', '20261127T101403Z.tmp', '20261127T256103Z'])
    assert.equal(timeOfBackup(name), null, name);
});

it('tells one that was killed from one that is at work', () => {
  const kept = [...done(30), proof(29, 30), attempt(1, 'begun')];
  const found = (isAtWork: boolean | null) => stateOf(kept, LAYOUT, isAtWork)?.causes.map((one) => one.found);
  assert.deepEqual(found(true), []);
  assert.deepEqual(found(null), []);
  assert.deepEqual(found(false), ['the last attempt, begun 60 min ago, was killed']);
});
