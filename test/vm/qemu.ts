// Owns a process of QEMU: its arguments, the lock that keeps machines few, its monitor (QMP), and its end. All in step, as
// the other hosts of tests: nothing of a test runs while it waits. Must not know what runs in the machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded, openLog, readLog, sleep } from '../e2e/holder.ts';

/** What a saved state needs to be the same: QEMU compares nothing of it. */
export const HARDWARE = [
  ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc', '-cpu', 'max', '-smp', '2'],
  // No processor of another kind is asked for help: a state that was saved on one machine is taken by another one.
  ['-accel', 'tcg,thread=multi', '-m', '1024'],
  ['-device', 'virtio-serial-pci,addr=4', '-device', 'virtserialport,chardev=agent,name=test'],
  ['-device', 'virtio-blk-pci,drive=root,addr=3'],
].flat();
export const KERNEL_WORDS =
  'root=/dev/vda rw console=ttyS0 panic=-1 quiet nokaslr mitigations=off systemd.show_status=false';

/** Machines of other test files: emulated, each takes all that two cores have. */
const LOCK = '/var/lock/jts-hot-test-machine';
const WAIT_SECONDS = 500;
const START_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 60_000;

export interface QemuOptions {
  readonly kernel: string;
  readonly initrd: string;
  /** A qcow2 file. */
  readonly root: string;
  /** A saved state to start from. */
  readonly state?: string;
  /** Starts beside the other machine of this process, without the lock. */
  readonly beside?: boolean;
}

export interface Qemu {
  readonly pid: number;
  /** As from the machine's virtio-serial port. */
  readonly agent: Channel;
  /** Throws with what QEMU says where it refuses. */
  command(name: string, given?: Readonly<Record<string, unknown>>): unknown;
  /** A line of the monitor for people; throws where it says anything. */
  monitor(line: string): void;
  /** What the machine's kernel has written to its console. */
  console(): string;
  /** In order: it writes to its disks what it holds of them. */
  quit(): void;
  /** Throws where it does not end by itself in so long. */
  waitForEnd(timeoutMs: number): void;
  /** At once, with all that it had not written: the plug is pulled. */
  kill(): void;
}

/** A pair of pipes with names that are gone by now. */
export interface Channel {
  write(text: string): void;
  /** Up to a line feed, without it. */
  line(timeoutMs: number): string;
  bytes(count: number, timeoutMs: number): Buffer;
}

