// Owns which of the devices that are there a disk's name means: exactly one, or a refusal that lists what was found. By what the
// device itself says in sysfs, never by a link in /dev/disk/by-id: those can lead to another namespace. Pure.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { BlockDevice } from './block-device.ts';
import { type DiskName, describeDisk } from './storage.ts';

export type FoundDisk = { readonly disk: BlockDevice } | { readonly refusal: Diagnostic };

export function findDisk(devices: readonly BlockDevice[], name: DiskName): FoundDisk {
  const disks = devices.filter(({ kind }) => kind === 'disk');
  const called =
    name.serial === null
      ? disks.filter(({ wwid }) => wwid !== null && wwid === name.wwid)
      : disks.filter(({ serial, namespace }) => serial === name.serial && namespace === name.namespace);
  if (called.length === 0) return { refusal: noSuch(disks, name) };
  const fitting = name.wwid === null ? called : called.filter(({ wwid }) => wwid === name.wwid);
  const [disk, ...others] = fitting;
  if (disk === undefined) return { refusal: anotherWwid(called, name) };
  if (others.length > 0) return { refusal: several(fitting, name) };
  return { disk };
}

/** How a disk is told apart from all others, in one line: `nvme0n1: serial S1, namespace 2, eui.0025385b01, 4000787030016 bytes`. */
export function identityOf({ name, serial, namespace, wwid, sizeBytes }: BlockDevice): string {
  const words = [
    serial === null ? 'no serial number' : `serial ${serial}`,
    ...(namespace === 1 ? [] : [`namespace ${namespace}`]),
    ...(wwid === null ? [] : [wwid]),
    `${sizeBytes} bytes`,
  ];
  return `${name}: ${words.join(', ')}`;
}

const SHOWN = 20;

function listed(disks: readonly BlockDevice[]): readonly string[] {
  const more = disks.length - SHOWN;
  return [
    ...disks.slice(0, SHOWN).map((disk) => `found: ${identityOf(disk)}`),
    ...(more > 0 ? [`found: ${more} more`] : []),
  ];
}

function wanted(name: DiskName): string {
  return `want: ${describeDisk(name)}${name.serial !== null && name.wwid !== null ? `, ${name.wwid}` : ''}`;
}

function noSuch(disks: readonly BlockDevice[], name: DiskName): Diagnostic {
  return diagnostic('E_NO_DISK', 'cannot find the disk', {
    detail: [wanted(name), ...(disks.length === 0 ? ['found: no disk at all'] : listed(disks))],
    fix: 'sudo jts-hot device list',
  });
}

function several(disks: readonly BlockDevice[], name: DiskName): Diagnostic {
  const hasWwids = new Set(disks.map(({ wwid }) => wwid)).size === disks.length;
  return diagnostic('E_TWO_DISKS', 'refusing to choose one of several disks', {
    detail: [wanted(name), ...listed(disks)],
    hint: hasWwids
      ? 'say in the layout which one by its WWID'
      : 'two ways to one disk are used through multipath only, which the hot tier does not do',
  });
}

function anotherWwid(disks: readonly BlockDevice[], name: DiskName): Diagnostic {
  return diagnostic('E_DISK_WWID', 'refusing to take another disk for the one in the layout', {
    detail: [wanted(name), ...listed(disks)],
    hint: 'the serial number fits and the WWID does not: look which disk is meant, and correct the layout',
  });
}
