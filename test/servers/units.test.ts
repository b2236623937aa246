// The packaged units of a booted Debian 12 run on the hot tier once their configuration says so.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bootHost } from '../e2e/booted-host.ts';
import { requires } from '../requirement.ts';
import { clickhouse } from './clickhouse.ts';
import { docker } from './docker.ts';
import { directoryOf } from './parts.ts';
import { postgresql } from './postgresql.ts';
import { redis } from './redis.ts';
import { filesOutside, makeDirectories, runInside, startUnit, writeInside } from './server.ts';

const HOT = '/data/jts/hot';
/** pg_ctlcluster gives it to the server as its standard error, which says little once the collector of logs runs. */
const STARTING = '/var/log/postgresql/postgresql-15-main.log';

it('PostgreSQL, Redis, ClickHouse and Docker take a write, stop, start and still have it', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: HOT, size: '2G' }],
  });
  const units = {
    'postgresql@15-main.service': [postgresql('/usr/lib/postgresql/15/bin'), 'postgres'],
    'redis-server.service': [redis(), 'redis'],
    'clickhouse-server.service': [clickhouse(), 'clickhouse'],
    'docker.service': [docker(), 'root'],
  } as const;
  runInside(host, ['systemctl', 'stop', 'docker.socket', ...Object.keys(units)]);

  const postgres = '/etc/postgresql/15/main';
  makeDirectories(host, { user: 'postgres', mode: '0750' }, `${HOT}/postgresql`, `${HOT}/postgresql/logs`);
  makeDirectories(host, { user: 'postgres', mode: '0700' }, `${HOT}/postgresql/data`);
  runInside(host, ['cp', '-a', '/var/lib/postgresql/15/main/.', `${HOT}/postgresql/data`]);
  writeInside(host, `${postgres}/conf.d/hot.conf`, [
    `data_directory = '${HOT}/postgresql/data'`,
    'logging_collector = on',
    `log_directory = '${HOT}/postgresql/logs'`,
  ]);

  makeDirectories(
    host,
    { user: 'redis', mode: '0750' },
    ...['', '/data', '/logs'].map((at) => `${HOT}/redis${at}`),
  );
  writeInside(host, '/etc/redis/hot.conf', [`dir ${HOT}/redis/data`, `logfile ${HOT}/redis/logs/redis.log`]);
  runInside(host, ['sh', '-c', 'echo include /etc/redis/hot.conf >> /etc/redis/redis.conf']);
  runInside(host, ['mkdir', '-p', '/etc/systemd/system/redis-server.service.d']);
  writeInside(host, '/etc/systemd/system/redis-server.service.d/hot.conf', [
    '[Service]',
    `ReadWritePaths=${HOT}/redis`,
  ]);

  const logs = `${HOT}/clickhouse/logs`;
  makeDirectories(
    host,
    { user: 'clickhouse', mode: '0750' },
    ...['', '/data', '/logs', '/tmp'].map((at) => `${HOT}/clickhouse${at}`),
  );
  runInside(host, ['mkdir', '-p', '/etc/clickhouse-server/config.d']);
  writeInside(host, '/etc/clickhouse-server/config.d/hot.xml', [
    '<yandex>',
    `  <path>${HOT}/clickhouse/data/</path>`,
    `  <tmp_path>${HOT}/clickhouse/tmp/</tmp_path>`,
    `  <user_files_path>${HOT}/clickhouse/data/user_files/</user_files_path>`,
    `  <logger><log>${logs}/server.log</log><errorlog>${logs}/error.log</errorlog></logger>`,
    '</yandex>',
  ]);

  writeInside(host, '/etc/docker/daemon.json', [JSON.stringify({ 'data-root': `${HOT}/docker` })]);

  runInside(host, ['systemctl', 'daemon-reload']);
  for (const [unit, [server, user]] of Object.entries(units)) {
    const options = { host, server, user, configFile: `${postgres}/postgresql.conf` };
    const first = startUnit(options, unit);
    first.write(['bought', 'sold']);
    assert.deepEqual(filesOutside(first.openFiles(), [HOT, STARTING]), [], unit);
    first.stop();
    const second = startUnit(options, unit);
    assert.deepEqual(second.read(), ['bought', 'sold'], unit);
    second.stop();
  }
});
