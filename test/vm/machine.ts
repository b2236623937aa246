// Owns a machine with a kernel of its own, emulated, for what the kernel that tests run on does not have: NVMe disks, project
// quotas, device mapper, power cuts. It starts from a saved state, in about a second, and forgets all but its NVMe disks.
// Must not know the product, but for where it is put. How to write such a test: docs/testing-on-a-real-kernel.md.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../e2e/holder.ts';
import type { RunResult } from '../e2e/throwaway-host.ts';
import { copyOf, type Namespaces, type NvmeDisk } from './disk.ts';
import { type Image, makeCopy, makeOverlay, warmImage } from './image.ts';
import { type LoggedDisk, type Losses, logWritesOf } from './logged-disk.ts';
import { type Qemu, type QemuOptions, type RootDisk, request, startQemu } from './qemu.ts';
import {
  askForUnplug,
  type Fault,
  forget,
  type PlugOptions,
  plugNvme,
  plugReadOnly,
  putFault,
  takeFault,
  wordsOfNamespaces,
} from './slots.ts';
import { waitForTurn } from './turn.ts';

export interface MachineRunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface Machine extends Disposable {
  /** Of QEMU. */
  readonly pid: number;
  /** As root, one at a time. Throws where it does not end in time; what it leaves running goes on. */
  run(argv: readonly string[], options?: MachineRunOptions): RunResult;
  /** As `run`, but the test goes on: it must ask for the end of it before it runs anything else. */
  begin(argv: readonly string[], options?: MachineRunOptions): Going;
  /** While it runs. */
  plug(disk: NvmeDisk, options?: PlugOptions): void;
  /** Pulls it out, whatever is being done with it; ends when the machine has noticed. */
  unplug(disk: NvmeDisk): void;
  /** From now on these fail, everywhere or at this sector of 512 bytes, until `mend`. */
  fail(disk: NvmeDisk, fault: Fault, sector?: number): void;
  mend(disk: NvmeDisk): void;
  /** What is on it at this moment, as another disk: the machine stands still meanwhile, nothing is flushed for it. */
  copyDisk(disk: NvmeDisk, serial?: string): NvmeDisk;
  /** A file of this machine, as a disk that is only read; the machine finds it as this path. */
  plugImage(file: string, name: string): string;
  /** In an orderly way; ends when it is up again. Its root disk and the others are as they were. */
  reboot(how?: BootOptions): void;
  /** At once: of its disks stays what has reached them. Plug them into another machine, or let it boot: `powerOn`. */
  cutPower(): void;
  /** What has been written by now, all at one moment. */
  moment(): Written;
  /** Cuts its power, as it would have been at that moment: of what was not flushed to a disk by then, `loses` says what is lost. */
  lose(written: Written, loses: () => boolean): Losses;
  /** After `cutPower` or `run(['poweroff'])`, from its root disk as that is; ends when it is up. */
  powerOn(how?: BootOptions): void;
  /** A question to QEMU by its own protocol (QMP). */
  qemu(command: string, given?: Readonly<Record<string, unknown>>): unknown;
  /** What its kernel has said since it started. */
  console(): string;
}

export interface Going {
  /** null: it has not ended in so many milliseconds. */
  poll(ms: number): RunResult | null;
}

export interface BootOptions {
  /** Disks that have been taken out meanwhile. */
  readonly without?: readonly NvmeDisk[];
  /** Comes only so many seconds after the kernel has started, whether or not the machine waits for it. */
  readonly late?: { readonly disk: NvmeDisk; readonly seconds: number };
  /** Has them in the opposite slots: nvme0 is another one then. */
  readonly reversed?: boolean;
}

export interface MachineOptions {
  readonly disks?: readonly NvmeDisk[];
  /** A controller with several of them. The machine boots then, 20 seconds: they cannot be plugged into one that runs. */
  readonly namespaces?: Namespaces;
  /** Of all its disks. 512, if left out. */
  readonly sectorBytes?: number;
  /** Beside another one of the same test. On two cores each takes twice as long then. */
  readonly beside?: boolean;
  /** Every write to any of its disks is written down until its power is cut for the first time: for `moment` and `lose`. */
  readonly logged?: boolean;
  /** Beside those that each has; the first machine with these boots, and saves its state for the others. */
  readonly kernelWords?: string;
}

/** How many writes each of its disks had, all at once. Names are those of QEMU's nodes: `root`, and the disks' serials. */
export type Written = ReadonlyMap<string, number>;

const RESTORE_TIMEOUT_MS = 60_000;
const BOOT_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 120_000;
/** Beside all other tests it takes several times as long as alone. */
const RUN_TIMEOUT_MS = 400_000;
const PLUG_TIMEOUT_MS = 30_000;

let running = 0;

