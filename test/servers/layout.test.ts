// What a layout says arrives at real servers as it is: a base with signs that mean something in languages of settings, another
// port, further settings.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bootHost } from '../e2e/booted-host.ts';
import { describe, jtsHot, runJtsHot } from '../e2e/product.ts';
import { REPOSITORY, type ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { KAFKA_CONFIG, kafka, layOutKafka } from './kafka.ts';
import { directoryOf, startServerHost } from './parts.ts';
import { postgresql, setting } from './postgresql.ts';
import { redis } from './redis.ts';
import { asUserOn, filesOutside, type Inside, runInside, start, writeInside } from './server.ts';

/** `\U` would be a hexadecimal number in some, `\n` a line in others. */
const BASE = '/data/jts hot/ü$%#\\n';
const PREFIX = `%m [%p] it's "quoted" \\ #ü $x `;

function hostWith(services: readonly string[], base = BASE): ThrowawayHost {
  const host = startServerHost({
    parts: ['kafka-4'],
    disks: [{ at: '/data', size: '1g' }],
    prepare: 'rm -r /etc/postgresql /var/lib/postgresql/15 /etc/redis/redis.conf',
  });
  writeLayout(host, services, base);
  runJtsHot(host, ['setup']);
  return host;
}

function writeLayout(host: Inside, services: readonly string[], base = BASE): void {
  runInside(host, ['mkdir', '-p', '/etc/jts', '/etc/test']);
  const lines = [`base: ${JSON.stringify(base)}`, 'services:', ...services];
  writeInside(host, '/etc/jts/hot-storage.yaml', lines);
}

it('Redis: the base, the port, words and text', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = hostWith([
    '  redis:',
    '    port: 7000',
    '    settings:',
    '      bind: 127.0.0.1 -::1',
    '      maxmemory: 100mb',
    '      appendonly: yes',
    `      proc-title-template: ${JSON.stringify(`{title} it's "x" \\n #ü`)}`,
  ]);
  const configFile = '/etc/redis/redis.conf';
  writeInside(host, configFile, ['port 6379', 'maxmemory 1gb', 'save 3600 1']);
  runJtsHot(host, ['config', 'redis', '--install']);
  const options = { host, server: redis('/usr/bin/redis-server', 7000), user: 'redis', configFile };
  const running = start(options);
  running.write(['bought']);
  const open = running.openFiles();
  assert.deepEqual(filesOutside(open, [`${BASE}/redis`]), []);
  assert.ok(open.includes(`${BASE}/redis/data`), open.join('\n'));
  assert.ok(open.includes(`${BASE}/redis/data/appendonlydir/appendonly.aof.1.incr.aof`), open.join('\n'));
  const get = (name: string) =>
    asUserOn(host, 'redis')(['redis-cli', '--raw', '-p', '7000', 'CONFIG', 'GET', name]).trimEnd();
  assert.equal(get('maxmemory'), 'maxmemory\n104857600');
  assert.equal(get('bind'), 'bind\n127.0.0.1 -::1');
  assert.equal(get('proc-title-template'), `proc-title-template\n{title} it's "x" \\n #ü`);
  // As its own client is told by what its files say.
  const asked = host.run(jtsHot('config', 'redis', '--check', '--ask'));
  assert.match(asked.stdout, /running on the hot tier/, asked.stderr);
  assert.doesNotMatch(`${asked.stdout}${asked.stderr}`, /NOT_ASKED|SAYS_OTHERWISE|OTHER_SETTINGS/);
  running.stop();
  assert.match(runInside(host, ['ls', `${BASE}/redis/logs`]), /^redis-server\.log$/m);

  // What only the server knows is asked of it before anything is changed.
  for (const wrong of ['no-such-setting: 1', 'maxmemory: much']) {
    writeLayout(host, ['  redis:', '    settings:', `      ${wrong}`]);
    const refused = runJtsHot(host, ['config', 'redis', '--install', '--start-empty', 'redis'], 3);
    assert.match(refused.stderr, /E_CONFIG_REFUSED/, wrong);
  }
});

