// Owns a machine with a running systemd: an overlay of this machine's own root (or of another tree), booted by
// systemd-nspawn in about a second, without network, with disks that are ordered. Whatever is done inside is gone when it
// stops. Must not know the product.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, globSync, readFileSync } from 'node:fs';
import { hasEnded, openLog, readLog, sleep } from './holder.ts';
import { type LoopDisk, type LoopFormat, makeLoopDisk } from './loop-disk.ts';
import { fetched, hiding, REPOSITORY, type RunResult } from './throwaway-host.ts';

export interface BootedRunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface BootedHost extends Disposable {
  run(argv: readonly string[], options?: BootedRunOptions): RunResult;
  /** Where the test finds an absolute path of the host, as `ThrowawayHost.path`. */
  path(inside: string): string;
  /** In an orderly way; ends when it is up again. What was on a tmpfs is gone then, disks and the rest are as they were. */
  reboot(): void;
  /** Its disks, in the order in which they were asked for: their device, inside and outside. */
  readonly devices: readonly string[];
  stop(): void;
}

const BOOT_TIMEOUT_MS = 60_000;
const RUN_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
} as const;

// `xino=on` keeps inode numbers for the life of the host, as on a disk. Of the machine's own services none starts:
// basic.target has its timers and nothing that serves anybody.
const START = `set -eu
mount -t tmpfs -o mode=0755 tmpfs /mnt
cd /mnt
mkdir upper work root
eval "$HIDING"
mount -t overlay -o "lowerdir=$TREE,upperdir=upper,workdir=work,xino=on" overlay root
: > root/etc/machine-id
chroot root sh -euc "$PREPARE"
# 133: it is to boot again.
status=133
while [ $status = 133 ]; do
  status=0
  systemd-nspawn --register=no --keep-unit --quiet --console=pipe "$@" --directory=/mnt/root --boot $BOOT || status=$?
done
exit $status`;

const HIERARCHIES = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'] as const;

// Two hosts in one control group take each other's services for their own.
const IN_OWN_GROUP = `set -eu
for at in ${HIERARCHIES.join(' ')}; do
  if [ -e $at/cgroup.procs ]; then mkdir $at/$GROUP; echo $$ > $at/$GROUP/cgroup.procs; fi
done
exec "$@"`;

/** What dockerd wants of a container that it runs in, beside control groups of version 2. */
const FOR_DOCKER = ['--capability=all', '--system-call-filter=add_key keyctl bpf'] as const;
/** Its layers are overlays, which cannot lie on one: a tmpfs, where no disk is asked for there. */
const DOCKER_ROOT = '/var/lib/docker';

export interface BootedDisk {
  /** Mounted there by a unit. */
  readonly at: string;
  /** Left out: ext4. */
  readonly format?: LoopFormat;
  /** Of the file system; left out: any. */
  readonly uuid?: string;
  /** As truncate(1) takes it; takes room only where something is written. */
  readonly size: string;
}

export interface BootOptions {
  /** Shell commands that run first, as root in its root. */
  readonly prepare?: string;
  /** Directories of this machine, by where they are to be seen inside; read-only. */
  readonly binds?: Readonly<Record<string, string>>;
  /**
   * A root file system to lie on instead of this machine's own. Only read. It boots to multi-user.target, with all
   * services that its packages have enabled; dockerd can run containers in it.
   */
  readonly tree?: string;
  readonly disks?: readonly BootedDisk[];
}

let started = 0;

/** Throws with what was said where it does not come up. */
export function bootHost(options: BootOptions = {}): BootedHost {
  const { tree, disks = [], prepare = '' } = options;
  const made: LoopDisk[] = [];
  try {
    for (const { size, format, uuid } of disks) made.push(makeLoopDisk(size, { format, uuid }));
    const units = disks.map((disk, index) => mountUnit(disk, made[index]?.device ?? ''));
    return boot({ ...options, prepare: [...units, prepare].join('\n') }, made, tree);
  } finally {
    // The host holds them.
    for (const { fd } of made) closeSync(fd);
  }
}

