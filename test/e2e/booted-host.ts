// Owns a machine with a running systemd: an overlay of this machine's own root, booted by systemd-nspawn in about a
// second, without network or disks. Whatever is done inside is gone when it stops. Must not know the product.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { HIDE, type RunResult } from './throwaway-host.ts';

export interface BootedHost extends Disposable {
  run(argv: readonly string[]): RunResult;
  stop(): void;
}

const BOOT_TIMEOUT_MS = 30_000;
const RUN_TIMEOUT_MS = 60_000;
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
} as const;

// `xino=on` keeps inode numbers for the life of the host, as on a disk. Of the machine's own services none starts:
// basic.target has its timers and nothing that serves anybody.
const START = `set -eu
${HIDE}
mount -t tmpfs -o mode=0755 tmpfs /mnt
cd /mnt
mkdir upper work root
hide upper || true
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work,xino=on overlay root
: > root/etc/machine-id
chroot root sh -euc "$PREPARE"
exec systemd-nspawn --register=no --keep-unit --quiet --console=pipe "$@" \\
  --directory=/mnt/root --boot systemd.unit=basic.target systemd.log_level=warning`;

export interface BootOptions {
  /** Shell commands that run first, as root in its root. */
  readonly prepare?: string;
  /** Directories of this machine, by where they are to be seen inside; read-only. */
  readonly binds?: Readonly<Record<string, string>>;
}

/** Throws with what was said where it does not come up. */
export function bootHost({ prepare = '', binds = {} }: BootOptions = {}): BootedHost {
  const namespaces = [
    '--mount',
    '--propagation',
    'private',
    '--fork',
    '--pid',
    '--mount-proc',
    '--kill-child',
  ];
  const bound = Object.entries(binds).map(([inside, outside]) => `--bind-ro=${outside}:${inside}`);
  // It dies with the test, however that ends.
  const holder = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', START, 'sh', ...bound],
    { env: { ...ENVIRONMENT, PREPARE: prepare }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [holder.stdout, holder.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const host = hostOf(holder);
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  for (;;) {
    const { stdout } = host.run(['systemctl', 'is-system-running']);
    if (/^(running|degraded)/.test(stdout)) return host;
    if (holder.exitCode !== null || Date.now() > deadline) {
      host.stop();
      throw new Error(`cannot boot a host: ${stdout}${said}`);
    }
    sleep(50);
  }
}

function hostOf(holder: ChildProcess): BootedHost {
  const stop = () => {
    holder.kill('SIGKILL');
  };
  return {
    run(argv) {
      const init = initOf(holder.pid);
      if (init === null) return { status: null, signal: null, stdout: '', stderr: 'it is not up' };
      const entering = [`--target=${init}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
      const { status, signal, stdout, stderr, error } = spawnSync(
        'nsenter',
        [...entering, '--root', '--wd', '--', ...argv],
        {
          env: ENVIRONMENT,
          encoding: 'utf8',
          timeout: RUN_TIMEOUT_MS,
          killSignal: 'SIGKILL',
        },
      );
      if (error) throw new Error(`cannot run ${argv.join(' ')}`, { cause: error });
      return { status, signal, stdout, stderr };
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

/** The systemd inside, as this process sees it: unshare's child is nspawn, whose child it is. */
function initOf(holder: number | undefined): number | null {
  const [nspawn] = childrenOf(holder);
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

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
