// `device list` and `device show` on a host in memory: what is printed, word for word, what a hostile disk can do to it, and that the
// lines for a layout lead back to the disk.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { nothingOn, nvmeDisk } from '../../test/memory-host/block-devices.ts';
import { storageUuid } from '../layout/storage.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint } from '../messages/paint.ts';
import type { BlockDevice, DeviceContents } from '../port/block-device.ts';
import { findDisk } from '../port/find-disk.ts';
import { deviceListCommand, deviceMeant, deviceShowCommand } from './device.ts';
import { renderDevice } from './device-text.ts';

const PAINT = createPaint(false);
const LAYOUT = smallLayout('kafka');

interface Given {
  readonly devices: readonly BlockDevice[];
  readonly contents?: readonly DeviceContents[];
  readonly effectiveUid?: number;
}

const contextWith = (given: Given) => contextOf(createHost({ ...given, health: [] }), LAYOUT);

async function listed(given: Given): Promise<string> {
  const { exitCode, result } = await deviceListCommand(contextWith(given));
  assert.ok(exitCode === 0 && result !== null);
  return renderDevice(result, PAINT);
}

async function show(given: Given, word: string) {
  const { result } = await deviceShowCommand(contextWith(given), word);
  assert.ok(result !== null && result.did === 'show');
  return { result, text: renderDevice(result, PAINT) };
}

function fits(text: string): void {
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
}

const EMPTY = nvmeDisk({ name: 'nvme1n1', number: '259:5', serial: 'S7KGNU0X700001', wwid: 'eui.0001' });
const SYSTEM = nvmeDisk({
  name: 'nvme0n1',
  serial: 'S7KGNU0X700000',
  wwid: 'eui.0000',
  sizeBytes: 512e9,
  parts: ['nvme0n1p1', 'nvme0n1p2'],
});
const PARTS = [1, 2].map((n) =>
  nvmeDisk({
    name: `nvme0n1p${n}`,
    kind: 'partition',
    partOf: 'nvme0n1',
    serial: null,
    wwid: null,
    model: null,
  }),
);
const SECOND = nvmeDisk({ name: 'nvme1n2', serial: 'S7KGNU0X700001', namespace: 2, wwid: 'eui.0002' });
const HOT = nvmeDisk({ name: 'nvme2n1', serial: 'S7KGNU0X700002', wwid: 'eui.0003' });
const OLD = nvmeDisk({
  name: 'sda',
  transport: 'sata',
  serial: 'WD-1',
  wwid: null,
  model: 'WDC WD40EFRX-68N32N0',
});
const DEVICES = [SYSTEM, ...PARTS, EMPTY, SECOND, HOT, OLD];
const uuid = storageUuid({ disk: { serial: 'S7KGNU0X700002', namespace: 1, wwid: null } }, 'base');
const CONTENTS = [
  nothingOn('nvme0n1', {
    partitionTable: 'gpt',
    edges: null,
    mounts: [
      { device: 'nvme0n1p1', mountPoint: '/boot/efi', isElsewhere: false },
      { device: 'nvme0n1p2', mountPoint: '/', isElsewhere: false },
    ],
  }),
  nothingOn('nvme0n1p2', {
    signatures: [{ type: 'ext4', offset: 1080, uuid: 'aaaa', label: 'root' }],
    edges: null,
    mounts: [{ device: 'nvme0n1p2', mountPoint: '/', isElsewhere: false }],
  }),
  nothingOn('nvme1n2', { edges: 'data' }),
  nothingOn('nvme2n1', {
    signatures: [{ type: 'xfs', offset: 0, uuid, label: null }],
    edges: null,
    isHeld: true,
    mounts: [{ device: 'nvme2n1', mountPoint: '/data/jts/hot', isElsewhere: false }],
  }),
  nothingOn('sda', {
    signatures: [{ type: 'LVM2_member', offset: 24, uuid: 'x', label: null }],
    edges: null,
    memberOf: [{ of: 'lvm', name: 'vault' }],
  }),
];
const ALL = { devices: DEVICES, contents: CONTENTS };

