// The same properties as in engine.test.ts for layouts with `storage:`: from a disk in any state, with any fstab and any directories on
// the way, to volumes, file systems, mounts and directories, and back. Must not know how any kind of resource works.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TOOLS } from '../../src/checks/preflight.ts';
import { readRuns } from '../../src/engine/journal/journal.ts';
import type { Layout } from '../../src/layout/layout.ts';
import { type Storage, wantedFileSystems } from '../../src/layout/storage.ts';
import { planCommand } from '../../src/setup/plan.ts';
import { rollbackCommand } from '../../src/setup/rollback.ts';
import { setupCommand } from '../../src/setup/setup.ts';
import type { SetupResult } from '../../src/setup/setup-document.ts';
import type { Consents } from '../../src/storage/consents.ts';
import { contextOf, createHost, smallLayout } from '../cases/host.ts';
import { nothingOn, nvmeDisk } from '../memory-host/block-devices.ts';
import { killedAnywhere } from '../memory-host/crashes.ts';
import type { MemoryHost } from '../memory-host/memory-host.ts';
import { atLeast, random } from '../random.ts';

const NAMES = ['kafka', 'redis', 'mongodb', 'postgresql'] as const;
const DISK = { serial: 'HOT1', namespace: 1, wwid: null };
const type = fc.constantFrom('xfs' as const, 'ext4' as const);
const gigabytes = (most: number) => fc.integer({ min: 2, max: most }).map((count) => count * 1e9);

const aStorage = (names: readonly string[]): fc.Arbitrary<Storage> =>
  fc.record({
    disk: fc.constant(DISK),
    allowFormat: fc.constant(DISK.serial),
    type,
    volumes: fc.option(
      fc.record({
        group: fc.constantFrom('jts-hot', 'tier'),
        keepFreePercent: fc.integer({ min: 0, max: 20 }),
        baseBytes: fc.option(gigabytes(100)),
        services: fc
          .subarray([...names])
          .chain((some) =>
            fc.tuple(
              ...some.map((service) =>
                fc.record({ service: fc.constant(service), type, sizeBytes: fc.option(gigabytes(100)) }),
              ),
            ),
          ),
      }),
      { freq: 4 },
    ),
    options: fc.subarray(['lazytime', 'nodev', 'nosuid']),
    deviceTimeoutSeconds: fc.integer({ min: 1, max: 300 }),
  });

const aQuota = fc.option(
  fc.record({
    mode: fc.constantFrom('account' as const, 'enforce' as const),
    softPercent: fc.option(fc.integer({ min: 1, max: 100 })),
    hardPercent: fc.integer({ min: 100, max: 200 }),
  }),
);

const aLayout = fc
  .subarray([...NAMES], { minLength: 1 })
  .chain((names) => fc.record({ names: fc.constant(names), storage: aStorage(names), quota: aQuota }))
  .map(
    ({ names, storage, quota }): Layout => ({
      ...smallLayout(...names),
      storage,
      ...(quota === null ? {} : { quota }),
    }),
  );

const FSTABS = [
  null,
  '',
  'UUID=1 / ext4 defaults 0 1',
  'UUID=1 / ext4 defaults 0 1\n# the rest\n\n/dev/sdb1\t/srv\txfs\tnoauto 0 0\n',
  'UUID=1      /            ext4   errors=remount-ro   0   1\nUUID=2      /data/other  xfs    defaults            0   2\n',
] as const;

const aHost = fc.record({
  sizeBytes: fc.integer({ min: 1000, max: 8000 }).map((count) => count * 1e9),
  physicalSectorBytes: fc.constantFrom(512, 4096),
  was: fc.constantFrom('empty' as const, 'empty' as const, 'ext4' as const, 'gpt' as const, 'data' as const),
  fstab: fc.constantFrom(...FSTABS),
  way: fc.constantFrom('nothing' as const, 'above' as const, 'base' as const),
  runsSystemd: fc.boolean(),
});
type Found = typeof aHost extends fc.Arbitrary<infer Value> ? Value : never;

interface World {
  readonly layout: Layout;
  readonly host: MemoryHost;
  readonly before: string;
  readonly consents: Consents;
}

