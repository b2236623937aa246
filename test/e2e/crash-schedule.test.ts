// Kills the installation of a schedule, and its rollback, with SIGKILL before state-changing system calls of its own: of
// copying the program, of making, replacing and removing a file, and of switching a unit off; once for each operation and
// system call, with CRASH=full at every one. From wherever that leaves the host, the same
// command completes, and rollback leaves no trace: names, owners, modes and contents of the whole root.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { type KillPoint, runKilled } from './crash.ts';
import { chosen, forEachPoint, NEEDS, pointsOf, requireAsNew } from './crash-matrix.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
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

/** The installed program, which has itself to look at and not a second one of a hundred million bytes. */
function own(...args: readonly string[]): readonly string[] {
  return [`${PROGRAMS}/current/bin/node`, `${PROGRAMS}/current/dist/jts-hot.js`, ...args];
}

function runOwn(host: ThrowawayHost, args: readonly string[]): string {
  const result = host.run(own(...args));
  assert.equal(result.status, 0, `${args.join(' ')}: ${describe(result)}`);
  return result.stdout;
}

/** Nothing is left to do, and nothing stands aside. */
function requireInstalled(host: ThrowawayHost): void {
  assert.match(runOwn(host, INSTALL), /Nothing to do/);
  const { stdout } = host.run(['sh', '-c', 'ls -A /etc/cron.d /etc/logrotate.d /etc/systemd/system']);
  assert.doesNotMatch(stdout, /~/);
  assert.doesNotMatch(stdout, /jts-hot-record/);
}

it('killed at system calls of every kind of installing: it completes and is rolled back, or is rolled back at once', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const points = chosen(pointsOf(START, own(...INSTALL)));
  const kinds = new Set(points.map(({ syscall, program }) => `${syscall} ${program ?? ''}`.trim()));
  for (const kind of ['renameat2', 'unlinkat', 'fchownat', 'chmod', 'write', 'clone /usr/bin/systemctl'])
    assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds].join(', ')}`);
  forEachPoint(t, START, points, (host, point, ways) => {
    for (const way of ways) {
      runKilled(host, own(...INSTALL), point);
      if (way === 'on') {
        runOwn(host, INSTALL);
        requireInstalled(host);
      }
      runOwn(host, ['rollback']);
      requireAsNew(host);
    }
  });
});

it('killed at system calls of its rollback: rollback again leaves no trace', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const installOwn = (host: ThrowawayHost) => void runOwn(host, INSTALL);
  forEachPoint(t, START, chosen(pointsOf(START, own('rollback'), installOwn)), (host, point) => {
    installOwn(host);
    runKilled(host, own('rollback'), point);
    runOwn(host, ['rollback']);
  });
});

/** A program in the making, or the link to it. */
const ASIDE = /\.(current|\d+\.\d+\.\d+-[0-9a-f]{16})\.jts-hot~/;

/** Of the hundred files of a program each is made and removed in the same way, and none is there before all are. */
function programPoints(
  options: HostOptions,
  argv: readonly string[],
  before?: (host: ThrowawayHost) => void,
) {
  const points = pointsOf(options, argv, before).filter(({ path, call }) => ASIDE.test(path ?? call));
  const isPart = ({ path, call }: KillPoint) => /\.jts-hot~\//.test(path ?? call);
  const parts = points.filter(isPart);
  const one = [parts.find(({ syscall }) => syscall === 'openat') ?? parts[0], parts.at(-1)];
  return chosen(points.filter((point) => !isPart(point) || one.includes(point)));
}

it('killed while a program is copied, switched to or removed: it is whole, or not there', (t) => {
  if (!requires(t, ...NEEDS, 'systemctl')) return;
  const bare: HostOptions = { prepare: `rm -rf ${PROGRAMS}; ${WITHOUT_PROGRAM}` };
  const installing = programPoints(bare, jtsHot(...INSTALL));
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
  forEachPoint(t, bare, programPoints(bare, jtsHot('rollback'), install), (host, point) => {
    install(host);
    runKilled(host, jtsHot('rollback'), point);
    runJtsHot(host, ['rollback']);
  });
});
