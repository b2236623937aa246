// Mounts over starts of a machine, with systemd and udev: with the disks, without one, with one that comes later, with a damaged file
// system. The machine always comes up, and nothing is ever written below a mount point.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { wantedFileSystems } from '../../src/layout/storage.ts';
import { parseLayoutFile } from '../../src/layout-file/layout-file.ts';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { isForFull } from './full.ts';
import { runInside } from './inside.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const BASE = '/data/jts/hot';
const LAYOUT = `base: ${BASE}
services: { kafka: , redis: }
storage:
  device: { serial: BASE1 }
  volumes: { services: { kafka: { filesystem: ext4 } } }
  mount: { deviceTimeout: 40s }
`;
const DISKS = ['BASE1', 'KAFKA1'] as const;
/** It writes where it is told, whatever that is. */
const KAFKA = `[Service]
ExecStart=/bin/sh -c 'echo started >>${BASE}/kafka/log; exec sleep infinity'
[Install]
WantedBy=multi-user.target
`;

const isActive = (machine: Machine, unit: string) =>
  machine.run(['systemctl', 'is-active', unit]).stdout.trim();

/** With nofail a mount may come after the start is over; emulated, a disk takes its time. */
function requireActive(machine: Machine, unit: string, when: string): void {
  const wait = 'for _ in $(seq 90); do systemctl is-active --quiet "$0" && exit; sleep 1; done; exit 1';
  const { status } = machine.run(['sh', '-c', wait, unit]);
  if (status === 0) return;
  const said = machine.run(['journalctl', '-b', '--no-pager', '-u', unit, '-u', 'dev-disk-by*']).stdout;
  assert.fail(`${unit} ${when}: ${said}`);
}

/** A start ends before the units that wait for a disk are done. */
function waitForStart(machine: Machine): void {
  machine.run(['systemctl', 'is-system-running', '--wait'], { timeoutMs: 180_000 });
}

/** What the system disk has in a directory, whatever is mounted over it. */
function below(machine: Machine, path: string): string {
  const script = 'mkdir -p /mnt/below; mount --bind / /mnt/below; ls -A "/mnt/below$0"; umount /mnt/below';
  return mustRun(machine, ['sh', '-euc', script, path]).trim();
}

function requireHeldBack(machine: Machine, when: string): void {
  assert.notEqual(isActive(machine, 'kafka.service'), 'active', when);
  const journal = mustRun(machine, ['journalctl', '-b', '--no-pager', '-o', 'cat']);
  assert.match(journal, /Dependency failed for .*kafka/, when);
  const { status, stderr } = machine.run(['systemctl', 'start', 'kafka.service'], { timeoutMs: 180_000 });
  assert.notEqual(status, 0, when);
  assert.match(stderr, /dependency job for kafka\.service failed/i, when);
}

it('hold over starts of the machine, and nothing is written where a disk is missing', async (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const disks = DISKS.map((serial) => makeDisk({ serial, sizeBytes: 2 ** 34 }));
  const [first, second] = disks;
  assert.ok(first !== undefined && second !== undefined);
  using machine = startMachine({ disks });
  putProduct(machine);
  const [base, kafka] = wantedFileSystems(parseLayoutFile(LAYOUT, 'layout.yaml').layout);
  assert.ok(base !== undefined && kafka !== undefined);
  mustRun(machine, ['mkfs.xfs', '-q', '-m', `uuid=${base.uuid}`, first.path]);
  mustRun(machine, ['mkfs.ext4', '-q', '-U', kafka.uuid, second.path]);
  mustRun(machine, ['sh', '-c', 'mkdir -p /etc/jts-hot; cat >/etc/jts-hot/layout.yaml'], { input: LAYOUT });
  const fstab = mustRun(machine, ['cat', '/etc/fstab']);
  const inside = (what: string) =>
    runInside(machine, 'test/vm/mounts-inside.ts', {
      variables: { LAYOUT, DISKS: DISKS.join(' '), WHAT: what },
    });

  await inside('mount');
  assert.match(mustRun(machine, ['cat', '/etc/fstab']), new RegExp(`^UUID=${kafka.uuid} .*nofail`, 'm'));
  assert.match(
    mustRun(machine, ['systemctl', 'show', '-p', 'After', 'data-jts-hot-kafka.mount']),
    /data-jts-hot\.mount/,
  );
  assert.match(
    mustRun(machine, ['systemctl', 'show', '-p', 'NeedDaemonReload', 'data-jts-hot.mount']),
    /=no/,
  );
  mustRun(machine, ['sh', '-c', 'cat >/etc/systemd/system/kafka.service'], { input: KAFKA });
  mustRun(machine, ['sh', '-euc', 'systemctl daemon-reload; systemctl enable --now kafka.service 2>&1']);
  assert.doesNotMatch(
    mustRun(machine, ['sh', '-c', 'systemd-analyze verify kafka.service 2>&1']),
    /jts-hot-mount/,
  );

  machine.reboot();
  waitForStart(machine);
  requireActive(machine, 'data-jts-hot-kafka.mount', 'after a start');
  requireActive(machine, 'kafka.service', 'with its disks');
  assert.equal(below(machine, BASE), '', 'below the base');

  machine.reboot({ without: [first] });
  waitForStart(machine);
  requireHeldBack(machine, 'without the disk of the base');
  assert.equal(below(machine, BASE), '', 'nothing was written below it');
  const { stdout, stderr } = machine.run([
    'env',
    'NO_COLOR=1',
    'jts-hot',
    '--spec',
    '/etc/jts-hot/layout.yaml',
    'monitor',
  ]);
  assert.match(stdout + stderr, /UNKNOWN|E_NOT_MOUNTED/);
  assert.match(stdout + stderr, /BASE1/);
  const refused = jtsHot(machine, ['--spec', '/etc/jts-hot/layout.yaml', 'repair'], 3);
  assert.match(refused.stderr, /fix: (?:sudo )?jts-hot setup/);

  machine.plug(first);
  mustRun(machine, ['systemctl', 'start', 'kafka.service'], { timeoutMs: 180_000 });
  requireActive(machine, 'kafka.service', 'once its disk has come');
  requireActive(machine, 'data-jts-hot.mount', 'after a start');

  mustRun(machine, ['sh', '-euc', 'systemctl stop kafka.service; umount "$1/kafka"', 'sh', BASE]);
  mustRun(machine, ['debugfs', '-w', '-R', 'clri <2>', second.path]);
  machine.reboot();
  waitForStart(machine);
  requireHeldBack(machine, 'with a damaged file system');
  requireActive(machine, 'data-jts-hot.mount', 'the others are there');
  assert.equal(mustRun(machine, ['ls', '-A', `${BASE}/kafka`]).trim(), '', 'nothing was written below it');

  mustRun(machine, ['mkfs.ext4', '-q', '-F', '-U', kafka.uuid, second.path]);
  mustRun(machine, ['sh', '-euc', 'systemctl reset-failed; mount "$0/kafka"', BASE]);
  await inside('rollback');
  assert.equal(mustRun(machine, ['cat', '/etc/fstab']), fstab);
  assert.equal(machine.run(['ls', '-d', '/data']).status, 2, 'all that was made is gone');
  assert.equal(isActive(machine, 'data-jts-hot.mount'), 'inactive');
});
