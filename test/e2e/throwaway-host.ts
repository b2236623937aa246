// Owns a machine to break: an overlay of this machine's own root (or of another tree) in namespaces of its own, started
// in milliseconds.
// Whatever is done inside lands in the overlay's upper directory, which is on a tmpfs and is gone when the host stops.
// Must not know the product, but for what a use of it leaves on a machine: no host starts with that.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  globSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasEnded, openLog, readLog, sleep } from './holder.ts';

export interface HostOptions {
  /** A root file system to lie on instead of this machine's own. Only read. Such a host has a network of its own, too. */
  readonly tree?: string;
  /** Directories of this machine, by where they are to be seen inside; read-only. Not part of `changes()`. */
  readonly binds?: Readonly<Record<string, string>>;
  /** No user, group and configuration of a service is there, nothing of theirs below /var, whatever packages this machine has. */
  readonly freshAccounts?: boolean;
  /** Shell commands that run first, as root inside. What they leave is the start, not part of `changes()`. */
  readonly prepare?: string;
  /** Small disks (tmpfs): `size` as mount(8) takes it, for example `64k`. Not part of `changes()`. */
  readonly disks?: readonly { readonly at: string; readonly size: string }[];
  /** Directories that are mounted by themselves, so that who goes through their file system need not go through all. */
  readonly mounted?: readonly string[];
}

export interface RunOptions {
  /** Added to a clean environment: nothing of the test's own is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** With its primary group and no other; root when left out. */
  readonly asUser?: string;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostProcess {
  /** Signals the program itself. Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  readonly stdout: NodeJS.ReadableStream;
  readonly ended: Promise<RunResult>;
}

export interface ThrowawayHost extends Disposable {
  run(argv: readonly string[], options?: RunOptions): RunResult;
  /** In the background; dies with the host. */
  spawn(argv: readonly string[], options?: RunOptions): HostProcess;
  /**
   * Where the test finds an absolute path of the host. An absolute link on the way leads out of the host again:
   * ask for the path behind it.
   */
  path(inside: string): string;
  /**
   * Everything that differs from the start, sorted by path: `created /x`, `deleted /x`, `changed /x` (type, owner, mode
   * or content), `rewritten /x` (a file that was written or touched and holds the same). All of the host but
   * what is mounted on it: /proc, /sys, /dev, disks.
   */
  changes(): readonly string[];
  /** Back to what was prepared: its changes, its disks and what is mounted in it are forgotten. Its processes must have ended. */
  reset(): void;
  /** Kills what still runs and forgets the disk. May be called twice. */
  stop(): void;
}

export const SERVICE_ACCOUNTS = ['postgres', 'clickhouse', 'kafka', 'mongodb', 'redis', 'docker'] as const;

/** Where packages put what their services read. */
export const CONFIGURATIONS = [
  '/etc/postgresql',
  '/etc/redis',
  '/etc/valkey',
  '/etc/clickhouse-server',
  '/etc/mongod.conf',
  '/etc/docker',
  '/opt/kafka',
  '/etc/systemd/system/docker.service',
  '/usr/lib/systemd/system/docker.service',
] as const;

/** Patterns. Accounts are not among them: see `freshAccounts`. */
const LEFT_BEHIND = [
  '/data',
  '/etc/{jts,cron.d/jts-hot,logrotate.d/jts-hot,default/jts-hot}',
  '/etc/systemd/system/{,*.wants/}jts-hot*',
  '/usr/local/{bin/jts-*,libexec/jts-hot}',
  '/var/{lib/jts-hot,log/jts-storage-*}',
] as const;

export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Where this process leaves which lines it went through (test/run.ts). Not for the programs that it starts, which would be
 * slower and count for nothing; a test that hands it on brings back what is left there (`bringBackCoverage`).
 */
const { NODE_V8_COVERAGE: COVERAGE } = process.env;
delete process.env['NODE_V8_COVERAGE'];
const COVERAGE_INSIDE = '/tmp/coverage-inside';

/** Environment of a run that counts, where it is counted. */
export const COUNTED: Readonly<Record<string, string>> =
  COVERAGE === undefined ? {} : { NODE_V8_COVERAGE: COVERAGE_INSIDE };

/** The same of a program of ours that sees the files of this machine. */
export const COUNTED_BESIDE: Readonly<Record<string, string>> =
  COVERAGE === undefined ? {} : { NODE_V8_COVERAGE: COVERAGE };

export function bringBackCoverage(host: Pick<ThrowawayHost, 'path'>): void {
  if (COVERAGE !== undefined) cpSync(host.path(COVERAGE_INSIDE), COVERAGE, { recursive: true });
}

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
} as const;

