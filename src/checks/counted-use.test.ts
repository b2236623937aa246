// What the kernel counts of services, held against a scan: nothing to say where they agree, the difference and its cause where not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { projectsOf } from '../services/projects.ts';
import { checkCountedUse } from './counted-use.ts';
import type { Deep } from './inside.ts';
import { validateCommand } from './validate.ts';

const BASE = '/data/jts/hot';
const LAYOUT: Layout = {
  ...smallLayout('docker', 'kafka', 'redis'),
  quota: { mode: 'account', softPercent: 90, hardPercent: 100 },
};
const MB = 1_000_000;

const projectOf = (name: string) =>
  projectsOf(LAYOUT).find(({ service }) => service.name === name)?.project ?? 0;
const KAFKA = projectOf('kafka');

function host(spoil: (made: MemoryHost) => void = () => {}): MemoryHost {
  const made = createHost({ fileSystem: { ...NVME, type: 'xfs', options: ['prjquota'] } });
  for (const { name, directories } of LAYOUT.services) {
    for (const part of directories) made.prepare.directory(`${BASE}/${name}/${part.name}`);
    made.prepare.file(`${BASE}/${name}/data/a`, { bytes: 100 * MB });
    made.prepareProject.put(`${BASE}/${name}`, projectOf(name));
  }
  spoil(made);
  return made;
}

async function check(made: MemoryHost, deep: Deep = 'all') {
  return checkCountedUse({ layout: LAYOUT, host: made }, deep, () => {});
}

describe('what the kernel counts, held against a scan', () => {
  it('is the same for every service, and not looked at but with --deep', async () => {
    const drafts = await check(host());
    assert.deepEqual(
      drafts.map(({ id, status }) => [id, status]),
      [
        ['quota.use.docker', 'pass'],
        ['quota.use.kafka', 'pass'],
        ['quota.use.redis', 'pass'],
      ],
    );
    assert.match(drafts[1]?.found ?? '', /^100 MB in \d inodes; a scan found the same$/);
    assert.deepEqual(await check(host(), 'none'), []);
    const one = await check(host(), { service: 'kafka' });
    assert.deepEqual(
      one.map(({ id }) => id),
      ['quota.use.kafka'],
    );
  });

  it('is less where files have another project: by how much, and which they are', async () => {
    const made = host(({ prepare, prepareProject }) => {
      for (const [i, project] of [0, 7, 0, 0].entries()) {
        prepare.directory(`${BASE}/kafka/data/t${i}`);
        prepare.file(`${BASE}/kafka/data/t${i}/b`, { bytes: 10 * MB });
        prepareProject.put(`${BASE}/kafka/data/t${i}`, project);
        prepareProject.put(`${BASE}/kafka/data/t${i}`, KAFKA);
        prepare.remove(`${BASE}/kafka/data/t${i}/b`);
        prepare.directory(`${BASE}/kafka/logs/x${i}`);
        prepareProject.put(`${BASE}/kafka/logs/x${i}`, project);
        prepare.file(`${BASE}/kafka/logs/x${i}/b`, { bytes: 10 * MB });
      }
    });
    const kafka = (await check(made)).find(({ service }) => service === 'kafka');
    assert.equal(kafka?.status, 'fail');
    assert.match(
      kafka?.found ?? '',
      /^the kernel counts 40\.0 MB less than a scan: 100 MB in \d+ inodes, not 140 MB in \d+ inodes$/,
    );
    assert.match(
      kafka?.hint ?? '',
      /^of another project, or none: (logs\/x\d(\/b)? \(project [07]\), ){3}…; to give them its own, with the service stopped: sudo chattr -R -p \d+ \/data\/jts\/hot\/kafka$/,
    );
    const { result } = await validateCommand(contextOf(made, LAYOUT), 'all');
    const shown = result?.checks.find(({ id }) => id === 'quota.use.kafka');
    assert.equal(shown?.status, 'fail');
  });

  it('is more where files elsewhere have its project', async () => {
    const made = host(({ prepare, prepareProject }) => {
      prepare.directory('/data/elsewhere');
      prepare.file('/data/elsewhere/b', { bytes: 20 * MB });
      prepareProject.put('/data/elsewhere', KAFKA);
    });
    const kafka = (await check(made)).find(({ service }) => service === 'kafka');
    assert.match(kafka?.found ?? '', /^the kernel counts 20\.0 MB more than a scan: 120 MB in .* not 100 MB/);
    assert.match(kafka?.hint ?? '', /^what clean moved into the trash counts until it is deleted/);
  });

  it('is Docker’s with all that Docker numbers itself', async () => {
    const made = host(({ prepare, prepareProject }) => {
      for (const i of [1, 2]) {
        prepare.directory(`${BASE}/docker/data/layer${i}`);
        prepareProject.put(`${BASE}/docker/data/layer${i}`, projectOf('docker') + i);
        prepare.file(`${BASE}/docker/data/layer${i}/b`, { bytes: 10 * MB });
      }
    });
    const [docker] = await check(made);
    assert.deepEqual([docker?.status, docker?.found.startsWith('120 MB in ')], ['pass', true]);
  });

  it('is not held where a service is not counted, or not all of it can be scanned', async () => {
    const made = host(({ prepareProject }) => prepareProject.put(`${BASE}/redis`, 0));
    assert.ok((await check(made)).every(({ service }) => service !== 'redis'));
    const torn: MemoryHost = {
      ...made,
      measure: async (request) => {
        const measured = await made.measure(request);
        const unreadable = [{ path: 'data/x', error: 'EIO' }];
        return { ...measured, trees: measured.trees.map((tree) => ({ ...tree, unreadable })) };
      },
    };
    assert.deepEqual(
      (await check(torn)).map(({ status, found }) => [status, found]),
      Array(2).fill(['skip', 'cannot be scanned whole: data/x: EIO']),
    );
  });

  it('may move while it is scanned', async () => {
    const made = host();
    const moving: MemoryHost = {
      ...made,
      measure: async (request) => {
        made.prepare.file(`${BASE}/kafka/data/early`, { bytes: 30 * MB });
        const measured = await made.measure(request);
        made.prepare.file(`${BASE}/kafka/data/late`, { bytes: 30 * MB });
        return measured;
      },
    };
    assert.ok((await check(moving)).every(({ status }) => status === 'pass'));
  });
});
