// Properties of plan, apply and rollback, on random layouts and random hosts in memory. The seeds are fixed: a failure
// prints the smallest layout and host that it found. Must not know how any kind of resource works.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TOOLS } from '../../src/checks/preflight.ts';
import type { Answer, Context } from '../../src/command/context.ts';
import { readRuns } from '../../src/engine/journal/journal.ts';
import type { Layout, Service } from '../../src/layout/layout.ts';
import { builtInMonitoring } from '../../src/layout/monitoring.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { PARTED_HOME } from '../../src/port/host.ts';
import { makePlan } from '../../src/resources/index.ts';
import { repairCommand } from '../../src/setup/repair.ts';
import { rollbackCommand } from '../../src/setup/rollback.ts';
import type { RollbackResult } from '../../src/setup/rollback-document.ts';
import { type SetupOptions, setupCommand } from '../../src/setup/setup.ts';
import type { SetupResult } from '../../src/setup/setup-document.ts';
import { killedAnywhere } from '../memory-host/crashes.ts';
import { Crash, type CrashMoment, createMemoryHost, type MemoryHost } from '../memory-host/memory-host.ts';
import { atLeast, EACH, random } from '../random.ts';

const BASE = '/data/hot';
const USERS = ['kafka', 'redis', 'mongodb'] as const;
const GROUPS = [...USERS, 'docker'] as const;
const MODES = ['0750', '0755', '0700', '0710', '2770'] as const;
const DISK = {
  source: '/dev/nvme0n1',
  type: 'ext4',
  readOnly: false,
  options: ['rw'],
  sizeBytes: 4e12,
  freeBytes: 4e12,
  availableBytes: 3.8e12,
  inodes: 2e8,
  inodesFree: 2e8,
  device: null,
} as const;
const MOMENTS: readonly CrashMoment[] = ['before', 'after', 'torn'];

function contextOf(host: MemoryHost, spec: Layout, stopRequested = () => false): Context {
  return {
    layout: spec,
    monitoring: builtInMonitoring,
    host,
    history: host.history,
    layoutFile: null,
    owners: [0],
    hostName: 'trader1',
    environment: () => undefined,
    openHost: () => host,
    newDisk: false,
    program: 'test',
    invocation: 'test',
    now: () => '2026-01-01T00:00:00Z',
    stopRequested,
    progress: () => {},
  };
}

async function setUp(
  host: MemoryHost,
  { spec, adopt }: Wanted,
  more: { readonly stopRequested?: () => boolean; readonly saved?: SetupOptions['saved'] } = {},
): Promise<SetupResult['outcome']> {
  const { result } = await setupCommand(contextOf(host, spec, more.stopRequested), {
    adopt,
    strict: false,
    saved: more.saved ?? null,
  });
  assert.ok(result !== null);
  assert.equal(result.verified, result.outcome === 'applied' || result.outcome === 'unchanged');
  return result.outcome;
}

/** Addresses that stay. */
async function rollBack(host: MemoryHost): Promise<readonly string[]> {
  const { result, problems } = await rollbackCommand(contextOf(host, { base: BASE, services: [] }), null);
  assert.ok(result !== null && result.outcome !== 'listed');
  assert.ok(result.outcome === 'applied' || result.outcome === 'unchanged', JSON.stringify(problems));
  return result.left.map(({ address }) => address);
}

/** As often as there is something to roll back. */
async function rollBackAll(host: MemoryHost): Promise<void> {
  for (let recorded = -1; recorded < host.journal.runs().length; ) {
    recorded = host.journal.runs().length;
    assert.deepEqual(await rollBack(host), []);
  }
}

/** Whether it came to the end; the host is as a new process finds it either way. */
async function survives(host: MemoryHost, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return false;
  } finally {
    host.faults.restart();
  }
}

// Random layouts.

interface Wanted {
  readonly spec: Layout;
  readonly adopt: readonly string[];
}

const mode = fc.constantFrom(...MODES);

const aService = fc.record({
  nested: fc.boolean(),
  user: fc.constantFrom('root', ...USERS),
  otherGroup: fc.option(fc.constantFrom('root', ...GROUPS), { freq: 3 }),
  mode,
  accept: fc.subarray([...MODES], { maxLength: 2 }),
  directories: fc.array(fc.record({ mode, accept: fc.subarray([...MODES], { maxLength: 2 }) }), {
    maxLength: 3,
  }),
});

