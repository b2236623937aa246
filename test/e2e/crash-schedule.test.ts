// Kills the installation of a schedule, and its rollback, with SIGKILL before state-changing system calls of its own: of
// copying the program, of making, replacing and removing a file, and of switching a unit off. From wherever that leaves the host, the same
// command completes, and rollback leaves no trace: names, owners, modes and contents of the whole root.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type KillPoint, runKilled } from './crash.ts';
import { forEachPoint, NEEDS, pointsOf } from './crash-matrix.ts';
import { jtsHot, runJtsHot } from './product.ts';
import type { HostOptions, ThrowawayHost } from './throwaway-host.ts';

/** Everything is there that installing a cron table has to change, but for the table. */
const START: HostOptions = {
  prepare: `
    mkdir -p /etc/cron.d /etc/logrotate.d /etc/systemd/system/timers.target.wants
    rm -f /etc/cron.d/jts-hot
    echo '# edited' > /etc/logrotate.d/jts-hot
    chmod 600 /etc/logrotate.d/jts-hot
    cd /etc/systemd/system
    printf '[Timer]\\nOnCalendar=daily\\n[Install]\\nWantedBy=timers.target\\n' > jts-hot-record.timer
    ln -s /etc/systemd/system/jts-hot-record.timer timers.target.wants/`,
};
const INSTALL = ['schedule', '--cron', '--install', '--replace'] as const;

const install = (host: ThrowawayHost) => {
  runJtsHot(host, INSTALL);
};

/** A program is a hundred files, each made and removed in the same way, and none is there before all are. */
function someOf(points: readonly KillPoint[]): readonly KillPoint[] {
  const isPart = ({ call, path }: KillPoint) => /\.jts-hot~\//.test(path ?? call);
  return points.filter((point, i) => !isPart(point) || i % 16 === 0);
}

/** Nothing is left to do, and nothing stands aside. */
function requireInstalled(host: ThrowawayHost): void {
  assert.match(runJtsHot(host, INSTALL).stdout, /Nothing to do/);
  const { stdout } = host.run(['sh', '-c', 'ls -A /etc/cron.d /etc/logrotate.d /etc/systemd/system']);
  assert.doesNotMatch(stdout, /~/);
  assert.doesNotMatch(stdout, /jts-hot-record/);
}

it('killed at any system call of installing: it completes and is rolled back, or is rolled back at once', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const points = someOf(pointsOf(START, INSTALL));
  const kinds = new Set(points.map((point) => `${point.syscall} ${point.program ?? ''}`.trim()));
  for (const kind of [
    ...['renameat2', 'unlinkat', 'fchownat', 'chmod', 'write', 'symlink', 'mkdir', 'openat'],
    'clone /usr/bin/systemctl',
  ])
    assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds].join(', ')}`);
  let n = 0;
  forEachPoint(t, START, points, (host, point) => {
    runKilled(host, jtsHot(...INSTALL), point);
    // Which of the two changes from point to point: src/commands/schedule.test.ts does both everywhere, in memory.
    n += 1;
    if (n % 2 === 0) {
      install(host);
      requireInstalled(host);
    }
    runJtsHot(host, ['rollback']);
  });
});

it('killed at any system call of its rollback: rollback again leaves no trace', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const points = someOf(pointsOf(START, ['rollback'], install)).filter((_, i) => i % 2 === 0);
  forEachPoint(t, START, points, (host, point) => {
    install(host);
    runKilled(host, jtsHot('rollback'), point);
    runJtsHot(host, ['rollback']);
  });
});
