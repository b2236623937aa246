// What is done to a disk for the hot tier, and every reason why nothing is: a table of want and have, steps and undo, refusals.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOn, nvmeDisk } from '../../../test/memory-host/block-devices.ts';
import { createMemoryHost } from '../../../test/memory-host/memory-host.ts';
import { NO_CONSENT } from '../../engine/plan.ts';
import { physicalVolumeUuid, storageUuid } from '../../layout/storage.ts';
import type { BlockDevice, DeviceContents, Signature } from '../../port/block-device.ts';
import { effectOf, isIrreversible } from '../../port/operation.ts';
import { type DiskWant, disk, diskDecisions, plannedDisk } from './disk.ts';

const SERIAL = 'S5GXNX0T1234';
const NAME = { serial: SERIAL, namespace: 1, wwid: null };
const NVME = nvmeDisk({ name: 'nvme0n1', serial: SERIAL });
const OTHER = nvmeDisk({ name: 'nvme1n1', serial: 'OTHER', wwid: 'eui.02', number: '259:1' });

const WANT: DiskWant = {
  disk: NAME,
  allowFormat: SERIAL,
  confirmed: SERIAL,
  backup: null,
  noBackup: null,
  services: ['kafka'],
  setUpBy: null,
  begunBy: null,
  command: 'storage --apply',
};

const signed = (...types: readonly string[]): Partial<DeviceContents> => ({
  signatures: types.map((type): Signature => ({ type, offset: 0, uuid: null, label: null })),
  edges: null,
});
const ofUuid = (type: string, uuid: string): Partial<DeviceContents> => ({
  signatures: [{ type, offset: 0, uuid, label: null }],
  edges: null,
});

interface Found {
  readonly device?: Partial<BlockDevice>;
  readonly contents?: Partial<DeviceContents>;
  readonly others?: readonly BlockDevice[];
  readonly uid?: number;
}

function hostWith({ device = {}, contents, others = [OTHER], uid = 0 }: Found) {
  const own = { ...NVME, ...device };
  return createMemoryHost({
    effectiveUid: uid,
    devices: [own, ...others],
    contents: contents === undefined ? [] : [nothingOn(own.name, contents)],
  });
}

function differ(found: Found, want: Partial<DiskWant> = {}) {
  const wanted = { ...WANT, ...want };
  const host = hostWith(found);
  const [have] = disk.observe(host, [wanted]);
  assert.ok(have !== undefined);
  return { host, have, wanted, ...disk.diff(wanted, have, NO_CONSENT) };
}

