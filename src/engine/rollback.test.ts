// Undoing: which runs and in which order, what goes, what stays and why.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { linesOf, readSteps } from '../../test/recorded.ts';
import type { Layout } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { PARTED_HOME } from '../port/host.ts';
import type { Operation } from '../port/operation.ts';
import { makePlan } from '../resources/index.ts';
import { apply } from './apply.ts';
import { chooseRuns } from './journal/choose.ts';
import { openRun, readRuns } from './journal/journal.ts';
import type { RecordedRun, RunHeader } from './journal/record.ts';
import type { Step } from './resource.ts';
import { type RollbackOptions, type RolledBack, rollback } from './rollback.ts';

const BASE = '/data/jts/hot';
const KAFKA = `${BASE}/kafka`;
const LAYOUT = smallLayout('kafka');
const HEADER: RunHeader = {
  command: 'setup',
  scope: '',
  program: 'test',
  root: '/',
  base: BASE,
  decisions: [],
  continues: null,
  mountPoint: '/',
  undoes: [],
};

const SEARCH = { base: BASE, limitMs: 1000, onProgress: () => {} };

function recorded(run: number, more: Partial<RecordedRun> = {}): RecordedRun {
  return { ...HEADER, run, at: AT, steps: 0, left: 0, outcome: 'applied', damage: null, ...more };
}

/** `runs`: oldest first. */
function choose(runs: readonly RecordedRun[], run: number | null): readonly RecordedRun[] {
  return chooseRuns(runs.toReversed(), { run, damaged: false, damageOf: ({ damage }) => damage });
}

function undoing(run: number, undoes: readonly number[], more: Partial<RecordedRun> = {}): RecordedRun {
  return recorded(run, { command: 'rollback', undoes, ...more });
}

describe('rollback: which runs', () => {
  const killed = recorded(1, { outcome: null });
  const table: readonly (readonly [string, readonly RecordedRun[], number | null, readonly number[]])[] = [
    ['nothing recorded', [], null, []],
    ['the only one', [recorded(1)], null, [1]],
    ['the newest', [recorded(1), recorded(2)], null, [2]],
    ['the newest one asked for', [recorded(1), recorded(2)], 2, [2]],
    ['one that was killed', [killed], null, [1]],
    ['one that completed another, and that one', [killed, recorded(2, { continues: 1 })], null, [2, 1]],
    [
      'one that completed another that completed another',
      [killed, recorded(2, { continues: 1, outcome: 'failed' }), recorded(3, { continues: 2 })],
      3,
      [3, 2, 1],
    ],
    ['the next older one, once the newest is undone', [recorded(1), recorded(2), undoing(3, [2])], null, [1]],
    ['an older one, once all newer are undone', [recorded(1), recorded(2), undoing(3, [2])], 1, [1]],
    ['nothing, once all are undone', [recorded(1), undoing(2, [1])], null, []],
    ['nothing, where the one asked for is undone', [recorded(1), undoing(2, [1])], 1, []],
    [
      'the next older one, where of the newest only what holds data stays',
      [recorded(1), recorded(2), undoing(3, [2], { left: 1 })],
      null,
      [1],
    ],
    ['what stayed, when asked for', [recorded(1), recorded(2), undoing(3, [2], { left: 1 })], 2, [2]],
    [
      'what stayed, when nothing else is left to undo',
      [recorded(1), undoing(2, [1], { left: 1 })],
      null,
      [1],
    ],
    [
      'the one whose rollback was killed, before any older one',
      [recorded(1), recorded(2), undoing(3, [2], { outcome: null })],
      null,
      [2],
    ],
    [
      'the one whose rollback failed, before any older one',
      [recorded(1), recorded(2), undoing(3, [2], { outcome: 'failed', left: 1 })],
      null,
      [2],
    ],
    [
      'the older one, once the rollback that was stopped came to its end',
      [recorded(1), recorded(2), undoing(3, [2], { outcome: 'stopped' }), undoing(4, [2], { left: 1 })],
      null,
      [1],
    ],
    ['a repair, like a setup', [recorded(1), recorded(2, { command: 'repair' })], null, [2]],
  ];
  for (const [what, runs, wanted, chosen] of table)
    it(`${what}: ${chosen.join(', ') || 'none'}`, () =>
      assert.deepEqual(
        choose(runs, wanted).map(({ run }) => run),
        chosen,
      ));

  const refused: readonly (readonly [string, readonly RecordedRun[], number, number])[] = [
    ['an older one', [recorded(1), recorded(2), recorded(3)], 1, 3],
    ['one between', [recorded(1), recorded(2), recorded(3)], 2, 3],
    ['one that another completed', [killed, recorded(2, { continues: 1 })], 1, 2],
    [
      'one below a rollback that was killed',
      [recorded(1), recorded(2), undoing(3, [2], { outcome: null })],
      1,
      2,
    ],
    ['what stayed, below a newer run', [recorded(1), undoing(2, [1], { left: 1 }), recorded(3)], 1, 3],
  ];
  for (const [what, runs, wanted, first] of refused)
    it(`${what}: refused, run ${first} first`, () =>
      assert.throws(
        () => choose(runs, wanted),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.exitCode, 3);
          assert.deepEqual(error.diagnostics, [
            {
              code: 'E_ROLLBACK_ORDER',
              summary: 'refusing to undo a run while a newer one stands on it',
              at: null,
              detail: [`want the newest first, which is run ${first}; found run ${wanted} asked for`],
              fix: `sudo jts-hot rollback ${first}`,
              hint: null,
            },
          ]);
          return true;
        },
      ));

  for (const [runs, known] of [
    [[recorded(1), recorded(4), undoing(5, [4])], 'want one of 1, 4; found 5'],
    [[], 'want run 5, found that no run is recorded'],
  ] as const)
    it(`one that is not recorded: bad input, ${known}`, () =>
      assert.throws(
        () => choose(runs, 5),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.exitCode, 2);
          assert.equal(error.diagnostics[0]?.code, 'E_UNKNOWN_RUN');
          assert.deepEqual(error.diagnostics[0]?.detail, [known]);
          return true;
        },
      ));
});

