import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, NVME, smallLayout } from '../../test/cases/host.ts';
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
