// Owns the shape of the `storage:` section of a layout file, once: it checks files and is part of the JSON Schema. What its values
// mean together (defaults, services, names) is storage-section.ts.
import * as z from 'zod';
import {
  checkVolumeName,
  DEFAULT_DEVICE_TIMEOUT_SECONDS,
  DEFAULT_GROUP,
  DEFAULT_KEEP_FREE_PERCENT,
  FILE_SYSTEM_TYPES,
  type FileSystemType,
  isFileSystemType,
  LEAST_VOLUME_BYTES,
} from '../layout/storage.ts';
import { DURATION_PATTERN, exactDuration, parseDuration } from '../values/duration.ts';
import { exactPercent, PERCENT_PATTERN, parsePercent, WANT_PERCENT } from '../values/percent.ts';
import { exactSize, parseSize, SIZE_PATTERN, WANT_SIZE } from '../values/size.ts';
import { checkedText, type Read, readText } from './text-schema.ts';

// Messages begin with "want": layout-file.ts puts the place before them and what was found after them.

const WANT_SECTION = 'want settings (device, allowFormat, filesystem, volumes, mount)';
const WANT_DEVICE = 'want a disk by its serial number, its WWID, or both (serial, namespace, wwid)';
const WANT_SERIAL = 'want the serial number of a disk: `lsblk --output NAME,SERIAL,WWN` shows it';
const WANT_WWID = 'want the WWID of a disk, such as eui.0025385b01 (/sys/block/nvme0n1/wwid)';
const WANT_NAMESPACE = 'want the number of a namespace, from 1 on';
const WANT_TYPE = `want ${FILE_SYSTEM_TYPES.join(' or ')}`;
const WANT_VOLUMES = 'want settings (group, keepFree, base, services) or nothing';
const WANT_SERVICES = 'want `all`, or services by name, each with settings (filesystem, size) or nothing';
const WANT_MOUNT = 'want settings (options, deviceTimeout)';
const WANT_OPTIONS = 'want a list of options of mount(8), such as [logbsize=256k]';
const WANT_TIMEOUT = 'want a span of time from 1s to 1h, such as 30s';

/** Anything else would not be what a disk tells, or would mean something to udev and fstab. */
const SIGNS = /^[!-~](?:[ -~]{0,126}[!-~])?$/;

const serial = checkedText(WANT_SERIAL, (text) => (SIGNS.test(text) ? null : WANT_SERIAL));
const wwid = checkedText(WANT_WWID, (text) => (SIGNS.test(text) ? null : WANT_WWID));
const namespace = readText(
  WANT_NAMESPACE,
  (text): Read<number> =>
    /^[1-9]\d{0,9}$/.test(text) ? { value: Number(text) } : { complaint: WANT_NAMESPACE },
);
const type = checkedText(WANT_TYPE, (text) => (isFileSystemType(text) ? null : WANT_TYPE))
  .transform((text) => text as FileSystemType)
  .meta({ enum: [...FILE_SYSTEM_TYPES] });

const size = readText(WANT_SIZE, (text): Read<number> => {
  const parsed = parseSize(text);
  if (!('bytes' in parsed)) return parsed;
  return parsed.bytes < LEAST_VOLUME_BYTES
    ? { complaint: `want at least ${exactSize(LEAST_VOLUME_BYTES)}` }
    : { value: parsed.bytes };
}).meta({ pattern: SIZE_PATTERN });

const deviceFields = {
  serial: serial.meta({ description: 'Its serial number.' }).optional(),
  namespace: namespace
    .meta({
      description: 'Its namespace, of an NVMe disk. Default: 1.',
      type: ['integer', 'string'],
      minimum: 1,
    })
    .optional(),
  wwid: wwid
    .meta({ description: 'WWID of the namespace, as the kernel has it: eui.…, nvme.…, uuid.….' })
    .optional(),
};

const volumeFields = {
  filesystem: type.meta({ ...type.meta(), description: 'Default: as said for the base.' }).optional(),
  size: size
    .meta({
      ...size.meta(),
      description: 'Size of the volume. Default: 8 % more than the planned size, so that it fits.',
    })
    .optional(),
};