/** Records and does; the run is not known to be complete unless `end`. */
async function act(host: MemoryHost, steps: readonly Step[], more: Partial<RunHeader> = {}): Promise<void> {
  const run = openRun(host.journal, { ...HEADER, ...more }, () => AT);
  const { outcome, failure } = await apply(steps, host, { run, stopRequested: () => false });
  assert.equal(outcome, 'applied', JSON.stringify(failure));
}

async function setUp(
  host: MemoryHost,
  layout: Layout = LAYOUT,
  adopt: readonly string[] = [],
): Promise<void> {
  const plan = makePlan(layout, host, adopt);
  assert.deepEqual(plan.refusals, []);
  await act(host, plan.steps);
}

async function undo(host: MemoryHost, more: Partial<RollbackOptions> = {}): Promise<RolledBack> {
  const runs = choose(readRuns(host.journal), null);
  const header: RunHeader = { ...HEADER, command: 'rollback', undoes: runs.map(({ run }) => run) };
  const run = openRun(host.journal, header, () => AT);
  return rollback(runs, host, { run, stopRequested: () => false, search: SEARCH, ...more });
}

function recordedLeft(host: MemoryHost, run: number): RolledBack['left'] {
  return linesOf(host.journal, run).flatMap((line) => {
    const { type, address, why } = JSON.parse(line) as { type: string; address: string; why: string };
    return type === 'left' ? [{ address, why }] : [];
  });
}

function summaries({ undone }: RolledBack): readonly string[] {
  return undone.map((step) => step.summary);
}

