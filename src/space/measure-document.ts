// Describes what was measured: a file system, a service, and where the numbers come from.
import * as z from 'zod';
import { absolutePath, bytes, type Document, flag, text, texts, time, whole } from '../document/words.ts';
import { role } from '../layout/layout-document.ts';

export const fileSystem = z.strictObject({
  mountPoint: text('Where it is mounted'),
  source: text('What is mounted: a device, or a name'),
  type: text('Its type, for example `ext4`'),
  sizeBytes: bytes('What it can hold, its own needs taken off (`Size` of df)'),
  usedBytes: bytes('What is used, by anybody (`Used` of df)'),
  freeBytes: bytes('What services can still take (`Avail` of df)'),
  usableBytes: bytes('What can be used at all: used and available together'),
});

export const otherFileSystems = texts(
  'Other file systems mounted below it, which were not counted: paths below its own',
);

export const unread = z
  .array(
    z
      .strictObject({
        path: text('What could not be read'),
        error: text('Why: name of the system’s error, or what is there instead'),
      })
      .meta({ description: 'Something that was not counted' }),
  )
  .meta({ description: 'What could not be read, and was not counted: the first of them' });

export const source = z
  .strictObject({
    by: z.enum(['project quota', 'scan']).meta({ description: 'Where the numbers come from' }),
    reason: text('Why from there'),
  })
  .meta({ description: 'How use was measured' });

export const usage = z.strictObject({
  service: text('Name of the service'),
  path: absolutePath('Its directory'),
  plannedBytes: bytes('Space planned for it'),
  usedBytes: bytes('Disk it uses').nullable().meta({
    description:
      'Disk it uses, in bytes: blocks, not apparent size, hard links once; null: missing or unreadable',
  }),
  apparentBytes: bytes('Lengths of its files and links, holes included').nullable().meta({
    description:
      'Lengths of its files and links, in bytes, holes included; null: not known, since a project quota counts it',
  }),
  inodes: whole('How many inodes it has, directories included'),
  files: whole('How many files it has')
    .nullable()
    .meta({ description: 'How many files it has; null: not known, since a project quota counts it' }),
  directories: z
    .array(
      z
        .strictObject({
          name: text('Name of the sub-directory'),
          role,
          usedBytes: bytes('Disk it uses'),
          apparentBytes: bytes('Lengths of files and links in it, holes included'),
          inodes: whole('How many inodes are in it'),
        })
        .meta({ description: 'Use of one sub-directory' }),
    )
    .meta({
      description:
        'Use of each sub-directory that the layout names; none where a project quota counts the service',
    }),
  mountPoints: otherFileSystems,
  unreadable: unread,
  source: source
    .meta({ description: 'How it was measured; left out: it was not, or an earlier version did' })
    .exactOptional(),
});

/** What lies below the base beside the services. */
export const other = z
  .strictObject({
    usedBytes: bytes('Disk it uses'),
    apparentBytes: bytes('Lengths of files and links, holes included'),
    inodes: whole('How many inodes it has, the base directory included'),
    files: whole('How many files it has'),
    mountPoints: otherFileSystems,
    unreadable: unread,
  })
  .nullable()
  .meta({
    description:
      'What is below the base and belongs to no service, the base directory itself included; null: not measured',
  });

export const unaccountedBytes = z.number().nullable().meta({
  description:
    'The difference between the disk and all that was found, in bytes: used on the file system outside of the base, by deleted files that are still open, by the file system itself; null: not all could be measured',
});

/** Of an answer to somebody who may not measure. */
export const reported = z
  .strictObject({
    at: time('When it was measured'),
    ageSeconds: z.number().min(0).meta({ description: 'How long ago that is, in seconds' }),
  })
  .nullable()
  .meta({
    description: 'This is the last report, since without root nothing is measured; null: measured now',
  });

/** How the looking itself went. */
export const looking = {
  entries: whole('How many files and directories were looked at'),
  linksBeyond: whole('Names of files with hard links that were counted each, because too many were met'),
  timedOut: flag('Something gave no answer in time, and has no numbers'),
};

export type Source = Document<typeof source>;
export type Usage = Document<typeof usage>;
export type Reported = NonNullable<Document<typeof reported>>;
export type Other = NonNullable<Document<typeof other>>;
export type FileSystemUse = Document<typeof fileSystem>;
