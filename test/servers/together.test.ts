// All packaged servers of a booted Debian 12 on the hot tier, by the commands that an operator types: set up, prepared,
// installed and restarted, proven by what the servers have open; refused where data would be left behind; and taken back, with
// every file of the packages as it was.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { REPOSITORY, type RunResult } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { clickhouse } from './clickhouse.ts';
import { docker } from './docker.ts';
import { directoryOf } from './parts.ts';
import { postgresql } from './postgresql.ts';
import { redis } from './redis.ts';
import { filesOutside, runInside, startUnit } from './server.ts';

const HOT = '/data/jts/hot';
/** pg_ctlcluster gives it to the server as its standard error, which says little once the collector of logs runs. */
const STARTING = '/var/log/postgresql/postgresql-15-main.log';
const UNITS = {
  'postgresql@15-main.service': [postgresql('/usr/lib/postgresql/15/bin'), 'postgres'],
  'clickhouse-server.service': [clickhouse(), 'clickhouse'],
  'redis-server.service': [redis(), 'redis'],
  'docker.service': [docker(), 'root'],
} as const;
const SERVICES = ['postgresql', 'clickhouse', 'redis', 'docker'];
/** What is in each file, and each name with its mode and owner. */
const PACKAGES = `cd /etc
find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum
find . -xdev -printf '%p %y %m %U:%G %l\\n' | sort`;

it('set up, prepared, installed and restarted, checked, and taken back byte for byte', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: HOT, size: '2G' }],
    binds: { [REPOSITORY]: REPOSITORY },
  });
  const type = (status: number, ...words: readonly string[]): RunResult => {
    const result = host.run(jtsHot(...words), { timeoutMs: 120_000 });
    assert.equal(result.status, status, `${words.join(' ')}: ${result.stdout}${result.stderr}`);
    return result;
  };
  const states = () => {
    const { stdout } = host.run(jtsHot('config', '--check', '--json'));
    const services = JSON.parse(stdout).result.services as readonly { service: string; state: string }[];
    return services.filter(({ service }) => SERVICES.includes(service)).map(({ state }) => state);
  };

  type(0, 'setup');
  const before = runInside(host, ['sh', '-c', PACKAGES]);
  assert.deepEqual(states(), Array(4).fill('running'));
  // PostgreSQL does not start on an empty directory.
  assert.match(type(3, 'config', 'all', '--install', '--restart').stderr, /E_NOT_PREPARED/);
  type(0, 'config', 'postgresql', '--init');
  const installed = type(0, 'config', 'all', '--install', '--restart');
  for (const service of SERVICES)
    assert.match(installed.stdout, new RegExp(`${service} runs on the hot tier`));
  type(0, 'config', '--check');
  assert.deepEqual(states(), Array(4).fill('running on the hot tier'));
  assert.match(type(0, 'config', 'all', '--install', '--restart').stdout, /^Nothing to do/);

  for (const [unit, [server, user]] of Object.entries(UNITS)) {
    const options = { host, server, user, configFile: '/etc/postgresql/15/main/postgresql.conf' };
    const first = startUnit(options, unit);
    first.write(['bought', 'sold']);
    assert.deepEqual(filesOutside(first.openFiles(), [HOT, STARTING]), [], unit);
    first.stop();
    const second = startUnit(options, unit);
    assert.deepEqual(second.read(), ['bought', 'sold'], unit);
  }
  // The package's ClickHouse logs warnings only.
  for (const log of [
    'postgresql/logs/postgresql-*.log',
    'clickhouse/logs/clickhouse-server.log',
    'redis/logs/redis-server.log',
  ])
    runInside(host, ['sh', '-c', `ls ${HOT}/${log}`]);
  // Docker makes its directories itself, in the modes that it wants.
  type(0, 'validate');

  const refused = type(3, 'rollback');
  assert.deepEqual(
    [...refused.stderr.matchAll(/service (\w+): want no data/g)].map(([, name]) => name),
    SERVICES,
  );
  type(0, 'rollback', ...SERVICES.flatMap((name) => ['--start-empty', name]));
  assert.equal(runInside(host, ['sh', '-c', PACKAGES]), before);
  for (const unit of Object.keys(UNITS)) runInside(host, ['systemctl', 'restart', unit]);
  assert.deepEqual(states(), Array(4).fill('running'));
  runInside(host, ['test', '-s', `${HOT}/redis/data/dump.rdb`]);
});