describe('rollback: a setup', () => {
  it('is undone newest first, to where it began', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    const rolledBack = await undo(host);
    assert.deepEqual(summaries(rolledBack), [
      'remove empty directory /data/jts/hot/kafka/logs',
      'remove empty directory /data/jts/hot/kafka/data',
      'remove empty directory /data/jts/hot/kafka',
      'remove empty directory /data/jts/hot',
      'remove empty directory /data/jts',
      'remove empty directory /data',
      'delete user kafka',
      'delete group kafka',
    ]);
    assert.deepEqual([rolledBack.outcome, rolledBack.left, rolledBack.failure], ['applied', [], null]);
    assert.equal(host.snapshot(), before);
  });

  it('can itself be read back: each undo is recorded with what it undid', async () => {
    const host = createHost();
    await setUp(host);
    const setup = readSteps(host.journal, 1);
    const { undone } = await undo(host);
    const [, record] = readRuns(host.journal);
    assert.deepEqual(
      readSteps(host.journal, 2).map((step) => [step.address, step.do, step.undo]),
      setup.toReversed().map((step) => [step.address, step.undo, step.do]),
    );
    assert.equal(undone.length, 8);
    assert.deepEqual([record?.undoes, record?.outcome, record?.steps, record?.left], [[1], 'applied', 8, 0]);
  });

  it('leaves data, with its directory, the way there, and the account that owns it', async () => {
    const host = createHost();
    await setUp(host, smallLayout('kafka', 'redis'));
    host.prepare.file(`${KAFKA}/data/segment`, { uid: 999, gid: 999 });
    const rolledBack = await undo(host);
    assert.deepEqual(rolledBack.left, [
      { address: `directory ${KAFKA}/data`, why: 'it holds data' },
      { address: `directory ${KAFKA}`, why: `directory ${KAFKA}/data is still there` },
      { address: `directory ${BASE}`, why: `directory ${KAFKA} is still there` },
      { address: 'directory /data/jts', why: `directory ${BASE} is still there` },
      { address: 'directory /data', why: 'directory /data/jts is still there' },
      { address: 'user kafka', why: `directory ${KAFKA}/data is still there` },
      { address: 'group kafka', why: `directory ${KAFKA}/data is still there` },
    ]);
    assert.deepEqual(summaries(rolledBack), [
      'remove empty directory /data/jts/hot/redis/logs',
      'remove empty directory /data/jts/hot/redis/data',
      'remove empty directory /data/jts/hot/redis',
      'remove empty directory /data/jts/hot/kafka/logs',
      'delete user redis',
      'delete group redis',
    ]);
    assert.deepEqual(recordedLeft(host, 2), rolledBack.left);
    assert.equal(readRuns(host.journal)[1]?.left, rolledBack.left.length);
  });

  it('takes the rest away once the data is gone', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    host.prepare.file(`${KAFKA}/data/segment`);
    await undo(host);
    host.prepare.remove(`${KAFKA}/data/segment`);
    const rolledBack = await undo(host);
    assert.deepEqual([rolledBack.left, rolledBack.undone.length], [[], 7]);
    assert.equal(host.snapshot(), before);
  });

  it('keeps a user that somebody can log in as since, and with it its group', async () => {
    const host = createHost();
    await setUp(host);
    const users = {
      ...host,
      users: (names: readonly string[]) => {
        const found = new Map(host.users(names));
        const kafka = found.get('kafka');
        if (kafka !== undefined) found.set('kafka', { ...kafka, shell: '/bin/bash' });
        return found;
      },
    };
    const runs = choose(readRuns(host.journal), null);
    const run = openRun(host.journal, { ...HEADER, command: 'rollback', undoes: [1] }, () => AT);
    const { left } = await rollback(runs, users, { run, stopRequested: () => false, search: SEARCH });
    assert.deepEqual(left, [
      { address: 'user kafka', why: 'it was given a login shell since (/bin/bash)' },
      { address: 'group kafka', why: 'user kafka is still there' },
    ]);
  });

  it('leaves alone what is no directory any more', async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.remove(`${KAFKA}/logs`);
    host.prepare.link(`${KAFKA}/logs`, '/etc');
    const { left } = await undo(host);
    assert.deepEqual(left[0], { address: `directory ${KAFKA}/logs`, why: 'a link is there now' });
    assert.equal(host.entry(`${KAFKA}/logs`).type, 'link');
  });

  it('passes over what somebody has undone already', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    host.prepare.remove(`${KAFKA}/logs`);
    const rolledBack = await undo(host);
    assert.equal(rolledBack.undone.filter(({ do: { type } }) => type === 'removeDirectory').length, 5);
    // But where the directory went is not known: see account-undo.test.ts.
    host.perform({ type: 'deleteUser', name: 'kafka', home: KAFKA });
    host.perform({ type: 'deleteGroup', name: 'kafka' });
    assert.deepEqual((await undo(host)).left, []);
    assert.equal(host.snapshot(), before);
  });

  it('undoes what was begun and not known to be done, where it was done', async () => {
    for (const moment of ['before', 'after'] as const) {
      const host = createHost();
      const before = host.snapshot();
      // Header, then for each step its intention, its act, its end: the third act.
      host.faults.crash(moment, 1 + 3 * 2 + 2);
      await assert.rejects(setUp(host));
      host.faults.restart();
      const rolledBack = await undo(host);
      assert.equal(rolledBack.undone.length, moment === 'before' ? 2 : 3);
      assert.equal(host.snapshot(), before);
    }
  });
});

