// Describes what stands in each backup: its manifest, and what came of the last time that it was proved.
import * as z from 'zod';
import {
  bytes,
  type Document,
  flag,
  number,
  program,
  text,
  textOrNull,
  texts,
  time,
  version,
} from '../document/words.ts';

/** Raised when a field changes its meaning or goes. */
export const MANIFEST_SCHEMA_VERSION = 1;

export const backupName = (description: string) =>
  z
    .string()
    .regex(/^\d{8}T\d{6}Z$/)
    .meta({ description: `${description}: \`20261127T101403Z\`` });

const count = z
  .strictObject({
    what: text('What was counted: `table shop.public.orders`'),
    count: number('How many'),
    isExact: flag('false: an estimate'),
  })
  .meta({ description: 'Something that can be counted again where the backup is restored' });

const taken = z
  .strictObject({
    tool: text('What it was taken with'),
    versions: z
      .record(z.string(), z.string())
      .meta({ description: 'Versions of the tool and of the server' }),
    position: textOrNull('Up to where in the log of the service it goes; null: it has none'),
    parent: backupName('The backup that this one needs')
      .nullable()
      .meta({ description: 'The backup that this one needs; null: it stands alone' }),
    before: z.array(count).meta({ description: 'Counted before it was taken' }),
    after: z.array(count).meta({ description: 'Counted after it was taken' }),
    limits: texts('What it does not have'),
    settings: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'What restoring it has to know of the server that it is of; left out: nothing' }),
    elsewhere: z.record(z.string(), z.string()).nullable().meta({
      description: 'Where a tool keeps it in a place of its own, how it is found there; null: it stands here',
    }),
  })
  .meta({ description: 'What the service says of it' });

export const manifest = z
  .strictObject({
    schemaVersion: version(MANIFEST_SCHEMA_VERSION, 'Version of this format'),
    service: text('Whose data it is'),
    name: backupName('Its name'),
    begun: time('When it was begun'),
    ended: time('When it was whole'),
    program,
    sourceBytes: bytes('What was to be backed up, as it was estimated'),
    bytes: bytes('All its files together'),
    taken,
    files: z
      .array(
        z
          .strictObject({
            name: text('Its path in the backup'),
            bytes: bytes('Its size'),
            sha256: text('SHA-256 of what is in it, in hexadecimal'),
          })
          .meta({ description: 'A file of the backup' }),
      )
      .meta({ description: 'All of them but the manifest itself and what is said of the last proof' }),
  })
  .meta({ description: 'What a backup is' });

export const verification = z
  .strictObject({
    schemaVersion: version(MANIFEST_SCHEMA_VERSION, 'Version of this format'),
    at: time('When it was proved'),
    program,
    isGood: flag('Each file has its sum, a server started on it, and it has what was counted'),
    seconds: number('How long it took, in seconds'),
    why: texts('What was wrong; none: nothing'),
    counts: z.array(count).meta({ description: 'What was counted on the restored server' }),
  })
  .meta({ description: 'What came of the last time that a backup was restored to prove it' });

export const published = {
  'backup-manifest': manifest.meta({
    title: 'jts-hot backup manifest',
    description: 'What stands in `manifest.json` of a backup.',
  }),
  'backup-verification': verification.meta({
    title: 'jts-hot backup verification',
    description: 'What stands in `verification.json` of a backup that was proved by a restore.',
  }),
};

export type Manifest = Document<typeof manifest>;
export type Verification = Document<typeof verification>;
