// repair from outside: what naming a service agrees to, when it refuses, and that what it changed can be undone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import { Crash, type MemoryHost } from '../../test/memory-host/memory-host.ts';
import { readSteps, stateOf } from '../../test/recorded.ts';
import type { Answer, Context } from '../command/context.ts';
import { readRuns } from '../engine/journal/journal.ts';
import type { Layout } from '../layout/layout.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import { renderRepair } from './plan-text.ts';
import { type RepairOptions, repairCommand } from './repair.ts';
import type { RepairResult } from './repair-document.ts';
import { rollbackCommand } from './rollback.ts';
import { setupCommand } from './setup.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');

async function converged(layout: Layout = LAYOUT): Promise<MemoryHost> {
  const host = createHost();
  await setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });
  return host;
}

function repair(
  host: MemoryHost,
  options: Partial<RepairOptions> = {},
  layout: Layout = LAYOUT,
  context: Partial<Context> = {},
): Promise<Answer<RepairResult>> {
  const all = { service: null, recursive: false, allowInUse: false, ...options };
  return repairCommand(contextOf(host, layout, context), all);
}

async function refusal(act: Promise<unknown>): Promise<Problem> {
  try {
    await act;
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  assert.fail('nothing was refused');
}

function summaries({ result }: Answer<RepairResult>): readonly string[] {
  return result?.steps.map((step) => step.summary) ?? [];
}

describe('repair', () => {
  it('of what is right: nothing, and nothing recorded', async () => {
    const host = await converged();
    const before = host.snapshot();
    const { exitCode, result } = await repair(host);
    assert.deepEqual([exitCode, result?.outcome, result?.run, result?.entries], [0, 'unchanged', null, 0]);
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1]);
  });

  it('restores modes, owners and missing directories; rollback gives the damage back', async () => {
    const host = await converged();
    host.prepare.chmod(BASE, '0777');
    host.prepare.chmod(`${BASE}/kafka`, '0755');
    host.prepare.file(`${BASE}/redis/data/dump`);
    host.prepare.chown(`${BASE}/redis/data`, 0, 0);
    host.prepare.remove(`${BASE}/redis/logs`);
    const damaged = host.snapshot();
    const answer = await repair(host);
    assert.deepEqual(summaries(answer), [
      '/data/jts/hot  mode 0777 -> 0755',
      '/data/jts/hot/kafka  mode 0755 -> 0750',
      '/data/jts/hot/redis/data  owner 0:0 -> redis:redis',
      '/data/jts/hot/redis/logs  redis:redis 0750',
    ]);
    assert.deepEqual([answer.exitCode, answer.result?.outcome, answer.result?.run], [0, 'applied', 2]);
    const [, run] = readRuns(host.journal);
    assert.deepEqual([run?.command, run?.scope, run?.outcome, run?.steps], ['repair', '', 'applied', 4]);
    assert.equal((await repair(host)).result?.outcome, 'unchanged');
    await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.equal(host.snapshot(), damaged);
  });

  it("does not take somebody else's data without naming the service, and does when it is named", async () => {
    const host = await converged();
    host.prepare.file(`${BASE}/kafka/data/segment`);
    host.prepare.chown(`${BASE}/kafka/data`, 4711, 4711);
    host.prepare.chmod(`${BASE}/redis`, '0777');
    const before = host.snapshot();
    for (const service of [null, 'redis']) {
      const answer = await repair(host.clone(), { service });
      const refused = service === null;
      assert.equal(answer.result?.outcome, refused ? 'refused' : 'applied', `${service}`);
      assert.equal(answer.exitCode, refused ? 3 : 0);
    }
    const all = await repair(host);
    assert.deepEqual(
      all.problems.map(({ code, at }) => [code, at]),
      [['E_FOREIGN_OWNER', `directory ${BASE}/kafka/data`]],
    );
    assert.equal(host.snapshot(), before);
    assert.deepEqual(summaries(await repair(host, { service: 'kafka' })), [
      '/data/jts/hot/kafka/data  owner 4711:4711 -> kafka:kafka',
    ]);
  });

  it('of one service leaves the others alone, but mends the way to it', async () => {
    const host = await converged();
    host.prepare.chmod(BASE, '0700');
    host.prepare.chmod(`${BASE}/kafka`, '0777');
    host.prepare.chmod(`${BASE}/redis`, '0777');
    assert.deepEqual(summaries(await repair(host, { service: 'kafka' })), [
      '/data/jts/hot  mode 0700 -> 0755',
      '/data/jts/hot/kafka  mode 0777 -> 0750',
    ]);
    const entry = host.entry(`${BASE}/redis`);
    assert.ok(entry.type === 'directory');
    assert.equal(entry.mode, '0777');
  });

  it('of the base: the base alone', async () => {
    const host = await converged();
    host.prepare.chmod(BASE, '0700');
    host.prepare.chmod(`${BASE}/kafka`, '0777');
    assert.deepEqual(summaries(await repair(host, { service: 'base' })), [
      '/data/jts/hot  mode 0700 -> 0755',
    ]);
  });
});

