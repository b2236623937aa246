// A real Redis on a booted Debian 12 gets a volume of its own while clients write, by `jts-hot move SERVICE --to PATH`: killed on the
// way it goes on, no acknowledged write is lost, and what lies beside its data stays. Disks are loop devices, made beforehand: that
// a volume is made as well is shown by src/setup/move-to-volume.test.ts.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { storageUuid } from '../../src/layout/storage.ts';
import type { MoveResult } from '../../src/move/move-document.ts';
import { bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { HOT, hasAll, killedAt, shell, start, stateOf, type } from './moving.ts';
import { directoryOf } from './parts.ts';
import { runInside, writeInside } from './server.ts';

const LAYOUT = '/etc/jts/hot-storage.yaml';
const disk = { serial: 'VOLUME1', namespace: 1, wwid: null };
const uuidOf = (name: string) => storageUuid({ disk }, name);
const THERE = `${HOT}/redis-volume`;
const SERVICES = [
  'version: 1',
  'services: { kafka: false, postgresql: false, clickhouse: false, mongodb: false, docker: false }',
];

it('Redis goes onto a volume of its own that the layout declares, killed on the way, and loses no acknowledged write', (t) => {
  if (!hasAll(t)) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [
      { at: HOT, size: '512M', uuid: uuidOf('base') },
      { at: THERE, size: '512M', format: 'xfs', uuid: uuidOf('redis') },
    ],
    prepare: 'systemctl disable postgresql clickhouse-server docker 2>/dev/null || true',
  });
  runInside(host, ['mkdir', '-p', '/etc/jts']);
  writeInside(host, LAYOUT, SERVICES);
  type(host, 0, 'setup');
  type(host, 0, 'config', 'redis', '--install', '--restart');
  shell(host, 'for i in $(seq 100); do redis-cli -e ping >/dev/null 2>&1 && break; sleep 0.1; done');
  const redis = (words: string) => shell(host, `redis-cli -e ${words}`);
  redis("eval \"for i = 0, 49999 do redis.call('set', 'key:' .. i, string.rep('x', 500)) end\" 0");
  redis('config set appendonly yes');
  redis('config set appendfsync always');
  redis('config rewrite');
  start(
    host,
    'redis-load',
    'i=0; while :; do i=$((i+1)); [ "$(redis-cli -e set n:$i $i 2>/dev/null)" = OK ] && echo $i >> /run/redis-seen; done',
  );

  writeInside(host, LAYOUT, [
    ...SERVICES,
    'storage:',
    '  device: { serial: VOLUME1 }',
    '  filesystem: ext4',
    '  volumes: { services: { redis: { filesystem: xfs } } }',
  ]);
  const before = shell(host, `cat ${LAYOUT}; ls ${THERE}`);
  const planned = type(host, 0, 'move', 'redis', '--to', 'redis-volume', '--dry-run');
  assert.match(planned.stderr, /services\.redis\.path\s+redis-volume/);
  assert.equal(shell(host, `cat ${LAYOUT}; ls ${THERE}`), before, 'a dry run changes nothing');

  const MOVE = jtsHot('move', 'redis', '--to', 'redis-volume');
  for (const phase of ['copying', 'comparing', 'switching', 'starting'] as const) {
    t.diagnostic(`${phase}: ${killedAt(host, 'redis', { phase, argv: MOVE })}`);
    assert.match(shell(host, `cat ${LAYOUT}`), /path: redis-volume/);
  }
  const { stdout } = type(host, 0, 'move', 'redis', '--to', 'redis-volume', '--json');
  const { result } = JSON.parse(stdout) as { result: MoveResult };
  assert.ok(['applied', 'unchanged'].includes(result.outcome));
  t.diagnostic(`${result.bytes} bytes, stopped for ${result.stopSeconds} s`);
  assert.equal(stateOf(host, 'redis'), 'running on the hot tier');
  assert.equal(redis('config get dir').split('\n')[1], `${THERE}/data`);
  shell(host, 'sleep 0.5; systemctl stop redis-load');
  const lost = 'while read n; do [ "$(redis-cli -e get n:$n)" = $n ] || echo $n; done < /run/redis-seen';
  assert.equal(shell(host, lost), '');
  assert.equal(redis('exists key:49999'), '1');
  type(host, 0, 'config', 'redis', '--check');
  type(host, 0, 'storage');

  // What is no data of it stays in the old directory, and the service is not stopped by a disk that is not its own.
  type(host, 0, 'move', 'redis', '--finish');
  assert.equal(shell(host, `ls -A ${HOT}/redis/data; ls ${HOT}/redis`), 'data\nlogs');
  assert.match(shell(host, 'systemctl show redis-server --property RequiresMountsFor'), /redis-volume/);
  const again = type(host, 3, 'move', 'redis', '--to', 'elsewhere');
  assert.match(again.stderr, /E_MOUNTED_IN/);
  assert.equal(redis('get n:1'), '1');
});
