import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import { checkRoom } from './room.ts';

const LAYOUT = smallLayout('kafka', 'redis');
const REDIS = '/data/jts/hot/redis';

/** Below REDIS there is what `own` says. */
function limited(own: Partial<ReturnType<HostReader['fileSystem']>>): HostReader {
  const host = createHost({ fileSystem: NVME });
  return {
    ...host,
    fileSystem: (path) => ({ ...host.fileSystem(path), ...(path.startsWith(REDIS) ? own : {}) }),
  };
}

describe('room to write', () => {
  it('is told of only where there is none', () => {
    assert.deepEqual(checkRoom(LAYOUT, createHost({ fileSystem: NVME })), []);
    const roomy = { sizeBytes: 1e9, freeBytes: 5e8, availableBytes: 5e8 };
    assert.deepEqual(checkRoom(LAYOUT, limited(roomy)), []);
  });

  it('is none where the project quota of a service is used up: that service alone is named', () => {
    const full = { sizeBytes: 1e9, freeBytes: 0, availableBytes: 0 };
    const [quota, ...others] = checkRoom(LAYOUT, limited(full));
    assert.deepEqual(others, []);
    assert.equal(quota?.id, 'space.quota.redis');
    assert.equal(quota?.service, 'redis');
    assert.equal(quota?.found, 'a full project quota: 0 B of 1.00 GB available');
    assert.match(quota?.hint ?? '', /raise its limit \(setquota -P .*\); all limits: sudo repquota -P /);
  });

  it('is there above a soft limit, which statfs takes for the end, and none at the hard one', () => {
    const made = createHost({ fileSystem: { ...NVME, type: 'xfs', options: ['prjquota'] } });
    made.prepare.file(`${REDIS}/data/a`, { bytes: 5 * 2 ** 20 });
    made.prepareProject.put(REDIS, 7);
    const asStatfs = { sizeBytes: 4 * 2 ** 20, freeBytes: 0, availableBytes: 0 };
    const host: HostReader = {
      ...made,
      fileSystem: (path) => ({ ...made.fileSystem(path), ...(path.startsWith(REDIS) ? asStatfs : {}) }),
    };
    const limits = { softBytes: 4 * 2 ** 20, hardBytes: 8 * 2 ** 20 };
    made.prepareProject.limit(REDIS, 7, limits);
    assert.deepEqual(checkRoom(LAYOUT, host), []);
    made.prepareProject.limit(REDIS, 7, { ...limits, isGraceOver: true });
    assert.equal(checkRoom(LAYOUT, host)[0]?.found, 'a full project quota: 0 B of 4.19 MB available');
    made.prepareProject.limit(REDIS, 7, { ...limits, hardBytes: 5 * 2 ** 20 });
    const [quota] = checkRoom(LAYOUT, host);
    assert.equal(quota?.found, 'a full project quota: 0 B of 5.24 MB available');
    assert.match(quota?.hint ?? '', /xfs_quota -x -c 'limit -p bhard=SIZE PROJECT'/);
    const wanted: Layout = { ...LAYOUT, quota: { mode: 'enforce', softPercent: null, hardPercent: 100 } };
    assert.match(checkRoom(wanted, host)[0]?.hint ?? '', /in the layout .*: then sudo jts-hot setup$/);
  });

  it('is none without inodes in it', () => {
    const [quota] = checkRoom(LAYOUT, limited({ inodes: 100, inodesFree: 0 }));
    assert.equal(quota?.found, 'a full project quota: none of 100 inodes left');
  });

  it('is the disk’s own where that is full', () => {
    const full = { ...NVME, freeBytes: 0, availableBytes: 0 };
    const ids = checkRoom(LAYOUT, createHost({ fileSystem: full })).map(({ id }) => id);
    assert.deepEqual(ids, ['space.free']);
  });
});
