// `config --check` of whole hosts: packages as Debian puts them, ours beside them, processes that run.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { builtInLayout } from '../services/index.ts';
import { checkCommand } from './check.ts';
import { type CheckResult, checked } from './check-document.ts';
import { renderCheck } from './check-text.ts';

const BASE = builtInLayout.base;
const UNITS = '/usr/lib/systemd/system';

let host: MemoryHost;
beforeEach(() => {
  host = createHost();
});

async function check(what = 'all'): Promise<CheckResult & { exitCode: number }> {
  const { exitCode, result } = await checkCommand(contextOf(host, builtInLayout), { what, asks: false });
  assert.ok(result !== null);
  // As it is published.
  assert.deepEqual(checked.parse(result), result);
  return { ...result, exitCode };
}

async function one(service: string) {
  const { services, exitCode } = await check(service);
  const [found] = services;
  assert.ok(found !== undefined);
  return { ...found, codes: found.problems.map(({ code }) => code), exitCode };
}

/** As Debian's package leaves it. */
function installRedis(): void {
  host.prepare.file('/etc/redis/redis.conf', { text: 'port 6379\ndir /var/lib/redis\n', uid: 100, gid: 100 });
  host.prepare.file('/usr/bin/redis-server', { mode: '0755' });
  host.prepare.file(`${UNITS}/redis-server.service`, {
    text: [
      '[Service]',
      'ExecStart=/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no',
      'ProtectSystem=strict',
      'ReadWritePaths=-/var/lib/redis',
      'ReadWritePaths=-/var/log/redis',
    ].join('\n'),
  });
}

function wireRedis(): void {
  host.prepare.remove('/etc/redis/redis.conf');
  const text = 'port 6379\ndir /var/lib/redis\ninclude /etc/redis/jts-hot.conf\n';
  host.prepare.file('/etc/redis/redis.conf', { text, uid: 100, gid: 100 });
  const ours = `dir ${BASE}/redis/data\nlogfile ${BASE}/redis/logs/redis-server.log\n`;
  host.prepare.file('/etc/redis/jts-hot.conf', { text: ours });
}

function dropIn(): void {
  const text = `[Service]\nReadWritePaths=${BASE}/redis\n`;
  host.prepare.file('/etc/systemd/system/redis-server.service.d/jts-hot.conf', { text });
}

function startRedis(directory: string): () => void {
  const words = ['/usr/bin/redis-server 127.0.0.1:6379'];
  return host.prepare.start({ command: 'redis-server', directory, words, unit: 'redis-server.service' });
}

describe('a host without servers', () => {
  it('has none that is installed, and that is fine', async () => {
    const { services, exitCode } = await check();
    assert.deepEqual([...new Set(services.map(({ state }) => state))], ['not installed']);
    assert.equal(services.length, 6);
    assert.equal(exitCode, 0);
  });

  it('is looked at by root only, and for services that have settings only', async () => {
    const context = { ...contextOf(host, builtInLayout), host: { ...host, ...host.as(1000) } };
    await assert.rejects(
      checkCommand(context, { what: 'all', asks: false }),
      (error) => error instanceof Problem && error.exitCode === 3,
    );
    await assert.rejects(check('backup'), (error) => error instanceof Problem && error.exitCode === 2);
    await assert.rejects(check('env'), (error) => error instanceof Problem && error.exitCode === 2);
  });
});

