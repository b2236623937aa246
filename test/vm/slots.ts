// Owns what is plugged into a virtual machine, in QEMU's words: NVMe disks, namespaces of one controller, images that are only
// read, and a layer below a disk that fails. Must not know what is on them, nor wait for what the machine makes of them.
import type { Namespaces, NvmeDisk } from './disk.ts';
import { type LoggedDisk, loggedNode } from './logged-disk.ts';
import type { Qemu } from './qemu.ts';

export interface PlugOptions {
  /** 512 or 4096. */
  readonly sectorBytes?: number;
  /** Writes are written down. */
  readonly logged?: LoggedDisk | undefined;
}

export type Fault = 'reads' | 'writes' | 'flushes' | 'all';

/** It is there for a power cut of the machine, not for one of ours. */
const UNSAFE = { 'no-flush': true };

const fileNode = (disk: NvmeDisk, name = disk.serial) => ({
  driver: 'raw',
  'node-name': name,
  discard: 'unmap',
  cache: UNSAFE,
  file: { driver: 'file', filename: disk.file, discard: 'unmap', cache: UNSAFE },
});

export const deviceOf = (disk: NvmeDisk) => `nvme-${disk.serial}`;

export function plugNvme(qemu: Qemu, disk: NvmeDisk, { sectorBytes = 512, logged }: PlugOptions): void {
  const node =
    logged === undefined
      ? fileNode(disk)
      : loggedNode(disk.serial, fileNode(disk, `file-${disk.serial}`), logged);
  qemu.command('blockdev-add', { ...node });
  qemu.command('device_add', {
    driver: 'nvme',
    id: deviceOf(disk),
    serial: disk.serial,
    drive: disk.serial,
    logical_block_size: sectorBytes,
    physical_block_size: 4096,
  });
}

export function plugReadOnly(qemu: Qemu, file: string, name: string): void {
  qemu.command('blockdev-add', {
    driver: 'raw',
    'node-name': name,
    'read-only': true,
    file: { driver: 'file', filename: file, 'read-only': true },
  });
  qemu.command('device_add', { driver: 'virtio-blk-pci', id: `virtio-${name}`, serial: name, drive: name });
}

/** Namespaces cannot be plugged into a machine that runs: words for QEMU's command line. */
export function wordsOfNamespaces({ serial, disks }: Namespaces, sectorBytes = 512): readonly string[] {
  const controller = `nvme-${serial}`;
  return [
    ...['-device', `nvme-subsys,id=subsystem-${serial},nqn=${serial}`],
    ...['-device', `nvme,id=${controller},serial=${serial},subsys=subsystem-${serial}`],
    ...disks.flatMap((disk, i) => [
      ...['-blockdev', JSON.stringify(fileNode(disk))],
      '-device',
      [
        `nvme-ns,id=${deviceOf(disk)},bus=${controller},drive=${disk.serial},nsid=${i + 1}`,
        `logical_block_size=${sectorBytes},physical_block_size=4096`,
      ].join(),
    ]),
  ];
}

/** Asks the machine to let go of it, as a hand at the slot does; QEMU has lost it when the machine has. */
export function askForUnplug(qemu: Qemu, disk: NvmeDisk): void {
  qemu.command('device_del', { id: deviceOf(disk) });
}

/** False until the machine has let go of it. */
export function forget(qemu: Qemu, disk: NvmeDisk): boolean {
  const devices = qemu.command('qom-list', { path: '/machine/peripheral' }) as readonly { name: string }[];
  if (devices.some(({ name }) => name === deviceOf(disk))) return false;
  try {
    qemu.command('blockdev-del', { 'node-name': disk.serial });
    return true;
  } catch (error) {
    // The device goes before what it holds.
    if (String(error).includes('is in use')) return false;
    throw error;
  }
}

const KINDS: { readonly [fault in Fault]: readonly string[] } = {
  reads: ['read'],
  writes: ['write', 'write-zeroes', 'discard'],
  flushes: ['flush'],
  all: ['read', 'write', 'write-zeroes', 'discard', 'flush'],
};
const EIO = 5;
let faults = 0;

/** A layer that fails, between the disk and its file; gives its name. */
export function putFault(qemu: Qemu, disk: NvmeDisk, fault: Fault, sector?: number): string {
  const name = `fault-${++faults}`;
  qemu.command('blockdev-add', {
    driver: 'blkdebug',
    'node-name': name,
    image: disk.serial,
    'inject-error': KINDS[fault].map((iotype) => ({
      event: 'none',
      iotype,
      errno: EIO,
      once: false,
      immediately: true,
      ...(sector === undefined ? {} : { sector }),
    })),
  });
  setDrive(qemu, disk, name);
  return name;
}

export function takeFault(qemu: Qemu, disk: NvmeDisk, name: string): void {
  setDrive(qemu, disk, disk.serial);
  qemu.command('blockdev-del', { 'node-name': name });
}

function setDrive(qemu: Qemu, disk: NvmeDisk, node: string): void {
  qemu.command('qom-set', { path: `/machine/peripheral/${deviceOf(disk)}`, property: 'drive', value: node });
}