function build(layout: Layout, found: Found): MemoryHost {
  const { sizeBytes, physicalSectorBytes, was, fstab, way, runsSystemd } = found;
  const on = {
    empty: {},
    ext4: { signatures: [{ type: 'ext4', offset: 0x438, uuid: null, label: 'old' }], edges: null },
    gpt: { partitionTable: 'gpt', edges: null },
    data: { edges: 'data' },
  } as const;
  const host = createHost({
    tools: [...TOOLS, 'lvm'],
    devices: [nvmeDisk({ name: 'nvme1n1', serial: DISK.serial, sizeBytes, physicalSectorBytes })],
    contents: [nothingOn('nvme1n1', on[was])],
    runsSystemd,
    mounts: wantedFileSystems(layout).flatMap(({ service, mountPoint: path, uuid }) =>
      service === null ? [] : [{ service: service.name, path, uuid }],
    ),
  });
  host.prepare.directory('/etc/systemd/system');
  if (fstab !== null) host.prepare.file('/etc/fstab', { text: fstab });
  if (way !== 'nothing') host.prepare.directory(way === 'base' ? layout.base : '/data');
  return host;
}

const aWorld = fc.record({ layout: aLayout, found: aHost }).map(({ layout, found }) =>
  Object.assign(
    (): World => {
      const host = build(layout, found);
      const noBackup = found.was === 'empty' ? null : DISK.serial;
      const consents = { confirmed: DISK.serial, backup: null, noBackup };
      return { layout, host, consents, before: known(host) };
    },
    { toString: () => `${JSON.stringify({ ...layout.storage, found }, null, 1)}\n` },
  ),
);

/** A file that is written anew has another inode; LVM gives a volume another UUID each time. */
function known(host: MemoryHost): string {
  return host
    .snapshot()
    .replaceAll(/ inode \d+ born \d+/g, '')
    .replaceAll(/"uuid":"[^"]*"/g, '')
    .replaceAll(/LVM-\w+/g, '');
}

async function setUp(
  { layout, consents }: Pick<World, 'layout' | 'consents'>,
  host: MemoryHost,
  stopRequested = () => false,
): Promise<SetupResult> {
  const options = { adopt: [], strict: false, saved: null, consents };
  const { result, problems } = await setupCommand(contextOf(host, layout, { stopRequested }), options);
  assert.ok(result !== null, JSON.stringify(problems));
  return result;
}

/** As often as there is a run to undo. */
async function rollBackAll({ layout }: Pick<World, 'layout'>, host: MemoryHost): Promise<void> {
  for (let recorded = -1; recorded < readRuns(host.journal).length; ) {
    recorded = readRuns(host.journal).length;
    const { result, problems } = await rollbackCommand(contextOf(host, layout), null);
    assert.ok(result !== null && result.outcome !== 'listed', JSON.stringify(problems));
    assert.deepEqual(result.left, []);
  }
}

/** Of the random worlds, those where it fits onto the disk. */
function holds(
  what: string,
  options: ReturnType<typeof random>,
  check: (world: World) => Promise<void>,
): void {
  it(what, async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(aWorld, async (make) => {
        const world = make();
        const { layout, host, consents, before } = world;
        const { exitCode, problems } = await planCommand(contextOf(host, layout), { adopt: [], consents });
        assert.deepEqual([known(host), host.faults.events()], [before, 0]);
        if (exitCode !== 0) {
          assert.deepEqual([...new Set(problems.map(({ code }) => code))], ['E_NO_ROOM']);
          return;
        }
        checked += 1;
        await check(world);
      }),
      options,
    );
    assert.ok(checked * 2 >= options.numRuns, `too few layouts were not refused: ${checked}`);
  });
}

