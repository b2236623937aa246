// Owns starting a program that may never end: it gets its standard input, and is stopped, with all that it started,
// when its time is up. Nothing of our own environment is passed on: there may be secrets in it.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { SEARCH_PATH } from './process.ts';

export interface ProgramRequest {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
  /** Beside PATH and LC_ALL; nothing else is set. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Another user than ours, with this group and no other. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** The beginning of its standard output is wanted. */
  readonly keepsOutput?: true;
  /** One of ours that it gets, under this number, which is 3. */
  readonly descriptor?: { readonly is: number; readonly as: 3 };
}

/** `stderr`: the beginning of it; `stdout`, too, where it was wanted. */
export type ProgramEnd =
  | { readonly ended: 'exit'; readonly status: number; readonly stderr: string; readonly stdout?: string }
  | { readonly ended: 'signal'; readonly signal: string; readonly stderr: string }
  | { readonly ended: 'timeout' | 'stopped'; readonly stderr: string }
  /** With the errno's name. */
  | { readonly ended: 'not started'; readonly error: string };

export type StartProgram = (request: ProgramRequest) => Promise<ProgramEnd>;

const STDERR_KEPT = 4096;
const STDOUT_KEPT = 1024 * 1024;
/** The time between SIGTERM and SIGKILL. */
const GRACE_MS = 1000;
/** The last output may arrive after the end of the program; a child that it left behind may hold the pipe open without end. */
const LAST_WORDS_MS = 100;

/** Never throws: how it ended is the answer. */
export function startProgram(request: ProgramRequest): Promise<ProgramEnd> {
  const { argv, input, environment, timeoutMs, signal, as: user, keepsOutput = false, descriptor } = request;
  if (signal.aborted) return Promise.resolve({ ended: 'stopped', stderr: '' });
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(argv[0], argv.slice(1), {
        cwd: '/',
        env: { PATH: SEARCH_PATH, LC_ALL: 'C.UTF-8', ...environment },
        stdio: [
          'pipe',
          keepsOutput ? 'pipe' : 'ignore',
          'pipe',
          ...(descriptor === undefined ? [] : [descriptor.is]),
        ],
        ...user,
        // A process group of its own: what it starts can be ended with it.
        detached: true,
      });
    } catch (error) {
      resolve({ ended: 'not started', error: (error as NodeJS.ErrnoException).code ?? String(error) });
      return;
    }
    const stderr = keepBeginning(child.stderr, STDERR_KEPT);
    const stdout = keepBeginning(child.stdout, STDOUT_KEPT);
    let cut: 'timeout' | 'stopped' | null = null;
    let killing: NodeJS.Timeout | undefined;

    const cutShort = (why: 'timeout' | 'stopped') => {
      if (cut !== null) return;
      cut = why;
      signalGroup(child, 'SIGTERM');
      killing = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const timer = setTimeout(() => cutShort('timeout'), timeoutMs);
    const onAbort = () => cutShort('stopped');
    signal.addEventListener('abort', onAbort, { once: true });

    const finish = (end: ProgramEnd) => {
      clearTimeout(timer);
      clearTimeout(killing);
      signal.removeEventListener('abort', onAbort);
      // Where it was cut short, the whole group is killed: the first to end may not have been the one that hung.
      if (cut !== null) signalGroup(child, 'SIGKILL');
      child.stdin?.destroy();
      child.stderr?.destroy();
      child.stdout?.destroy();
      resolve(end);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) finish({ ended: 'not started', error: error.code ?? error.message });
    });
    child.on('exit', (status, endSignal) => {
      const end = () => {
        clearTimeout(lastWords);
        if (cut !== null) finish({ ended: cut, stderr: stderr() });
        else if (status !== null)
          finish({ ended: 'exit', status, stderr: stderr(), ...(keepsOutput && { stdout: stdout() }) });
        else finish({ ended: 'signal', signal: endSignal ?? 'unknown', stderr: stderr() });
      };
      const lastWords = setTimeout(end, LAST_WORDS_MS);
      const streams = [child.stderr, child.stdout].filter((stream) => stream !== null);
      const endOfAll = () => streams.every((stream) => stream.readableEnded) && end();
      for (const stream of streams) stream.on('end', endOfAll);
      endOfAll();
    });
    // A program need not read what it is given.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** All is read, so that the program is not held up; the beginning is kept. */
function keepBeginning(stream: Readable | null, most: number): () => string {
  const pieces: Buffer[] = [];
  let kept = 0;
  stream?.on('data', (piece: Buffer) => {
    if (kept >= most) return;
    pieces.push(piece.subarray(0, most - kept));
    kept += piece.length;
  });
  return () => Buffer.concat(pieces).toString('utf8');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // All of it has ended.
  }
}