/** In the host's mount namespace only; hides nothing that a test needs, and every Debian has it. */
const PLACE = '/mnt';
const PIECE = 64 * 1024;
const START_TIMEOUT_MS = 60_000;
const RUN_TIMEOUT_MS = 120_000;

/** What test/servers/install.sh has fetched: whole systems, whose files belong to numbers that mean other users here. */
const FETCHED = '/var/cache/jts-hot-test';

/**
 * Shell commands that keep these from a host, before its layers are put together: nothing is copied or gone through. A device
 * 0:0 in an upper directory says: nothing is there.
 */
export function hiding(layer: string, paths: readonly string[], tree = '/'): string {
  const there = [...new Set(paths)].filter((path) => entry(join(tree, path)) !== undefined);
  if (there.length === 0) return '';
  const above = (path: string): readonly string[] => (path === '/' ? [] : [...above(dirname(path)), path]);
  const parents = [...new Set(there.flatMap((path) => above(dirname(path))))];
  const words = (them: readonly string[]) => them.map((path) => quoted(path.slice(1))).join(' ');
  return `tar -C ${quoted(tree)} --no-recursion -cf - ${words(parents)} | tar -C ${layer} -xpf -
cd ${layer}
for path in ${words(there)}; do mknod "$path" c 0 0; done
cd ..`;
}

/** Where it is on a file system of its own, no host sees it anyway. */
export function fetched(): readonly string[] {
  return entry(FETCHED)?.dev === statSync('/').dev ? [FETCHED] : [];
}

// Two mounts: what is prepared lies in a layer of its own, so that the upper directory holds the test's changes only.
// Devices are few and the host's own, so that what a test does to /dev/null is not done to the machine's.
// `xino=on` keeps inode numbers for the life of the host, as on a disk. The last process stays as the
// namespace's init: it ends when its standard input does, that is at the latest with the test, and the kernel then
// kills all others. It ignores SIGCHLD so that orphans leave no zombies.
const START = `set -eu
read -r pid _ < /proc/self/stat
mount -t tmpfs -o mode=0755 tmpfs ${PLACE}
cd ${PLACE}
mkdir dev prepared prepared-work upper work root
mount -t tmpfs -o mode=0755 tmpfs dev
for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  set -- $node
  mknod -m 666 "dev/$1" c "$2" "$3"
done
mkdir dev/pts
mkdir -m 1777 dev/shm
mount -t devpts -o newinstance,gid=5,mode=0620,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in '0 stdin' '1 stdout' '2 stderr'; do ln -s "/proc/self/fd/\${number% *}" "dev/\${number#* }"; done
if [ "$TREE" != / ]; then ip link set lo up; fi
lower=$TREE
if [ -n "$HIDING" ]; then
  eval "$HIDING"
  lower=${PLACE}/prepared:$TREE
fi
if [ -n "$PREPARE" ]; then
  mount -t overlay -o "lowerdir=$TREE,upperdir=prepared,workdir=prepared-work,xino=on" overlay root
  mount --rbind dev root/dev
  chroot root sh -euc "$PREPARE"
  umount --recursive root
  lower=${PLACE}/prepared:$TREE
fi
echo "$lower" > lower
eval "$ASSEMBLE"
echo "ready $pid"
exec env --ignore-signal=CHLD cat > /dev/null`;

/** From the layers to a root that can be lived in: at the start, and again after each reset. */
const ASSEMBLE = `mount -t overlay -o "lowerdir=$(cat lower),upperdir=upper,workdir=work,xino=on" overlay root
mount -t proc proc root/proc
mount --bind -o ro /sys root/sys
mount --rbind dev root/dev
eval "$MOUNTS"`;

/** Whatever is mounted or flagged in it: the upper directory goes, and what was prepared stays. */
const RESET = `set -eu
cd ${PLACE}
umount --recursive root 2>/dev/null || umount --lazy root
chattr -R -f -i -a upper 2>/dev/null || true
rm -rf upper work
mkdir upper work
eval "$ASSEMBLE"`;

