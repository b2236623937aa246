// Want and have → steps with their undo, refusals, warnings; and that steps, done on a host, leave nothing to do.
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { nvmeDisk } from '../../../test/memory-host/block-devices.ts';
import { createMemoryHost } from '../../../test/memory-host/memory-host.ts';
import type { Layout } from '../../layout/layout.ts';
import type { AtPlace, FileSystemFound, FileSystemMakers } from '../../port/file-system-on.ts';
import { effectOf } from '../../port/operation.ts';
import { builtInLayout } from '../../services/index.ts';
import { type FileSystemWant, fileSystem } from './file-system.ts';
import { allocationGroups, chooseOptions, isAtLeast, trialWords } from './file-system-options.ts';
import { fileSystemWants } from './file-system-wants.ts';

const UUID = '6f0d3a52-8d1c-8f3a-9b7e-0123456789ab';
const TB = 1e12;
const MAKERS: FileSystemMakers = { kernel: '6.12.43', keepsQuotas: true, cores: 16, xfsprogs: '6.13.0' };
const DISK = { serial: 'S1', namespace: 1, wwid: null, sizeBytes: 4 * TB };
const CONSENT = { adopt: new Set<string>(), fromRoot: false, flags: new Set<never>() };

function want(given: Partial<FileSystemWant> = {}): FileSystemWant {
  const type = given.type ?? 'xfs';
  const options = { type, sizeBytes: 4 * TB, sectorBytes: 4096, makers: MAKERS, files: 'few large' } as const;
  return {
    place: { disk: DISK, volume: null },
    type,
    uuid: UUID,
    options: chooseOptions(options),
    mountPoint: '/data/jts/hot',
    service: null,
    isErased: false,
    placeBytes: null,
    needs: ['disk S1'],
    ...given,
  };
}

function at(has: Partial<FileSystemFound> | null, sizeBytes = 4 * TB): AtPlace {
  const { options, type } = want({ type: has?.type === 'ext4' ? 'ext4' : 'xfs' });
  const { features, blockBytes, sectorBytes, allocationGroups: groups } = options;
  return {
    path: '/dev/nvme0n1',
    sizeBytes,
    sectorBytes: 4096,
    has:
      has === null
        ? null
        : {
            ...{ type, uuid: UUID, label: null, state: 'clean', features, sizeBytes: 4 * TB, blockBytes },
            ...{ sectorBytes, allocationGroups: groups, reservedBytes: type === 'ext4' ? 0 : null },
            ...{ mountedAt: null, holds: { is: 'nothing' } },
            ...has,
          },
  };
}

function diff(wanted: FileSystemWant, have: AtPlace | null) {
  const { steps, refusals, warnings } = fileSystem.diff(wanted, have, CONSENT);
  return {
    steps: steps.map((step) => `${step.action} ${step.do.type}/${step.undo?.type ?? 'none'}`),
    refusals: refusals.map(({ code }) => code),
    warnings: warnings.flatMap(({ detail }) => detail),
  };
}

const NOTHING = { steps: [], refusals: [], warnings: [] };
const MADE = { ...NOTHING, steps: ['+ makeFileSystem/eraseFileSystem'] };
const GROWN = { ...NOTHING, steps: ['~ growFileSystem/none'] };