describe('repair: refuses', () => {
  it('without root, and what is not in the layout', async () => {
    const stranger = await refusal(
      repair(createHost({ effectiveUid: 1000 }), { service: 'kafka', recursive: true }, LAYOUT, {
        invocation: 'repair kafka --recursive',
      }),
    );
    assert.deepEqual([stranger.exitCode, stranger.diagnostics[0]?.code], [3, 'E_NOT_ROOT']);
    assert.equal(stranger.diagnostics[0]?.fix, 'sudo jts-hot repair kafka --recursive');
    const unknown = await refusal(repair(await converged(), { service: 'kafak' }));
    assert.deepEqual([unknown.exitCode, unknown.diagnostics[0]?.code], [2, 'E_UNKNOWN_SERVICE']);
  });

  it('where users or groups are missing: that is work for setup', async () => {
    const host = createHost();
    host.prepare.addGroup('redis', 990);
    const before = host.snapshot();
    const { exitCode, diagnostics } = await refusal(repair(host));
    assert.equal(exitCode, 3);
    assert.deepEqual(diagnostics, [
      {
        code: 'E_MISSING_ACCOUNTS',
        summary: 'refusing to repair directories whose owner does not exist',
        at: null,
        detail: [
          'want group kafka, found none',
          'want user kafka, found none',
          'want user redis, found none',
        ],
        fix: 'sudo jts-hot setup',
        hint: null,
      },
    ]);
    assert.equal(host.snapshot(), before);
  });

  it('while another run is at work, and lets the next one in afterwards', async () => {
    const host = await converged();
    const release = host.lock('another');
    assert.equal((await refusal(repair(host))).diagnostics[0]?.code, 'E_LOCKED');
    release();
    assert.equal((await repair(host)).exitCode, 0);
    assert.equal((await repair(host)).exitCode, 0);
  });

  it("to go into a tree that is not one service's", async () => {
    const host = await converged(runBookLayout);
    for (const service of ['docker', 'backup', 'base']) {
      const { exitCode, diagnostics } = await refusal(
        repair(host, { service, recursive: true }, runBookLayout),
      );
      assert.deepEqual([exitCode, diagnostics[0]?.code, diagnostics[0]?.at], [3, 'E_MIXED_TREE', service]);
    }
  });

  it('to go into a tree in use, unless told otherwise; nothing to do there is no matter', async () => {
    const host = await converged();
    host.prepare.file(`${BASE}/kafka/data/segment`);
    host.prepare.file(`${BASE}/redis/data/dump`, ids(host, 'redis'));
    host.prepare.hold(`${BASE}/kafka/data/segment`);
    host.prepare.hold(`${BASE}/redis/data/dump`);
    const before = host.snapshot();
    const answer = await repair(host, { recursive: true });
    assert.deepEqual([answer.exitCode, answer.result?.outcome], [3, 'refused']);
    assert.deepEqual(answer.problems, [
      {
        code: 'E_IN_USE',
        summary: 'refusing to change files that a running service has open',
        at: `${BASE}/kafka/data/segment`,
        detail: ['want kafka stopped, found process 4242 (holder) with it open'],
        fix: null,
        hint: 'stop the service and run it again, or: sudo jts-hot repair kafka --recursive --allow-in-use',
      },
    ]);
    assert.equal(host.snapshot(), before);
    const forced = await repair(host, { recursive: true, allowInUse: true });
    assert.deepEqual([forced.exitCode, forced.result?.done], [0, 1]);
    assert.deepEqual(readRuns(host.journal).at(-1)?.decisions, ['while files are open (--allow-in-use)']);
  });
});