describe('Redis, as Debian packages it', () => {
  beforeEach(() => {
    installRedis();
    host.prepare.directory('/var/lib/redis');
    host.prepare.directory(`${BASE}/redis/data`);
  });

  it('is installed, then configured, then runs on the hot tier', async () => {
    const before = await one('redis');
    assert.deepEqual([before.state, before.codes, before.exitCode], ['installed', ['E_NOT_CONFIGURED'], 1]);
    assert.deepEqual(before.told, { value: '/var/lib/redis', at: '/etc/redis/redis.conf:2' });
    wireRedis();
    const told = await one('redis');
    assert.deepEqual([told.state, told.codes], ['configured', ['E_UNIT_READ_ONLY', 'E_NOT_RUNNING']]);
    assert.equal(told.problems[0]?.at, `${UNITS}/redis-server.service:3`);
    assert.deepEqual(told.told, { value: `${BASE}/redis/data`, at: '/etc/redis/jts-hot.conf:1' });
    dropIn();
    assert.deepEqual((await one('redis')).codes, ['E_NOT_RUNNING']);
    const stop = startRedis('/var/lib/redis');
    const pending = await one('redis');
    assert.deepEqual([pending.state, pending.codes], ['running', ['E_RESTART_PENDING']]);
    assert.equal(pending.problems[0]?.fix, 'sudo systemctl restart redis-server.service');
    stop();
    startRedis(`${BASE}/redis/data`);
    const done = await one('redis');
    assert.deepEqual([done.state, done.codes, done.exitCode], ['running on the hot tier', [], 0]);
    assert.deepEqual(
      done.servers.map(({ places }) => places),
      [[`${BASE}/redis/data`]],
    );
  });

  it('in a container is none of this host', async () => {
    const runs = { command: 'redis-server', directory: `${BASE}/redis/data` };
    host.prepare.start({ ...runs, isElsewhere: true });
    const { state, servers } = await one('redis');
    assert.deepEqual([state, servers], ['installed', []]);
  });

  it('whose flags in the unit overrule is told with the line of the unit', async () => {
    wireRedis();
    dropIn();
    const text =
      '[Service]\nExecStart=\nExecStart=/usr/bin/redis-server /etc/redis/redis.conf --dir /srv/x\n';
    host.prepare.file('/etc/systemd/system/redis-server.service.d/override.conf', { text });
    const { codes, problems } = await one('redis');
    assert.deepEqual(codes, ['E_OVERRULED']);
    const at = '/etc/systemd/system/redis-server.service.d/override.conf:3: --dir /srv/x';
    assert.equal(problems[0]?.at, at);
  });

  it('that was left without its disk is on a disk that is not mounted any more', async () => {
    wireRedis();
    dropIn();
    host.prepare.mount(`${BASE}/redis`);
    host.prepare.directory(`${BASE}/redis/data`);
    startRedis(`${BASE}/redis/data`);
    assert.deepEqual((await one('redis')).codes, []);
    host.prepare.detach(`${BASE}/redis`);
    const { state, codes, problems } = await one('redis');
    assert.deepEqual([state, codes], ['running', ['E_WRONG_DISK']]);
    assert.match(problems[0]?.detail[1] ?? '', /not mounted any more: \/data of it$/);
  });

  it('on a disk that takes no writes any more is where it should be, and yet not well', async () => {
    wireRedis();
    dropIn();
    startRedis(`${BASE}/redis/data`);
    host.prepare.remount('/', 'ro');
    const { state, codes, exitCode } = await one('redis');
    assert.deepEqual([state, codes, exitCode], ['running on the hot tier', [], 1]);
  });

  it('with data that was left behind is told of it, with its size', async () => {
    wireRedis();
    dropIn();
    host.prepare.file('/var/lib/redis/dump.rdb', { text: 'REDIS0011'.repeat(455_000) });
    startRedis(`${BASE}/redis/data`);
    const { codes, problems, exitCode } = await one('redis');
    assert.deepEqual([codes, exitCode], [['W_DATA_ELSEWHERE'], 0]);
    assert.equal(problems[0]?.at, 'directory /var/lib/redis');
    assert.match(problems[0]?.detail[0] ?? '', /^found 4\.10 MB of redis$/);
  });

  it('whose configuration cannot be read is told with its place', async () => {
    host.prepare.remove('/etc/redis/redis.conf');
    host.prepare.file('/etc/redis/redis.conf', { text: 'port 1\ndir "open\n' });
    const { codes, problems } = await one('redis');
    assert.deepEqual(codes, ['E_CONFIG_UNREADABLE', 'E_NOT_CONFIGURED']);
    assert.equal(problems[0]?.at, '/etc/redis/redis.conf:2:5');
  });
});