/** Throws with what the commands said where this machine cannot do it (no root, no overlay). */
export function startHost(options: HostOptions = {}): ThrowawayHost {
  const log = openLog();
  const { tree = '/' } = options;
  const namespaces = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--propagation', 'private'];
  if (tree !== '/') namespaces.push('--net');
  const holder = spawn('unshare', [...namespaces, 'sh', '-c', START], {
    env: {
      ...ENVIRONMENT,
      TREE: tree,
      HIDING: tree === '/' ? hiding('prepared', fetched()) : '',
      PREPARE: preparation(options),
      MOUNTS: mounts(options),
      ASSEMBLE,
    },
    stdio: ['pipe', log, log],
  });
  // A test that forgets to stop its host still ends.
  holder.unref();
  (holder.stdin as unknown as { unref(): void } | null)?.unref();
  holder.on('error', () => {});
  try {
    return hostOf({ pid: waitUntilReady(holder, log), tree, mountsAgain: mounts(options) });
  } catch (error) {
    holder.kill('SIGKILL');
    throw error;
  } finally {
    closeSync(log);
  }
}

/** By the overlay itself: what lies beside it is then known by where it came from. */
function removedIn({ tree, freshAccounts }: HostOptions): readonly string[] {
  const theirs = [
    ...(tree === undefined ? leftBehind() : []),
    ...(freshAccounts ? [...CONFIGURATIONS, ...madeByPackages(tree ?? '/')] : []),
  ];
  return theirs.filter((path) => entry(join(tree ?? '/', path)) !== undefined);
}

function leftBehind(): readonly string[] {
  const left = globSync(LEFT_BEHIND).filter((path) => !`${REPOSITORY}/`.startsWith(`${path}/`));
  // With the directory that was made for nothing else.
  const alone = namesIn('/usr/local/libexec').join() === 'jts-hot';
  return left.map((path) => (alone && path === '/usr/local/libexec/jts-hot' ? dirname(path) : path));
}

const found = new Map<string, readonly string[]>();

/** What packages have made below /var for the users and groups of services: their numbers are given anew. Looked for once. */
function madeByPackages(tree: string): readonly string[] {
  const known = found.get(tree);
  if (known !== undefined) return known;
  const numbers = (file: string) =>
    readFileSync(join(tree, file), 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter(([name]) => (SERVICE_ACCOUNTS as readonly string[]).includes(name ?? ''))
      .map(([, , number = '']) => number);
  const theirs = [
    ...numbers('etc/passwd').flatMap((uid) => ['-o', '-uid', uid]),
    ...numbers('etc/group').flatMap((gid) => ['-o', '-gid', gid]),
  ].slice(1);
  const argv = [
    'var',
    '-xdev',
    '-path',
    FETCHED.slice(1),
    '-prune',
    '-o',
    '(',
    ...theirs,
    ')',
    '-prune',
    '-print0',
  ];
  // Others may take files away meanwhile, which it complains of.
  const { stdout } =
    theirs.length === 0 ? { stdout: '' } : spawnSync('find', argv, { cwd: tree, encoding: 'utf8' });
  const paths = stdout
    .split('\0')
    .filter((path) => path !== '')
    .map((path) => `/${path}`);
  found.set(tree, paths);
  return paths;
}

function preparation(options: HostOptions): string {
  const lines: string[] = [];
  const removed = removedIn(options);
  if (removed.length > 0) lines.push(`rm -rf -- ${removed.map(quoted).join(' ')}`);
  if (options.freshAccounts) {
    const names = SERVICE_ACCOUNTS.join('|');
    lines.push(
      `set --; for file in passwd shadow group gshadow subuid subgid; do [ ! -e /etc/$file ] || set -- "$@" /etc/$file; done`,
      // Twice: of two members side by side the first match takes the comma between them.
      `sed -E -i '/^(${names}):/d; s/([:,])(${names})(,|$)/\\1/; s/([:,])(${names})(,|$)/\\1/; s/,$//' "$@"`,
    );
  }
  if (options.tree !== undefined)
    lines.push(`printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n' "$(hostname)" > /etc/hosts`);
  for (const disk of options.disks ?? []) lines.push(`mkdir -p ${quoted(disk.at)}`);
  for (const at of options.mounted ?? []) lines.push(`mkdir -p ${quoted(at)}`);
  for (const at of Object.keys(boundIn(options))) lines.push(`mkdir -p ${quoted(at)}`);
  if (options.prepare !== undefined) lines.push(options.prepare);
  return lines.join('\n');
}

function mounts(options: HostOptions): string {
  const lines = [
    ...(options.mounted ?? []).map((at) => `mount --bind root${quoted(at)} root${quoted(at)}`),
    ...(options.disks ?? []).map(
      (disk) => `mount -t tmpfs -o mode=0755,size=${quoted(disk.size)} tmpfs root${quoted(disk.at)}`,
    ),
    ...Object.entries(boundIn(options)).map(
      ([inside, outside]) => `mount --bind -o ro ${quoted(outside)} root${quoted(inside)}`,
    ),
  ];
  return lines.join('\n');
}

/** The overlay shows the root file system (or the tree) alone: a checkout on another one is mounted into it. */
function boundIn({ tree, binds = {} }: HostOptions): Readonly<Record<string, string>> {
  const isElsewhere = tree !== undefined || statSync(REPOSITORY).dev !== statSync('/').dev;
  return isElsewhere ? { [REPOSITORY]: REPOSITORY, ...binds } : binds;
}

/** The init's process id, as this process sees it. */
function waitUntilReady(holder: ChildProcess, log: number): number {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const text = readLog(log);
    const ready = /^ready (\d+)$/m.exec(text);
    if (ready) return Number(ready[1]);
    if (hasEnded(holder.pid) || Date.now() > deadline)
      throw new Error(`cannot start a throwaway host: ${text.trim() || 'unshare did not run'}`);
    sleep(2);
  }
}

