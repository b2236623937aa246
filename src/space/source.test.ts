// Where numbers come from, and the reason that is shown for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { projectsOf } from '../services/projects.ts';
import { countings, readUsage } from './source.ts';

const BASE = '/data/jts/hot';
const QUOTA = { mode: 'enforce', softPercent: 90, hardPercent: 100 } as const;
const LAYOUT: Layout = { ...smallLayout('kafka', 'redis'), quota: QUOTA };
const OPTIONS = { timeoutMs: null, onProgress: () => {} };

function projectOf(layout: Layout, name: string): number {
  return projectsOf(layout).find(({ service }) => service.name === name)?.project ?? 0;
}

function mounted(type: string, ...options: readonly string[]): MemoryHost {
  return createHost({ fileSystem: { ...NVME, type, options } });
}

/** All directories, in their projects where there are any. */
function host(layout: Layout, options: readonly string[] = ['rw', 'prjquota']): MemoryHost {
  const made = mounted('ext4', ...options);
  for (const { name, directories } of layout.services) {
    for (const part of directories) made.prepare.directory(`${BASE}/${name}/${part.name}`);
    if (layout.quota !== undefined) made.prepareProject.put(`${BASE}/${name}`, projectOf(layout, name));
    made.prepare.file(`${BASE}/${name}/data/a`, { bytes: 4096 });
  }
  return made;
}

/** By service: `quota` or why not. */
function said(layout: Layout, made: MemoryHost): readonly (readonly [string, string])[] {
  return countings(layout, made).map(({ service, source, counted }) => {
    assert.equal(source.by === 'project quota', counted !== null);
    return [service.name, source.reason];
  });
}

