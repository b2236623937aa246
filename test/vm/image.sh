#!/usr/bin/env bash
# Makes the root disk of the virtual machine that test/vm starts: kernel, initrd and root.img, in the directory in which it
# is called. As root; called by test/servers/install.sh. Must not mount anything that others see, nor start the machine: that is image.ts.
set -euo pipefail

# What the machine has beside a minimal Debian. systemd-sysv has it shut down and start again.
readonly packages=(
  systemd systemd-sysv udev dbus kmod procps passwd busybox-static
  lvm2 thin-provisioning-tools xfsprogs e2fsprogs quota fdisk nvme-cli acl attr
  # What may be on a disk that somebody else has used.
  mdadm bcache-tools cryptsetup-bin btrfs-progs
  cron logrotate
  redis-server redis-tools
  # In force only where a test boots with the words for it.
  selinux-policy-default policycoreutils policycoreutils-python-utils
)
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
export LC_ALL=C.UTF-8

# The newest kernel of the release: its number changes with every update. Unpacked, not installed: no initramfs is made.
cat >kernel.sh <<'SH'
set -eu
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
mkdir kernel-package
(cd kernel-package && apt-get -q download "$package")
dpkg-deb -x kernel-package/*.deb kernel
SH

mmdebstrap --quiet --mode=root --variant=minbase --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --include="$(IFS=,; echo "${packages[*]}")" --customize-hook='sh kernel.sh' bookworm tree
modules=$(echo kernel/lib/modules/*)
version=${modules##*/}
# What tests of storage stand on, as modules or built in.
for module in dm-mod dm-snapshot dm-thin-pool dm-crypt dm-multipath md-mod bcache loop xfs ext4 btrfs nvme virtio_blk; do
  grep -qE "/$module\.ko(\.[a-z]+)?(:|$)" "$modules/modules.dep" "$modules/modules.builtin" 2>/dev/null ||
    find "$modules" -name "$module.ko*" | grep -q . || { echo "kernel $version has no $module" >&2; exit 1; }
done
mv kernel/boot/vmlinuz-* vmlinuz
mkdir -p tree/usr/lib/modules
mv "$modules" tree/usr/lib/modules/
chroot tree depmod "$version"

# Only what the root disk needs; all else is loaded from there.
mkdir -p initrd-tree/{bin,dev,proc,root,modules}
cp tree/bin/busybox initrd-tree/bin/
number=0
for module in drivers/virtio/virtio{_ring,,_pci_modern_dev,_pci_legacy_dev,_pci} drivers/block/virtio_blk; do
  number=$((number + 1))
  from=tree/usr/lib/modules/$version/kernel/$module.ko
  # One that is not there is built in.
  if [[ -e $from ]]; then cp "$from" "initrd-tree/modules/$number-${module##*/}.ko"; fi
done
cat >initrd-tree/init <<'SH'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t proc proc /proc
for module in /modules/*.ko; do /bin/busybox insmod "$module"; done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 600 ]; do /bin/busybox sleep 0.05; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o rw,noatime /dev/vda /root || /bin/busybox reboot -f
/bin/busybox umount /proc
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /lib/systemd/systemd
SH
chmod 755 initrd-tree/init
(cd initrd-tree && find . | cpio --quiet -o -H newc) >initrd

install -m 755 "$here/agent" tree/usr/local/sbin/test-agent
cat >tree/etc/systemd/system/test-agent.service <<'UNIT'
[Unit]
Description=Runs the commands of a test
[Service]
ExecStart=/usr/local/sbin/test-agent
# What a command leaves running goes on.
KillMode=process
[Install]
WantedBy=multi-user.target
UNIT
ln -s ../test-agent.service tree/etc/systemd/system/multi-user.target.wants/
# They would run as soon as the clock is set. Servers are started by the tests.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  systemd-timesyncd.service getty@tty1.service serial-getty@ttyS0.service mdcheck_start.timer mdcheck_continue.timer \
  mdmonitor-oneshot.timer mdmonitor.service; do
  ln -sf /dev/null "tree/etc/systemd/system/$unit"
done
# Nothing of a test stands on them, and each takes a second or two of a start.
for unit in nvmf-autoconnect.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  modprobe@{configfs,drm,efi_pstore,fuse}.service systemd-binfmt.service; do
  ln -sf /dev/null "tree/etc/systemd/system/$unit"
done
rm -f tree/etc/systemd/system/multi-user.target.wants/redis-server.service tree/etc/systemd/system/redis.service
ln -sf multi-user.target tree/etc/systemd/system/default.target
echo machine >tree/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 machine\n' >tree/etc/hosts
echo 0123456789abcdef0123456789abcdef >tree/etc/machine-id
readonly uuid=5e1f0f6e-6a0c-4f0e-9a8e-3f1d6c1a0001
echo "UUID=$uuid / ext4 noatime 0 1" >tree/etc/fstab

# Labels as the machine would give them to itself when it first starts with SELinux, which takes minutes there. Nobody else sees
# the mount; setfiles needs it to set a label of what it has open.
unshare --mount --propagation private sh -euc 'mount -t proc proc tree/proc
chroot tree setfiles -F -e /proc /etc/selinux/default/contexts/files/file_contexts /'

truncate -s 3G root.img
mke2fs -q -t ext4 -U "$uuid" -J size=16 -E lazy_itable_init=1,nodiscard -d tree root.img
rm -r tree kernel kernel-package kernel.sh initrd-tree
