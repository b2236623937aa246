// The machine with a kernel of its own does what tests rely on: commands, disks, power cuts, an end in any case.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { hasEnded, sleep } from '../e2e/holder.ts';
import { requires } from '../requirement.ts';
import { makeDisk } from './disk.ts';
import { type Machine, mustRun, startMachine } from './machine.ts';
import { jtsHot, putProduct } from './product.ts';

const sh = (machine: Machine, script: string, ...words: readonly string[]) =>
  mustRun(machine, ['sh', '-euc', script, 'sh', ...words]);

describe('a machine with a kernel of its own', () => {
  let running: Machine | undefined;
  after(() => running?.[Symbol.dispose]());
  const machine = () => {
    running ??= startMachine();
    return running;
  };

  it('runs commands, and tells what they say and how they end', (t) => {
    if (!requires(t, 'root', 'virtual machine')) return;
    const words = ['sh', '-c', 'cat; printf "%s|" "$@"; echo wrong >&2; exit 3', 'sh', 'a b', '', "'\n"];
    assert.deepEqual(machine().run(words, { input: 'given\n' }), {
      status: 3,
      signal: null,
      stdout: "given\na b||'\n|",
      stderr: 'wrong\n',
    });
    const many = mustRun(machine(), ['head', '-c', '3000000', '/dev/zero']);
    assert.equal(many.length, 3_000_000);
    assert.throws(() => machine().run(['sleep', '60'], { timeoutMs: 1000 }), /no end of sleep 60 in 1 s/);
    // What is left running keeps nobody waiting.
    sh(machine(), 'sleep 1000 & echo started');
    const late = Math.abs(Number(sh(machine(), 'date +%s')) - Date.now() / 1000);
    assert.ok(late < 60, `its clock is ${late} s off`);
    assert.equal(sh(machine(), 'systemctl is-system-running'), 'running\n');
  });

  it('takes NVMe disks of any size, which are found by their serial', (t) => {
    if (!requires(t, 'root', 'virtual machine')) return;
    const disk = makeDisk({ serial: 'LARGE1' });
    machine().plug(disk, { sectorBytes: 4096 });
    const found = sh(machine(), 'lsblk --noheadings --nodeps -bo SIZE,SERIAL,LOG-SEC,ROTA "$1"', disk.path);
    assert.deepEqual(found.trim().split(/ +/), [`${4 * 1024 ** 4}`, 'LARGE1', '4096', '0']);
    // Below LVM, as the hot tier of a host may be.
    sh(
      machine(),
      `pvcreate -q --dataalignment 4m "$1" && vgcreate -q hot "$1" && lvcreate -q -y -n data -L 3T hot
      mkfs.xfs -q -K /dev/hot/data && mkdir -p /large && mount -o prjquota /dev/hot/data /large
      head -c 20M /dev/urandom >/large/file && sync`,
      disk.path,
    );
    assert.match(sh(machine(), 'findmnt -no OPTIONS /large'), /prjquota/);
    assert.ok(disk.usedBytes() > 20e6 && disk.usedBytes() < 2e9, `${disk.usedBytes()} bytes are used here`);
    sh(machine(), 'umount /large && vgchange -q -an hot');
  });

  it('has the program, and starts again with what was written to its root disk', (t) => {
    if (!requires(t, 'root', 'virtual machine')) return;
    putProduct(machine());
    assert.match(jtsHot(machine(), ['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
    sh(machine(), 'echo kept >/root/kept; cat /proc/sys/kernel/random/boot_id >/root/boot');
    machine().reboot();
    assert.equal(sh(machine(), 'cat /root/kept'), 'kept\n');
    assert.notEqual(sh(machine(), 'cat /root/boot'), sh(machine(), 'cat /proc/sys/kernel/random/boot_id'));
  });

  it('loses what a power cut takes, and no more', (t) => {
    if (!requires(t, 'root', 'virtual machine')) return;
    const disk = makeDisk({ serial: 'CUT1', sizeBytes: 2 ** 34 });
    machine().plug(disk);
    const uuid = sh(
      machine(),
      `mkfs.ext4 -q "$1" && mkdir -p /cut && mount "$1" /cut && echo written >/cut/synced && sync
      echo written >/cut/not-synced && blkid -o value -s UUID "$1"`,
      disk.path,
    );
    machine().cutPower();
    running = startMachine({ disks: [disk] });
    assert.equal(
      sh(machine(), 'mkdir /cut && mount "$1" /cut && cat /cut/*synced', disk.path),
      'written\n',
      'the file that was not synced is gone',
    );
    // Both were started from one saved state: what they draw must differ all the same.
    const other = makeDisk({ serial: 'CUT2', sizeBytes: 2 ** 34 });
    machine().plug(other);
    const next = sh(machine(), 'mkfs.ext4 -q "$1" && blkid -o value -s UUID "$1"', other.path);
    assert.notEqual(next, uuid);
  });

  it('ends with the test, even with one that is killed', async (t) => {
    if (!requires(t, 'root', 'virtual machine')) return;
    const { pid } = machine();
    machine().cutPower();
    assert.ok(hasEnded(pid));
    const script = `import { startMachine } from '${import.meta.dirname}/machine.ts';
      console.log(startMachine({ beside: true }).pid); setInterval(() => {}, 1000);`;
    // Nor may it outlive this one.
    const argv = [
      '--pdeathsig',
      'KILL',
      process.execPath,
      '--input-type=module-typescript',
      '--eval',
      script,
    ];
    const test = spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [started] = await once(test.stdout.setEncoding('utf8'), 'data');
    assert.ok(!hasEnded(Number(started)), `${started}: it runs`);
    test.kill('SIGKILL');
    await once(test, 'exit');
    for (let tries = 0; !hasEnded(Number(started)) && tries < 100; tries += 1) sleep(50);
    assert.ok(hasEnded(Number(started)));
  });
});
