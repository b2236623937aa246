import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenOptions } from './mount-options.ts';
import type { FileSystemType } from './storage.ts';

const JOURNAL = ['has_journal', 'extent'];

function broken(type: FileSystemType, text: string, features: readonly string[] = JOURNAL) {
  return brokenOptions(text.split(','), { type, features }).map(
    ({ options, because }) => `${options.join()}: ${because}`,
  );
}

test('what works is not refused', () => {
  assert.deepEqual(broken('xfs', 'noatime,logbsize=256k,inode64,largeio,allocsize=64m,prjquota'), []);
  assert.deepEqual(broken('ext4', 'noatime,data=writeback,commit=30,barrier=1,discard,prjquota'), []);
  assert.deepEqual(broken('xfs', 'noatime,noatime'), [], 'the same, twice');
});

test('the four that no current kernel takes, each with its reason', () => {
  assert.deepEqual(broken('ext4', 'noatime,data=writeback', ['extent']), [
    'data=writeback: it says how the journal is written, and this file system has none (^has_journal)',
  ]);
  assert.deepEqual(broken('xfs', 'noatime,nobarrier'), [
    'nobarrier: XFS always keeps the order of its writes: Linux 4.19 took the option away',
  ]);
  assert.deepEqual(broken('ext4', 'noatime,largeio'), ['largeio: an option of xfs, not of ext4']);
  for (const type of ['xfs', 'ext4'] as const)
    assert.deepEqual(broken(type, 'noatime,relatime'), [
      'noatime,relatime: they say the opposite: one of noatime, relatime',
    ]);
});

test('what is of another type, twice, read-only, or no option', () => {
  assert.deepEqual(broken('xfs', 'data=ordered'), ['data=ordered: an option of ext4, not of xfs']);
  assert.deepEqual(broken('xfs', 'logbsize=64k,logbsize=256k'), [
    'logbsize=64k,logbsize=256k: logbsize can have one value',
  ]);
  for (const option of ['ro', 'noload', 'norecovery'])
    assert.equal(broken('ext4', option)[0], `${option}: services could not write`);
  for (const option of ['', 'no atime', 'a,b=c d', 'x="1"', 'x#y', '-o'])
    assert.equal(brokenOptions([option], { type: 'xfs', features: [] }).length, 1, option);
});
