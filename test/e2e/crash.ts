// Owns killing a command on a throwaway host with SIGKILL at an exact system call. Uses strace; must not know what the
// command does.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { RunOptions, RunResult, ThrowawayHost } from './throwaway-host.ts';

/**
 * Killed here, the command has done everything before `call` and not `call` itself: the kernel gives a system call up
 * when its process is killed on the way in.
 */
export interface KillPoint {
  readonly syscall: string;
  /** The n-th call of that name, of those on `path` where it is set; from 1. */
  readonly n: number;
  readonly path: string | null;
  /** As strace prints it, with all that is written. */
  readonly call: string;
  /** The program that this call starts, or waits for. */
  readonly program: string | null;
}

/** On a mount of the host's own, so that it is no change. */
const LOG = '/dev/shm/crash-log';

/** Of what is written: whole records. */
const SHOWN_BYTES = 4000;

/** Change a file system or start a program: between two of them there is nothing new to find after a crash. */
const CHANGE_NAMES = [
  ...['mkdir', 'mkdirat', 'rmdir', 'unlink', 'unlinkat', 'rename', 'renameat', 'renameat2'],
  ...['link', 'linkat', 'symlink', 'symlinkat', 'mknod', 'mknodat'],
  ...['chown', 'lchown', 'fchown', 'fchownat', 'chmod', 'fchmod', 'fchmodat', 'fchmodat2'],
  ...['setxattr', 'lsetxattr', 'fsetxattr', 'utimensat'],
] as const;
const FILE_CONTENT = [
  'write',
  'pwrite64',
  'writev',
  'truncate',
  'ftruncate',
  'fallocate',
  'fsync',
  'fdatasync',
];
const OPENS = ['open', 'openat', 'openat2', 'creat'];
const CHILDREN = ['fork', 'vfork', 'clone', 'clone3', 'wait4', 'waitid'];
const TRACED = [...CHANGE_NAMES, ...FILE_CONTENT, ...OPENS, ...CHILDREN, 'close'];

/**
 * Runs the command to its end and lists where it can be killed, in order: calls of its main thread. Node's other threads
 * change nothing, and the programs it starts are not killed with it.
 */
export function killPoints(
  host: ThrowawayHost,
  argv: readonly string[],
  options: RunOptions = {},
): { readonly result: RunResult; readonly points: readonly KillPoint[] } {
  const names = [...TRACED, 'execve'].map((name) => `?${name}`).join(',');
  // One log a thread: no line is broken by another's.
  const result = host.run(strace([`trace=${names}`], argv, ['-ff', '-s', String(SHOWN_BYTES)]), options);
  const prefix = `${basename(LOG)}.`;
  const directory = host.path(dirname(LOG));
  const logs = new Map<number, readonly string[]>();
  for (const name of readdirSync(directory).filter((name) => name.startsWith(prefix))) {
    logs.set(Number(name.slice(prefix.length)), readFileSync(`${directory}/${name}`, 'utf8').split('\n'));
    rmSync(`${directory}/${name}`);
  }
  const main = Math.min(...logs.keys());
  return { result, points: pointsOf(logs.get(main) ?? [], (pid) => programOf(logs.get(pid) ?? [])) };
}

/** The last one started: names are tried along the PATH. */
function programOf(log: readonly string[]): string | null {
  const line = log.findLast((line) => line.startsWith('execve(') && line.endsWith('= 0'));
  return line === undefined ? null : (/^execve\("([^"]*)"/.exec(line)?.[1] ?? null);
}

/**
 * Those that leave a host of their own behind. Killed at a sync or a wait, the host is as it is at the next call: what
 * SIGKILL leaves is in the kernel's hands, synced or not. The same goes for programs that only `read`.
 */
export function distinct(points: readonly KillPoint[], readers: readonly string[]): readonly KillPoint[] {
  const same = ['fsync', 'fdatasync', 'wait4', 'waitid'];
  return points.filter(
    ({ syscall, program }) =>
      !same.includes(syscall) && !(program !== null && readers.includes(basename(program))),
  );
}

/** Fails where the command ended before it came to the point, and where it was stopped at another. */
export function runKilled(
  host: ThrowawayHost,
  argv: readonly string[],
  point: KillPoint,
  options: RunOptions = {},
): RunResult {
  const { syscall, n } = point;
  const result = host.run(killAt(point, argv), options);
  const [last = '', end = ''] = readLog(host).slice(-2);
  if (result.signal !== 'SIGKILL' || !end.includes('killed by SIGKILL') || !last.startsWith(`${syscall}(`))
    throw new Error(
      `not killed at ${syscall} ${n} (${point.call.slice(0, 200)}): status ${result.status}, signal ${result.signal}, ` +
        `last call ${last}\n${result.stdout}${result.stderr}`,
    );
  return result;
}