describe('the source of usage', () => {
  it('is the project of each service, where the kernel counts all that is in its directory', async () => {
    const made = host(LAYOUT);
    const { usages, other, entries, source } = await readUsage(LAYOUT, made, OPTIONS);
    assert.deepEqual(source, {
      by: 'project quota',
      reason: 'the kernel counts the project of each service',
    });
    assert.deepEqual([other, entries], [null, 0]);
    assert.deepEqual(usages[0], {
      service: 'kafka',
      path: `${BASE}/kafka`,
      plannedBytes: 1e9,
      usedBytes: 4096,
      apparentBytes: null,
      inodes: 2 + (LAYOUT.services[0]?.directories.length ?? 0),
      files: null,
      directories: [],
      mountPoints: [],
      unreadable: [],
      source: {
        by: 'project quota',
        reason: `the kernel counts project ${projectOf(LAYOUT, 'kafka')}`,
      },
    });
  });

  it('is the project where the kernel counts only, too', () => {
    const layout: Layout = { ...LAYOUT, quota: { ...QUOTA, mode: 'account' } };
    for (const options of [['prjquota'], ['pqnoenforce']])
      assert.ok(countings(layout, host(layout, options)).every(({ counted }) => counted !== null));
  });

  const kafka = projectOf(LAYOUT, 'kafka');
  for (const [what, reason, spoil] of [
    [
      'a directory in another project',
      `its directory is in project 7, the layout gives it ${kafka}`,
      (made: MemoryHost) => made.prepareProject.put(`${BASE}/kafka`, 7),
    ],
    [
      'a directory in none',
      'no project id',
      (made: MemoryHost) => made.prepareProject.put(`${BASE}/kafka`, 0),
    ],
    [
      'a directory whose files do not get it',
      'what is made in its directory does not get its project',
      (made: MemoryHost) => made.prepareProject.put(`${BASE}/kafka`, kafka, 'files'),
    ],
    [
      'a directory of the layout in no project',
      'data in it is in no project',
      (made: MemoryHost) => made.prepareProject.put(`${BASE}/kafka/data`, 0),
    ],
    [
      'a directory of the layout in another one',
      'data in it is in project 8',
      (made: MemoryHost) => made.prepareProject.put(`${BASE}/kafka/data`, 8),
    ],
    [
      'a directory of the layout whose files do not get it',
      'what is made in data does not get its project',
      (made: MemoryHost) => made.prepareProject.put(`${BASE}/kafka/data`, kafka, 'files'),
    ],
    [
      'a missing directory',
      'it cannot be looked at',
      (made: MemoryHost) => made.prepare.remove(`${BASE}/kafka`),
    ],
  ] as const)
    it(`is a scan of that service alone: ${what}`, async () => {
      const made = host(LAYOUT);
      spoil(made);
      const [first, second] = said(LAYOUT, made);
      assert.deepEqual(first, ['kafka', reason]);
      assert.deepEqual(second, ['redis', `the kernel counts project ${projectOf(LAYOUT, 'redis')}`]);
      const { source, usages, other } = await readUsage(LAYOUT, made, OPTIONS);
      assert.deepEqual(source, { by: 'scan', reason: `kafka: ${reason}` });
      assert.equal(usages.find(({ service }) => service === 'redis')?.files, null);
      if (what !== 'a missing directory')
        assert.equal(usages.find(({ service }) => service === 'kafka')?.files, 1);
      // What belongs to no service is walked through with it, and no service counts there.
      assert.equal(other?.files, 0);
    });

  for (const [type, options, reason] of [
    ['ext4', ['rw'], 'the file system is mounted without prjquota'],
    ['tmpfs', ['rw', 'prjquota'], 'tmpfs has no project quotas'],
  ] as const)
    it(`is a scan where the layout wants quotas and there are none: ${reason}`, async () => {
      const made = mounted(type, ...options);
      for (const name of ['kafka', 'redis']) made.prepare.directory(`${BASE}/${name}/data`);
      const { source } = await readUsage(LAYOUT, made, OPTIONS);
      assert.deepEqual(source, { by: 'scan', reason });
    });

  for (const [type, options, reason] of [
    ['ext4', ['rw', 'noatime'], 'ext4 at / is mounted without project quotas (prjquota)'],
    ['xfs', ['rw', 'usrquota'], 'xfs at / is mounted without project quotas (prjquota)'],
    ['tmpfs', ['rw', 'prjquota'], 'tmpfs at / keeps no project quotas'],
    ['xfs', ['rw', 'prjquota'], 'the layout wants no project quotas'],
  ] as const)
    it(`is a scan where the layout wants none: ${reason}`, async () => {
      const layout = smallLayout('kafka');
      const made = mounted(type, ...options);
      made.prepare.file(`${BASE}/kafka/data/a`, { bytes: 4096 });
      const { source, usages } = await readUsage(layout, made, OPTIONS);
      assert.deepEqual(source, { by: 'scan', reason });
      assert.deepEqual(
        usages.map(({ service, usedBytes }) => [service, usedBytes]),
        [['kafka', 4096]],
      );
    });

  it('is a scan where only root may ask', () => {
    const made = createHost({
      effectiveUid: 1000,
      fileSystem: { ...NVME, type: 'xfs', options: ['prjquota'] },
    });
    made.prepare.directory(`${BASE}/kafka/data`);
    made.prepareProject.put(`${BASE}/kafka`, kafka);
    const [first] = said(LAYOUT, made);
    assert.deepEqual(first, ['kafka', 'only root may read it']);
  });

  it('counts with Docker’s project those that Docker numbers itself, and no limit by them', () => {
    const layout: Layout = { ...smallLayout('docker', 'kafka'), quota: QUOTA };
    const made = mounted('xfs', 'prjquota');
    for (const name of ['docker', 'kafka']) {
      made.prepare.directory(`${BASE}/${name}/data`);
      made.prepareProject.put(`${BASE}/${name}`, projectOf(layout, name));
    }
    const docker = projectOf(layout, 'docker');
    made.prepare.file(`${BASE}/docker/data/own`, { bytes: 4096 });
    for (const i of [1, 2, 40]) {
      made.prepare.file(`${BASE}/docker/data/layer-${i}/a`, { bytes: 10 * 4096 });
      made.prepareProject.put(`${BASE}/docker/data/layer-${i}`, docker + i);
    }
    const [counting] = countings(layout, made).filter(({ service }) => service.name === 'docker');
    assert.equal(counting?.counted?.usedBytes, 31 * 4096);
    assert.equal(counting?.source.reason, `the kernel counts project ${docker} and those after it`);
    assert.equal(counting?.own.state === 'enforced' && counting.own.quota.usedBytes, 4096);
  });
});
