// Describes what `device` tells of disks and other block devices.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import {
  bytes,
  type Document,
  flag,
  runOrNull,
  text,
  textOrNull,
  texts,
  time,
  whole,
} from '../document/words.ts';
import { steps } from '../engine/step-document.ts';
import { diskHealth } from '../health/health-document.ts';

const signature = z
  .strictObject({
    type: text('As wipefs(8) calls it: `ext4`, `xfs`, `LVM2_member` …'),
    offset: bytes('Where it stands on the device'),
    uuid: textOrNull('UUID of what it is of; null: it has none'),
    label: textOrNull('Its label; null: it has none'),
  })
  .meta({ description: 'One signature' });

const contents = z
  .strictObject({
    name: text('What the kernel calls the device'),
    probed: z
      .discriminatedUnion('ok', [
        z.strictObject({ ok: z.literal(true).meta({ description: 'It was read' }) }),
        z.strictObject({
          ok: z.literal(false).meta({ description: 'It was not read' }),
          why: z.enum(['root', 'no answer', 'failed']).meta({
            description: '`root`: that is for root to do; `no answer`: it did not answer in time',
          }),
          said: text('The same in words'),
        }),
      ])
      .meta({ description: 'Whether what is on it was read; if not, the next four fields say nothing' }),
    partitionTable: textOrNull('`gpt`, `dos` …; null: there is none'),
    signatures: z.array(signature).meta({ description: 'But for that of the partition table' }),
    edges: z.enum(['zeros', 'data']).nullable().meta({
      description:
        'What its first and last 16 MiB are; null: they were not read, since a signature or a partition table is there',
    }),
    isHeld: flag('The kernel gives it to nobody alone, since it is mounted or something else holds it'),
    memberOf: z
      .array(
        z
          .strictObject({
            of: z
              .enum(['lvm', 'md', 'bcache', 'zfs', 'crypt', 'multipath'])
              .meta({ description: 'What uses it as a whole' }),
            name: textOrNull('Its volume group, array, pool or mapping; null: none, or it is not known'),
          })
          .meta({ description: 'One user of the whole device' }),
      )
      .meta({ description: 'What it is a part of' }),
    mounts: z
      .array(
        z
          .strictObject({
            device: text('The device itself, a partition of it, or a layer above'),
            mountPoint: text('Where it is mounted'),
            isElsewhere: flag('Only processes see it that see other mounts than the host, as in a container'),
          })
          .meta({ description: 'One mount' }),
      )
      .meta({ description: 'What is mounted of it, through partitions and layers' }),
    swap: texts('Devices of it that are swap'),
    open: z
      .array(
        z
          .strictObject({
            device: text('The device itself, a partition of it, or a layer above'),
            pid: whole('Number of the process'),
            command: text('What the kernel calls it'),
          })
          .meta({ description: 'One process' }),
      )
      .meta({ description: 'Processes that have it open' }),
    unseen: whole('Processes that this user may not look into'),
  })
  .meta({ description: 'What is on it and who uses it' });

const reason = z
  .strictObject({
    cause: text('Which, as one word'),
    found: text('The same in words'),
  })
  .meta({ description: 'One reason' });

const seen = z
  .strictObject({
    name: text('What the kernel calls it today: `nvme0n1`'),
    path: text('Its path: `/dev/nvme0n1`'),
    kind: z
      .enum(['disk', 'partition', 'device mapper', 'md', 'bcache', 'loop', 'memory', 'optical', 'network'])
      .meta({ description: 'What it is' }),
    number: text('`major:minor`'),
    sizeBytes: bytes('Its size'),
    logicalSectorBytes: bytes('Sectors in which it is addressed'),
    physicalSectorBytes: bytes('Sectors in which it works'),
    isRotational: flag('It turns, or the kernel knows nothing else'),
    isRemovable: flag('It can be taken out'),
    isReadOnly: flag('It takes no writes'),
    transport: textOrNull('How it is connected: `nvme`, `sata`, `virtio` …; null: not known'),
    model: textOrNull('Its model; null: it does not say'),
    serial: textOrNull('Its serial number; null: it does not say'),
    firmware: textOrNull('Version of its firmware; null: it does not say'),
    wwid: textOrNull('WWID of the namespace, as sysfs has it; null: it has none'),
    namespace: whole('Its namespace; 1 of a disk without namespaces'),
    discard: z
      .strictObject({
        maxBytes: bytes('The most that it takes at once; 0: it takes none'),
        granularityBytes: bytes('The smallest unit'),
      })
      .meta({ description: 'How it takes discards' }),
    scheduler: z
      .strictObject({ now: text('The one that is chosen'), offered: texts('Those that can be') })
      .nullable()
      .meta({ description: 'Its scheduler; null: it has none' }),
    partOf: textOrNull('Of a partition, the disk; null: it is none'),
    parts: texts('Its partitions'),
    holders: texts('What stands on it'),
    slaves: texts('What it stands on'),
    mapper: z
      .strictObject({ name: text('Its name'), uuid: text('By which its maker knows it') })
      .nullable()
      .meta({ description: "Of device mapper's; null: it is none" }),
    backing: textOrNull('Of a loop device, the file; null: it is none'),
    contents: contents.nullable().meta({ description: 'What is on it; null: it is not there any more' }),
    health: diskHealth.nullable().meta({ description: 'Its health; null: it is no NVMe disk' }),
    use: z.enum(['empty', 'used before', 'ours', 'no', 'unknown']).meta({
      description:
        'Whether the hot tier could be on it. `empty`; `used before`: something is on it that nobody uses; `ours`: the hot tier is on it; `no`; `unknown`: only root may look',
    }),
    refusals: z
      .array(reason)
      .meta({ description: 'Why it may not be used; of one that is ours, what uses it' }),
    warnings: z.array(reason).meta({ description: 'What speaks against it' }),
  })
  .meta({ description: 'A block device' });

