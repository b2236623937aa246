// Project quotas: want and have → steps and undo, and what is refused or said instead; then all of it on a host in memory.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../../test/cases/host.ts';
import { NO_CONSENT } from '../../engine/plan.ts';
import type { Consent, Difference } from '../../engine/resource.ts';
import type { Layout } from '../../layout/layout.ts';
import { NO_LIMITS, NO_PROJECT, type ProjectsAt, WITHOUT_QUOTA } from '../../port/project-quota.ts';
import { rollbackCommand } from '../../setup/rollback.ts';
import { setupCommand } from '../../setup/setup.ts';
import { makePlan } from '../index.ts';
import { type LimitHave, limit } from './limit.ts';
import { project } from './project.ts';
import { type QuotaHave, quota } from './quota.ts';
import type { ProjectWant, QuotaWant } from './quota-wants.ts';
import type { QuotaSeen } from './seen.ts';

const PATH = '/data/jts/hot/redis';
const LIMITS = { softBytes: 45e9, hardBytes: 50e9 };
const WANT: ProjectWant = { service: 'redis', path: PATH, project: 1_096_265, limits: LIMITS };
const OWN = { project: 1_096_265, inherits: true } as const;
const OTHER = { project: 7, inherits: true } as const;
const ON = { state: 'enforced', own: NO_PROJECT, made: NO_PROJECT, type: 'xfs' } as const;
const OFF: ProjectsAt = { state: 'off', reason: WITHOUT_QUOTA.notMountedSo, type: 'xfs' };

const codes = ({ refusals, warnings }: Difference) => [...refusals, ...warnings].map(({ code }) => code);
const steps = (difference: Difference) => difference.steps.map((step) => [step.do, step.undo, step.needs]);

describe('the project of a service', () => {
  const given = (from: typeof NO_PROJECT) => [
    [
      { type: 'setProject', path: PATH, from, to: OWN },
      { type: 'setProject', path: PATH, from: OWN, to: from },
      [`directory ${PATH}`],
    ],
  ];
  const adopted: Consent = { ...NO_CONSENT, adopt: new Set(['redis']) };
  const between = { project: OWN.project, inherits: false };
  for (const [what, seen, wanted, expected, consent] of [
    ['is given', ON, given(NO_PROJECT), [], NO_CONSENT],
    ['is given to what is about to be made', { ...ON, own: null }, given(NO_PROJECT), [], NO_CONSENT],
    [
      'is given to what would get another one',
      { ...ON, own: null, made: OTHER },
      given(OTHER),
      [],
      NO_CONSENT,
    ],
    ['is there', { ...ON, own: OWN }, [], [], NO_CONSENT],
    ['is there by half', { ...ON, own: between }, given(between), [], NO_CONSENT],
    ['is somebody else’s', { ...ON, own: OTHER }, [], ['E_FOREIGN_PROJECT'], NO_CONSENT],
    ['is somebody else’s, and may be taken', { ...ON, own: OTHER }, given(OTHER), [], adopted],
    ['cannot be seen', 'hidden', [], ['W_HIDDEN'], NO_CONSENT],
    ['is not counted', OFF, [], [], NO_CONSENT],
    ['can be none', null, [], [], NO_CONSENT],
  ] as readonly (readonly [string, QuotaSeen, unknown[], string[], Consent])[])
    it(what, () => {
      const found = project.diff(WANT, seen, consent);
      assert.deepEqual(steps(found), wanted);
      assert.deepEqual(codes(found), expected);
    });
});

describe('the limits of a service', () => {
  const set = (from: typeof NO_LIMITS, to: typeof NO_LIMITS) => [
    [
      { type: 'setProjectLimits', path: PATH, project: OWN.project, from, to },
      { type: 'setProjectLimits', path: PATH, project: OWN.project, from: to, to: from },
      [`project of ${PATH}`],
    ],
  ];
  const other = { softBytes: null, hardBytes: 1e9 };
  const counted = { ...WANT, limits: NO_LIMITS };
  const NEW = { seen: ON, limits: NO_LIMITS, usedBytes: 0 } as const;
  for (const [what, want, have, wanted] of [
    ['are set', WANT, { ...NEW, limits: NO_LIMITS }, set(NO_LIMITS, LIMITS)],
    ['are set to others', WANT, { ...NEW, limits: other }, set(other, LIMITS)],
    ['are there', WANT, { ...NEW, limits: LIMITS }, []],
    ['are not to be seen', WANT, { ...NEW, limits: null }, []],
    ['would not hold', WANT, { ...NEW, seen: { ...ON, state: 'accounted' } }, []],
    ['go where it is to be counted alone', counted, { ...NEW, limits: LIMITS }, set(LIMITS, NO_LIMITS)],
  ] as readonly (readonly [string, ProjectWant, LimitHave, unknown[]])[])
    it(what, () => assert.deepEqual(steps(limit.diff(want, have, NO_CONSENT)), wanted));
});