describe('rollback: changes', () => {
  /** kafka's directory was there: another's, empty, open to all. */
  function found(): MemoryHost {
    const host = createHost();
    host.prepare.addGroup('kafka', 996);
    host.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: KAFKA, shell: '/bin/false' });
    host.prepare.directory(KAFKA, { uid: 1000, gid: 1000, mode: '0777' });
    return host;
  }

  it('gives back owner and mode as they were', async () => {
    const host = found();
    const before = host.snapshot();
    await setUp(host);
    const rolledBack = await undo(host);
    assert.deepEqual(summaries(rolledBack), [
      'remove empty directory /data/jts/hot/kafka/logs',
      'remove empty directory /data/jts/hot/kafka/data',
      'change mode of /data/jts/hot/kafka from 0750 to 0777',
      'change owner of /data/jts/hot/kafka from kafka:kafka to 1000:1000',
    ]);
    assert.equal(host.snapshot(), before);
  });

  it('leaves what was changed since, with the reason', async () => {
    const host = found();
    await setUp(host);
    host.prepare.chmod(KAFKA, '0700');
    host.prepare.chown(KAFKA, 1001, 1001);
    const { left } = await undo(host);
    // One line a thing: the first reason is the true one.
    assert.deepEqual(left, [{ address: `directory ${KAFKA}`, why: 'want mode 0750, found 0700' }]);
    const entry = host.entry(KAFKA);
    assert.ok(entry.type === 'directory');
    assert.deepEqual([entry.uid, entry.gid, entry.mode], [1001, 1001, '0700']);
  });

  it('leaves another one that has taken its place', async () => {
    const host = found();
    await setUp(host);
    for (const part of ['/logs', '/data', '']) host.prepare.remove(`${KAFKA}${part}`);
    host.prepare.directory(KAFKA, { uid: 997, gid: 996, mode: '0750' });
    const { left, undone } = await undo(host);
    assert.deepEqual(left, [{ address: `directory ${KAFKA}`, why: 'another one has taken its place' }]);
    assert.deepEqual(undone, []);
  });

  it('of what the run itself made are not undone: it goes, or stays with its owner and mode', async () => {
    for (const data of [false, true]) {
      const host = createHost();
      host.prepare.directory('/data/jts/hot');
      const before = host.snapshot();
      // Killed right after it made kafka's directory, which is then broken; the next run mends and completes.
      host.faults.crash('after', 1 + 3 * 2 + 2);
      await assert.rejects(setUp(host));
      host.faults.restart();
      assert.equal(host.entry(KAFKA).type, 'directory');
      host.prepare.chown(KAFKA, 1000, 1000);
      host.prepare.chmod(KAFKA, '0777');
      await act(host, makePlan(LAYOUT, host).steps, { continues: 1 });
      if (data) host.prepare.file(`${KAFKA}/data/segment`);
      const rolledBack = await undo(host);
      if (!data) assert.equal(host.snapshot(), before);
      else {
        const entry = host.entry(KAFKA);
        const kafka = host.users(['kafka']).get('kafka');
        assert.ok(entry.type === 'directory');
        assert.deepEqual([entry.uid, entry.gid, entry.mode], [kafka?.uid, kafka?.gid, '0750']);
        assert.deepEqual(
          rolledBack.left.map(({ address }) => address),
          [`directory ${KAFKA}/data`, `directory ${KAFKA}`, 'user kafka', 'group kafka'],
        );
      }
      assert.ok(!rolledBack.undone.some((step) => step.do.type.startsWith('change')));
    }
  });

  it('recorded by two runs, done once, are undone once', async () => {
    const host = found();
    const before = host.snapshot();
    // Killed after the intention to change the owner was recorded.
    host.faults.crash('before', 1 + 2);
    await assert.rejects(setUp(host));
    host.faults.restart();
    await act(host, makePlan(LAYOUT, host).steps, { continues: 1 });
    const owner = readRuns(host.journal).flatMap((run) =>
      readSteps(host.journal, run.run)
        .filter((step) => step.do.type === 'changeOwner')
        .map((step) => step.do),
    );
    assert.equal(owner.length, 2);
    assert.deepEqual(owner[0], owner[1]);
    const rolledBack = await undo(host);
    assert.deepEqual(rolledBack.left, []);
    assert.equal(rolledBack.undone.filter((step) => step.do.type === 'changeOwner').length, 1);
    assert.equal(host.snapshot(), before);
  });

  it('without an undo stay, and what they need stays too', async () => {
    const host = found();
    const { steps } = makePlan(LAYOUT, host);
    await act(
      host,
      steps.map((step) => (step.address.endsWith('/logs') ? { ...step, undo: null } : step)),
    );
    const { left } = await undo(host);
    assert.deepEqual(left, [
      { address: `directory ${KAFKA}/logs`, why: 'it cannot be undone' },
      { address: `directory ${KAFKA}`, why: `directory ${KAFKA}/logs is still there` },
    ]);
  });
});

