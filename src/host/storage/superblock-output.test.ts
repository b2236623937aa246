// Against what the tools of Debian 12 and 13 print (test/recorded/file-systems): 4 TiB, 4096 byte sectors.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import {
  isLogClean,
  isUnfinished,
  parseSignature,
  parseTune2fs,
  parseXfsInfo,
  parseXfsprogs,
} from './superblock-output.ts';

const PLACE = join(import.meta.dirname, '../../../test/recorded/file-systems');
const recorded = (name: string) => readFileSync(join(PLACE, `${name}.txt`), 'utf8');

for (const release of ['debian-12', 'debian-13'])
  describe(`of ${release}`, () => {
    it('tune2fs', () => {
      assert.deepEqual(parseTune2fs(recorded(`${release}-tune2fs`)), {
        uuid: '6f0d3a52-8d1c-8f3a-9b7e-0123456789ab',
        features:
          'has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file dir_nlink extra_isize quota metadata_csum project'.split(
            ' ',
          ),
        blockBytes: 4096,
        sizeBytes: 4 * 1024 ** 4,
        reservedBytes: 0,
        hasErrors: false,
        needsReplay: false,
      });
    });

    it('xfs_db and xfs_logprint', () => {
      const text = recorded(`${release}-xfs_db`);
      assert.deepEqual(parseXfsInfo(text), {
        features: [
          ...['projid32bit', 'crc', 'finobt', 'sparse', 'reflink', 'bigtime', 'inobtcount'],
          ...['ftype', 'lazy-count'],
        ],
        blockBytes: 4096,
        sizeBytes: 4 * 1024 ** 4,
        sectorBytes: 4096,
        allocationGroups: 16,
      });
      assert.equal(isUnfinished(text), false);
      assert.equal(isUnfinished(text.replace('inprogress = 0', 'inprogress = 1')), true);
      assert.equal(isLogClean(recorded(`${release}-xfs_logprint`)), true);
    });

    it('mkfs.xfs -V', () => {
      const version = parseXfsprogs(recorded(`${release}-mkfs.xfs-V`));
      assert.equal(version, release === 'debian-12' ? '6.1.0' : '6.13.0');
    });
  });

test('a journal that is to be replayed', () => {
  const said = parseTune2fs(recorded('debian-12-tune2fs-needs-recovery'));
  assert.equal(said?.needsReplay, true);
  assert.ok(!said?.features.includes('needs_recovery'));
  assert.equal(isLogClean(recorded('debian-12-xfs_logprint-dirty')), false);
});

test('what says nothing is nothing', () => {
  assert.equal(parseTune2fs('tune2fs: Bad magic number in super-block'), null);
  assert.equal(parseXfsInfo('xfs_db: V1 inodes unsupported. Please try an older xfsprogs.'), null);
  assert.equal(isLogClean('xfs_logprint: it is mounted and writable'), null);
  assert.equal(parseSignature(''), null);
  assert.deepEqual(parseSignature('DEVNAME=x\nPTUUID=1\nPTTYPE=gpt\n'), {
    type: 'gpt',
    uuid: null,
    label: null,
  });
  assert.deepEqual(parseSignature('DEVNAME=x\nUUID=1-2\nUUID_SUB=9\nVERSION=1.0\nTYPE=ext4\nLABEL=a=b c\n'), {
    type: 'ext4',
    uuid: '1-2',
    label: 'a=b c',
  });
});