/** Throws with what its kernel said where it does not come up. The first one of all takes half a minute: it boots. */
export function startMachine(options: MachineOptions = {}): Machine {
  const { disks = [], namespaces, sectorBytes = 512, beside = false, logged = false, kernelWords } = options;
  if (running > 0 && !beside) throw new Error('another machine of this test still runs: stop it first');
  const image = warmImage(kernelWords);
  if (!beside) waitForTurn();
  const root = rootOf(image, logged ? 'raw' : 'qcow2');
  const logs = logged ? new Map([['root', logWritesOf(root.file)]]) : null;
  const from = (more: Partial<QemuOptions>): Qemu => {
    const { kernel, initrd } = image;
    const devices = namespaces === undefined ? [] : wordsOfNamespaces(namespaces, sectorBytes);
    return startQemu({ kernel, initrd, root, devices, kernelWords, ...more });
  };
  const qemu = from({
    root: { ...root, logged: logs?.get('root') },
    ...(namespaces === undefined ? { state: image.state } : {}),
  });
  const machine = machineOf(qemu, { again: () => from({}), close: () => closeSync(root.fd), logs });
  try {
    if (namespaces === undefined) waitUntilRestored(qemu);
    else {
      qemu.command('cont');
      qemu.agent.line(BOOT_TIMEOUT_MS);
    }
    // Numbers drawn after the same state would be the same ones: of two file systems, the same UUID.
    const random = crypto.getRandomValues(Buffer.alloc(64)).toString('base64');
    mustRun(machine, ['sh', '-c', WAKE_UP, 'sh', `${Date.now() / 1000}`, random]);
    for (const disk of disks) machine.plug(disk, { sectorBytes });
    for (const { path } of namespaces?.disks ?? []) waitForDisk(machine, path);
    return machine;
  } catch (error) {
    machine[Symbol.dispose]();
    throw new Error(`cannot start a machine: ${qemu.console().slice(-2000)}`, { cause: error });
  }
}