describe('rollback: goes on past what it must leave', () => {
  const obstacle = (
    code: string,
    detail: readonly string[] = ['deleteUser kafka', 'userdel: it is at work'],
  ) => new Problem(EXIT.failed, [diagnostic(code, 'cannot do it', { detail })]);

  for (const code of [
    'E_ACCOUNT_IN_USE',
    'E_CHANGED',
    'E_HARD_LINKS',
    'E_NOT_EMPTY',
    'E_NOT_THERE',
    'E_UNREACHABLE',
  ])
    it(`${code}: this one is left with the reason, what it needs stays, and the others go`, async () => {
      const host = createHost();
      const before = host.snapshot();
      await setUp(host, smallLayout('kafka', 'redis'));
      host.faults.failNext('deleteUser', obstacle(code));
      const rolledBack = await undo(host);
      assert.deepEqual([rolledBack.outcome, rolledBack.failure], ['applied', null]);
      assert.deepEqual(rolledBack.left, [
        { address: 'user redis', why: 'cannot do it: userdel: it is at work' },
        { address: 'group redis', why: 'user redis is still there' },
      ]);
      assert.deepEqual(recordedLeft(host, 2), rolledBack.left);
      assert.deepEqual([readRuns(host.journal)[1]?.outcome, readRuns(host.journal)[1]?.left], ['applied', 2]);
      assert.deepEqual(summaries(rolledBack).slice(-2), ['delete user kafka', 'delete group kafka']);
      assert.equal(rolledBack.undone.length, 12 - 2 + 1);
      const again = await undo(host);
      assert.deepEqual([again.left, summaries(again)], [[], ['delete user redis', 'delete group redis']]);
      assert.equal(host.snapshot(), before);
    });

  for (const code of ['E_IO', 'E_COMMAND', 'E_LOCKED', 'E_NO_EFFECT'])
    it(`${code} is about the host: it ends there`, async () => {
      const host = createHost();
      await setUp(host, smallLayout('kafka', 'redis'));
      host.faults.failNext('deleteUser', obstacle(code));
      const rolledBack = await undo(host);
      assert.deepEqual([rolledBack.outcome, rolledBack.failure?.code, rolledBack.left], ['failed', code, []]);
      assert.equal(host.users(['kafka']).size, 1);
    });

  it('a user with a process, as the host says it', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    const end = host.prepare.runAs(host.users(['kafka']).get('kafka')?.uid ?? -1);
    const { outcome, left } = await undo(host);
    assert.deepEqual(
      [outcome, left],
      [
        'applied',
        [
          { address: 'user kafka', why: 'cannot change the host: a process of that user runs' },
          { address: 'group kafka', why: 'user kafka is still there' },
        ],
      ],
    );
    end();
    assert.deepEqual((await undo(host)).left, []);
    assert.equal(host.snapshot(), before);
  });

  it('a look that fails is about the host: the run gets its end, and the same command goes on', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    host.faults.failLook(host.faults.looks() + 4);
    const first = await undo(host);
    assert.deepEqual([first.outcome, first.failure?.code, first.left], ['failed', 'E_LOOK', []]);
    assert.equal(readRuns(host.journal)[1]?.outcome, 'failed');
    assert.deepEqual((await undo(host)).left, []);
    assert.equal(host.snapshot(), before);
  });

  it('an obstacle without a detail is said in its summary', async () => {
    const host = createHost();
    await setUp(host);
    host.faults.failNext('deleteUser', obstacle('E_ACCOUNT_IN_USE', []));
    const [first] = (await undo(host)).left;
    assert.deepEqual(first, { address: 'user kafka', why: 'cannot do it' });
  });

  it('a directory that fills up while it is removed: it, the way there and its account stay', async () => {
    const host = createHost();
    await setUp(host, smallLayout('kafka', 'redis'));
    host.faults.failNext('removeDirectory', obstacle('E_NOT_EMPTY', ['1 entries are in it']));
    const { outcome, left, undone } = await undo(host);
    assert.equal(outcome, 'applied');
    assert.deepEqual(
      left.map(({ address }) => address),
      [
        `directory ${BASE}/redis/logs`,
        `directory ${BASE}/redis`,
        `directory ${BASE}`,
        'directory /data/jts',
        'directory /data',
        'user redis',
        'group redis',
      ],
    );
    assert.equal(undone.length, 6);
    const users = host.users(['kafka', 'redis']);
    assert.deepEqual([...users.keys()], ['redis']);
  });

  it('one of many in a batch of changes: the others of it are undone', async () => {
    const host = createHost();
    const paths = ['a', 'b', 'c'].map((name) => `/data/${name}`);
    for (const path of paths) host.prepare.file(path, { mode: '0600' });
    await act(
      host,
      paths.map((path): Step => {
        const entry = host.entry(path);
        assert.ok('inode' in entry);
        const change = { type: 'changeMode', path, inode: entry.inode } as const;
        return {
          address: `entry ${path}`,
          action: '~',
          summary: path,
          reason: '',
          do: { ...change, from: '0600', to: '0640' },
          undo: { ...change, from: '0640', to: '0600' },
          needs: [],
        };
      }),
    );
    host.faults.failNext('changeMode', obstacle('E_CHANGED', ['found 0666']));
    const { outcome, left, undone } = await undo(host);
    assert.deepEqual(
      [outcome, left, undone.map(({ address }) => address)],
      [
        'applied',
        [{ address: 'entry /data/c', why: 'cannot do it: found 0666' }],
        ['entry /data/b', 'entry /data/a'],
      ],
    );
  });
});