function boot(options: BootOptions, disks: readonly LoopDisk[], tree: string | undefined): BootedHost {
  const { prepare = '', binds = {} } = options;
  const namespaces = [
    '--mount',
    '--propagation',
    'private',
    '--fork',
    '--pid',
    '--mount-proc',
    '--kill-child',
  ];
  const bound = Object.entries(tree === undefined ? binds : { [REPOSITORY]: REPOSITORY, ...binds });
  const nspawn = [
    ...bound.map(([inside, outside]) => `--bind-ro=${outside}:${inside}`),
    ...disks.map(({ device }) => `--bind=${device}`),
    ...(tree === undefined ? [] : ['--private-network', ...FOR_DOCKER]),
    ...(tree === undefined || options.disks?.some(({ at }) => at === DOCKER_ROOT)
      ? []
      : [`--tmpfs=${DOCKER_ROOT}`]),
  ];
  const group = `jts-hot-test-${process.pid}-${++started}`;
  if (tree !== undefined) forgetLeft();
  const grouped = tree === undefined ? [] : ['sh', '-c', IN_OWN_GROUP, 'sh'];
  const log = openLog();
  // It dies with the test, however that ends.
  const holder = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', ...grouped, 'unshare', ...namespaces, 'sh', '-c', START, 'sh', ...nspawn],
    {
      env: {
        ...ENVIRONMENT,
        GROUP: group,
        TREE: tree ?? '/',
        HIDING: tree === undefined ? hiding('upper', fetched()) : '',
        BOOT:
          tree === undefined
            ? 'systemd.unit=basic.target systemd.log_level=warning'
            : 'systemd.unit=multi-user.target',
        PREPARE: prepare,
        ...(tree === undefined ? {} : { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' }),
      },
      stdio: ['ignore', log, log, ...disks.map(({ fd }) => fd)],
    },
  );
  const devices = disks.map(({ device }) => device);
  const host = hostOf({ holder, devices, group, log });
  try {
    waitUntilUp(host, { holder, log });
    return host;
  } catch (error) {
    host.stop();
    throw error;
  }
}

interface Held {
  readonly holder: ChildProcess;
  /** Open as long as the host. */
  readonly log: number;
}

function waitUntilUp({ run }: BootedHost, { holder, log }: Held): void {
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  for (;;) {
    const { stdout } = run(['systemctl', 'is-system-running']);
    if (/^(running|degraded)/.test(stdout)) return;
    if (hasEnded(holder.pid) || Date.now() > deadline)
      throw new Error(`cannot boot a host: ${stdout}${readLog(log)}`);
    sleep(50);
  }
}

function mountUnit({ at, format = 'ext4' }: BootedDisk, device: string): string {
  // As systemd-escape(1) has it.
  const name = `${at.slice(1).replaceAll('-', String.raw`\x2d`).replaceAll('/', '-')}.mount`;
  return `mkdir -p ${at} /etc/systemd/system/local-fs.target.wants
cat > '/etc/systemd/system/${name}' <<'END'
[Unit]
Before=local-fs.target
[Mount]
What=${device}
Where=${at}
Type=${format}
Options=noatime
[Install]
WantedBy=local-fs.target
END
ln -s '../${name}' '/etc/systemd/system/local-fs.target.wants/${name}'`;
}

/** The control groups of a host that ends; those that systemd made in them, too. */
function leave(group: string): void {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  // Its processes may be on their way out.
  for (const at of HIERARCHIES)
    while (existsSync(`${at}/${group}`) && Date.now() < deadline) removeGroup(`${at}/${group}`);
}

/** Those of tests that were killed, by the process that is in their name. */
function forgetLeft(): void {
  for (const path of globSync(HIERARCHIES.map((at) => `${at}/jts-hot-test-*`))) {
    const [, pid] = /-(\d+)-\d+$/.exec(path) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeGroup(path);
  }
}

function removeGroup(path: string): void {
  spawnSync('find', [path, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
}

interface Booted extends Held {
  readonly devices: readonly string[];
  readonly group: string;
}

function hostOf({ holder, devices, group, log }: Booted): BootedHost {
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    holder.kill('SIGKILL');
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (!hasEnded(holder.pid) && Date.now() < deadline) sleep(5);
    closeSync(log);
    leave(group);
  };
  const host: BootedHost = {
    run(argv, { input = '', timeoutMs = RUN_TIMEOUT_MS } = {}) {
      const init = initOf(holder.pid);
      if (init === null) return { status: null, signal: null, stdout: '', stderr: 'it is not up' };
      const entering = [`--target=${init}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
      const { status, signal, stdout, stderr, error } = spawnSync(
        'nsenter',
        [...entering, '--root', '--wd', '--', ...argv],
        {
          env: ENVIRONMENT,
          input,
          encoding: 'utf8',
          maxBuffer: 256 * 1024 * 1024,
          timeout: timeoutMs,
          killSignal: 'SIGKILL',
        },
      );
      if (error) throw new Error(`cannot run ${argv.join(' ')}`, { cause: error });
      return { status, signal, stdout, stderr };
    },
    path(inside) {
      const init = initOf(holder.pid);
      if (init === null) throw new Error('the host is not up');
      return `/proc/${init}/root${inside}`;
    },
    reboot() {
      const before = initOf(holder.pid);
      host.run(['systemctl', 'reboot']);
      const deadline = Date.now() + BOOT_TIMEOUT_MS;
      while (initOf(holder.pid) === before && !hasEnded(holder.pid) && Date.now() < deadline) sleep(20);
      waitUntilUp(host, { holder, log });
    },
    devices,
    stop,
    [Symbol.dispose]: stop,
  };
  return host;
}

/** The systemd inside, as this process sees it: unshare's child is the shell, its child nspawn, whose child it is. */
function initOf(holder: number | undefined): number | null {
  const [shell] = childrenOf(holder);
  const [nspawn] = childrenOf(shell);
  const inside = childrenOf(nspawn).find((pid) => commandOf(pid) === 'systemd');
  return inside ?? null;
}

function childrenOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return [];
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  } catch {
    return [];
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
