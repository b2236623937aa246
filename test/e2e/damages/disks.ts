// Damages to what is mounted, to the room on the disk, to what is above the base, and to what the program keeps.
import type { Family } from './damage.ts';

const BASE = '/data/jts/hot';

export const DISKS: readonly Family[] = [
  {
    family: 'mounts',
    damages: [
      { name: 'the disk unmounted', by: `umount ${BASE}`, first: 'disk.base', says: 'mounted at /' },
      {
        name: 'the disk mounted read-only',
        by: `mount -o remount,ro ${BASE}`,
        first: 'disk.writable',
        says: 'read-only',
        after: `mount -o remount,rw ${BASE}`,
      },
      {
        name: 'another disk mounted over it',
        by: `mount -t tmpfs tmpfs ${BASE}`,
        first: 'disk.base',
        says: 'hides it',
      },
      {
        name: 'a disk mounted above it',
        by: 'mount -t tmpfs tmpfs /data',
        first: 'disk.base',
        says: 'hides it',
      },
      {
        name: 'another disk in its place',
        by: `umount ${BASE}; mount -t tmpfs tmpfs ${BASE}`,
        first: 'disk.base',
        says: 'tmpfs',
      },
      {
        name: 'something mounted in a service',
        by: `mount -t tmpfs tmpfs ${BASE}/kafka/data`,
        first: 'directory.kafka/data',
        says: 'mount point',
      },
      {
        name: 'something mounted over a service',
        by: `mount -t tmpfs tmpfs ${BASE}/kafka`,
        first: 'directory.kafka',
        says: 'mount point',
      },
      {
        name: 'a service made read-only by a mount of itself',
        by: `mount --bind ${BASE}/kafka ${BASE}/kafka; mount -o remount,ro,bind ${BASE}/kafka`,
        first: 'directory.kafka',
        says: 'mount point',
      },
      {
        name: 'no programs may be started',
        by: `mount -o remount,noexec ${BASE}`,
        first: 'disk.exec',
        says: 'noexec',
      },
    ],
  },
  {
    family: 'space and inodes',
    damages: [
      {
        name: 'a full disk',
        by: `fallocate -l 1G ${BASE}/backup/full 2>/dev/null; head -c 100M /dev/zero > ${BASE}/backup/full 2>/dev/null; true`,
        first: 'space.free',
        says: '0 B',
        hint: 'jts-hot usage',
      },
      {
        name: 'no inodes left',
        by: `cd ${BASE}/backup; mkdir many; cd many; seq 3000 | xargs touch 2>/dev/null; true`,
        first: 'space.inodes',
        says: 'none',
        hint: 'jts-hot usage',
      },
    ],
  },
  {
    family: 'parents',
    damages: [
      {
        name: 'a directory above the base without x',
        by: 'chmod 0700 /data',
        first: 'directory./data',
        says: '0700',
        leaves: ['- . d 755 0:0 ', '+ . d 701 0:0 ', 'changed /data'],
      },
      {
        name: 'a directory above the base that only its group may enter',
        by: 'chmod 0750 /data/jts',
        first: 'directory./data/jts',
        says: '0750',
        leaves: ['- ./jts d 755 0:0 ', '+ ./jts d 751 0:0 ', 'changed /data/jts'],
      },
      {
        name: 'a directory above the base open to all',
        by: 'chmod 0777 /data',
        first: 'directory./data',
        says: '0777',
      },
      {
        name: 'a directory above the base given to a service',
        by: 'chown kafka /data/jts',
        first: 'directory./data/jts',
        says: 'uid',
      },
      {
        name: 'a directory above the base given away and open to all',
        by: 'chown kafka /data/jts; chmod 0777 /data/jts',
        first: 'directory./data/jts',
        says: '0777',
      },
    ],
  },
  {
    family: 'state directory',
    damages: [
      {
        name: 'the record of runs open to all',
        by: 'chmod 0777 /var/lib/jts-hot',
        first: 'E_STATE_DIRECTORY',
        says: '777',
      },
      {
        name: 'the record of runs given to a service',
        by: 'chown kafka /var/lib/jts-hot',
        first: 'E_STATE_DIRECTORY',
        says: 'uid',
      },
      {
        name: 'the record of disks damaged',
        by: 'echo nothing > /var/lib/jts-hot/bases.json',
        first: 'E_DISK_RECORD',
        says: 'nothing',
      },
    ],
  },
];