const aLayout = fc
  .record({
    services: fc.array(aService, { minLength: 1, maxLength: 4 }),
    adopt: fc.subarray(['base', 's0', 's1', 's2', 's3']),
  })
  .map(({ services, adopt }): Wanted => {
    const spec = {
      base: BASE,
      services: services.map(
        ({ nested, user, otherGroup, directories, ...same }, i): Service => ({
          name: `s${i}`,
          path: nested ? `stores/s${i}` : `s${i}`,
          sharesUser: false,
          user,
          group: otherGroup ?? user,
          plannedBytes: 1e9,
          purpose: 'test',
          directories: directories.map((directory, j) => ({
            name: `d${j}`,
            role: 'data',
            purpose: 'test',
            ...directory,
          })),
          ...same,
        }),
      ),
    };
    return {
      spec,
      adopt: adopt.filter((name) => name === 'base' || Number(name.slice(1)) < services.length),
    };
  });

function wantedPaths({ base, services }: Layout): readonly string[] {
  const paths = services.flatMap((service) => [
    ...(service.path.includes('/') ? [`${base}/${service.path.split('/')[0]}`] : []),
    `${base}/${service.path}`,
    ...service.directories.map((directory) => `${base}/${service.path}/${directory.name}`),
  ]);
  return [...new Set(['/data', base, ...paths])];
}

// Random hosts: each wanted path is missing, a directory in some state, or something else.

interface Existing {
  readonly group: boolean;
  readonly user: boolean;
  readonly id: number;
  readonly shell: string;
}

// None is a number that a new account gets: what is owned by that number would keep the account.
const existingAccounts = fc.record({
  kafka: anAccount(901),
  redis: anAccount(1001),
  mongodb: anAccount(150),
  docker: anAccount(180),
});

function anAccount(id: number): fc.Arbitrary<Existing> {
  return fc.record({
    group: fc.boolean(),
    user: fc.boolean(),
    id: fc.constant(id),
    shell: fc.constantFrom('/bin/false', '/usr/sbin/nologin', '/bin/bash'),
  });
}

interface Place {
  readonly is: 'missing' | 'directory' | 'file' | 'link' | 'mount';
  readonly uid: number;
  readonly gid: number;
  readonly mode: string;
  readonly contents: number;
}

/** Few obstacles: they make a plan refused, and most plans should not be. */
function aPlace(owners: readonly number[], modes: readonly string[]): fc.Arbitrary<Place> {
  return fc.record<Place>({
    is: fc.oneof(
      { weight: 30, arbitrary: fc.constant('missing' as const) },
      { weight: 30, arbitrary: fc.constant('directory' as const) },
      { weight: 1, arbitrary: fc.constantFrom('file' as const, 'link' as const, 'mount' as const) },
    ),
    uid: fc.constantFrom(...owners),
    gid: fc.constantFrom(0, 0, 901, 180, 4711),
    mode: fc.constantFrom(...modes),
    contents: fc.constantFrom(0, 0, 0, 1, 3),
  });
}

/** The first is above the base: seldom somebody else's, closed, or open to all. */
const places = fc
  .tuple(
    aPlace(
      [...Array(11).fill(0), 901],
      [...Array(4).fill(['0755', '0711', '1777', '2755']).flat(), '0700', '0777'],
    ),
    fc.array(aPlace([0, 0, 901, 1001, 150, 4711], ['0000', '0700', '0750', '0755', '0777', '2755']), {
      minLength: 23,
      maxLength: 23,
    }),
  )
  .map(([above, others]): readonly Place[] => [above, ...others]);

/** Of each place and what is in it, where SELinux is on; null: it is off. */
const labels = fc.option(
  fc.array(fc.constantFrom(null, 'default_t', 'var_lib_t', 'var_t', 'kept_t'), {
    minLength: 48,
    maxLength: 48,
  }),
  { freq: 2 },
);
const SELINUX = {
  ...{ enforcing: true, policy: 'default', types: ['var_lib_t'], kept: ['kept_t'], denials: [] },
} as const;

const aHost = fc.record({ accounts: existingAccounts, places, labels });

interface World {
  readonly layout: Wanted;
  readonly host: MemoryHost;
}

