// Packaged servers of a booted Debian 12 that were told something else than what `config --install` says, or that cannot be
// restarted: what is named before anything hangs, what is refused, what is taken back, and that what is printed mends it.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { CheckResult } from '../../src/configure/check-document.ts';
import type { Diagnostic } from '../../src/messages/diagnostic.ts';
import { type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import type { RunResult } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { directoryOf } from './parts.ts';
import { runInside, writeInside } from './server.ts';

const HOT = '/data/jts/hot';
const REDIS = '/etc/redis/redis.conf';
const UNIT = 'redis-server.service';
const DROP_IN = `/etc/systemd/system/${UNIT}.d`;
const UNITS = ['postgresql@15-main.service', 'clickhouse-server.service', UNIT, 'docker.service'];
const PACKAGES = `cd /etc
find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum
find . -xdev -printf '%p %y %m %U:%G %l\\n' | sort`;

function boot(): BootedHost {
  const host = bootHost({ tree: directoryOf('debian-12'), disks: [{ at: HOT, size: '1G' }] });
  runInside(host, jtsHot('setup'));
  return host;
}

function type(host: BootedHost, status: number, ...words: readonly string[]): RunResult {
  const result = host.run(jtsHot(...words), { timeoutMs: 120_000 });
  assert.equal(result.status, status, `${words.join(' ')}: ${result.stdout}${result.stderr}`);
  return result;
}

function problemsOf(host: BootedHost, service: string): readonly Diagnostic[] {
  const { stdout } = host.run(jtsHot('config', service, '--check', '--json'));
  const { result } = JSON.parse(stdout) as { result: CheckResult };
  return result.services.flatMap(({ problems }) => problems.filter(({ code }) => code.startsWith('E_')));
}

const codesOf = (host: BootedHost, service: string) => problemsOf(host, service).map(({ code }) => code);
const shell = (host: BootedHost, script: string) => runInside(host, ['sh', '-ec', script]);
const ask = (host: BootedHost, ...words: readonly string[]) =>
  runInside(host, ['redis-cli', '-e', ...words]).trim();

/** As it is printed, the first one. */
function typeFirstFix(host: BootedHost, service: string): string {
  const [first = ''] = problemsOf(host, service).flatMap(({ fix }) => fix ?? []);
  assert.match(first, /^sudo /);
  const words = first.slice('sudo '.length);
  if (words.startsWith('jts-hot ')) type(host, 0, ...words.split(' ').slice(1));
  else shell(host, words);
  return words;
}

const hasAll = (t: TestContext) =>
  requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device') &&
  requires(t, 'real servers');

it('a Redis whose dir was moved by hand is named before it hangs, and saves, stops and starts once that is mended', (t) => {
  if (!hasAll(t)) return;
  using host = boot();
  shell(host, `sed -i 's#^dir .*#dir ${HOT}/redis/data#' ${REDIS}`);
  // While it still runs as before: no restart is offered, since that would be its last one.
  assert.deepEqual(codesOf(host, 'redis'), ['E_RESTART_PENDING', 'E_UNIT_READ_ONLY']);
  assert.ok(problemsOf(host, 'redis').every(({ fix }) => fix === 'sudo jts-hot config redis --install'));

  // Restarted all the same.
  runInside(host, ['systemctl', 'restart', UNIT]);
  ask(host, 'SET', 'word', 'bought');
  assert.match(host.run(['redis-cli', '-e', 'SAVE']).stderr, /ERR/);
  assert.deepEqual(codesOf(host, 'redis'), ['E_SEES_READ_ONLY', 'E_UNIT_READ_ONLY']);
  assert.match(type(host, 3, 'config', 'redis', '--install', '--restart').stderr, /E_SEES_READ_ONLY/);
  assert.match(typeFirstFix(host, 'redis'), /^mount --namespace \d+ -o remount,bind,rw \/data\/jts\/hot$/);
  assert.equal(ask(host, 'SAVE'), 'OK');
  assert.equal(typeFirstFix(host, 'redis'), 'jts-hot config redis --install');
  const restart = () => host.run(['systemctl', 'restart', UNIT], { timeoutMs: 20_000 });
  assert.equal(restart().status, 0);
  assert.deepEqual([ask(host, 'GET', 'word'), codesOf(host, 'redis')], ['bought', []]);

  // The same with append-only files, which it must write before it is up.
  ask(host, 'FLUSHALL');
  type(host, 0, 'rollback', '--start-empty', 'redis');
  shell(host, `sed -i 's#^appendonly .*#appendonly yes#' ${REDIS}`);
  assert.notEqual(restart().status, 0);
  // systemd would try again.
  runInside(host, ['systemctl', 'stop', UNIT]);
  assert.deepEqual(codesOf(host, 'redis'), ['E_UNIT_READ_ONLY', 'E_NOT_RUNNING']);
  assert.equal(typeFirstFix(host, 'redis'), 'jts-hot config redis --install');
  assert.equal(typeFirstFix(host, 'redis'), `systemctl start ${UNIT}`);
  ask(host, 'SET', 'word', 'sold');
  for (const _ of [1, 2]) assert.equal(restart().status, 0);
  assert.deepEqual([ask(host, 'GET', 'word'), codesOf(host, 'redis')], ['sold', []]);
  runInside(host, ['test', '-s', `${HOT}/redis/data/appendonlydir/appendonly.aof.manifest`]);
});

it('settings of one that does not come up are taken back; what overrules settings is named and refused', (t) => {
  if (!hasAll(t)) return;
  using host = boot();
  const before = shell(host, PACKAGES);
  const isClean = () => {
    const { status, stderr } = host.run(['systemd-analyze', 'verify', '--man=no', ...UNITS]);
    assert.deepEqual([status, stderr], [0, '']);
  };
  // Below a base that systemd would read as something else.
  const odd = ['--base', `${HOT}/a 50%n b`];
  type(host, 0, 'setup', ...odd);
  type(host, 0, 'config', 'redis', '--install', '--restart', ...odd);
  isClean();
  assert.equal(ask(host, 'SAVE'), 'OK');
  type(host, 0, 'rollback', ...odd, '--start-empty', 'redis');
  runInside(host, ['systemctl', 'restart', UNIT]);

  type(host, 0, 'config', 'postgresql', '--init');
  // No trial sees that: it is tried out in a directory of its own.
  const broken = `${HOT}/redis/data/dump.rdb`;
  shell(host, `install -o redis -g redis -m 640 /dev/null ${broken}; echo broken > ${broken}`);
  const half = type(host, 1, 'config', 'all', '--install', '--restart');
  assert.match(half.stdout, /redis did not come up there; its former settings\s+are back/);
  assert.match(
    half.stderr,
    /\[E_NOT_UP\].*service redis: .*taken back \(run \d+\), and\s+it was restarted with the former/s,
  );
  for (const service of ['postgresql', 'clickhouse', 'docker'])
    assert.match(half.stdout, new RegExp(`${service} runs on the hot tier`));
  assert.deepEqual(ask(host, 'CONFIG', 'GET', 'dir').split('\n'), ['dir', '/var/lib/redis']);
  assert.deepEqual(codesOf(host, 'redis'), ['E_ELSEWHERE']);
  isClean();
  const others = ['postgresql', 'clickhouse', 'docker'].flatMap((name) => ['--start-empty', name]);
  type(host, 0, 'rollback', ...others);
  assert.equal(shell(host, PACKAGES), before);

  // Once it can read what is there, only Redis is restarted: the others run there.
  shell(host, `rm ${broken}`);
  type(host, 0, 'config', 'all', '--install', '--restart');
  const since = () => runInside(host, ['systemctl', 'show', '--property=MainPID', ...UNITS]);
  const pids = since();
  assert.match(type(host, 0, 'config', 'all', '--install', '--restart').stdout, /^Nothing to do/);
  assert.equal(since(), pids);
  isClean();

  const overruled = (service: string, at: RegExp) => {
    const [first] = problemsOf(host, service).filter(({ code }) => code === 'E_OVERRULED');
    assert.match(first?.at ?? '', at);
    const { stderr } = type(host, 3, 'config', service, '--install');
    assert.match(stderr, /\[E_OVERRULED\]/);
    assert.ok(stderr.includes(first?.at ?? '?'), stderr);
  };
  const sql = (text: string) =>
    runInside(host, [
      'setpriv',
      '--reuid=postgres',
      '--regid=postgres',
      '--clear-groups',
      'psql',
      '-c',
      text,
    ]);
  sql("ALTER SYSTEM SET log_directory = '/var/log/postgresql'");
  overruled('postgresql', /^\/data\/jts\/hot\/postgresql\/data\/postgresql\.auto\.conf:\d+$/);
  sql('ALTER SYSTEM RESET log_directory');
  const later = '/etc/postgresql/15/main/conf.d/zz.conf';
  writeInside(host, later, ['# ours', "data_directory = '/var/lib/postgresql/15/main'"]);
  overruled('postgresql', /\/conf\.d\/zz\.conf:2$/);
  runInside(host, ['rm', later]);
  assert.deepEqual(codesOf(host, 'postgresql'), []);

  const flag =
    'ExecStart=/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no --dir /var/lib/redis';
  writeInside(host, `${DROP_IN}/override.conf`, ['[Service]', 'ExecStart=', flag]);
  overruled('redis', /\/override\.conf:3: --dir \/var\/lib\/redis$/);
  runInside(host, ['rm', `${DROP_IN}/override.conf`]);

  // It writes into its own file what ours says, behind our back.
  ask(host, 'CONFIG', 'SET', 'maxmemory', '100mb');
  ask(host, 'CONFIG', 'REWRITE');
  assert.match(shell(host, `grep -n ^dir ${REDIS}`), /:dir "\/data\/jts\/hot\/redis\/data"$/m);
  assert.deepEqual(codesOf(host, 'redis'), []);
  const kept = shell(host, PACKAGES);
  const all = [...others, '--start-empty', 'redis'];
  assert.match(
    type(host, 3, 'rollback', ...all).stderr,
    /\[E_CHANGED_SINCE\]\s+file \/etc\/redis\/redis\.conf: /,
  );
  assert.equal(shell(host, PACKAGES), kept);
  const edits = [
    '/^include .*jts-hot/d',
    's#^dir .*#dir /var/lib/redis#',
    's#^logfile .*#logfile /var/log/redis/redis-server.log#',
  ];
  shell(host, `sed -i '${edits.join('; ')}' ${REDIS}`);
  type(host, 0, 'rollback', ...all);
  for (const unit of UNITS) runInside(host, ['systemctl', 'restart', unit]);
  assert.deepEqual(ask(host, 'CONFIG', 'GET', 'dir').split('\n'), ['dir', '/var/lib/redis']);
});
