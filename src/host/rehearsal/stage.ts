// Owns the stage of a rehearsal: namespaces with a copy of this host in them, an overlay of each of its file systems, and in /dev no
// disk but the sparse one. What is done in there ends in a file without a name. With its processes all of it is gone, also when they
// are killed. Must not know what is rehearsed.

/** The source of the root of a stage in the table of mounts: by it the program knows where it is. */
export const STAGE = 'jts-hot-rehearsal';

/** In the stage's own table of mounts only: every Linux has it, and no file of the host is below it. */
const PLACE = '/dev/shm';
/** Known to the tests: what a kernel that cannot do it says comes behind it. */
const STEP = 'step:';

export interface StageRequest {
  /** The loop device that takes what is written, with an ext4 file system: `/dev/loop3`. */
  readonly layers: string;
  /** That of the disk, the only one that LVM is to see; empty: there is none. */
  readonly disk: string;
  /** Mount points of the host to be seen, in the order of its table. All others are not. */
  readonly mounts: readonly string[];
  /** Nodes of /dev: `loop4 b 7 4`. */
  readonly nodes: readonly string[];
  /** Everything of the hot tier on this host: it is as if there had been none. */
  readonly base: string;
  readonly argv: readonly [string, ...string[]];
}

// What an overlay cannot be made of (vfat, some network) is seen as it is, read-only. The real udev is not waited for: it makes its
// nodes and links in the host's own /dev, so LVM makes those that it needs by itself.
const START = `set -eu
step() { echo "${STEP} $*" >&2; }
step 'a file system in memory'
mount -t tmpfs -o mode=0755,size=64m ${STAGE} ${PLACE}
cd ${PLACE}
mkdir dev layers root
step 'a file system for what is written'
mount -t ext4 -o nodiscard,noatime "$LAYERS" layers
mkdir -m 1777 layers/var-tmp
step 'an overlay of the root directory'
i=0
while read -r at; do
  i=$((i + 1))
  mkdir -p "layers/$i/upper" "layers/$i/work"
  if [ "$at" = / ]; then target=root; else target="root$at"; fi
  [ -d "$target" ] || continue
  chmod --reference="$at" "layers/$i/upper"
  chown --reference="$at" "layers/$i/upper"
  options="lowerdir=$at,upperdir=layers/$i/upper,workdir=layers/$i/work"
  if mount -t overlay -o "$options,xino=on" ${STAGE} "$target" 2>layers/said; then continue; fi
  if [ "$at" = / ]; then cat layers/said >&2; exit 1; fi
  mount --bind -o ro "$at" "$target" 2>/dev/null || true
done <<END
$MOUNTS
END
step 'what a host has besides'
mount -t proc proc root/proc
mount --bind -o ro /sys root/sys
mkdir -p root/var/tmp
mount --bind layers/var-tmp root/var/tmp
mount -t tmpfs -o mode=0755,size=64m tmpfs root/run
mkdir -p root/run/lock root/run/udev
[ ! -d /run/lock ] || mount --bind /run/lock root/run/lock
[ ! -d /run/udev ] || mount --bind -o ro /run/udev root/run/udev
mount -t tmpfs -o mode=0755,size=8m tmpfs root/dev
mkdir root/dev/pts root/dev/mapper
mkdir -m 1777 root/dev/shm
while read -r name type major minor; do
  [ -z "$name" ] || mknod -m 600 "root/dev/$name" "$type" "$major" "$minor"
done <<END
$NODES
END
chmod 666 root/dev/null root/dev/zero root/dev/full root/dev/random root/dev/urandom root/dev/tty
mount -t devpts -o newinstance,gid=5,mode=0620,ptmxmode=0666 devpts root/dev/pts
ln -s pts/ptmx root/dev/ptmx
ln -s /proc/self/fd root/dev/fd
for number in '0 stdin' '1 stdout' '2 stderr'; do ln -s "/proc/self/fd/\${number% *}" "root/dev/\${number#* }"; done
step 'a host without a hot tier'
rm -rf root/var/lib/jts-hot
if [ -f root/etc/fstab ]; then
  awk -v base="$BASE" '/^[ \\t]*#/ || !($2 == base || index($2, base "/") == 1)' root/etc/fstab >layers/fstab
  cmp -s layers/fstab root/etc/fstab || cat layers/fstab >root/etc/fstab
fi
if [ -d root/etc/lvm ]; then
  cat >root/etc/lvm/lvmlocal.conf <<END
activation { udev_sync = 0
 udev_rules = 0 }
devices { obtain_device_list_from_udev = 0
 global_filter = [ "a|^$DISK$|", "r|.*|" ] }
END
fi
[ -d "root$PWD_OUTSIDE" ] || PWD_OUTSIDE=/
step 'the program'
exec chroot root env -C "$PWD_OUTSIDE" -u LAYERS -u DISK -u MOUNTS -u NODES -u BASE -u PWD_OUTSIDE "$@"`;

/** What every process may want. */
const COMMON = ['null 1 3', 'zero 1 5', 'full 1 7', 'random 1 8', 'urandom 1 9', 'tty 5 0'].map((one) =>
  one.replace(' ', ' c '),
);

/** It dies with the process that starts it, and all that is on it with it. */
export function stageArgv({ argv }: Pick<StageRequest, 'argv'>): readonly [string, ...string[]] {
  return [
    ...(['setpriv', '--pdeathsig', 'KILL', '--'] as const),
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', '--'],
    ...['sh', '-c', START, 'sh', ...argv],
  ];
}

export function stageEnvironment(
  { layers, disk, mounts, nodes, base }: StageRequest,
  cwd: string,
): Readonly<Record<string, string>> {
  return {
    LAYERS: layers,
    DISK: disk,
    MOUNTS: mounts.join('\n'),
    NODES: [...COMMON, ...nodes].join('\n'),
    BASE: base,
    PWD_OUTSIDE: cwd,
    // No overlay: before Linux 6.6 files without a name cannot be made on one.
    TMPDIR: '/var/tmp',
  };
}

/** How far a stage came that was not built, and what it said. */
export function whyNot(stderr: string): { readonly at: string; readonly said: string } {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findLast((line) => line.startsWith(STEP));
  return {
    at: at?.slice(STEP.length).trim() ?? 'namespaces of its own',
    said: lines.filter((line) => !line.startsWith(STEP)).at(-1) ?? 'nothing was said',
  };
}