const aWorld = fc
  .record({ layout: aLayout, host: aHost })
  // fast-check prints this when a property fails.
  .map(({ layout, host }) =>
    Object.assign(() => ({ layout, host: build(layout.spec, host) }), {
      toString: () => `${JSON.stringify(layout, null, 1)}\n${build(layout.spec, host).snapshot()}`,
    }),
  );

function build(
  spec: Layout,
  from: {
    readonly accounts: Readonly<Record<string, Existing>>;
    readonly places: readonly Place[];
    readonly labels: readonly (string | null)[] | null;
  },
): MemoryHost {
  const host = createMemoryHost({
    ...{ base: spec.base, fileSystem: DISK, tools: [...TOOLS, 'semanage'] },
    ...(from.labels !== null && { selinux: { ...SELINUX, rules: [] } }),
  });
  const label = (path: string, i: number) => {
    const type = from.labels?.[i] ?? null;
    if (type !== null) host.prepareLabel(path, type);
  };
  const { prepare } = host;
  for (const [name, { group, user, id, shell }] of Object.entries(from.accounts)) {
    if (group) prepare.addGroup(name, id);
    if (user) prepare.addUser({ name, uid: id, gid: group ? id : 0, home: '/nowhere', shell });
  }
  const closed = new Set<string>();
  for (const [i, path] of wantedPaths(spec).entries()) {
    const place = from.places[i];
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (place === undefined || place.is === 'missing' || closed.has(parent)) {
      closed.add(path);
      continue;
    }
    const { uid, gid, mode: itsMode } = place;
    switch (place.is) {
      case 'file':
        prepare.file(path, { uid, gid });
        closed.add(path);
        break;
      case 'link':
        prepare.link(path, '/etc');
        closed.add(path);
        break;
      case 'directory':
      case 'mount':
        prepare.directory(path, { uid, gid, mode: itsMode });
        label(path, 2 * i);
        for (let j = 0; j < place.contents; j++) prepare.file(`${path}/data ${j}`, { uid, gid });
        if (place.contents > 0) label(`${path}/data 0`, 2 * i + 1);
        if (place.is === 'mount') prepare.mount(path);
        break;
      default:
        place.is satisfies never;
    }
  }
  return host;
}

interface Options {
  readonly seed: number;
  readonly numRuns: number;
}

/** Of the random worlds, those that `setup` does not refuse, with the state before. */
function holds(
  what: string,
  options: Options,
  check: (world: World & { readonly before: string }) => Promise<void>,
): void {
  it(what, async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, async (make) => {
        const world = make();
        if (makePlan(world.layout.spec, world.host, world.layout.adopt).refusals.length > 0) return;
        checked++;
        await check({ ...world, before: world.host.snapshot() });
      }),
      options,
    );
    // Of a few the share says less.
    const share = options.numRuns < 12 ? 1 : 2;
    assert.ok(checked * 3 > options.numRuns * share, `too few layouts were not refused: ${checked}`);
  });
}

describe('plan', () => {
  it('performs nothing, and neither does setup where the plan is refused', async () => {
    let refused = 0;
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(aWorld, async (make) => {
        const { layout, host } = make();
        const before = host.snapshot();
        const { refusals } = makePlan(layout.spec, host, layout.adopt);
        assert.equal(host.snapshot(), before);
        assert.equal(host.faults.events(), 0);
        if (refusals.length === 0) return;
        refused++;
        for (const { code } of refusals) codes.add(code);
        assert.equal(await setUp(host, layout), 'refused');
        assert.equal(host.snapshot(), before);
        assert.deepEqual(host.journal.runs(), []);
      }),
      random(1000, 1),
    );
    assert.ok(refused > atLeast(100), `too few plans were refused: ${refused}`);
    for (const code of ['FOREIGN_BASE', 'FOREIGN_OWNER', 'NOT_A_DIRECTORY', 'WAY_CLOSED', 'WAY_OPEN'])
      assert.ok(codes.has(`E_${code}`), `no plan was refused for E_${code}`);
  });

  it('is the same for the same host', () => {
    fc.assert(
      fc.property(aWorld, (make) => {
        const { layout, host } = make();
        assert.deepEqual(
          makePlan(layout.spec, host, layout.adopt),
          makePlan(layout.spec, host.clone(), layout.adopt),
        );
      }),
      random(300, 2),
    );
  });
});

