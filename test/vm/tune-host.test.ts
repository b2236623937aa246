// `tune host` on a kernel of its own with systemd: what it sets holds over a start of the machine, Redis no longer warns of anything
// when it starts, and rollback gives back the values found before.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { kernelPath } from '../../src/port/kernel-value.ts';
import { SETTINGS } from '../../src/tune/host-settings.ts';
import type { HostResult } from '../../src/tune/tune-document.ts';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const FILES = ['/etc/sysctl.d/99-zz-jts-hot.conf', '/etc/tmpfiles.d/00-jts-hot.conf'];

/** As a host that was never tuned. Nothing keeps the clock of this machine right, which MongoDB would ask for. */
const PREPARE = `
  mkdir -p /etc/jts
  printf 'version: 1\\nservices: { mongodb: false }\\n' > /etc/jts/hot-storage.yaml
  sysctl -qw net.core.somaxconn=128
  echo always > /sys/kernel/mm/transparent_hugepage/enabled`;

const paths = SETTINGS.flatMap(({ name, setBy }) => (setBy === 'us' ? (kernelPath(name) ?? []) : []));

function valuesOf(machine: Machine): string {
  return mustRun(machine, ['sh', '-c', `grep -H . ${paths.join(' ')} 2>/dev/null; true`]);
}

function resultOf(machine: Machine, status: number): HostResult {
  return JSON.parse(jtsHot(machine, ['tune', 'host', '-j'], status).stdout).result;
}

/** What it warns of, started with its defaults and its own log on standard output. */
function warningsOfRedis(machine: Machine): readonly string[] {
  // It switches huge pages off for itself; what it says without that is what is asked here.
  const start = "redis-server --port 6399 --save '' --dir /tmp --disable-thp no";
  const script = `${start} >/tmp/redis.log 2>&1 </dev/null & sleep 4; kill $!; wait $! || true; cat /tmp/redis.log`;
  const { stdout } = machine.run(['sh', '-c', script]);
  assert.match(stdout, /Ready to accept connections/);
  return stdout.split('\n').filter((line) => /WARNING/i.test(line) && !/no config file/.test(line));
}

it('holds over a start of the machine, takes Redis its warnings, and is taken back', (t) => {
  if (!requires(t, 'root', 'virtual machine')) return;
  using machine = startMachine({ disks: [makeDisk({ serial: 'TUNEHOST1', sizeBytes: 2 ** 32 })] });
  putProduct(machine);
  mustRun(machine, ['sh', '-euc', PREPARE]);
  const before = valuesOf(machine);
  const warned = warningsOfRedis(machine);
  assert.ok(warned.length >= 2, warned.join('\n'));
  t.diagnostic(`before: ${warned.length} warnings of Redis`);

  const first = resultOf(machine, 1);
  assert.ok(first.steps.length > 0);
  jtsHot(machine, ['tune', 'host', '--apply']);
  const tuned = valuesOf(machine);
  assert.notEqual(tuned, before);
  assert.deepEqual(warningsOfRedis(machine), []);

  machine.reboot();
  // That of packages and of the kernel may be more than was found then.
  const after = resultOf(machine, 0);
  assert.deepEqual(after.steps, []);
  for (const row of after.rows.filter(({ isSetByUs }) => isSetByUs))
    assert.ok(row.isNow && row.isForGood, row.setting);
  assert.deepEqual(warningsOfRedis(machine), []);

  jtsHot(machine, ['rollback', '--yes']);
  for (const file of FILES) assert.equal(machine.run(['test', '-e', file]).status, 1, file);
  // What was set only until the next start is by then as the kernel has it: that is left.
  assert.equal(valuesOf(machine), before.replace('somaxconn:128', 'somaxconn:4096'));
});

const AT = '/data/jts/hot';
const RULE = '/etc/udev/rules.d/99-jts-hot-readahead-AHEAD1.rules';

it('the readahead of an NVMe disk: set, set again by udev, and taken back', (t) => {
  if (!requires(t, 'root', 'virtual machine')) return;
  const disk = makeDisk({ serial: 'AHEAD1', sizeBytes: 2 ** 32 });
  using machine = startMachine({ disks: [disk] });
  putProduct(machine);
  const layout = `version: 1\\nservices: { ${['postgresql', 'clickhouse', 'kafka', 'redis', 'docker', 'backup'].map((one) => `${one}: false`).join(', ')} }\\n`;
  mustRun(machine, [
    'sh',
    '-euc',
    `mkdir -p /etc/jts ${AT}; printf '${layout}' > /etc/jts/hot-storage.yaml; mkfs.ext4 -q ${disk.path}; mount ${disk.path} ${AT}`,
  ]);
  const queue = `/sys/block/$(basename $(readlink -f ${disk.path}))/queue/read_ahead_kb`;
  const kib = () => mustRun(machine, ['sh', '-c', `cat ${queue}`]).trim();
  assert.equal(kib(), '128');
  // The clock of this machine is kept by nothing.
  assert.match(jtsHot(machine, ['tune', 'host', '--apply'], 1).stderr, /setting clock/);
  assert.equal(kib(), '16');
  assert.match(mustRun(machine, ['cat', RULE]), /ATTRS\{serial\}=="AHEAD1"/);
  mustRun(machine, [
    'sh',
    '-c',
    `echo 128 > ${queue}; udevadm control --reload; udevadm trigger --settle --action=change ${disk.path}`,
  ]);
  assert.equal(kib(), '16');
  jtsHot(machine, ['rollback', '--yes']);
  assert.equal(kib(), '128');
  assert.equal(machine.run(['test', '-e', RULE]).status, 1);
});