describe('PostgreSQL', () => {
  const MAIN = '/etc/postgresql/15/main/postgresql.conf';
  const settings = [
    `data_directory = '${BASE}/postgresql/data'`,
    'logging_collector = on',
    `log_directory = '${BASE}/postgresql/logs'`,
    "log_rotation_age = '1d'",
    "log_rotation_size = '100MB'",
    '',
  ].join('\n');

  beforeEach(() => {
    host.prepare.file(MAIN, { text: "data_directory = '/old'\ninclude_dir = 'conf.d'\n" });
    host.prepare.file('/etc/postgresql/15/main/conf.d/jts-hot.conf', { text: settings });
    host.prepare.directory(`${BASE}/postgresql/data`);
  });

  it('of several clusters is the one that the layout is told to', async () => {
    host.prepare.file('/etc/postgresql/14/old/postgresql.conf', { text: "data_directory = '/old'\n" });
    const { file, state } = await one('postgresql');
    assert.deepEqual([file, state], [MAIN, 'configured']);
  });

  it('has workers that are not servers', async () => {
    host.prepare.start({ command: 'postgres', directory: `${BASE}/postgresql/data` });
    const { servers, state } = await one('postgresql');
    assert.deepEqual([servers.length, state], [1, 'running on the hot tier']);
  });

  it('is told of what ALTER SYSTEM wrote into its data directory', async () => {
    const auto = `${BASE}/postgresql/data/postgresql.auto.conf`;
    host.prepare.file(auto, { text: "# Do not edit\nlog_directory = '/tmp'\n" });
    const { problems } = await one('postgresql');
    assert.deepEqual(
      problems.map(({ code, at }) => [code, at]),
      [
        ['E_OVERRULED', `${auto}:2`],
        ['E_NOT_RUNNING', 'service postgresql'],
      ],
    );
  });
});

describe('Kafka', () => {
  beforeEach(() => {
    const text = `log.dirs=${BASE}/kafka/data\n`;
    host.prepare.file('/opt/kafka_2.13-4.4.0/config/server.properties', { text });
    host.prepare.link('/opt/kafka', 'kafka_2.13-4.4.0');
    for (const name of ['topic-0', 'a.b-12.0123456789abcdef0123456789abcdef-delete', '__cluster_metadata-0'])
      host.prepare.directory(`${BASE}/kafka/data/${name}`);
    host.prepare.file(`${BASE}/kafka/data/meta.properties`);
  });

  it('is found through the link that root made, and with nothing else in its directory', async () => {
    const { file, codes } = await one('kafka');
    assert.equal(file, '/opt/kafka_2.13-4.4.0/config/server.properties');
    assert.deepEqual(codes, ['E_NOT_RUNNING']);
  });

  it('is told of what it would stop at, before it starts', async () => {
    host.prepare.directory(`${BASE}/kafka/data/lost+found`);
    host.prepare.directory(`${BASE}/kafka/data/backup`);
    const { problems } = await one('kafka');
    assert.deepEqual(
      problems.filter(({ code }) => code === 'E_STRAY').map(({ at }) => at),
      ['backup', 'lost+found'].map((name) => `directory ${BASE}/kafka/data/${name}`),
    );
  });

  it('is told from other programs of its machine, and by what it locks', async () => {
    host.prepare.file(`${BASE}/kafka/data/.lock`);
    const words = ['java', 'kafka.Kafka', '/opt/kafka/config/server.properties'];
    const runs = { command: 'java', directory: '/', holds: [`${BASE}/kafka/data/.lock`] };
    host.prepare.start({ ...runs, words: ['java', 'com.example.Other'] });
    assert.equal((await one('kafka')).state, 'configured');
    host.prepare.start({ ...runs, words });
    const { state, servers } = await one('kafka');
    assert.equal(state, 'running on the hot tier');
    assert.deepEqual(
      servers.map(({ places }) => places),
      [[`${BASE}/kafka/data`]],
    );
  });
});

describe('an image', () => {
  it('is fine where its services are configured: nothing of it runs', async () => {
    host = createHost({ root: '/mnt/image' });
    installRedis();
    host.prepare.directory('/var/lib/redis');
    host.prepare.directory(`${BASE}/redis/data`);
    wireRedis();
    dropIn();
    const { state, codes, exitCode } = await one('redis');
    assert.deepEqual([state, codes, exitCode], ['configured', [], 0]);
    const text = renderCheck(await check(), createPaint(false));
    assert.match(text, /\nConfigured for the hot tier: 1 of 1 service installed here\.$/);
  });
});

describe('the report for people', () => {
  it('has a line a service, what is wrong below it, and no line that is too long', async () => {
    installRedis();
    host.prepare.directory('/var/lib/redis');
    startRedis('/var/lib/redis');
    const text = renderCheck(await check(), createPaint(false));
    const lines = text.split('\n');
    assert.ok(
      lines.every((line) => line.length <= WIDTH),
      text,
    );
    assert.ok(lines.includes('redis       running        /var/lib/redis'), text);
    assert.match(text, /\n {2}cannot find the data of a running service .*\[E_ELSEWHERE\]\n/);
    assert.match(text, /\n {4}fix: sudo jts-hot config redis --install\n/);
    assert.match(text, /\nOn the hot tier: 0 of 1 service installed here\.$/);
  });
});