describe('setup', () => {
  holds('leaves nothing to do', random(1000, 3), async ({ layout, host, before }) => {
    const first = await setUp(host, layout);
    const after = host.snapshot();
    assert.equal(first, after === before ? 'unchanged' : 'applied');
    const again = makePlan(layout.spec, host, layout.adopt);
    assert.deepEqual([again.steps, again.refusals], [[], []]);
    // What was agreed to is not needed twice.
    const unasked = makePlan(layout.spec, host);
    assert.deepEqual([unasked.steps, unasked.refusals], [[], []]);
    assert.equal(await setUp(host, layout), 'unchanged');
    assert.equal(host.snapshot(), after);
  });

  holds('takes an accepted mode for what it is', random(300, 12), async ({ layout, host }) => {
    await setUp(host, layout);
    for (const service of layout.spec.services)
      for (const directory of service.directories)
        for (const accepted of directory.accept) {
          host.prepare.chmod(`${BASE}/${service.path}/${directory.name}`, accepted);
          assert.equal(await setUp(host, layout), 'unchanged');
        }
  });

  holds('does what was planned or nothing', random(300, 13), async ({ layout, host }) => {
    const saved = makePlan(layout.spec, host, layout.adopt);
    const paths = wantedPaths(layout.spec);
    for (const path of paths) {
      const one = host.clone();
      if (one.entry(path).type === 'directory') one.prepare.chmod(path, '0707');
      else if (one.entry(path).type === 'missing') one.prepare.directory(path, { mode: '0707' });
      const before = one.snapshot();
      const now = makePlan(layout.spec, one, layout.adopt);
      const refused = await setUp(one, layout, { saved }).catch((error: unknown) => {
        assert.ok(error instanceof Problem && error.diagnostics[0]?.code === 'E_STALE_PLAN', String(error));
        return 'refused';
      });
      if (refused === 'refused') assert.equal(one.snapshot(), before);
      else assert.deepEqual(now.steps, saved.steps);
    }
    assert.notEqual(await setUp(host, layout, { saved }), 'refused');
  });

  holds('stops when asked, goes on afterwards', random(40, 14), async (world) => {
    const { layout, host, before } = world;
    const whole = host.clone();
    await setUp(whole, layout);
    const { steps } = makePlan(layout.spec, host, layout.adopt);
    for (let stopAfter = 0; stopAfter < steps.length; stopAfter++) {
      const one = host.clone();
      let asked = 0;
      assert.equal(await setUp(one, layout, { stopRequested: () => asked++ === stopAfter }), 'stopped');
      const undone = one.clone();
      assert.deepEqual(await rollBack(undone), []);
      assert.equal(undone.snapshot(), before);
      assert.equal(await setUp(one, layout), 'applied');
      assert.equal(one.snapshot(), whole.snapshot());
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before);
    }
  });

  holds('repairs damage, and rollback gives the damage back', random(300, 4), async (world) => {
    const { layout, host } = world;
    await setUp(host, layout);
    const wanted = host.snapshot();
    const [, , ...below] = wantedPaths(layout.spec);
    for (const [i, path] of below.entries()) {
      if (i % 3 === 0) host.prepare.chmod(path, '0500');
      if (i % 3 === 1) host.prepare.chown(path, 0, 0);
    }
    const damaged = host.snapshot();
    const adopt = ['base', ...layout.spec.services.map(({ name }) => name)];
    const outcome = await setUp(host, { ...layout, adopt });
    if (outcome === 'refused') return;
    const { steps } = makePlan(layout.spec, host, adopt);
    assert.deepEqual(steps, []);
    if (outcome === 'unchanged') return;
    assert.deepEqual(await rollBack(host), []);
    assert.equal(host.snapshot(), damaged);
    assert.notEqual(wanted, '');
  });

  holds('stops at a failure, goes on afterwards', random(60, 5), async ({ layout, host, before }) => {
    const { steps } = makePlan(layout.spec, host, layout.adopt);
    const whole = host.clone();
    await setUp(whole, layout);
    const problem = new Problem(EXIT.failed, [
      diagnostic('E_IO', 'cannot write', { detail: 'ENOSPC: no space left on device' }),
    ]);
    for (const type of new Set(steps.map((step) => step.do.type))) {
      const one = host.clone();
      one.faults.failNext(type, problem);
      assert.equal(await setUp(one, layout), 'failed');
      const undone = one.clone();
      assert.deepEqual(await rollBack(undone), []);
      assert.equal(undone.snapshot(), before, `rollback after ${type} failed`);
      assert.equal(await setUp(one, layout), 'applied');
      assert.equal(one.snapshot(), whole.snapshot());
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before, `rollback after ${type} failed and setup went on`);
    }
  });
});

