// `logs` on a real host: killed at every kind of system call, what is read of logrotate's files held to logrotate itself, and a
// host that is broken, read-only or without logrotate.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseLogrotate } from '../../src/maintain/logrotate-files.ts';
import { logrotateText } from '../../src/maintain/logrotate-text.ts';
import { requires } from '../requirement.ts';
import { runKilled } from './crash.ts';
import { chosen, NEEDS, pointsOf } from './crash-matrix.ts';
import { describe, forgetRecord, jtsHot, runJtsHot, traces } from './product.ts';
import { type HostOptions, startHost, type ThrowawayHost } from './throwaway-host.ts';

const HOT = '/data/jts/hot';

/** A Redis and a Docker that are configured, and a Kafka of version 3: a file is made, one is replaced, lines are changed. */
const START: HostOptions = {
  disks: [{ at: HOT, size: '400m' }],
  prepare: `
    getent passwd redis > /dev/null || useradd --system --user-group redis
    mkdir -p ${HOT}/redis/logs ${HOT}/kafka/logs ${HOT}/docker/containers /etc/redis /opt/kafka/config /etc/docker /etc/logrotate.d
    printf 'dir ${HOT}/redis/data\\nlogfile ${HOT}/redis/logs/redis-server.log\\n' > /etc/redis/redis.conf
    printf 'log.dirs=/tmp/k\\n' > /opt/kafka/config/server.properties
    printf 'log4j.appender.a=org.apache.log4j.DailyRollingFileAppender\\nlog4j.appender.a.File=/x\\n' > /opt/kafka/config/log4j.properties
    chmod 640 /opt/kafka/config/log4j.properties
    printf '{ "data-root": "${HOT}/docker" }' > /etc/docker/daemon.json
    printf 'include /etc/logrotate.d\\n' > /etc/logrotate.conf
    printf '# mine\\n' > /etc/logrotate.d/jts-hot-redis`,
};
const INSTALL = ['logs', '--install', '--replace'] as const;

