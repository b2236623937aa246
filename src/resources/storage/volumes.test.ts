// The physical volume, the group and the volumes of a layout: what is wanted and there → steps and undo, for every state of LVM.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOn, nvmeDisk } from '../../../test/memory-host/block-devices.ts';
import {
  createMemoryHost,
  type MemoryHost,
  type MemoryInitial,
} from '../../../test/memory-host/memory-host.ts';
import { type MemoryLvm, noLvm } from '../../../test/memory-host/storage.ts';
import { wanted } from '../../engine/examine.ts';
import { NO_CONSENT, planFor } from '../../engine/plan.ts';
import { rehearseStorage } from '../../engine/rehearsed-storage.ts';
import type { Difference, Step } from '../../engine/resource.ts';
import type { Layout } from '../../layout/layout.ts';
import { DEFAULT_DEVICE_TIMEOUT_SECONDS, physicalVolumeUuid } from '../../layout/storage.ts';
import type { HostReader } from '../../port/host.ts';
import { effectOf, entryOf, knownAgain, knownBy } from '../../port/operation.ts';
import { whatIsOn } from '../../port/operations/disk.ts';
import type { Known } from '../../port/operations/operation-entry.ts';
import { EXTENT_BYTES, extentsOf } from '../../port/volume-group.ts';
import { physicalVolume } from './physical-volume.ts';
import { plannedVolumes, volume } from './volume.ts';
import { volumeGroup } from './volume-group.ts';
import { volumeWants } from './volume-wants.ts';

const GB = 1e9;
const DISK = nvmeDisk({ name: 'nvme0n1', serial: 'HOT1', wwid: 'eui.01' });
const OTHER = nvmeDisk({ name: 'nvme1n1', serial: 'OTHER', wwid: 'eui.02', number: '259:1' });
const PLANNED = { serial: 'HOT1', namespace: 1, wwid: 'eui.01', sizeBytes: DISK.sizeBytes };
const TOTAL = extentsOf(DISK.sizeBytes);
const RESERVE = Math.ceil(TOTAL / 20);

interface Given {
  readonly kafka?: number;
  readonly base?: number | null;
  readonly keepFreePercent?: number;
  readonly group?: string;
}

function layoutOf({ kafka = 800 * GB, base = null, keepFreePercent = 5, group = 'hot' }: Given = {}): Layout {
  const service = (name: string, plannedBytes: number) => ({
    name,
    path: name,
    description: name,
    user: name,
    group: name,
    mode: '0750',
    plannedBytes,
    directories: [],
  });
  return {
    base: '/data/jts/hot',
    services: [service('kafka', kafka), service('redis', GB)],
    storage: {
      disk: { serial: 'HOT1', namespace: 1, wwid: null },
      allowFormat: 'HOT1',
      type: 'xfs',
      volumes: {
        group,
        keepFreePercent,
        baseBytes: base,
        services: [{ service: 'kafka', type: 'xfs', sizeBytes: kafka }],
      },
      options: [],
      deviceTimeoutSeconds: DEFAULT_DEVICE_TIMEOUT_SECONDS,
    },
  } as unknown as Layout;
}

const UUID = physicalVolumeUuid(layoutOf().storage ?? assert.fail());

function hostWith(more: MemoryInitial = {}): MemoryHost {
  return createMemoryHost({ tools: ['lvm'], devices: [DISK, OTHER], ...more });
}

function plan(host: HostReader, given: Given = {}, isErased = false): Difference {
  const { physicalVolumes, groups, volumes } = volumeWants(layoutOf(given), PLANNED, isErased);
  return planFor(
    host,
    [wanted(physicalVolume, physicalVolumes), wanted(volumeGroup, groups), wanted(volume, volumes)],
    NO_CONSENT,
  );
}

/** As apply does, with what each undo knows again. */
function perform(host: MemoryHost, steps: readonly Step[]): readonly Step[] {
  return steps.map((step) => {
    host.perform(step.do);
    assert.deepEqual(effectOf(step.do, host), { state: 'done' }, step.summary);
    const known: Known = knownBy(step.do, host);
    return { ...step, undo: step.undo === null ? null : knownAgain(step.undo, known, step.do) };
  });
}

function setUp(given: Given = {}): { readonly host: MemoryHost; readonly steps: readonly Step[] } {
  const host = hostWith();
  const { steps, refusals } = plan(host, given);
  assert.deepEqual(refusals, []);
  return { host, steps: perform(host, steps) };
}