describe('a look that fails', () => {
  const sample = random(12, 17);

  holds('anywhere in setup ends it, and is made good', sample, async ({ layout, host, before }) => {
    const whole = host.clone();
    await setUp(whole, layout);
    const wanted = whole.snapshot();
    for (let n = 1; n <= whole.faults.looks(); n++) {
      const one = host.clone();
      one.faults.failLook(n);
      const options = { adopt: layout.adopt, strict: false, saved: null };
      const [first] = await problemsOf(() => setupCommand(contextOf(one, layout.spec), options));
      assert.equal(first?.code, 'E_LOOK');
      requireEnded(one);
      one.faults.restart();
      const undone = one.clone();
      assert.deepEqual(await rollBack(undone), []);
      assert.equal(undone.snapshot(), before, `rollback after look ${n} failed`);
      await setUp(one, layout);
      assert.equal(one.snapshot(), wanted, `setup again after look ${n} failed`);
    }
  });

  holds('anywhere in rollback ends it, and is made good', sample, async ({ layout, host, before }) => {
    await setUp(host, layout);
    const whole = host.clone();
    await rollBack(whole);
    for (let n = 1; n <= whole.faults.looks(); n++) {
      const one = host.clone();
      one.faults.failLook(n);
      const context = contextOf(one, { base: BASE, services: [] });
      const [first] = await problemsOf(() => rollbackCommand(context, null));
      assert.equal(first?.code, 'E_LOOK');
      requireEnded(one);
      one.faults.restart();
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before, `rollback again after look ${n} failed`);
    }
  });

  /** What the command said went wrong, in its answer or instead of one. */
  async function problemsOf(act: () => Promise<Answer<unknown>>): Promise<readonly Diagnostic[]> {
    try {
      return (await act()).problems;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error.diagnostics;
    }
  }

  /** Nobody was killed: the record says how each run ended, and the lock is free. */
  function requireEnded(host: MemoryHost): void {
    for (const run of readRuns(host.journal)) assert.notEqual(run.outcome, null, `run ${run.run}`);
    host.lock('look')();
  }
});

describe('rollback', () => {
  holds('restores the host exactly, once', random(1000, 6), async ({ layout, host, before }) => {
    await setUp(host, layout);
    assert.deepEqual(await rollBack(host), []);
    assert.equal(host.snapshot(), before);
    const runs = host.journal.runs();
    assert.deepEqual(await rollBack(host), []);
    assert.deepEqual(host.journal.runs(), runs);
    assert.equal(host.snapshot(), before);
  });

  holds('undoes a layout that grew, newest first', random(300, 7), async ({ layout, host, before }) => {
    const { services } = layout.spec;
    const last = services.at(-1)?.name;
    const less = {
      spec: { ...layout.spec, services: services.slice(0, -1) },
      adopt: layout.adopt.filter((name) => name !== last),
    };
    await setUp(host, less);
    const between = host.snapshot();
    const outcome = await setUp(host, layout);
    if (outcome === 'applied') {
      assert.deepEqual(await rollBack(host), []);
      assert.equal(host.snapshot(), between);
    }
    assert.deepEqual(await rollBack(host), []);
    assert.equal(host.snapshot(), before);
  });

  it('removes no data, and keeps its owner; what stayed goes when the data has gone', async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), async (make, picks) => {
        const { layout, host } = make();
        const before = host.snapshot();
        if ((await setUp(host, layout)) !== 'applied') return;
        const paths = wantedPaths(layout.spec);
        const data = [...new Set(picks.map((pick) => `${paths[pick % paths.length]}/of the service`))];
        for (const path of data) {
          const { uid, gid } = directoryAt(host, path.slice(0, path.lastIndexOf('/')));
          host.prepare.file(path, { uid, gid, bytes: 1 });
        }
        const full = data.map((path) => [path, host.entry(path), ownersOf(host, path)] as const);
        const left = await rollBack(host);
        for (const [path, entry, owners] of full) {
          assert.deepEqual(host.entry(path), entry);
          // The owner of a directory that setup made still has a name; data in a directory that was there before
          // keeps the owner of before.
          if (left.includes(`directory ${path.slice(0, path.lastIndexOf('/'))}`))
            assert.deepEqual(ownersOf(host, path), owners, `owners of ${path}`);
        }
        if (left.length > 0) kept++;
        for (const path of data) host.prepare.remove(path);
        await rollBackAll(host);
        assert.equal(host.snapshot(), before);
      }),
      random(600, 8),
    );
    assert.ok(kept > atLeast(50), `too few directories stayed: ${kept}`);
  });
});

