// `setup --rehearse` on real file systems behind loop devices: what it finds, and that nothing of the host is another one afterwards,
// however it ends. Volumes need a device mapper: test/vm/rehearse.test.ts.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { RehearsalResult } from '../../src/setup/rehearsal-document.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const LAYOUT = `
services:
  kafka: { planned: 100GB }
  postgresql: { planned: 20GB }
  clickhouse: false
  mongodb: false
  docker: false
  backup: false
`;

/** Refused after a trial. */
const BAD = '  mount: { options: [nosuchoption] }\n';
const VOLUMES = '  volumes: { services: all }\n';
const storage = (type: string, more = '') =>
  `${LAYOUT}storage:\n  device: { serial: HOT1 }\n  filesystem: ${type}\n${more}`;

/** A loop device of its own number space: those of the machine are there. */
const NODES = `
mknod /dev/loop-control c 10 237
for i in $(seq 0 255); do mknod /dev/loop$i b 7 $i; done
`;

function hostWith(
  t: TestContext,
  layout: string,
  ...more: readonly ['XFS and mkfs.xfs'] | []
): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'loop device', ...more))
    return null;
  const host = startHost({ freshAccounts: true });
  inside(host, `${NODES}mkdir -p /etc/jts; cat >/etc/jts/hot-storage.yaml <<'END'\n${layout}\nEND`);
  return host;
}

function inside(host: ThrowawayHost, script: string): string {
  const result = host.run(['sh', '-ec', script]);
  assert.equal(result.status, 0, `${script}: ${describe(result)}`);
  return result.stdout;
}

function loopsOf(host: ThrowawayHost): string {
  return inside(
    host,
    "grep -l '^/var/tmp/#.*deleted' /sys/block/loop*/loop/backing_file 2>/dev/null || true",
  );
}

/** Of the host all that it could have changed: its files, mounts, processes, and loop devices that show a file without a name. */
function stateOf(host: ThrowawayHost): object {
  return {
    changes: host.changes(),
    mounts: inside(host, 'cut -d" " -f4- /proc/self/mountinfo'),
    loops: loopsOf(host),
    processes: inside(
      host,
      `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^[-]-rehearse$' || true`,
    ),
    accounts: inside(host, 'getent passwd; getent group'),
  };
}

function rehearse(host: ThrowawayHost, status: number, ...args: readonly string[]): RehearsalResult {
  const { stdout } = runJtsHot(host, ['setup', '--rehearse', '-j', ...args], status);
  return JSON.parse(stdout).result as RehearsalResult;
}

const held = ({ parts }: RehearsalResult) => parts.map(({ part, held: is }) => [part, is]);
const ALL_HELD = ['plan', 'setup', 'validate', 'setup again', 'rollback', 'plan again', 'taken away'].map(
  (part) => [part, true],
);

for (const [type, ...needs] of [['xfs', 'XFS and mkfs.xfs'], ['ext4']] as const)
  it(`the whole way on one ${type} file system of 4 TB, and nothing of it stays`, (t) => {
    using host = hostWith(
      t,
      storage(type, type === 'ext4' ? VOLUMES : ''),
      ...(needs as readonly ['XFS and mkfs.xfs'] | []),
    );
    if (host === null) return;
    const before = stateOf(host);
    const result = rehearse(host, 0);
    assert.deepEqual(held(result), ALL_HELD);
    assert.deepEqual(result.disk, { called: 'disk HOT1', sizeBytes: 4e12, sectorBytes: 512 });
    const steps = new Map(result.parts.map(({ part, steps: count }) => [part, count]));
    assert.ok((steps.get('setup') ?? 0) > 25);
    assert.equal(steps.get('plan'), steps.get('setup'));
    assert.equal(steps.get('rollback'), steps.get('setup'));
    const told = result.notRehearsed.map(({ what }) => what);
    // This host has no device mapper: that is told, and the rest is rehearsed.
    const volumes = type === 'ext4' ? ['volumes'] : [];
    assert.deepEqual(told, ['this very disk', ...volumes, 'systemd', 'the next start', 'udev']);
    assert.deepEqual(stateOf(host), before);
  });

it('without storage, on a host that is set up already: the record is not touched', (t) => {
  using host = hostWith(t, LAYOUT);
  if (host === null) return;
  runJtsHot(host, ['setup']);
  inside(host, 'rmdir /data/jts/hot/kafka/data');
  const before = stateOf(host);
  const runs = runJtsHot(host, ['rollback', '--list']).stdout;
  const result = rehearse(host, 0);
  assert.deepEqual(held(result), ALL_HELD);
  assert.equal(result.parts[1]?.steps, 1, 'what was missing');
  assert.deepEqual(stateOf(host), before);
  assert.equal(runJtsHot(host, ['rollback', '--list']).stdout, runs);
});