function codes({ refusals }: Difference): readonly string[] {
  return refusals.map(({ code }) => code);
}

describe('on a bare disk', () => {
  it('all is planned exactly, before anything is there', () => {
    const { steps, refusals, warnings } = plan(hostWith());
    assert.deepEqual([refusals, warnings], [[], []]);
    assert.deepEqual(
      steps.map(({ action, address, summary, needs }) => [action, address, summary, needs]),
      [
        [
          '+',
          'physical volume on disk HOT1',
          'physical volume on disk HOT1, aligned to 4 MiB',
          ['disk HOT1'],
        ],
        ['+', 'volume group hot', 'volume group hot, extents of 4 MiB', ['physical volume on disk HOT1']],
        ['+', 'volume hot/base', 'volume hot/base, 3.00 TB', ['volume group hot']],
        ['+', 'volume hot/kafka', 'volume hot/kafka, 800 GB', ['volume group hot']],
      ],
    );
    const which = { disk: PLANNED, physicalVolume: UUID };
    const kafka = { ...which, group: 'hot', name: 'kafka', extents: 190_735 };
    const base = { ...which, group: 'hot', name: 'base', extents: TOTAL - RESERVE - 190_735 };
    assert.deepEqual(
      steps.map((step) => [step.do, step.undo]),
      [
        [
          { type: 'createPhysicalVolume', disk: PLANNED, uuid: UUID },
          { type: 'removePhysicalVolume', disk: PLANNED, uuid: UUID },
        ],
        [
          { type: 'createVolumeGroup', ...which, name: 'hot' },
          { type: 'removeVolumeGroup', ...which, name: 'hot' },
        ],
        [
          { type: 'createVolume', ...base },
          { type: 'removeVolume', ...base },
        ],
        [
          { type: 'createVolume', ...kafka },
          { type: 'removeVolume', ...kafka },
        ],
      ],
    );
    for (const step of steps) assert.equal(entryOf(step.do).creates, 'place');
  });

  it('what is done leaves nothing to do, keeps free what it said, and is taken back one by one', () => {
    const { host, steps } = setUp();
    assert.deepEqual(plan(host), { steps: [], refusals: [], warnings: [] });
    const all = host.volumeGroups();
    assert.ok(all.ok);
    assert.equal(all.groups[0]?.freeExtents, RESERVE);
    for (const { undo, address } of steps.toReversed()) {
      assert.ok(undo !== null);
      assert.deepEqual(effectOf(undo, host), { state: 'open' }, address);
      host.perform(undo);
      assert.deepEqual(effectOf(undo, host), { state: 'done' }, address);
    }
    assert.deepEqual(host.volumeGroups(), { ok: true, groups: [], physicalVolumes: [] });
    assert.deepEqual(host.deviceContents(['nvme0n1'])[0]?.signatures, []);
  });

  it('what would be taken back is seen before: nothing changes, and the last is open once the others are thought away', () => {
    const { host, steps } = setUp();
    const before = host.snapshot();
    const storage = rehearseStorage(host);
    const looking: HostReader = { ...host, ...storage };
    for (const { undo, address } of steps.toReversed()) {
      assert.ok(undo !== null);
      assert.deepEqual(effectOf(undo, looking), { state: 'open' }, address);
      storage.take(undo);
      assert.deepEqual(effectOf(undo, looking), { state: 'done' }, address);
    }
    assert.equal(whatIsOn(PLANNED, looking), null);
    assert.equal(host.snapshot(), before);
    assert.deepEqual(plan(host).steps, []);
  });

  it('each step goes on from where one was killed', () => {
    const { steps } = plan(hostWith());
    for (let done = 0; done <= steps.length; done++) {
      const host = hostWith();
      perform(host, steps.slice(0, done));
      const rest = plan(host);
      assert.deepEqual(
        rest.steps.map((step) => step.do),
        steps.slice(done).map((step) => step.do),
      );
      perform(host, rest.steps);
      assert.deepEqual(plan(host).steps, []);
    }
  });

  it('is refused with the numbers where it does not fit', () => {
    const { steps, refusals } = plan(hostWith(), { kafka: 3_900 * GB });
    assert.deepEqual(
      refusals.map(({ code, at }) => [code, at]),
      [['E_NO_ROOM', 'volume group hot']],
      'once, not for each volume',
    );
    assert.ok(!steps.some((step) => step.do.type === 'createVolume'));
  });

  it('what stands on the volumes is told how large they will be, and which are new', () => {
    const sizes = (host: MemoryHost) => plannedVolumes(host, volumeWants(layoutOf(), PLANNED, false).volumes);
    const kafka = 190_735 * EXTENT_BYTES;
    const base = (TOTAL - RESERVE) * EXTENT_BYTES - kafka;
    const planned = (isNew: boolean) => [
      ['base', { bytes: base, isNew }],
      ['kafka', { bytes: kafka, isNew }],
    ];
    assert.deepEqual([...sizes(hostWith())], planned(true));
    assert.deepEqual([...sizes(setUp().host)], planned(false));
  });

  it('a base of its own size is made of just that', () => {
    const { steps } = plan(hostWith(), { base: 100 * GB });
    const [, , base] = steps.map((step) => step.do);
    assert.deepEqual(base?.type === 'createVolume' && base.extents, Math.ceil((100 * GB) / EXTENT_BYTES));
  });

  it('what is there is planned around where it is erased before', () => {
    const lvm: MemoryLvm = {
      ...noLvm(),
      physicalVolumes: [{ uuid: FOREIGN, device: '259:0', startBytes: 2 ** 20, group: FOREIGN_GROUP }],
      groups: [{ name: 'theirs', uuid: FOREIGN_GROUP, extents: 1000, locked: null, volumes: [] }],
    };
    const host = hostWith({ lvm, contents: [nothingOn('nvme0n1', labelled(FOREIGN))] });
    assert.deepEqual(codes(plan(host)), ['E_PHYSICAL_VOLUME']);
    assert.deepEqual(plan(host).steps, []);
    const bare = plan(hostWith()).steps;
    assert.deepEqual(plan(host, {}, true).steps, bare);
    assert.deepEqual(codes(plan(host, {}, true)), []);
  });
});

