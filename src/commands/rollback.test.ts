// rollback from outside: the list of runs, which base is worked on, and where it stands when it is cut short.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, contextOf, createHost, smallSpec } from '../../test/cases/host.ts';
import { diagnostic, EXIT, Problem } from '../diagnostic.ts';
import type { MemoryHost } from '../host/memory.ts';
import type { Spec } from '../spec.ts';
import { listRuns, rollbackCommand } from './rollback.ts';
import { setupCommand } from './setup.ts';

const SPEC = smallSpec('kafka');
const BASE = SPEC.base;

async function setUp(host: MemoryHost, spec: Spec = SPEC): Promise<void> {
  const { exitCode } = await setupCommand(contextOf(host, spec), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
}

describe('rollback', () => {
  it('of a run: exit 0, and what it undid', async () => {
    const host = createHost();
    const before = host.snapshot();
    await setUp(host);
    const { exitCode, problems, result } = await rollbackCommand(contextOf(host, SPEC), 1);
    assert.deepEqual([exitCode, problems], [0, []]);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual([result.run, result.undoes, result.steps.length, result.left], [2, [1], 8, []]);
    assert.equal(host.snapshot(), before);
  });

  it('of nothing: exit 0, nothing recorded, and no lock to wait for', async () => {
    const host = createHost();
    host.lock('another');
    const nothing = { outcome: 'unchanged', run: null, undoes: [], steps: [], left: [] };
    const { exitCode, result } = await rollbackCommand(contextOf(host, SPEC), null);
    assert.deepEqual([exitCode, result], [0, nothing]);
    assert.deepEqual(host.journal.runs(), []);
  });

  it('what is left is no failure', async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.file(`${BASE}/kafka/data/segment`);
    const { exitCode, result } = await rollbackCommand(contextOf(host, SPEC), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual([exitCode, result.left.length, result.steps.length], [0, 7, 1]);
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
    assert.deepEqual(await codeOf(() => rollbackCommand(contextOf(host, SPEC), 7)), [2, 'E_UNKNOWN_RUN']);
    const release = host.lock('another');
    assert.deepEqual(await codeOf(() => rollbackCommand(contextOf(host, SPEC), null)), [3, 'E_LOCKED']);
    release();
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1]);
  });

  it('that fails says what failed, which run it is recorded as, and the way on, for there is none back', async () => {
    const host = createHost();
    await setUp(host);
    const failure = diagnostic('E_COMMAND', 'cannot change the host', { detail: 'userdel: exit status 8' });
    host.faults.failNext('deleteUser', new Problem(EXIT.failed, [failure]));
    const { exitCode, problems, result } = await rollbackCommand(contextOf(host, SPEC), null);
    assert.equal(exitCode, 1);
    assert.deepEqual(problems, [
      failure,
      {
        code: 'E_INCOMPLETE',
        summary: 'cannot finish the run',
        at: null,
        detail: ['6 of 8 steps are done and recorded as run 2; nothing is half done'],
        hint: 'to go on: jts-hot rollback 1',
      },
    ]);
    assert.ok(result !== null && result.outcome === 'failed');
    assert.equal(result.run, 2);
    const again = await rollbackCommand(contextOf(host, SPEC), 1);
    assert.equal(again.exitCode, 0);
  });
});

describe('rollback --list', () => {
  it('shows every run with its state, oldest first, and changes nothing', async () => {
    const host = createHost();
    await setUp(host);
    host.prepare.file(`${BASE}/kafka/data/segment`);
    await rollbackCommand(contextOf(host, SPEC), null);
    await setUp(host, smallSpec('kafka', 'redis'));
    const before = host.snapshot();
    const { exitCode, result } = listRuns(contextOf(host, SPEC));
    assert.equal(exitCode, 0);
    const about = { at: AT, base: BASE, decisions: [] };
    assert.deepEqual(result, {
      outcome: 'listed',
      runs: [
        { run: 1, command: 'setup', state: 'partly rolled back', steps: 8, undoes: [], ...about },
        { run: 2, command: 'rollback', state: 'applied', steps: 1, undoes: [1], ...about },
        { run: 3, command: 'setup', state: 'applied', steps: 6, undoes: [], ...about },
      ],
    });
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1, 2, 3]);
  });
});
