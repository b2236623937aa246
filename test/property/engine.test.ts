// Properties of plan, apply and rollback, on random layouts and random hosts in memory. The seeds are fixed: a failure
// prints the smallest layout and host that it found. Must not know how any kind of resource works.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { apply } from '../../src/apply.ts';
import { diagnostic, EXIT, Problem } from '../../src/diagnostic.ts';
import type { Host } from '../../src/host/host.ts';
import { Crash, type CrashMoment, createMemoryHost, type MemoryHost } from '../../src/host/memory.ts';
import { closeRun, openRun, type RunHeader, readRuns, unfinished } from '../../src/journal.ts';
import { makePlan } from '../../src/plan.ts';
import { chooseRuns, rollback } from '../../src/rollback.ts';
import type { Service, Spec } from '../../src/spec.ts';

const BASE = '/data/hot';
const USERS = ['kafka', 'redis', 'mongodb'] as const;
const GROUPS = [...USERS, 'docker'] as const;
const MODES = ['0750', '0755', '0700', '0710', '2770'] as const;
const MOMENTS: readonly CrashMoment[] = ['before', 'after', 'torn'];

// What setup and rollback do between their flags and their output.

function header(host: Host, of: Pick<RunHeader, 'command'> & Partial<RunHeader>): RunHeader {
  return {
    program: 'test',
    root: host.root,
    base: host.base,
    decisions: [],
    continues: null,
    undoes: [],
    ...of,
  };
}

const now = () => '2026-01-01T00:00:00Z';
const neverStop = () => false;

async function setUp(
  host: Host,
  layout: Layout,
): Promise<'refused' | 'as wanted' | 'applied' | 'stopped' | 'failed'> {
  const release = host.lock('setup');
  try {
    const plan = makePlan(layout.spec, host, layout.adopt);
    if (plan.refusals.length > 0) return 'refused';
    const open = unfinished(readRuns(host.journal), { command: 'setup', base: layout.spec.base });
    if (plan.steps.length === 0) {
      if (open !== null) closeRun(host.journal, open.run, now);
      return 'as wanted';
    }
    const run = openRun(host.journal, header(host, { command: 'setup', continues: open?.run ?? null }), now);
    return (await apply(plan.steps, host, { run, stopRequested: neverStop })).outcome;
  } finally {
    release();
  }
}

/** Addresses that stay. */
async function rollBack(host: Host): Promise<readonly string[]> {
  const release = host.lock('rollback');
  try {
    const runs = chooseRuns(readRuns(host.journal), null);
    if (runs.length === 0) return [];
    const undoes = runs.map(({ run }) => run);
    const run = openRun(host.journal, header(host, { command: 'rollback', undoes }), now);
    const { outcome, left, failure } = await rollback(runs, host, { run, stopRequested: neverStop });
    assert.equal(outcome, 'applied', JSON.stringify(failure));
    return left.map(({ address }) => address);
  } finally {
    release();
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

interface Layout {
  readonly spec: Spec;
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
  .map(({ services, adopt }): Layout => {
    const spec = {
      base: BASE,
      services: services.map(
        ({ nested, user, otherGroup, directories, ...same }, i): Service => ({
          name: `s${i}`,
          path: nested ? `stores/s${i}` : `s${i}`,
          user,
          group: otherGroup ?? user,
          plannedBytes: 1e9,
          purpose: 'test',
          directories: directories.map((directory, j) => ({ name: `d${j}`, purpose: 'test', ...directory })),
          ...same,
        }),
      ),
    };
    return {
      spec,
      adopt: adopt.filter((name) => name === 'base' || Number(name.slice(1)) < services.length),
    };
  });

function wantedPaths({ base, services }: Spec): readonly string[] {
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

const existingAccounts = fc.record({
  kafka: anAccount(901),
  redis: anAccount(1001),
  mongodb: anAccount(999),
  docker: anAccount(998),
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
const places = fc.array(
  fc.record<Place>({
    is: fc.oneof(
      { weight: 30, arbitrary: fc.constant('missing' as const) },
      { weight: 30, arbitrary: fc.constant('directory' as const) },
      { weight: 1, arbitrary: fc.constantFrom('file' as const, 'link' as const, 'mount' as const) },
    ),
    uid: fc.constantFrom(0, 0, 901, 1001, 999, 4711),
    gid: fc.constantFrom(0, 0, 901, 998, 4711),
    mode: fc.constantFrom('0000', '0700', '0750', '0755', '0777', '2755'),
    contents: fc.constantFrom(0, 0, 0, 1, 3),
  }),
  { minLength: 24, maxLength: 24 },
);

const aHost = fc.record({ accounts: existingAccounts, places });

interface World {
  readonly layout: Layout;
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
  spec: Spec,
  from: { readonly accounts: Readonly<Record<string, Existing>>; readonly places: readonly Place[] },
): MemoryHost {
  const host = createMemoryHost({ base: spec.base });
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
        for (let j = 0; j < place.contents; j++) prepare.file(`${path}/data ${j}`, { uid, gid });
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
    assert.ok(checked * 3 > options.numRuns, `too few layouts were not refused: ${checked}`);
  });
}

describe('plan', () => {
  it('performs nothing, and neither does setup where the plan is refused', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, async (make) => {
        const { layout, host } = make();
        const before = host.snapshot();
        const { refusals } = makePlan(layout.spec, host, layout.adopt);
        assert.equal(host.snapshot(), before);
        assert.equal(host.faults.events(), 0);
        if (refusals.length === 0) return;
        refused++;
        assert.equal(await setUp(host, layout), 'refused');
        assert.equal(host.snapshot(), before);
        assert.deepEqual(host.journal.runs(), []);
      }),
      { seed: 1, numRuns: 1000 },
    );
    assert.ok(refused > 100, `too few plans were refused: ${refused}`);
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
      { seed: 2, numRuns: 300 },
    );
  });
});

