// Backups of a real Redis, watched: what channels are told, what reports and metrics say, and who may read it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { startServerHost } from '../servers/parts.ts';
import { redis } from '../servers/redis.ts';
import { runInside, start, writeInside } from '../servers/server.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import type { ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';

const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers', 'faketime'] as const;

/** A Redis on the hot tier that answers, a user in the group of the layout, and a channel that writes down what it is told. */
function watched(): {
  readonly host: ThrowawayHost;
  /** What was told since the last call. */
  readonly pages: () => readonly string[];
} & Disposable {
  const host = startServerHost({
    disks: [{ at: BASE, size: '256m' }],
    binds: { '/opt/faketime': '/usr/lib/x86_64-linux-gnu/faketime' },
    prepare: `mkdir -p /etc/redis /etc/jts; useradd --system --groups adm watcher
printf '#!/bin/sh\\necho "$JTS_HOT_LEVEL $JTS_HOT_SUBJECT $JTS_HOT_BACKUP_CAUSES" >> /var/log/pages\\n' > /usr/local/bin/page
chmod 755 /usr/local/bin/page`,
  });
  const configFile = '/etc/redis/redis.conf';
  writeInside(host, configFile, ['save 3600 1', 'appendonly no', 'repl-diskless-sync-delay 0']);
  // Little is planned, so that nothing is said of the disk.
  const little = ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'docker', 'redis'];
  writeInside(host, '/etc/jts/hot-storage.yaml', [
    `services: { backup: { planned: 10MB }, ${little.map((name) => `${name}: { planned: 10MB }`).join(', ')} }`,
    'backups: { services: { redis: } }',
    'monitoring: { group: adm, alerts: { channels: { page: { type: command, run: [/usr/local/bin/page] } } } }',
  ]);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'redis', '--install']);
  const server = start({ host, server: redis(), user: 'redis', configFile });
  server.write(['bought', 'sold']);
  const pages = () => {
    const said = runInside(host, ['sh', '-c', 'cat /var/log/pages 2>/dev/null; rm -f /var/log/pages']);
    return said.split('\n').slice(0, -1);
  };

  return { host, pages, [Symbol.dispose]: () => host.stop() };
}

it('a service without a backup, with one, with one that was proved, and after a failure', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = watched();
  const { host, pages } = machine;
  runJtsHot(host, ['record']);
  assert.deepEqual(pages(), ['CRITICAL /backup/redis there is no good backup']);
  // Told at once, not with the next sample.
  runJtsHot(host, ['backup', 'run', 'redis']);
  assert.deepEqual(pages(), ['WARNING /backup/redis none was ever restored to prove it']);
  runJtsHot(host, ['backup', 'verify', 'redis']);
  assert.deepEqual(pages(), ['OK /backup/redis ']);
  runJtsHot(host, ['record']);
  assert.deepEqual(pages(), []);

  const report = runJtsHot(host, ['monitor', '-j']);
  const { backups, status } = JSON.parse(report.stdout).result;
  assert.deepEqual([status, backups.length, backups[0].level], ['OK', 1, 'OK']);
  const { stdout: metrics } = runJtsHot(host, ['monitor', '--prometheus']);
  const of = `{base="${BASE}",service="redis"}`;
  assert.ok(metrics.includes(`jts_hot_backup_bytes${of} ${backups[0].lastGood.bytes}\n`), metrics);
  assert.ok(
    metrics.includes(`jts_hot_backup_timestamp_seconds${of} ${Date.parse(backups[0].lastGood.at) / 1000}\n`),
  );
  assert.ok(metrics.includes(`jts_hot_backup_level{base="${BASE}",service="redis",level="ok"} 1\n`));

  runInside(host, ['mv', '/usr/bin/redis-cli', '/usr/bin/redis-cli.away']);
  runJtsHot(host, ['backup', 'run', 'redis'], 3);
  const [failed = '', ...rest] = pages();
  assert.match(
    failed,
    /^WARNING \/backup\/redis the last attempt failed \d+ s ago: refusing to work without the tool/,
  );
  assert.deepEqual(rest, []);
  // The group reads what is published; the backups themselves are closed to it.
  const asWatcher = (argv: readonly string[]) =>
    host.run(['setpriv', '--reuid=watcher', '--regid=watcher', '--init-groups', ...argv]);
  const read = asWatcher(jtsHot('monitor'));
  assert.equal(read.status, 1, describe(read));
  assert.match(read.stdout, /^ {2}redis +\d+ s ago +\d+ B +\d+ s ago +WARNING$/m);
  assert.notEqual(asWatcher(['ls', `${BASE}/backup/daily/redis`]).status, 0);
  assert.match(asWatcher(jtsHot('backup', 'list')).stderr, /E_NOT_ROOT/);
});

it('the last one is too old', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using machine = watched();
  const { host, pages } = machine;
  for (const verb of ['run', 'verify']) {
    const clock = [
      'LD_PRELOAD=/opt/faketime/libfaketime.so.1',
      'FAKETIME=-2d',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
    const result = host.run(['env', ...clock, ...jtsHot('backup', verb, 'redis')]);
    assert.equal(result.status, 0, describe(result));
  }
  pages();
  const { stdout } = runJtsHot(host, ['monitor'], 2);
  assert.match(stdout, /^ {2}redis: the last good backup is 2 days old, more than 36 h$/m);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  assert.deepEqual(pages(), ['CRITICAL /backup/redis the last good backup is 2 days old, more than 36 h']);
  runJtsHot(host, ['backup', 'run', 'redis']);
  assert.deepEqual(pages(), ['OK /backup/redis ']);
});
