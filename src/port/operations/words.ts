// Owns the words that the shapes of operations are made of, each with its description for the published schemas. They are
// given zod, so that no command loads it that neither writes a schema nor reads a document.
import type * as zod from 'zod';
import type * as documentWords from '../../document/words.ts';
import type { Document } from '../../document/words.ts';
import { LIST_PATTERN } from '../access-lists.ts';

export type Zod = typeof zod;

type Shared = Pick<typeof documentWords, 'text' | 'whole' | 'mode' | 'absolutePath'>;

export function operationWords(z: Zod, { text, whole, mode, absolutePath }: Shared) {
  const id = (of: 'user' | 'group') =>
    z.union([z.string(), whole('Number')]).meta({
      description: `The ${of}: a name where a service’s is meant, a number where a former state is kept`,
    });
  const owner = z
    .strictObject({ user: id('user'), group: id('group') })
    .meta({ id: 'owner', description: 'The owner of a file or directory' });
  const inode = z
    .string()
    .regex(/^\d+$/)
    .meta({ description: 'Inode number, as decimal text: it can be larger than 2^53' });
  const born = z
    .string()
    .regex(/^-?\d+$/)
    .nullable()
    .meta({
      description:
        'When it was made, in nanoseconds since the epoch as decimal text; null: the file system keeps no birth times',
    });
  const written = z
    .strictObject({
      bytes: whole('Its length'),
      at: z
        .string()
        .regex(/^-?\d+$/)
        .meta({ description: 'When it was last written, in nanoseconds since the epoch as decimal text' }),
    })
    .meta({ id: 'written', description: 'What a file without a birth time is known by' });
  const lvmUuid = (description: string) =>
    z
      .string()
      .regex(/^\w{6}(-\w{4}){5}-\w{6}$/)
      .meta({ description });
  const writtenThen = written.exactOptional().meta({
    description: 'Of a file that was changed, where there is no birth time: what it is known by instead',
  });
  const file = z
    .strictObject({
      hash: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .meta({ description: 'SHA-256 of what is in it' }),
      bytes: whole('Its length, in bytes'),
      lines: whole('How many lines it has'),
      mode: mode('Its mode'),
      owner: owner.meta({ description: 'Its owner' }),
    })
    .meta({ id: 'file', description: 'A small file; what is in it is kept beside the record of the run' });
  const programSource = z
    .strictObject({
      launcher: absolutePath('Its launcher'),
      node: absolutePath('The Node.js that it runs with'),
    })
    .meta({ description: 'The program that is copied' });
  const plannedDisk = z
    .strictObject({
      serial: text('Its serial number'),
      namespace: whole('Its namespace; a disk without namespaces has 1'),
      wwid: z.string().nullable().meta({ description: 'WWID of the namespace; null: it tells none' }),
      sizeBytes: whole('Its size, in bytes'),
    })
    .meta({ id: 'plannedDisk', description: 'A disk as a step was planned for it, whatever it is called' });
  const place = z
    .strictObject({
      disk: plannedDisk.meta({ description: 'The disk' }),
      volume: z
        .strictObject({ group: text('Its volume group'), name: text('Its name') })
        .nullable()
        .meta({ description: 'A volume on this disk; null: the disk itself' }),
    })
    .meta({ id: 'place', description: 'What holds a file system' });
  const limit = (which: string) =>
    whole(`The ${which} limit, in bytes`)
      .nullable()
      .meta({ description: `The ${which} limit, in bytes; null: none` });
  return {
    z,
    directoryProject: (description: string) =>
      z
        .strictObject({
          project: whole('Its project id; 0: none'),
          inherits: z.boolean().meta({ description: 'What is made in it gets the same' }),
        })
        .meta({ description }),
    projectLimits: (description: string) =>
      z.strictObject({ softBytes: limit('soft'), hardBytes: limit('hard') }).meta({ description }),
    plannedDisk,
    place,
    fileSystem: z.enum(['xfs', 'ext4']).meta({ description: 'Type of the file system' }),
    text,
    whole,
    mode,
    absolutePath,
    owner,
    inode,
    born,
    written,
    writtenThen,
    file,
    programSource,
    programHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({ description: 'SHA-256 over all its files' }),
    accountName: (what: string) => text(`Name of the ${what}`),
    accountNumber: (what: 'uid' | 'gid') => whole(`The ${what} it was given when it was made`),
    unitName: text('Name of the unit, for example `jts-hot-record.timer`'),
    flags: z
      .array(z.enum(['immutable', 'append-only']))
      .meta({ description: 'Flags of its file system, as `chattr` sets them' }),
    lists: z
      .strictObject({
        access: z
          .string()
          .regex(new RegExp(LIST_PATTERN))
          .meta({ description: 'Who may use it, as `setfacl` takes it, with numbers for names' }),
        inherited: z
          .string()
          .regex(new RegExp(LIST_PATTERN))
          .nullable()
          .meta({ description: 'What is made in the directory begins with this; null: there is none' }),
      })
      .meta({ id: 'accessLists', description: 'Access control lists' }),
    diskEnds: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({ description: 'SHA-256 of the first and the last 16 MiB of a disk, one after the other' }),
    physicalVolumeUuid: lvmUuid('UUID of the physical volume'),
    lvmUuid: lvmUuid('UUID that LVM gave it'),
    volumeGroupName: text('Name of the volume group'),
    onlyEmpty: z.literal(true).exactOptional().meta({
      description: 'Of an undo: the directory was given away empty, and is taken back only while it is',
    }),
  };
}

export type Words = ReturnType<typeof operationWords>;

type Said<Name extends keyof Words> = Words[Name] extends zod.ZodType ? Document<Words[Name]> : never;

/** By name where a service is meant (the user may not exist yet), by number where a former state is kept. */
export type Owner = Said<'owner'>;

/** A small file of root's: compared before it is touched, and put back by an undo. Its text has that hash. */
export type FileState = Said<'file'>;

/** A program that runs: its launcher, as a path, and the Node.js that it runs with. */
export type ProgramSource = Said<'programSource'>;