const FOREIGN = 'ffffff-0000-0000-0000-0000-0000-ffffff';
const FOREIGN_GROUP = 'gggggg-0000-0000-0000-0000-0000-gggggg';

function labelled(uuid: string) {
  return { signatures: [{ type: 'LVM2_member', offset: 536, uuid, label: null }], edges: null };
}

describe('volumes that are there', () => {
  it('grow with the layout, within what is not kept free, to just that many extents', () => {
    const { host } = setUp({ base: 100 * GB });
    const { steps, refusals } = plan(host, { base: 100 * GB, kafka: 1000 * GB });
    assert.deepEqual(refusals, []);
    const [grow, ...more] = steps;
    assert.ok(grow !== undefined && more.length === 0);
    assert.equal(grow.summary, 'hot/kafka  800 GB -> 1.00 TB');
    assert.equal(grow.undo, null);
    const { uuid, ...does } = grow.do as { uuid: string } & Record<string, unknown>;
    assert.deepEqual(does, {
      type: 'growVolume',
      ...{ disk: PLANNED, physicalVolume: UUID, group: 'hot', name: 'kafka' },
      from: 190_735,
      to: 238_419,
    });
    assert.match(uuid, /-memory$/);
    perform(host, steps);
    assert.deepEqual(plan(host, { base: 100 * GB, kafka: 1000 * GB }).steps, []);
  });

  it('do not grow into what is kept free; lowering that lets them', () => {
    const { host } = setUp();
    const { steps, refusals } = plan(host, { kafka: 900 * GB });
    assert.deepEqual(steps, []);
    assert.deepEqual(
      refusals.map(({ code, at, hint }) => [code, at, hint]),
      [['E_NO_ROOM', 'volume group hot', 'this would fit: keepFree: 2.5%']],
    );
    const lower = plan(host, { kafka: 900 * GB, keepFreePercent: 2.5 });
    assert.deepEqual(codes(lower), []);
    assert.deepEqual(
      lower.steps.map((step) => step.summary),
      ['hot/kafka  800 GB -> 900 GB'],
      'the base takes nothing of it',
    );
  });

  it('are never made smaller', () => {
    const { host } = setUp();
    const { steps, refusals } = plan(host, { kafka: 700 * GB });
    assert.deepEqual(steps, []);
    assert.deepEqual(
      refusals.map(({ code, at, detail, hint }) => [code, at, detail[0], hint]),
      [
        [
          'E_SHRINK',
          'volume hot/kafka',
          'want 700 GB, found 800 GB',
          'let the layout say what it has: size: 800GB',
        ],
      ],
    );
  });

  it('are made active, and inactive again by an undo, unless somebody has them open', () => {
    const { host, steps } = setUp();
    const made = steps.find(({ address }) => address === 'volume hot/kafka');
    assert.ok(made?.undo?.type === 'removeVolume');
    const { uuid = '' } = made.undo;
    const which = { disk: PLANNED, physicalVolume: UUID, group: 'hot', name: 'kafka', uuid };
    host.perform({ type: 'deactivateVolume', ...which });
    const { steps: again } = plan(host, { kafka: 800 * GB });
    assert.deepEqual(
      again.map((step) => [step.action, step.do, step.undo]),
      [['~', { type: 'activateVolume', ...which }, { type: 'deactivateVolume', ...which }]],
    );
    assert.deepEqual(effectOf(made.undo, host), {
      state: 'changed',
      why: 'it is not active: what is on it cannot be seen',
    });
    perform(host, again);
    assert.deepEqual(plan(host).steps, []);
  });

  it('are left by an undo while something is on them, with all that they stand on', () => {
    const { host, steps } = setUp();
    const [made] = steps.slice(-1);
    assert.ok(made?.undo);
    const on = host.blockDevices().find(({ mapper }) => mapper?.name === 'hot-kafka');
    assert.ok(on);
    const signatures = [{ type: 'xfs', offset: 0, uuid: null, label: null }];
    host.changeStorage(({ contents }) => contents.set(on.name, nothingOn(on.name, { signatures })));
    assert.deepEqual(effectOf(made.undo, host), { state: 'changed', why: 'it holds data: xfs' });
    assert.throws(() => host.perform(made.undo as never));
    const group = steps.find(({ address }) => address === 'volume group hot');
    assert.ok(group?.undo);
    assert.deepEqual(effectOf(group.undo, host), { state: 'changed', why: 'it has volumes: base, kafka' });
  });

  it('are not taken for ours when they were made anew, or are others of that name', () => {
    const { host, steps } = setUp();
    const [made] = steps.slice(-1);
    assert.ok(made?.undo);
    host.perform(made.undo);
    host.perform(made.do);
    assert.equal(effectOf(made.undo, host).state, 'changed');
  });
});

