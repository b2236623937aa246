// Against what wipefs of Debian 12 (2.38) and 13 (2.41) printed of real devices, and the beginning of a physical volume as LVM writes
// it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordedOf } from '../../../test/recorded/output.ts';
import { parseWipefs, volumeGroupIn } from './signatures.ts';

const of = (...signatures: readonly (readonly [string, string, string | null, string | null])[]) =>
  JSON.stringify({
    signatures: signatures.map(([offset, type, uuid, label]) => ({
      device: 'nvme0n1',
      offset,
      type,
      uuid,
      label,
    })),
  });

const EXT4 = 'dcac8ef5-fbd4-4823-8bd2-5b5a8fe0d492';

describe('what wipefs prints', () => {
  for (const [what, text, partitionTable, signatures] of [
    ['of nothing, version 2.38', '{\n   "signatures": [\n\n   ]\n}\n', null, []],
    ['of nothing, not even that', '', null, []],
    ['of ext4', of(['0x438', 'ext4', EXT4, null]), null, [['ext4', 1080, EXT4, null]]],
    [
      'of a GPT, both of its places and what stands before it',
      of(['0x200', 'gpt', null, null], ['0x3fffe00', 'gpt', null, null], ['0x1fe', 'PMBR', null, null]),
      'gpt',
      [],
    ],
    ['of an old table', of(['0x1fe', 'dos', null, null]), 'dos', []],
    [
      'of a file system beside a table',
      of(['0x1fe', 'dos', null, null], ['0x0', 'xfs', EXT4, 'hot']),
      'dos',
      [['xfs', 0, EXT4, 'hot']],
    ],
    [
      'of LUKS, which stands there twice',
      of(['0x0', 'crypto_LUKS', 'a', null], ['0x4000', 'crypto_LUKS', 'a', null]),
      null,
      [['crypto_LUKS', 0, 'a', null]],
    ],
    [
      'of ZFS, which stands there more than a hundred times',
      of(
        ...Array.from(
          { length: 128 },
          (_, i) => [`0x${(261120 - 1024 * i).toString(16)}`, 'zfs_member', null, null] as const,
        ),
      ),
      null,
      [['zfs_member', 261120, null, null]],
    ],
  ] as const)
    it(what, () => {
      const found = parseWipefs(text);
      assert.equal(found?.partitionTable, partitionTable);
      assert.deepEqual(
        found?.signatures.map(({ type, offset, uuid, label }) => [type, offset, uuid, label]),
        signatures,
      );
    });

  for (const text of [
    'wipefs: error: no such device',
    '[]',
    '{"signatures": 1}',
    'null',
    '{"signatures": [{}',
  ])
    it(`is not read from ${text}`, () => assert.equal(parseWipefs(text), null));
});

/** By scene: the partition table, then the types. What is not in it has a physical volume of LVM. */
const SCENES: Readonly<Record<string, readonly (string | null)[]>> = {
  bcache: [null, 'bcache'],
  btrfs: [null, 'btrfs'],
  'device-mapper': [null],
  dos: ['dos'],
  empty: [null],
  ext4: [null, 'ext4'],
  'ext4-4096': [null, 'ext4'],
  // Its first superblock is gone: only its bytes tell that something is there.
  'ext4-damaged': [null],
  'ext4-project-quota': [null, 'ext4'],
  fstab: [null, 'xfs'],
  gpt: ['gpt'],
  'gpt-then-ext4': [null, 'ext4'],
  'gpt-with-ext4': ['gpt'],
  luks: [null, 'crypto_LUKS'],
  md: [null, 'linux_raid_member'],
  'md-stopped': [null, 'linux_raid_member'],
  swap: [null, 'swap'],
  'swap-active': [null, 'swap'],
  xfs: [null, 'xfs'],
  'xfs-4096': [null, 'xfs'],
  'xfs-damaged': [null, 'xfs'],
  'xfs-mounted': [null, 'xfs'],
};

describe('what was recorded', () => {
  for (const { of: scene, stdout } of recordedOf('wipefs.json'))
    it(scene, () => {
      const [, name = ''] = scene.split(' ');
      // That of Debian 13 finds no ZFS where no pool is.
      if (name === 'zfs') return;
      const found = parseWipefs(stdout);
      assert.ok(found !== null);
      assert.deepEqual(
        [found.partitionTable, ...found.signatures.map(({ type }) => type)],
        SCENES[name] ?? (name.startsWith('lvm-') ? [null, 'LVM2_member'] : assert.fail(scene)),
      );
    });
});

/** As LVM 2.03.16 laid it out on a disk of 64 MiB: the label in sector 1, one area for data, one for metadata at 4 KiB. */
function physicalVolume(metadata: string | null): Buffer {
  const bytes = Buffer.alloc(64 * 1024);
  bytes.write('LABELONE', 512, 'latin1');
  bytes.writeBigUInt64LE(1n, 512 + 8);
  bytes.writeUInt32LE(32, 512 + 20);
  bytes.write('LVM2 001', 512 + 24, 'latin1');
  const header = 512 + 32;
  bytes.write('vng261n4p2nZ2jXGdYG1UQMjCRgWAVa6', header, 'latin1');
  bytes.writeBigUInt64LE(64n * 1024n ** 2n, header + 32);
  bytes.writeBigUInt64LE(1024n ** 2n, header + 40);
  bytes.writeBigUInt64LE(4096n, header + 72);
  bytes.writeBigUInt64LE(1044480n, header + 80);
  bytes.write(' LVM2 x[5A%r0N*>', 4096 + 4, 'latin1');
  bytes.writeUInt32LE(1, 4096 + 20);
  bytes.writeBigUInt64LE(4096n, 4096 + 24);
  if (metadata !== null) {
    bytes.writeBigUInt64LE(512n, 4096 + 40);
    bytes.write(metadata, 4096 + 512, 'latin1');
  }
  return bytes;
}

describe('the volume group of a physical volume', () => {
  it('is read where its metadata is', () => {
    const text = 'jts-hot.test {\nid = "ZPSzOr-0kJH-fhuN-qCGj-QdhX-kG1C-L0hlVM"\nseqno = 1\n';
    assert.equal(volumeGroupIn(physicalVolume(text)), 'jts-hot.test');
  });
  it('is none where it is in no group', () => assert.equal(volumeGroupIn(physicalVolume(null)), null));
  it('is none of what is no physical volume', () => {
    assert.equal(volumeGroupIn(Buffer.alloc(4096)), null);
    assert.equal(volumeGroupIn(Buffer.alloc(0)), null);
  });
  it('is not read from what is damaged, whatever stands there', () => {
    for (let at = 0; at < 700; at += 1) {
      const bytes = physicalVolume('vg0 {\n');
      bytes[512 + (at % 128)] = 0xff;
      bytes.fill(0xff, 4096 + 40, 4096 + 40 + (at % 8));
      assert.doesNotThrow(() => volumeGroupIn(bytes.subarray(0, 4096 + at)));
    }
    assert.equal(volumeGroupIn(physicalVolume('\u001b[2J {\n')), null);
  });
});
