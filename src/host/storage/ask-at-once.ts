// Owns asking devices by programs, all at once, while this thread waits, and giving up those that do not end: a program that waits
// for a disk in the kernel is ended by no signal. Its end is read in /proc, so that nothing waits for it.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pause } from '../pause.ts';
import { procText } from '../proc.ts';
import { SEARCH_PATH } from '../process.ts';
import { O_RDWR, O_TMPFILE } from '../syscalls.ts';
import { noteThread } from '../threads.ts';

export type Said =
  | { readonly ended: 'exit'; readonly status: number; readonly output: Buffer; readonly error: string }
  | { readonly ended: 'no answer' }
  | { readonly ended: 'not started'; readonly why: string };

type Argv = readonly [string, ...string[]];

const KEPT_BYTES = 4 * 1024 * 1024;
const LOOK_EVERY_MS = 5;

/** An answer for each, in order. */
export function askAtOnce(all: readonly Argv[], timeoutMs: number): readonly Said[] {
  const asked = all.map(start);
  const deadline = performance.now() + timeoutMs;
  while (asked.some((one) => one.child !== null && statusOf(one.child) === null)) {
    if (performance.now() >= deadline) break;
    pause(LOOK_EVERY_MS);
  }
  return asked.map(answerOf);
}

interface Asked {
  /** null: it could not be started. */
  readonly child: ChildProcess | null;
  readonly why: string;
  readonly output: number;
  readonly error: number;
}

/** What it says goes into files without a name: a pipe would fill, with nobody there to read it. */
function start([program, ...args]: Argv): Asked {
  const [output, error] = [scratch(), scratch()];
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: SEARCH_PATH, LC_ALL: 'C' },
    stdio: ['ignore', output, error],
    // In a session of its own: Ctrl-C at the terminal ends us, and what we ask it ends with us.
    detached: true,
  });
  let why = '';
  child.on('error', () => {});
  child.unref();
  if (child.pid === undefined) why = `${program} is not installed`;
  return { child: child.pid === undefined ? null : child, why, output, error };
}

function scratch(): number {
  return openSync(tmpdir(), O_TMPFILE | O_RDWR, 0o600);
}

function answerOf({ child, why, output, error }: Asked): Said {
  try {
    if (child === null) return { ended: 'not started', why };
    const status = statusOf(child);
    if (status === null) {
      giveUp(child);
      return { ended: 'no answer' };
    }
    return { ended: 'exit', status, output: contentOf(output), error: contentOf(error).toString('utf8') };
  } finally {
    closeSync(output);
    closeSync(error);
  }
}

function giveUp({ pid = 0 }: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended just now.
  }
  // It may keep this process from ending as usual.
  noteThread();
}

/** proc(5), /proc/pid/stat: state and, as its last field, the status as wait(2) gives it. null: it runs. */
function statusOf({ pid, exitCode }: ChildProcess): number | null {
  if (exitCode !== null) return exitCode;
  const text = procText(`/proc/${pid}/stat`);
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  const [state = ''] = fields;
  if (state !== 'Z' && state !== 'X' && text !== '') return null;
  const waited = Number(fields.at(-1));
  // By a signal: as a shell tells it.
  return (waited & 0x7f) === 0 ? waited >> 8 : 128 + (waited & 0x7f);
}

function contentOf(fd: number): Buffer {
  const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, KEPT_BYTES));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
}
