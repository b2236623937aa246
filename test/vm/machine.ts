// Owns a machine with a kernel of its own, emulated, for what the kernel that tests run on does not have: NVMe disks, project
// quotas, device mapper, power cuts. It starts from a saved state, in about a second, and forgets all but its NVMe disks.
// Must not know the product, but for where it is put. How to write such a test: docs/testing-on-a-real-kernel.md.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../e2e/holder.ts';
import type { RunResult } from '../e2e/throwaway-host.ts';
import type { NvmeDisk } from './disk.ts';
import { type Image, makeOverlay, warmImage } from './image.ts';
import { type Qemu, request, startQemu } from './qemu.ts';

export interface MachineRunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface Machine extends Disposable {
  /** Of QEMU. */
  readonly pid: number;
  /** As root, one at a time. Throws where it does not end in time; what it leaves running goes on. */
  run(argv: readonly string[], options?: MachineRunOptions): RunResult;
  /** While it runs. */
  plug(disk: NvmeDisk, options?: PlugOptions): void;
  /** A file of this machine, as a disk that is only read; the machine finds it as this path. */
  plugImage(file: string, name: string): string;
  /** In an orderly way; ends when it is up again, 20 seconds later. Its root disk and the others are as they were. */
  reboot(): void;
  /** A question to QEMU by its own protocol (QMP). */
  qemu(command: string, given?: Readonly<Record<string, unknown>>): unknown;
  /** At once: of its NVMe disks stays what has reached them. Plug them into another machine. */
  cutPower(): void;
}

export interface PlugOptions {
  /** 512 or 4096. */
  readonly sectorBytes?: number;
}

export interface MachineOptions {
  readonly disks?: readonly NvmeDisk[];
  /** Beside another one of the same test. On two cores each takes twice as long then. */
  readonly beside?: boolean;
}

const RESTORE_TIMEOUT_MS = 60_000;
const BOOT_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 120_000;
const RUN_TIMEOUT_MS = 120_000;
const PLUG_TIMEOUT_MS = 30_000;

let running = 0;

/** Throws with what its kernel said where it does not come up. The first one of all takes half a minute: it boots. */
export function startMachine({ disks = [], beside = false }: MachineOptions = {}): Machine {
  if (running > 0 && !beside) throw new Error('another machine of this test still runs: stop it first');
  const image = warmImage();
  const root = rootOf(image);
  const qemu = startQemu({ ...image, root: root.file, beside });
  running += 1;
  const machine = machineOf(qemu, {
    again: () => startQemu({ kernel: image.kernel, initrd: image.initrd, root: root.file, beside }),
    stopped() {
      closeSync(root.fd);
      running -= 1;
    },
  });
  try {
    waitUntilRestored(qemu);
    // Numbers drawn after the same state would be the same ones: of two file systems, the same UUID.
    const random = crypto.getRandomValues(Buffer.alloc(64)).toString('base64');
    mustRun(machine, ['sh', '-c', WAKE_UP, 'sh', `${Date.now() / 1000}`, random]);
    for (const disk of disks) machine.plug(disk);
    return machine;
  } catch (error) {
    machine.cutPower();
    throw new Error(`cannot start a machine: ${qemu.console().slice(-2000)}`, { cause: error });
  }
}

