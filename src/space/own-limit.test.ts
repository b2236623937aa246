import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { howToRaise, type Limited, limitsListed, ownLimit, spent } from './own-limit.ts';

const DISK: Limited = {
  mountPoint: '/data',
  type: 'xfs',
  sizeBytes: 4e12,
  freeBytes: 3e12,
  availableBytes: 3e12,
  inodes: 4e8,
  inodesFree: 3e8,
};
/** As statfs has it in a directory of a project with a limit of 20 MiB that is full, on XFS. */
const FULL: Limited = { ...DISK, sizeBytes: 20_971_520, freeBytes: 61_440, availableBytes: 61_440 };

describe('the limit of a directory', () => {
  it('is one only where it is less than the file system', () => {
    assert.equal(ownLimit(DISK, DISK), null);
    assert.equal(ownLimit(FULL, DISK), FULL);
    const fewInodes = { ...DISK, inodes: 100, inodesFree: 0 };
    assert.equal(ownLimit(fewInodes, DISK), fewInodes);
  });

  it('is none of a disk of its own below the base', () => {
    assert.equal(ownLimit({ ...FULL, mountPoint: '/data/jts/hot/redis' }, DISK), null);
  });

  it('is spent when no server can work in what is left', () => {
    assert.equal(spent(FULL), '61.4 kB of 21.0 MB available');
    assert.equal(spent({ ...FULL, availableBytes: 0 }), '0 B of 21.0 MB available');
    assert.equal(spent({ ...FULL, availableBytes: 2 ** 20 }), null);
    assert.equal(spent({ ...DISK, inodes: 100, inodesFree: 0 }), 'none of 100 inodes left');
    // A file system that makes inodes as it needs them.
    assert.equal(spent({ ...DISK, inodes: 0, inodesFree: 0 }), null);
  });

  it('is seen and raised by the tools of its file system', () => {
    assert.equal(limitsListed(FULL), "sudo xfs_quota -x -c 'report -p -bi' /data");
    assert.equal(howToRaise(FULL), "xfs_quota -x -c 'limit -p bhard=SIZE PROJECT' /data");
    assert.equal(limitsListed({ ...FULL, type: 'ext4' }), 'sudo repquota -P /data');
    assert.equal(howToRaise({ ...FULL, type: 'ext4' }), 'setquota -P PROJECT 0 BLOCKS 0 0 /data');
  });
});
