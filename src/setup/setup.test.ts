// setup from outside: exit status, what is recorded, when it refuses, and where it stands when it does not come to its end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import { Crash, type MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Answer, Context } from '../command/context.ts';
import { readRuns } from '../engine/journal/journal.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';
import { type SetupOptions, setupCommand } from './setup.ts';
import type { SetupResult } from './setup-document.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka');
const FULL = diagnostic('E_IO', 'cannot change the host', { detail: 'ENOSPC' });

function setUp(
  host: MemoryHost,
  options: Partial<SetupOptions> = {},
  context: Partial<Context> = {},
): Promise<Answer<SetupResult>> {
  return setupCommand(contextOf(host, LAYOUT, context), {
    adopt: [],
    strict: false,
    saved: null,
    ...options,
  });
}

function problemOf(code: string, exitCode: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Problem);
    assert.deepEqual([error.diagnostics.map((one) => one.code), error.exitCode], [[code], exitCode]);
    return true;
  };
}

/** What the next one finds after a kill at event `n`. */
async function killed(host: MemoryHost, n: number): Promise<void> {
  host.faults.restart();
  host.faults.crash('after', n);
  await assert.rejects(setUp(host), Crash);
  host.faults.restart();
}

describe('setup', () => {
  it('on a fresh host: does it all, looks again, says which run it was', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    const { exitCode, problems, result } = await setUp(host);
    assert.deepEqual([exitCode, problems], [0, []]);
    assert.ok(result !== null);
    const { preflight, ...rest } = result;
    assert.deepEqual(rest, {
      root: '/',
      base: BASE,
      outcome: 'applied',
      run: 1,
      continues: null,
      steps,
      done: 8,
      verified: true,
      warnings: [],
      storage: null,
    });
    assert.equal(preflight.length, 7);
  });

  it('again: nothing to do, nothing recorded, and no need to wait for another run', async () => {
    const host = createHost();
    await setUp(host);
    const events = host.faults.events();
    host.lock('another');
    const { exitCode, result } = await setUp(host);
    assert.deepEqual(
      [exitCode, result?.outcome, result?.run, result?.steps, result?.verified],
      [0, 'unchanged', null, [], true],
    );
    assert.equal(host.faults.events(), events);
  });

  it('after damage: exactly the damage', async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.chmod(`${BASE}/kafka`, '0777');
    host.prepare.remove(`${BASE}/kafka/logs`);
    const { result } = await setUp(host);
    assert.deepEqual(
      result?.steps.map((step) => step.summary),
      ['/data/jts/hot/kafka  mode 0777 -> 0750', '/data/jts/hot/kafka/logs  kafka:kafka 0750'],
    );
    assert.deepEqual([result?.run, result?.continues], [2, null]);
  });

  it('records why: what was agreed to, gone on with, and kept', async () => {
    const host = createHost({ fileSystem: { ...NVME, device: null } });
    host.prepare.addGroup('kafka', 996);
    host.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: '/', shell: '/bin/bash' });
    host.prepare.file(`${BASE}/kafka/data/segment`, { uid: 4711 });
    await setUp(host, { adopt: ['kafka'] });
    assert.deepEqual(readRuns(host.journal)[0]?.decisions, [
      'may take over: kafka (--adopt)',
      'went on although space.device: want an NVMe disk, found ext4 from /dev/nvme0n1p1, disk unknown',
      'kept user kafka: want /bin/false, found /bin/bash; kept as it is',
    ]);
  });
});

describe('setup: refuses', () => {
  it('without root, before it looks at anything', async () => {
    const host = createHost({ effectiveUid: 1000 });
    await assert.rejects(setUp(host, {}, { invocation: 'setup --adopt kafka' }), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.exitCode, 3);
      assert.deepEqual(error.diagnostics, [
        {
          code: 'E_NOT_ROOT',
          summary: 'refusing to run without root',
          at: null,
          detail: ['want uid 0, found uid 1000'],
          fix: 'sudo jts-hot setup --adopt kafka',
          hint: null,
        },
      ]);
      return true;
    });
  });

  it('a service that is not in the layout', async () => {
    await assert.rejects(setUp(createHost(), { adopt: ['kafak'] }), problemOf('E_UNKNOWN_SERVICE', 2));
  });

  it('the whole of it, where one directory is in the way', async () => {
    const host = createHost();
    host.prepare.link(`${BASE}/kafka`, '/etc');
    const before = host.snapshot();
    const { exitCode, problems, result } = await setUp(host);
    assert.deepEqual(
      [exitCode, problems.map(({ code }) => code), result?.outcome, result?.run, result?.done],
      [3, ['E_NOT_A_DIRECTORY'], 'refused', null, 0],
    );
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), []);
  });

  it('with --strict, what preflight warns of; without, it goes on', async () => {
    const initial = { fileSystem: { ...NVME, device: null, sizeBytes: 2e12 }, container: 'docker' };
    const host = createHost(initial);
    const before = host.snapshot();
    const { exitCode, problems, result } = await setUp(host, { strict: true });
    assert.deepEqual([exitCode, result?.outcome], [3, 'refused']);
    assert.deepEqual(
      problems.map(({ code, at }) => [code, at]),
      [
        ['E_PREFLIGHT', 'host.container'],
        ['E_PREFLIGHT', 'space.device'],
        ['E_PREFLIGHT', 'space.size'],
      ],
    );
    assert.match(problems[0]?.hint ?? '', /; to set it up all the same, leave out --strict$/);
    assert.equal(host.snapshot(), before);
    assert.equal((await setUp(createHost(initial))).exitCode, 0);
  });

  it('while another run is at work', async () => {
    const host = createHost();
    const release = host.lock('another');
    const before = host.snapshot();
    await assert.rejects(setUp(host), problemOf('E_LOCKED', 3));
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), []);
    release();
    assert.equal((await setUp(host)).exitCode, 0);
  });

  it('a saved plan that no longer fits; one that does is applied', async () => {
    const host = createHost();
    const saved = makePlan(LAYOUT, host);
    host.prepare.addGroup('kafka', 900);
    const before = host.snapshot();
    await assert.rejects(setUp(host, { saved }), problemOf('E_STALE_PLAN', 3));
    assert.equal(host.snapshot(), before);
    assert.equal((await setUp(host, { saved: makePlan(LAYOUT, host) })).exitCode, 0);
  });
});

