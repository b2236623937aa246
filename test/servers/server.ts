// Owns how a real server is started on a host as its own user, asked, stopped, and which files it has open. Must not know
// the product, nor any server: each has a file of its own here.
//
// To add a server: have install.sh fetch it; write a file that gives a `Server` (the command line that runs it in the
// foreground from a configuration file, and three questions to it); and a test file that starts it, writes, stops, starts
// again, and reads. A test says `requires(t, 'root', 'real servers')` first.
import { sleep } from '../e2e/holder.ts';
import type { RunResult } from '../e2e/throwaway-host.ts';

/** A throwaway host or a booted one. */
export interface Inside {
  run(argv: readonly string[], options?: { readonly input?: string; readonly timeoutMs?: number }): RunResult;
}

/** Runs a command as the server's user; throws unless it ends with 0. */
export type AsUser = (argv: readonly string[], input?: string) => string;

export interface Asked {
  readonly asUser: AsUser;
  readonly configFile: string;
}

export interface Server {
  readonly name: string;
  /** Runs it in the foreground. */
  readonly argv: (configFile: string) => readonly string[];
  /** `NAME=value` of its environment. */
  readonly env?: readonly string[];
  /** What an orderly stop begins with. */
  readonly stopSignal: 'TERM' | 'INT';
  /** Exit statuses of an orderly stop. */
  readonly stopped: readonly number[];
  /** Throws while it does not answer. */
  readonly ping: (asked: Asked) => void;
  /** Keeps these words, in an order, beside those it has. */
  readonly write: (asked: Asked, words: readonly string[]) => void;
  readonly read: (asked: Asked) => readonly string[];
}

export interface ServerOptions {
  readonly host: Inside;
  readonly server: Server;
  /** An account of the host; its group has the same name. */
  readonly user: string;
  readonly configFile: string;
}

export interface Answering {
  /** Inside the host. */
  readonly pid: number;
  write(words: readonly string[]): void;
  read(): readonly string[];
  /** As `openFilesOf`. */
  openFiles(): readonly string[];
}

export interface RunningServer extends Answering {
  /** Orderly; throws where it does not end, or not as it should. */
  stop(): void;
  /** What it said before it had a log of its own. */
  output(): string;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const PLACE = '/run/test-servers';

// A shell stays as its parent, and leaves its exit status.
const LAUNCH = `mkdir -p ${PLACE}
cd /
rm -f "$1".*
{ exec >/dev/null 2>&1 </dev/null
  at=$1; shift
  "$@" >"$at.out" 2>&1 &
  echo $! >"$at.new" && mv "$at.new" "$at.pid"
  wait $!
  echo $? >"$at.status"
} &
until [ -e "$1.pid" ]; do sleep 0.01; done
cat "$1.pid"`;

/** Waits until it answers; throws with what it said where it ends or does not answer in time. */
export function start(options: ServerOptions): RunningServer {
  const { host, server, user, configFile } = options;
  const at = `${PLACE}/${server.name}`;
  const argv = [
    ...become(user),
    'env',
    '-i',
    ...ENVIRONMENT,
    ...(server.env ?? []),
    ...server.argv(configFile),
  ];
  const launched = host.run(['sh', '-c', LAUNCH, 'sh', at, ...argv]);
  const pid = Number(launched.stdout);
  if (!(pid > 0)) throw new Error(`cannot start ${server.name}: ${launched.stderr}`);
  const output = () => host.run(['cat', `${at}.out`]).stdout;
  const exitStatus = () => {
    const { status, stdout } = host.run(['cat', `${at}.status`]);
    // Made before it is written to.
    return status === 0 && stdout !== '' ? Number(stdout) : null;
  };
  waitUntilItAnswers(options, () => {
    const status = exitStatus();
    return status === null ? null : `it ended with ${status}: ${output()}`;
  });
  return {
    ...answering(options, pid),
    output,
    stop() {
      host.run(['kill', `-${server.stopSignal}`, `${pid}`]);
      const status = waitFor(STOP_TIMEOUT_MS, exitStatus);
      if (status === null) throw new Error(`${server.name} does not stop: ${output()}`);
      if (!server.stopped.includes(status))
        throw new Error(`${server.name} stopped with exit status ${status}: ${output()}`);
    },
  };
}

/** The same by a unit of a booted host, which has the command line and the user. */
export function startUnit(options: ServerOptions, unit: string): RunningServer {
  const { host, server } = options;
  const output = () => runInside(host, ['journalctl', '--no-pager', '--output=cat', '--unit', unit]);
  const property = (name: string) =>
    runInside(host, ['systemctl', 'show', `--property=${name}`, '--value', unit]).trim();
  const started = host.run(['systemctl', 'start', unit]);
  if (started.status !== 0) throw new Error(`cannot start ${unit}: ${started.stderr}${output()}`);
  waitUntilItAnswers(options, () => (property('ActiveState') === 'failed' ? output() : null));
  return {
    ...answering(options, Number(property('MainPID'))),
    output,
    stop() {
      const { status, stderr } = host.run(['systemctl', 'stop', unit], { timeoutMs: STOP_TIMEOUT_MS });
      const result = property('Result');
      if (status !== 0 || result !== 'success')
        throw new Error(`${server.name} does not stop as it should: ${result}: ${stderr}${output()}`);
    },
  };
}

/** One that runs already, for example as a unit of systemd. */
export function answering(options: ServerOptions, pid: number): Answering {
  const { host, server } = options;
  const asked = askedOf(options);
  return {
    pid,
    write: (words) => server.write(asked, words),
    read: () => server.read(asked),
    openFiles: () => openFilesOf(host, pid),
  };
}

/** `ended` says why there will be no answer. */
export function waitUntilItAnswers(options: ServerOptions, ended: () => string | null): void {
  let last: unknown;
  const answered = waitFor(START_TIMEOUT_MS, () => {
    try {
      options.server.ping(askedOf(options));
      return true;
    } catch (error) {
      last = error;
    }
    const why = ended();
    if (why !== null) throw new Error(`cannot start ${options.server.name}: ${why}`);
    return null;
  });
  if (!answered) throw new Error(`${options.server.name} does not answer`, { cause: last });
}

/**
 * Each file and directory that the process and its descendants have open, mapped or as working directory, once, sorted.
 * Of a file that is gone, the path ends in ` (deleted)`. Without devices, /proc, /sys, and the output that we keep.
 */
export function openFilesOf(host: Inside, pid: number): readonly string[] {
  const all = host
    .run(['ps', '-e', '-o', 'pid=,ppid='])
    .stdout.trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/).map(Number));
  const family = [pid];
  for (const one of family)
    family.push(...all.filter(([, parent]) => parent === one).map(([own = 0]) => own));
  const { stdout } = host.run(['sh', '-c', LOOK, 'sh', ...family.map(String)]);
  const paths = stdout.split('\n').filter((path) => path.startsWith('/') && !NO_FILES.test(path));
  return [...new Set(paths)].sort();
}