/** What is written to the root disk: a file without a name. */
function rootOf(image: Image, format: RootDisk['format']): RootDisk & { readonly fd: number } {
  const directory = mkdtempSync('/var/tmp/machine-root-');
  try {
    const file = join(directory, 'root');
    if (format === 'raw') makeCopy(file, { of: image.root });
    else makeOverlay(file, { of: image.root, format: 'qcow2' });
    const fd = openSync(file, 'r+');
    return { fd, format, file: `/proc/${process.pid}/fd/${fd}` };
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

/** Until it has come to its root disk, which the firmware does not look at. */
function waitForKernel(qemu: Qemu): void {
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  for (;;) {
    const disks = qemu.command('query-blockstats') as readonly BlockStatistics[];
    if (disks.some((disk) => disk['node-name'] === 'root' && disk.stats.rd_operations > 0)) return;
    if (Date.now() > deadline) throw new Error('no kernel starts');
    sleep(50);
  }
}

interface BlockStatistics {
  readonly 'node-name'?: string;
  readonly stats: { readonly rd_operations: number };
}

/** Until udev has done its part. */
function waitForDisk(machine: Machine, path: string): void {
  mustRun(machine, ['udevadm', 'wait', '--settle', `--timeout=${PLUG_TIMEOUT_MS / 1000}`, path]);
}

interface Behind {
  /** The machine with its root disk as it is now, from the beginning. */
  again(): Qemu;
  /** Its root disk is gone. */
  close(): void;
  /** null: nothing is written down. */
  readonly logs: Map<string, LoggedDisk> | null;
}

/** In a slot: put there again when the machine boots. */
interface Plugged {
  /** null: an image. */
  readonly disk: NvmeDisk | null;
  readonly path: string;
  readonly put: (to: Qemu) => void;
}

function machineOf(first: Qemu, { again, close, logs }: Behind): Machine {
  let qemu: Qemu | null = first;
  running += 1;
  let isOpen = true;
  let said = '';
  let runs = 0;
  let plugged: readonly Plugged[] = [];
  let isLogged = logs !== null;
  const faults = new Map<NvmeDisk, string>();

  const on = (): Qemu => {
    if (qemu === null) throw new Error('the machine has been stopped');
    return qemu;
  };

  const cutPower = () => {
    if (qemu === null) return;
    qemu.kill();
    said = qemu.console();
    qemu = null;
    isLogged = false;
    faults.clear();
    running -= 1;
  };

  const stop = () => {
    cutPower();
    if (isOpen) close();
    isOpen = false;
  };

  const begin: Machine['begin'] = (argv, { input = '', timeoutMs = RUN_TIMEOUT_MS } = {}) => {
    const { agent, console } = on();
    const number = ++runs;
    const seconds = Math.ceil(timeoutMs / 1000);
    agent.write(request(argv, { number, seconds, input }));
    // It ends a command that takes too long itself.
    const deadline = Date.now() + timeoutMs + 30_000;
    const left = () => Math.max(deadline - Date.now(), 1);
    const isThere = (ms: number) => {
      try {
        return agent.hasLine(ms);
      } catch (error) {
        throw new Error(`no answer to ${argv.join(' ')}: ${console().slice(-2000)}`, { cause: error });
      }
    };
    return {
      poll(ms) {
        if (!isThere(Math.min(ms, left()))) {
          if (Date.now() >= deadline) throw new Error(`no answer to ${argv.join(' ')}`);
          return null;
        }
        const [answered, status, out = '0', err = '0'] = agent.line(left()).split(' ');
        if (Number(answered) !== number)
          throw new Error(`the machine answers ${answered}, not ${number}: ${console().slice(-2000)}`);
        const stdout = agent.bytes(Number(out), left()).toString();
        const stderr = agent.bytes(Number(err), left()).toString();
        if (Number(status) === TIMED_OUT)
          throw new Error(`no end of ${argv.join(' ')} in ${seconds} s: ${stdout}${stderr}`);
        return { status: Number(status), signal: null, stdout, stderr };
      },
    };
  };

  const run: Machine['run'] = (argv, options) => {
    const going = begin(argv, options);
    for (;;) {
      const result = going.poll(60_000);
      if (result !== null) return result;
    }
  };

  /** Ends with udev done. */
  const plug = (one: Plugged) => {
    one.put(on());
    plugged = [...plugged, one];
    waitForDisk(machine, one.path);
  };

  const boot = ({ without = [], late, reversed = false }: BootOptions) => {
    if (!isOpen) throw new Error('the machine has been disposed of');
    plugged = plugged.filter(({ disk }) => disk === null || !without.includes(disk));
    if (reversed) plugged = plugged.toReversed();
    const anew = again();
    qemu = anew;
    running += 1;
    try {
      const isLate = ({ disk }: Plugged) => disk !== null && disk === late?.disk;
      for (const { put } of plugged.filter((one) => !isLate(one))) put(anew);
      anew.command('cont');
      const one = plugged.find(isLate);
      if (late !== undefined && one !== undefined) {
        waitForKernel(anew);
        sleep(late.seconds * 1000);
        one.put(anew);
      }
      anew.agent.line(BOOT_TIMEOUT_MS);
      for (const { path } of plugged) waitForDisk(machine, path);
    } catch (error) {
      cutPower();
      throw new Error(`cannot start the machine again: ${said.slice(-2000)}`, { cause: error });
    }
  };

  const machine: Machine = {
    get pid() {
      return on().pid;
    },
    run,
    begin,
    plug(disk, options = {}) {
      if (isLogged) logs?.set(disk.serial, logWritesOf(disk.file));
      const logged = () => (isLogged ? logs?.get(disk.serial) : undefined);
      plug({ disk, path: disk.path, put: (to) => plugNvme(to, disk, { ...options, logged: logged() }) });
    },
    unplug(disk) {
      askForUnplug(on(), disk);
      const deadline = Date.now() + PLUG_TIMEOUT_MS;
      while (!forget(on(), disk)) {
        if (Date.now() > deadline) throw new Error(`the machine does not let go of ${disk.serial}`);
        sleep(20);
      }
      plugged = plugged.filter((one) => one.disk !== disk);
      mustRun(machine, ['udevadm', 'settle']);
    },
    fail(disk, fault, sector) {
      machine.mend(disk);
      faults.set(disk, putFault(on(), disk, fault, sector));
    },
    mend(disk) {
      const fault = faults.get(disk);
      if (fault !== undefined) takeFault(on(), disk, fault);
      faults.delete(disk);
    },
    copyDisk(disk, serial) {
      on().command('stop');
      try {
        return copyOf(disk, serial);
      } finally {
        on().command('cont');
      }
    },
    plugImage(file, name) {
      const path = `/dev/disk/by-id/virtio-${name}`;
      plug({ disk: null, path, put: (to) => plugReadOnly(to, file, name) });
      return path;
    },
    reboot(how = {}) {
      // It may be gone before it answers.
      on().agent.write(request(['systemctl', 'reboot'], { number: 0, seconds: 60, input: '' }));
      on().waitForEnd(STOP_TIMEOUT_MS);
      cutPower();
      boot(how);
    },
    cutPower,
    moment() {
      if (logs === null || !isLogged) throw new Error('its writes are not written down');
      // QEMU flushes all disks when it stops a machine, so it goes on; one moment is where the root disk was not written to meanwhile.
      const counts = () => new Map([...logs].map(([name, log]) => [name, log.count()]));
      for (let before = counts(); ; before = counts()) {
        const after = counts();
        if (before.get('root') === after.get('root')) return before;
      }
    },
    lose(written, loses) {
      cutPower();
      const each = [...(logs ?? [])].map(([name, log]) => log.rebuild(written.get(name) ?? 0, loses));
      const sum = (of: keyof Losses) => each.reduce((all, one) => all + one[of], 0);
      return { open: sum('open'), lost: sum('lost') };
    },
    powerOn(how = {}) {
      if (qemu !== null) throw new Error('the machine is on');
      boot(how);
    },
    qemu: (command, given) => on().command(command, given),
    console: () => qemu?.console() ?? said,
    [Symbol.dispose]: stop,
  };
  return machine;
}

const TIMED_OUT = 124;

/** Throws unless it ends with 0; gives its standard output. */
export function mustRun(machine: Machine, argv: readonly string[], options?: MachineRunOptions): string {
  const { status, stdout, stderr } = machine.run(argv, options);
  if (status !== 0) throw new Error(`${argv.join(' ')}: exit status ${status}: ${stderr}${stdout}`);
  return stdout;
}
