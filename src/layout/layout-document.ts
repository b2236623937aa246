// Describes a layout, as plans and `spec` have it.
import * as z from 'zod';
import { base, bytes, type Document, flag, mode, text, textOrNull, whole } from '../document/words.ts';
import { SYSTEMS } from '../values/size.ts';
import { ROLES } from './role.ts';
import { THINGS } from './thing.ts';

const accept = z
  .array(mode('A mode'))
  .meta({ description: 'Other modes that are right as well, because the service sets them itself' });

export const role = z.enum(ROLES).meta({
  description:
    'What it is for: `data`, `log`, `config`, `temporary` (may be lost) or `backup`; `*.log` below data and backups are no logs',
});

const directory = z
  .strictObject({
    name: text('Name of the directory, below that of its service; no slash is in it'),
    role,
    mode: mode('Its mode'),
    accept,
    purpose: text('What it is for'),
  })
  .meta({ description: 'One sub-directory of a service' });

/** `true` and numbers are not text: some services tell them apart. */
export const scalar = z.union([z.string(), z.number(), z.boolean()]);

const service = z
  .strictObject({
    name: text('Name of the service; what --adopt and `repair` take'),
    path: text('Its directory below the base, often of the same name; there may be a slash in it'),
    user: text('The system user that it runs as; `root`: none of its own'),
    group: text('The group that owns its directory'),
    sharesUser: flag('That another service has the same user is meant: nothing keeps the two apart'),
    mode: mode('Mode of its directory'),
    accept,
    plannedBytes: bytes('Space planned for it'),
    purpose: text('What it is for'),
    directories: z.array(directory).meta({ description: 'Its sub-directories' }),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .meta({ description: 'The port on which it listens; left out: as its own file says' })
      .exactOptional(),
    settings: z
      .record(z.string(), scalar)
      .meta({
        description:
          'Further settings of its own configuration, by their names there, dotted where they are nested; left out: none',
      })
      .exactOptional(),
  })
  .meta({ description: 'One service' });

const rule = z
  .strictObject({
    name: text('Name of the rule'),
    service: textOrNull(
      'Service that the place belongs to; null: every directory whose role is temporary, and every one for backups that is called staging',
    ),
    directory: textOrNull('Directory of that service; null: as said of `service`'),
    pattern: text('What the names of things are like: `*` is any text, `?` one character'),
    except: textOrNull('What is called like this is none of them; null: nothing'),
    olderSeconds: whole('Things last changed longer ago than this are taken, in seconds'),
    keep: whole('So many of the newest things stay, however old they are'),
    thing: z.enum(THINGS).meta({
      description:
        'What one thing is: `file` each file, at any depth; `directory` each directory directly in the place, as a whole; `entry` either of them, directly in the place',
    }),
  })
  .meta({ id: 'cleanRule', description: 'What may be cleaned away' });

const backupRule = {
  keep: whole('So many of the newest good backups stay, however old they are'),
  olderSeconds: whole('Only backups older than this may be deleted, in seconds'),
  maxAgeSeconds: whole('A last good backup older than this is CRITICAL, in seconds').nullable().meta({
    description: 'A last good backup older than this is CRITICAL, in seconds; null: nobody is told',
  }),
  verifyEverySeconds: whole('No restore that proved a backup within this time is WARNING, in seconds')
    .nullable()
    .meta({
      description:
        'No restore that proved a backup within this time is WARNING, in seconds; null: nobody is told',
    }),
};

const backups = z
  .strictObject({
    ...backupRule,
    services: z
      .array(
        z
          .strictObject({
            service: text('The service'),
            isWatched: flag('Its backups are watched, also where none was ever made; false: never'),
            ...backupRule,
          })
          .meta({ description: 'What holds for one service' }),
      )
      .meta({ description: 'Services with settings of their own' }),
  })
  .meta({ description: 'What holds for backups' });

const fileSystemType = z.enum(['xfs', 'ext4']);