const namedDisk = z.strictObject({
  serial: text('Its serial number'),
  namespace: whole('Its namespace; 1 of a disk without namespaces'),
  wwid: textOrNull('Its WWID; null: it has none'),
  sizeBytes: bytes('Its size'),
});

const saved = z
  .strictObject({
    disk: namedDisk.meta({ description: 'The disk' }),
    hash: text('By which it is known: SHA-256 of the first and the last 16 MiB, one after the other'),
    savedAt: time('When it was saved'),
    path: text('The directory that it is in'),
    model: textOrNull('Model of the disk; null: it did not say'),
    held: texts('What was on it: `gpt`, `ext4`, `LVM2_member`'),
    volumeGroup: textOrNull('The volume group that was on it; null: none'),
    parts: z
      .array(
        z
          .strictObject({
            name: z
              .enum(['first', 'last', 'partition-table', 'volume-group'])
              .meta({ description: 'Name of the file' }),
            bytes: bytes('Its length'),
            hash: text('SHA-256 of it'),
          })
          .meta({ description: 'One file' }),
      )
      .meta({ description: 'The files that were saved' }),
  })
  .meta({ description: 'A saved state of a disk' });

const image = z
  .strictObject({
    file: text('The image'),
    hash: text('SHA-256 of all of it'),
    bytes: bytes('Its length, which is that of the disk'),
    writtenBytes: bytes('What it takes: zeros are holes'),
    ends: text('SHA-256 of its first and last 16 MiB, one after the other'),
  })
  .meta({ description: 'The image that was made' });

const deviceResult = z.discriminatedUnion('did', [
  z
    .strictObject({
      did: z.literal('list').meta({ description: 'All disks' }),
      devices: z.array(seen).meta({ description: 'The disks, by name' }),
    })
    .meta({ description: 'Of `device list`' }),
  z
    .strictObject({
      did: z.literal('show').meta({ description: 'One device' }),
      device: seen,
      on: z.array(seen).meta({ description: 'Its partitions, and what stands on it and them' }),
      layoutLines: z
        .array(z.string())
        .nullable()
        .meta({ description: 'Lines of a layout file that name it; null: it cannot be named or used' }),
    })
    .meta({ description: 'Of `device show`' }),
  z
    .strictObject({
      did: z.literal('list saved').meta({ description: 'What was saved of disks' }),
      saved: z.array(saved).meta({ description: 'The newest first' }),
    })
    .meta({ description: 'Of `device restore` without a saved state' }),
  z
    .strictObject({
      did: z.literal('backup').meta({ description: 'An image of a disk was made' }),
      disk: namedDisk.meta({ description: 'The disk' }),
      image,
    })
    .meta({ description: 'Of `device backup`' }),
  z
    .strictObject({
      did: z.literal('restore').meta({ description: 'A saved state was to be put back' }),
      saved,
      outcome: z
        .enum(['applied', 'stopped', 'failed', 'unchanged', 'refused', 'planned'])
        .meta({ description: '`unchanged`: the disk was so already; `planned`: of a dry run' }),
      run: runOrNull('Number of the run; null: nothing was done'),
      steps: steps('What was to be done'),
    })
    .meta({ description: 'Of `device restore`' }),
]);

export const published = {
  device: answerOf('device', { what: 'What was found', result: deviceResult }),
};

export type SeenDevice = Document<typeof seen>;
type Result = Document<typeof deviceResult>;
export type DeviceResult = ListResult | ShowResult;
export type ListResult = Extract<Result, { readonly did: 'list' }>;
export type BackupResult = Extract<Result, { readonly did: 'backup' }>;
export type RestoreResult = Extract<Result, { readonly did: 'list saved' | 'restore' }>;
export type ShowResult = Extract<Result, { readonly did: 'show' }>;
