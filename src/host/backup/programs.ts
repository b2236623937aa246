// Owns starting the programs of a backup: as the service's user, with little priority, dying with us, ended by a signal; and a
// server in a network of its own. Must not know which programs they are, nor pass on our environment.
import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { errnoOf } from '../../values/errno.ts';
import { printable } from '../../values/quote.ts';
import { becoming, run, SEARCH_PATH } from '../process.ts';

export interface As {
  readonly uid: number;
  readonly gid: number;
}

export interface Started {
  readonly argv: readonly string[];
  readonly as: As;
  readonly environment?: Readonly<Record<string, string>>;
  /** null: it is fed. */
  readonly input?: string | null;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  /** Of a server: its network is the one of this process. */
  readonly networkOf?: number;
  /** These are an end as it should be, beside 0. */
  readonly answers?: readonly number[];
  /** It starts others that would outlive it: none of them does, however we end. */
  readonly hasOthers?: boolean;
}

const TIMEOUT_MS = 10 * 60_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;
const STDERR_BYTES = 16 * 1024;
const GRACE_MS = 5000;
/** Idle, where the disk's scheduler knows that; and after all others for the processors. */
const MEEK = ['nice', '-n', '19', 'ionice', '-c', '3', '-t'];

/** Its standard output. Throws a Problem where it does not end as it should. */
export async function runAs(started: Started): Promise<string> {
  return (await answerOf(started)).stdout;
}

/** With the end of what it said on standard error. */
export async function answerOf(
  started: Started,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const stderr = await finished(started, (stdout, child) => {
    stdout.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= OUTPUT_BYTES) pieces.push(piece);
      else child.kill('SIGTERM');
    });
    return Promise.resolve();
  });
  return { stdout: Buffer.concat(pieces).toString('utf8'), stderr };
}

/** `use` is given its standard output, and reads all of it. */
export async function pipeAs(started: Started, use: (stdout: Readable) => Promise<void>): Promise<void> {
  await finished(started, use);
}

/** Its standard input is `source`. Its standard output. Throws a Problem where either does not end as it should. */
export async function feedAs(started: Started, source: (stdin: Writable) => Promise<void>): Promise<string> {
  const pieces: Buffer[] = [];
  await finished({ ...started, input: null }, async (stdout, child) => {
    stdout.on('data', (piece: Buffer) => pieces.push(piece));
    try {
      await source(child.stdin as Writable);
    } catch (error) {
      // It reads no more: tar, once it has seen the end. Its exit status and its own words say more than that.
      if (!READS_NO_MORE.includes(errnoOf(error) ?? '')) throw error;
    }
  });
  return Buffer.concat(pieces).toString('utf8');
}

const READS_NO_MORE: readonly string[] = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];

