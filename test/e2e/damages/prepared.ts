// Owns the host that damages are done to: set up and watched, with data of every service on a disk of its own. Prepared once; each
// damage finds it as it was.
import { jtsHot } from '../product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from '../throwaway-host.ts';

export const BASE = '/data/jts/hot';
const IMAGE = '/var/tmp/disk.img';

const PROGRAM = `${process.execPath} ${REPOSITORY}/dist/jts-hot.js`;

/** As fstab mounts it: the disk is a file, behind the same device each time, as on record. */
const LOOP = 64 + (process.pid % 128);
const DISK = `[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
[ -e /dev/loop${LOOP} ] || mknod /dev/loop${LOOP} b 7 ${LOOP}
mount ${BASE}`;

const PREPARE = `mount -t proc proc /proc
printf '#!/bin/sh\\nexec ${PROGRAM} "$@"\\n' > /usr/local/bin/jts-hot
chmod +x /usr/local/bin/jts-hot
truncate -s 64M ${IMAGE}
mkfs.ext4 -q -F -N 2048 ${IMAGE}
mkdir -p ${BASE}
echo '${IMAGE} ${BASE} ext4 loop=/dev/loop${LOOP} 0 0' >> /etc/fstab
${DISK}
${PROGRAM} setup >/dev/null
for service in postgresql/data clickhouse/data kafka/data mongodb/data redis/data; do
  cd ${BASE}/$service
  mkdir -p part/deeper
  echo orders > part/orders
  echo rows > part/deeper/rows
  chmod 0600 part/orders
  chown -R --reference=. part
done
cd /
${PROGRAM} schedule --cron --install >/dev/null
${PROGRAM} record >/dev/null
umount ${BASE}
rm -f /dev/loop*
umount /proc`;

export function preparedHost(): ThrowawayHost {
  return startHost({ freshAccounts: true, prepare: PREPARE });
}

/** The disk is mounted again: devices are not part of what is prepared. */
export function begin(host: ThrowawayHost): void {
  sh(host, `umount -A ${BASE} 2>/dev/null; ${DISK}`);
}

export function sh(host: ThrowawayHost, script: string): string {
  const { status, stdout, stderr } = host.run(['sh', '-c', script]);
  if (status !== 0) throw new Error(`${script}: status ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** All of the disk but its times: types, modes, owners, links, texts, access lists, flags. Of the history what is there. */
export function snapshot(host: ThrowawayHost): readonly string[] {
  const out = sh(
    host,
    `cd /data && find . -printf '%p %y %m %U:%G %l\\n' && find . -type f -size -1M -exec sha256sum {} + &&
     getfacl -R -n -p -s . && { lsattr -aR . 2>/dev/null | grep -v ':$\\|^-*e-* ' || true; } &&
     findmnt -n -o TARGET,FSTYPE,OPTIONS -R /data/jts/hot | sort &&
     find /var/lib/jts-hot/history -printf '%p %y %m %U:%G\\n' | sed 's/history-[0-9TZ-]*-/history-TIME-/'`,
  );
  return out.split('\n');
}

export { jtsHot };
