// Every reason for which a device may not be used, and what is only told.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingOn, nvmeDisk } from '../../../test/memory-host/block-devices.ts';
import { physicalVolumeUuid, storageUuid } from '../../layout/storage.ts';
import type { BlockDevice, DeviceContents } from '../../port/block-device.ts';
import { type DeviceFacts, judgeUse } from './usable.ts';

const NAME = 'nvme0n1';
const DISK = nvmeDisk({ name: NAME, serial: 'S1', wwid: 'eui.1' });
const PART: BlockDevice = { ...DISK, name: 'nvme0n1p2', kind: 'partition', partOf: NAME };

interface Given {
  readonly device?: Partial<BlockDevice>;
  readonly contents?: Partial<DeviceContents> | null;
  readonly others?: readonly BlockDevice[];
  readonly health?: DeviceFacts['health'];
}

function judged({ device = {}, contents = {}, others = [], health = null }: Given) {
  const one = { ...DISK, ...device };
  return judgeUse({
    device: one,
    contents: contents === null ? null : nothingOn(one.name, contents),
    devices: [one, ...others],
    services: ['kafka'],
    health,
  });
}

const signature = (type: string, uuid: string | null = null) => ({ type, offset: 0, uuid, label: null });

const mount = (mountPoint: string, device = NAME, isElsewhere = false) => ({
  device,
  mountPoint,
  isElsewhere,
});

const REFUSALS: readonly (readonly [string, Given, string, string])[] = [
  [
    'the running system on it',
    { contents: { mounts: [mount('/'), mount('/boot')] } },
    'system',
    'it holds the running system: /; /boot',
  ],
  [
    'the running system on a volume on a partition of it',
    { contents: { mounts: [mount('/', 'dm-0')] } },
    'system',
    'it holds the running system: / on dm-0',
  ],
  [
    'the boot partition on it',
    { contents: { mounts: [mount('/boot/efi', 'nvme0n1p1')] } },
    'system',
    'it holds the running system: /boot/efi on nvme0n1p1',
  ],
  ['swap', { contents: { swap: [NAME] } }, 'swap', 'it is swap'],
  ['swap on a partition', { contents: { swap: ['nvme0n1p3'] } }, 'swap', 'it is swap: nvme0n1p3'],
  ['a partition', { device: PART }, 'no-disk', 'it is a partition of nvme0n1: a whole disk is wanted'],
  [
    'a volume',
    { device: { kind: 'device mapper', name: 'dm-0' } },
    'no-disk',
    "it is one of device mapper's: a whole disk is wanted",
  ],
  [
    'an array',
    { device: { kind: 'md', name: 'md0' } },
    'no-disk',
    'it is an array of md: a whole disk is wanted',
  ],
  [
    'a loop device',
    { device: { kind: 'loop', name: 'loop0' } },
    'no-disk',
    'it is a file, through a loop device: a whole disk is wanted',
  ],
  ['one in memory', { device: { kind: 'memory' } }, 'no-disk', 'it is in memory: a whole disk is wanted'],
  [
    'one on another machine',
    { device: { kind: 'network' } },
    'no-disk',
    'it is on another machine: a whole disk is wanted',
  ],
  [
    'one of several ways',
    { contents: { memberOf: [{ of: 'multipath', name: 'mpatha' }] } },
    'multipath',
    'it is one way of several to a disk of multipath, mpatha',
  ],
  [
    'another disk of the same name',
    { others: [{ ...DISK, name: 'nvme7n1' }] },
    'two-names',
    'nvme7n1 tells the same serial number and WWID',
  ],
  [
    'no name',
    { device: { serial: null, wwid: null } },
    'no-name',
    'it tells neither a serial number nor a WWID, so that no layout can name it',
  ],
  ['a mount', { contents: { mounts: [mount('/data')] } }, 'mounted', 'it is mounted: /data'],
  [
    'mounts on its partitions',
    { contents: { mounts: ['a', 'b', 'c', 'd'].map((one, i) => mount(`/${one}`, `nvme0n1p${i + 1}`)) } },
    'mounted',
    'it is mounted: /a on nvme0n1p1; /b on nvme0n1p2; /c on nvme0n1p3 and 1 more',
  ],
  [
    'the root of a container',
    { contents: { mounts: [mount('/', NAME, true)] } },
    'mounted',
    'it is mounted: /',
  ],
  [
    'a volume group',
    { contents: { memberOf: [{ of: 'lvm', name: 'vg0' }], signatures: [signature('LVM2_member')] } },
    'member',
    'it is in the volume group vg0 of LVM',
  ],
  [
    'an array on it',
    { contents: { memberOf: [{ of: 'md', name: 'md127' }] } },
    'member',
    'it is in an array of md, md127',
  ],
  [
    'an array that does not run',
    { contents: { memberOf: [{ of: 'md', name: null }] } },
    'member',
    'it is in an array of md',
  ],
  ['bcache', { contents: { memberOf: [{ of: 'bcache', name: null }] } }, 'member', 'it is one of bcache'],
  [
    'a pool',
    { contents: { memberOf: [{ of: 'zfs', name: 'tank' }] } },
    'member',
    'it is in a pool of ZFS, tank',
  ],
  [
    'encryption that is open',
    { contents: { memberOf: [{ of: 'crypt', name: 'secret' }] } },
    'member',
    'it is encrypted, and open as secret',
  ],
  [
    'a process that has it open',
    { contents: { open: [{ device: NAME, pid: 77, command: 'dd' }] } },
    'open',
    'a process has it open: dd, process 77',
  ],
  [
    'something that holds it unseen',
    { contents: { isHeld: true } },
    'held',
    'the kernel keeps it for something else: another mount, an array, a target',
  ],
  [
    'a mapping that nobody knows',
    { device: { holders: ['dm-3'] }, contents: { isHeld: true } },
    'held',
    'something stands on it: dm-3',
  ],
  ['no writes', { device: { isReadOnly: true } }, 'read-only', 'it takes no writes'],
  ['no size', { device: { sizeBytes: 0 } }, 'no-size', 'its size is 0'],
  ['one that can be taken out', { device: { isRemovable: true } }, 'removable', 'it can be taken out'],
  [
    'critical health',
    { health: { level: 'CRITICAL', found: '100 % of its endurance used' } },
    'health',
    'its health is CRITICAL: 100 % of its endurance used',
  ],
  [
    'no answer',
    { contents: { probed: { ok: false, why: 'no answer', said: 'it does not answer' } } },
    'no-answer',
    'it does not answer',
  ],
  [
    'what cannot be read',
    { contents: { probed: { ok: false, why: 'failed', said: 'wipefs: Input/output error' } } },
    'unreadable',
    'it cannot be read: wipefs: Input/output error',
  ],
];

