// Owns what a test may need that a machine may lack, and what happens then. Must not install or change anything.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { missingParts } from './servers/parts.ts';
import { imageDirectory } from './vm/image.ts';

/** The answer to "does this work here?": null, or the reason why not. */
type Probe = () => string | null;

const runs =
  (...argv: readonly [string, ...string[]]): Probe =>
  () => {
    const [command, ...rest] = argv;
    const { status, error, stderr } = spawnSync(command, rest, { encoding: 'utf8', timeout: 10_000 });
    return status === 0 ? null : (error?.message ?? (stderr.trim() || `${command}: exit status ${status}`));
  };

const probes = {
  root: () => (process.geteuid?.() === 0 ? null : 'not root'),
  'overlay in a private mount namespace': runs(
    'unshare',
    '--mount',
    '--propagation=private',
    'sh',
    '-ec',
    'mount -t tmpfs tmpfs /tmp; mkdir /tmp/u /tmp/w /tmp/m; mount -t overlay -o lowerdir=/,upperdir=/tmp/u,workdir=/tmp/w overlay /tmp/m',
  ),
  '/dev/fuse': () => (existsSync('/dev/fuse') ? null : 'no /dev/fuse'),
  setfacl: runs('setfacl', '--version'),
  sudo: runs('sudo', '--version'),
  'libnss-extrausers': () =>
    globSync('/usr/lib/{,*/}libnss_extrausers.so.2').length > 0 ? null : 'no libnss_extrausers.so.2',
  'libnss-systemd': () =>
    globSync('/usr/lib/{,*/}libnss_systemd.so.2').length > 0 ? null : 'no libnss_systemd.so.2',
  '/dev/autofs': () => (existsSync('/dev/autofs') ? null : 'no /dev/autofs'),
  strace: runs('strace', '-o', '/dev/null', 'true'),
  'PostgreSQL server': () =>
    globSync('/usr/lib/postgresql/*/bin/initdb').length > 0 ? null : 'no /usr/lib/postgresql/*/bin/initdb',
  useradd: runs('sh', '-c', 'PATH=$PATH:/usr/sbin:/sbin command -v useradd'),
  script: runs('script', '-qec', 'true', '/dev/null'),
  'loop device': runs('losetup', '--find'),
  'blkio controller': runs(
    'sh',
    '-c',
    'awk \'$1 == "blkio" && $2 != 0 && $4 == 1\' /proc/cgroups | grep -q .',
  ),
  'XFS and mkfs.xfs': runs('sh', '-c', 'PATH=$PATH:/usr/sbin mkfs.xfs -V && grep -qw xfs /proc/filesystems'),
  'btrfs and mkfs.btrfs': runs(
    'sh',
    '-c',
    'PATH=$PATH:/usr/sbin mkfs.btrfs --version && grep -qw btrfs /proc/filesystems',
  ),
  tmux: runs('tmux', '-V'),
  faketime: runs('faketime', '-f', '@2026-01-01 00:00:00', 'date'),
  fio: runs('fio', '--version'),
  openssl: runs('openssl', 'version'),
  python3: runs('python3', '--version'),
  PyYAML: runs('python3', '-c', 'import yaml'),
  'Java with its compiler': runs('sh', '-c', 'java --list-modules | grep jdk.compiler'),
  'library of systemd': () =>
    globSync('/usr/lib/{,*/}systemd/libsystemd-shared-*.so').length > 0 ? null : 'no libsystemd-shared',
  'systemd-journald': runs('sh', '-c', 'test -x /lib/systemd/systemd-journald && command -v journalctl'),
  'systemd-analyze': runs('systemd-analyze', '--version'),
  systemctl: runs('systemctl', '--version'),
  'systemd-nspawn': runs('systemd-nspawn', '--version'),
  cron: runs('sh', '-c', 'PATH=$PATH:/usr/sbin; command -v cron && command -v crontab'),
  logrotate: runs('sh', '-c', 'PATH=$PATH:/usr/sbin logrotate --version'),
  promtool: runs('promtool', '--version'),
  'Prometheus and Alertmanager': () =>
    runs('prometheus', '--version')() ?? runs('prometheus-alertmanager', '--version')(),
  zsh: runs('zsh', '-f', '-c', 'zmodload zsh/zle && autoload -Uz compinit'),
  fish: runs('fish', '--version'),
  'real servers': () => {
    const missing = missingParts();
    return missing.length === 0 ? null : `no ${missing.join(', ')}: run test/servers/install.sh`;
  },
  'virtual machine': () =>
    imageDirectory() === null
      ? 'no image of it: run test/servers/install.sh'
      : runs('sh', '-c', 'qemu-system-x86_64 --version && qemu-img --version')(),
  groff: runs('groff', '-mdoc', '-Tutf8', '/dev/null'),
} as const satisfies Record<string, Probe>;

export type Requirement = keyof typeof probes;

const answers = new Map<Requirement, string | null>();

/**
 * True when all of these are here. Otherwise the test is skipped by name with the reason, or fails with CI=true:
 * `if (!requires(t, 'root', 'strace')) return;`
 */
export function requires(t: TestContext, ...names: readonly Requirement[]): boolean {
  const missing = names.flatMap((name) => {
    const reason = answers.has(name) ? (answers.get(name) ?? null) : probes[name]();
    answers.set(name, reason);
    return reason === null ? [] : [`${name}: ${reason}`];
  });
  if (missing.length === 0) return true;
  const { CI } = process.env;
  if (CI === 'true') throw new Error(`this machine lacks ${missing.join('; ')}`);
  t.skip(`this machine lacks ${missing.join('; ')}`);
  return false;
}
