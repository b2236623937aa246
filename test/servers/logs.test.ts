// Logs that the product has rotated, rotated for real while the servers write: every line that a server was made to write is
// found once afterwards, in the log or in what was renamed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bootHost } from '../e2e/booted-host.ts';
import { sleep } from '../e2e/holder.ts';
import { jtsHot, runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { clickhouse } from './clickhouse.ts';
import { docker, IMAGE, makeImage } from './docker.ts';
import { KAFKA_CONFIG, kafka, layOutKafka, layOutUnit } from './kafka.ts';
import { bindsOf, directoryOf, startServerHost } from './parts.ts';
import { postgresql } from './postgresql.ts';
import { redis } from './redis.ts';
import { asUserOn, type Inside, runInside, start, startUnit, writeInside } from './server.ts';

const HOT = '/data/jts/hot';
const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers'] as const;

/** Numbers behind the word `line`, of all files of the pattern, compressed ones too. */
function linesIn(host: Inside, pattern: string): readonly number[] {
  const script =
    'for f in $1; do case $f in *.gz) zcat "$f";; *) cat "$f";; esac; done | grep -ao "line-[0-9][0-9]*"';
  const found = runInside(host, ['sh', '-c', script, 'sh', pattern]);
  return found
    .trim()
    .split('\n')
    .map((line) => Number(line.slice('line-'.length)));
}

function assertWhole(found: readonly number[], count: number, times = 1): void {
  const seen = new Map<number, number>();
  for (const one of found) seen.set(one, (seen.get(one) ?? 0) + 1);
  const wrong = Array.from({ length: count }, (_, i) => i + 1).filter((one) => seen.get(one) !== times);
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} of ${count} lines are not there ${times} times`);
  assert.equal(seen.size, count);
}

const filesOf = (host: Inside, pattern: string) =>
  runInside(host, ['sh', '-c', 'ls -d $1', 'sh', pattern]).trim().split('\n');

const listed = (host: Inside, service: string) =>
  JSON.parse(runInside(host, jtsHot('logs', service, '--over', '1kB', '--json'))).result;

const FORCE = ['logrotate', '-f', '-s', '/run/logrotate-test', '/etc/logrotate.d/jts-hot-redis'];

it('Redis: thousands of lines while logrotate renames its log eight times', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startServerHost({ disks: [{ at: HOT, size: '512m' }] });
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'redis', '--install']);
  const installed = runJtsHot(host, ['logs', 'redis', '--install']);
  assert.match(installed.stdout, /at most 1\.15 GB/);
  assert.match(runJtsHot(host, ['logs', '--install']).stdout, /redis: a new one at 100M/);
  // Without a word, but that it does nothing.
  const dry = host.run(['logrotate', '-d', '/etc/logrotate.d/jts-hot-redis']);
  assert.equal(dry.status, 0);
  assert.deepEqual(dry.stderr.match(/^(error|warning):(?!.*debug mode).*$/gm), null);
  const mode = runInside(host, ['stat', '-c', '%a %u:%g', '/etc/logrotate.d/jts-hot-redis']);
  assert.equal(mode, '644 0:0\n');

  const configFile = '/etc/redis/redis.conf';
  const server = start({ host, server: redis(), user: 'redis', configFile });
  const say = `for i = ARGV[1], ARGV[2] do redis.log(redis.LOG_WARNING, 'line-' .. string.format('%d', i)) end`;
  const writer = `i=1; until [ -e /run/enough ]; do redis-cli eval "$1" 0 $i $((i+99)) >/dev/null; i=$((i+100)); done; echo $((i-1)) > /run/new; mv /run/new /run/written`;
  runInside(host, ['sh', '-c', `{ ${writer}; } </dev/null >/dev/null 2>&1 &`, 'sh', say]);
  for (let i = 0; i < 8; i += 1) {
    runInside(host, FORCE);
    sleep(1100);
  }
  runInside(host, ['touch', '/run/enough']);
  for (let i = 0; i < 100 && host.run(['test', '-e', '/run/written']).status !== 0; i += 1) sleep(100);
  const count = Number(runInside(host, ['cat', '/run/written']));
  assert.ok(count > 1000);
  t.diagnostic(`${count} lines`);
  const logs = `${HOT}/redis/logs/redis-server.log*`;
  const files = filesOf(host, logs);
  assert.equal(files.length, 9, files.join(' '));
  assertWhole(linesIn(host, logs), count);
  assert.deepEqual(
    server.openFiles().filter((path) => path.includes('.log')),
    [],
  );
  // It goes on, and ten are kept.
  for (let i = 0; i < 4; i += 1) {
    runInside(host, ['redis-cli', 'eval', say, '0', '1', '1']);
    runInside(host, FORCE);
    sleep(1100);
  }
  assert.equal(filesOf(host, `${HOT}/redis/logs/redis-server.log-*`).length, 10);
  server.stop();
  const [service] = listed(host, 'redis').services;
  assert.equal(service.rotation.at, '/etc/logrotate.d/jts-hot-redis:4');
  assert.deepEqual(service.problems, []);
  // Docker's options, then the file for logrotate.
  runJtsHot(host, ['rollback']);
  runJtsHot(host, ['rollback']);
  assert.equal(host.run(['test', '-e', '/etc/logrotate.d/jts-hot-redis']).status, 1);
  assert.equal(host.run(['test', '-e', '/etc/docker/daemon.json']).status, 1);
});

it('Redis: a service user who puts links, pipes and odd names in the place of logs gets nothing done elsewhere', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startServerHost({ disks: [{ at: HOT, size: '64m' }] });
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'redis', '--install']);
  runJtsHot(host, ['logs', 'redis', '--install']);
  const asRedis = asUserOn(host, 'redis');
  const directory = `${HOT}/redis/logs`;
  const sum = [
    'sh',
    '-c',
    'sha256sum /etc/shadow /etc/passwd; stat -c "%a %U %i" /etc/shadow /etc/passwd /etc',
  ];
  const before = runInside(host, sum);
  for (const make of [
    'ln -s /etc/shadow redis-server.log',
    'ln /etc/passwd redis-server.log 2>/dev/null || echo x > redis-server.log',
    'mkfifo redis-server.log',
    'mkdir redis-server.log',
    'ln -s /etc redis-server.log',
    'echo x > redis-server.log; ln -s /etc/passwd redis-server.log-20260101-1; touch "$(printf "a\\nb.log")"',
  ]) {
    asRedis(['sh', '-c', `cd ${directory}; rm -rf ./*; ${make}`]);
    const { status } = host.run(['timeout', '10', ...FORCE]);
    assert.notEqual(status, 124, make);
    assert.equal(runInside(host, sum), before, make);
    const said = runInside(host, jtsHot('logs', 'redis', '--over', '1B'));
    assert.doesNotMatch(said, /a\nb/);
  }
  asRedis(['sh', '-c', `rm -rf ${directory}; ln -s /etc ${directory} || true`]);
  host.run(['timeout', '10', ...FORCE]);
  assert.equal(runInside(host, sum), before);
});

it('PostgreSQL: 250 MB of lines, over several logs of 100 MB', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startServerHost({
    disks: [{ at: HOT, size: '1g' }],
    prepare: 'rm -r /etc/postgresql /var/lib/postgresql/15',
  });
  const home = `${HOT}/postgresql`;
  const configFile = '/etc/postgresql-test/postgresql.conf';
  runInside(host, ['mkdir', '/etc/postgresql-test']);
  writeInside(host, configFile, [
    `hba_file = '${home}/data/pg_hba.conf'`,
    `ident_file = '${home}/data/pg_ident.conf'`,
    "unix_socket_directories = '/tmp'",
  ]);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'postgresql', '--install', '--to', configFile]);
  const bin = '/usr/lib/postgresql/15/bin';
  const asPostgres = asUserOn(host, 'postgres');
  asPostgres([`${bin}/initdb`, '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', `${home}/data`]);
  const server = start({ host, server: postgresql(bin), user: 'postgres', configFile });
  // Its process says which file it reads.
  const [service] = listed(host, 'postgresql').services;
  assert.equal(service.rotation.says, 'a new one at 100MB or after 1d');
  assert.match(runJtsHot(host, ['logs', 'postgresql', '--install']).stdout, /^Nothing to do/);
  const COUNT = 250_000;
  // It names a new file by the second, and goes on in the old one where that name is taken: never 100 MB in one second.
  const talk = `do $$ begin for i in 1..${COUNT} loop
    raise log 'line-% %', i, repeat('x', 900);
    if i % 50000 = 0 then perform pg_sleep(1); end if;
  end loop; end $$`;
  const psql = [`${bin}/psql`, '-XAtq', '-h', '/tmp', '-d', 'postgres', '-c'];
  asPostgres([...psql, talk]);
  const files = filesOf(host, `${home}/logs/postgresql-*.log`);
  assert.ok(files.length >= 3, files.join(' '));
  const found = listed(host, 'postgresql').logs as readonly {
    readonly usedBytes: number;
    readonly writers: readonly { readonly command: string }[];
  }[];
  const sizes = found.map(({ usedBytes }) => usedBytes);
  assert.ok(
    sizes.every((bytes) => bytes < 110e6),
    sizes.join(' '),
  );
  assert.ok(found.some(({ writers }) => writers.some(({ command }) => command === 'postgres')));
  assertWhole(linesIn(host, `${home}/logs/postgresql-*.log`), COUNT);
  // One more, as it does by itself after a day.
  asPostgres([...psql, 'select pg_rotate_logfile()']);
  server.stop();
  assertWhole(linesIn(host, `${home}/logs/postgresql-*.log`), COUNT);
});

it('ClickHouse 18.16: 3,000 queries in its log while it rotates that by size', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startServerHost({ disks: [{ at: HOT, size: '512m' }] });
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'clickhouse', '--install', '--start-empty', 'clickhouse']);
  assert.match(runJtsHot(host, ['logs', 'clickhouse', '--install']).stdout, /^Nothing to do/);
  // Smaller than is wanted, so that it happens here.
  writeInside(host, '/etc/clickhouse-server/config.d/zz-test.xml', [
    '<yandex><logger><level>trace</level><size>1M</size><count>10</count></logger></yandex>',
  ]);
  const configFile = '/etc/clickhouse-server/config.xml';
  const server = start({ host, server: clickhouse(), user: 'clickhouse', configFile });
  const [service] = listed(host, 'clickhouse').services;
  assert.equal(service.rotation.at, '/etc/clickhouse-server/config.d/zz-test.xml:1');
  const COUNT = 3000;
  const queries = Array.from({ length: COUNT }, (_, i) => `select 'line-${i + 1}';`).join('\n');
  asUserOn(host, 'clickhouse')(['clickhouse-client', '--multiquery'], queries);
  sleep(500);
  const logs = `${HOT}/clickhouse/logs/clickhouse-server.log*`;
  const files = filesOf(host, logs);
  assert.ok(files.length >= 3 && files.length <= 11, files.join(' '));
  assertWhole([...new Set(linesIn(host, logs))], COUNT);
  server.stop();
});

it('Kafka 4.4: 300 clients in its log while log4j rotates that by size', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startServerHost({ parts: ['kafka-4'], disks: [{ at: HOT, size: '1g' }] });
  layOutKafka(host);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'kafka', '--install']);
  runJtsHot(host, ['config', 'kafka', '--init']);
  const log4j = '/opt/kafka/config/log4j2.yaml';
  writeInside(host, log4j, [
    ...runInside(host, ['cat', log4j]).trimEnd().split('\n'),
    '    Logger: [{ name: kafka.request.logger, level: trace }]',
  ]);
  const { stdout } = runJtsHot(host, ['logs', 'kafka', '--install']);
  const [, options = ''] = /KAFKA_LOG4J_OPTS='(.*)'/.exec(stdout) ?? [];
  assert.match(options, /^-Dlog4j2\.configurationFile=.*,\/opt\/kafka\/config\/jts-hot-log4j2\.properties$/);
  // Smaller than is wanted, so that it happens here.
  runInside(host, ['sed', '-i', 's/100MB/1MB/', '/opt/kafka/config/jts-hot-log4j2.properties']);
  const logs = `${HOT}/kafka/logs`;
  const plain = kafka(logs);
  const broker = { ...plain, env: [...(plain.env ?? []), `KAFKA_LOG4J_OPTS=${options}`] };
  const server = start({ host, server: broker, user: 'kafka', configFile: KAFKA_CONFIG });
  server.write(['one']);
  const COUNT = 300;
  const clients = `i=1; while [ $i -le ${COUNT} ]; do kcat -q -b 127.0.0.1:9092 -X client.id=line-$i -L -t words >/dev/null; i=$((i+1)); done`;
  runInside(host, ['sh', '-c', clients]);
  sleep(500);
  const files = filesOf(host, `${logs}/server.log*`);
  assert.ok(files.length >= 3 && files.length <= 11, files.join(' '));
  const sizes = runInside(host, ['sh', '-c', `stat -c %s ${logs}/server.log*`])
    .trim()
    .split('\n')
    .map(Number);
  assert.ok(Math.max(...sizes) < 1.2e6, sizes.join(' '));
  assertWhole([...new Set(linesIn(host, `${logs}/server.log*`))], COUNT);
  const found = listed(host, 'kafka');
  assert.equal(found.services[0].rotation.at, '/opt/kafka/config/jts-hot-log4j2.properties:6');
  assert.ok(
    found.logs.some((log: { writers: readonly { command: string }[] }) => log.writers[0]?.command === 'java'),
  );
  server.stop();
});

it('Kafka 4.4 as a unit: systemd gives log4j both files, beside what the unit had, and takes them back', (t) => {
  if (!requires(t, ...NEEDS, 'systemd-nspawn', 'loop device')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: HOT, size: '2G' }],
    binds: bindsOf(['kafka-4']),
    prepare: 'systemctl disable postgresql redis-server clickhouse-server docker 2>/dev/null || true',
  });
  layOutKafka(host);
  layOutUnit(host, 'Environment="KAFKA_LOG4J_OPTS=-Dof.mine=1"');
  const type = (...words: readonly string[]) => runInside(host, jtsHot(...words));
  type('setup');
  type('config', 'kafka', '--install');
  type('config', 'kafka', '--init');
  const installed = type('logs', 'kafka', '--install');
  assert.match(installed, /They count from the next start on:\n {2}sudo systemctl restart kafka\.service/);
  runInside(host, ['systemctl', 'daemon-reload']);
  const plain = kafka(`${HOT}/kafka/logs`);
  const server = startUnit({ host, server: plain, user: 'kafka', configFile: KAFKA_CONFIG }, 'kafka.service');
  server.write(['one']);
  const words = runInside(host, ['cat', `/proc/${server.pid}/cmdline`]).split('\0');
  assert.ok(words.includes('-Dof.mine=1'), words.join(' '));
  const [service] = listed(host, 'kafka').services;
  assert.equal(service.rotation.mostBytes, 11 * 100 * 2 ** 20);
  assert.deepEqual(service.problems, []);
  assert.match(type('logs', 'kafka', '--install'), /^Nothing to do/);
  server.stop();
  assert.match(type('rollback'), /systemctl restart kafka\.service/);
  assert.equal(host.run(['ls', '/opt/kafka/config/jts-hot-log4j2.properties']).status, 2);
});

it('Docker 20.10: 40 MB of what a container says, in logs of 10 MB', (t) => {
  if (!requires(t, ...NEEDS, 'systemd-nspawn', 'loop device')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: HOT, size: '2G' }],
    prepare: 'systemctl disable postgresql redis-server clickhouse-server 2>/dev/null || true',
  });
  runInside(host, ['systemctl', 'stop', 'docker.service', 'docker.socket']);
  runInside(host, jtsHot('setup'));
  const options = { host, server: docker(), user: 'root', configFile: '/etc/docker/daemon.json' };
  const asRoot = { asUser: (argv: readonly string[]) => runInside(host, argv) };
  runInside(host, jtsHot('config', 'docker', '--install'));
  // As it was before: nothing rotates.
  runInside(host, ['sh', '-c', `echo '{ "data-root": "${HOT}/docker" }' > /etc/docker/daemon.json`]);
  runInside(host, ['systemctl', 'daemon-reload']);
  startUnit(options, 'docker.service');
  makeImage(asRoot);
  runInside(host, ['docker', 'run', '--name', 'old', IMAGE, '/bin/sh', '-c', 'yes | head -c 2000000']);
  const installed = runInside(host, jtsHot('logs', 'docker', '--install'));
  assert.match(installed, /systemctl restart docker\.service/);
  runInside(host, ['systemctl', 'restart', 'docker.service']);
  const COUNT = 200_000;
  const talk = `i=1; while [ $i -le ${COUNT} ]; do echo line-$i; i=$((i+1)); done`;
  const run = `docker run --name new ${IMAGE} /bin/sh -c "$1" > /dev/null`;
  runInside(host, ['sh', '-c', run, 'sh', talk]);
  const id = runInside(host, ['docker', 'inspect', '--format', '{{.Id}}', 'new']).trim();
  const logs = `${HOT}/docker/containers/${id}/${id}-json.log*`;
  assert.ok(filesOf(host, logs).length >= 2);
  assertWhole(linesIn(host, logs), COUNT);
  const found = listed(host, 'docker').logs as readonly {
    readonly path: string;
    readonly rotation: { readonly by: string };
  }[];
  for (const { path, rotation } of found)
    assert.equal(rotation.by, path.includes(id) ? 'itself' : 'nothing', path);
  assert.ok(found.some(({ rotation }) => rotation.by === 'nothing'));
});
