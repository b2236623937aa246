// Where numbers come from, and the reason that is shown for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { FileSystem } from '../port/file-system.ts';
import { chooseSource, type Reader, readUsage } from './source.ts';

function mounted(type: string, ...options: readonly string[]): FileSystem {
  return { ...NVME, path: '/data/jts/hot', mountPoint: '/data', type, options };
}

const reader: Reader = async () => ({ usages: [], other: null, entries: 0, linksBeyond: 0, timedOut: false });

describe('the source of usage', () => {
  const table: readonly (readonly [FileSystem, boolean, string, string])[] = [
    [
      mounted('ext4', 'rw', 'noatime'),
      true,
      'scan',
      'ext4 at /data is mounted without project quotas (prjquota)',
    ],
    [
      mounted('xfs', 'rw', 'usrquota'),
      true,
      'scan',
      'xfs at /data is mounted without project quotas (prjquota)',
    ],
    [mounted('tmpfs', 'rw', 'prjquota'), true, 'scan', 'tmpfs at /data keeps no project quotas'],
    [
      mounted('ext4', 'rw', 'prjquota'),
      false,
      'scan',
      'project quotas are on, but reading them is not built yet',
    ],
    [mounted('ext4', 'rw', 'prjquota'), true, 'project quota', 'ext4 at /data keeps project quotas'],
    [mounted('xfs', 'rw', 'pqnoenforce'), true, 'project quota', 'xfs at /data keeps project quotas'],
    [mounted('f2fs', 'prjquota'), true, 'project quota', 'f2fs at /data keeps project quotas'],
  ];
  for (const [fileSystem, readable, by, reason] of table)
    it(`${by}: ${reason}`, () => {
      const readers = readable ? { 'project quota': reader } : {};
      assert.deepEqual(chooseSource(fileSystem, readers), { by, reason });
    });

  it('is one that can be read', async () => {
    const host = createHost();
    const layout = smallLayout('kafka');
    host.prepare.file('/data/jts/hot/kafka/data/a', { bytes: 4096 });
    const source = chooseSource(mounted('ext4', 'prjquota'));
    const options = { timeoutMs: null, onProgress: () => {} };
    const { usages } = await readUsage(source, { layout, host, options });
    assert.deepEqual(
      usages.map(({ service, usedBytes }) => [service, usedBytes]),
      [['kafka', 4096]],
    );
  });
});
