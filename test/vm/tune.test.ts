// `tune disk` and `trim` on an NVMe disk, with udev and a systemd that makes a unit of each line of fstab: all of it holds over a
// start of the machine, the disk really gives back what was deleted, and rollback takes all back.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const AT = '/data/jts/hot';
const RULE = '/etc/udev/rules.d/99-jts-hot-scheduler-TUNE1.rules';
/** As distributions that choose a scheduler do. */
const OTHERS_RULE = 'ACTION=="add|change", KERNEL=="nvme*", ATTR{queue/scheduler}="mq-deadline"';

const SET_UP = `
  echo '${OTHERS_RULE}' > /etc/udev/rules.d/60-test.rules
  udevadm control --reload
  mkfs.ext4 -q "$1" && mkdir -p ${AT}
  echo "UUID=$(blkid -p -s UUID -o value "$1")  ${AT}  ext4  defaults,nofail  0  2" >> /etc/fstab
  systemctl daemon-reload && systemctl start data-jts-hot.mount
  systemctl disable --now --quiet fstrim.timer
  udevadm trigger --settle --action=change "$1"`;

interface State {
  readonly scheduler: string;
  readonly options: readonly string[];
  readonly timer: readonly string[];
}

function stateOf(machine: Machine, path: string): State {
  const read = (script: string) => machine.run(['sh', '-c', script, 'sh', path]).stdout.trim();
  return {
    scheduler: read('cat /sys/block/$(basename $(readlink -f "$1"))/queue/scheduler'),
    options: read(`findmnt -no OPTIONS ${AT}`).split(','),
    timer: ['is-enabled', 'is-active'].map((ask) => read(`systemctl ${ask} fstrim.timer`)),
  };
}

function requireTuned(machine: Machine, path: string): void {
  const { scheduler, options, timer } = stateOf(machine, path);
  assert.match(scheduler, /\[none\]/);
  assert.ok(options.includes('noatime'), options.join());
  assert.deepEqual(timer, ['enabled', 'active']);
  jtsHot(machine, ['tune', 'disk', '--check']);
}

it('an NVMe disk of fstab: tuned, over a start of the machine, trimmed, and back', (t) => {
  if (!requires(t, 'root', 'virtual machine')) return;
  const disk = makeDisk({ serial: 'TUNE1', sizeBytes: 2 ** 36 });
  using machine = startMachine({ disks: [disk] });
  putProduct(machine);
  mustRun(machine, ['sh', '-euc', SET_UP, 'sh', disk.path]);
  const before = stateOf(machine, disk.path);
  assert.match(before.scheduler, /\[mq-deadline\]/);
  const fstab = mustRun(machine, ['cat', '/etc/fstab']);

  jtsHot(machine, ['tune', 'disk'], 1);
  jtsHot(machine, ['tune', 'disk', '--apply']);
  requireTuned(machine, disk.path);
  assert.match(mustRun(machine, ['cat', RULE]), /ATTRS\{serial\}=="TUNE1"/);
  assert.match(
    mustRun(machine, ['systemctl', 'show', '--property=NeedDaemonReload', 'data-jts-hot.mount']),
    /=no/,
    'systemd has read fstab anew',
  );
  mustRun(machine, ['udevadm', 'trigger', '--settle', '--action=change', disk.path]);
  requireTuned(machine, disk.path);

  mustRun(machine, [
    'sh',
    '-euc',
    `head -c 300M /dev/urandom > ${AT}/file; sync; rm ${AT}/file; sync -f ${AT}`,
  ]);
  const used = disk.usedBytes();
  assert.ok(used > 300e6, `${used}`);
  t.diagnostic(jtsHot(machine, ['trim']).stdout.trim());
  assert.ok(disk.usedBytes() < used - 290e6, `${used} -> ${disk.usedBytes()}`);

  machine.reboot();
  requireTuned(machine, disk.path);
  jtsHot(machine, ['rollback', '--yes']);
  assert.equal(mustRun(machine, ['cat', '/etc/fstab']), fstab);
  assert.deepEqual(machine.run(['ls', RULE]).status, 2);
  const after = stateOf(machine, disk.path);
  assert.match(after.scheduler, /\[mq-deadline\]/);
  assert.ok(after.options.includes('relatime'), after.options.join());
  assert.equal(after.timer[1], 'inactive');
});