describe('a dry run', () => {
  /** What is undone and what stays, without the accounts: whether files elsewhere belong to them only the search tells. */
  const outcomeOf = ({ steps, left }: Exclude<RollbackResult, { outcome: 'listed' }>) => ({
    steps: steps.filter(({ address }) => !/^(user|group) /.test(address)).map(({ summary }) => summary),
    left: left.filter(({ address }) => !/^(user|group) /.test(address)),
    // None goes of which it was not said.
    accounts: steps.filter(({ do: act }) => act.type === 'deleteUser' || act.type === 'deleteGroup'),
  });

  async function rollBackAsShown(host: MemoryHost): Promise<number> {
    const before = host.snapshot();
    const records = host.journal.runs();
    const release = host.lock('another');
    const context = contextOf(host, { base: BASE, services: [] });
    const { result: shown } = await rollbackCommand(context, null, { isDry: true });
    release();
    assert.deepEqual([host.snapshot(), host.journal.runs()], [before, records]);
    const { result: done } = await rollbackCommand(context, null);
    assert.ok(shown !== null && shown.outcome !== 'listed' && done !== null && done.outcome !== 'listed');
    assert.equal(shown.outcome === 'planned', done.outcome === 'applied');
    const [said, did] = [outcomeOf(shown), outcomeOf(done)];
    assert.deepEqual([said.steps, said.left], [did.steps, did.left]);
    const names = said.accounts.map(({ address }) => address);
    for (const { address } of did.accounts) assert.ok(names.includes(address), address);
    return said.steps.length;
  }

  it('of rollback changes nothing, and shows just what is then done and left', async () => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, fc.array(fc.nat(), { maxLength: 3 }), async (make, picks) => {
        const { layout, host } = make();
        if ((await setUp(host, layout)) !== 'applied') return;
        const paths = wantedPaths(layout.spec);
        for (const [i, pick] of picks.entries()) {
          const path = paths[pick % paths.length] ?? BASE;
          if (pick % 3 === 0) host.prepare.file(`${path}/of the service ${i}`, { uid: 901, bytes: 1 });
          else if (host.entry(path).type === 'directory') host.prepare.chown(path, 4711, 4711);
        }
        await repairCommand(contextOf(host, layout.spec), {
          service: null,
          recursive: false,
          allowInUse: false,
        });
        steps += await rollBackAsShown(host);
        steps += await rollBackAsShown(host);
      }),
      random(150, 31),
    );
    assert.ok(steps > atLeast(300), `too little was undone: ${steps}`);
  });

  holds(
    'of setup and repair changes nothing, and shows just what is then done',
    random(100, 32),
    async (world) => {
      const { layout, host, before } = world;
      const options = { adopt: layout.adopt, strict: false, saved: null };
      const dry = { ...contextOf(host, layout.spec) };
      const { result: shown } = await setupCommand(dry, { ...options, isDry: true });
      assert.deepEqual([host.snapshot(), host.journal.runs()], [before, []]);
      const { result: done } = await setupCommand(contextOf(host, layout.spec), options);
      assert.deepEqual(
        [shown?.outcome, shown?.verified, shown?.done, shown?.run],
        ['planned', false, 0, null],
      );
      assert.deepEqual(shown?.steps, done?.steps);
      const recursive = layout.spec.services.some(({ user }) => user !== 'root');
      const wanted = { service: null, recursive, allowInUse: false };
      const between = host.snapshot();
      const { result: looked } = await repairCommand(dry, { ...wanted, isDry: true });
      assert.equal(looked?.outcome, 'planned');
      assert.equal(host.snapshot(), between);
      const { result: repaired } = await repairCommand(contextOf(host, layout.spec), wanted);
      assert.deepEqual([looked?.steps, looked?.left], [repaired?.steps, repaired?.left]);
    },
  );
});