const REFUSALS: readonly (readonly [
  why: string,
  code: string,
  found: Found,
  want: Partial<DiskWant>,
  detail: RegExp,
])[] = [
  ['it has vanished', 'E_NO_DISK', { device: { serial: 'GONE' } }, {}, /want: disk S5GXNX0T1234/],
  [
    'its serial number has changed, and its WWID has not',
    'E_NO_DISK',
    { device: { serial: 'S5GXNX0T9999' } },
    { disk: { ...NAME, wwid: NVME.wwid } },
    /found: nvme0n1: serial S5GXNX0T9999/,
  ],
  [
    'two disks have its name',
    'E_TWO_DISKS',
    { others: [{ ...OTHER, serial: SERIAL }] },
    {},
    /found: nvme1n1: serial S5GXNX0T1234/,
  ],
  [
    'another disk has its serial number',
    'E_DISK_WWID',
    {},
    { disk: { ...NAME, wwid: 'eui.99' } },
    /want: .*eui\.99/,
  ],
  ['it is another namespace', 'E_NO_DISK', {}, { disk: { ...NAME, namespace: 2 } }, /namespace 2/],
  [
    'it tells no serial number',
    'E_NO_SERIAL',
    { device: { serial: null } },
    { disk: { serial: null, namespace: 1, wwid: NVME.wwid } },
    /found none/,
  ],
  [
    'it is only a device mapper’s of that name',
    'E_NO_DISK',
    { device: { kind: 'device mapper' } },
    {},
    /want: disk/,
  ],
  [
    'it is only a partition',
    'E_NO_DISK',
    { device: { kind: 'partition', partOf: 'nvme1n1' } },
    {},
    /want: disk/,
  ],
  [
    'it holds the running system',
    'E_DISK_SYSTEM',
    { contents: { mounts: [{ device: 'nvme0n1p2', mountPoint: '/', isElsewhere: false }], isHeld: true } },
    {},
    /\/ on nvme0n1p2/,
  ],
  [
    'it is mounted',
    'E_DISK_MOUNTED',
    {
      contents: { ...signed('xfs'), mounts: [{ device: 'nvme0n1', mountPoint: '/srv', isElsewhere: false }] },
    },
    { noBackup: SERIAL },
    /\/srv/,
  ],
  [
    'a container has it mounted',
    'E_DISK_MOUNTED',
    {
      contents: { ...signed('xfs'), mounts: [{ device: 'nvme0n1', mountPoint: '/srv', isElsewhere: true }] },
    },
    { noBackup: SERIAL },
    /\/srv/,
  ],
  [
    'it is swap',
    'E_DISK_SWAP',
    { contents: { ...signed('swap'), swap: ['nvme0n1'] } },
    { noBackup: SERIAL },
    /swap/,
  ],
  [
    'it is in a volume group',
    'E_DISK_MEMBER',
    { contents: { ...signed('LVM2_member'), memberOf: [{ of: 'lvm', name: 'old' }] } },
    { noBackup: SERIAL },
    /volume group old/,
  ],
  [
    'it is in an array',
    'E_DISK_MEMBER',
    { contents: { ...signed('linux_raid_member'), memberOf: [{ of: 'md', name: 'md0' }] } },
    { noBackup: SERIAL },
    /md0/,
  ],
  [
    'it is in an array that does not run',
    'E_DISK_MEMBER',
    { contents: { ...signed('linux_raid_member'), memberOf: [{ of: 'md', name: null }] } },
    { noBackup: SERIAL },
    /array of md/,
  ],
  [
    'it is one of bcache',
    'E_DISK_MEMBER',
    { contents: { ...signed('bcache'), memberOf: [{ of: 'bcache', name: null }] } },
    { noBackup: SERIAL },
    /bcache/,
  ],
  [
    'it is encrypted, and open',
    'E_DISK_MEMBER',
    { contents: { ...signed('crypto_LUKS'), memberOf: [{ of: 'crypt', name: 'secret' }] } },
    { noBackup: SERIAL },
    /open as secret/,
  ],
  ['something that nobody knows stands on it', 'E_DISK_HELD', { device: { holders: ['dm-7'] } }, {}, /dm-7/],
  [
    'it is in a pool of ZFS',
    'E_DISK_MEMBER',
    { contents: { ...signed('zfs_member'), memberOf: [{ of: 'zfs', name: 'tank' }] } },
    { noBackup: SERIAL },
    /tank/,
  ],
  [
    'multipath uses it',
    'E_DISK_MULTIPATH',
    { contents: { memberOf: [{ of: 'multipath', name: 'mpatha' }] } },
    {},
    /mpatha/,
  ],
  [
    'it was a way of multipath, which does not run',
    'E_DISK_MULTIPATH',
    { contents: { ...signed('mpath_member'), memberOf: [{ of: 'multipath', name: null }] } },
    { noBackup: SERIAL },
    /one way of several/,
  ],
  [
    'it is another way to the same disk, which multipath should put together',
    'E_TWO_DISKS',
    { others: [{ ...OTHER, serial: SERIAL, wwid: NVME.wwid }] },
    { disk: { ...NAME, wwid: NVME.wwid } },
    /found: nvme1n1: serial S5GXNX0T1234/,
  ],
  ['the kernel keeps it', 'E_DISK_HELD', { contents: { isHeld: true } }, {}, /found: the kernel keeps it/],
  [
    'a process has it open',
    'E_DISK_OPEN',
    { contents: { open: [{ device: 'nvme0n1', pid: 7, command: 'dd' }] } },
    {},
    /dd, process 7/,
  ],
  ['it takes no writes', 'E_DISK_READ_ONLY', { device: { isReadOnly: true } }, {}, /takes no writes/],
  ['its size is 0', 'E_DISK_NO_SIZE', { device: { sizeBytes: 0 } }, {}, /size is 0/],
  ['it can be taken out', 'E_DISK_REMOVABLE', { device: { isRemovable: true } }, {}, /taken out/],
  [
    'it does not answer',
    'E_DISK_NO_ANSWER',
    { contents: { probed: { ok: false, why: 'no answer', said: 'it does not answer' } } },
    {},
    /does not answer/,
  ],
  [
    'it cannot be read',
    'E_DISK_UNREADABLE',
    { contents: { probed: { ok: false, why: 'failed', said: 'Input/output error' } } },
    {},
    /Input\/output error/,
  ],
  ['we are not root', 'E_DISK_UNSEEN', { uid: 1000 }, {}, /want root/],
  [
    'we are not root, whatever it seems to be used for',
    'E_DISK_UNSEEN',
    {
      uid: 1000,
      contents: { mounts: [{ device: 'nvme0n1', mountPoint: '/data/jts/hot', isElsewhere: false }] },
    },
    {},
    /want root/,
  ],
  [
    'the layout says nothing',
    'E_FORMAT_NOT_ALLOWED',
    {},
    { allowFormat: null },
    /want allowFormat: S5GXNX0T1234/,
  ],
  ['the layout allows another', 'E_FORMAT_OTHER_ALLOWED', {}, { allowFormat: 'OTHER' }, /found OTHER/],
  ['it was not confirmed', 'E_NOT_CONFIRMED', {}, { confirmed: null }, /want --confirm S5GXNX0T1234/],
  ['another was confirmed', 'E_CONFIRMED_OTHER', {}, { confirmed: 'OTHER' }, /found OTHER/],
  ['something is on it', 'E_BACKUP_WANTED', { contents: signed('ext4') }, {}, /found on it: ext4/],
  [
    'a partition table is on it',
    'E_BACKUP_WANTED',
    { contents: { partitionTable: 'gpt', edges: null } },
    {},
    /found on it: gpt/,
  ],
  [
    'data without a signature is on it',
    'E_BACKUP_WANTED',
    { contents: { edges: 'data' } },
    {},
    /data that nothing is known of/,
  ],
  [
    'no backup of another was agreed to',
    'E_NO_BACKUP_OF_OTHER',
    { contents: signed('ext4') },
    { noBackup: 'OTHER' },
    /found OTHER/,
  ],
  [
    'its image is of an earlier state',
    'E_BACKUP_OLD',
    { contents: signed('ext4') },
    { backup: { file: '/root/old.img', ofEnds: 'ab'.repeat(32) } },
    /\/root\/old\.img/,
  ],
  [
    'its image is not made yet',
    'E_BACKUP_NOT_MADE',
    { contents: signed('ext4') },
    { backup: { file: '/root/new.img', ofEnds: null } },
    /found none: \/root\/new\.img/,
  ],
  [
    'we set it up, and it holds something else now',
    'E_DISK_SET_UP',
    { contents: signed('btrfs') },
    { noBackup: SERIAL, setUpBy: 7 },
    /want it as run 7 left it/,
  ],
  [
    'fstab says that we set it up, and its beginning is damaged; nothing else is on record',
    'E_DISK_SET_UP',
    { contents: { edges: 'data' } },
    { noBackup: SERIAL, isInFstab: true, look: 'sudo xfs_repair -n /dev/nvme1n1' },
    /want it as \/etc\/fstab says.*\n.*\nit is damaged/,
  ],
  [
    'a run of ours was cut short, and somebody made something on it since',
    'E_BACKUP_WANTED',
    { contents: signed('btrfs') },
    { begunBy: 7 },
    /found on it: btrfs/,
  ],
];