describe('rollback: only what it made', () => {
  it("leaves a directory that is somebody else's by now, empty as it is, with what it needs", async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.remove(`${KAFKA}/logs`);
    host.prepare.directory(`${KAFKA}/logs`, { uid: 4711, gid: 4711, mode: '0750' });
    const { left } = await undo(host);
    assert.deepEqual(left.slice(0, 2), [
      { address: `directory ${KAFKA}/logs`, why: 'another one has taken its place' },
      { address: `directory ${KAFKA}`, why: `directory ${KAFKA}/logs is still there` },
    ]);
    assert.equal(host.entry(`${KAFKA}/logs`).type, 'directory');
  });

  it('removes the very directory that it made, no matter who owns it by now, as long as it is empty', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    host.prepare.chown(`${KAFKA}/logs`, 4711, 4711);
    assert.deepEqual((await undo(host)).left, []);
    assert.equal(host.snapshot(), before);
  });

  it('takes the half-made directory of a killed setup away', async () => {
    const host = createHost();
    const before = host.snapshot();
    // Header, group, user and three directories of root's; the next is kafka's: made, but not given to it yet.
    host.faults.crash('torn', 1 + 3 * 5 + 2);
    await assert.rejects(setUp(host));
    host.faults.restart();
    const entry = host.entry(KAFKA);
    assert.ok(entry.type === 'directory');
    assert.deepEqual([entry.uid, entry.mode], [0, '0000']);
    assert.deepEqual((await undo(host)).left, []);
    assert.equal(host.snapshot(), before);
  });

  it('leaves a directory that its service made anew, empty as it is, also on the same inode', async () => {
    for (const like of [undefined, 'ext4'] as const) {
      const host = createHost();
      host.prepare.directory(BASE);
      host.prepare.mount(BASE, like);
      await setUp(host);
      const { uid = 0, gid = 0 } = host.users(['kafka']).get('kafka') ?? {};
      host.prepare.remove(`${KAFKA}/logs`);
      host.prepare.directory(`${KAFKA}/logs`, { uid, gid, mode: '0750' });
      const { left } = await undo(host);
      assert.deepEqual(left[0], {
        address: `directory ${KAFKA}/logs`,
        why: 'another one has taken its place',
      });
      assert.ok(host.users(['kafka']).has('kafka'));
    }
  });

  it('leaves a group that somebody else was faster to make, and the directory', async () => {
    for (const [type, make] of [
      ['createGroup', (prepare) => prepare.addGroup('kafka', 995)],
      [
        'createUser',
        (prepare) =>
          prepare.addUser({ name: 'kafka', uid: 995, gid: 1, home: KAFKA, shell: '/usr/sbin/nologin' }),
      ],
      ['makeDirectory', (prepare) => prepare.directory('/data')],
    ] satisfies readonly (readonly [Operation['type'], (prepare: MemoryHost['prepare']) => void])[]) {
      const host = createHost();
      const { steps } = makePlan(LAYOUT, host);
      const theirs = {
        ...host,
        perform(operation: Operation) {
          // Between the plan and the act, as when a package is installed at the same time.
          if (operation.type === type) make(host.prepare);
          host.perform(operation);
        },
      };
      const run = openRun(host.journal, HEADER, () => AT);
      const { failure } = await apply(steps, theirs, { run, stopRequested: () => false });
      assert.equal(failure?.code, 'E_EXISTS');
      const { left } = await undo(host);
      assert.deepEqual(
        left.map(({ why }) => why)[0],
        'somebody else was faster to make it',
        `${type}: ${JSON.stringify(left)}`,
      );
      const found = [host.groups(['kafka']).has('kafka'), host.users(['kafka']).has('kafka')];
      assert.deepEqual(
        [...found, host.entry('/data').type],
        {
          createGroup: [true, false, 'missing'],
          // The user needs its group, which was ours.
          createUser: [true, true, 'missing'],
          makeDirectory: [false, false, 'directory'],
        }[type],
      );
    }
  });

  it('finishes a deletion of a user that was cut short', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    host.faults.restart();
    // Header, then six directories with an intention, an act and an end each; then kafka's.
    host.faults.crash('torn', 1 + 3 * 6 + 2);
    await assert.rejects(undo(host));
    host.faults.restart();
    assert.equal(host.users(['kafka']).get('kafka')?.home, PARTED_HOME);
    const rolledBack = await undo(host);
    assert.deepEqual(
      [rolledBack.left, summaries(rolledBack)],
      [[], ['delete user kafka', 'delete group kafka']],
    );
    assert.equal(host.snapshot(), before);
  });
});

