// `config --check` of a booted Debian 12 with its packages: what runs elsewhere, what is configured and not restarted, what
// runs on the hot tier, and what is left of that when its disk is unmounted below it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ValidateResult } from '../../src/checks/validate-document.ts';
import type { CheckResult } from '../../src/configure/check-document.ts';
import type { StatusResult } from '../../src/status/status-document.ts';
import { type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { KAFKA_CONFIG, kafka, layOutKafka } from './kafka.ts';
import { directoryOf, startServerHost } from './parts.ts';
import { redis } from './redis.ts';
import { type Inside, runInside, start, writeInside } from './server.ts';

const HOT = '/data/jts/hot';
const REDIS = `${HOT}/redis/data`;

interface Seen {
  readonly status: number | null;
  readonly state: string;
  readonly codes: readonly string[];
  readonly places: readonly string[];
  readonly told: string | null;
}

function check(host: Inside, service: string): Seen {
  const { status, stdout, stderr } = host.run(jtsHot('config', service, '--check', '--json'));
  const { result } = JSON.parse(stdout) as { result: CheckResult | null };
  const [one] = result?.services ?? [];
  assert.ok(one !== undefined, stdout + stderr);
  return {
    status,
    state: one.state,
    codes: one.problems.map(({ code }) => code),
    places: one.servers.flatMap(({ places }) => places ?? []),
    told: one.told?.at ?? null,
  };
}

/** By service: where it says its data is, or why that is not known. */
function answers(host: BootedHost): Readonly<Record<string, unknown>> {
  const { stdout } = host.run(jtsHot('config', '--check', '--ask', '--json'));
  const { result } = JSON.parse(stdout) as { result: CheckResult };
  const running = result.services.filter(({ servers }) => servers.length > 0);
  return Object.fromEntries(
    running.map(({ service, answered, problems }) => [
      service,
      answered ?? problems.find(({ code }) => code === 'W_NOT_ASKED')?.code,
    ]),
  );
}

/** What `status` shows of each service, and whose place it would have mended. */
function runsAndNext(host: BootedHost): object {
  const { stdout } = host.run(jtsHot('status', '--json'));
  const { services, next } = (JSON.parse(stdout) as { result: StatusResult }).result;
  return {
    runs: Object.fromEntries(services.map(({ service, state, places }) => [service, [state, places]])),
    next: next.flatMap(({ why }) => /^(\w+): .*on the hot tier/.exec(why)?.[1] ?? []),
  };
}

/** Severity and status, by service. */
function placesOf(host: BootedHost): Readonly<Record<string, string>> {
  const { stdout } = host.run(jtsHot('validate', '--record', '--json'));
  const { result } = JSON.parse(stdout) as { result: ValidateResult };
  const checks = result.checks.filter(({ id }) => /^service\.\w+\.place$/.test(id));
  return Object.fromEntries(
    checks.map(({ service, severity, status }) => [service, `${severity} ${status}`]),
  );
}

it('the state of packaged servers is told by what they have open, then by their files', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: HOT, size: '2G' }],
  });
  runInside(host, jtsHot('setup'));

  const before = check(host, 'redis');
  assert.deepEqual([before.status, before.state, before.places], [1, 'running', ['/var/lib/redis']]);
  assert.deepEqual(before.codes, ['E_ELSEWHERE']);
  assert.match(before.told ?? '', /^\/etc\/redis\/redis\.conf:\d+$/);
  for (const [service, place] of [
    ['postgresql', '/var/lib/postgresql/15/main'],
    ['clickhouse', '/var/lib/clickhouse'],
    ['docker', '/var/lib/docker'],
  ] as const) {
    const one = check(host, service);
    assert.deepEqual([one.state, one.places, one.codes], ['running', [place], ['E_ELSEWHERE']], service);
  }
  assert.deepEqual(check(host, 'kafka').state, 'not installed');

  // Told, without the drop-in of its unit: named before anything hangs.
  runInside(host, jtsHot('config', 'redis', '--install'));
  const dropIn = '/etc/systemd/system/redis-server.service.d/jts-hot.conf';
  runInside(host, ['mv', dropIn, '/root/']);
  const closed = check(host, 'redis');
  assert.deepEqual([closed.state, closed.codes], ['running', ['E_RESTART_PENDING', 'E_UNIT_READ_ONLY']]);
  runInside(host, ['mv', '/root/jts-hot.conf', dropIn]);
  assert.deepEqual(check(host, 'redis').codes, ['E_RESTART_PENDING']);

  runInside(host, ['systemctl', 'daemon-reload']);
  runInside(host, ['systemctl', 'restart', 'redis-server.service']);
  const after = check(host, 'redis');
  assert.deepEqual(after, {
    status: 0,
    state: 'running on the hot tier',
    codes: [],
    places: [REDIS],
    told: '/etc/redis/jts-hot.conf:5',
  });

  // What the servers themselves say. A ClickHouse of 2019 has no table of its disks yet.
  assert.deepEqual(answers(host), {
    postgresql: ['/var/lib/postgresql/15/main'],
    clickhouse: 'W_NOT_ASKED',
    redis: [REDIS],
    docker: ['/var/lib/docker'],
  });

  // The same in the proof of the layout, and in the metrics of one that is recorded.
  assert.deepEqual(placesOf(host), {
    postgresql: 'warning fail',
    clickhouse: 'warning fail',
    redis: 'error pass',
    docker: 'warning fail',
  });
  const metrics = runInside(host, jtsHot('monitor', '--prometheus', '--no-record'));
  const series = metrics.match(/^jts_hot_service_on_hot_tier\{.*$/gm) ?? [];
  assert.deepEqual(
    series.map((line) => line.replace(/^.*service="(\w+)"\}/, '$1')),
    ['postgresql 0', 'clickhouse 0', 'redis 1', 'docker 0'],
  );

  assert.deepEqual(runsAndNext(host), {
    runs: {
      postgresql: ['running', ['/var/lib/postgresql/15/main']],
      clickhouse: ['running', ['/var/lib/clickhouse']],
      kafka: ['not installed', []],
      mongodb: ['not installed', []],
      redis: ['running on the hot tier', [REDIS]],
      docker: ['running', ['/var/lib/docker']],
      backup: [null, []],
    },
    next: ['postgresql', 'clickhouse', 'docker'],
  });

  // Its disk goes, and with it the server: nothing is started on the wrong one.
  const mount = 'data-jts-hot.mount';
  runInside(host, ['systemctl', 'stop', mount]);
  const without = check(host, 'redis');
  assert.deepEqual([without.status, without.state, without.codes], [1, 'configured', ['E_NOT_RUNNING']]);
  runInside(host, ['systemctl', 'start', 'redis-server.service']);
  assert.equal(check(host, 'redis').state, 'running on the hot tier');

  runInside(host, ['umount', '--lazy', HOT]);
  assert.equal(placesOf(host)['redis'], 'error fail');
  const { problems } = JSON.parse(host.run(jtsHot('config', '--check', '--json')).stdout);
  assert.equal(problems[0]?.code, 'E_NOT_MOUNTED');
  const detached = check(host, 'redis');
  assert.deepEqual([detached.status, detached.state], [1, 'running']);
  assert.deepEqual(detached.codes, ['E_WRONG_DISK']);
});

