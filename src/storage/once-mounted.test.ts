// What is planned on file systems that are not there yet.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, NVME } from '../../test/cases/host.ts';
import type { Layout } from '../layout/layout.ts';
import { wantedFileSystems } from '../layout/storage.ts';
import { makePlan } from '../resources/index.ts';
import { builtInLayout } from '../services/index.ts';
import { onceMounted } from './once-mounted.ts';

const BASE = '/data/jts/hot';
const LAYOUT: Layout = {
  ...builtInLayout,
  storage: {
    disk: { serial: 'HOT1', namespace: 1, wwid: null },
    allowFormat: 'HOT1',
    type: 'xfs',
    volumes: {
      group: 'tier',
      keepFreePercent: 5,
      baseBytes: null,
      services: [{ service: 'kafka', type: 'xfs', sizeBytes: 6e11 }],
    },
    options: [],
    deviceTimeoutSeconds: 30,
  },
};
const coming = wantedFileSystems(LAYOUT).map((fileSystem) => ({ fileSystem, sizeBytes: 6e11 }));
const summaries = (host: ReturnType<typeof createHost>) =>
  makePlan(LAYOUT, host).steps.map(({ summary }) => summary);

describe('a host once its file systems are mounted', () => {
  it('has nothing below them, whatever is there now', () => {
    const host = createHost();
    host.prepare.file(`${BASE}/kafka/data/segment`, { uid: 4711 });
    const then = onceMounted(host, LAYOUT, coming);
    assert.equal(then.entry(`${BASE}/kafka/data`).type, 'missing');
    assert.deepEqual(then.entry(`${BASE}/redis`).type, 'missing');
    assert.equal(then.fileSystem(`${BASE}/kafka/data`).mountPoint, `${BASE}/kafka`);
    assert.equal(then.fileSystem(BASE).sizeBytes, 6e11);
  });

  it('has the mount points, and the way to them, as root’s', () => {
    const then = onceMounted(createHost(), LAYOUT, coming);
    for (const path of ['/data', '/data/jts', BASE, `${BASE}/kafka`]) {
      const entry = then.entry(path);
      assert.ok(entry.type === 'directory' && entry.uid === 0 && entry.mode === '0755', path);
    }
  });

  it('needs the steps of a fresh host, but for mount points, which are given to their service', () => {
    const bare = summaries(createHost());
    const then = summaries(onceMounted(createHost(), LAYOUT, coming));
    assert.ok(bare.includes(`${BASE}/kafka  kafka:kafka 0750`));
    assert.deepEqual(
      then.filter((one) => !bare.includes(one)),
      [`${BASE}/kafka  owner 0:0 -> kafka:kafka`, `${BASE}/kafka  mode 0755 -> 0750`],
    );
    assert.deepEqual(
      bare.filter((one) => !then.includes(one)),
      ['/data', '/data/jts', BASE, `${BASE}/kafka`].map((path) =>
        path.endsWith('kafka') ? `${path}  kafka:kafka 0750` : `${path}  root:root 0755`,
      ),
    );
  });

  it('is as it is where nothing is about to be made', () => {
    const host = createHost();
    host.prepare.directory(BASE);
    host.prepare.mount(BASE);
    const then = onceMounted(host, LAYOUT, []);
    assert.deepEqual(then.entry(BASE), host.entry(BASE));
    assert.deepEqual(then.fileSystem(BASE), host.fileSystem(BASE));
    assert.equal(then.fileSystem(BASE).sizeBytes, NVME.sizeBytes);
  });
});