describe('rollback of a host that others changed', () => {
  holds('leaves no directory without the name of its owner', random(600, 16), async (world) => {
    const { layout, host } = world;
    const nameless = new Set(wantedPaths(layout.spec).filter((path) => hasNoName(host, path)));
    await setUp(host, layout);
    // A service made its directory anew: another inode, the same owner.
    for (const service of layout.spec.services)
      for (const directory of service.directories) {
        const path = `${BASE}/${service.path}/${directory.name}`;
        const { uid, gid, mode: itsMode } = directoryAt(host, path);
        host.prepare.remove(path);
        host.prepare.directory(path, { uid, gid, mode: itsMode });
        host.prepare.file(`${path}/anew`, { uid, gid });
      }
    await rollBack(host);
    for (const path of wantedPaths(layout.spec))
      if (hasNoName(host, path)) assert.ok(nameless.has(path), path);
  });
});

describe('repair --recursive', () => {
  const inTrees = fc.array(
    fc.record({
      at: fc.nat(),
      is: fc.constantFrom('file' as const, 'file' as const, 'directory' as const, 'link' as const),
      uid: fc.constantFrom(0, 901, 4711),
      gid: fc.constantFrom(0, 4711),
      mode: fc.constantFrom('0644', '0000', '0755', '0777', '4755', '6757', '2775'),
    }),
    { minLength: 1, maxLength: 8 },
  );
  type InTree = typeof inTrees extends fc.Arbitrary<infer T> ? T : never;

  function damage(host: MemoryHost, spec: Layout, things: InTree): void {
    const trees = spec.services.filter(({ user }) => user !== 'root').map(({ path }) => `${BASE}/${path}`);
    const places = wantedPaths(spec).filter((path) =>
      trees.some((tree) => `${path}/`.startsWith(`${tree}/`)),
    );
    for (const [i, { at, is, ...attributes }] of things.entries()) {
      const place = places[at % places.length];
      if (place === undefined) continue;
      if (is === 'link') host.prepare.link(`${place}/thing ${i}`, '/etc');
      else host.prepare[is](`${place}/thing ${i}`, attributes);
      if (i % 2 === 0) host.prepare.chmod(place, '0500');
    }
  }

  const mend = async (host: MemoryHost, spec: Layout) => {
    const options = { service: null, recursive: true, allowInUse: false };
    const { result } = await repairCommand(contextOf(host, spec), options);
    assert.ok(result !== null);
    return result.outcome;
  };

  it('leaves nothing to do, and is undone exactly, wherever it crashed', async () => {
    let mended = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, inTrees, async (make, things) => {
        const { layout, host } = make();
        if ((await setUp(host, layout)) === 'refused') return;
        if (layout.spec.services.every(({ user }) => user === 'root')) return;
        damage(host, layout.spec, things);
        const before = host.snapshot();
        const whole = host.clone();
        if ((await mend(whole, layout.spec)) !== 'applied') return;
        mended++;
        const wanted = whole.snapshot();
        for await (const { host: one, at } of killedAnywhere(
          host,
          whole,
          (on) => mend(on, layout.spec),
          EACH,
        )) {
          const undone = one.clone();
          await mend(one, layout.spec);
          assert.equal(one.snapshot(), wanted, `repair again after a crash ${at}`);
          for (const [what, state] of Object.entries({ 'at once': undone, 'of all': one })) {
            if (state.snapshot() === before) continue;
            assert.deepEqual(await rollBack(state), [], `${what} after a crash ${at}`);
            assert.equal(state.snapshot(), before, `rollback ${what} after a crash ${at}`);
          }
        }
        assert.equal(await mend(whole, layout.spec), 'unchanged');
        assert.deepEqual(await rollBack(whole), []);
        assert.equal(whole.snapshot(), before);
      }),
      random(60, 15),
    );
    assert.ok(mended > atLeast(20), `too few were mended: ${mended}`);
  });
});

