// Owns what is on the disks when the tools of test/recorded are asked, and what they are asked. Must not run anything.

/** Shell, as root, in the userland of the release. $1, $2: disks, by their kernel names. */
export interface Scene {
  readonly name: string;
  /** 1, if left out. */
  readonly disks?: number;
  readonly sectorBytes?: number;
  /** Brings the disks there. */
  readonly make: string;
  /** Takes away what keeps them busy. */
  readonly undo?: string;
  /** The second disk is pulled out after `make`. */
  readonly loseSecond?: boolean;
  /** Beside those of every scene: name of the file to its command line. */
  readonly asks?: Readonly<Record<string, string>>;
}

/** Asked in every scene, of the disk $1. */
export const OF_EVERY_DISK: Readonly<Record<string, string>> = {
  'lsblk.json': 'lsblk -J -b -O "$1"',
  'lsblk.all.json':
    'lsblk -J -b -o NAME,PATH,MAJ:MIN,TYPE,SIZE,FSTYPE,UUID,PARTTYPE,MOUNTPOINTS,PKNAME,SERIAL',
  'wipefs.json': 'wipefs -J --no-act "$1"',
  'blkid.txt': 'blkid -p -o export "$1"',
};

const EXT4: Readonly<Record<string, string>> = {
  'tune2fs.txt': 'tune2fs -l "$1"',
  'dumpe2fs.txt': 'dumpe2fs -h "$1"',
};
const MOUNTED: Readonly<Record<string, string>> = {
  'findmnt.json': 'findmnt -J /mnt',
  'findmnt.all.json': 'findmnt -J -b --output-all /mnt',
  'mountinfo.txt': 'grep " /mnt" /proc/self/mountinfo',
};
/** LVM's own reports, in bytes. */
const LVM: Readonly<Record<string, string>> = {
  'fullreport.json': 'lvm fullreport --reportformat json --units b --nosuffix',
  'pvs.json': 'pvs --reportformat json --units b --nosuffix -o pv_all,vg_name',
  'vgs.json': 'vgs --reportformat json --units b --nosuffix -o vg_all',
  'lvs.json': 'lvs --reportformat json --units b --nosuffix -a -o lv_all,vg_name,segtype,seg_size,devices',
  'pvs.default.json': 'pvs --reportformat json',
  'vgs.default.json': 'vgs --reportformat json',
  'lvs.default.json': 'lvs --reportformat json',
  'dmsetup.txt': 'dmsetup info -c --noheadings --separator " " -o name,major,minor,uuid; dmsetup table',
};
const ONE_PARTITION = 'echo "size=1GiB, type=linux" | sfdisk -q --label gpt "$1"';
const UNMOUNT = 'umount /mnt';

/** Taken away also where nothing of it is there. */
const NO_LVM = 'vgchange -q -an hot >/dev/null 2>&1';