describe('rollback: users and groups', () => {
  type Prepare = MemoryHost['prepare'];
  type Remake = (host: MemoryHost, prepare: Prepare) => void;
  const remakeGroup =
    (gid: number, members: readonly string[]): Remake =>
    (host, prepare) => {
      host.perform({ type: 'deleteUser', name: 'kafka', home: KAFKA });
      host.perform({ type: 'deleteGroup', name: 'kafka' });
      prepare.addGroup('kafka', gid, members);
    };
  const table: readonly (readonly [string, Remake, readonly { address: string; why: string }[]])[] = [
    [
      'a group re-made with another number is left',
      remakeGroup(4711, []),
      [{ address: 'group kafka', why: 'it is another group of that name, with gid 4711 instead of 999' }],
    ],
    [
      'a group re-made with the same number that has members now is left',
      remakeGroup(999, ['alice']),
      [{ address: 'group kafka', why: 'it has members since: alice' }],
    ],
    [
      'a user re-made with the same home is left, and with it the group',
      (host, prepare) => {
        host.perform({ type: 'deleteUser', name: 'kafka', home: KAFKA });
        prepare.addUser({ name: 'kafka', uid: 4711, gid: 999, home: KAFKA, shell: '/bin/false' });
      },
      [
        { address: 'user kafka', why: 'it is another user of that name, with uid 4711 instead of 999' },
        { address: 'group kafka', why: 'user kafka is still there' },
      ],
    ],
    [
      'a group that is the first one of another user is left',
      (_, prepare) =>
        prepare.addUser({ name: 'deploy', uid: 1000, gid: 999, home: '/home/deploy', shell: '/bin/sh' }),
      [
        {
          address: 'group kafka',
          why: 'cannot change the host: it is the primary group of user deploy',
        },
      ],
    ],
  ];
  for (const [what, remake, left] of table)
    it(what, async () => {
      const host = createHost();
      await setUp(host);
      remake(host, host.prepare);
      assert.deepEqual((await undo(host)).left, left);
    });

  it('of a record without their numbers go by name and home, as they did', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    const lines = linesOf(host.journal, 1);
    assert.match(lines.join('\n'), /"uid":999.*"born":"\d+"/s);
    const earlier = lines.map((line) => {
      const { sum: _, uid, gid, born, ...rest } = JSON.parse(line);
      return JSON.stringify(rest.type === 'run' ? { ...rest, schemaVersion: 1 } : rest);
    });
    host.prepare.spoil(1, () => Buffer.from(`${earlier.join('\n')}\n`));
    for (const step of readSteps(host.journal, 1))
      assert.ok(step.undo !== null && !('uid' in step.undo) && !('born' in step.undo));
    const runs = readRuns(host.journal);
    const run = openRun(host.journal, { ...HEADER, command: 'rollback', undoes: [1] }, () => AT);
    const { left } = await rollback(runs, host, { run, stopRequested: () => false, search: SEARCH });
    assert.deepEqual(left, []);
    assert.equal(host.snapshot(), before);
  });
});

