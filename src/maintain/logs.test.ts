// `logs` of whole hosts: which files are logs, who writes them, what rotates each, and what is said of it.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { AT, contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { Problem } from '../messages/diagnostic.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { builtInLayout } from '../services/index.ts';
import { logsCommand } from './logs.ts';
import { type LogsListed, published } from './logs-document.ts';
import { renderLogs } from './logs-text.ts';

const BASE = builtInLayout.base;
const MB = 1e6;

let host: MemoryHost;
beforeEach(() => {
  host = createHost();
  for (const service of ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis'])
    host.prepare.directory(`${BASE}/${service}/logs`);
  host.prepare.directory(`${BASE}/docker/containers`);
});

async function logs(service: string | null = null, overBytes: number | null = null) {
  const { exitCode, problems, result } = await logsCommand(contextOf(host, builtInLayout), {
    service,
    overBytes,
  });
  assert.ok(result !== null);
  assert.deepEqual(published.logs.shape.result.unwrap().parse(result), result);
  return { ...result, exitCode, problems };
}

function put(path: string, bytes = 200 * MB): string {
  host.prepare.file(`${BASE}/${path}`, { bytes, changedAt: Date.parse(AT) });
  return `${BASE}/${path}`;
}

function installRedis(log = `${BASE}/redis/logs/redis-server.log`): void {
  host.prepare.file('/etc/redis/redis.conf', { text: `dir /var/lib/redis\nlogfile ${log}\n` });
}

const paths = ({ logs: all }: LogsListed) => all.map(({ path }) => path.slice(BASE.length + 1));

describe('which files are logs', () => {
  it('those in directories of logs, whatever they are called, the largest first, Kafka’s segments never', async () => {
    put('redis/logs/redis-server.log', 150 * MB);
    put('postgresql/logs/postgresql-1.csv', 300 * MB);
    put('postgresql/data/log/postgresql-1.log', 250 * MB);
    put('postgresql/data/16384');
    put('redis/data/appendonly.log');
    put('kafka/data/a-0/00000000000000000000.log');
    put('kafka/logs/00000000000000000042.log');
    put('clickhouse/logs/small.log', 1);
    assert.deepEqual(paths(await logs()), [
      'postgresql/logs/postgresql-1.csv',
      'postgresql/data/log/postgresql-1.log',
      'redis/logs/redis-server.log',
    ]);
    assert.deepEqual(paths(await logs('redis')), ['redis/logs/redis-server.log']);
    assert.equal(paths(await logs(null, 1)).length, 4);
  });

  it('of Docker, what containers say', async () => {
    for (const name of ['0a-json.log', '0a-json.log.1', '0a-json.log.2.gz', 'mounts/shm/x', 'checkpoint.log'])
      put(`docker/containers/0a/${name}`);
    assert.deepEqual(
      paths(await logs()).map((path) => path.slice('docker/containers/0a/'.length)),
      ['0a-json.log', '0a-json.log.1', '0a-json.log.2.gz'],
    );
  });

  it('no links, no pipes, and names of any bytes', async () => {
    put('redis/logs/a\nb\u001b[31m');
    host.prepare.link(`${BASE}/redis/logs/redis-server.log`, '/etc/shadow');
    const found = await logs();
    assert.deepEqual(paths(found), ['redis/logs/a\nb\u001b[31m']);
    assert.doesNotMatch(renderLogs(found, createPaint(false), 'logs'), /\u001b|a\nb/);
  });
});

describe('what rotates them', () => {
  it('nothing: that is said with what mends it', async () => {
    installRedis();
    put('redis/logs/redis-server.log');
    const found = await logs('redis');
    assert.equal(found.exitCode, 0);
    const [service] = found.services;
    assert.equal(service?.rotation?.by, 'nothing');
    assert.deepEqual(
      service?.problems.map(({ code, fix }) => [code, fix]),
      [['W_NOT_ROTATED', 'sudo jts-hot logs redis --install']],
    );
    assert.equal(found.logs[0]?.isOpenedForEachLine, true);
  });

  it('an entry of logrotate, with file and line; also of what it has renamed', async () => {
    installRedis();
    const log = put('redis/logs/redis-server.log');
    put('redis/logs/redis-server.log-20261126-1.gz');
    put('redis/logs/another.log');
    host.prepare.file('/etc/logrotate.conf', { text: 'include /etc/logrotate.d\n' });
    host.prepare.file('/etc/logrotate.d/redis', { text: `\n${log} {\n size 10M\n rotate 4\n}\n` });
    const found = await logs('redis');
    const rotation = {
      by: 'logrotate',
      at: '/etc/logrotate.d/redis:2',
      says: 'a new one at 10M, 4 old kept',
      mostBytes: 50 * 2 ** 20,
      isEach: false,
      unlimited: null,
    };
    assert.deepEqual(found.services[0]?.rotation, rotation);
    assert.deepEqual(
      found.logs.map(({ rotation: of }) => of.by),
      ['nothing', 'logrotate', 'logrotate'],
    );
    assert.deepEqual(found.services[0]?.problems, []);
  });

  it('two entries, or one that copies and cuts, are named', async () => {
    installRedis();
    const log = put('redis/logs/redis-server.log');
    const text = `${log} {\nweekly\n}\n${BASE}/redis/logs/*.log {\ncopytruncate\n}\n`;
    host.prepare.file('/etc/logrotate.conf', { text });
    const [service] = (await logs('redis')).services;
    assert.deepEqual(
      service?.problems.map(({ code }) => code),
      ['W_ROTATED_TWICE', 'W_LOSES_LINES'],
    );
    assert.ok(service?.problems[0]?.detail.includes('/etc/logrotate.conf:4'));
  });

  it('its own settings, with file and line; and an entry of logrotate beside them is named', async () => {
    host.prepare.file('/etc/clickhouse-server/config.xml', {
      text: '<clickhouse>\n<logger>\n<size>10M</size>\n<count>3</count></logger></clickhouse>\n',
    });
    put('clickhouse/logs/clickhouse-server.log');
    host.prepare.file('/etc/logrotate.conf', { text: `${BASE}/clickhouse/logs/*.log {\nweekly\n}\n` });
    const found = await logs('clickhouse');
    assert.equal(found.services[0]?.rotation?.at, '/etc/clickhouse-server/config.xml:3');
    assert.equal(found.services[0]?.rotation?.mostBytes, 2 * 4 * 10 * 2 ** 20);
    assert.deepEqual(
      found.services[0]?.problems.map(({ code }) => code),
      ['W_ROTATED_TWICE'],
    );
    assert.equal(found.logs[0]?.rotation.by, 'itself');
  });

  it('of a container, what it was made with, whatever dockerd is told', async () => {
    host.prepare.file('/etc/docker/daemon.json', {
      text: '{"log-opts":{"max-size":"10m","max-file":"5"}}\n',
    });
    host.prepare.file('/usr/lib/systemd/system/docker.service', { text: '[Service]\n' });
    put('docker/containers/old/old-json.log');
    put('docker/containers/new/new-json.log');
    const made = (config: object) => ({
      text: JSON.stringify({ LogConfig: { Type: 'json-file', Config: config } }),
    });
    host.prepare.file(`${BASE}/docker/containers/old/hostconfig.json`, made({}));
    host.prepare.file(`${BASE}/docker/containers/new/hostconfig.json`, made({ 'max-size': '10m' }));
    const found = await logs('docker');
    assert.equal(found.services[0]?.rotation?.at, '/etc/docker/daemon.json:1');
    assert.deepEqual(
      found.logs.map(({ path, rotation: { by } }) => [path.slice(-12), by]),
      [
        ['new-json.log', 'itself'],
        ['old-json.log', 'nothing'],
      ],
    );
  });

  it('of Kafka, log4j: by what the process says, then its unit, then what lies beside its file', async () => {
    host.prepare.file('/opt/kafka/config/server.properties', { text: 'log.dirs=/tmp/k\n' });
    const yaml = (size: string) =>
      `Configuration:\n  Appenders:\n    RollingFile:\n      name: K\n      fileName: "\${sys:kafka.logs.dir}/server.log"\n      filePattern: "x.%i"\n      SizeBasedTriggeringPolicy: { size: ${size} }\n`;
    host.prepare.file('/opt/kafka/config/log4j2.yaml', { text: yaml('1 MB') });
    host.prepare.file('/etc/unit.yaml', { text: yaml('2 MB') });
    host.prepare.file('/etc/process.yaml', { text: yaml('3 MB') });
    put('kafka/logs/server.log');
    put('kafka/logs/server.log.1');
    put('kafka/logs/other.log');
    const says = async () => (await logs('kafka')).services[0]?.rotation?.says?.slice(0, 17);
    assert.equal(await says(), 'a new one at 1 MB');
    host.prepare.file('/etc/systemd/system/kafka.service', {
      text: '[Service]\nEnvironment="KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/etc/unit.yaml"\n',
    });
    assert.equal(await says(), 'a new one at 2 MB');
    host.prepare.directory('/tmp');
    host.prepare.start({
      command: 'java',
      directory: '/tmp',
      words: ['java', '-Dlog4j2.configurationFile=/etc/process.yaml', 'kafka.Kafka'],
    });
    assert.equal(await says(), 'a new one at 3 MB');
    const found = await logs('kafka');
    assert.deepEqual(
      found.logs.map(({ path, rotation: { by, at } }) => [path.slice(-12), by, at]),
      [
        [`gs/other.log`, 'nothing', null],
        [`s/server.log`, 'itself', '/etc/process.yaml:5'],
        [`server.log.1`, 'itself', '/etc/process.yaml:5'],
      ],
    );
  });

  it('of Kafka, a file that cannot be read is named', async () => {
    host.prepare.file('/opt/kafka/config/server.properties', { text: 'log.dirs=/tmp/k\n' });
    host.prepare.file('/opt/kafka/config/log4j2.yaml', { text: 'a: [\n' });
    const [service] = (await logs('kafka')).services;
    assert.deepEqual(
      service?.problems.map(({ code, at }) => [code, at]),
      [
        ['W_LOGS_UNREAD', '/opt/kafka/config/log4j2.yaml'],
        ['W_NOT_ROTATED', 'service kafka'],
      ],
    );
  });
});

describe('who writes them', () => {
  it('those that have them open for writing, not those that read', async () => {
    const log = put('mongodb/logs/mongod.log');
    host.prepare.hold(log);
    assert.deepEqual((await logs()).logs[0]?.writers, []);
    host.prepare.hold(log, 'writes');
    assert.deepEqual((await logs()).logs[0]?.writers, [{ pid: 4242, command: 'holder' }]);
  });
});

describe('refused', () => {
  const codes = async (run: Promise<unknown>) => {
    const error = await run.then(
      () => assert.fail('want a Problem'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Problem);
    return error.diagnostics.map(({ code, detail }) => [code, detail.at(-1)]);
  };

  it('a service that the layout has not, with what may be meant', async () =>
    assert.deepEqual(await codes(logs('redsi')), [['E_UNKNOWN_SERVICE', 'did you mean redis?']]));

  it('everybody but root', async () => {
    host = host.as(1000) as MemoryHost;
    assert.deepEqual(await codes(logs()), [['E_NOT_ROOT', 'want uid 0, found uid 1000']]);
  });
});

it('says all of it in 80 columns', async () => {
  installRedis();
  put('redis/logs/redis-server.log');
  put(`mongodb/logs/mongod.log.2026-11-26T00-00-00`);
  host.prepare.hold(`${BASE}/redis/logs/redis-server.log`, 'writes');
  const text = renderLogs(await logs(), createPaint(false), 'logs');
  for (const line of text.split('\n')) assert.ok(line.length <= WIDTH, line);
  assert.match(text, /written by holder \(4242\)\n {4}rotated by nothing/);
});