function ids(host: MemoryHost, name: string): { uid: number; gid: number; mode: string } {
  const user = host.users([name]).get(name);
  assert.ok(user !== undefined);
  return { uid: user.uid, gid: user.gid, mode: '0640' };
}

describe('repair: recursive', () => {
  it('mends the tree of each service, leaves what is not its own, and can be undone', async () => {
    const host = await converged();
    host.prepare.file(`${BASE}/kafka/data/topic/segment`, { mode: '0666' });
    host.prepare.link(`${BASE}/kafka/data/away`, '/etc/shadow');
    host.prepare.file(`${BASE}/redis/data/dump`, { ...ids(host, 'redis'), mode: '0200' });
    host.prepare.file(`${BASE}/stray`, { mode: '0777' });
    const before = host.snapshot();
    const answer = await repair(host, { recursive: true });
    assert.deepEqual(summaries(answer).toSorted(), [
      '/data/jts/hot/kafka/data/topic  owner 0:0 -> kafka:kafka'.replace(
        'kafka:kafka',
        numbers(host, 'kafka'),
      ),
      '/data/jts/hot/kafka/data/topic/segment  mode 0666 -> 0664',
      `/data/jts/hot/kafka/data/topic/segment  owner 0:0 -> ${numbers(host, 'kafka')}`,
      '/data/jts/hot/redis/data/dump  mode 0200 -> 0600',
    ]);
    assert.deepEqual(answer.result?.left, [
      {
        path: `${BASE}/kafka/data/away`,
        why: 'a symbolic link: its owner does not matter, and it is never followed',
      },
    ]);
    assert.equal(answer.result?.entries, 6 + 3 + 1);
    const rolledBack = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.equal(rolledBack.exitCode, 0);
    assert.equal(host.snapshot(), before);
  });

  it('of one service goes into no other', async () => {
    const host = await converged();
    for (const name of ['kafka', 'redis']) host.prepare.file(`${BASE}/${name}/data/f`);
    assert.deepEqual(summaries(await repair(host, { service: 'kafka', recursive: true })), [
      `/data/jts/hot/kafka/data/f  owner 0:0 -> ${numbers(host, 'kafka')}`,
    ]);
  });

  it("leaves a service's own links and sockets as they are", async () => {
    const host = await converged();
    host.prepare.link(`${BASE}/redis/data/current`, 'dump');
    const { uid, gid } = ids(host, 'redis');
    host.prepare.chown(`${BASE}/redis/data/current`, uid, gid);
    host.prepare.special(`${BASE}/redis/data/socket`, { uid, gid, mode: '0777' });
    const { exitCode, result } = await repair(host, { service: 'redis', recursive: true });
    assert.deepEqual([exitCode, result?.outcome, result?.left], [0, 'unchanged', []]);
  });

  it('goes on past what it cannot change, lists it with the reason, and fails', async () => {
    const host = await converged();
    for (const name of ['a', 'b', 'c']) host.prepare.file(`${BASE}/kafka/data/${name}`, { mode: '0666' });
    const stubborn: MemoryHost = {
      ...host,
      perform(operation) {
        // Somebody is faster, just then.
        if ('path' in operation && operation.path.endsWith('/b')) host.prepare.chmod(operation.path, '0640');
        host.perform(operation);
      },
    };
    const { exitCode, problems, result } = await repair(stubborn, { service: 'kafka', recursive: true });
    assert.deepEqual([exitCode, result?.outcome, result?.done], [1, 'applied', 4]);
    assert.deepEqual(
      problems.map(({ code, detail }) => [code, ...detail]),
      [['E_NOT_MENDED', '1 could not be changed, as is listed with the reasons; all others are done']],
    );
    assert.deepEqual(
      result?.left.map(({ path }) => path),
      [`${BASE}/kafka/data/b`],
    );
    const again = await repair(host, { service: 'kafka', recursive: true });
    assert.deepEqual([again.exitCode, again.result?.done], [0, 1]);
    await rollbackCommand(contextOf(host, LAYOUT), null, { damaged: false });
    await rollbackCommand(contextOf(host, LAYOUT), null, { damaged: false });
    const entry = host.entry(`${BASE}/kafka/data/a`);
    assert.deepEqual('mode' in entry && [entry.uid, entry.mode], [0, '0666']);
  });

  it('stops where the host itself is in trouble', async () => {
    const host = await converged();
    for (const name of ['a', 'b']) host.prepare.file(`${BASE}/kafka/data/${name}`);
    const full: MemoryHost = {
      ...host,
      perform() {
        throw new Problem(1, [diagnostic('E_IO', 'cannot change an owner', { detail: 'ENOSPC' })]);
      },
    };
    const { exitCode, result, problems } = await repair(full, { service: 'kafka', recursive: true });
    assert.deepEqual([exitCode, result?.outcome, problems[0]?.code], [1, 'failed', 'E_IO']);
  });

  it('stopped on the way: what goes on is the same command, all of it', async () => {
    const host = await converged();
    for (let i = 0; i < 5; i++) host.prepare.file(`${BASE}/kafka/data/f${i}`);
    const invocation = 'repair kafka --recursive --allow-in-use';
    const options = { service: 'kafka', recursive: true, allowInUse: true };
    const stopped = await repair(host, options, LAYOUT, { invocation, stopRequested: () => true });
    assert.deepEqual(
      stopped.problems.map(({ code, fix, hint }) => [code, fix, hint]),
      [['E_STOPPED', `sudo jts-hot ${invocation}`, 'to go back: sudo jts-hot rollback 2']],
    );
  });

  it('killed on the way: the same command goes on, and both are undone together', async () => {
    const host = await converged();
    for (let i = 0; i < 5; i++) host.prepare.file(`${BASE}/kafka/data/f${i}`);
    const before = host.snapshot();
    host.faults.restart();
    // Header, one record for all intentions, then the changes.
    host.faults.crash('after', 4);
    await assert.rejects(repair(host, { service: 'kafka', recursive: true }), Crash);
    host.faults.restart();
    const { result } = await repair(host, { service: 'kafka', recursive: true });
    assert.deepEqual([result?.outcome, result?.done], ['applied', 3]);
    const { result: undone } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(undone !== null && undone.outcome === 'applied');
    assert.deepEqual([undone.undoes, undone.left], [[3, 2], []]);
    assert.equal(host.snapshot(), before);
  });
});