/** Its processors are stopped: `cont` starts them. */
export function startQemu(options: QemuOptions): Qemu {
  const place = mkdtempSync(join(tmpdir(), 'machine-'));
  const log = openLog();
  let qemu: ChildProcess | undefined;
  const ended = () => hasEnded(qemu?.pid);
  const waitForEnd = (timeoutMs = ANSWER_TIMEOUT_MS) => {
    const deadline = Date.now() + timeoutMs;
    while (!ended()) {
      if (Date.now() > deadline) throw new Error(`cannot end QEMU: process ${qemu?.pid} stays`);
      sleep(5);
    }
  };
  const kill = () => {
    if (qemu?.pid === undefined || ended()) return;
    process.kill(qemu.pid, 'SIGKILL');
    waitForEnd();
  };
  try {
    const channels = (['agent', 'monitor'] as const).map((name) => {
      const at = join(place, name);
      const made = spawnSync('mkfifo', ['-m', '600', `${at}.in`, `${at}.out`], { encoding: 'utf8' });
      if (made.status !== 0) throw new Error(`cannot make a pipe: ${made.stderr}`);
      return openChannel(at, ended);
    });
    const [agent, monitor] = channels;
    if (agent === undefined || monitor === undefined) throw new Error('no channels');
    mkdirSync('/var/lock', { recursive: true });
    const argv = [
      ...(options.beside ? [] : ['flock', '--no-fork', '--wait', `${WAIT_SECONDS}`, LOCK]),
      'qemu-system-x86_64',
      ...['-chardev', `pipe,id=agent,path=${join(place, 'agent')}`],
      ...[
        '-chardev',
        `pipe,id=monitor,path=${join(place, 'monitor')}`,
        '-mon',
        'chardev=monitor,mode=control',
      ],
      ...['-drive', `id=root,if=none,format=qcow2,cache=unsafe,file=${options.root}`],
      ...HARDWARE,
      ...['-kernel', options.kernel, '-initrd', options.initrd, '-append', KERNEL_WORDS],
      ...['-serial', 'stdio'],
      // After a restart the firmware finds no kernel in a state that was restored: it ends, and is started anew.
      ...['-no-reboot', '-S'],
      ...(options.state === undefined ? [] : ['-incoming', `exec:cat ${options.state}`]),
    ];
    // It dies with the test, however that ends.
    qemu = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], { stdio: ['ignore', log, log] });
    // A test that forgets to stop it still ends.
    qemu.unref();
    qemu.on('error', () => {});
    monitor.line(options.beside ? START_TIMEOUT_MS : START_TIMEOUT_MS + WAIT_SECONDS * 1000);
    const command: Qemu['command'] = (name, given = {}) => {
      monitor.write(`${JSON.stringify({ execute: name, arguments: given })}\n`);
      for (;;) {
        const answer = JSON.parse(monitor.line(ANSWER_TIMEOUT_MS));
        if (answer.error !== undefined) throw new Error(`QEMU refuses ${name}: ${answer.error.desc}`);
        // What happens meanwhile is told in between.
        if ('return' in answer) return answer.return;
      }
    };
    command('qmp_capabilities');
    return {
      pid: qemu.pid ?? 0,
      agent,
      command,
      monitor(line) {
        const said = command('human-monitor-command', { 'command-line': line });
        if (said !== '' && said !== 'OK\r\n') throw new Error(`QEMU refuses ${line}: ${said}`);
      },
      console: () => readLog(log),
      waitForEnd,
      quit() {
        command('quit');
        waitForEnd();
      },
      kill,
    };
  } catch (error) {
    kill();
    throw new Error(`cannot start a machine: ${readLog(log)}`, { cause: error });
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** A line for test/vm/agent. */
export function request(
  argv: readonly string[],
  of: { readonly number: number; readonly seconds: number; readonly input: string },
): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `${of.number} ${of.seconds} ${base64(argv.map((word) => `${word}\0`).join(''))} ${base64(of.input)}\n`;
}

const O_NONBLOCK = 0o4000;
const O_RDWR = 0o2;

function openChannel(at: string, ended: () => boolean): Channel {
  // Open for both, so that it neither waits for QEMU nor is told of its coming and going.
  const out = openSync(`${at}.out`, O_RDWR | O_NONBLOCK);
  const into = openSync(`${at}.in`, O_RDWR);
  let kept = Buffer.alloc(0);
  const more = (deadline: number) => {
    const chunk = Buffer.allocUnsafe(65_536);
    for (let pause = 1; ; pause = Math.min(pause * 1.3, 20)) {
      const length = readOrNone(out, chunk);
      if (length > 0) {
        kept = Buffer.concat([kept, chunk.subarray(0, length)]);
        return;
      }
      if (ended()) {
        closeSync(out);
        closeSync(into);
        throw new Error('QEMU has ended');
      }
      if (Date.now() > deadline) throw new Error('no answer in time');
      sleep(pause);
    }
  };
  return {
    write(text) {
      const bytes = Buffer.from(text);
      for (let from = 0; from < bytes.length; ) from += writeSync(into, bytes, from);
    },
    line(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (!kept.includes('\n')) more(deadline);
      const end = kept.indexOf('\n');
      const line = kept.toString('utf8', 0, end);
      kept = kept.subarray(end + 1);
      return line.replace(/\r$/, '');
    },
    bytes(count, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (kept.length < count) more(deadline);
      const bytes = kept.subarray(0, count);
      kept = kept.subarray(count);
      return bytes;
    },
  };
}

function readOrNone(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into, 0, into.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