it('Kafka is told from other Java programs by what it locks, and of what it would stop at', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = startServerHost({ parts: ['kafka-4'], disks: [{ at: HOT, size: '1g' }] });
  layOutKafka(host);
  runInside(host, jtsHot('setup'));
  runInside(host, ['sed', '-i', `s#^log.dirs=.*#log.dirs=${HOT}/kafka/data#`, KAFKA_CONFIG]);
  const storage = '/opt/kafka/bin/kafka-storage.sh';
  const format = `${storage} format -c ${KAFKA_CONFIG} -t "$(${storage} random-uuid)"`;
  runInside(host, ['setpriv', '--reuid=kafka', '--regid=kafka', '--clear-groups', 'sh', '-c', format]);
  assert.deepEqual(check(host, 'kafka').codes, ['E_NOT_RUNNING']);
  const strays = ['lost+found', 'backup'].map((name) => `${HOT}/kafka/data/${name}`);
  runInside(host, ['mkdir', ...strays]);
  assert.deepEqual(check(host, 'kafka').codes, ['E_STRAY', 'E_STRAY', 'E_NOT_RUNNING']);
  runInside(host, ['rmdir', ...strays]);

  const server = kafka(`${HOT}/kafka/logs`);
  const broker = start({ host, server, user: 'kafka', configFile: KAFKA_CONFIG });
  broker.write(['bought', 'sold']);
  const runs = check(host, 'kafka');
  assert.deepEqual([runs.status, runs.state, runs.codes], [0, 'running on the hot tier', []]);
  assert.deepEqual(runs.places, [`${HOT}/kafka/data`]);
  broker.stop();
  assert.equal(check(host, 'kafka').state, 'configured');
});

for (const [name, program] of [
  ['Redis 7', '/usr/bin/redis-server'],
  ['Valkey 9', '/opt/valkey-9/valkey-server'],
] as const)
  it(`${name} is found where it stands, whatever its files say`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    using host = startServerHost({ parts: ['valkey-9'], disks: [{ at: HOT, size: '256m' }] });
    runInside(host, jtsHot('setup'));
    const configFile = '/etc/redis/redis.conf';
    const lines = [`dir ${REDIS}`, `logfile ${HOT}/redis/logs/redis-server.log`];
    writeInside(host, configFile, [...lines, 'enable-protected-configs local']);
    const server = start({ host, server: redis(program), user: 'redis', configFile });
    const told = check(host, 'redis');
    assert.deepEqual([told.status, told.state, told.codes], [0, 'running on the hot tier', []]);
    // It goes elsewhere, and its file does not say so.
    runInside(host, ['redis-cli', 'CONFIG', 'SET', 'dir', '/tmp']);
    const moved = check(host, 'redis');
    assert.deepEqual([moved.state, moved.codes, moved.places], ['running', ['E_RESTART_PENDING'], ['/tmp']]);
    writeInside(host, configFile, ['dir /tmp']);
    runInside(host, ['redis-cli', 'CONFIG', 'SET', 'dir', REDIS]);
    assert.deepEqual(check(host, 'redis').codes, ['E_NEXT_START']);
    server.stop();
  });