describe('repair: of a large tree, stopped by a signal', () => {
  const COUNT = 12_000;
  async function large(): Promise<MemoryHost> {
    const host = await converged();
    for (let i = 0; i < COUNT; i++) host.prepare.file(`${BASE}/kafka/data/f${i}`, { mode: '0640' });
    return host;
  }
  const options = { service: 'kafka', recursive: true };

  it('while it looks: nothing is begun, nothing recorded, and it says how to begin again', async () => {
    const host = await large();
    const before = host.snapshot();
    const more = { stopRequested: () => true, invocation: 'repair kafka --recursive' };
    const { exitCode, problems, result } = await repair(host, options, LAYOUT, more);
    assert.deepEqual([exitCode, result?.outcome, result?.run, result?.done], [1, 'stopped', null, 0]);
    assert.deepEqual(
      problems.map(({ code, fix }) => [code, fix]),
      [['E_STOPPED', 'sudo jts-hot repair kafka --recursive']],
    );
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1]);
  });

  it('while it works: what is done is recorded, the same command goes on, rollback undoes both', async () => {
    const host = await large();
    const before = host.snapshot();
    let asked = 0;
    const first = await repair(host, options, LAYOUT, { stopRequested: () => ++asked > 4 });
    assert.deepEqual([first.result?.outcome, first.result?.stepCount], ['stopped', COUNT]);
    const done = first.result?.done ?? 0;
    assert.ok(done > 0 && done < COUNT, `${done}`);
    const second = await repair(host, options);
    assert.deepEqual([second.result?.outcome, second.result?.done], ['applied', COUNT - done]);
    const { result } = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(result !== null && result.outcome === 'applied');
    assert.deepEqual([result.undoes, result.stepCount, result.leftCount], [[3, 2], COUNT, 0]);
    assert.equal(host.snapshot(), before);
  });

  it('and a rollback stopped while it works is taken up again', async () => {
    const host = await large();
    const before = host.snapshot();
    await repair(host, options);
    let asked = 0;
    const context = contextOf(host, LAYOUT, { stopRequested: () => ++asked > 3 });
    const stopped = await rollbackCommand(context, null);
    assert.ok(stopped.result !== null && stopped.result.outcome === 'stopped');
    assert.match(stopped.problems[0]?.detail[0] ?? '', /^1536 of 12000 steps are done and recorded as run 3/);
    const again = await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.ok(again.result !== null && again.result.outcome === 'applied');
    assert.deepEqual([again.result.undoes, again.result.stepCount], [[2], COUNT - 1536]);
    assert.equal(host.snapshot(), before);
  });
});