export const SCENES: readonly Scene[] = [
  {
    name: 'empty',
    make: ':',
    asks: {
      ...LVM,
      'nvme-list.json': 'nvme list -o json',
      'nvme-list.verbose.json': 'nvme list -v -o json',
      'nvme-id-ns.json': 'nvme id-ns "$1" -o json',
      'nvme-id-ctrl.json': 'nvme id-ctrl "$1" -o json',
      'nvme-smart-log.json': 'nvme smart-log "$1" -o json',
      'nvme-ns-descs.json': 'nvme ns-descs "$1" -o json',
      'tune2fs.txt': 'tune2fs -l "$1"',
      'xfs_info.txt': 'xfs_info "$1"',
    },
  },
  { name: 'gpt', make: ONE_PARTITION, asks: { 'sfdisk.json': 'sfdisk -J "$1"' } },
  {
    name: 'gpt-with-ext4',
    make: `${ONE_PARTITION}; udevadm settle; mkfs.ext4 -q "$1p1"`,
    asks: { 'blkid.partition.txt': 'blkid -p -o export "$1p1"' },
  },
  { name: 'dos', make: 'echo "size=1GiB, type=83" | sfdisk -q --label dos "$1"' },
  { name: 'gpt-then-ext4', make: `${ONE_PARTITION}; mkfs.ext4 -q -F "$1"`, asks: EXT4 },
  { name: 'ext4', make: 'mkfs.ext4 -q "$1"', asks: EXT4 },
  {
    name: 'ext4-project-quota',
    make: 'mkfs.ext4 -q -m 0 -O project,quota -E quotatype=prjquota,lazy_itable_init=1 "$1"; mount -o noatime,prjquota "$1" /mnt',
    undo: UNMOUNT,
    asks: { ...EXT4, ...MOUNTED },
  },
  { name: 'ext4-4096', sectorBytes: 4096, make: 'mkfs.ext4 -q "$1"', asks: EXT4 },
  {
    name: 'ext4-damaged',
    make: 'mkfs.ext4 -q "$1"; dd if=/dev/zero of="$1" bs=1024 seek=1 count=1 conv=notrunc status=none',
    asks: { ...EXT4, 'mount.txt': 'mount -t ext4 "$1" /mnt' },
  },
  { name: 'xfs', make: 'mkfs.xfs -q "$1"', asks: { 'xfs_info.txt': 'xfs_info "$1"' } },
  {
    name: 'xfs-mounted',
    make: 'mkfs.xfs -q -m reflink=1 "$1"; mount -o noatime,prjquota "$1" /mnt',
    undo: UNMOUNT,
    asks: { ...MOUNTED, 'xfs_info.txt': 'xfs_info /mnt', 'wipefs.all.txt': 'wipefs --all "$1"' },
  },
  {
    name: 'xfs-4096',
    sectorBytes: 4096,
    make: 'mkfs.xfs -q "$1"',
    asks: { 'xfs_info.txt': 'xfs_info "$1"' },
  },
  {
    name: 'xfs-damaged',
    make: 'mkfs.xfs -q "$1"; dd if=/dev/zero of="$1" bs=512 seek=1 count=8 conv=notrunc status=none; dd if=/dev/urandom of="$1" bs=64 seek=2 count=1 conv=notrunc status=none',
    asks: {
      'xfs_info.txt': 'xfs_info "$1"',
      'mount.txt': 'mount -t xfs "$1" /mnt',
    },
  },
  { name: 'btrfs', make: 'mkfs.btrfs -q "$1"' },
  { name: 'swap', make: 'mkswap -q "$1"' },
  {
    name: 'swap-active',
    make: 'mkswap -q "$1"; swapon "$1"',
    undo: 'swapoff "$1"',
    asks: { 'swaps.txt': 'cat /proc/swaps' },
  },
  {
    name: 'luks',
    make: 'echo secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$1" -',
  },
  {
    name: 'md',
    disks: 2,
    make: 'mdadm --create /dev/md/old --quiet --run --level 1 --raid-devices 2 --metadata 1.2 --assume-clean "$1" "$2" </dev/null',
    undo: 'mdadm --stop --quiet --scan; mdadm --zero-superblock "$1" "$2"',
    asks: { 'mdstat.txt': 'cat /proc/mdstat', 'mdadm.txt': 'mdadm --examine --export "$1"' },
  },
  {
    name: 'md-stopped',
    disks: 2,
    make: 'mdadm --create /dev/md/old --quiet --run --level 1 --raid-devices 2 --metadata 1.2 --assume-clean "$1" "$2" </dev/null; mdadm --stop --quiet --scan',
    undo: 'mdadm --zero-superblock "$1" "$2"',
    asks: { 'mdstat.txt': 'cat /proc/mdstat' },
  },
  {
    name: 'bcache',
    make: 'make-bcache -B "$1" >/dev/null; udevadm settle; sleep 1',
    undo: 'for one in /sys/block/bcache*; do echo 1 >$one/bcache/stop; done; sleep 1',
  },
  {
    // Debian's main section has no zpool: these are the magic numbers by which libblkid knows a member of a pool.
    name: 'zfs',
    make: `for at in $(seq 128 255); do printf '\\014\\261\\272\\000\\000\\000\\000\\000' |
      dd of="$1" bs=1024 seek="$at" conv=notrunc status=none; done`,
  },
  {
    name: 'device-mapper',
    make: 'dmsetup create held --table "0 2097152 linear $1 0"; udevadm settle',
    undo: 'dmsetup remove held',
  },
  { name: 'lvm-pv', make: 'pvcreate -q --dataalignment 4m "$1"', asks: LVM },
  {
    name: 'lvm-vg',
    make: 'pvcreate -q --dataalignment 4m "$1"; vgcreate -q -s 4m hot "$1"',
    undo: NO_LVM,
    asks: LVM,
  },
  {
    name: 'lvm-volumes',
    make: `pvcreate -q --dataalignment 4m "$1"; vgcreate -q -s 4m hot "$1"
      lvcreate -q -y -L 20G -n kafka hot; lvcreate -q -y -L 10G -n postgresql hot; udevadm settle
      mkfs.xfs -q /dev/hot/kafka; mkfs.ext4 -q /dev/hot/postgresql; mount /dev/hot/kafka /mnt; udevadm settle`,
    undo: `${UNMOUNT}; ${NO_LVM}`,
    asks: { ...LVM, ...MOUNTED },
  },
  {
    name: 'lvm-two-disks',
    disks: 2,
    make: `pvcreate -q --dataalignment 4m "$1" "$2"; vgcreate -q -s 4m hot "$1" "$2"
      lvcreate -q -y -L 100G -n striped -i 2 hot "$1" "$2"; lvcreate -q -y -L 10G -n first hot "$1"`,
    undo: NO_LVM,
    asks: LVM,
  },
  {
    name: 'lvm-missing-pv',
    disks: 2,
    make: `pvcreate -q --dataalignment 4m "$1" "$2"; vgcreate -q -s 4m hot "$1" "$2"
      lvcreate -q -y -L 10G -n first hot "$1"; lvcreate -q -y -L 10G -n second hot "$2"; vgchange -q -an hot`,
    loseSecond: true,
    undo: NO_LVM,
    asks: LVM,
  },
  {
    name: 'lvm-snapshot-and-thin',
    make: `pvcreate -q --dataalignment 4m "$1"; vgcreate -q -s 4m hot "$1"; lvcreate -q -y -L 10G -n data hot
      lvcreate -q -y -s -L 1G -n data-snapshot hot/data; lvcreate -q -y --type thin-pool -L 10G -n pool hot
      lvcreate -q -y -V 50G --thinpool pool -n thin hot`,
    undo: NO_LVM,
    asks: LVM,
  },
  {
    name: 'lvm-duplicate',
    disks: 2,
    make: `pvcreate -q --dataalignment 4m "$1"; vgcreate -q -s 4m hot "$1"; lvcreate -q -y -L 10G -n data hot
      vgchange -q -an hot; dd if="$1" of="$2" bs=1M count=4 conv=notrunc status=none; udevadm settle`,
    undo: NO_LVM,
    asks: LVM,
  },
  {
    name: 'fstab',
    make: `mkfs.xfs -q "$1"; uuid=$(blkid -p -s UUID -o value "$1"); mkdir -p /data/jts/hot
      echo "UUID=$uuid  /data/jts/hot  xfs  noatime,nofail,x-systemd.device-timeout=30s  0  2" >/tmp/good
      echo "UUID=$uuid  /data/jts/none  xfs  noatime  0  2" >/tmp/no-directory
      echo "UUID=0c2d2d9e-1111-4c4c-8888-2b2f6b3f0001  /data/jts/hot  xfs  noatime  0  2" >/tmp/no-disk
      echo "UUID=$uuid  /data/jts/hot  ext4  noatime  0  2" >/tmp/other-type
      echo "UUID=$uuid  /data/jts/hot  xfs  noatime" >/tmp/short
      echo "UUID=$uuid  /data/jts/hot" >/tmp/half`,
    asks: Object.fromEntries(
      ['good', 'no-directory', 'no-disk', 'other-type', 'short', 'half'].map((name) => [
        `findmnt-verify.${name}.txt`,
        `findmnt --verify --verbose --tab-file /tmp/${name}`,
      ]),
    ),
  },
];

/** What prints which version. */
export const VERSIONS: Readonly<Record<string, string>> = {
  'util-linux': 'lsblk --version',
  lvm2: 'lvm version',
  e2fsprogs: 'mkfs.ext4 -V',
  xfsprogs: 'mkfs.xfs -V',
  'nvme-cli': 'nvme version',
  mdadm: 'mdadm --version',
  debian: 'cat /etc/debian_version',
  kernel: 'uname -r',
};