describe('storage', () => {
  holds('is planned alike twice, and without the consents not at all', random(100, 41), async (world) => {
    const { layout, host, consents } = world;
    const plan = (one: MemoryHost) => planCommand(contextOf(one, layout), { adopt: [], consents });
    assert.deepEqual(await plan(host), await plan(host.clone()));
    const { exitCode, problems } = await planCommand(contextOf(host, layout), { adopt: [] });
    assert.deepEqual([exitCode, problems[0]?.code], [3, 'E_NOT_CONFIRMED']);
  });

  holds(
    'that was set up leaves nothing to do, and no consent is needed twice',
    random(100, 42),
    async (world) => {
      const { layout, host } = world;
      const shown = await planCommand(contextOf(host, layout), { adopt: [], consents: world.consents });
      const result = await setUp(world, host);
      assert.deepEqual([result.outcome, result.verified], ['applied', true]);
      const summaries = (all: readonly { readonly summary: string }[] = []) => all.map((one) => one.summary);
      assert.deepEqual(summaries(result.storage?.steps), summaries(shown.result?.storage?.steps));
      assert.deepEqual(summaries(result.steps), summaries(shown.result?.steps));
      const after = host.snapshot();
      const again = await planCommand(contextOf(host, layout), { adopt: [] });
      assert.deepEqual(
        [again.exitCode, again.result?.steps, again.result?.storage?.steps, again.problems],
        [0, [], [], []],
      );
      assert.equal((await setUp({ ...world, consents: NONE }, host)).outcome, 'unchanged');
      assert.equal(host.snapshot(), after);
    },
  );

  holds(
    'that is rolled back is what it was, to the last byte of the disk',
    random(100, 43),
    async (world) => {
      const { host, before } = world;
      await setUp(world, host);
      await rollBackAll(world, host);
      assert.equal(known(host), before);
    },
  );

  holds('stopped anywhere goes on, or back', random(4, 44), async (world) => {
    const whole = world.host.clone();
    const { steps, storage } = await setUp(world, whole);
    for (let after = 0; after < (storage?.steps.length ?? 0) + steps.length; after += 1) {
      const host = world.host.clone();
      let asked = 0;
      const { outcome } = await setUp(world, host, () => asked++ === after);
      assert.equal(outcome, 'stopped');
      const undone = host.clone();
      await rollBackAll(world, undone);
      assert.equal(known(undone), world.before);
      assert.equal((await setUp(world, host)).verified, true);
      assert.equal(known(host), known(whole));
    }
  });

  let deaths = 0;
  holds(
    'killed anywhere: the same command ends in the same place, and rollback goes back',
    random(1, 45),
    async (world) => {
      const whole = world.host.clone();
      await setUp(world, whole);
      for await (const { host, at } of killedAnywhere(world.host, whole, (one) => setUp(world, one))) {
        deaths += 1;
        const undone = host.clone();
        assert.equal((await setUp(world, host)).verified, true, at);
        assert.equal(known(host), known(whole), at);
        await rollBackAll(world, host);
        assert.equal(known(host), world.before, `${at}, set up, then rolled back`);
        await rollBackAll(world, undone);
        assert.equal(known(undone), world.before, `${at}, rolled back at once`);
      }
    },
  );

  it('a disk that was damaged is not written to by rollback, whatever was saved of it', async () => {
    const layout: Layout = { ...smallLayout('redis'), storage: STORAGE };
    const host = build(layout, {
      sizeBytes: 4e12,
      physicalSectorBytes: 512,
      was: 'ext4',
      fstab: '',
      way: 'nothing',
      runsSystemd: false,
    });
    await setUp({ layout, consents: { confirmed: DISK.serial, backup: null, noBackup: DISK.serial } }, host);
    await rollbackCommand(contextOf(host, layout), null);
    // Its superblock: what the kernel has mounted goes on for a while.
    host.changeStorage(({ contents }) => contents.set('nvme1n1', nothingOn('nvme1n1', { edges: null })));
    const before = host.deviceContents(['nvme1n1']);
    const { result } = await rollbackCommand(contextOf(host, layout), null);
    assert.ok(result !== null && result.outcome !== 'listed');
    assert.deepEqual(
      result.left.map(({ address }) => address),
      ['file system on disk HOT1', 'disk HOT1'],
    );
    assert.match(result.left[0]?.why ?? '', /^it is gone, and no run took it away/);
    assert.deepEqual(host.deviceContents(['nvme1n1']), before);
  });

  it('died often enough', () => assert.ok(deaths >= atLeast(100), `only ${deaths} times`));
});

const STORAGE: Storage = {
  disk: DISK,
  allowFormat: DISK.serial,
  type: 'xfs',
  volumes: null,
  options: [],
  deviceTimeoutSeconds: 30,
};
const NONE: Consents = { confirmed: null, backup: null, noBackup: null };