describe('repair: a tree that changes between the look and the work', () => {
  it('is repaired as it is by then, and what was done is what is told', async () => {
    const host = await converged();
    for (const name of ['a', 'b', 'c']) host.prepare.file(`${BASE}/kafka/data/${name}`, { mode: '0640' });
    let looks = 0;
    const changing: MemoryHost = {
      ...host,
      *walk(path) {
        looks += 1;
        if (looks === 2) {
          host.prepare.remove(`${BASE}/kafka/data/b`);
          host.prepare.hardLink(`${BASE}/elsewhere`, `${BASE}/kafka/data/c`);
          host.prepare.file(`${BASE}/kafka/data/d`, { mode: '0640' });
        }
        yield* host.walk(path);
      },
    };
    const { result } = await repair(changing, { service: 'kafka', recursive: true });
    assert.deepEqual([result?.outcome, result?.stepCount, result?.done], ['applied', 2, 2]);
    assert.deepEqual(
      result?.steps.map(({ address }) => address),
      [`entry ${BASE}/kafka/data/a`, `entry ${BASE}/kafka/data/d`],
    );
    const c = host.entry(`${BASE}/kafka/data/c`);
    assert.ok(c.type === 'file' && c.uid === 0);
  });
});

describe('repair: what an interrupted one is continued by', () => {
  /** A repair of kafka's tree, killed on the way. */
  async function killed(): Promise<MemoryHost> {
    const host = await converged();
    for (let i = 0; i < 3; i++) host.prepare.file(`${BASE}/kafka/data/f${i}`);
    host.prepare.chmod(`${BASE}/redis`, '0777');
    host.faults.restart();
    host.faults.crash('after', 3);
    await assert.rejects(repair(host, { service: 'kafka', recursive: true }), Crash);
    host.faults.restart();
    return host;
  }

  const table: readonly (readonly [string, Partial<RepairOptions>, string, number | null])[] = [
    ['the same', { service: 'kafka', recursive: true }, 'kafka --recursive', 2],
    [
      'the same, over open files',
      { service: 'kafka', recursive: true, allowInUse: true },
      'kafka --recursive',
      2,
    ],
    ['one of all trees', { recursive: true }, '--recursive', null],
    ['one of another service', { service: 'redis' }, 'redis', null],
    ['one of all', {}, '', null],
  ];
  for (const [what, options, scope, continues] of table)
    it(`${what}: ${continues ?? 'a run of its own'}`, async () => {
      const host = await killed();
      const { result } = await repair(host, options);
      assert.deepEqual([result?.outcome, result?.run], ['applied', 3]);
      const run = readRuns(host.journal).at(-1);
      assert.deepEqual([run?.scope, run?.continues], [scope, continues]);
    });

  const states = (host: MemoryHost) => {
    const runs = readRuns(host.journal);
    return runs.map((run) => stateOf(run, runs));
  };

  it('one that finds nothing left to do closes the same, and records nothing of its own', async () => {
    const host = await killed();
    for (let i = 0; i < 3; i++) {
      const { uid, gid } = ids(host, 'kafka');
      host.prepare.chown(`${BASE}/kafka/data/f${i}`, uid, gid);
    }
    assert.deepEqual(states(host), ['applied', 'interrupted']);
    const { result } = await repair(host, { service: 'kafka', recursive: true });
    assert.deepEqual([result?.outcome, result?.run], ['unchanged', null]);
    assert.deepEqual(states(host), ['applied', 'applied']);
    assert.equal(readRuns(host.journal)[1]?.steps, readSteps(host.journal, 2).length);
  });

  it('one of another scope that finds nothing to do leaves it open', async () => {
    const host = await killed();
    const { result } = await repair(host, { service: 'base' });
    assert.equal(result?.outcome, 'unchanged');
    assert.deepEqual(states(host), ['applied', 'interrupted']);
  });
});

