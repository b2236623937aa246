// A move of a real Redis on a booted Debian 12 that is killed in each of its phases, stopped, or meets what goes wrong: the service
// is never without its data, what is printed is true, and the same command goes on.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Phase } from '../../src/move/record.ts';
import type { BootedHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { bootWith, HOT, hasAll, killedAt, OLD, onDisk, shell, start, stateOf, type } from './moving.ts';
import { runInside, writeInside } from './server.ts';

const FROM = '/var/lib/redis';
const UNIT = 'redis-server.service';
const DROP_IN = `/etc/systemd/system/${UNIT}.d/test.conf`;
const MOVE = ['move', 'redis', '--from', FROM] as const;

const ask = (host: BootedHost, ...words: readonly string[]) =>
  runInside(host, ['redis-cli', '-e', ...words]).trim();
const answers = (host: BootedHost) =>
  shell(host, 'for i in $(seq 100); do redis-cli -e ping >/dev/null 2>&1 && break; sleep 0.1; done');
const placeOf = (host: BootedHost) => ask(host, 'CONFIG', 'GET', 'dir').split('\n')[1];

function boot(): BootedHost {
  const host = bootWith(
    ['redis-server'],
    [
      { at: HOT, size: '512M' },
      { at: OLD, size: '512M' },
    ],
  );
  onDisk(host, 'redis-server', FROM);
  answers(host);
  ask(host, 'SET', 'kept', 'always');
  return host;
}

/** On the old place again, as if it had never been moved. */
function reset(host: BootedHost): void {
  shell(
    host,
    `systemctl stop ${UNIT}; rm -rf ${HOT}/redis/data/* ${HOT}/redis/.jts-hot-move* /var/lib/jts-hot/moves`,
  );
  host.run(jtsHot('rollback', '--start-empty', 'redis'));
  shell(host, `systemctl daemon-reload; systemctl start ${UNIT}`);
  answers(host);
  assert.equal(placeOf(host), FROM);
}

it('killed in each of its phases, the same command says how it stands, and ends on the hot tier with all data', (t) => {
  if (!hasAll(t)) return;
  using host = boot();
  const rounds: readonly (readonly [Phase, number])[] = [
    ['copying', 0],
    ['stopping', 60],
    ['comparing', 0],
    ['switching', 0],
    ['switching', 150],
    ['starting', 0],
  ];
  const ended: string[] = [];
  for (const [i, [phase, delay]] of rounds.entries()) {
    const at = `${phase} +${delay} ms`;
    ask(host, 'SET', 'round', `${i}`);
    const killed = killedAt(host, 'redis', { phase, delayMs: delay, argv: jtsHot(...MOVE) });
    ended.push(`${at}: ${killed}`);
    const isDown = /^(inactive|failed)/.test(host.run(['systemctl', 'is-active', UNIT]).stdout);
    if (killed === 'SIGKILL' && isDown)
      assert.match(type(host, 0, 'move').stdout, /It is stopped, since 20/, at);
    const isGivenUp = i % 3 === 2 && killed === 'SIGKILL' && phase !== 'starting';
    if (isGivenUp) {
      type(host, 0, 'move', 'redis', '--cancel');
      answers(host);
      assert.deepEqual([placeOf(host), ask(host, 'GET', 'round')], [FROM, `${i}`], at);
      assert.equal(shell(host, `ls -A ${HOT}/redis/data ${FROM}/../redis | grep -c rdb || true`), '1', at);
    }
    const { stdout } = type(host, 0, ...MOVE);
    if (isDown && !isGivenUp) assert.match(stdout, /^redis was stopped since 20/, at);
    answers(host);
    assert.deepEqual(
      [placeOf(host), ask(host, 'GET', 'round'), ask(host, 'GET', 'kept')],
      [`${HOT}/redis/data`, `${i}`, 'always'],
      at,
    );
    assert.equal(stateOf(host, 'redis'), 'running on the hot tier', at);
    assert.equal(shell(host, `ls -A ${HOT}/redis`), 'data\nlogs', at);
    if (i < rounds.length - 1) reset(host);
  }
  t.diagnostic(ended.join('; '));
  assert.ok(ended.filter((one) => one.endsWith('SIGKILL')).length === rounds.length, ended.join());
});

it('moved to another path it gets another name: killed in each phase, given up, or moved back, nothing is lost', (t) => {
  if (!hasAll(t)) return;
  using host = bootWith(['redis-server'], [{ at: HOT, size: '512M' }]);
  runInside(host, ['mkdir', '-p', '/etc/jts']);
  writeInside(host, '/etc/jts/hot-storage.yaml', ['# ours', 'version: 1']);
  runInside(host, jtsHot('config', 'redis', '--install', '--restart'));
  answers(host);
  ask(host, 'SET', 'kept', 'always');
  ask(host, 'SAVE');
  const inode = (path: string) => shell(host, `stat -c %i ${path}`);
  const rounds: readonly (readonly [Phase, number])[] = [
    ['copying', 0],
    ['stopping', 0],
    ['stopping', 60],
    ['switching', 0],
    ['switching', 100],
    ['starting', 0],
  ];
  const ended: string[] = [];
  let path = 'redis';
  for (const [i, [phase, delay]] of rounds.entries()) {
    const at = `${phase} +${delay} ms`;
    const to = `cache/${i}`;
    ask(host, 'SET', 'round', `${i}`);
    const before = inode(`${HOT}/${path}`);
    const MOVE_TO = ['move', 'redis', '--to', to] as const;
    const killed = killedAt(host, 'redis', { phase, delayMs: delay, argv: jtsHot(...MOVE_TO) });
    ended.push(`${at}: ${killed}`);
    const isGivenUp = i % 2 === 1;
    if (isGivenUp) type(host, 0, 'move', 'redis', '--cancel');
    else {
      const { stdout } = type(host, 0, ...MOVE_TO);
      assert.match(stdout, /under another name/, at);
      path = to;
    }
    answers(host);
    assert.deepEqual(
      [placeOf(host), ask(host, 'GET', 'round'), ask(host, 'GET', 'kept'), inode(`${HOT}/${path}`)],
      [`${HOT}/${path}/data`, `${i}`, 'always', before],
      at,
    );
    assert.equal(stateOf(host, 'redis'), 'running on the hot tier', at);
    assert.match(shell(host, 'cat /etc/jts/hot-storage.yaml'), /^# ours\n/);
    if (!isGivenUp) type(host, 0, 'move', 'redis', '--finish');
    assert.equal(shell(host, `find ${HOT} -name '.jts-hot-move*'`), '', at);
  }
  t.diagnostic(ended.join('; '));
  // One that has come to its end goes back without a loss.
  type(host, 0, 'move', 'redis', '--to', 'elsewhere');
  ask(host, 'SET', 'since', 'moved');
  type(host, 0, 'move', 'redis', '--cancel');
  answers(host);
  assert.deepEqual([placeOf(host), ask(host, 'GET', 'since')], [`${HOT}/${path}/data`, 'moved']);
  // And so does one that is not even started.
  shell(host, `systemctl stop ${UNIT}`);
  assert.match(type(host, 0, 'move', 'redis', '--to', 'asleep').stdout, /redis is on the hot tier/);
  shell(host, `systemctl start ${UNIT}`);
  answers(host);
  assert.deepEqual([placeOf(host), ask(host, 'GET', 'since')], [`${HOT}/asleep/data`, 'moved']);
  type(host, 0, 'validate');
});

it('what goes wrong on the way leaves the service on its old place, and is said', (t) => {
  if (!hasAll(t)) return;
  using host = boot();
  const isOnOld = (what: string) =>
    assert.deepEqual([placeOf(host), ask(host, 'GET', 'kept')], [FROM, 'always'], what);

  // A dry run says all phases, and changes nothing.
  const before = shell(
    host,
    `find ${HOT} /var/lib/jts-hot /etc ! -path '*/redis/logs*' -printf '%p %m %T@\\n' | sort | sha256sum`,
  );
  assert.match(type(host, 0, ...MOVE, '--dry-run').stdout, /2 stop +redis-server\.service/);
  assert.equal(
    shell(
      host,
      `find ${HOT} /var/lib/jts-hot /etc ! -path '*/redis/logs*' -printf '%p %m %T@\\n' | sort | sha256sum`,
    ),
    before,
  );

  // Room is looked at first.
  shell(host, `fallocate -l 400M ${HOT}/full; dd if=/dev/zero of=${FROM}/pad bs=1M count=60 2>/dev/null`);
  assert.match(type(host, 3, ...MOVE).stderr, /\[E_NO_ROOM\]/);
  shell(host, `rm ${HOT}/full`);

  // Stopped by a signal while it copies: nothing was touched. A second call beside it is refused.
  start(host, 'moving', `exec ${jtsHot(...MOVE, '--rate', '10MB').join(' ')}`);
  shell(host, 'for i in $(seq 100); do [ -e /var/lib/jts-hot/moves/redis.json ] && break; sleep 0.05; done');
  assert.match(type(host, 3, ...MOVE).stderr, /\[E_LOCKED\]/);
  shell(host, 'systemctl kill --signal=TERM moving; sleep 1');
  isOnOld('a signal');
  assert.match(type(host, 0, 'move').stdout, /redis: not finished, it came to: copying/);

  // The disk fills while it copies.
  start(host, 'filling', `sleep 1; fallocate -l 600M ${HOT}/full || dd if=/dev/zero of=${HOT}/full bs=1M`);
  const full = host.run(jtsHot(...MOVE, '--rate', '10MB'), { timeoutMs: 60_000 });
  assert.equal(full.status, 1, full.stdout + full.stderr);
  assert.match(full.stderr, /no space left|ENOSPC/i);
  isOnOld('a full disk');
  shell(host, `systemctl stop filling 2>/dev/null; rm -f ${HOT}/full`);

  // The old place goes away while it copies: what was copied is switched to by nobody.
  start(host, 'vanishing', `sleep 1; umount -l ${FROM}`);
  const gone = host.run(jtsHot(...MOVE, '--rate', '10MB'), { timeoutMs: 60_000 });
  assert.equal(gone.status, 1, gone.stdout + gone.stderr);
  assert.match(gone.stderr, /\[E_OLD_PLACE\]/);
  assert.equal(ask(host, 'GET', 'kept'), 'always');
  shell(host, `mount --bind /old/var-lib-redis ${FROM}; systemctl restart ${UNIT}`);
  answers(host);
  isOnOld('a source that vanished');

  // One that does not stop in time goes on, and is started again where it was.
  runInside(host, ['mkdir', '-p', DROP_IN.slice(0, DROP_IN.lastIndexOf('/'))]);
  writeInside(host, DROP_IN, ['[Service]', 'ExecStop=+/bin/sleep 4', 'TimeoutStopSec=60']);
  shell(host, 'systemctl daemon-reload');
  const slow = type(host, 1, ...MOVE, '--stop-limit', '1');
  assert.match(slow.stderr, /\[E_NOT_STOPPED\]/);
  assert.match(slow.stderr, /\[W_STOPPING\]/);
  shell(host, 'sleep 3');
  answers(host);
  isOnOld('one that does not stop');

  // One that does not come up there is back, with its settings as before.
  writeInside(host, DROP_IN, [
    '[Service]',
    "ExecStartPre=+/bin/sh -c '! grep -q jts-hot /etc/redis/redis.conf'",
  ]);
  shell(host, 'systemctl daemon-reload');
  const settings = shell(host, 'sha256sum /etc/redis/redis.conf');
  const broken = type(host, 1, ...MOVE);
  assert.match(broken.stderr, /\[E_NOT_UP\]/);
  assert.match(broken.stderr, /\[W_BACK\]/);
  answers(host);
  isOnOld('one that does not come up');
  assert.equal(shell(host, 'sha256sum /etc/redis/redis.conf'), settings);

  shell(host, `rm ${DROP_IN}; systemctl daemon-reload`);
  type(host, 0, ...MOVE);
  answers(host);
  assert.deepEqual([placeOf(host), ask(host, 'GET', 'kept')], [`${HOT}/redis/data`, 'always']);

  // Its old place: only as it was left, with nobody in it, while the service runs on the hot tier.
  start(host, 'reading', `exec sleep 1000 < ${FROM}/dump.rdb`);
  assert.match(type(host, 3, 'move', 'redis', '--finish').stderr, /\[E_IN_USE\]/);
  shell(host, `systemctl stop reading; touch ${FROM}/more`);
  assert.match(type(host, 3, 'move', 'redis', '--finish').stderr, /\[E_CHANGED_SINCE\]/);
  shell(host, `rm ${FROM}/more; systemctl stop ${UNIT}`);
  assert.match(type(host, 3, 'move', 'redis', '--finish').stderr, /\[E_NOT_ON_TIER\]/);
  shell(host, `systemctl start ${UNIT}`);
  type(host, 0, 'move', 'redis', '--finish');
  assert.equal(shell(host, `ls -A ${FROM}`), '');
});