interface Held {
  /** Of the init, as this process sees it. */
  readonly pid: number;
  readonly tree: string;
  readonly mountsAgain: string;
}

function hostOf({ pid, tree, mountsAgain }: Held): ThrowawayHost {
  const place = `/proc/${pid}/root${PLACE}`;
  const root = `${place}/root`;
  let stopped = false;

  const command = (argv: readonly string[], options: RunOptions): string[] => {
    if (stopped) throw new Error('the throwaway host has been stopped');
    const inside = options.cwd === undefined ? argv : ['env', '-C', options.cwd, ...argv];
    const identity = options.asUser === undefined ? [] : becoming(options.asUser, `${root}/etc/passwd`);
    const namespaces = [
      `--target=${pid}`,
      '--mount',
      '--pid',
      '--ipc',
      '--net',
      `--root=${root}`,
      `--wd=${root}`,
    ];
    return [...namespaces, '--', ...identity, ...inside];
  };

  const stop = () => {
    if (stopped) return;
    stopped = true;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      return; // It ended by itself: everything in it did too.
    }
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!hasEnded(pid)) {
      if (Date.now() > deadline) throw new Error(`cannot stop the throwaway host: process ${pid} stays`);
      sleep(1);
    }
  };

  return {
    run(argv, options = {}) {
      const result = spawnSync('nsenter', command(argv, options), {
        env: { ...ENVIRONMENT, ...options.env },
        input: options.input ?? '',
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
        timeout: options.timeoutMs ?? RUN_TIMEOUT_MS,
        killSignal: 'SIGKILL',
      });
      if (result.error) throw new Error(`cannot run ${argv.join(' ')}`, { cause: result.error });
      const { status, signal, stdout, stderr } = result;
      return { status, signal, stdout, stderr };
    },
    spawn(argv, options = {}) {
      const child = spawn('nsenter', command(argv, options), { env: { ...ENVIRONMENT, ...options.env } });
      child.stdin.on('error', () => {});
      child.stdin.end(options.input ?? '');
      return processOf(child);
    },
    path: (inside) => `${root}${inside}`,
    changes: () =>
      differences({
        upper: `${place}/upper`,
        prepared: `${place}/prepared`,
        tree: tree === '/' ? '' : tree,
        merged: root,
      }),
    reset() {
      const { status, stdout, stderr } = spawnSync(
        'nsenter',
        [`--target=${pid}`, '--mount', '--pid', '--ipc', '--', 'sh', '-c', RESET],
        { env: { ...ENVIRONMENT, MOUNTS: mountsAgain, ASSEMBLE }, encoding: 'utf8' },
      );
      if (status !== 0) throw new Error(`cannot reset the throwaway host: ${stdout}${stderr}`);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

function becoming(user: string, passwdFile: string): readonly string[] {
  const account = readFileSync(passwdFile, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user);
  if (!account) throw new Error(`the throwaway host has no user ${user}`);
  return ['setpriv', `--reuid=${account[2]}`, `--regid=${account[3]}`, '--clear-groups'];
}

function processOf(child: ChildProcess): HostProcess {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('the process has no pipes');
  let out = '';
  let err = '';
  stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<RunResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout: out, stderr: err }));
  });
  return {
    stdout,
    ended,
    kill(signal) {
      // The child is nsenter, which passes no signal on: the program is nsenter's own and only child.
      const deadline = Date.now() + START_TIMEOUT_MS;
      while (child.pid !== undefined && child.exitCode === null && !hasEnded(child.pid)) {
        const program = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
        if (program > 0) {
          process.kill(program, signal);
          return;
        }
        if (Date.now() > deadline) throw new Error('nsenter started nothing');
        sleep(2);
      }
    },
  };
}