it('PostgreSQL: the base, the port, text and switches', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = hostWith([
    '  postgresql:',
    '    port: 5433',
    '    settings:',
    '      log_connections: "on"',
    '      jit: false',
    '      Shared_Buffers: 16MB',
    `      log_line_prefix: ${JSON.stringify(PREFIX)}`,
  ]);
  const bin = '/usr/lib/postgresql/15/bin';
  const home = `${BASE}/postgresql`;
  const configFile = '/etc/test/postgresql.conf';
  writeInside(host, configFile, [
    `hba_file = '${home.replace('\\', '\\\\')}/data/pg_hba.conf'`,
    `ident_file = '${home.replace('\\', '\\\\')}/data/pg_ident.conf'`,
    "unix_socket_directories = '/tmp'",
    "data_directory = '/var/lib/postgresql/none'",
    'port = 5432',
  ]);
  runJtsHot(host, ['config', 'postgresql', '--install', '--to', configFile]);
  const asUser = asUserOn(host, 'postgres');
  asUser([`${bin}/initdb`, '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', `${home}/data`]);
  const told = (name: string) => setting(asUser, bin, configFile, name);
  assert.equal(told('data_directory'), `${home}/data`);
  assert.equal(told('log_directory'), `${home}/logs`);
  assert.deepEqual(['port', 'jit', 'log_connections'].map(told), ['5433', 'off', 'on']);
  // It trims nothing, and `-C` writes it as it is.
  assert.equal(told('log_line_prefix'), PREFIX.trimEnd());
  const running = start({ host, server: postgresql(bin), user: 'postgres', configFile });
  running.write(['bought']);
  assert.deepEqual(filesOutside(running.openFiles(), [home]), []);
  running.stop();
  const logs = runInside(host, ['sh', '-c', 'cat "$1"/logs/*', 'sh', home]);
  assert.match(logs, /it's "quoted" \\ #ü \$x LOG: {2}connection received: host=\[local\]/);
});

it('Kafka: the base, and the port where clients are and where it says that they find it', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  const services = ['  kafka: { port: 19092, settings: { log.retention.bytes: 1000000 } }'];
  // Java has only the letters of its locale in paths: without one, its own tool refuses the rest.
  const base = BASE.replace('ü', '');
  using host = hostWith(services);
  layOutKafka(host);
  const packaged = runInside(host, ['sha256sum', KAFKA_CONFIG]);
  assert.match(runJtsHot(host, ['config', 'kafka', '--install'], 3).stderr, /E_CONFIG_REFUSED/);
  assert.equal(runInside(host, ['sha256sum', KAFKA_CONFIG]), packaged);
  writeLayout(host, services, base);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'kafka', '--install']);
  runJtsHot(host, ['config', 'kafka', '--init']);
  const home = `${base}/kafka`;
  const server = kafka(`${home}/logs`, 19092);
  const running = start({ host, server, user: 'kafka', configFile: KAFKA_CONFIG });
  // Its client goes where the broker says that it is.
  running.write(['bought', 'sold']);
  assert.deepEqual(running.read(), ['bought', 'sold']);
  const open = running.openFiles();
  assert.deepEqual(filesOutside(open, [home]), []);
  assert.ok(open.includes(`${home}/data/words-0/00000000000000000000.log`), open.join('\n'));
  running.stop();
});

it('all packaged servers: each starts there by its unit, and answers on its port', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [{ at: '/data', size: '2G' }],
    binds: { [REPOSITORY]: REPOSITORY },
  });
  writeLayout(host, [
    '  postgresql: { port: 5433 }',
    '  clickhouse: { port: 9001, settings: { max_connections: 100 } }',
    '  redis: { port: 7000 }',
    '  docker: { settings: { live-restore: true } }',
  ]);
  const type = (...words: readonly string[]) => {
    const result = host.run(jtsHot(...words), { timeoutMs: 120_000 });
    assert.equal(result.status, 0, `${words.join(' ')}: ${describe(result)}`);
    return result.stdout;
  };
  type('setup');
  type('config', 'postgresql', '--init');
  type('config', 'all', '--install', '--restart');
  const checked = type('config', '--check');
  for (const name of ['postgresql', 'clickhouse', 'redis', 'docker'])
    assert.match(
      checked,
      new RegExp(`^${name} +running on the hot tier +/data/jts hot/ü\\$%#\\\\n/${name}`, 'm'),
    );
  for (const port of [5433, 9001, 7000]) runInside(host, ['bash', '-c', `: </dev/tcp/127.0.0.1/${port}`]);
  assert.equal(runInside(host, ['docker', 'info', '--format', '{{.LiveRestoreEnabled}}']), 'true\n');
  const of = ['systemctl', 'show', '--value', '--property=ReadWritePaths', 'redis-server.service'];
  assert.ok(runInside(host, of).includes('/data/jts hot/ü'));
});
