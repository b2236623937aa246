// The machine with a kernel of its own does to disks what tests of storage need: sectors, namespaces, numbers that change, one
// that vanishes, comes late, stays away, fails; a copy of a moment; and a power cut at the very moment that is asked for.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { requires } from '../requirement.ts';
import { makeDisk, makeNamespaces } from './disk.ts';
import { isForFull } from './full.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { cutAt, startsDuring } from './moment.ts';

const SIZE_BYTES = 2 ** 34;
const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);
/** `nvme1n1` */
const nameOf = (machine: Machine, path: string) => sh(machine, 'basename "$(readlink -f "$1")"', path).trim();

describe('disks of a machine with a kernel of its own', () => {
  const [small, large] = [
    makeDisk({ serial: 'SECTOR512', sizeBytes: SIZE_BYTES }),
    makeDisk({ serial: 'SECTOR4096', sizeBytes: SIZE_BYTES }),
  ];
  let running: Machine | undefined;
  after(() => running?.[Symbol.dispose]());
  const machine = (): Machine => {
    if (running === undefined) {
      running = startMachine({ disks: [small] });
      running.plug(large, { sectorBytes: 4096 });
    }
    return running;
  };

  it('have sectors of 512 or 4096 bytes', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    const sectors = (path: string) =>
      sh(machine(), 'blockdev --getss --getsize64 "$1"', path).trim().split('\n');
    assert.deepEqual(sectors(small.path), ['512', `${SIZE_BYTES}`]);
    assert.deepEqual(sectors(large.path), ['4096', `${SIZE_BYTES}`]);
    // The kernel itself refuses less than a sector.
    const half = ['dd', 'if=/dev/zero', 'bs=512', 'count=1', 'oflag=direct', 'status=none'];
    assert.equal(machine().run([...half, `of=${small.path}`]).status, 0);
    assert.notEqual(machine().run([...half, `of=${large.path}`]).status, 0);
  });

  it('fail when they are told to, reads or writes, and are whole again', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    const write = [
      'dd',
      'if=/dev/zero',
      `of=${small.path}`,
      'bs=4k',
      'count=1',
      'oflag=direct',
      'status=none',
    ];
    const read = [
      'dd',
      `if=${small.path}`,
      'of=/dev/null',
      'bs=4k',
      'count=1',
      'iflag=direct',
      'status=none',
    ];
    const readOther = [...read, 'skip=100'];
    const statuses = () => [read, readOther, write].map((argv) => machine().run(argv).status);
    assert.deepEqual(statuses(), [0, 0, 0]);
    machine().fail(small, 'writes');
    assert.deepEqual(statuses(), [0, 0, 1]);
    assert.match(machine().run(write).stderr, /No data available|Input\/output error/);
    machine().fail(small, 'reads', 0);
    assert.deepEqual(statuses(), [1, 0, 0]);
    machine().fail(small, 'all');
    assert.deepEqual(statuses(), [1, 1, 1]);
    machine().mend(small);
    assert.deepEqual(statuses(), [0, 0, 0]);
  });

  it('are copied as they are at a moment, and have a fingerprint', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    sh(
      machine(),
      'mkfs.ext4 -q "$1" && mkdir -p /copied && mount "$1" /copied && echo first >/copied/file && sync',
      small.path,
    );
    const before = small.fingerprint();
    assert.equal(small.fingerprint(), before);
    const copy = machine().copyDisk(small, 'COPY1');
    sh(machine(), 'echo second >/copied/file && sync');
    assert.notEqual(small.fingerprint(), before);
    assert.equal(copy.fingerprint(), before);
    assert.ok(copy.usedBytes() < 2 ** 30, `${copy.usedBytes()}`);
    sh(machine(), 'umount /copied');
    machine().plug(copy);
    const script = 'mount "$1" /copied && cat /copied/file && umount /copied';
    assert.equal(sh(machine(), script, copy.path), 'first\n');
    machine().unplug(copy);
    assert.equal(machine().run(['test', '-e', copy.path]).status, 1);
  });

  it('vanish while they are written to', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    const disk = makeDisk({ serial: 'VANISH1', sizeBytes: SIZE_BYTES });
    machine().plug(disk);
    const name = nameOf(machine(), disk.path);
    sh(
      machine(),
      `mkfs.xfs -q "$1" && mkdir -p /vanish && mount "$1" /vanish
      (while head -c 1M /dev/zero && sync; do :; done >/vanish/file 2>/dev/null) &`,
      disk.path,
    );
    machine().unplug(disk);
    assert.equal(machine().run(['test', '-e', `/sys/block/${name}`]).status, 1);
    assert.notEqual(machine().run(['sh', '-c', 'echo new >/vanish/new && sync -f /vanish']).status, 0);
    assert.equal(machine().run(['umount', '/vanish']).status, 0);
  });

  it('have other numbers after a start, may stay away and come late', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    const names = () => [small, large].map(({ path }) => nameOf(machine(), path));
    assert.deepEqual(names(), ['nvme0n1', 'nvme1n1']);
    machine().reboot({ reversed: true });
    assert.deepEqual(names(), ['nvme1n1', 'nvme0n1']);
    machine().reboot({ without: [small], late: { disk: large, seconds: 5 } });
    assert.equal(machine().run(['test', '-e', small.path]).status, 1);
    assert.equal(nameOf(machine(), large.path), 'nvme0n1');
    const cameAt = Number(
      sh(machine(), 'dmesg | sed -n "s/^\\[ *\\([0-9.]*\\)\\] nvme nvme0: .*/\\1/p" | head -n 1'),
    );
    assert.ok(cameAt > 4, `${cameAt} s after its start`);
    machine().plug(small);
    assert.equal(nameOf(machine(), small.path), 'nvme1n1');
  });

  it('are still there after a power cut of the same machine, with what had reached the root disk', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    sh(machine(), 'echo synced >/root/synced && sync && echo lost >/root/not-synced');
    machine().cutPower();
    machine().powerOn();
    assert.equal(sh(machine(), 'cat /root/*synced'), 'synced\n');
    assert.equal(sh(machine(), 'systemctl is-system-running --wait || true'), 'running\n');
    assert.equal(nameOf(machine(), small.path), 'nvme1n1');
  });

  const MAKE_TWO = `for disk in "$1" "$2"; do
    echo "before $disk" >>/root/lines; mkfs.ext4 -q -F -L made "$disk"; sync; echo "made $disk" >>/root/lines; sync; done`;
  const make = () => ['sh', '-euc', MAKE_TWO, 'sh', small.path, large.path];
  const labels = () =>
    [small, large].map(({ path }) =>
      machine().run(['blkid', '-p', '-s', 'LABEL', '-o', 'value', path]).stdout.trim(),
    );
  const wipe = () => sh(machine(), 'wipefs -qa "$1" "$2"; rm -f /root/lines; sync', small.path, large.path);

  /** Another one, in a second: only the disks are looked at. */
  const fresh = () => {
    running?.[Symbol.dispose]();
    running = undefined;
  };

  it('lose power before, and after, a program that is about to run for the second time', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    wipe();
    const { status, starts } = startsDuring(machine(), make());
    assert.equal(status, 0);
    assert.deepEqual(
      starts.filter((line) => line.startsWith('mkfs')),
      [small, large].map(({ path }) => `mkfs.ext4 -q -F -L made ${path}`),
    );
    assert.deepEqual(labels(), ['made', 'made']);
    wipe();
    assert.equal(cutAt(machine(), make(), { starts: /^mkfs/, when: 'before', nth: 2 }), null);
    machine().powerOn();
    assert.deepEqual(labels(), ['made', '']);
    assert.match(sh(machine(), 'cat /root/lines'), /^before .*\nmade .*SECTOR512\n$/);
    wipe();
    // It has flushed what it wrote by then.
    assert.equal(cutAt(machine(), make(), { starts: /^mkfs/, when: 'after', nth: 1 }), null);
    fresh();
    assert.deepEqual(labels(), ['made', '']);
    wipe();
    const never = cutAt(machine(), make(), { starts: /^mkfs/, when: 'before', nth: 3 });
    assert.equal(never?.status, 0, 'it ended: there is no third time');
  });

  it('lose power when a line is in a file', (t) => {
    if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
    wipe();
    assert.equal(cutAt(machine(), make(), { line: /^made .*512$/, in: '/root/lines' }), null);
    fresh();
    assert.deepEqual(labels(), ['made', '']);
  });
});

it('two namespaces of one controller are two disks, and stay it over a start', (t) => {
  if (!requires(t, 'root', 'virtual machine') || !isForFull(t)) return;
  const namespaces = makeNamespaces('TWO1', [SIZE_BYTES, SIZE_BYTES * 2]);
  using machine = startMachine({ namespaces, sectorBytes: 4096 });
  const look = () =>
    namespaces.disks.map(({ path }) =>
      sh(
        machine,
        `name=$(basename "$(readlink -f "$1")")
        cat /sys/block/$name/nsid /sys/block/$name/device/serial
        blockdev --getsize64 --getss /dev/$name`,
        path,
      )
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    );
  // What by-id calls by the serial alone is one of the two: nobody knows which.
  const want = [1, 2].map((nsid) => [`${nsid}`, 'TWO1', `${SIZE_BYTES * nsid}`, '4096']);
  assert.deepEqual(look(), want);
  machine.reboot();
  assert.deepEqual(look(), want);
});
