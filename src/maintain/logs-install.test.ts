// `logs --install` of whole hosts: what is written for each service, what is left, and that it all goes back.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { builtInLayout } from '../services/index.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { type LogsInstalled, published } from './logs-document.ts';
import { logsInstallCommand } from './logs-install.ts';
import { renderLogs } from './logs-text.ts';

const BASE = builtInLayout.base;
const UNITS = '/usr/lib/systemd/system';
const REDIS_LOG = `${BASE}/redis/logs/redis-server.log`;

let host: MemoryHost;
beforeEach(() => {
  host = createHost({ tools: ['logrotate'] });
  for (const service of ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis'])
    host.prepare.directory(`${BASE}/${service}/logs`);
});

async function install(service: string | null, more: { replace?: boolean; isDry?: boolean } = {}) {
  const { replace = false, isDry = false } = more;
  const { exitCode, problems, result } = await logsInstallCommand(contextOf(host, builtInLayout), {
    service,
    replace,
    isDry,
  });
  assert.ok(result !== null);
  assert.deepEqual(published.logs.shape.result.unwrap().parse(result), result);
  return { ...result, exitCode, codes: problems.map(({ code }) => code) };
}

const states = ({ services }: LogsInstalled) =>
  Object.fromEntries(services.map(({ service, state }) => [service, state]));

/** Without what a file is known by that was written anew. */
function state(): string {
  return host.snapshot().replaceAll(/ inode \d+ born \d+/g, '');
}

function redis(log = REDIS_LOG): void {
  host.prepare.file('/etc/redis/redis.conf', { text: `dir ${BASE}/redis/data\nlogfile ${log}\n` });
  host.prepare.file('/etc/logrotate.conf', { text: 'include /etc/logrotate.d\n' });
}

function mongodb(text: string): void {
  host.prepare.file('/etc/mongod.conf', { text });
  host.prepare.file(`${UNITS}/mongod.service`, { text: '[Service]\n' });
  host.prepare.file('/etc/logrotate.conf', { text: 'include /etc/logrotate.d\n' });
}

const LOG4J = `# ours to keep
Configuration:
  Appenders:
    RollingFile:
      - name: KafkaAppender
        fileName: "\${sys:kafka.logs.dir}/server.log"
        filePattern: "\${sys:kafka.logs.dir}/server.log.%d{yyyy-MM-dd-HH}"
        PatternLayout: { pattern: "%m%n" }
`;

function kafka(log4j = LOG4J): void {
  host.prepare.file('/opt/kafka/config/server.properties', { text: 'log.dirs=/tmp/k\n' });
  host.prepare.file('/opt/kafka/config/log4j2.yaml', { text: log4j });
  host.prepare.file('/etc/systemd/system/kafka.service', {
    text: '[Service]\nEnvironment="KAFKA_LOG4J_OPTS=-Dother=1"\n',
  });
}

/** Undone, the host is as it was. */
async function goesBack(before: string): Promise<void> {
  const { outcome } = (await rollbackCommand(contextOf(host, builtInLayout), null)).result ?? assert.fail();
  assert.equal(outcome, 'applied');
  assert.equal(state(), before);
}

describe('Redis', () => {
  it('is rotated by a file for logrotate that sends no signal; a second time nothing is to do', async () => {
    redis();
    const before = state();
    const { outcome, steps, services } = await install('redis');
    assert.equal(outcome, 'applied');
    assert.deepEqual(
      steps.map(({ address }) => address),
      ['directory /etc/logrotate.d', 'file /etc/logrotate.d/jts-hot-redis'],
    );
    const text = host.text('/etc/logrotate.d/jts-hot-redis') ?? '';
    assert.deepEqual(text.split('\n').slice(3), [
      `"${REDIS_LOG}" {`,
      '    # It opens its log for each line: no signal is needed, and SIGUSR1 would kill it.',
      '    su redis redis',
      '    size 100M',
      '    rotate 10',
      '    dateext',
      '    dateformat -%Y%m%d-%s',
      '    compress',
      '    delaycompress',
      '    missingok',
      '    notifempty',
      '    nocreate',
      '}',
      '',
    ]);
    assert.equal(services[0]?.rotation?.mostBytes, 11 * 100 * 2 ** 20);
    const again = await install('redis');
    assert.deepEqual([again.outcome, states(again)], ['unchanged', { redis: 'rotated already' }]);
    assert.equal(again.services[0]?.rotation?.at, '/etc/logrotate.d/jts-hot-redis:4');
    await goesBack(before);
  });

  it('whose log is elsewhere is refused by name, and left among all', async () => {
    redis('/var/log/redis/redis-server.log');
    const one = await install('redis');
    assert.deepEqual([one.exitCode, one.outcome, one.codes], [3, 'refused', ['E_LOG_ELSEWHERE']]);
    const all = await install(null);
    assert.deepEqual([all.exitCode, all.outcome], [0, 'unchanged']);
    assert.equal(states(all)['redis'], 'left as it is');
    assert.deepEqual(
      all.services.find(({ service }) => service === 'redis')?.problems.map(({ code, fix }) => [code, fix]),
      [['E_LOG_ELSEWHERE', 'sudo jts-hot config redis --install']],
    );
  });

  it('that somebody else rotates stays as it is', async () => {
    redis();
    host.prepare.file('/etc/logrotate.d/mine', { text: `${REDIS_LOG} {\nweekly\n}\n` });
    const { outcome, services } = await install('redis');
    assert.equal(outcome, 'unchanged');
    assert.equal(services[0]?.rotation?.at, '/etc/logrotate.d/mine:1');
  });

  it('without logrotate is refused', async () => {
    redis();
    host = Object.assign(host, { missingTools: (tools: readonly string[]) => tools });
    assert.deepEqual((await install('redis')).codes, ['E_NO_LOGROTATE']);
  });

  it('with a file of somebody in the place of ours is refused, until that is agreed to', async () => {
    redis();
    host.prepare.file('/etc/logrotate.d/jts-hot-redis', { text: '# mine\n' });
    const before = state();
    assert.deepEqual((await install('redis')).codes, ['E_FOREIGN_FILE']);
    assert.equal((await install('redis', { replace: true })).outcome, 'applied');
    await goesBack(before);
  });

  it('is only shown by a dry run', async () => {
    redis();
    const before = host.fingerprint();
    const shown = await install('redis', { isDry: true });
    assert.equal(shown.outcome, 'planned');
    assert.equal(host.fingerprint(), before);
    const text = renderLogs(shown, createPaint(false), 'logs redis --install');
    assert.match(text, /at most 1\.15 GB, 2\.3 % of the planned\n {2}50\.0 GB/);
    for (const line of text.split('\n')) assert.ok(line.length <= WIDTH, line);
  });
});

describe('MongoDB', () => {
  const log = `systemLog:\n  destination: file\n  path: ${BASE}/mongodb/logs/mongod.log\n`;

  it('is told to go on with a new file, and sent SIGUSR1 by its unit', async () => {
    mongodb(log);
    const before = state();
    const { outcome, services, steps } = await install('mongodb');
    assert.equal(outcome, 'applied');
    assert.equal(services[0]?.restart, 'mongod.service');
    assert.match(host.text('/etc/mongod.conf') ?? '', /logAppend: true\n {2}logRotate: reopen\n/);
    assert.match(
      host.text('/etc/logrotate.d/jts-hot-mongodb') ?? '',
      / {4}postrotate\n {8}systemctl kill --signal=USR1 mongod\.service\n {4}endscript\n/,
    );
    assert.ok(steps.some(({ address }) => address === 'file /etc/mongod.conf'));
    assert.equal((await install('mongodb')).outcome, 'unchanged');
    await goesBack(before);
  });

  it('that does so already gets the file for logrotate alone', async () => {
    mongodb(`${log}  logAppend: true\n  logRotate: reopen\n`);
    const { services, steps } = await install('mongodb');
    assert.equal(services[0]?.restart, null);
    assert.ok(steps.every(({ address }) => address !== 'file /etc/mongod.conf'));
  });

  it('without a unit is refused: it would go on with the renamed file', async () => {
    mongodb(log);
    host.prepare.remove(`${UNITS}/mongod.service`);
    assert.deepEqual((await install('mongodb')).codes, ['E_NO_UNIT']);
  });
});

describe('Kafka', () => {
  it('gets a file laid over that of log4j, which its unit names beside what it named', async () => {
    kafka();
    const before = state();
    const { outcome, services } = await install('kafka');
    assert.equal(outcome, 'applied');
    assert.equal(services[0]?.restart, 'kafka.service');
    assert.equal(services[0]?.rotation?.mostBytes, 11 * 100 * 2 ** 20);
    assert.equal(host.text('/opt/kafka/config/log4j2.yaml'), LOG4J);
    assert.match(
      host.text('/etc/systemd/system/kafka.service.d/jts-hot-logs.conf') ?? '',
      /^Environment="KAFKA_LOG4J_OPTS=-Dother=1 -Dlog4j2\.configurationFile=\/opt\/kafka\/config\/log4j2\.yaml,\/opt\/kafka\/config\/jts-hot-log4j2\.properties"$/m,
    );
    const again = await install('kafka');
    assert.deepEqual([again.outcome, states(again)], ['unchanged', { kafka: 'rotated already' }]);
    await goesBack(before);
  });

  it('whose own file is limited already stays as it is', async () => {
    kafka(
      LOG4J.replace('%d{yyyy-MM-dd-HH}', '%i')
        .replace('PatternLayout', 'SizeBasedTriggeringPolicy')
        .replace('pattern: "%m%n"', 'size: 1MB'),
    );
    assert.equal((await install('kafka')).outcome, 'unchanged');
  });

  it('something that overrules ours is named', async () => {
    kafka();
    const text =
      '[Service]\nEnvironment=KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml\n';
    host.prepare.file('/etc/systemd/system/kafka.service.d/zz.conf', { text });
    const { codes } = await install('kafka');
    assert.deepEqual(codes, ['E_OVERRULED']);
  });

  it('of version 3 has lines of its file changed, and the rest stays', async () => {
    kafka();
    host.prepare.remove('/opt/kafka/config/log4j2.yaml');
    const text =
      '# mine\nlog4j.appender.a=org.apache.log4j.DailyRollingFileAppender\nlog4j.appender.a.DatePattern=x\nlog4j.appender.a.File=/x\n';
    host.prepare.file('/opt/kafka/config/log4j.properties', { text });
    const before = state();
    assert.equal((await install('kafka')).outcome, 'applied');
    assert.match(
      host.text('/opt/kafka/config/log4j.properties') ?? '',
      /^# mine\nlog4j\.appender\.a=org\.apache\.log4j\.RollingFileAppender\nlog4j\.appender\.a\.File=\/x\n/,
    );
    assert.equal((await install('kafka')).outcome, 'unchanged');
    await goesBack(before);
  });

  it('whose file is broken, or is not there, is refused', async () => {
    kafka('a: [\n');
    assert.deepEqual((await install('kafka')).codes, ['E_LOGS_UNREAD']);
    host.prepare.remove('/opt/kafka/config/log4j2.yaml');
    assert.deepEqual((await install('kafka')).codes, ['E_NO_LOG_FILE']);
  });
});

describe('Docker', () => {
  it('is told to rotate what containers say, and nothing else is changed', async () => {
    host.prepare.file(`${UNITS}/docker.service`, { text: '[Service]\n' });
    const text = '{\n  "data-root": "/srv/docker"\n}\n';
    host.prepare.file('/etc/docker/daemon.json', { text });
    const before = state();
    const { outcome, services } = await install('docker');
    assert.deepEqual([outcome, services[0]?.restart], ['applied', 'docker.service']);
    const after = host.text('/etc/docker/daemon.json') ?? '';
    assert.deepEqual(JSON.parse(after), {
      'data-root': '/srv/docker',
      'log-driver': 'json-file',
      'log-opts': { 'max-size': '10m', 'max-file': '5' },
    });
    await goesBack(before);
  });
});

describe('PostgreSQL', () => {
  it('without its collector is left, since its log is no file of its own', async () => {
    host.prepare.file('/etc/postgresql/15/main/postgresql.conf', { text: 'port = 5432\n' });
    assert.deepEqual((await install('postgresql')).codes, ['E_LOG_ELSEWHERE']);
  });

  it('with a collector that never begins a new log is told to', async () => {
    const own = 'logging_collector = on\nlog_rotation_size = 0\nlog_rotation_age = 0\n';
    host.prepare.file('/etc/postgresql/15/main/postgresql.conf', { text: own });
    const before = state();
    const { outcome, services } = await install('postgresql');
    assert.equal(outcome, 'applied');
    assert.equal(services[0]?.rotation?.says, 'a new one at 100MB or after 1d');
    const ours = host.text('/etc/postgresql/15/main/conf.d/jts-hot.conf') ?? '';
    assert.doesNotMatch(ours, /data_directory|log_directory/);
    await goesBack(before);
  });

  it('whose collector does is left as it is', async () => {
    host.prepare.file('/etc/postgresql/15/main/postgresql.conf', { text: 'logging_collector = on\n' });
    assert.equal((await install('postgresql')).outcome, 'unchanged');
  });
});

it('a crash anywhere is made good by the same command, and is undone to what was there', async () => {
  redis();
  kafka();
  host.prepare.file(`${UNITS}/docker.service`, { text: '[Service]\n' });
  const start = host.clone();
  const before = state();
  const act = (on: MemoryHost) =>
    logsInstallCommand(contextOf(on, builtInLayout), { service: null, replace: false, isDry: false });
  const { result } = await act(host);
  assert.equal(result?.outcome, 'applied');
  assert.ok((result?.steps.length ?? 0) >= 5);
  const wanted = state();
  const whole = host;
  let kills = 0;
  for await (const { host: killed, at } of killedAnywhere(start, whole, act)) {
    kills += 1;
    const undone = killed.clone();
    assert.equal((await act(killed)).exitCode, 0, at);
    host = killed;
    assert.equal(state(), wanted, at);
    host = undone;
    await rollbackCommand(contextOf(undone, builtInLayout), null);
    assert.equal(state(), before, at);
  }
  assert.ok(kills > 10);
});

describe('bad input', () => {
  it('an unknown service, and one whose logs are not known', async () => {
    for (const [name, code] of [
      ['kafak', 'E_UNKNOWN_SERVICE'],
      ['backup', 'E_NO_LOGS'],
    ] as const)
      await assert.rejects(
        install(name),
        (error) => error instanceof Problem && error.diagnostics[0]?.code === code && error.exitCode === 2,
      );
  });

  it('a file that cannot be written leaves what was there, and says so', async () => {
    redis();
    const problem = diagnostic('E_OPERATION', 'cannot write a file', { detail: 'EROFS' });
    host.faults.failNext('writeFile', new Problem(EXIT.failed, [problem]));
    const { outcome, exitCode } = await install('redis');
    assert.deepEqual([outcome, exitCode], ['failed', 1]);
  });

  it('a host without any of the services', async () => {
    const { outcome, services } = await install(null);
    assert.equal(outcome, 'unchanged');
    assert.deepEqual([...new Set(services.map(({ state }) => state))], ['not installed']);
  });
});