interface Layers {
  readonly upper: string;
  readonly prepared: string;
  readonly tree: string;
  readonly merged: string;
}

function differences(layers: Layers): readonly string[] {
  const found: { readonly path: string; readonly how: string }[] = [];
  /** By what was prepared, itself or with a directory above it. */
  const isDeleted = (path: string): boolean => {
    if (path === '/') return false;
    if (isDeleted(dirname(path))) return true;
    const stats = entry(`${layers.prepared}${path}`);
    // A character device 0:0 is how an overlay's layer says: deleted.
    return stats?.isCharacterDevice() === true && stats.rdev === 0;
  };
  const before = (path: string): { readonly at: string; readonly stats: Stats | undefined } => {
    const below = `${layers.tree}${path}`;
    if (isDeleted(path)) return { at: below, stats: undefined };
    const at = `${layers.prepared}${path}`;
    const stats = entry(at);
    return stats === undefined ? { at: below, stats: entry(below) } : { at, stats };
  };

  // Only what is in the upper directory can differ; below a directory that replaced another one (`opaque`), what the
  // lower layers hold is gone without a mark, so their names are compared too.
  const visit = (directory: string, isNew: boolean): void => {
    const names = new Set(readdirSync(`${layers.upper}${directory}`));
    if (!isNew) {
      const merged = new Set(readdirSync(`${layers.merged}${directory}`));
      for (const layer of [layers.prepared, layers.tree])
        for (const name of namesIn(`${layer}${directory}/`)) if (!merged.has(name)) names.add(name);
    }
    for (const name of names) {
      const path = `${directory}/${name}`;
      // Nothing was below what was not there: not in a layer below, either.
      const old = isNew ? { at: path, stats: undefined } : before(path);
      const now = entry(`${layers.merged}${path}`);
      if (!now) {
        if (old.stats) found.push({ path, how: 'deleted' });
        continue;
      }
      const how = !old.stats ? 'created' : same(old.at, old.stats, `${layers.merged}${path}`, now);
      if (how) found.push({ path, how });
      if (now.isDirectory()) visit(path, !old.stats?.isDirectory());
    }
  };

  const root = same(`${layers.tree}/`, lstatSync(`${layers.tree}/`), layers.merged, lstatSync(layers.merged));
  if (root) found.push({ path: '/', how: root });
  visit('', false);
  found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return found.map(({ path, how }) => `${how} ${path}`);
}

/** null for a directory that is in the upper directory only because something below it changed. */
function same(oldPath: string, old: Stats, path: string, now: Stats): 'changed' | 'rewritten' | null {
  if (old.mode !== now.mode || old.uid !== now.uid || old.gid !== now.gid) return 'changed';
  if (now.isDirectory()) return null;
  if (now.isSymbolicLink()) return readlinkSync(oldPath) === readlinkSync(path) ? 'rewritten' : 'changed';
  if (!now.isFile()) return old.rdev === now.rdev ? 'rewritten' : 'changed';
  return old.size === now.size && holdSame(oldPath, path) ? 'rewritten' : 'changed';
}

/** In pieces: the image of a disk differs at once. */
function holdSame(one: string, other: string): boolean {
  const files = [openSync(one, 'r'), openSync(other, 'r')] as const;
  try {
    const pieces = [Buffer.alloc(PIECE), Buffer.alloc(PIECE)] as const;
    for (;;) {
      const [read, same] = [readSync(files[0], pieces[0]), readSync(files[1], pieces[1])];
      if (read !== same || !pieces[0].subarray(0, read).equals(pieces[1].subarray(0, read))) return false;
      if (read === 0) return true;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

function entry(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function namesIn(directory: string): readonly string[] {
  return entry(directory)?.isDirectory() ? readdirSync(directory) : [];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