describe('repair: programs that run as their owner', () => {
  it('are left and reported, no matter who owns them; rollback has none to give back', async () => {
    const host = await converged();
    const own = { uid: ids(host, 'kafka').uid, gid: ids(host, 'kafka').gid };
    host.prepare.file(`${BASE}/kafka/data/root`, { mode: '4755' });
    host.prepare.file(`${BASE}/kafka/data/group`, { mode: '2750' });
    host.prepare.file(`${BASE}/kafka/data/own`, { ...own, mode: '6755' });
    const before = host.snapshot();
    const { exitCode, result } = await repair(host, { service: 'kafka', recursive: true });
    assert.deepEqual([exitCode, result?.outcome, result?.leftCount], [0, 'unchanged', 3]);
    assert.deepEqual(
      result?.left.map(({ path, why }) => [path, why]),
      [
        [`${BASE}/kafka/data/root`, whyLeft('4755')],
        [`${BASE}/kafka/data/group`, whyLeft('2750')],
        [`${BASE}/kafka/data/own`, whyLeft('6755')],
      ],
    );
    assert.equal(host.snapshot(), before);
    assert.deepEqual(host.journal.runs(), [1]);
  });

  function whyLeft(mode: string): string {
    return `a program that runs as its owner or group (mode ${mode}): look at it, then chmod u-s,g-s`;
  }
});

describe('repair: of more than anybody reads', () => {
  it('gives the first thousand steps and things left, how many there are, and records all', async () => {
    const host = await converged();
    for (let i = 0; i < 1200; i++) host.prepare.file(`${BASE}/kafka/data/f${i}`, { mode: '0640' });
    for (let i = 0; i < 1100; i++) host.prepare.link(`${BASE}/kafka/data/l${i}`, '/etc');
    const { exitCode, result } = await repair(host, { service: 'kafka', recursive: true });
    assert.ok(exitCode === 0 && result !== null);
    assert.deepEqual([result.steps.length, result.stepCount, result.done], [1000, 1200, 1200]);
    assert.deepEqual([result.left.length, result.leftCount], [1000, 1100]);
    assert.equal(readSteps(host.journal, 2).length, 1200);
    assert.equal(readRuns(host.journal)[1]?.steps, 1200);
    const text = renderRepair(result, createPaint(false));
    assert.match(text, /^ {2}… and 1160 more: all are in the journal of run 2$/m);
    assert.match(text, /^ {2}… and 1060 more like these$/m);
    assert.match(text, /^1200 changes, recorded as run 2\.$/m);
  });
});