describe('a disk is refused where', () => {
  for (const [why, code, found, want, detail] of REFUSALS)
    it(`${why}: ${code}`, () => {
      const { steps, refusals } = differ(found, want);
      assert.deepEqual(steps, []);
      const [refusal, ...more] = refusals;
      assert.deepEqual([refusal?.code, more.map((one) => one.code)], [code, []]);
      assert.match(refusal?.detail.join('\n') ?? '', detail);
      assert.match(refusal?.summary ?? '', /^(cannot|refusing to) /);
      assert.ok(refusal?.fix !== null || refusal.hint !== null, 'what to do next');
    });

  it('it may only be damaged: what is to be typed looks, and writes nothing', () => {
    const look = 'sudo xfs_repair -n /dev/nvme1n1';
    for (const want of [{ isInFstab: true }, { setUpBy: 7 }])
      assert.equal(
        differ({ contents: { edges: 'data' } }, { noBackup: SERIAL, look, ...want }).refusals[0]?.fix,
        look,
      );
  });

  it('everything is missing: each of it is said', () => {
    const { refusals } = differ({ contents: signed('ext4') }, { allowFormat: null, confirmed: null });
    assert.deepEqual(
      refusals.map(({ code, at }) => [code, at]),
      [
        ['E_FORMAT_NOT_ALLOWED', 'storage.allowFormat'],
        ['E_NOT_CONFIRMED', '--confirm'],
        ['E_BACKUP_WANTED', '--backup'],
      ],
    );
    assert.equal(refusals[1]?.fix, `sudo jts-hot storage --apply --confirm ${SERIAL}`);
  });
});