it('killed at system calls of every kind: it completes and is rolled back, or is rolled back at once', (t) => {
  if (!requires(t, ...NEEDS)) return;
  // The directory of a trial is called otherwise each time; the next one removes what is left of it.
  const isOfTrial = ({ call }: { readonly call: string }) => call.includes('/run/jts-hot-trial-');
  const points = chosen(pointsOf(START, jtsHot(...INSTALL)).filter((point) => !isOfTrial(point)));
  const kinds = new Set(points.map(({ syscall }) => syscall));
  for (const kind of ['renameat2', 'fchownat', 'chmod', 'write'])
    assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds].join(', ')}`);
  using host = startHost(START);
  for (const [index, point] of points.entries()) {
    runKilled(host, jtsHot(...INSTALL), point);
    if (index % 2 === 0) {
      runJtsHot(host, INSTALL);
      assert.match(runJtsHot(host, INSTALL).stdout, /^Nothing to do: the logs are rotated already/);
    }
    // Nothing was begun yet where it was killed early.
    host.run(jtsHot('rollback'));
    requireSame(host);
  }
  t.diagnostic(`${points.length} points`);
});

/** Files that were given back are written anew. */
function requireSame(host: ThrowawayHost): void {
  const left = traces(host).filter(
    (one) => !/^rewritten \/(etc|opt)\//.test(one) && !one.startsWith('created /run/jts-hot-trial-'),
  );
  assert.deepEqual(left, []);
  forgetRecord(host);
}

/** What it would rotate. */
function rotatedBy(host: ThrowawayHost, file: string): readonly string[] {
  const { stderr } = host.run(['logrotate', '-d', '-s', '/run/none', file]);
  return [
    ...stderr.matchAll(/^rotating pattern: ((?:.|\n)*?)\s{1,3}(?:\d+ bytes|after|hourly|weekly|monthly)/gm),
  ].map(([, pattern = '']) => pattern);
}

it('files of logrotate are read as logrotate reads them', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({});
  for (const text of [
    '/var/log/a.log { weekly\n}\n',
    'weekly\nsize=5M\n/var/log/a /var/log/b {\n rotate 3\n}\n"/var/log/with blank" {\n daily\n}\n',
    "/var/log/a\n'/var/log/b'\n{\n missingok\n}\n",
    '/var/log/a {\n postrotate\n  echo } { /var/log/no\n endscript\n rotate 2\n}\n/var/log/b { }\n',
    '# /var/log/no { }\n/var/log/a{\nrotate 1\n}\n',
    '/var/log/a {\r\n weekly\r\n rotate 2\r\n}\r\n/var/log/b {\r\n}\r\n',
    '/var/log/*.log /var/log/[ab]? { rotate 5\n}\n',
  ]) {
    host.run(['sh', '-c', 'cat > /run/one && chmod 644 /run/one'], { input: text });
    const ours = parseLogrotate(text, '/run/one').entries.map(({ pattern }) => pattern);
    const theirs = rotatedBy(host, '/run/one').flatMap((line) =>
      line.split(/\s+(?=["'/])/).map((one) => one.trim().replace(/^["']|["']$/g, '')),
    );
    assert.deepEqual(ours, theirs, text);
  }
});

it('what ours has run after a rotation runs as root, though the rotation itself does not', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost(START);
  const [log, file] = [`${HOT}/redis/logs/redis-server.log`, '/run/with-signal'];
  const by = { comment: 'with a signal', signal: 'USR1' } as const;
  const text = logrotateText({ log, user: 'redis', group: 'redis', unit: 'mongod.service' }, by);
  assert.match(text, / {8}systemctl kill --signal=USR1 mongod\.service\n/);
  const asking = text.replace(/systemctl kill .*/, 'id -u > /run/was-run');
  const script = `mkdir -p ${HOT}/redis/logs && chown -R redis:redis ${HOT}/redis && echo line > ${log} && chown redis ${log}
    cat > ${file} && chmod 644 ${file} && logrotate -v -f -s /run/state ${file}`;
  const { status, stderr } = host.run(['sh', '-c', script], { input: asking });
  assert.equal(status, 0, stderr);
  assert.equal(host.run(['cat', '/run/was-run']).stdout, '0\n', stderr);
  const renamed = host.run(['sh', '-c', `stat -c %U ${log}-*`]).stdout;
  assert.equal(renamed, 'redis\n');
});

it('the files of this machine’s packages are read without a complaint', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ prepare: `mkdir -p ${HOT}/redis/logs` });
  const { stdout, stderr } = runJtsHot(host, ['logs', '--json']);
  assert.deepEqual(JSON.parse(stdout).problems, [], stderr);
});

it('broken, huge and odd files of logrotate are named, and ours is installed all the same', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({
    ...START,
    prepare: `${START.prepare}
      rm /etc/logrotate.d/jts-hot-redis
      head -c 10M /dev/zero | tr '\\0' 'x' > /etc/logrotate.d/huge
      printf '/var/log/x {\\n' > /etc/logrotate.d/broken
      printf '/var/log/crlf {\\r\\n weekly\\r\\n}\\r\\n' > /etc/logrotate.d/crlf
      printf 'include /etc/logrotate.d/loop\\n' > /etc/logrotate.d/loop
      mkfifo /etc/logrotate.d/fifo
      head -c 1000 /dev/urandom > /etc/logrotate.d/noise`,
  });
  const { stdout } = runJtsHot(host, ['logs', '--json'], 0, { timeoutMs: 20_000 });
  const found = (JSON.parse(stdout).problems as readonly { at: string; code: string }[]).map(({ at }) => at);
  for (const name of ['huge', 'broken:1', 'crlf:1', 'fifo'])
    assert.ok(found.includes(`/etc/logrotate.d/${name}`), `${name} is not among ${found.join(' ')}`);
  assert.ok(!found.some((at) => at.includes('loop')));
  runJtsHot(host, ['logs', 'redis', '--install']);
  assert.match(runJtsHot(host, ['logs', 'redis']).stdout, /jts-hot-redis:4/);
});

it('a read-only /etc, and a host without logrotate, are refused or fail with nothing changed', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost(START);
  host.run(['sh', '-c', 'mount --bind /etc /etc && mount -o remount,bind,ro /etc']);
  const failed = host.run(jtsHot(...INSTALL));
  assert.equal(failed.status, 1, describe(failed));
  assert.match(failed.stderr, /EROFS|read-only/i);
  assert.doesNotMatch(failed.stderr, /E_UNEXPECTED/);
  host.run(['umount', '/etc']);
  runJtsHot(host, ['rollback']);
  requireSame(host);
  host.run(['sh', '-c', 'for p in $(which -a logrotate); do mount --bind /dev/null "$p"; done']);
  const without = host.run(jtsHot('logs', 'redis', '--install', '--replace'));
  assert.equal(without.status, 3, describe(without));
  assert.match(without.stderr, /E_NO_LOGROTATE|E_LOGROTATE_REFUSED/);
});