describe('setup: does not come to its end', () => {
  it('at a failure: says what failed, where it stands, and both ways on', async () => {
    const host = createHost();
    host.faults.failNext('makeDirectory', new Problem(EXIT.failed, [FULL]));
    const { exitCode, problems, result } = await setUp(host);
    assert.equal(exitCode, 1);
    assert.deepEqual(problems, [
      FULL,
      {
        code: 'E_INCOMPLETE',
        summary: 'cannot finish the run',
        at: null,
        detail: ['2 of 8 steps are done and recorded as run 1; nothing is half done'],
        fix: 'sudo jts-hot setup',
        hint: 'to go back: sudo jts-hot rollback 1',
      },
    ]);
    assert.deepEqual([result?.outcome, result?.done, result?.verified], ['failed', 2, false]);
  });

  it('after taking something over: what goes on takes it over too', async () => {
    const host = createHost();
    host.prepare.file(`${BASE}/kafka/data/segment`, { uid: 4711 });
    host.faults.failNext('makeDirectory', new Problem(EXIT.failed, [FULL]));
    const { problems } = await setUp(host, { adopt: ['kafka', 'base'] });
    assert.equal(problems[1]?.fix, 'sudo jts-hot setup --adopt kafka --adopt base');
  });

  it('at a signal: the same', async () => {
    const host = createHost();
    let asked = 0;
    const { exitCode, problems, result } = await setUp(host, {}, { stopRequested: () => ++asked > 2 });
    assert.deepEqual(
      [exitCode, problems.map(({ code }) => code), result?.outcome, result?.done],
      [1, ['E_STOPPED'], 'stopped', 2],
    );
  });

  it('lets the next one in: the same command completes it, and says which run it completes', async () => {
    const host = createHost();
    host.faults.failNext('makeDirectory', new Problem(EXIT.failed, [FULL]));
    await setUp(host);
    const { exitCode, result } = await setUp(host);
    assert.deepEqual([exitCode, result?.run, result?.continues, result?.done], [0, 2, 1, 6]);
  });

  it('killed on the way: the same', async () => {
    const host = createHost();
    await killed(host, 8);
    const { result } = await setUp(host);
    assert.deepEqual([result?.outcome, result?.run, result?.continues], ['applied', 2, 1]);
  });

  it('killed after the last step: an empty run closes it, so that a later one does not continue it', async () => {
    const host = createHost();
    // Header, three events a step; the end is not recorded.
    await killed(host, 1 + 3 * 8);
    assert.equal(readRuns(host.journal)[0]?.outcome, null);
    const { exitCode, result } = await setUp(host);
    assert.deepEqual(
      [exitCode, result?.outcome, result?.run, result?.continues, result?.verified],
      [0, 'unchanged', null, 1, true],
    );
    assert.equal(readRuns(host.journal)[0]?.outcome, 'applied');
    host.prepare.chmod(BASE, '0700');
    const later = await setUp(host);
    assert.deepEqual([later.result?.run, later.result?.continues], [2, null]);
  });

  it('is not verified where somebody changes the host behind it', async () => {
    const host = createHost();
    const meddled: MemoryHost = {
      ...host,
      perform: (operation) => {
        host.perform(operation);
        if ('path' in operation && operation.path.endsWith('/logs')) host.prepare.chmod(BASE, '0700');
      },
    };
    const { exitCode, problems, result } = await setUp(meddled);
    assert.deepEqual([exitCode, result?.outcome, result?.verified], [1, 'applied', false]);
    assert.deepEqual(problems, [
      {
        code: 'E_NOT_VERIFIED',
        summary: 'cannot find the host as it was just set up',
        at: null,
        detail: ['to do again: /data/jts/hot  mode 0700 -> 0755'],
        fix: null,
        hint: 'something else changes it at the same time; find it, then: sudo jts-hot setup',
      },
    ]);
  });
});

describe('a dry run of setup', () => {
  it('works without root, waits for no other run, changes and records nothing', async () => {
    const host = createHost({ effectiveUid: 1000 });
    host.lock('another');
    const before = host.snapshot();
    const { exitCode, problems, result } = await setUp(host, { isDry: true });
    assert.deepEqual([exitCode, problems, result?.outcome, result?.verified], [0, [], 'planned', false]);
    assert.deepEqual(result?.steps, makePlan(LAYOUT, host).steps);
    assert.deepEqual([host.snapshot(), host.journal.runs()], [before, []]);
  });

  it('refuses what setup would refuse, with its exit status', async () => {
    const host = createHost({ effectiveUid: 0 });
    host.prepare.directory(`${BASE}/kafka/data`, { uid: 4711 });
    host.prepare.file(`${BASE}/kafka/data/x`, { uid: 4711 });
    const dry = await setUp(host, { isDry: true });
    const real = await setUp(host);
    assert.deepEqual([dry.exitCode, dry.result?.outcome], [3, 'refused']);
    assert.deepEqual(dry.problems, real.problems);
  });
});