function numbers(host: MemoryHost, name: string): string {
  const { uid, gid } = ids(host, name);
  return `${uid}:${gid}`;
}

describe('a dry run of repair', () => {
  it('works without root, says what it cannot see, changes and records nothing', async () => {
    const host = createHost({ effectiveUid: 1000 });
    const layout = smallLayout('kafka');
    host.prepare.addGroup('kafka', 901);
    host.prepare.addUser({ name: 'kafka', uid: 901, gid: 901, home: '/', shell: '/bin/false' });
    for (const path of ['', '/data', '/logs'])
      host.prepare.directory(`/data/jts/hot/kafka${path}`, { uid: 901, gid: 901, mode: '0750' });
    host.prepare.chmod('/data/jts/hot', '0700');
    host.lock('another');
    const before = host.snapshot();
    const context = contextOf(host, layout, { invocation: 'repair --dry-run' });
    const wanted = { service: null, recursive: false, allowInUse: false, isDry: true };
    const { exitCode, problems, result } = await repairCommand(context, wanted);
    assert.equal(result?.outcome, 'planned');
    assert.deepEqual(
      [exitCode, problems.map(({ code, hint }) => [code, hint])],
      [0, [['W_HIDDEN', 'sudo jts-hot repair --dry-run']]],
    );
    assert.deepEqual([host.snapshot(), host.journal.runs()], [before, []]);
  });
});

describe('repair --acl and --flags: the directories of the layout', () => {
  const KAFKA = `${BASE}/kafka`;
  const ASKED = { service: 'kafka', acl: true, flags: true };
  const INHERITED = 'user::rwx,user:1234:r-x,group::r-x,mask::r-x,other::---';

  /** Owner, mode, list and flag are all wrong. */
  async function hindered(): Promise<MemoryHost> {
    const host = await converged();
    const { prepare } = host;
    prepare.chown(KAFKA, 0, 0);
    prepare.chmod(KAFKA, '1777');
    prepare.grant(KAFKA, { type: 'user', id: 1234, bits: 7 });
    prepare.flag(KAFKA, 'immutable', true);
    prepare.grant(`${KAFKA}/data`, { type: 'user', id: 1234, bits: 7 });
    prepare.inherit(`${KAFKA}/logs`, INHERITED);
    prepare.flag(`${KAFKA}/logs`, 'append-only', true);
    return host;
  }

  for (const recursive of [false, true])
    it(`one command mends owner, mode, list and flag together${recursive ? ', with the tree as well' : ''}`, async () => {
      const host = await hindered();
      const before = host.snapshot();
      const done = await repair(host, { ...ASKED, recursive });
      assert.deepEqual(
        [done.exitCode, done.result?.outcome, done.result?.left],
        [0, 'applied', []],
        JSON.stringify(done.problems),
      );
      for (const path of [KAFKA, `${KAFKA}/data`, `${KAFKA}/logs`])
        assert.deepEqual(host.attributes(path), { flags: [], lists: { access: null, inherited: null } });
      assert.equal((await repair(host, { ...ASKED, recursive })).result?.outcome, 'unchanged');
      assert.equal((await repair(host)).result?.outcome, 'unchanged');
      await rollbackCommand(contextOf(host, LAYOUT), null);
      assert.equal(host.snapshot(), before);
    });

  it('not asked for, lists and flags are left alone', async () => {
    const host = await converged();
    host.prepare.inherit(`${KAFKA}/logs`, INHERITED);
    assert.equal((await repair(host, { service: 'kafka' })).result?.outcome, 'unchanged');
  });
});
