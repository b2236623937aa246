// Owns a process of QEMU: its arguments, its monitor (QMP), and its end. All in step, as
// the other hosts of tests: nothing of a test runs while it waits. Must not know what runs in the machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded, openLog, readLog, sleep } from '../e2e/holder.ts';
import { type LoggedDisk, loggedNode } from './logged-disk.ts';

/** What a saved state needs to be the same: QEMU compares nothing of it. */
export const HARDWARE = [
  // Of all processors that QEMU emulates, one of 2010 takes it least: what newer ones have is emulated slowly, and a second one
  // waits for the first. Node.js takes less than half the time of what it takes with `-cpu max -smp 2`.
  ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc', '-cpu', 'Westmere', '-smp', '1'],
  // No processor of another kind is asked for help: a state that was saved on one machine is taken by another one.
  ['-accel', 'tcg,thread=multi', '-m', '1024'],
  ['-device', 'virtio-serial-pci,addr=4', '-device', 'virtserialport,chardev=agent,name=test'],
  ['-device', 'virtio-blk-pci,drive=root,addr=3'],
].flat();
export const KERNEL_WORDS =
  'root=/dev/vda rw console=ttyS0 panic=-1 quiet nokaslr mitigations=off systemd.show_status=false';

const START_TIMEOUT_MS = 120_000;
const ANSWER_TIMEOUT_MS = 60_000;

export interface RootDisk {
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
  /** Writes are written down. */
  readonly logged?: LoggedDisk | undefined;
}

export interface QemuOptions {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: RootDisk;
  /** A saved state to start from. */
  readonly state?: string;
  /** More words of its command line. */
  readonly devices?: readonly string[];
  /** More words for its kernel. */
  readonly kernelWords?: string | undefined;
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
  /** False: it has not come in so long. */
  hasLine(timeoutMs: number): boolean;
  /** Up to a line feed, without it. */
  line(timeoutMs: number): string;
  bytes(count: number, timeoutMs: number): Buffer;
}

/** Its processors are stopped: `cont` starts them. */
export function startQemu(options: QemuOptions): Qemu {
  const place = mkdtempSync(join(tmpdir(), 'machine-'));
  const log = openLog();
  let qemu: ChildProcess | undefined;
  const ended = () => hasEnded(qemu?.pid) && !hasThreads(qemu?.pid);
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
    const argv = [
      'qemu-system-x86_64',
      ...['-chardev', `pipe,id=agent,path=${join(place, 'agent')}`],
      ...[
        '-chardev',
        `pipe,id=monitor,path=${join(place, 'monitor')}`,
        '-mon',
        'chardev=monitor,mode=control',
      ],
      ...['-blockdev', JSON.stringify(rootNode(options.root))],
      ...HARDWARE,
      ...(options.devices ?? []),
      ...['-kernel', options.kernel, '-initrd', options.initrd],
      ...['-append', [KERNEL_WORDS, options.kernelWords ?? []].flat().join(' ')],
      ...['-serial', 'stdio'],
      // After a restart the firmware finds no kernel in a state that was restored: it ends, and is started anew.
      ...['-no-reboot', '-S'],
      ...(options.state === undefined ? [] : ['-incoming', `exec:cat ${options.state}`]),
    ];
    // It dies with the test, however that ends. In a session of its own it gets the share of one, where the kernel shares
    // processors between sessions (sched(7), autogroups): with all other tests in one it would get next to nothing.
    qemu = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    // A test that forgets to stop it still ends.
    qemu.unref();
    qemu.on('error', () => {});
    monitor.line(START_TIMEOUT_MS);
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

function rootNode({ file: filename, format, logged }: RootDisk): object {
  const cache = { 'no-flush': true };
  const node = (name: string) => ({
    driver: format,
    'node-name': name,
    cache,
    file: { driver: 'file', filename, cache },
  });
  return logged === undefined ? node('root') : loggedNode('root', node('file-root'), logged);
}

/** They go on for a moment after it was killed, and hold its disks. */
function hasThreads(pid: number | undefined): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
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
  /** False: nothing has come in time. */
  const more = (deadline: number): boolean => {
    const chunk = Buffer.allocUnsafe(65_536);
    for (let pause = 1; ; pause = Math.min(pause * 1.3, 20)) {
      const length = readOrNone(out, chunk);
      if (length > 0) {
        kept = Buffer.concat([kept, chunk.subarray(0, length)]);
        return true;
      }
      if (ended()) {
        closeSync(out);
        closeSync(into);
        throw new Error('QEMU has ended');
      }
      if (Date.now() > deadline) return false;
      sleep(pause);
    }
  };
  const mustCome = (deadline: number) => {
    if (!more(deadline)) throw new Error('no answer in time');
  };
  return {
    write(text) {
      const bytes = Buffer.from(text);
      for (let from = 0; from < bytes.length; ) from += writeSync(into, bytes, from);
    },
    hasLine(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (!kept.includes('\n')) if (!more(deadline)) return false;
      return true;
    },
    line(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (!kept.includes('\n')) mustCome(deadline);
      const end = kept.indexOf('\n');
      const line = kept.toString('utf8', 0, end);
      kept = kept.subarray(end + 1);
      return line.replace(/\r$/, '');
    },
    bytes(count, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (kept.length < count) mustCome(deadline);
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