describe('want and have', () => {
  for (const [what, wanted, have, expected] of [
    ['no volume yet', want(), null, MADE],
    ['nothing there', want(), at(null), MADE],
    ['stopped in the middle', want(), at({ state: 'unfinished' }), MADE],
    ['another one that goes first', want({ isErased: true }), at({ uuid: 'other' }), MADE],
    ['as wanted', want(), at({}), NOTHING],
    ['in use', want(), at({ state: 'mounted', mountedAt: '/data/jts/hot' }), NOTHING],
    ['to replay', want(), at({ state: 'to replay' }), NOTHING],
    ['ext4 as wanted', want({ type: 'ext4' }), at({ type: 'ext4' }), NOTHING],
    ['a larger volume', want(), at({}, 5 * TB), GROWN],
    ['a volume that is to grow', want({ placeBytes: 5 * TB }), at({}), GROWN],
    ['less than an extent more', want(), at({}, 4 * TB + 4 * 1024 ** 2), NOTHING],
    ['a smaller volume', want(), at({}, 3 * TB), { ...NOTHING, refusals: ['E_FILE_SYSTEM_LARGER'] }],
    ['another one', want(), at({ uuid: 'other' }), { ...NOTHING, refusals: ['E_OTHER_FILE_SYSTEM'] }],
    [
      'no file system',
      want(),
      at({ type: 'LVM2_member', uuid: 'abc', state: 'unknown' }),
      { ...NOTHING, refusals: ['E_OTHER_FILE_SYSTEM'] },
    ],
    [
      'another one that was stopped in the middle',
      want(),
      at({ uuid: 'other', state: 'unfinished' }),
      { ...NOTHING, refusals: ['E_OTHER_FILE_SYSTEM'] },
    ],
    ['of another type', want(), at({ type: 'ext4' }), { ...NOTHING, refusals: ['E_FILE_SYSTEM_TYPE'] }],
    ['damaged', want(), at({ state: 'damaged' }), { ...NOTHING, refusals: ['E_FILE_SYSTEM_DAMAGED'] }],
    [
      'with other features',
      want(),
      at({ features: ['crc'] }),
      {
        ...NOTHING,
        warnings: [
          'want finobt, sparse, reflink, projid32bit, ftype, lazy-count, bigtime, inobtcount, found it without',
        ],
      },
    ],
    [
      'with blocks, sectors and a reserve of its own',
      want({ type: 'ext4' }),
      at({ type: 'ext4', blockBytes: 1024, reservedBytes: 200e9 }),
      {
        ...NOTHING,
        warnings: [
          'want blocks of 4096 bytes, found 1024',
          'want nothing kept for root alone, found 200 GB: sudo tune2fs -m 0 gives it back',
        ],
      },
    ],
  ] as const)
    it(what, () => assert.deepEqual(diff(wanted, have), expected));

  it('a damaged one is the operator’s to check', () => {
    const [refusal] = fileSystem.diff(want(), at({ state: 'damaged', mountedAt: '/mnt' }), CONSENT).refusals;
    assert.match(refusal?.hint ?? '', /umount \/mnt, then look at it: sudo xfs_repair -n \/dev\/nvme0n1/);
  });

  it('both UUIDs are named', () => {
    const [refusal] = fileSystem.diff(want(), at({ uuid: 'other' }), CONSENT).refusals;
    assert.match(String(refusal?.detail), new RegExp(`${UUID}.*UUID other`));
  });
});

test('on a host: made, grown, undone while it holds nothing', () => {
  const place = { disk: DISK, volume: null };
  const disk = nvmeDisk({ name: 'nvme0n1', serial: 'S1', wwid: null, sizeBytes: 4 * TB });
  const host = createMemoryHost({ devices: [disk] });
  const steps = () => {
    const [have = null] = fileSystem.observe(host, [want()]);
    return fileSystem.diff(want(), have, CONSENT).steps;
  };
  const [step] = steps();
  assert.ok(step?.undo);
  assert.equal(effectOf(step.do, host).state, 'open');
  host.perform(step.do);
  assert.equal(effectOf(step.do, host).state, 'done');
  assert.deepEqual(steps(), []);
  assert.equal(host.fileSystemsOn([place])[0]?.has?.uuid, UUID);
  assert.equal(effectOf(step.undo, host).state, 'open');
  host.perform(step.undo);
  assert.equal(effectOf(step.undo, host).state, 'done');
  assert.equal(host.fileSystemsOn([place])[0]?.has, null);
});