it('what does not hold is told, and ends with 1', (t) => {
  using host = hostWith(t, storage('ext4', BAD));
  if (host === null) return;
  // A layout that is only tried need not be in its place.
  inside(host, 'mv /etc/jts/hot-storage.yaml /tmp/tried.yaml');
  const before = stateOf(host);
  const { stdout, stderr } = runJtsHot(host, ['setup', '--rehearse', '--spec', '/tmp/tried.yaml'], 1);
  assert.match(stdout, /no {2}plan +refused/);
  assert.match(stdout, /- {3}setup +not reached/);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  assert.match(stderr, /E_KERNEL_REFUSES/);
  assert.deepEqual(stateOf(host), before);
});

it('refused where it cannot be: not root, an image, no loop devices, no room', (t) => {
  using host = hostWith(t, storage('ext4'));
  if (host === null) return;
  assert.match(runJtsHot(host, ['setup', '--rehearse'], 3, { asUser: 'nobody' }).stderr, /E_NOT_ROOT/);
  runJtsHot(host, ['setup', '--rehearse', '--confirm', 'HOT1'], 2);
  inside(host, 'mkdir /image');
  assert.match(runJtsHot(host, ['setup', '--rehearse', '--root', '/image'], 3).stderr, /E_IMAGE/);
  inside(host, 'mkdir -p /small; mount -t tmpfs -o size=64m tmpfs /var/tmp');
  assert.match(runJtsHot(host, ['setup', '--rehearse'], 3).stderr, /E_NO_ROOM/);
  inside(host, 'umount /var/tmp; rm /dev/loop-control');
  assert.match(runJtsHot(host, ['setup', '--rehearse'], 3).stderr, /E_NO_STAGE[\s\S]*loop device/);
});

it('a stage is believed by the kernel alone: no variable makes a loop device a disk', (t) => {
  using host = hostWith(t, storage('ext4', BAD).replace('HOT1', 'REHEARSAL'));
  if (host === null) return;
  const device = inside(host, 'truncate -s 1G /var/tmp/file; losetup --find --show /var/tmp/file').trim();
  try {
    const name = device.slice('/dev/'.length);
    const number = inside(host, `cat /sys/class/block/${name}/dev`).trim();
    const told = JSON.stringify({ disk: { name, number }, group: 'g' });
    for (const args of [
      ['setup', '--confirm', 'REHEARSAL'],
      ['plan', '--confirm', 'REHEARSAL'],
    ])
      assert.match(runJtsHot(host, args, 3, { env: { JTS_HOT_STAGE: told } }).stderr, /E_NO_DISK/);
    // It rehearses then, on a disk of its own.
    runJtsHot(host, ['setup', '--rehearse'], 1, { env: { JTS_HOT_STAGE: told } });
    assert.equal(inside(host, `wipefs -n ${device}`), '');
  } finally {
    inside(host, `losetup -d ${device}`);
  }
});

it('what LVM wrote down of a killed one goes with the next, and nothing else that it wrote', (t) => {
  using host = hostWith(t, storage('ext4', BAD));
  if (host === null) return;
  const kept = () => inside(host, 'find /etc/lvm/backup /etc/lvm/archive -type f | sort');
  // No process has this number: it is above the highest that there may be.
  const dead = 2 ** 22 + 1;
  inside(
    host,
    `mkdir -p /etc/lvm/backup /etc/lvm/archive; cd /etc/lvm/backup; touch data jts-hot jts-hot-rehearsal-1
     cd /etc/lvm/archive; touch data_00000-1.vg jts-hot-rehearsal-1_00000-1.vg`,
  );
  const before = kept();
  inside(
    host,
    `touch /etc/lvm/backup/jts-hot-rehearsal-${dead} /etc/lvm/archive/jts-hot-rehearsal-${dead}_00000-697665187.vg`,
  );
  rehearse(host, 1);
  assert.equal(kept(), before);
});

it('killed at any time, nothing of it stays', async (t) => {
  using host = hostWith(t, storage('ext4'));
  if (host === null) return;
  const before = stateOf(host);
  const moments = [
    "grep -q '^/var/tmp/#.*deleted' /sys/block/loop*/loop/backing_file",
    ...[2, 5, 9].map((seconds) => `sleep ${seconds}`),
  ];
  for (const [i, moment] of moments.entries()) {
    const one = host.spawn(jtsHot('setup', '--rehearse'));
    for (let waited = 0; waited < 200 && host.run(['sh', '-c', moment]).status !== 0; waited += 1)
      await setTimeout(20);
    one.kill(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await one.ended;
    for (let waited = 0; waited < 100 && loopsOf(host) !== ''; waited += 1) await setTimeout(100);
    assert.deepEqual(stateOf(host), before, moment);
  }
});
