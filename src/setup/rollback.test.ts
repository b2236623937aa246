// rollback from outside: the list of runs, which base is worked on, and where it stands when it is cut short.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { openRun, readRuns } from '../engine/journal/journal.ts';
import type { Layout } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import type { Operation } from '../port/operation.ts';
import { repairCommand } from './repair.ts';
import { listRuns, rollbackCommand } from './rollback.ts';
import type { RollbackResult } from './rollback-document.ts';
import { renderRollback } from './rollback-text.ts';
import { setupCommand } from './setup.ts';

const LAYOUT = smallLayout('kafka');
const BASE = LAYOUT.base;

async function setUp(host: MemoryHost, layout: Layout = LAYOUT): Promise<void> {
  const { exitCode } = await setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
}

describe('rollback', () => {
  it('of a run: exit 0, and what it undid', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    const { exitCode, problems, result } = await rollbackCommand(contextOf(host, LAYOUT), 1);
    assert.deepEqual([exitCode, problems], [0, []]);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual([result.run, result.undoes, result.steps.length, result.left], [2, [1], 8, []]);
    assert.deepEqual([result.stepCount, result.leftCount], [8, 0]);
    assert.equal(host.snapshot(), before);
  });

  it('of nothing: exit 0, nothing recorded, and no lock to wait for', async () => {
    const host = createHost();
    host.lock('another');
    const nothing = {
      outcome: 'unchanged',
      run: null,
      undoes: [],
      steps: [],
      stepCount: 0,
      left: [],
      leftCount: 0,
      searchUnfinished: false,
      remaining: null,
      restart: [],
    };
    const { exitCode, result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.deepEqual([exitCode, result], [0, nothing]);
    assert.deepEqual(host.journal.runs(), []);
  });

  it('of a step that only a newer program knows: says so, and changes nothing', async () => {
    const host = createHost();
    await setUp(host);
    const header = { command: 'setup', scope: '', program: '9.9.9', root: '/', base: BASE } as const;
    const rest = { decisions: [], continues: null, mountPoint: '/', undoes: [] };
    const run = openRun(host.journal, { ...header, ...rest }, () => AT);
    const unknown = { type: 'weldShut', path: BASE } as unknown as Operation;
    const words = {
      address: `directory ${BASE}`,
      action: '~',
      summary: 'x',
      reason: 'x',
      needs: [],
    } as const;
    run.doing([{ ...words, do: unknown, undo: unknown }]);
    run.end('applied', null);
    host.faults.restart();
    const before = host.snapshot();
    const { exitCode, problems } = await rollbackCommand(contextOf(host, LAYOUT), run.run);
    assert.deepEqual([exitCode, problems[0]?.code], [EXIT.failed, 'E_OPERATION_UNKNOWN']);
    assert.equal(host.snapshot(), before);
  });

  it('only of the runs that were shown', async () => {
    const host = createHost();
    await setUp(host);
    const { result: shown } = await rollbackCommand(contextOf(host, LAYOUT), null, { isDry: true });
    assert.ok(shown !== null && shown.outcome === 'planned');
    // Somebody repairs something while the question stands.
    host.prepare.chmod(`${BASE}/kafka`, '0777');
    await repairCommand(contextOf(host, LAYOUT), { service: null, recursive: false, allowInUse: false });
    const before = host.snapshot();
    const { exitCode, problems } = await rollbackCommand(contextOf(host, LAYOUT), null, {
      agreed: shown.undoes,
    });
    assert.deepEqual([exitCode, problems.map(({ code }) => code)], [3, ['E_NOT_AS_SHOWN']]);
    assert.equal(host.snapshot(), before);
    const agreed = { agreed: [2] };
    assert.equal((await rollbackCommand(contextOf(host, LAYOUT), null, agreed)).result?.outcome, 'applied');
  });

  it('what is left is no failure', async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.file(`${BASE}/kafka/data/segment`);
    const { exitCode, result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual([exitCode, result.left.length, result.steps.length], [0, 7, 1]);
    assert.deepEqual([result.leftCount, result.stepCount], [7, 1]);
  });

  it("works on the base that the run worked on, whatever today's layout says", async () => {
    const host = createHost({ base: BASE });
    const before = host.snapshot();
    await setUp(host);
    const opened: string[] = [];
    const elsewhere = createHost({ base: '/fast' });
    const context = {
      ...contextOf({ ...elsewhere, journal: host.journal }, { base: '/fast', services: [] }),
      openHost: (base: string) => {
        opened.push(base);
        return host;
      },
    };
    assert.equal((await rollbackCommand(context, null)).exitCode, 0);
    assert.deepEqual(opened, [BASE]);
    assert.equal(host.snapshot(), before);
  });

  it('refuses without root, a run that is not recorded, and while another run is at work', async () => {
    const codeOf = async (
      act: () => Promise<unknown> | unknown,
    ): Promise<readonly [number, string | undefined]> => {
      try {
        await act();
      } catch (error) {
        assert.ok(error instanceof Problem);
        return [error.exitCode, error.diagnostics[0]?.code];
      }
      assert.fail('nothing was refused');
    };
    const host = createHost();
    await setUp(host);
    const before = host.snapshot();
    const stranger = createHost({ effectiveUid: 1000 });
    assert.deepEqual(await codeOf(() => rollbackCommand(contextOf(stranger), null)), [3, 'E_NOT_ROOT']);
    assert.deepEqual(await codeOf(() => listRuns(contextOf(stranger))), [3, 'E_NOT_ROOT']);
    assert.deepEqual(await codeOf(() => rollbackCommand(contextOf(host, LAYOUT), 7)), [2, 'E_UNKNOWN_RUN']);
    const release = host.lock('another');
    assert.deepEqual(await codeOf(() => rollbackCommand(contextOf(host, LAYOUT), null)), [3, 'E_LOCKED']);
    release();
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1]);
  });

  it('that fails says what failed, which run it is recorded as, and the way on, for there is none back', async () => {
    const host = createHost();
    await setUp(host);
    const failure = diagnostic('E_COMMAND', 'cannot change the host', { detail: 'userdel: exit status 8' });
    host.faults.failNext('deleteUser', new Problem(EXIT.failed, [failure]));
    const { exitCode, problems, result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.equal(exitCode, 1);
    assert.deepEqual(problems, [
      failure,
      {
        code: 'E_INCOMPLETE',
        summary: 'cannot finish the run',
        at: null,
        detail: ['6 of 8 steps are done and recorded as run 2; nothing is half done'],
        fix: 'sudo jts-hot rollback 1',
        hint: null,
      },
    ]);
    assert.ok(result !== null && result.outcome === 'failed');
    assert.equal(result.run, 2);
    const again = await rollbackCommand(contextOf(host, LAYOUT), 1);
    assert.equal(again.exitCode, 0);
  });
});