function killAt({ syscall, n, path }: KillPoint, argv: readonly string[]): string[] {
  const at = path === null ? [] : ['-P', path];
  return strace([`trace=${syscall}`, `inject=${syscall}:signal=KILL:when=${n}`], argv, at);
}

function strace(rules: readonly string[], argv: readonly string[], more: readonly string[] = []): string[] {
  const expressions = rules.flatMap((rule) => ['-e', rule]);
  return ['strace', '-qq', '-y', '-o', LOG, ...more, ...expressions, '--', ...argv];
}

function readLog(host: ThrowawayHost): readonly string[] {
  return readFileSync(host.path(LOG), 'utf8').trimEnd().split('\n');
}

/** Exported for its test only. `programOf` names the program that a process became. */
export function pointsOf(
  log: readonly string[],
  programOf: (pid: number) => string | null,
): readonly KillPoint[] {
  const counts = new Map<string, number>();
  const count = (key: string): number => {
    const n = (counts.get(key) ?? 0) + 1;
    counts.set(key, n);
    return n;
  };
  const points: KillPoint[] = [];
  let fresh: number | null = null;
  for (const line of log) {
    const syscall = /^(\w+)\(/.exec(line)?.[1];
    if (syscall === undefined) continue;
    const n = count(syscall);
    // Node writes to pipes and events of its own whenever it likes: writes are counted file by file.
    const file = FILE_CONTENT.includes(syscall) ? (/^\w+\(\d+<(\/[^>]*)>/.exec(line)?.[1] ?? null) : null;
    const nOfFile = file === null ? 0 : count(`${syscall} ${file}`);
    const call = line.replace(/\s+= .*$/, '');
    const child: number = isFork(syscall, line)
      ? Number(/= (\d+)$/.exec(line)?.[1])
      : Number(/^wait4\((\d+)/.exec(line)?.[1] ?? fresh);
    const program = programOf(child);
    if (file !== null && !/^\/(dev|proc|sys)\//.test(file))
      points.push({ syscall, n: nOfFile, path: file, call, program: null });
    else if (matters(syscall, line, fresh !== null))
      points.push({ syscall, n, path: null, call, program: startsOrWaits(syscall) ? program : null });
    if (isFork(syscall, line)) fresh = child;
    else if (syscall === 'close') fresh = null;
  }
  return points;
}

function startsOrWaits(syscall: string): boolean {
  return syscall === 'close' || CHILDREN.includes(syscall);
}

function matters(syscall: string, line: string, justForked: boolean): boolean {
  if ((CHANGE_NAMES as readonly string[]).includes(syscall)) return true;
  if (OPENS.includes(syscall)) return /\bO_(CREAT|TRUNC|TMPFILE)\b/.test(line);
  // The first after a fork: killed here, the child goes on alone. Not the read of the child's first word that follows: Node
  // also reads what its threads wake it with, as often as it happens, and the n-th would be another one.
  if (syscall === 'close') return justForked;
  if (syscall === 'wait4' || syscall === 'waitid') return true;
  return isFork(syscall, line);
}

function isFork(syscall: string, line: string): boolean {
  return ['fork', 'vfork', 'clone', 'clone3'].includes(syscall) && !line.includes('CLONE_THREAD');
}

export interface Sabotage extends Disposable {
  /** The program runs as it is again. */
  end(): void;
}

/**
 * Puts a program before the system's own, in /usr/local/sbin, that runs it and kills it at a point: what a crash in
 * the middle of it leaves. With `parentToo` the command that started it dies with it, as in a power cut. A program
 * that does not come to the point ends as it does.
 */
export function sabotage(
  host: ThrowawayHost,
  program: string,
  { point, parentToo }: { readonly point: KillPoint; readonly parentToo: boolean },
): Sabotage {
  const real = host.run(['sh', '-c', `command -v ${program}`]).stdout.trim();
  if (real === '' || real.startsWith('/usr/local/sbin/')) throw new Error(`cannot sabotage ${program}`);
  const killed = `${killAt(point, [real]).join(' ')} "$@"`;
  // Without `exec` the shell outlives it and can kill the parent; with it the parent sees the signal.
  const lines = parentToo
    ? [killed, 'status=$?', '[ $status -lt 128 ] || kill -KILL $PPID', 'exit $status']
    : [`exec ${killed}`];
  return replace(host, program, lines);
}

/** Puts a shell script in a program's place. */
export function replace(host: ThrowawayHost, program: string, lines: readonly string[]): Sabotage {
  const file = host.path(`/usr/local/sbin/${program}`);
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'), { flag: 'wx' });
  chmodSync(file, 0o755);
  const end = () => rmSync(file, { force: true });
  return { end, [Symbol.dispose]: end };
}