describe('a device is refused for', () => {
  for (const [what, given, cause, found] of REFUSALS)
    it(`${what}: ${found}`, () => {
      const { use, refusals } = judged(given);
      assert.equal(use, 'no');
      assert.deepEqual(refusals, [{ cause, found }]);
    });

  it('all reasons at once', () => {
    const { refusals } = judged({
      device: { isReadOnly: true, isRemovable: true },
      contents: { mounts: [mount('/'), mount('/data', 'nvme0n1p2')], swap: ['nvme0n1p3'] },
    });
    assert.deepEqual(
      refusals.map(({ cause }) => cause),
      ['system', 'swap', 'mounted', 'read-only', 'removable'],
    );
  });
});

describe('a device may be used', () => {
  for (const [what, given, use] of [
    ['with nothing on it', {}, 'empty'],
    ['with a file system that nobody uses', { contents: { signatures: [signature('ext4')] } }, 'used before'],
    ['with a partition table', { contents: { partitionTable: 'gpt', edges: null } }, 'used before'],
    ['with data that has no signature', { contents: { edges: 'data' } }, 'used before'],
    [
      'with a physical volume in no group',
      { contents: { memberOf: [{ of: 'lvm', name: null }], signatures: [signature('LVM2_member')] } },
      'used before',
    ],
    [
      'with encryption that is not open',
      { contents: { memberOf: [{ of: 'crypt', name: null }], signatures: [signature('crypto_LUKS')] } },
      'used before',
    ],
    ['or not, where nobody looked', { contents: null }, 'unknown'],
    [
      'or not, where only root may look',
      { contents: { probed: { ok: false, why: 'root', said: 'only root may read what is on it' } } },
      'unknown',
    ],
  ] as const satisfies readonly (readonly [string, Given, string])[])
    it(`${what}: ${use}`, () => assert.deepEqual(judged(given), { use, refusals: [], warnings: [] }));
});

describe('a device is ours', () => {
  const named = { serial: 'S1', namespace: 1, wwid: null };
  for (const [what, uuid] of [
    ['the file system of the base', storageUuid({ disk: named }, 'base')],
    ['the file system of a service', storageUuid({ disk: named }, 'kafka')],
    ['the physical volume', physicalVolumeUuid({ disk: named })],
    [
      'the same, named by its WWID alone',
      storageUuid({ disk: { ...named, serial: null, wwid: 'eui.1' } }, 'base'),
    ],
  ] as const)
    it(`with the UUID of ${what}, and is told what it is used for`, () => {
      const { use, refusals } = judged({
        contents: { signatures: [signature('xfs', uuid)], mounts: [mount('/data/jts/hot')] },
      });
      assert.equal(use, 'ours');
      assert.deepEqual(refusals, [{ cause: 'mounted', found: 'it is mounted: /data/jts/hot' }]);
    });

  it('with none of another disk, or of another namespace: a copy is not the disk', () => {
    for (const disk of [
      { ...named, serial: 'S2' },
      { ...named, namespace: 2 },
    ])
      assert.equal(
        judged({ contents: { signatures: [signature('xfs', storageUuid({ disk }, 'base'))] } }).use,
        'used before',
      );
  });
});

describe('of a device is told', () => {
  for (const [what, given, cause, found] of [
    ['that it is small', { device: { sizeBytes: 960e9 } }, 'small', 'it is small: 960 GB'],
    ['that it is no NVMe', { device: { transport: 'sata' } }, 'not-nvme', 'it is no NVMe disk'],
    [
      'that it takes no discards',
      { device: { discard: { maxBytes: 0, granularityBytes: 0 } } },
      'no-discard',
      'it takes no discards',
    ],
    [
      'that it wears',
      { health: { level: 'WARNING', found: '85 % of its endurance used' } },
      'health',
      'its health is at WARNING: 85 % of its endurance used',
    ],
    [
      'that another namespace is beside it',
      { others: [nvmeDisk({ name: 'nvme0n2', serial: 'S1', namespace: 2, wwid: 'eui.2' })] },
      'namespaces',
      'nvme0n2 is on the same disk, and shares its speed',
    ],
  ] as const satisfies readonly (readonly [string, Given, string, string])[])
    it(what, () =>
      assert.deepEqual(judged(given), { use: 'empty', refusals: [], warnings: [{ cause, found }] }),
    );

  it('nothing of a good one of 1 TB', () =>
    assert.deepEqual(judged({ device: { sizeBytes: 1e12 } }).warnings, []));
});