// Shared memory of System V has names like a file's.
const NO_FILES = new RegExp(`^/((dev|proc|sys)/|SYSV\\w+ |${PLACE.slice(1)}/)`);

const LOOK = `for pid; do
  find "/proc/$pid/fd" "/proc/$pid/cwd" -maxdepth 1 -type l -printf '%l\\n'
  sed -n 's|^[^/]* \\(/.*\\)|\\1|p' "/proc/$pid/maps"
done 2>/dev/null`;

/** Where programs and configuration are, of which a server has files open, too, and the root as working directory. */
const PROGRAMS = /^\/($|(usr|lib\w*|opt|etc)\/)/;

/** The open files that are in none of these directories, programs left out. */
export function filesOutside(files: readonly string[], directories: readonly string[]): readonly string[] {
  return files.filter(
    (path) =>
      !PROGRAMS.test(path) &&
      !directories.some((directory) => path === directory || path.startsWith(`${directory}/`)),
  );
}

/** Runs a command as root, to prepare and to look; throws unless it ends with 0. */
export function runInside(host: Inside, argv: readonly string[], input = ''): string {
  const { status, stdout, stderr } = host.run(argv, { input });
  if (status !== 0) throw new Error(`${argv.join(' ')}: exit status ${status}: ${stderr}${stdout}`);
  return stdout;
}

export function writeInside(host: Inside, path: string, lines: readonly string[]): void {
  runInside(host, ['sh', '-c', 'cat > "$1"', 'sh', path], `${lines.join('\n')}\n`);
}

const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'];

function become(user: string): readonly string[] {
  return ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--'];
}

export function asUserOn(host: Inside, user: string): AsUser {
  return (argv, input) => runInside(host, [...become(user), ...argv], input);
}

function askedOf({ host, user, configFile }: ServerOptions): Asked {
  return { configFile, asUser: asUserOn(host, user) };
}

/** Looks less often as time goes by: each look takes what a starting server could use. */
function waitFor<Value>(milliseconds: number, look: () => Value | null): Value | null {
  const deadline = Date.now() + milliseconds;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 300)) {
    const value = look();
    if (value !== null || Date.now() > deadline) return value;
    sleep(pause);
  }
}
