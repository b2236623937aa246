// Runs the contract about storage against the Linux host, in a virtual machine with a disk for it: test/vm/storage.test.ts.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { openLinuxHost } from '../../src/host/linux.ts';
import type { StorageBench } from './storage-cases.ts';
import { storageContract } from './storage-contract.ts';
import { preparationOn } from './storage-preparation.ts';

const { CONTRACT_DISK } = process.env;
if (CONTRACT_DISK === undefined) throw new Error('this destroys a disk: run test/vm/storage.test.ts');

const textIn = (name: string, file: string) => readFileSync(`/sys/block/${name}/${file}`, 'utf8').trim();

/** Only the NVMe disk of that serial number. */
function benchOf(serial: string): StorageBench {
  const name = readdirSync('/sys/block').find(
    (one) => one.startsWith('nvme') && textIn(one, 'device/serial') === serial,
  );
  if (name === undefined) throw new Error(`no NVMe disk ${serial}`);
  const path = `/dev/${name}`;
  // QEMU gives back zeros for what was discarded.
  execFileSync('blkdiscard', ['--force', path]);
  execFileSync('udevadm', ['settle']);
  return {
    host: openLinuxHost({ root: '/', base: '/data/jts/hot' }),
    name,
    // disk.test.ts makes images, of a small one.
    isQuick: false,
    disk: {
      serial,
      namespace: Number(textIn(name, 'nsid')),
      wwid: textIn(name, 'wwid'),
      sizeBytes: Number(textIn(name, 'size')) * 512,
    },
    prepare: preparationOn(name, () => execFileSync('udevadm', ['settle'])),
    dispose() {
      rmSync('/var/lib/jts-hot/disks', { recursive: true, force: true });
      execFileSync('sh', ['-euc', CLEAN, 'sh', `/dev/${name}`]);
    },
  };
}

const CLEAN = `
  awk -v disk="$1" '$1 ~ "^/dev/mapper/" || index($1, disk) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount
  for group in $(pvs --noheadings -o vg_name "$1" 2>/dev/null); do vgchange -q -an "$group"; done
  udevadm settle
  blkdiscard --force "$1"
  blockdev --rereadpt "$1"
  udevadm settle`;

storageContract('linux', () => benchOf(CONTRACT_DISK));
