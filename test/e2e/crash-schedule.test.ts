// Kills the installation of a schedule, and its rollback, with SIGKILL before state-changing system calls of its own: of
// copying the program, of making, replacing and removing a file, and of switching a unit off; once for each operation and
// system call, with CRASH=full at every one. From wherever that leaves the host, the same
// command completes, and rollback leaves no trace: names, owners, modes and contents of the whole root.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type KillPoint, runKilled } from './crash.ts';
import { chosen, forEachPoint, NEEDS, pointsOf } from './crash-matrix.ts';
import { jtsHot, runJtsHot } from './product.ts';
import type { HostOptions, ThrowawayHost } from './throwaway-host.ts';

const PROGRAMS = '/usr/local/libexec/jts-hot';
const [NODE = '', PROGRAM = ''] = jtsHot();

/** What installing a cron table has to change, but for the table; no complete program. */
const WITHOUT_PROGRAM = `
  mkdir -p /etc/cron.d /etc/logrotate.d /etc/systemd/system/timers.target.wants
  rm -f /etc/cron.d/jts-hot
  echo '# edited' > /etc/logrotate.d/jts-hot
  chmod 600 /etc/logrotate.d/jts-hot
  cd /etc/systemd/system
  printf '[Timer]\\nOnCalendar=daily\\n[Install]\\nWantedBy=timers.target\\n' > jts-hot-record.timer
  ln -s /etc/systemd/system/jts-hot-record.timer timers.target.wants/`;

/** With the program, which is large: it is installed at each point of its own test only. */
const START: HostOptions = {
  prepare: `
    mount -t proc proc /proc
    if [ -e '${PROGRAM}' ]; then
      mkdir -p /etc/cron.d /etc/logrotate.d
      rm -f /etc/cron.d/jts-hot /etc/logrotate.d/jts-hot
      '${NODE}' '${PROGRAM}' schedule --cron --install > /dev/null
      rm -r /var/lib/jts-hot
    fi
    umount /proc
    ${WITHOUT_PROGRAM}`,
};
const INSTALL = ['schedule', '--cron', '--install', '--replace'] as const;

const install = (host: ThrowawayHost) => {
  runJtsHot(host, INSTALL);
};

/** Nothing is left to do, and nothing stands aside. */
function requireInstalled(host: ThrowawayHost): void {
  assert.match(runJtsHot(host, INSTALL).stdout, /Nothing to do/);
  const { stdout } = host.run(['sh', '-c', 'ls -A /etc/cron.d /etc/logrotate.d /etc/systemd/system']);
  assert.doesNotMatch(stdout, /~/);
  assert.doesNotMatch(stdout, /jts-hot-record/);
}

it('killed at system calls of every kind of installing: it completes and is rolled back, or is rolled back at once', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const points = chosen(pointsOf(START, INSTALL));
  const kinds = new Set(points.map(({ syscall, program }) => `${syscall} ${program ?? ''}`.trim()));
  for (const kind of ['renameat2', 'unlinkat', 'fchownat', 'chmod', 'write', 'clone /usr/bin/systemctl'])
    assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds].join(', ')}`);
  let n = 0;
  forEachPoint(t, START, points, (host, point) => {
    runKilled(host, jtsHot(...INSTALL), point);
    // Which of the two changes from point to point: src/schedule/schedule-command.test.ts does both everywhere, in memory.
    n += 1;
    if (n % 2 === 0) {
      install(host);
      requireInstalled(host);
    }
    runJtsHot(host, ['rollback']);
  });
});

it('killed at system calls of its rollback: rollback again leaves no trace', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  forEachPoint(t, START, chosen(pointsOf(START, ['rollback'], install)), (host, point) => {
    install(host);
    runKilled(host, jtsHot('rollback'), point);
    runJtsHot(host, ['rollback']);
  });
});

/** A program in the making, or the link to it. */
const ASIDE = /\.(current|\d+\.\d+\.\d+-[0-9a-f]{16})\.jts-hot~/;

/** Of the hundred files of a program each is made and removed in the same way, and none is there before all are. */
function programPoints(
  options: HostOptions,
  args: readonly string[],
  before?: (host: ThrowawayHost) => void,
) {
  const points = pointsOf(options, args, before).filter(({ path, call }) => ASIDE.test(path ?? call));
  const isPart = ({ path, call }: KillPoint) => /\.jts-hot~\//.test(path ?? call);
  const parts = points.filter(isPart);
  const one = [parts.find(({ syscall }) => syscall === 'openat') ?? parts[0], parts.at(-1)];
  return chosen(points.filter((point) => !isPart(point) || one.includes(point)));
}

it('killed while a program is copied, switched to or removed: it is whole, or not there', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const bare: HostOptions = { prepare: `rm -rf ${PROGRAMS}; ${WITHOUT_PROGRAM}` };
  const installing = programPoints(bare, INSTALL);
  const calls = installing.map(({ syscall }) => syscall);
  for (const kind of ['mkdir', 'openat', 'symlink', 'renameat2'])
    assert.ok(calls.includes(kind), `no ${kind} in ${calls.join(', ')}`);
  forEachPoint(t, bare, installing, (host, point) => {
    runKilled(host, jtsHot(...INSTALL), point);
    install(host);
    const { stdout } = host.run(['sh', '-c', `ls -A ${PROGRAMS}; ${PROGRAMS}/current/bin/jts-hot --version`]);
    assert.match(stdout, /^(\S+)-[0-9a-f]{16}\ncurrent\n\1\n$/);
    runJtsHot(host, ['rollback']);
  });
  forEachPoint(t, bare, programPoints(bare, ['rollback'], install), (host, point) => {
    install(host);
    runKilled(host, jtsHot('rollback'), point);
    runJtsHot(host, ['rollback']);
  });
});
