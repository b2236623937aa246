// Owns which directory may be a base, from a file or a flag. Pure: it does not look at the host.
import { checkComponents } from '../values/name.ts';

interface Place {
  /** Goes on after the name of the place and a comma. */
  readonly why: string;
  /** Neither these nor anything below them. `*` stands for one name, `**` for any number of them. */
  readonly trees: readonly string[];
}

/**
 * What lies here is run, loaded or believed by programs that work as root, or as somebody else: a service that owns a
 * directory here, or anybody who may write the layout, would become them.
 */
const OTHERS_PLACES: readonly Place[] = [
  { why: 'from which programs read their configuration', trees: ['/etc', '/var/lib/confexts'] },
  {
    why: 'from which programs and libraries are started',
    trees: [
      ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/libo32', '/libexec'],
      ...['/snap', '/nix', '/gnu', '/ostree', '/sysroot', '/var/lib/snapd', '/var/lib/flatpak'],
      ...['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libexec', 'etc'].flatMap((name) => [
        `/opt/${name}`,
        `/opt/**/${name}`,
      ]),
    ],
  },
  { why: 'from which the machine is started', trees: ['/boot', '/efi', '/srv/tftp'] },
  { why: "which is the kernel's own", trees: ['/proc', '/sys', '/dev'] },
  {
    why: 'in which running services keep what they believe',
    trees: ['/run', '/var/run', '/var/lock', '/var/lib/dbus', '/var/lib/sss', '/var/empty'],
  },
  { why: "which is root's home: its shell and ssh read it", trees: ['/root'] },
  {
    why: 'from which a shell, ssh and a desktop start what they find',
    trees: ['/home/*/.*', '/home/*/bin'],
  },
  {
    why: 'from which cron and other services take commands and run them',
    trees: ['/var/spool', '/var/mail', '/var/lib/cloud', '/var/lib/amazon', '/var/lib/waagent'],
  },
  {
    why: 'in which systemd keeps what it starts and believes',
    trees: ['/var/lib/systemd', '/var/lib/machines', '/var/lib/portables', '/var/lib/extensions'],
  },
  {
    why: 'from which packages are installed, with programs that run as root',
    trees: [
      ...['/var/lib/dpkg', '/var/lib/apt', '/var/lib/rpm', '/var/lib/dnf', '/var/lib/pacman', '/var/lib/ucf'],
      ...['/var/lib/alternatives', '/var/lib/dkms', '/var/lib/initramfs-tools', '/var/db', '/var/cache'],
    ],
  },
  {
    why: 'by which it is decided who may do what',
    trees: [
      ...['/var/lib/polkit-1', '/var/lib/AccountsService', '/var/lib/pam', '/var/lib/sudo'],
      ...['/var/lib/selinux', '/var/lib/apparmor', '/var/lib/samba', '/var/kerberos', '/var/yp'],
    ],
  },
  {
    why: 'from which containers and virtual machines are started',
    trees: [
      ...['/var/lib/docker', '/var/lib/containerd', '/var/lib/containers', '/var/lib/kubelet'],
      ...['/var/lib/rancher', '/var/lib/etcd', '/var/lib/lxc', '/var/lib/lxd', '/var/lib/incus'],
      ...['/var/lib/libvirt', '/var/lib/cni'],
    ],
  },
  {
    why: 'by which networks are set up',
    trees: ['/var/lib/NetworkManager', '/var/lib/dhcp', '/var/lib/iptables', '/var/lib/nftables'],
  },
  { why: 'in which logrotate works as root', trees: ['/var/log', '/var/lib/logrotate'] },
  {
    why: 'which a web server shows and runs',
    trees: ['/var/www', '/srv/www', '/srv/http', '/srv/ftp', '/srv/git'],
  },
  {
    why: 'from which machines are managed',
    trees: ['/var/lib/puppet', '/var/lib/chef', '/var/lib/salt', '/srv/salt', '/srv/pillar'],
  },
  { why: 'in which jts-hot keeps its record', trees: ['/var/lib/jts-hot'] },
];

/** Shared with others: a base may be below them, never one of them. */
const SHARED_DIRECTORIES: readonly string[] = [
  '/',
  '/var',
  '/home',
  '/opt',
  '/srv',
  '/mnt',
  '/media',
  '/tmp',
  '/var/lib',
  '/var/tmp',
  '/var/local',
  '/var/backups',
  '/var/opt',
  '/var/lib/private',
  '/lost+found',
];

export const WANT_BASE = 'want an absolute path such as /data/jts/hot';

/** Doubled and trailing slashes taken out. What it is given should have passed `checkBase`. */
export function normaliseBase(base: string): string {
  return `/${base.split('/').filter(Boolean).join('/')}`;
}

/** What is wanted instead of this base; null when it may be one. The caller adds what was found. */
export function checkBase(base: string): string | null {
  if (!base.startsWith('/')) return WANT_BASE;
  const path = normaliseBase(base);
  if (SHARED_DIRECTORIES.includes(path)) return `want a directory of its own, not ${path} itself`;
  const complaint = checkComponents(path.split('/').slice(1));
  if (complaint !== null) return complaint;
  return checkPlace(path);
}

/** The same of a directory that a layout makes below its base. */
export function checkPlace(path: string): string | null {
  const names = path.split('/').slice(1);
  // Each begins with a name as it stands, and most layouts are below another one.
  const top = `/${names[0]}`;
  for (const { why, trees } of OTHERS_PLACES)
    for (const tree of trees) {
      if (!tree.startsWith(top)) continue;
      const end = matching(tree.split('/').slice(1), names);
      if (end !== null) return `want a directory outside /${names.slice(0, end).join('/')}, ${why}`;
    }
  return null;
}

/** How many names of a path the pattern takes; null: it does not fit. */
function matching(pattern: readonly string[], names: readonly string[], taken = 0): number | null {
  const [first, ...rest] = pattern;
  if (first === undefined) return taken;
  if (first === '**') {
    for (let more = 0; taken + more <= names.length; more += 1) {
      const end = matching(rest, names, taken + more);
      if (end !== null) return end;
    }
    return null;
  }
  const name = names[taken];
  const fits =
    name !== undefined && (first === '*' || first === name || (first === '.*' && name.startsWith('.')));
  return fits ? matching(rest, names, taken + 1) : null;
}