describe('rollback: of a disk that is not mounted', () => {
  /** kafka is set up on a disk of its own. */
  async function mounted(mountPoint: string): Promise<MemoryHost> {
    const host = createHost();
    host.prepare.directory(mountPoint);
    host.prepare.mount(mountPoint);
    await setUp(host);
    return host;
  }

  it('is refused, and nothing is done or recorded: the user that owns the data there stays', async () => {
    const host = await mounted('/data');
    const mountAgain = host.prepare.unmount('/data');
    const before = host.snapshot();
    await assert.rejects(rollbackCommand(contextOf(host, LAYOUT), null), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.exitCode, 3);
      const [problem] = error.diagnostics;
      assert.deepEqual(
        [problem?.code, problem?.at, problem?.fix],
        ['E_NOT_MOUNTED', BASE, 'sudo mount UUID=00000000-0000-4000-8000-000000000002 /data'],
      );
      return true;
    });
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1]);
    // And lets the next one in: mounted again, it is undone.
    mountAgain();
    const { result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual(result.left, []);
    // Nothing is there any more that could be taken for another one.
    assert.equal(host.bases(), '{\n  "schemaVersion": 1,\n  "bases": {}\n}\n');
  });

  it('is refused where the base was moved away, and where another one is in its place', async () => {
    const host = await mounted('/data');
    host.prepare.rename(BASE, `${BASE}2`);
    const refused = async () =>
      assert.rejects(rollbackCommand(contextOf(host, LAYOUT), null), (error) => {
        assert.ok(error instanceof Problem);
        fixes.push(error.diagnostics[0]?.fix ?? '');
        return error.diagnostics[0]?.code === 'E_BASE_MOVED' && error.exitCode === 3;
      });
    const fixes: string[] = [];
    await refused();
    host.prepare.directory(BASE);
    await refused();
    assert.deepEqual(fixes, [
      `sudo mv ${BASE}2 ${BASE}`,
      `sudo sh -c 'mv ${BASE} ${BASE}.other && mv ${BASE}2 ${BASE}'`,
    ]);
  });

  it('of an earlier version, of which only the mount point was recorded, is refused as well', async () => {
    const host = createHost();
    host.prepare.directory('/data');
    host.prepare.mount('/data');
    // Of an image no disk is recorded, as then of none.
    await setUp({ ...host, root: '/image' });
    assert.equal(host.bases(), null);
    const mountAgain = host.prepare.unmount('/data');
    await assert.rejects(rollbackCommand(contextOf(host, LAYOUT), null), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual(
        error.diagnostics.map(({ code, detail }) => [code, detail[0]]),
        [['E_NOT_MOUNTED', 'want what is mounted at /data']],
      );
      return true;
    });
    mountAgain();
    const { result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual(result.left, []);
  });

  it('goes on where the same disk is mounted elsewhere', async () => {
    const host = await mounted('/data');
    const elsewhere = {
      ...host,
      disk: (path: string) => {
        const view = host.disk(path);
        const holder = { ...view.holder, mountPoint: '/' };
        return { ...view, holder, mounts: [holder] };
      },
    };
    const { result } = await rollbackCommand(contextOf(elsewhere, LAYOUT), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual(result.left, []);
  });

  it('goes on where the disk is the same and somebody has removed a directory', async () => {
    const host = await mounted('/data');
    host.prepare.remove(`${BASE}/kafka/logs`);
    const { result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual(
      [result.left.map(({ address }) => address), result.stepCount],
      [['user kafka', 'group kafka'], 5],
    );
  });

  it('is refused for a run that the newest one completes, too', async () => {
    const host = createHost();
    host.prepare.directory('/data');
    host.prepare.mount('/data');
    host.faults.crash('before', 1 + 3 * 4 + 2);
    await assert.rejects(setUp(host));
    host.faults.restart();
    await setUp(host);
    host.prepare.unmount('/data');
    await assert.rejects(rollbackCommand(contextOf(host, LAYOUT), null), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual(
        error.diagnostics.map(({ code }) => code),
        ['E_NOT_MOUNTED'],
      );
      return true;
    });
  });

  it('every run records where its base was', async () => {
    const host = await mounted('/data');
    host.prepare.chmod(`${BASE}/kafka`, '0777');
    await repairCommand(contextOf(host, LAYOUT), { service: null, recursive: false, allowInUse: false });
    await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.deepEqual(
      readRuns(host.journal).map(({ command, mountPoint, scope }) => [command, mountPoint, scope]),
      [
        ['setup', '/data', ''],
        ['repair', '/data', ''],
        ['rollback', '/data', ''],
      ],
    );
  });
});