test('of a layout: each with its place, its options, and what it stands on', () => {
  const layout: Layout = {
    ...builtInLayout,
    storage: {
      disk: { serial: 'S1', namespace: 1, wwid: null },
      allowFormat: 'S1',
      type: 'xfs',
      volumes: {
        group: 'hot',
        keepFreePercent: 5,
        baseBytes: null,
        services: [
          { service: 'postgresql', type: 'ext4', sizeBytes: null },
          { service: 'kafka', type: 'xfs', sizeBytes: 0.7 * TB },
        ],
      },
      options: [],
      deviceTimeoutSeconds: 30,
    },
  };
  const volumes = new Map([
    ['base', { bytes: 2e12 }],
    ['kafka', { bytes: 700e9 }],
    ['postgresql', { bytes: 800e9 }],
  ]);
  const ground = { disk: DISK, sectorBytes: 4096, makers: MAKERS, isErased: true, volumes };
  const wants = fileSystemWants(layout, ground);
  assert.deepEqual(
    wants.map(({ mountPoint, type, placeBytes, needs, options }) =>
      [mountPoint, type, placeBytes, needs.join(), options.allocationGroups].join(' '),
    ),
    [
      '/data/jts/hot xfs 2000000000000 volume hot/base 16',
      '/data/jts/hot/kafka xfs 700000000000 volume hot/kafka 16',
      '/data/jts/hot/postgresql ext4 800000000000 volume hot/postgresql ',
    ],
  );
});

describe('options', () => {
  it('as many allocation groups as cores, of 4 GiB to 1 TiB', () => {
    const GIB = 1024 ** 3;
    for (const [sizeBytes, cores, groups] of [
      [4 * TB, 2, 4],
      [4 * TB, 16, 16],
      [4 * TB, 128, 128],
      [20 * GIB, 16, 5],
      [GIB, 64, 4],
      [16 * TB, 4, 15],
      [4096 * GIB, 4, 5],
    ] as const)
      assert.equal(allocationGroups(sizeBytes, cores), groups, `${sizeBytes} ${cores}`);
  });

  it('only what the kernel and mkfs.xfs know', () => {
    const options = (kernel: string, xfsprogs: string | null) =>
      want({
        options: chooseOptions({
          type: 'xfs',
          sizeBytes: 4 * TB,
          sectorBytes: 512,
          makers: { ...MAKERS, kernel, xfsprogs },
          files: 'few large',
        }),
      }).options;
    const words = (kernel: string, xfsprogs: string | null) => options(kernel, xfsprogs).words.join(' ');
    assert.match(words('6.1.0-38-amd64', '6.1.0'), /bigtime=1,inobtcount=1 .*nrext64=0/);
    assert.doesNotMatch(words('6.1.0-38-amd64', '6.1.0'), /exchange|parent|metadir/);
    assert.match(words('6.12.43', '6.13.0'), /metadir=0.*exchange=0.*parent=0/);
    assert.match(words('5.10.0-30-amd64', '6.13.0'), /bigtime=0,inobtcount=0/);
    assert.doesNotMatch(words('5.4.0', '5.3.0'), /bigtime|nrext64/);
    assert.doesNotMatch(words('6.12.43', null), /bigtime|nrext64/);
    assert.deepEqual(
      options('5.10.0', '6.13.0').features.filter((one) => /bigtime|inobtcount|nrext64|rmapbt/.test(one)),
      [],
    );
    assert.ok(!trialWords(options('6.12.43', '6.13.0')).join().includes('agcount'));
  });

  it('ext4 has no quota where the kernel keeps none, and fewer inodes for large files', () => {
    const words = (makers: FileSystemMakers, files: 'few large' | 'many small') =>
      chooseOptions({ type: 'ext4', sizeBytes: 4 * TB, sectorBytes: 4096, makers, files }).words.join(' ');
    assert.match(words(MAKERS, 'few large'), /project,quota -E .*quotatype=prjquota.* -i 65536 -m 0/);
    assert.match(words({ ...MAKERS, keepsQuotas: false }, 'many small'), /metadata_csum -E .* -i 16384/);
    assert.doesNotMatch(words({ ...MAKERS, keepsQuotas: false }, 'many small'), /quota/);
    assert.match(words(MAKERS, 'few large'), /has_journal/);
  });

  it('versions', () => {
    assert.ok(isAtLeast('6.1.0-38-amd64', '5.15'));
    assert.ok(!isAtLeast('5.4.0', '5.15'));
    assert.ok(isAtLeast('5.15.0', '5.15'));
  });
});