describe('a disk is left alone where', () => {
  const ours = [
    ['our physical volume is on it', ofUuid('LVM2_member', physicalVolumeUuid({ disk: NAME }))],
    ['the file system of the base is on it', ofUuid('xfs', storageUuid({ disk: NAME }, 'base'))],
    ['the file system of a service is on it', ofUuid('ext4', storageUuid({ disk: NAME }, 'kafka'))],
  ] as const;
  for (const [why, contents] of ours)
    it(`${why}, whatever was agreed to`, () => {
      for (const want of [
        {},
        { noBackup: SERIAL },
        { noBackup: SERIAL, begunBy: 3 },
        { allowFormat: null },
      ]) {
        const { steps, refusals } = differ({ contents }, want);
        assert.deepEqual([steps, refusals], [[], []]);
      }
    });
});

describe('a second namespace', () => {
  const second = nvmeDisk({
    name: 'nvme0n2',
    serial: SERIAL,
    namespace: 2,
    number: '259:9',
    wwid: 'eui.n2',
    sizeBytes: 2e12,
  });
  const inUse = nothingOn('nvme0n1', {
    mounts: [{ device: 'nvme0n1', mountPoint: '/', isElsewhere: false }],
    isHeld: true,
  });
  const two = (...contents: readonly DeviceContents[]) =>
    createMemoryHost({ devices: [NVME, second], contents });

  it('is the one that is planned for, whatever the first one is used for', () => {
    const host = two(inUse);
    const want = { ...WANT, disk: { ...NAME, namespace: 2 } };
    const [have] = disk.observe(host, [want]);
    assert.ok(have !== undefined);
    const { steps, refusals } = disk.diff(want, have, NO_CONSENT);
    assert.deepEqual(refusals, []);
    assert.deepEqual(
      steps.map(({ do: operation }) => operation.type === 'saveDisk' && operation.disk),
      [{ serial: SERIAL, namespace: 2, wwid: 'eui.n2', sizeBytes: 2e12 }],
    );
  });

  it('in use keeps nobody from the first one, and is refused itself', () => {
    const host = two(
      nothingOn('nvme0n2', { mounts: [{ device: 'nvme0n2', mountPoint: '/srv', isElsewhere: false }] }),
    );
    const wants = [WANT, { ...WANT, disk: { ...NAME, namespace: 2 } }];
    const found = disk.observe(host, wants).map((have, i) => disk.diff(wants[i] ?? WANT, have, NO_CONSENT));
    assert.deepEqual(
      found.map(({ steps, refusals }) => [steps.length, refusals.map(({ code }) => code)]),
      [
        [1, []],
        [0, ['E_DISK_MOUNTED']],
      ],
    );
  });

  it('that carries what is ours is ours, and the first one is not', () => {
    const ours = nothingOn(
      'nvme0n2',
      ofUuid('xfs', storageUuid({ disk: { ...NAME, namespace: 2 } }, 'base')),
    );
    const host = two(nothingOn('nvme0n1', signed('xfs')), ours);
    const wants = [WANT, { ...WANT, disk: { ...NAME, namespace: 2 } }];
    const found = disk.observe(host, wants).map((have, i) => disk.diff(wants[i] ?? WANT, have, NO_CONSENT));
    assert.deepEqual(
      found.map(({ steps, refusals }) => [steps.length, refusals.map(({ code }) => code)]),
      [
        [0, ['E_BACKUP_WANTED']],
        [0, []],
      ],
    );
  });
});

