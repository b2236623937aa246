// Acting step by step: what is recorded before what is done, and where a run stands when it does not come to its end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AT, createHost, smallLayout } from '../../test/cases/host.ts';
import { Crash, type MemoryHost } from '../../test/memory-host/memory-host.ts';
import { linesOf, readSteps } from '../../test/recorded.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host } from '../port/host.ts';
import type { Operation } from '../port/operation.ts';
import { makePlan } from '../resources/index.ts';
import { type ApplyOptions, apply, perform } from './apply.ts';
import { openRun, readRuns, STEPS_A_SYNC } from './journal/journal.ts';
import type { Step } from './resource.ts';

const LAYOUT = smallLayout('kafka');
const FULL = diagnostic('E_IO', 'cannot change the host', { detail: 'ENOSPC' });
const HEADER = {
  command: 'setup',
  scope: '',
  program: 'test',
  root: '/',
  base: LAYOUT.base,
  decisions: [],
  continues: null,
  mountPoint: '/',
  undoes: [],
} as const;

function start(host: Host, more: Partial<ApplyOptions> = {}): ApplyOptions {
  return { run: openRun(host.journal, HEADER, () => AT), stopRequested: () => false, ...more };
}

/** `run doing 1 done 1 …`, without the rest of the records. */
function record(host: Host): string {
  return lines(host)
    .map((line) => JSON.parse(line) as { type: string; step?: number; outcome?: string })
    .map(({ type, step, outcome }) => [type, step, outcome].filter((part) => part !== undefined).join(' '))
    .join(', ');
}

function lines(host: Host): readonly string[] {
  return linesOf(host.journal, 1);
}

/** A host that gives another answer while something is performed on it. */
function withPerform(host: MemoryHost, act: (operation: Operation) => void): Host {
  return { ...host, perform: act };
}

describe('apply', () => {
  it('records each step before it is done, and does them in order', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    const seen: string[] = [];
    const watched = withPerform(host, (operation) => {
      seen.push(`${operation.type} after ${lines(host).length} lines`);
      host.perform(operation);
    });
    const shown: (readonly [string, number])[] = [];
    const applied = await apply(
      steps,
      watched,
      start(host, { onStep: (step, i) => shown.push([step.address, i]) }),
    );
    assert.deepEqual(applied, { outcome: 'applied', done: steps, doneCount: steps.length, failure: null });
    assert.deepEqual(seen, [
      'createGroup after 2 lines',
      'createUser after 4 lines',
      'makeDirectory after 6 lines',
      'makeDirectory after 8 lines',
      'makeDirectory after 10 lines',
      'makeDirectory after 12 lines',
      'makeDirectory after 14 lines',
      'makeDirectory after 16 lines',
    ]);
    assert.deepEqual(
      shown,
      steps.map((step, i) => [step.address, i]),
    );
    assert.deepEqual(makePlan(LAYOUT, host).steps, []);
    assert.match(record(host), /^run, doing 1, done 1, doing 2, done 2, .*doing 8, done 8, end applied$/);
  });

  it('of nothing comes to its end', async () => {
    const host = createHost();
    const nothing = { outcome: 'applied', done: [], doneCount: 0, failure: null };
    assert.deepEqual(await apply([], host, start(host)), nothing);
    assert.equal(record(host), 'run, end applied');
  });

  it('stops between two steps when asked to', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    let asked = 0;
    const applied = await apply(steps, host, start(host, { stopRequested: () => ++asked > 3 }));
    assert.deepEqual(applied, { outcome: 'stopped', done: steps.slice(0, 3), doneCount: 3, failure: null });
    assert.equal(record(host), 'run, doing 1, done 1, doing 2, done 2, doing 3, done 3, end stopped');
    assert.deepEqual(makePlan(LAYOUT, host).steps, steps.slice(3));
  });

  it('hears of a signal that comes while it works', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    let signalled = false;
    const onStep = (_: Step, i: number) => {
      // As Node.js delivers signals: when the event loop turns.
      if (i === 2) setImmediate(() => (signalled = true));
    };
    const applied = await apply(steps, host, start(host, { onStep, stopRequested: () => signalled }));
    assert.deepEqual([applied.outcome, applied.done.length], ['stopped', 3]);
  });

  it('ends at a failure with what was done before it', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    host.faults.failNext('createUser', new Problem(EXIT.failed, [FULL]));
    const applied = await apply(steps, host, start(host));
    assert.deepEqual(applied, { outcome: 'failed', done: steps.slice(0, 1), doneCount: 1, failure: FULL });
    assert.equal(record(host), 'run, doing 1, done 1, doing 2, end failed');
    assert.deepEqual(makePlan(LAYOUT, host).steps, steps.slice(1));
    assert.equal(readRuns(host.journal)[0]?.steps, 2);
    assert.deepEqual(
      readSteps(host.journal, 1).map(({ address }) => address),
      steps.slice(0, 2).map(({ address }) => address),
    );
  });

  it('ends at a look that fails, with what was done before it: the run gets its end', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    const options = start(host);
    // Accounts are not looked up by path: the first look is for the first directory, made by then.
    host.faults.failLook(host.faults.looks() + 1);
    const applied = await apply(steps, host, options);
    assert.deepEqual(
      [applied.outcome, applied.done, applied.failure?.code],
      ['failed', steps.slice(0, 2), 'E_LOOK'],
    );
    assert.equal(record(host), 'run, doing 1, done 1, doing 2, done 2, doing 3, end failed');
    // It was made, and nobody could say so: the next plan finds it.
    assert.deepEqual(makePlan(LAYOUT, host).steps, steps.slice(3));
  });

  it('does nothing that it cannot record', async () => {
    const host = createHost();
    const before = host.snapshot();
    const { steps } = makePlan(LAYOUT, host);
    const { run } = start(host);
    const noRoom = () => {
      throw new Problem(EXIT.failed, [FULL]);
    };
    const applied = await apply(
      steps,
      withPerform(host, () => assert.fail('performed without a record')),
      { run: { ...run, doing: noRoom, end: noRoom }, stopRequested: () => false },
    );
    assert.deepEqual(applied, { outcome: 'failed', done: [], doneCount: 0, failure: FULL });
    assert.equal(host.snapshot(), before);
  });

  it('stops where it cannot record that a step is done, and says that it is', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    const { run } = start(host);
    const done = () => {
      throw new Problem(EXIT.failed, [FULL]);
    };
    const applied = await apply(steps, host, { run: { ...run, done }, stopRequested: () => false });
    assert.deepEqual(applied, { outcome: 'failed', done: steps.slice(0, 1), doneCount: 1, failure: FULL });
    assert.deepEqual(makePlan(LAYOUT, host).steps, steps.slice(1));
  });

  it('lets what is not a Problem through: that is a fault of ours', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    host.faults.crash('before', 3);
    await assert.rejects(apply(steps, host, start(host)), Crash);
  });
});