describe('device list', () => {
  it('has all disks, what is on each, and why one cannot be used', async () => {
    const text = await listed(ALL);
    fits(text);
    assert.equal(
      text,
      `\
DEVICE      SIZE  MODEL      SERIAL          NS  WHAT IS ON IT           USABLE
nvme0n1   512 GB  Samsung …  S7KGNU0X700000   1  gpt, 2 parts, mounted   no
nvme1n1  4.00 TB  Samsung …  S7KGNU0X700001   1  nothing                 yes
nvme1n2  4.00 TB  Samsung …  S7KGNU0X700001   2  unknown data            consent
nvme2n1  4.00 TB  Samsung …  S7KGNU0X700002   1  hot tier, xfs, mounted  ours
sda      4.00 TB  WDC WD40…  WD-1             1  lvm vault               no

nvme0n1: it holds the running system: /boot/efi on nvme0n1p1; / on nvme0n1p2; it
  is small: 512 GB
nvme1n1: nvme1n2 is on the same disk, and shares its speed
nvme1n2: nvme1n1 is on the same disk, and shares its speed
nvme2n1: it is mounted: /data/jts/hot
sda: it is in the volume group vault of LVM; it is no NVMe disk

More of one, and how a layout names it:  sudo jts-hot device show nvme1n1`,
    );
  });

  it('says without root what it does not know', async () => {
    const text = await listed({ ...ALL, effectiveUid: 1000 });
    fits(text);
    assert.match(text, /^nvme1n1 .* not read +\?$/m);
    assert.match(text, /^nvme1n1: only root may read what is on it; nvme1n2 is/m);
    assert.match(text, /^See all: {2}sudo jts-hot device list$/m);
  });

  it('of no disk', async () => assert.equal(await listed({ devices: [] }), 'There is no disk.'));

  it('cuts off no serial number, however long', async () => {
    const text = await listed({
      devices: [nvmeDisk({ name: 'nvme10n12', serial: 'PHLJ123456789ABCDEFG', model: 'M'.repeat(40) })],
      contents: [nothingOn('nvme10n12', { memberOf: [{ of: 'lvm', name: 'g'.repeat(100) }] })],
    });
    fits(text.split('\n').slice(0, 2).join('\n'));
    assert.match(text, /PHLJ123456789ABCDEFG/);
  });
});

describe('device show', () => {
  it('tells all of a disk, and the lines that name it', async () => {
    const { text } = await show(ALL, 'nvme1n2');
    fits(text);
    assert.equal(
      text,
      `\
nvme1n2  Samsung SSD 990 PRO 4TB
  path             /dev/nvme1n2 (259:0)
  kind             disk
  serial number    S7KGNU0X700001
  namespace        2
  WWID             eui.0002
  firmware         4B2QJXD7
  size             4.00 TB (4,000,787,030,016 bytes)
  sectors          512 bytes, physical 4096
  connection       nvme
  rotational       no
  discards         up to 1.10 TB at once, in units of 512 bytes
  scheduler        none (or mq-deadline)

What is on it
  in short              unknown data
  first, last 16 MiB    not only zeros

Could the hot tier be on it?
  Only if you agree to lose what is on it: nobody uses it now.
  - to know: nvme1n1 is on the same disk, and shares its speed

In a layout file
  storage:
    device:
      serial: S7KGNU0X700001
      namespace: 2
      wwid: eui.0002`,
    );
  });

  it('goes through its partitions', async () => {
    const { text, result } = await show(ALL, '/dev/nvme0n1');
    fits(text);
    assert.deepEqual(
      result.on.map(({ name }) => name),
      ['nvme0n1p1', 'nvme0n1p2'],
    );
    assert.match(text, /^ {4}nvme0n1p2: partition, 4\.00 TB, ext4, mounted$/m);
    assert.match(text, /^ {2}mounted +\/boot\/efi \(nvme0n1p1\); \/ \(nvme0n1p2\)$/m);
    assert.match(
      text,
      /^ {2}No\.\n {2}- it holds the running system: \/boot\/efi on nvme0n1p1; \/ on nvme0n1p2$/m,
    );
    assert.equal(result.layoutLines, null);
  });

  it('refuses a disk that is at its end', async () => {
    const log = { none: 'no program', why: 'nvme is not installed' } as const;
    const dying = { name: 'nvme1n1', controller: 'dead', readOnly: false, log };
    const host = createHost({ ...ALL, health: [dying] });
    const { result } = await deviceShowCommand(contextOf(host, LAYOUT), 'nvme1n1');
    assert.ok(result?.did === 'show');
    assert.equal(result.device.use, 'no');
    const text = renderDevice(result, PAINT);
    assert.match(text, /^ {2}health +CRITICAL: the kernel has given it up$/m);
    assert.match(text, /^ {2}- its health is CRITICAL: the kernel has given it up$/m);
  });

  it('says of the hot tier that it is ours', async () => {
    const { text } = await show(ALL, 'S7KGNU0X700002');
    assert.match(text, /It is: what is on it was made for the hot tier\. It is never formatted again\./);
  });

  for (const [what, disk] of [
    ['a serial number', EMPTY],
    ['a second namespace', SECOND],
    ['no WWID', OLD],
    ['a WWID alone', nvmeDisk({ name: 'nvme9n1', serial: null, wwid: 'uuid.f0e1' })],
    ['digits alone', nvmeDisk({ name: 'nvme9n1', serial: '0123456789', wwid: 'eui.9' })],
    ['what YAML could read otherwise', nvmeDisk({ name: 'nvme9n1', serial: 'No', wwid: '1e5' })],
    ['signs of YAML', nvmeDisk({ name: 'nvme9n1', serial: 'a: {b} #"\\c', wwid: '&x *y' })],
  ] as const)
    it(`gives lines that lead back to a disk with ${what}`, async () => {
      const devices = [...DEVICES.filter(({ name }) => name !== disk.name), disk];
      const { result } = await show({ devices }, disk.name);
      assert.ok(result.layoutLines !== null);
      const file = ['version: 1', 'services: { kafka: {} }', ...result.layoutLines].join('\n');
      const { layout } = parseLayoutFile(file, 'layout.yaml');
      assert.ok(layout.storage !== undefined);
      assert.deepEqual(findDisk(devices, layout.storage.disk), { disk });
    });
});