describe('rollback: of more than anybody reads', () => {
  it('gives the first thousand, and how many there are', async () => {
    const host = createHost();
    await setUp(host);
    const COUNT = 1200;
    for (let i = 0; i < COUNT; i++) host.prepare.file(`${BASE}/kafka/data/f${i}`, { mode: '0640' });
    await repairCommand(contextOf(host, LAYOUT), { service: 'kafka', recursive: true, allowInUse: false });
    const spoilt = host.clone();
    for (let i = 0; i < COUNT; i++) spoilt.prepare.chown(`${BASE}/kafka/data/f${i}`, 4711, 4711);

    const { result: whole } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(whole !== null && whole.outcome === 'applied');
    assert.deepEqual([whole.steps.length, whole.stepCount, whole.leftCount], [1000, COUNT, 0]);
    const { result: left } = await rollbackCommand(contextOf(spoilt, LAYOUT), null);
    assert.ok(left !== null && left.outcome === 'applied');
    assert.deepEqual([left.left.length, left.leftCount, left.stepCount], [1000, COUNT, 0]);

    const text = (result: RollbackResult) => renderRollback(result, createPaint(false)).split('\n');
    assert.deepEqual(text(whole).slice(100), [
      '  … and 1100 more: all are in the journal of run 3',
      '',
      'Run 2 undone: 1200 steps.',
      'Run 1 is still in place. Undo it too:  sudo jts-hot rollback 1',
    ]);
    assert.equal(text(left).filter((line) => line.startsWith('  = left as it is: ')).length, 100);
    assert.ok(text(left).includes('  … and 1100 more like these'));
    assert.match(text(left).join(' '), /Run 2 undone but for 1200 things left\./);
  });

  it('is counted from the record where a run was killed, and its number is in no end', async () => {
    const host = createHost();
    host.faults.crash('before', 1 + 3 * 2 + 2);
    await assert.rejects(setUp(host));
    host.faults.restart();
    const { result } = listRuns(contextOf(host, LAYOUT));
    assert.ok(result !== null && result.outcome === 'listed');
    assert.deepEqual(
      result.runs.map(({ state, steps }) => [state, steps]),
      [['interrupted', 3]],
    );
    // The same count is what a rollback that fails is held against.
    const failure = diagnostic('E_COMMAND', 'cannot change the host', { detail: 'userdel: exit status 8' });
    host.faults.failNext('deleteUser', new Problem(EXIT.failed, [failure]));
    const { problems } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.deepEqual(problems[1]?.detail, [
      '0 of 3 steps are done and recorded as run 2; nothing is half done',
    ]);
  });
});

