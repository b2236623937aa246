// Kills each verb of backup with SIGKILL before system calls of its own of every kind, with CRASH=full before each, on a host with
// a real Redis. From wherever that leaves the host: no half backup counts, the service is as it was, and the same command again
// ends as if nothing had been.
import assert from 'node:assert/strict';
import { after, before, describe as group, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { startServerHost } from '../servers/parts.ts';
import { redis } from '../servers/redis.ts';
import { type RunningServer, runInside, start, writeInside } from '../servers/server.ts';
import { type Strace, strace } from '../servers/strace.ts';
import { distinct, type KillPoint, killPoints, runKilled } from './crash.ts';
import { chosen, FULL } from './crash-matrix.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import type { ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers', 'strace', 'faketime'] as const;
const BASE = '/data/jts/hot';
const DATA = `${BASE}/redis/data`;
const DAILY = `${BASE}/backup/daily/redis`;
const STAGING = `${BASE}/backup/staging`;
const RESTORED = `${BASE}/restored`;
const CONFIGURATION = '/etc/redis/redis.conf';
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime';
const WORDS = ['bought', 'sold'];

let host: ThrowawayHost;
let server: RunningServer;
let tool: Strace;

const OPTIONS = () => ({ host, server: redis(), user: 'redis', configFile: CONFIGURATION });

function sh(script: string): string {
  return runInside(host, ['sh', '-ec', script]);
}