it('a limit that is exceeded already is refused, and kept where it was set before', () => {
  const full = { seen: { ...ON, own: OWN }, limits: NO_LIMITS, usedBytes: 50e9 } as const;
  assert.deepEqual(codes(limit.diff(WANT, full, NO_CONSENT)), ['E_LIMIT_EXCEEDED']);
  assert.deepEqual(codes(limit.diff(WANT, { ...full, limits: LIMITS }, NO_CONSENT)), []);
  assert.equal(limit.diff(WANT, { ...full, usedBytes: 50e9 - 1 }, NO_CONSENT).steps.length, 1);
});

describe('a file system with projects', () => {
  const want: QuotaWant = { path: '/data', service: null, mode: 'enforce', isOurs: true, projects: [WANT] };
  const have: QuotaHave = { seen: ON, mountPoint: '/data', source: '/dev/nvme0n1', isBegun: false };
  const ext4 = { ...OFF, type: 'ext4' } as const;
  for (const [what, of, on, code, says] of [
    ['is as it should be', want, have, [], /^$/],
    ['is new', want, { ...have, isBegun: true }, ['W_QUOTA_CHANGES'], /EXDEV.*ENOSPC.*grace time \(7 days\)/],
    [
      'is ext4 and new',
      want,
      { ...have, seen: { ...ON, type: 'ext4' }, isBegun: true },
      ['W_QUOTA_CHANGES'],
      /EDQUOT; root is not limited/,
    ],
    [
      'is mounted without',
      want,
      { ...have, seen: OFF },
      ['E_QUOTA_OFF'],
      /not by a remount: stop what uses it first; then: sudo umount \/data && sudo mount \/data/,
    ],
    [
      'is mounted without, by somebody',
      { ...want, isOurs: false },
      { ...have, seen: OFF },
      ['E_QUOTA_OFF'],
      /add prjquota to its line in \/etc\/fstab/,
    ],
    [
      'is ext4 and was made without',
      want,
      { ...have, seen: ext4 },
      ['E_QUOTA_OFF'],
      /sudo tune2fs -O project,quota -Q prjquota \/dev\/nvme0n1/,
    ],
    [
      'cannot have them',
      want,
      { ...have, seen: { ...OFF, reason: WITHOUT_QUOTA.noneOnType('btrfs') } },
      ['E_QUOTA_OFF'],
      /leave `quota:` out of the layout/,
    ],
    ['counts only', want, { ...have, seen: { ...ON, state: 'accounted' } }, ['E_QUOTA_NOT_HELD'], /prjquota/],
    [
      'counts, and is to count',
      { ...want, mode: 'account' },
      { ...have, seen: { ...ON, state: 'accounted' } },
      [],
      /^$/,
    ],
  ] as readonly (readonly [string, QuotaWant, QuotaHave, string[], RegExp])[])
    it(what, () => {
      const found = quota.diff(of, on, NO_CONSENT);
      assert.deepEqual(found.steps, []);
      assert.deepEqual(codes(found), code);
      const said = [...found.refusals, ...found.warnings].flatMap(({ detail, hint }) => [
        ...detail,
        hint ?? '',
      ]);
      assert.match(said.join(' '), says);
    });
});

describe('quota: enforce, on a host in memory', () => {
  const layout: Layout = {
    ...smallLayout('kafka', 'redis'),
    quota: { mode: 'enforce', softPercent: 90, hardPercent: 100 },
  };
  const host = () => createHost({ fileSystem: { ...NVME, options: ['rw', 'prjquota'] } });
  const options = { adopt: [], strict: false, saved: null };

  it('is set up once, counts what is there and what is made, and is taken back', async () => {
    const on = host();
    on.prepare.directory(`${layout.base}/redis/data`, { uid: 0 });
    const before = on.snapshot();
    const done = await setupCommand(contextOf(on, layout), options);
    assert.deepEqual([done.exitCode, done.problems], [0, []]);
    assert.equal(done.result?.steps.filter((step) => step.do.type === 'setProject').length, 2);
    assert.deepEqual(makePlan(layout, on).steps, []);
    assert.deepEqual(makePlan(layout, on).warnings, []);
    const state = on.projectQuota(`${layout.base}/redis/data`);
    assert.ok(state.state === 'enforced' && state.inherits && state.quota.project === OWN.project);
    assert.ok(state.quota.hardBytes !== null);
    await rollbackCommand(contextOf(on, layout), null);
    assert.equal(on.snapshot(), before);
  });

  it('is refused once for a file system that does not count, and nothing is done', async () => {
    const on = createHost();
    const { exitCode, problems } = await setupCommand(contextOf(on, layout), options);
    assert.equal(exitCode, 3);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['E_QUOTA_OFF'],
    );
  });

  it('is left to the kernel that will run where it is an image', () => {
    const on = createHost({ root: '/mnt' });
    assert.deepEqual(makePlan(layout, on).refusals, []);
  });
});