describe('LVM that is not as wanted', () => {
  it('is not looked at without root, nor without its programs', () => {
    const host = hostWith();
    const unseen = plan(host.as(1000));
    assert.deepEqual(
      unseen.warnings.map(({ code }) => code),
      ['W_HIDDEN', 'W_HIDDEN', 'W_HIDDEN', 'W_HIDDEN'],
    );
    assert.deepEqual([unseen.steps, unseen.refusals], [[], []]);
    const [refusal, ...more] = plan(hostWith({ tools: [] })).refusals;
    assert.deepEqual(
      [refusal?.code, refusal?.hint, more],
      ['E_LVM', 'install it: sudo apt-get install lvm2', []],
    );
  });

  it('leaves the disk out: the filter is named, or the devices file', () => {
    const by = { setting: 'global_filter', value: '["r|.*|"]' } as const;
    const filtered = {
      ...noLvm(),
      rejections: new Map([['259:0', { said: 'device is rejected by filter config', by }]]),
    };
    const [refusal] = plan(hostWith({ lvm: filtered })).refusals;
    assert.equal(refusal?.code, 'E_LVM_HIDDEN');
    assert.deepEqual(refusal.detail, [
      'want /dev/nvme0n1 to be one that LVM takes, found: device is rejected by filter config',
      'in lvm.conf: global_filter = ["r|.*|"]',
    ]);
    const listed = { said: 'device is not in devices file', by: { file: '/etc/lvm/devices/system.devices' } };
    const lvm = { ...noLvm(), rejections: new Map([['259:0', listed]]) };
    // Where there is nothing on it yet, pvcreate puts it in.
    assert.deepEqual(codes(plan(hostWith({ lvm }))), []);
    const ours = hostWith({ lvm, contents: [nothingOn('nvme0n1', labelled(UUID))] });
    assert.equal(plan(ours).refusals[0]?.fix, 'sudo lvm lvmdevices --adddev /dev/nvme0n1');
  });

  it('has a group of that name on another disk: it is not touched', () => {
    const lvm: MemoryLvm = {
      ...noLvm(),
      physicalVolumes: [{ uuid: FOREIGN, device: '259:1', startBytes: 2 ** 20, group: FOREIGN_GROUP }],
      groups: [{ name: 'hot', uuid: FOREIGN_GROUP, extents: 1000, locked: null, volumes: [] }],
    };
    const host = hostWith({ lvm, contents: [nothingOn('nvme1n1', labelled(FOREIGN))] });
    const { refusals } = plan(host);
    assert.deepEqual(
      refusals.map(({ code, at, detail }) => [code, at, detail]),
      [
        [
          'E_VOLUME_GROUP',
          'volume group hot',
          [`want no other group of this name, found one with UUID ${FOREIGN_GROUP} on device 259:1`],
        ],
      ],
    );
    assert.deepEqual(codes(plan(host, { group: 'other' })), []);
  });

  it('has a copy of our disk beside it', () => {
    const lvm: MemoryLvm = {
      ...noLvm(),
      physicalVolumes: [{ uuid: UUID, device: '259:1', startBytes: 4 * 2 ** 20, group: null }],
    };
    const host = hostWith({ lvm, contents: [nothingOn('nvme1n1', labelled(UUID))] });
    assert.match(plan(host).refusals[0]?.detail[0] ?? '', /on this disk alone, found it on device 259:1/);
  });

  it('has our group under another name, on two disks, with one missing, exported', () => {
    const { host } = setUp();
    const change = (how: (lvm: MemoryLvm) => void): readonly string[] => {
      const other = host.clone();
      other.changeStorage(({ lvm }) => how(lvm));
      const { refusals, steps } = plan(other);
      assert.deepEqual(steps, []);
      assert.deepEqual(
        refusals.map(({ code }) => code),
        ['E_VOLUME_GROUP'],
      );
      return refusals.flatMap(({ detail }) => detail);
    };
    const add = (device: string) => (lvm: MemoryLvm) => {
      const group = lvm.groups[0]?.uuid ?? null;
      lvm.physicalVolumes.push({ uuid: FOREIGN, device, startBytes: 2 ** 20, group });
    };
    assert.deepEqual(
      change((lvm) => void Object.assign(lvm.groups[0] ?? {}, { name: 'other' })),
      ['want the group on this disk to be called hot, found other'],
    );
    assert.deepEqual(change(add('8:0')), [`want all its disks, found 1 missing: ${FOREIGN}`]);
    host.changeStorage(({ contents }) => contents.set('nvme1n1', nothingOn('nvme1n1', labelled(FOREIGN))));
    assert.deepEqual(change(add('259:1')), ['want it on one disk alone, found 2: devices 259:0, 259:1']);
    assert.deepEqual(
      change((lvm) => void Object.assign(lvm.groups[0] ?? {}, { locked: 'it was exported' })),
      ['want one that may be changed here, found that it was exported'],
    );
  });

  it('has our physical volume with another alignment: that is told, and left', () => {
    const { host } = setUp();
    host.changeStorage(
      ({ lvm }) => void Object.assign(lvm.physicalVolumes[0] ?? {}, { startBytes: 2 ** 20 }),
    );
    const { steps, refusals, warnings } = plan(host);
    assert.deepEqual([steps, refusals], [[], []]);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['W_ALIGNMENT'],
    );
  });

  it('has lost what describes our group: nothing is made over it, and nothing taken away', () => {
    const { host, steps } = setUp();
    host.changeStorage(({ lvm }) => {
      Object.assign(lvm.physicalVolumes[0] ?? {}, { group: null, isLost: true });
      lvm.groups = [];
    });
    const after = plan(host);
    assert.deepEqual([codes(after), after.steps], [['E_LVM_DAMAGED'], []]);
    for (const { undo } of steps) assert.equal(undo === null || effectOf(undo, host).state, 'changed');
  });

  it('has a volume of that name that is no plain one', () => {
    const { host } = setUp();
    host.changeStorage(
      ({ lvm }) => void Object.assign(lvm.groups[0]?.volumes[1] ?? {}, { layout: 'thin,pool' }),
    );
    assert.deepEqual(codes(plan(host)), ['E_VOLUME']);
  });

  it('has something else where its volumes would be found', () => {
    const host = hostWith();
    host.prepare.directory('/dev/hot');
    assert.deepEqual(codes(plan(host)), ['E_VOLUME_GROUP']);
  });
});