function onClock(clock: string, ...args: readonly string[]): readonly string[] {
  const preload = 'LD_PRELOAD=/opt/faketime/libfaketime.so.1';
  return ['env', preload, `FAKETIME=${clock}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1', ...jtsHot(...args)];
}

/** A clock that stands: a backup is called after the time, and so are the files that it is killed at. */
const STANDING = '2026-11-27 10:00:00';

/** What is killed over and over begins like this: two backups, of which the first was proved, and no more. */
function keepStart(): void {
  sh(`rm -rf /var/kept; mkdir /var/kept; cp -a /var/lib/jts-hot ${BASE}/backup /var/kept/`);
}

function backToStart(): void {
  sh(`rm -rf /var/lib/jts-hot ${BASE}/backup ${RESTORED} ${DATA}.before-*
    cp -a /var/kept/jts-hot /var/lib/; cp -a /var/kept/backup ${BASE}/`);
}

const names = () => sh(`ls ${DAILY}`).split('\n').filter(Boolean);

/** Each that counts is whole. */
function assertWhole(at: string): void {
  for (const name of names())
    sh(
      `cd ${DAILY}/${name} && sha256sum --check --strict --quiet SHA256SUMS && test "$(stat -c %a .)" = 700`,
    );
  assert.match(sh(`stat -c '%U %a' ${DAILY}`), /^root 700\n$/, at);
}

/** Nothing but the service itself runs, and it has what it had. */
function assertService(at: string): void {
  sh(`n=0; while pgrep -u redis -x redis-cli >/dev/null || [ "$(pgrep -cx redis-server)" -gt 1 ]; do
    n=$((n+1)); [ $n -lt 50 ]; sleep 0.1; done`);
  assert.deepEqual(server.read(), WORDS, at);
  assert.equal(sh(`ls ${DATA}`), inData, at);
}

let inData = '';

function assertClean(at: string): void {
  assert.equal(sh(`ls -A ${STAGING}`), '', at);
}

/** Without the history, which is a database's own to keep whole, and without programs that only read. */
function pointsOf(argv: readonly string[]): readonly KillPoint[] {
  const { result, points } = killPoints(host, argv);
  assert.equal(result.status, 0, describe(result));
  const all = distinct(points, ['getent']).filter(({ path, call }) => !/history/.test(path ?? call));
  // One program is enough: all are started by the same lines.
  const kinds = new Set<string>();
  return chosen(all).filter(({ syscall, program }) => {
    const isFirst = program === null || !kinds.has(syscall);
    if (program !== null) kinds.add(syscall);
    return FULL || isFirst;
  });
}

function assertKinds(points: readonly KillPoint[], ...kinds: readonly string[]): void {
  for (const kind of kinds)
    assert.ok(
      points.some(({ syscall, call }) => `${syscall} ${call}`.includes(kind)),
      `no ${kind} in ${points.map(({ call }) => call.slice(0, 80)).join('\n')}`,
    );
}

function killedAt(t: TestContext, argv: readonly string[], points: readonly KillPoint[]) {
  t.diagnostic(`${points.length} points`);
  return points.map((point, i) => ({
    i,
    point,
    at: point.call.slice(0, 160),
    kill() {
      backToStart();
      runKilled(host, argv, point);
      assertWhole(point.call);
    },
  }));
}

group('killed at system calls of every kind', { timeout: FULL ? 3_600_000 : 300_000 }, () => {
  before((t) => {
    if (!requires(t as TestContext, ...NEEDS)) return;
    tool = strace();
    host = startServerHost({
      disks: [{ at: BASE, size: '100m' }],
      binds: { ...tool.binds, '/opt/faketime': FAKETIME },
    });
    tool.bringTo(host);
    writeInside(host, CONFIGURATION, [
      `dir ${DATA}`,
      'appendonly no',
      'save ""',
      'repl-diskless-sync-delay 0',
      'port 6379',
    ]);
    runJtsHot(host, ['setup']);
    server = start(OPTIONS());
    server.write(WORDS);
    runInside(host, ['redis-cli', 'save']);
    inData = sh(`ls ${DATA}`);
    runJtsHot(host, ['backup', 'run', 'redis']);
    runJtsHot(host, ['backup', 'verify', 'redis']);
    runJtsHot(host, ['backup', 'run', 'redis']);
    keepStart();
  });
  after(() => {
    host?.stop();
    tool?.[Symbol.dispose]();
  });

  it('run leaves whole backups only, and the next one takes away what is left', (t) => {
    if (!requires(t, ...NEEDS)) return;
    const argv = onClock(STANDING, 'backup', 'run', 'redis');
    const points = pointsOf(argv);
    assertKinds(points, 'mkdirat', 'clone', 'manifest.json', 'renameat2', 'unlinkat');
    const had = sh(`ls /var/kept/backup/daily/redis | wc -l`);
    for (const { i, at, kill } of killedAt(t, argv, points)) {
      kill();
      assertService(at);
      const left = names().length;
      assert.ok(left - Number(had) <= 1, at);
      if (i % 2 === 1 && !FULL) continue;
      runJtsHot(host, ['backup', 'run', 'redis']);
      assertClean(at);
      assertWhole(at);
      assert.equal(names().length, left + 1, at);
    }
  });

  it('verify leaves the backup as it was, and no server', (t) => {
    if (!requires(t, ...NEEDS)) return;
    backToStart();
    const argv = jtsHot('backup', 'verify', 'redis');
    const points = pointsOf(argv);
    assertKinds(points, 'mkdirat', 'clone', 'fchownat', 'verification.json', 'unlinkat');
    for (const { i, at, point, kill } of killedAt(t, argv, points)) {
      kill();
      assertService(at);
      // What is written beside the backup is looked at each time.
      if (i % 3 !== 0 && !FULL && !point.call.includes('verification')) continue;
      assert.match(runJtsHot(host, ['backup', 'verify', 'redis']).stdout, / good\n/, at);
      assertClean(at);
    }
  });

  it('restore leaves all of it in its place, or nothing', (t) => {
    if (!requires(t, ...NEEDS)) return;
    backToStart();
    const argv = jtsHot('backup', 'restore', 'redis', '--to', RESTORED);
    const points = pointsOf(argv);
    const sums = () => sh(`cd ${RESTORED} && find . -type f | sort | xargs sha256sum`);
    const want = sums();
    assert.match(want, /dump\.rdb/);
    assertKinds(points, 'mkdirat', 'clone', 'renameat2', 'unlinkat');
    for (const { at, kill } of killedAt(t, argv, points)) {
      kill();
      const isThere = host.run(['test', '-e', RESTORED]).status === 0;
      if (isThere) assert.equal(sums(), want, at);
      runJtsHot(host, ['backup', 'restore', 'redis', '--to', RESTORED], isThere ? 3 : 0);
      assert.equal(sums(), want, at);
      if (!isThere) assertClean(at);
    }
    assertService('restore');
  });

  it('prune takes away what it was to take away, and nothing else', (t) => {
    if (!requires(t, ...NEEDS)) return;
    backToStart();
    sh(`rm -rf ${DAILY} /var/lib/jts-hot/history`);
    for (const [clock, verb] of [
      ['-5d', 'run'],
      ['-4d', 'verify'],
      ['-3d', 'run'],
      ['-2d', 'run'],
    ] as const) {
      const result = host.run(onClock(clock, 'backup', verb, 'redis'));
      assert.equal(result.status, 0, describe(result));
    }
    // Neither proved nor the newest.
    const [proved = '', second = '', newest = ''] = names();
    const args = ['backup', 'prune', 'redis', '--keep', '1', '--older', '1h', '--delete'];
    keepStart();
    const points = pointsOf(jtsHot(...args));
    assert.deepEqual(names(), [proved, newest]);
    assertKinds(points, 'renameat2', 'unlinkat');
    for (const { at, kill } of killedAt(t, jtsHot(...args), points)) {
      kill();
      const left = names();
      assert.deepEqual(
        left.filter((name) => name !== second),
        [proved, newest],
        at,
      );
      runJtsHot(host, args);
      assert.deepEqual(sh(`ls -A ${DAILY}`).split('\n').filter(Boolean), [proved, newest], at);
    }
  });

  it('restore over live data leaves the old data somewhere always, goes on, and goes back', (t) => {
    if (!requires(t, ...NEEDS)) return;
    backToStart();
    server.write(['later']);
    runInside(host, ['redis-cli', 'save']);
    server.stop();
    const content = (path: string) => sh(`sha256sum < ${path}/dump.rdb`);
    const live = content(DATA);
    sh(`cp -a ${DATA} /var/kept/data`);
    const argv = jtsHot('backup', 'restore', 'redis', '--replace-live');
    const points = pointsOf(argv);
    const restored = content(DATA);
    assert.notEqual(restored, live);
    assertKinds(points, 'renameat2', 'journal', 'unlinkat');
    for (const { i, at, kill } of killedAt(t, argv, points)) {
      sh(`rm -rf ${DATA} && cp -a /var/kept/data ${DATA}`);
      kill();
      const places = sh(`ls -d ${DATA} ${DATA}.before-* 2>/dev/null || :`).split('\n').filter(Boolean);
      const found = places.map(content);
      assert.ok(found.includes(live), `${at}: the old data is in none of ${places.join(' ')}`);
      const wasRecorded = sh('ls /var/lib/jts-hot/journal') !== sh('ls /var/kept/jts-hot/journal');
      if (i % 2 === 0 && wasRecorded) {
        runJtsHot(host, ['rollback', '--yes']);
        assert.equal(content(DATA), live, at);
      } else {
        // The old data is kept under the time.
        if (places.length > 1) sh('sleep 1');
        runJtsHot(host, ['backup', 'restore', 'redis', '--replace-live']);
        assert.equal(content(DATA), restored, at);
        assertClean(at);
        const kept = sh(`ls -d ${DATA}.before-*`).split('\n').filter(Boolean).map(content);
        assert.ok(kept.includes(live), `${at}: the old data is not kept`);
      }
      sh(`rm -rf ${DATA}.before-*`);
    }
  });
});
