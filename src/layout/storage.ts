// Owns what the `storage:` section of a layout comes to: which file systems are wanted, where each is mounted, and by which
// names they are known again on any host. Pure. What is there is read by the port; what is to be done is decided by storage/.
import { createHash } from 'node:crypto';
import { servicePath } from './layout.ts';
import type { Layout, Service, Storage } from './layout-document.ts';

export type { Storage };

export const FILE_SYSTEM_TYPES = ['xfs', 'ext4'] as const;
export type FileSystemType = (typeof FILE_SYSTEM_TYPES)[number];

/** What the volume and the file system that hold the base are called. No service may be called so. */
export const BASE_VOLUME = 'base';
export const DEFAULT_GROUP = 'jts-hot';
export const DEFAULT_KEEP_FREE_PERCENT = 5;
export const DEFAULT_DEVICE_TIMEOUT_SECONDS = 30;
/** The name of the device has both, and each `-` in them twice: at most 127 characters. */
const LONGEST_VOLUME_NAME = 60;
/** Where every service has a volume of its own: what holds the base has only directories in it. */
export const LEAST_VOLUME_BYTES = 1024 ** 3;

export function isFileSystemType(text: string): text is FileSystemType {
  return FILE_SYSTEM_TYPES.some((type) => type === text);
}

/** lvm(8), "VALID NAMES": names of its own inner volumes are kept from others. */
const LVMS_OWN =
  /^(?:snapshot|pvmove)|_(?:cdata|cmeta|corig|cpool|cvol|imeta|iorig|mimage|mlog|pmspare|rimage|rmeta|tdata|tmeta|vdata|vorigin|wcorig)/;

export function checkVolumeName(name: string): string | null {
  if (!/^[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/.test(name) || name === '.' || name === '..')
    return 'want a name of a-z, A-Z, 0-9 and `+_.-` that does not begin with `-`';
  if (name.length > LONGEST_VOLUME_NAME) return `want a name of at most ${LONGEST_VOLUME_NAME} characters`;
  return LVMS_OWN.test(name) ? 'want a name that LVM does not keep for itself' : null;
}

export interface WantedFileSystem {
  /** `base`, or the service that it is for. */
  readonly name: string;
  readonly mountPoint: string;
  readonly type: FileSystemType;
  readonly uuid: string;
  /** null: straight on the disk. */
  readonly volume: WantedVolume | null;
  /** null: the base, which is for all that have none of their own. */
  readonly service: Service | null;
}

export interface WantedVolume {
  readonly group: string;
  readonly name: string;
  /** null: what is left of the group, without what is kept free. */
  readonly sizeBytes: number | null;
}

/** In the order in which they are made and mounted: those that are below others come after them. */
export function wantedFileSystems(layout: Layout): readonly WantedFileSystem[] {
  const { storage } = layout;
  if (storage === undefined) return [];
  const { volumes } = storage;
  const base: WantedFileSystem = {
    name: BASE_VOLUME,
    mountPoint: layout.base,
    type: storage.type,
    uuid: storageUuid(storage, BASE_VOLUME),
    volume:
      volumes === null ? null : { group: volumes.group, name: BASE_VOLUME, sizeBytes: baseBytes(layout) },
    service: null,
  };
  const own = (volumes?.services ?? []).flatMap(({ service: name, sizeBytes, type }): WantedFileSystem[] => {
    const service = layout.services.find((one) => one.name === name);
    if (service === undefined || volumes === null) return [];
    return [
      {
        name,
        mountPoint: servicePath(layout, service),
        type,
        uuid: storageUuid(storage, name),
        volume: { group: volumes.group, name, sizeBytes: sizeBytes ?? volumeFor(service.plannedBytes) },
        service,
      },
    ];
  });
  return [base, ...own.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length)];
}

/** So large that the planned size fits: 5 % of a file system is kept free, and some of it is its own. */
function volumeFor(plannedBytes: number): number {
  return Math.ceil(plannedBytes * 1.08);
}

function baseBytes({ storage, services }: Layout): number | null {
  const volumes = storage?.volumes ?? null;
  if (volumes === null || volumes.baseBytes !== null) return volumes?.baseBytes ?? null;
  const haveTheirOwn = services.every(({ name }) => volumes.services.some(({ service }) => service === name));
  return haveTheirOwn ? LEAST_VOLUME_BYTES : null;
}

/** The one that holds what lies below the path of a service, `null`: below the base. */
export function fileSystemFor(layout: Layout, service: string | null): WantedFileSystem | null {
  const all = wantedFileSystems(layout);
  return all.find((one) => one.service?.name === service) ?? all.find((one) => one.service === null) ?? null;
}

/**
 * The UUID of a file system, and of nothing else on any host: from the name of its disk and its own, so that a plan made twice
 * is the same, and a host that is made anew knows its disk again. Version 8 of RFC 9562.
 */
export function storageUuid({ disk }: Pick<Storage, 'disk'>, name: string): string {
  const digits = [...hashOf(disk, `file system ${name}`).subarray(0, 16).toString('hex')];
  digits[12] = '8';
  digits[16] = '89ab'[Number.parseInt(digits[16] ?? '0', 16) % 4] ?? '8';
  const text = digits.join('');
  return [0, 8, 12, 16, 20].map((from, i) => text.slice(from, [8, 12, 16, 20, 32][i])).join('-');
}

/** No other program that makes file systems gives one of version 8. */
export function isStorageUuid(uuid: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid);
}

const LVM_SIGNS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Of the physical volume, as LVM writes one: six groups of six signs, the first and the last of them of six, too; 32 in all. */
export function physicalVolumeUuid({ disk }: Pick<Storage, 'disk'>): string {
  const signs = [...hashOf(disk, 'physical volume')]
    .map((byte) => LVM_SIGNS[byte % LVM_SIGNS.length])
    .join('');
  return [0, 6, 10, 14, 18, 22, 26]
    .map((from, i) => signs.slice(from, [6, 10, 14, 18, 22, 26, 32][i]))
    .join('-');
}

function hashOf({ serial, namespace, wwid }: Storage['disk'], what: string): Buffer {
  const disk = serial === null ? `wwid ${wwid}` : `serial ${serial} namespace ${namespace}`;
  return createHash('sha256').update(`jts-hot\0${disk}\0${what}`).digest();
}