describe('rollback: cut short', () => {
  it('by a signal: says what is undone, and goes on from there', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    let asked = 0;
    const first = await undo(host, { stopRequested: () => ++asked > 2 });
    assert.deepEqual([first.outcome, first.undone.length, first.failure], ['stopped', 2, null]);
    assert.equal(readRuns(host.journal)[1]?.outcome, 'stopped');
    const second = await undo(host);
    assert.deepEqual([second.outcome, second.undone.length], ['applied', 6]);
    assert.equal(host.snapshot(), before);
  });

  it('by a failure: the same', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    const failure = diagnostic('E_COMMAND', 'cannot change the host', { detail: 'userdel: exit status 8' });
    host.faults.failNext('deleteUser', new Problem(EXIT.failed, [failure]));
    const first = await undo(host);
    assert.deepEqual([first.outcome, first.undone.length, first.failure], ['failed', 6, failure]);
    const second = await undo(host);
    assert.deepEqual([second.outcome, second.undone.length, second.left], ['applied', 2, []]);
    assert.equal(host.snapshot(), before);
  });

  it('by a kill, with an older run below: the same command takes it up again', async () => {
    const host = createHost();
    await setUp(host);
    const between = host.snapshot();
    await setUp(host, smallLayout('kafka', 'redis'));
    host.faults.restart();
    host.faults.crash('before', 6);
    await assert.rejects(undo(host));
    host.faults.restart();
    const { outcome, left } = await undo(host);
    assert.deepEqual([outcome, left], ['applied', []]);
    assert.equal(host.snapshot(), between);
  });
});
