// Owns what sysfs tells of the block devices of this machine. Asks no device. Documentation/ABI/stable/sysfs-block.
import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { BlockDevice, DeviceKind } from '../../port/block-device.ts';
import { toldSerial, toldText } from '../block-disk.ts';
import { schedulerIn } from '../block-queue.ts';
import { asRehearsed } from '../rehearsal/rehearsed-disk.ts';
import { sysfsText } from '../sysfs.ts';

const SYS_BLOCK = '/sys/class/block';
/** In sysfs a size is in these, whatever the sectors are. */
const SIZE_UNIT = 512;

export function readBlockDevices(): readonly BlockDevice[] {
  return listed(SYS_BLOCK)
    .flatMap((name) => readBlockDevice(name) ?? [])
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** null: there is none, it is a way to another one (a path of NVMe multipath), or it is a place for one that is not there. */
export function readBlockDevice(name: string): BlockDevice | null {
  const at = directoryOf(name);
  const number = at === null ? null : sysfsText(`${at}/dev`);
  if (at === null || number === null || sysfsText(`${at}/hidden`) === '1') return null;
  const isPart = sysfsText(`${at}/partition`) !== null;
  const disk = isPart ? dirname(at) : at;
  const kind = isPart ? 'partition' : kindOf(at, name);
  const sizeBytes = numberAt(`${at}/size`) * SIZE_UNIT;
  const backing = sysfsText(`${at}/loop/backing_file`);
  if (isPlaceholder(kind, { sizeBytes, backing })) return null;
  const queue = `${disk}/queue`;
  return asRehearsed({
    name,
    // cciss!c0d0 is /dev/cciss/c0d0.
    path: `/dev/${name.replaceAll('!', '/')}`,
    kind,
    number,
    sizeBytes,
    logicalSectorBytes: numberAt(`${queue}/logical_block_size`),
    physicalSectorBytes: numberAt(`${queue}/physical_block_size`),
    isRotational: sysfsText(`${queue}/rotational`) === '1',
    isRemovable: sysfsText(`${disk}/removable`) === '1',
    isReadOnly: sysfsText(`${at}/ro`) === '1',
    ...(kind === 'disk' ? toldByDisk(at, name) : NOT_TOLD),
    discard: {
      maxBytes: numberAt(`${queue}/discard_max_bytes`),
      granularityBytes: numberAt(`${queue}/discard_granularity`),
    },
    scheduler: schedulerIn(sysfsText(`${queue}/scheduler`)),
    partOf: isPart ? basename(disk) : null,
    parts: isPart ? [] : listed(at).filter((entry) => sysfsText(`${at}/${entry}/partition`) !== null),
    holders: listed(`${at}/holders`),
    slaves: listed(`${at}/slaves`),
    mapper: mapperOf(at),
    backing,
  });
}

const NOT_TOLD = {
  transport: null,
  model: null,
  serial: null,
  firmware: null,
  wwid: null,
  namespace: 1,
} as const satisfies Partial<BlockDevice>;

function toldByDisk(at: string, name: string): Pick<BlockDevice, keyof typeof NOT_TOLD> {
  return {
    transport: transportOf(at, name),
    model: toldText(`${at}/device/model`),
    serial: toldSerial(at),
    firmware: toldText(`${at}/device/firmware_rev`) ?? toldText(`${at}/device/rev`),
    wwid: toldText(`${at}/wwid`) ?? toldText(`${at}/device/wwid`),
    namespace: numberAt(`${at}/nsid`) || 1,
  };
}

/** A loop device without a file, a card reader without a card are not there; a disk without a size is. */
function isPlaceholder(
  kind: DeviceKind,
  { sizeBytes, backing }: Pick<BlockDevice, 'sizeBytes' | 'backing'>,
): boolean {
  if (kind === 'loop') return backing === null;
  return sizeBytes === 0 && (kind === 'memory' || kind === 'network' || kind === 'optical');
}

const KINDS: readonly (readonly [RegExp, DeviceKind])[] = [
  [/^loop\d/, 'loop'],
  [/^z?ram\d/, 'memory'],
  [/^(?:sr|fd)\d/, 'optical'],
  [/^(?:nbd|rbd|drbd)\d/, 'network'],
  [/^bcache\d/, 'bcache'],
];

function kindOf(at: string, name: string): DeviceKind {
  if (sysfsText(`${at}/dm/name`) !== null) return 'device mapper';
  if (name.startsWith('md') && listed(at).includes('md')) return 'md';
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'disk';
}

function mapperOf(at: string): BlockDevice['mapper'] {
  const name = sysfsText(`${at}/dm/name`);
  return name === null ? null : { name, uuid: sysfsText(`${at}/dm/uuid`) ?? '' };
}

const WAYS: readonly (readonly [RegExp, string])[] = [
  [/\/usb\d/, 'usb'],
  [/\/virtio\d/, 'virtio'],
  [/\/ata\d/, 'sata'],
  [/\/end_device-/, 'sas'],
  [/\/session\d/, 'iscsi'],
  [/\/rport-/, 'fc'],
  [/\/mmc_host\//, 'mmc'],
];

function transportOf(at: string, name: string): string | null {
  if (!name.startsWith('nvme')) return WAYS.find(([pattern]) => pattern.test(at))?.[1] ?? null;
  // Of a disk with several ways to it, the controllers are below what they share.
  const controllers = [`${at}/device`, ...listed(`${at}/device`).map((one) => `${at}/device/${one}`)];
  const way = controllers.map((one) => toldText(`${one}/transport`)).find((one) => one !== null);
  return way === undefined || way === 'pcie' ? 'nvme' : `nvme over ${way}`;
}

/** Below /sys/devices: the way there tells how it is connected. */
function directoryOf(name: string): string | null {
  if (!/^[\w!.-]+$/.test(name) || name.startsWith('.')) return null;
  try {
    return realpathSync(`${SYS_BLOCK}/${name}`);
  } catch {
    return null;
  }
}

function numberAt(path: string): number {
  return Number(sysfsText(path) ?? 0) || 0;
}

/** Sorted, as the kernel counts. */
function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory).toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    return [];
  }
}