describe('a crash', () => {
  const sample = random(12, 9);

  holds('anywhere in setup is made good by the same command', sample, async ({ layout, host, before }) => {
    const whole = host.clone();
    await setUp(whole, layout);
    const wanted = whole.snapshot();
    for await (const { host: one, at } of killedAnywhere(host, whole, (on) => setUp(on, layout), EACH)) {
      const undone = one.clone();
      await setUp(one, layout);
      assert.equal(one.snapshot(), wanted, `setup again after a crash ${at}`);
      assert.equal(await setUp(one, layout), 'unchanged');
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before, `rollback of all after a crash ${at}`);
      assert.deepEqual(await rollBack(undone), []);
      assert.equal(undone.snapshot(), before, `rollback at once after a crash ${at}`);
    }
  });

  holds(
    'is made good by a layout that was edited meanwhile',
    random(60, 9),
    async ({ layout, host, before }) => {
      const edited = { ...layout, spec: withOtherModes(layout.spec) };
      const whole = host.clone();
      await setUp(whole, layout);
      for await (const { host: one, at } of killedAnywhere(host, whole, (on) => setUp(on, layout), EACH)) {
        await setUp(one, edited);
        assert.equal(await setUp(one, edited), 'unchanged');
        await rollBackAll(one);
        assert.equal(one.snapshot(), before, `rollback of all after a crash ${at}`);
      }
    },
  );

  holds('anywhere in rollback is made good by the same command', sample, async ({ layout, host, before }) => {
    await setUp(host, layout);
    const whole = host.clone();
    await rollBack(whole);
    for await (const { host: one, at } of killedAnywhere(host, whole, rollBack, EACH)) {
      // No service is given a user who is half deleted.
      const other = one.clone();
      const killed = other.snapshot();
      if ((await setUp(other, layout)) === 'refused') assert.equal(other.snapshot(), killed);
      else assert.ok(!other.snapshot().includes(PARTED_HOME));
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before, `rollback again after a crash ${at}`);
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before);
    }
  });

  it('after a crash, after a crash, is made good too', async () => {
    const aCrash = fc.record({
      moment: fc.constantFrom(...MOMENTS),
      n: fc.integer({ min: 1, max: 40 }),
      command: fc.constantFrom('setup' as const, 'setup' as const, 'rollback' as const),
    });
    let crashed = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, fc.array(aCrash, { minLength: 2, maxLength: 5 }), async (make, all) => {
        const { layout, host } = make();
        const before = host.snapshot();
        const whole = host.clone();
        if ((await setUp(whole, layout)) !== 'applied') return;
        for (const { moment, n, command } of all) {
          host.faults.crash(moment, n);
          const act = () => (command === 'setup' ? setUp(host, layout) : rollBack(host));
          if (!(await survives(host, act))) crashed++;
        }
        const undone = host.clone();
        await rollBackAll(undone);
        assert.equal(undone.snapshot(), before, 'rollback of all');
        if ((await setUp(host, layout)) === 'refused') {
          // Only for a user who is half deleted, whose deletion a rollback finishes.
          assert.ok(host.snapshot().includes(PARTED_HOME));
          await rollBackAll(host);
          await setUp(host, layout);
        }
        assert.equal(
          host.snapshot().replace(/ inode \d+ born \d+/g, ''),
          whole.snapshot().replace(/ inode \d+ born \d+/g, ''),
        );
      }),
      random(400, 10),
    );
    assert.ok(crashed > atLeast(200), `too few crashes: ${crashed}`);
  });
});

function withOtherModes(spec: Layout): Layout {
  const other = (was: string) => MODES.find((one) => one !== was) ?? was;
  return {
    ...spec,
    services: spec.services.map((service) => ({
      ...service,
      mode: other(service.mode),
      accept: [],
      directories: service.directories.map((one) => ({ ...one, mode: other(one.mode), accept: [] })),
    })),
  };
}

function directoryAt(host: MemoryHost, path: string) {
  const entry = host.entry(path);
  assert.ok(entry.type === 'directory', `want a directory at ${path}, found ${entry.type}`);
  return entry;
}

/** Its owner is a mere number, one that the next new account could get. */
function hasNoName(host: MemoryHost, path: string): boolean {
  return host.entry(path).type === 'directory' && ownersOf(host, path).includes(undefined);
}

/** Names of those who own the thing, as long as they have one. */
function ownersOf(host: MemoryHost, path: string): readonly (string | undefined)[] {
  const entry = host.entry(path);
  assert.ok('uid' in entry);
  const users = [...host.users(['root', ...USERS]).values()];
  const groups = [...host.groups(['root', ...GROUPS]).values()];
  return [
    users.find(({ uid }) => uid === entry.uid)?.name,
    groups.find(({ gid }) => gid === entry.gid)?.name,
  ];
}