describe('setup', () => {
  holds('leaves nothing to do', { seed: 3, numRuns: 1000 }, async ({ layout, host, before }) => {
    const first = await setUp(host, layout);
    const after = host.snapshot();
    assert.equal(first, after === before ? 'as wanted' : 'applied');
    const again = makePlan(layout.spec, host, layout.adopt);
    assert.deepEqual([again.steps, again.refusals], [[], []]);
    // What was agreed to is not needed twice.
    const unasked = makePlan(layout.spec, host);
    assert.deepEqual([unasked.steps, unasked.refusals], [[], []]);
    assert.equal(await setUp(host, layout), 'as wanted');
    assert.equal(host.snapshot(), after);
  });

  holds('repairs damage, and rollback gives the damage back', { seed: 4, numRuns: 300 }, async (world) => {
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
    if (outcome === 'as wanted') return;
    assert.deepEqual(await rollBack(host), []);
    assert.equal(host.snapshot(), damaged);
    assert.notEqual(wanted, '');
  });

  holds(
    'stops at a failure, goes on afterwards',
    { seed: 5, numRuns: 60 },
    async ({ layout, host, before }) => {
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
    },
  );
});

describe('rollback', () => {
  holds('restores the host exactly, once', { seed: 6, numRuns: 1000 }, async ({ layout, host, before }) => {
    await setUp(host, layout);
    assert.deepEqual(await rollBack(host), []);
    assert.equal(host.snapshot(), before);
    const runs = host.journal.runs();
    assert.deepEqual(await rollBack(host), []);
    assert.deepEqual(host.journal.runs(), runs);
    assert.equal(host.snapshot(), before);
  });

  holds(
    'undoes a layout that grew, newest first',
    { seed: 7, numRuns: 300 },
    async ({ layout, host, before }) => {
      const { services } = layout.spec;
      const less = { ...layout, spec: { ...layout.spec, services: services.slice(0, -1) } };
      await setUp(host, less);
      const between = host.snapshot();
      const outcome = await setUp(host, layout);
      if (outcome === 'applied') {
        assert.deepEqual(await rollBack(host), []);
        assert.equal(host.snapshot(), between);
      }
      assert.deepEqual(await rollBack(host), []);
      assert.equal(host.snapshot(), before);
    },
  );

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
          const owner = host.entry(path.slice(0, path.lastIndexOf('/')));
          assert.ok(owner.type === 'directory');
          host.prepare.file(path, { uid: owner.uid, gid: owner.gid, bytes: 1 });
        }
        const full = data.map((path) => [path, host.entry(path), ownersOf(host, path)] as const);
        const left = await rollBack(host);
        for (const [path, entry, owners] of full) {
          assert.deepEqual(host.entry(path), entry);
          // Whoever owned a directory that setup made still has a name; data in a directory that was there before
          // keeps the owner of before.
          if (left.includes(`directory ${path.slice(0, path.lastIndexOf('/'))}`))
            assert.deepEqual(ownersOf(host, path), owners, `owners of ${path}`);
        }
        if (left.length > 0) kept++;
        for (const path of data) host.prepare.remove(path);
        for (let i = 0; i < 3 && left.length > 0 && host.snapshot() !== before; i++) await rollBack(host);
        assert.equal(host.snapshot(), before);
      }),
      { seed: 8, numRuns: 600 },
    );
    assert.ok(kept > 50, `too few directories stayed: ${kept}`);
  });
});

describe('a crash', () => {
  const sample = { seed: 9, numRuns: 12 };

  holds('anywhere in setup is made good by the same command', sample, async ({ layout, host, before }) => {
    const whole = host.clone();
    await setUp(whole, layout);
    const wanted = whole.snapshot();
    for (const { moment, n } of crashes(whole)) {
      const one = host.clone();
      one.faults.crash(moment, n);
      assert.equal(await survives(one, () => setUp(one, layout)), false);
      const undone = one.clone();
      await setUp(one, layout);
      assert.equal(one.snapshot(), wanted, `setup again after a crash ${moment} event ${n}`);
      assert.equal(await setUp(one, layout), 'as wanted');
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before, `rollback of all after a crash ${moment} event ${n}`);
      assert.deepEqual(await rollBack(undone), []);
      assert.equal(undone.snapshot(), before, `rollback at once after a crash ${moment} event ${n}`);
    }
  });

  holds('anywhere in rollback is made good by the same command', sample, async ({ layout, host, before }) => {
    await setUp(host, layout);
    const whole = host.clone();
    await rollBack(whole);
    for (const { moment, n } of crashes(whole)) {
      const one = host.clone();
      one.faults.crash(moment, n);
      assert.equal(await survives(one, () => rollBack(one)), false);
      assert.deepEqual(await rollBack(one), []);
      assert.equal(one.snapshot(), before, `rollback again after a crash ${moment} event ${n}`);
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
        for (let i = 0; i <= all.length && undone.snapshot() !== before; i++) await rollBack(undone);
        assert.equal(undone.snapshot(), before, 'rollback of all');
        await setUp(host, layout);
        assert.equal(host.snapshot().replace(/ inode \d+/g, ''), whole.snapshot().replace(/ inode \d+/g, ''));
      }),
      { seed: 10, numRuns: 400 },
    );
    assert.ok(crashed > 200, `too few crashes: ${crashed}`);
  });
});

/** Every way to die in what `host` has just been through. */
function crashes(host: MemoryHost): readonly { readonly moment: CrashMoment; readonly n: number }[] {
  return Array.from({ length: host.faults.events() }, (_, i) =>
    MOMENTS.map((moment) => ({ moment, n: i + 1 })),
  ).flat();
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