describe('apply: many at a time', () => {
  const many = (host: MemoryHost): readonly Step[] => {
    for (let i = 0; i < STEPS_A_SYNC + 3; i++) host.prepare.file(`/data/jts/hot/f${i}`, { mode: '0600' });
    return Array.from({ length: STEPS_A_SYNC + 3 }, (_, i): Step => {
      const path = `/data/jts/hot/f${i}`;
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
    });
  };

  it('are recorded together, before any of them is done', async () => {
    const host = createHost();
    const steps = many(host);
    const recorded: number[] = [];
    const watched = withPerform(host, (operation) => {
      recorded.push(lines(host).length);
      host.perform(operation);
    });
    const applied = await apply(steps, watched, start(host, { batch: STEPS_A_SYNC }));
    assert.deepEqual([applied.outcome, applied.done.length], ['applied', STEPS_A_SYNC + 3]);
    assert.deepEqual([...new Set(recorded)], [1 + STEPS_A_SYNC, 1 + 2 * STEPS_A_SYNC + 3]);
  });

  it('are taken as they come: never more than a batch of them waits', async () => {
    const host = createHost();
    const steps = many(host);
    let waiting = 0;
    let most = 0;
    function* coming(): Generator<Step> {
      for (const step of steps) {
        waiting += 1;
        most = Math.max(most, waiting);
        yield step;
      }
    }
    const watched = withPerform(host, (operation) => {
      waiting -= 1;
      host.perform(operation);
    });
    await apply(coming(), watched, start(host, { batch: STEPS_A_SYNC }));
    assert.deepEqual([waiting, most], [0, STEPS_A_SYNC]);
  });

  it('stop at the one that fails, and tell which were done', async () => {
    const host = createHost();
    const steps = many(host);
    host.prepare.chmod('/data/jts/hot/f2', '0666');
    const applied = await apply(steps, host, start(host, { batch: STEPS_A_SYNC }));
    assert.deepEqual([applied.outcome, applied.done], ['failed', steps.slice(0, 2)]);
    assert.equal(applied.failure?.code, 'E_CHANGED');
    assert.equal(readRuns(host.journal)[0]?.steps, STEPS_A_SYNC);
    assert.equal(readSteps(host.journal, 1).length, STEPS_A_SYNC);
  });
});

describe('perform', () => {
  const make: Operation = {
    type: 'makeDirectory',
    path: '/data',
    owner: { user: 'root', group: 'root' },
    mode: '0755',
  };
  const table: readonly (readonly [string, (host: MemoryHost) => void, readonly string[]])[] = [
    ['nothing was done', () => {}, ['create /data, root:root 0755', 'the host is as it was before']],
    [
      'something else was done',
      (host) => host.prepare.directory('/data', { mode: '0700' }),
      ['create /data, root:root 0755', 'found 0:0 0700'],
    ],
    [
      'it was swapped for a link',
      (host) => host.prepare.link('/data', '/etc'),
      ['create /data, root:root 0755', 'a link is there'],
    ],
  ];
  for (const [what, act, detail] of table)
    it(`does not believe in success: ${what}`, () => {
      const host = createHost();
      assert.throws(
        () =>
          perform(
            make,
            withPerform(host, () => act(host)),
          ),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.exitCode, 1);
          assert.deepEqual(error.diagnostics, [
            {
              code: 'E_NO_EFFECT',
              summary: 'cannot see the effect of a step that reported success',
              at: null,
              detail,
              fix: null,
              hint: 'somebody else may be changing the host at the same time; run the same command again',
            },
          ]);
          return true;
        },
      );
    });

  it('ends a run at the step without effect', async () => {
    const host = createHost();
    const { steps } = makePlan(LAYOUT, host);
    const lazy = withPerform(host, (operation) => {
      if (operation.type !== 'createUser') host.perform(operation);
    });
    const applied = await apply(steps, lazy, start(host));
    assert.deepEqual([applied.outcome, applied.done.length], ['failed', 1]);
    assert.equal(applied.failure?.code, 'E_NO_EFFECT');
  });
});