/** What is written to the root disk: a file without a name. */
function rootOf(image: Image): { readonly fd: number; readonly file: string } {
  const directory = mkdtempSync('/var/tmp/machine-root-');
  try {
    const file = join(directory, 'root');
    makeOverlay(file, { of: image.root, format: 'qcow2' });
    const fd = openSync(file, 'r+');
    return { fd, file: `/proc/${process.pid}/fd/${fd}` };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

// 0x5207: RNDRESEEDCRNG, the kernel draws from what was written.
const WAKE_UP = `date -s "@$1" >/dev/null
echo "$2" >/dev/urandom
perl -e 'open(R, ">", "/dev/urandom") && ioctl(R, 0x5207, 0) or die $!'`;

function waitUntilRestored(qemu: Qemu): void {
  const deadline = Date.now() + RESTORE_TIMEOUT_MS;
  while ((qemu.command('query-status') as { status: string }).status === 'inmigrate') {
    if (Date.now() > deadline) throw new Error('its state does not come back');
    sleep(10);
  }
  qemu.command('cont');
}

interface Behind {
  /** The machine with its root disk as it is now, from the beginning. */
  again(): Qemu;
  stopped(): void;
}

function machineOf(first: Qemu, { again, stopped }: Behind): Machine {
  let qemu: Qemu | null = first;
  let runs = 0;
  /** What is in its slots, put there again when it restarts. */
  const plugged: ((to: Qemu) => void)[] = [];

  const on = (): Qemu => {
    if (qemu === null) throw new Error('the machine has been stopped');
    return qemu;
  };

  const stop = () => {
    if (qemu === null) return;
    qemu.kill();
    qemu = null;
    stopped();
  };

  const run: Machine['run'] = (argv, { input = '', timeoutMs = RUN_TIMEOUT_MS } = {}) => {
    const { agent, console } = on();
    const number = ++runs;
    const seconds = Math.ceil(timeoutMs / 1000);
    agent.write(request(argv, { number, seconds, input }));
    // It ends a command that takes too long itself.
    const patience = timeoutMs + 30_000;
    const [answered, status, out = '0', err = '0'] = agent.line(patience).split(' ');
    if (Number(answered) !== number)
      throw new Error(`the machine answers ${answered}, not ${number}: ${console().slice(-2000)}`);
    const stdout = agent.bytes(Number(out), patience).toString();
    const stderr = agent.bytes(Number(err), patience).toString();
    if (Number(status) === TIMED_OUT)
      throw new Error(`no end of ${argv.join(' ')} in ${seconds} s: ${stdout}${stderr}`);
    return { status: Number(status), signal: null, stdout, stderr };
  };

  /** Ends with udev done. */
  const plug = (path: string, put: (to: Qemu) => void) => {
    put(on());
    plugged.push(put);
    mustRun(machine, ['udevadm', 'wait', '--settle', `--timeout=${PLUG_TIMEOUT_MS / 1000}`, path]);
  };

  const machine: Machine = {
    get pid() {
      return on().pid;
    },
    run,
    plug(disk, options = {}) {
      plug(disk.path, (to) => plugNvme(to, disk, options));
    },
    plugImage(file, name) {
      const path = `/dev/disk/by-id/virtio-${name}`;
      plug(path, (to) => plugReadOnly(to, file, name));
      return path;
    },
    reboot() {
      // It may be gone before it answers.
      on().agent.write(request(['systemctl', 'reboot'], { number: 0, seconds: 60, input: '' }));
      on().waitForEnd(STOP_TIMEOUT_MS);
      const anew = again();
      qemu = anew;
      try {
        for (const put of plugged) put(anew);
        anew.command('cont');
        anew.agent.line(BOOT_TIMEOUT_MS);
      } catch (error) {
        stop();
        throw new Error(`cannot start the machine again: ${anew.console().slice(-2000)}`, { cause: error });
      }
    },
    qemu: (command, given) => on().command(command, given),
    cutPower: stop,
    [Symbol.dispose]: stop,
  };
  return machine;
}

function plugNvme(qemu: Qemu, { serial, file }: NvmeDisk, { sectorBytes = 512 }: PlugOptions): void {
  qemu.command('blockdev-add', {
    driver: 'raw',
    'node-name': serial,
    discard: 'unmap',
    // It is there for a power cut of the machine, not for one of ours.
    cache: { 'no-flush': true },
    file: { driver: 'file', filename: file, discard: 'unmap', cache: { 'no-flush': true } },
  });
  qemu.command('device_add', {
    driver: 'nvme',
    id: `nvme-${serial}`,
    serial,
    drive: serial,
    logical_block_size: sectorBytes,
    physical_block_size: 4096,
  });
}

function plugReadOnly(qemu: Qemu, file: string, name: string): void {
  qemu.command('blockdev-add', {
    driver: 'raw',
    'node-name': name,
    'read-only': true,
    file: { driver: 'file', filename: file, 'read-only': true },
  });
  qemu.command('device_add', { driver: 'virtio-blk-pci', id: `virtio-${name}`, serial: name, drive: name });
}

const TIMED_OUT = 124;

/** Throws unless it ends with 0; gives its standard output. */
export function mustRun(machine: Machine, argv: readonly string[], options?: MachineRunOptions): string {
  const { status, stdout, stderr } = machine.run(argv, options);
  if (status !== 0) throw new Error(`${argv.join(' ')}: exit status ${status}: ${stderr}${stdout}`);
  return stdout;
}