describe('rollback --list', () => {
  it('shows every run with its state, oldest first, and changes nothing', async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.file(`${BASE}/kafka/data/segment`);
    await rollbackCommand(contextOf(host, LAYOUT), null);
    await setUp(host, smallLayout('kafka', 'redis'));
    const before = host.snapshot();
    const { exitCode, result } = listRuns(contextOf(host, LAYOUT));
    assert.equal(exitCode, 0);
    const about = { at: AT, base: BASE, decisions: [], problem: null };
    assert.deepEqual(result, {
      outcome: 'listed',
      runs: [
        { run: 1, command: 'setup', state: 'partly rolled back', steps: 8, undoes: [], ...about },
        { run: 2, command: 'rollback', state: 'applied', steps: 1, undoes: [1], ...about },
        { run: 3, command: 'setup', state: 'applied', steps: 6, undoes: [], ...about },
      ],
      unreadable: [],
    });
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1, 2, 3]);
  });
});

describe('the list of runs where a base is long', () => {
  const run = (number: number, base: string) => ({
    run: number,
    at: AT,
    command: 'setup' as const,
    base,
    state: 'applied' as const,
    steps: 37,
    undoes: [],
    decisions: [],
    problem: null,
  });
  const listed = (...bases: readonly string[]) =>
    renderRollback(
      { outcome: 'listed', runs: bases.map((base, i) => run(i + 1, base)), unreadable: [] },
      createPaint(false),
    ).split('\n');
  const LONG = `/srv/${'storage/'.repeat(8)}hot`;

  it('keeps a line a run, and writes the base out once', () => {
    assert.deepEqual(listed(LONG, LONG), [
      'RUN  WHEN               WHAT   STEPS  STATE',
      '  1  2026-01-01T00:00Z  setup     37  applied',
      '  2  2026-01-01T00:00Z  setup     37  applied',
      '',
      `BASE  ${LONG}`,
    ]);
  });

  it('has a number for each of several', () => {
    assert.deepEqual(listed(LONG, '/data/jts/hot', LONG), [
      'RUN  WHEN               WHAT   STEPS  STATE    BASE',
      '  1  2026-01-01T00:00Z  setup     37  applied  [1]',
      '  2  2026-01-01T00:00Z  setup     37  applied  [2]',
      '  3  2026-01-01T00:00Z  setup     37  applied  [1]',
      '',
      `[1]  ${LONG}`,
      '[2]  /data/jts/hot',
    ]);
  });
});
