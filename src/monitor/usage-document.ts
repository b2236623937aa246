// Describes what `usage` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import {
  absolutePath,
  base,
  bytes,
  type Document,
  flag,
  number,
  root,
  text,
  textOrNull,
  time,
  whole,
} from '../document/words.ts';
import {
  fileSystem,
  looking,
  other,
  otherFileSystems,
  reported,
  unaccountedBytes,
  unread,
} from '../space/measure-document.ts';

const space = z.strictObject({
  usedBytes: bytes('Disk they use'),
  apparentBytes: bytes('Lengths of files and links, holes included').nullable().meta({
    description:
      'Lengths of files and links, in bytes, holes included; null: not known, since the last report is of project quotas',
  }),
  inodes: whole('How many inodes they have, directories included'),
  files: whole('How many files they are').nullable().meta({
    description: 'How many files they are; null: not known, since the last report is of project quotas',
  }),
});

function listing<Item extends z.ZodType>(item: Item, description: string) {
  return z
    .strictObject({
      listed: z.array(item).meta({ description: 'Largest first' }),
      more: flag('There are more than were asked for'),
    })
    .meta({ description });
}

const ofService = textOrNull('Name of the service that it belongs to; null: none');

const spaceFile = z
  .strictObject({
    service: ofService,
    path: absolutePath('The file'),
    usedBytes: bytes('Disk it uses'),
    apparentBytes: bytes('Its length, holes included'),
    changedAt: time('When it was last changed'),
    ageSeconds: number('How long ago that is, in seconds; negative: its time is in the future'),
  })
  .meta({ description: 'A file' });

const spaceDirectory = z
  .strictObject({
    service: ofService,
    path: absolutePath('The directory'),
    usedBytes: bytes('Disk it uses, with all that is below it'),
    apparentBytes: bytes('Lengths of files and links in it, holes included'),
    inodes: whole('How many inodes are in it'),
  })
  .meta({ description: 'A directory' });

const serviceSpace = z
  .strictObject({
    service: text('Name of the service'),
    path: absolutePath('Its directory'),
    space: space.nullable().meta({ description: 'What it takes; null: not measured, and `error` says why' }),
    error: textOrNull('Why it was not measured: what is there instead, an error, `timeout`'),
    mountPoints: otherFileSystems,
    unreadable: unread,
    unreadableCount: whole('How many things could not be read'),
  })
  .meta({ description: 'Use of one service' });

const deletedFile = z
  .strictObject({
    path: text('Where it was, as the process sees it'),
    usedBytes: bytes('Disk it uses until it is closed'),
    apparentBytes: bytes('Its length, holes included'),
    pid: whole('A process that has it open or mapped'),
    command: text('What that process is called'),
    holders: whole('How many processes have it'),
  })
  .meta({ description: 'A file that was deleted and is still open' });

const deletedOpen = z
  .strictObject({
    usedBytes: bytes('Disk that all of them use'),
    ...listing(deletedFile, '').shape,
    unseen: whole('Processes that may not be looked into: theirs are missing'),
  })
  .nullable()
  .meta({
    description:
      'Deleted files on the file system of the base, and on those of services, that take space until they are closed; null: not looked for, since only one service was asked for or the disk does not answer',
  });

const asked = z
  .strictObject({
    top: whole('So many of each kind'),
    depth: whole('Directories down to this many levels below a service'),
    filesOverBytes: bytes('Files of at least this size'),
    logsOverBytes: bytes('`*.log` of at least this size'),
    temporaryOlderThanSeconds: whole('`*.tmp` last changed longer ago than this, in seconds'),
  })
  .meta({ description: 'What was looked for' });

const usageResult = z.strictObject({
  root,
  base,
  at: time('When it was measured; ages are counted to this'),
  service: textOrNull('The service that was asked for; null: all'),
  asked,
  fileSystem: fileSystem
    .nullable()
    .meta({ description: 'The file system that holds the base directory; null: it does not answer' }),
  fileSystems: z
    .array(
      fileSystem
        .extend({ service: text('The service that has it for itself') })
        .meta({ description: 'A file system that a service has of its own' }),
    )
    .meta({ description: 'Those of services that have one of their own; left out: there are none' })
    .exactOptional(),
  total: space.meta({ description: 'All services that could be measured, together' }),
  elsewhereBytes: z.number().nullable().meta({
    description:
      'Used on the file system of the base by none of the services, in bytes; null: not known, or only one was asked for',
  }),
  other,
  unaccountedBytes,
  services: z.array(serviceSpace).meta({ description: 'The services, largest first' }),
  directories: listing(
    spaceDirectory,
    'The largest directories; of one that holds little but another one, only the other one',
  ),
  largeFiles: listing(spaceFile, 'Large files'),
  largeLogs: listing(spaceFile, 'Large logs: `*.log`'),
  deletedOpen,
  oldTemporaryFiles: listing(spaceFile, 'Old temporary files: `*.tmp`'),
  reported,
  ...looking,
  complete: flag('Every service could be measured, and everything in it be read'),
});

export const published = { usage: answerOf('usage', { what: 'What takes the space', result: usageResult }) };

export type Asked = Document<typeof asked>;
export type Space = Document<typeof space>;
export type ServiceSpace = Document<typeof serviceSpace>;
export type SpaceDirectory = Document<typeof spaceDirectory>;
export type SpaceFile = Document<typeof spaceFile>;
export type DeletedOpenFiles = NonNullable<Document<typeof deletedOpen>>;
/** Largest first. */
export interface Listing<Item> {
  readonly listed: readonly Item[];
  readonly more: boolean;
}
export type UsageResult = Document<typeof usageResult>;