async function finished(
  started: Started,
  use: (stdout: Readable, child: ChildProcess) => Promise<void>,
): Promise<string> {
  const { argv, signal, timeoutMs = TIMEOUT_MS, answers = [] } = started;
  if (signal.aborted) throw stopped();
  const child = start(started);
  const stderr = lastWords(child.stderr);
  let cut: 'timeout' | 'stopped' | null = null;
  const cutShort = (why: 'timeout' | 'stopped') => {
    cut ??= why;
    endGroup(child);
  };
  const timer =
    timeoutMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => cutShort('timeout'), timeoutMs);
  const onAbort = () => cutShort('stopped');
  signal.addEventListener('abort', onAbort, { once: true });
  const ended = endOf(child);
  child.stdin?.on('error', () => {});
  if (started.input !== null) child.stdin?.end(started.input ?? '');
  try {
    const used = use(child.stdout as Readable, child).catch((error: unknown) => {
      endGroup(child);
      return error ?? new Error('cannot read what it says');
    });
    const end = await ended;
    const failure = await used;
    if (signal.aborted) throw stopped();
    // A full disk at our end ends the program, which is not to blame.
    if (failure instanceof Problem) throw failure;
    if (end.status !== 0 && !answers.includes(end.status ?? -1))
      throw failed(argv, cut === 'timeout' ? `no end within ${timeoutMs / 1000} s` : end.how, stderr());
    if (READS_NO_MORE.includes(errnoOf(failure ?? {}) ?? ''))
      throw failed(argv, 'its output is kept open by what it has started', stderr());
    if (failure !== undefined) throw failure;
    return wordsOf(stderr()).join('\n');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

export interface Server {
  readonly pid: number;
  /** It has its own network by now: until then nothing may be asked in it. */
  isApart(): boolean;
  /** How it ended, with what it said; null: it runs. */
  ended(): string | null;
  /** SIGTERM, and after a while SIGKILL. */
  stop(): Promise<void>;
}

/** In a network of its own, in which there is only 127.0.0.1. */
export function startServer(started: Started): Server {
  const child = start(started, [
    'unshare',
    '--net',
    '--',
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
  ]);
  const stderr = lastWords(child.stderr);
  const stdout = lastWords(child.stdout);
  let how: string | null = null;
  const ended = endOf(child).then((end) => {
    how = [end.how, ...wordsOf(stderr()), ...wordsOf(stdout())].join('; ');
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(started.input ?? '');
  return {
    pid: child.pid ?? -1,
    isApart: () => {
      const theirs = networkOf(`${child.pid}`);
      return how === null && theirs !== null && theirs !== networkOf('self');
    },
    ended: () => how,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => endGroup(child, 'SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
      endGroup(child, 'SIGKILL');
    },
  };
}

function networkOf(process: string): string | null {
  try {
    return readlinkSync(`/proc/${process}/ns/net`);
  } catch {
    return null;
  }
}

/** A server writes down what it has. */
const STOP_MS = 60_000;

/** Processes of their own: with the first of them the kernel ends all. */
const ALONE = ['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', '--pid', '--fork', '--'];

function start(
  { argv, as, environment = {}, networkOf, hasOthers = false }: Started,
  before: readonly string[] = hasOthers ? ALONE : [],
): ChildProcess {
  const inNetwork = networkOf === undefined ? [] : ['nsenter', `--net=/proc/${networkOf}/ns/net`, '--'];
  const user = as.uid === 0 ? [] : becoming(as);
  const words = [...before, ...inNetwork, 'setpriv', ...user, '--pdeathsig', 'KILL', '--', ...MEEK, ...argv];
  return spawn(words[0] ?? '', words.slice(1), {
    cwd: '/',
    env: { PATH: SEARCH_PATH, LC_ALL: 'C.UTF-8', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

interface End {
  readonly status: number | null;
  readonly how: string;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ status: null, how: message }));
    child.on('close', (status, signal) =>
      resolve({ status, how: signal === null ? `exit status ${status}` : `killed by ${signal}` }),
    );
    child.on('exit', () => hearItsRest(child));
  });
}

const SILENCE_MS = 10_000;

/** What it started may keep its output open for ever. All that is still in there is read; after a while without any it is closed. */
function hearItsRest({ stdout, stderr }: ChildProcess): void {
  let last = -1;
  const timer = setInterval(() => {
    const read = [stdout, stderr].reduce((sum, one) => sum + ((one as Socket | null)?.bytesRead ?? 0), 0);
    const isOver = [stdout, stderr].every((one) => one === null || one.destroyed || one.readableEnded);
    // What has been read and not been used yet is not lost: somebody reads slowly.
    const isWaiting = [stdout, stderr].some((one) => (one?.readableLength ?? 0) > 0);
    if (isOver) clearInterval(timer);
    else if (read === last && !isWaiting) {
      clearInterval(timer);
      for (const one of [stdout, stderr]) one?.destroy();
    }
    last = read;
  }, SILENCE_MS);
  timer.unref();
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  if (child.pid === undefined) return;
  const send = (one: NodeJS.Signals) => {
    try {
      process.kill(-(child.pid as number), one);
    } catch {
      // All of it has ended.
    }
  };
  send(signal);
  if (signal === 'SIGTERM') setTimeout(() => send('SIGKILL'), GRACE_MS).unref();
}

/** All is read, the end is kept: there a server says why it ends. */
function lastWords(stream: Readable | null): () => string {
  let kept = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_BYTES);
  });
  return () => kept;
}

const LINES_SHOWN = 8;

function wordsOf(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-LINES_SHOWN)
    .map((line) => printable(line.trim(), 300));
}

export function stopped(): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_STOPPED', 'cannot finish: it was stopped', { detail: 'nothing half done is kept' }),
  ]);
}

function failed(argv: readonly string[], how: string, said: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_TOOL', 'cannot run a tool of the service to its end', {
      detail: [`command: ${argv.join(' ')}`, `found: ${how}`, ...wordsOf(said)],
      hint: 'see what the service itself says: sudo journalctl --lines 30',
    }),
  ]);
}

/** Returns when all that was written on that file system is on the disk. */
export function syncFileSystem(path: string): void {
  run(['sync', '--file-system', '--', path]);
}
