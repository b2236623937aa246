// Kills `tune disk --apply` with SIGKILL before state-changing system calls of its own, once for each operation and system call (with
// CRASH=full before each): the same command completes it, and rollback gives back fstab, the mount and the scheduler.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { distinct, type KillPoint, killPoints, runKilled } from './crash.ts';
import { chosen } from './crash-matrix.ts';
import { forgetRecord, jtsHot, runJtsHot } from './product.ts';
import { AT, NEEDS, startTunedHost, tracesOf, tuneDisk } from './tuned-host.ts';

const APPLY = jtsHot('tune', 'disk', '--apply');

it('killed at system calls of every kind of applying: it completes, and rollback gives all back', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using on = startTunedHost({
    format: 'ext4',
    fstab: ({ uuid }) => `UUID=${uuid} ${AT} ext4 defaults 0 2\n`,
  });
  const queue = `/sys/block/${on.name}/queue/scheduler`;
  const untuned = () => writeFileSync(queue, 'mq-deadline');
  const was = on.fstab();
  const requireAsNew = (at: string) => {
    assert.equal(on.fstab(), was, at);
    assert.ok(on.options().includes('relatime'), at);
    assert.match(readFileSync(queue, 'utf8'), /\[mq-deadline\]/, at);
    assert.deepEqual(tracesOf(on), ['changed /etc/fstab'], at);
    forgetRecord(on.host);
  };
  untuned();
  // What is only tried out has another name each time, or none, and is below /run.
  const isTried = ({ path, call }: KillPoint) => /jts-hot-trial-|\/run\/#\d/.test(path ?? call);
  const all = killPoints(on.host, APPLY).points.filter((point) => !isTried(point));
  const points = chosen(distinct(all, ['getent', 'findmnt', 'setpriv']));
  runJtsHot(on.host, ['rollback', '--yes']);
  requireAsNew('whole');
  const calls = points.map(({ syscall }) => syscall);
  for (const call of ['renameat2', 'write', 'clone'])
    assert.ok(calls.includes(call), `no ${call} in ${calls.join()}`);
  for (const point of points) {
    const at = point.call.slice(0, 200);
    runKilled(on.host, APPLY, point);
    // The program that it had started may go on without it.
    on.sh('while pgrep -x mount >/dev/null; do sleep 0.05; done');
    const { isRight, codes } = tuneDisk(on, '--apply');
    assert.ok(isRight, `${at}: ${codes.join()}`);
    runJtsHot(on.host, ['rollback', '--yes']);
    requireAsNew(at);
  }
  t.diagnostic(`${points.length} points`);
});