describe('a disk', () => {
  const planned = plannedDisk(NVME);
  assert.ok(planned !== null);

  it('that is empty is saved, and put back with that', () => {
    const { host, steps, wanted, have } = differ({});
    const [save, ...more] = steps;
    const ends = host.diskEnds(planned)?.hash ?? '';
    assert.deepEqual(more, []);
    assert.deepEqual(save?.do, { type: 'saveDisk', disk: planned, ends });
    assert.deepEqual(save?.undo, { type: 'restoreDisk', disk: planned, ends, over: null });
    assert.match(diskDecisions(wanted, have).join(), /--confirm S5GXNX0T1234\): it is empty$/);
  });

  it('with something on it is saved and erased, with consent', () => {
    const { host, steps, refusals, wanted, have } = differ(
      { contents: signed('ext4') },
      { noBackup: SERIAL },
    );
    assert.deepEqual(refusals, []);
    const ends = host.diskEnds(planned)?.hash ?? '';
    assert.deepEqual(
      steps.map((step) => [step.action, step.do, step.undo]),
      [
        ['+', { type: 'saveDisk', disk: planned, ends }, null],
        [
          '-',
          { type: 'eraseDisk', disk: planned, ends },
          { type: 'restoreDisk', disk: planned, ends, over: null },
        ],
      ],
    );
    assert.deepEqual(steps.map(isIrreversible), [false, false]);
    assert.match(
      diskDecisions(wanted, have).join(),
      /it held: ext4; no backup .*--no-backup S5GXNX0T1234\)$/,
    );
    for (const { do: operation } of steps) {
      assert.equal(effectOf(operation, host).state === 'done', false);
      host.perform(operation);
      assert.equal(effectOf(operation, host).state, 'done');
    }
    // And undone.
    const undo = steps[1]?.undo;
    assert.ok(undo);
    assert.equal(effectOf(undo, host).state, 'open');
    host.perform(undo);
    assert.equal(host.diskEnds(planned)?.hash, ends);
  });

  it('with an image of what is on it needs no other consent', () => {
    const ends = hostWith({ contents: signed('ext4') }).diskEnds(planned)?.hash ?? '';
    const backup = { file: '/root/disk.img', ofEnds: ends };
    const { steps, wanted, have } = differ({ contents: signed('ext4') }, { backup });
    assert.equal(steps.length, 2);
    assert.match(diskDecisions(wanted, have).join(), /verified image of it is \/root\/disk\.img/);
  });

  it('that a run of ours left with half a file system on it is emptied again', () => {
    const { steps, refusals } = differ({ contents: { edges: 'data' } }, { begunBy: 7 });
    assert.deepEqual(refusals, []);
    assert.deepEqual(
      steps.map(({ do: { type } }) => type),
      ['saveDisk', 'eraseDisk'],
    );
  });

  it('in a volume group of nobody may be formatted with consent', () => {
    const contents = { ...signed('LVM2_member'), memberOf: [{ of: 'lvm', name: null }] as const };
    assert.equal(differ({ contents }, { noBackup: SERIAL }).steps.length, 2);
  });
});
