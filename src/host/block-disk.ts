// Owns what sysfs tells of disks: which serial number each has, and for how long it had work.
import { readFileSync } from 'node:fs';
import type { BlockDisk } from '../port/block-disk.ts';
import { sysfsText } from './sysfs.ts';

const SYS_BLOCK = '/sys/block';

export function blockDiskOf(name: string): BlockDisk {
  const device = `${SYS_BLOCK}/${name}`;
  return {
    name,
    serial: serialOf(device),
    model: toldText(`${device}/device/model`),
    busyMs: busyMsOf(device),
  };
}

function serialOf(device: string): string | null {
  const serial = toldSerial(device);
  const namespace = toldText(`${device}/nsid`);
  // Several namespaces of one controller share its number.
  return serial === null || namespace === null || namespace === '1' ? serial : `${serial}-${namespace}`;
}

/** NVMe tells it of the controller, virtio of the disk itself, SCSI and SATA in page 0x80 of their vital product data. */
export function toldSerial(device: string): string | null {
  return toldText(`${device}/device/serial`) ?? toldText(`${device}/serial`) ?? pageText(device);
}

/** Four bytes, then the number. */
function pageText(device: string): string | null {
  try {
    return cleaned(readFileSync(`${device}/device/vpd_pg80`).subarray(4).toString('latin1'));
  } catch {
    return null;
  }
}

/** Documentation/block/stat.rst, io_ticks: milliseconds in which something was to be done. */
function busyMsOf(device: string): number | null {
  const ticks = Number(toldText(`${device}/stat`)?.split(/\s+/)[9] ?? Number.NaN);
  return Number.isFinite(ticks) ? ticks : null;
}

/** Of what a disk says of itself; null: it says nothing. */
export function toldText(path: string): string | null {
  return cleaned(sysfsText(path) ?? '');
}

/** A disk's own words may be padded, or be anything. */
function cleaned(text: string): string | null {
  return text.replace(/[^\x21-\x7e]+/g, ' ').trim() || null;
}
