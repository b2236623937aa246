// Owns NVMe disks of virtual machines: files without a name that take room only where something is written, which outlive
// the machine that they are plugged into, and are gone with the test. Must not know what is on them.
import { fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface NvmeDisk {
  readonly serial: string;
  /** Where the machine finds it: by its serial, since numbers are given in no order. */
  readonly path: string;
  /** Where QEMU finds it, while this process lives. */
  readonly file: string;
  /** What it takes here. */
  usedBytes(): number;
}

export interface DiskOptions {
  /** Capitals and digits. */
  readonly serial: string;
  /** 4 TiB, if left out. */
  readonly sizeBytes?: number;
}

const TIB = 1024 ** 4;
/** On a disk: a tmpfs would count against memory. */
const PLACE = '/var/tmp';

export function makeDisk({ serial, sizeBytes = 4 * TIB }: DiskOptions): NvmeDisk {
  const directory = mkdtempSync(join(PLACE, 'machine-disk-'));
  const fd = openSync(join(directory, serial), 'w+', 0o600);
  rmSync(directory, { recursive: true });
  ftruncateSync(fd, sizeBytes);
  return {
    serial,
    path: `/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_${serial}`,
    file: `/proc/${process.pid}/fd/${fd}`,
    usedBytes: () => fstatSync(fd).blocks * 512,
  };
}
