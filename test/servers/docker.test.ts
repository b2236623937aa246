// Docker 20.10 and 26.1, configured by the product, keep images, what is written, and what containers say below their
// data-root, on a booted host.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { docker, IMAGE } from './docker.ts';
import { directoryOf } from './parts.ts';
import { filesOutside, runInside, startUnit } from './server.ts';

const ROOT = '/data/jts/hot/docker';
const OTHERS = 'systemctl disable postgresql redis-server clickhouse-server 2>/dev/null || true';

for (const [version, tree] of [
  ['20.10', 'debian-12'],
  ['26.1', 'debian-13'],
] as const)
  it(`Docker ${version} takes a write, stops, starts and still has it; rotates what containers say`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
    if (!requires(t, 'real servers')) return;
    using host = bootHost({
      tree: directoryOf(tree),
      disks: [{ at: '/data/jts/hot', size: '2G' }],
      prepare: OTHERS,
    });
    const configFile = '/etc/docker/daemon.json';
    runInside(host, ['systemctl', 'stop', 'docker.service', 'docker.socket']);
    runInside(host, jtsHot('setup'));
    runInside(host, jtsHot('config', 'docker', '--install'));
    runInside(host, ['systemctl', 'daemon-reload']);

    const options = { host, server: docker(), user: 'root', configFile };
    const first = startUnit(options, 'docker.service');
    assert.match(runInside(host, ['docker', 'version']), new RegExp(`^ *Version: +${version}\\.`, 'm'));
    first.write(['bought', 'sold']);
    const open = first.openFiles();
    assert.deepEqual(filesOutside(open, [ROOT]), []);
    assert.ok(open.includes(`${ROOT}/volumes/metadata.db`), open.join('\n'));
    first.stop();

    const second = startUnit(options, 'docker.service');
    assert.deepEqual(second.read(), ['bought', 'sold']);
    // 60 MB of lines, and what JSON adds to each.
    const talk = `yes ${'0123456789'.repeat(20)} | head -c 60000000`;
    runInside(host, ['sh', '-c', `docker run --name talks ${IMAGE} /bin/sh -c "$1" > /dev/null`, 'sh', talk]);
    const found = ['find', `${ROOT}/containers`, '-name', '*-json.log*', '-printf', '%s\\n'];
    const sizes = runInside(host, found).trim().split('\n').map(Number);
    assert.equal(sizes.length, 5);
    assert.ok(Math.max(...sizes) < 10_100_000, sizes.join(' '));
    second.stop();
    runInside(host, jtsHot('rollback', '--start-empty', 'docker'));
    assert.equal(host.run(['test', '-e', configFile]).status, 1);
  });