const volumesFields = {
  group: checkedText('want a name for the volume group', checkVolumeName)
    .meta({ description: `Name of the volume group. Default: ${DEFAULT_GROUP}.` })
    .optional(),
  keepFree: readText(WANT_PERCENT, (text): Read<number> => {
    const parsed = parsePercent(text, 90);
    return 'percent' in parsed ? { value: parsed.percent } : parsed;
  })
    .meta({
      description: `How much of the group no volume takes, for snapshots and growth. Default: ${exactPercent(DEFAULT_KEEP_FREE_PERCENT)}.`,
      pattern: PERCENT_PATTERN,
    })
    .optional(),
  base: size
    .meta({
      ...size.meta(),
      description:
        'Size of the volume that holds the base, and all services that have none of their own. Default: what is left; 1GiB where each service has its own.',
    })
    .optional(),
  services: z
    .union(
      [
        z.literal('all'),
        z.null(),
        z.record(
          z.string(),
          z.union([z.null(), z.strictObject(volumeFields, { error: WANT_SERVICES })], {
            error: WANT_SERVICES,
          }),
          WANT_SERVICES,
        ),
      ],
      { error: WANT_SERVICES },
    )
    .meta({
      description: 'Services that get a volume of their own, mounted at their directory; `all`: each.',
    })
    .optional(),
};

const mountFields = {
  options: z
    .array(
      checkedText(WANT_OPTIONS, (text) => (/^[A-Za-z][\w.=:/+-]{0,99}$/.test(text) ? null : WANT_OPTIONS)),
      WANT_OPTIONS,
    )
    .meta({ description: 'Options of the mounts, besides those that are always set.' })
    .optional(),
  deviceTimeout: readText(WANT_TIMEOUT, (text): Read<number> => {
    const parsed = parseDuration(text);
    if ('complaint' in parsed) return parsed;
    return parsed.seconds >= 1 && parsed.seconds <= 3600
      ? { value: parsed.seconds }
      : { complaint: WANT_TIMEOUT };
  })
    .meta({
      description: `How long the start of the machine waits for the disk. Default: ${exactDuration(DEFAULT_DEVICE_TIMEOUT_SECONDS)}.`,
      pattern: DURATION_PATTERN,
    })
    .optional(),
};

const fields = {
  device: z.strictObject(deviceFields, { error: WANT_DEVICE }).meta({
    description: 'The disk, by what it tells of itself: the kernel gives its names anew at each start.',
  }),
  allowFormat: serial
    .meta({
      description:
        'Serial number of the disk that `setup` may format. It formats no other one, none without --confirm, and none that was set up before.',
    })
    .optional(),
  filesystem: type
    .meta({ ...type.meta(), description: 'Type of the file system that holds the base. Default: xfs.' })
    .optional(),
  volumes: z
    .union([z.null(), z.strictObject(volumesFields, { error: WANT_VOLUMES })], { error: WANT_VOLUMES })
    .meta({ description: 'Volumes of LVM. Left out: one file system, straight on the disk.' })
    .optional(),
  mount: z
    .strictObject(mountFields, { error: WANT_MOUNT })
    .meta({ description: 'How it is mounted.' })
    .optional(),
};

export const storageSchema = z.strictObject(fields, { error: WANT_SECTION }).meta({
  description:
    'The disk below the base, and what `setup` makes on it: volumes, file systems, mounts. Left out: they are yours, and what is mounted is used as it is.',
});

/** For the guess at what an unknown key was meant to be. */
export const storageFieldNames = {
  section: Object.keys(fields),
  device: Object.keys(deviceFields),
  volumes: Object.keys(volumesFields),
  volume: Object.keys(volumeFields),
  mount: Object.keys(mountFields),
} as const;

interface VolumeFields {
  readonly filesystem?: FileSystemType | undefined;
  readonly size?: number | undefined;
}

export type StorageFields =
  | {
      readonly device: {
        readonly serial?: string | undefined;
        readonly namespace?: number | undefined;
        readonly wwid?: string | undefined;
      };
      readonly allowFormat?: string | undefined;
      readonly filesystem?: FileSystemType | undefined;
      readonly volumes?:
        | {
            readonly group?: string | undefined;
            readonly keepFree?: number | undefined;
            readonly base?: number | undefined;
            readonly services?: 'all' | Readonly<Record<string, VolumeFields | null>> | null | undefined;
          }
        | null
        | undefined;
      readonly mount?:
        | { readonly options?: readonly string[] | undefined; readonly deviceTimeout?: number | undefined }
        | undefined;
    }
  | undefined;