const storage = z
  .strictObject({
    disk: z
      .strictObject({
        serial: textOrNull('Its serial number; null: it is named by its WWID alone'),
        namespace: whole('Its namespace; a disk without namespaces has 1'),
        wwid: textOrNull(
          'WWID of the namespace, as sysfs has it; null: it is named by its serial number alone',
        ),
      })
      .meta({ description: 'The disk, whatever the kernel calls it' }),
    allowFormat: textOrNull('Serial number of the disk that may be formatted; null: none'),
    type: fileSystemType.meta({ description: 'Type of the file system that holds the base' }),
    volumes: z
      .strictObject({
        group: text('Name of the volume group'),
        keepFreePercent: z
          .number()
          .min(0)
          .max(90)
          .meta({ description: 'How much of the group is kept free, in per cent' }),
        baseBytes: bytes('Size of the volume that holds the base').nullable().meta({
          description:
            'Size of the volume that holds the base, in bytes; null: all that is left, or 1 GiB where each service has its own',
        }),
        services: z
          .array(
            z
              .strictObject({
                service: text('The service'),
                type: fileSystemType.meta({ description: 'Type of its file system' }),
                sizeBytes: bytes('Size of its volume').nullable().meta({
                  description: 'Size of its volume, in bytes; null: 8 % more than its planned size',
                }),
              })
              .meta({ description: 'A volume of its own' }),
          )
          .meta({ description: 'Services that have a volume of their own' }),
      })
      .nullable()
      .meta({ description: 'Volumes of LVM; null: the file system is straight on the disk' }),
    options: z
      .array(text('An option'))
      .meta({ description: 'Options of the mounts, besides those that are always set' }),
    deviceTimeoutSeconds: whole('How long the start of the machine waits for the disk, in seconds'),
  })
  .meta({ description: 'What the base is on' });

const quota = z
  .strictObject({
    mode: z.enum(['account', 'enforce']).meta({
      description: '`account`: what each service uses is counted; `enforce`: limits hold, too',
    }),
    softPercent: z.number().positive().nullable().meta({
      description:
        'Soft limit in per cent of the planned size: a service may use it before it is warned of; null: none',
    }),
    hardPercent: z
      .number()
      .positive()
      .meta({ description: 'Hard limit in per cent of the planned size: writes beyond it fail' }),
  })
  .meta({ description: 'Project quotas, one a service' });

export const layout = z
  .strictObject({
    base,
    mount: z
      .union([z.literal('required'), z.templateLiteral(['UUID=', z.string()])])
      .meta({
        description:
          'What must hold the base: a mounted file system, or just this one; left out: what is on record',
      })
      .exactOptional(),
    units: z
      .enum(SYSTEMS)
      .meta({ description: 'How sizes are shown: `si` in powers of 1000, `iec` of 1024; left out: `si`' })
      .exactOptional(),
    services: z.array(service).meta({ description: 'The services, in the order of the layout' }),
    clean: z
      .array(rule)
      .meta({ description: 'What `clean` may take away; left out: the built-in rules' })
      .exactOptional(),
    backups: backups
      .meta({
        description:
          'Which backups may be deleted, and when one is too old or not proved; left out: what is built in',
      })
      .exactOptional(),
    storage: storage
      .meta({
        description:
          'The disk, volumes, file systems and mounts below the base; left out: they are not ours to make',
      })
      .exactOptional(),
    quota: quota
      .meta({ description: 'Project quotas of the services; left out: none are wanted' })
      .exactOptional(),
    selinux: z
      .literal('off')
      .meta({ description: 'Labels are left alone; left out: they are set where SELinux is on' })
      .exactOptional(),
  })
  .meta({ id: 'spec', description: 'A layout' });

export const effectiveLayout = layout.meta({
  description: 'The effective layout: the file merged over the built-in one',
});

export type Directory = Document<typeof directory>;
export type Service = Document<typeof service>;
export type Rule = Document<typeof rule>;
export type BackupRule = Omit<Document<typeof backups>, 'services'>;
export type Storage = Document<typeof storage>;
export type Quota = Document<typeof quota>;
export type Layout = Document<typeof layout>;
