// What a layout says arrives at real servers as it is: a base with signs that mean something in languages of settings, another
// port, further settings.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { jtsHot, runJtsHot } from '../e2e/product.ts';
import type { ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { postgresql, setting } from './postgresql.ts';
import { redis } from './redis.ts';
import { asUserOn, filesOutside, runInside, start, writeInside } from './server.ts';

/** `\U` would be a hexadecimal number in some, `\n` a line in others. */
const BASE = '/data/jts hot/ü$%#\\n';
const PREFIX = `%m [%p] it's "quoted" \\ #ü $x `;

function hostWith(services: readonly string[]): ThrowawayHost {
  const host = startServerHost({
    disks: [{ at: '/data', size: '1g' }],
    prepare: 'rm -r /etc/postgresql /var/lib/postgresql/15 /etc/redis/redis.conf',
  });
  runInside(host, ['mkdir', '-p', '/etc/jts', '/etc/test']);
  writeInside(host, '/etc/jts/hot-storage.yaml', [`base: ${JSON.stringify(BASE)}`, 'services:', ...services]);
  runJtsHot(host, ['setup']);
  return host;
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