describe('what is typed for a device', () => {
  const mapped = nvmeDisk({
    name: 'dm-0',
    kind: 'device mapper',
    serial: null,
    mapper: { name: 'vg-lv', uuid: 'LVM-x' },
  });
  const devices = [...DEVICES, mapped];
  for (const [word, name] of [
    ['nvme0n1p2', 'nvme0n1p2'],
    ['/dev/nvme1n1', 'nvme1n1'],
    ['/dev/mapper/vg-lv', 'dm-0'],
    ['S7KGNU0X700002', 'nvme2n1'],
    ['eui.0002', 'nvme1n2'],
  ] as const)
    it(word, () => assert.equal(deviceMeant(devices, word).name, name));

  it('is what the kernel calls it, whatever another disk says of itself', () => {
    const liar = nvmeDisk({ name: 'nvme8n1', serial: 'nvme1n1', wwid: '/dev/nvme1n1' });
    for (const word of ['nvme1n1', '/dev/nvme1n1'])
      assert.equal(deviceMeant([liar, ...DEVICES], word).name, 'nvme1n1');
  });

  for (const [word, code, hint] of [
    ['nvme5n1', 'E_NO_DEVICE', null],
    ['', 'E_NO_DEVICE', null],
    ['S7KGNU0X700001', 'E_TWO_DISKS', /^for example: jts-hot device show nvme1n1$/],
    ['/dev/disk/by-id/nvme-S7', 'E_NO_DEVICE', /may lead to another namespace/],
  ] as const)
    it(`is refused: ${JSON.stringify(word)}`, () => {
      assert.throws(
        () => deviceMeant(devices, word),
        (error) => {
          assert.ok(error instanceof Problem);
          const [one] = error.diagnostics;
          assert.equal(one?.code, code);
          if (hint !== null) assert.match(one?.hint ?? '', hint);
          return true;
        },
      );
    });
});

describe('a hostile disk', () => {
  const EVIL = '\u001b[2J\u0007\u202e';
  const devices = [
    nvmeDisk({
      name: 'nvme0n1',
      model: `M${EVIL}`,
      serial: `S${EVIL}`,
      wwid: `eui.${EVIL}`,
      firmware: EVIL,
    }),
  ];
  const contents = [
    nothingOn('nvme0n1', {
      signatures: [{ type: `ext4${EVIL}`, offset: 0, uuid: EVIL, label: EVIL }],
      memberOf: [{ of: 'lvm', name: EVIL }],
      mounts: [{ device: 'nvme0n1', mountPoint: `/${EVIL}`, isElsewhere: true }],
      open: [{ device: 'nvme0n1', pid: 1, command: EVIL }],
    }),
  ];

  it('moves no cursor, hides nothing and turns nothing around', async () => {
    for (const text of [
      await listed({ devices, contents }),
      (await show({ devices, contents }, 'nvme0n1')).text,
    ])
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  });
});
