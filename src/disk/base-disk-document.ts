// Describes what is known of the disk that holds a base.
import * as z from 'zod';
import { absolutePath, type Document, text, textOrNull } from '../document/words.ts';

const fileSystem = z
  .strictObject({
    mountPoint: absolutePath('Where it is mounted'),
    source: textOrNull('What is mounted; null: only the mount point is known, from an earlier version'),
    type: textOrNull('Of which type it is'),
    uuid: textOrNull('Its UUID; null: none, or not known'),
    part: text('Which directory of it is mounted: /, or that of a bind mount or subvolume'),
  })
  .meta({ description: 'The file system that holds the base' });

const directory = z
  .strictObject({
    inode: z
      .string()
      .regex(/^\d+$/)
      .meta({ description: 'Inode number, as decimal text: it can be larger than 2^53' }),
    born: textOrNull('When it was made, in nanoseconds since the epoch; null: not kept'),
  })
  .nullable()
  .meta({ description: 'The base directory; null: it was not made yet' });

const serviceDisk = z
  .strictObject({ path: absolutePath('The directory of the service, where it is mounted'), fileSystem })
  .meta({ description: 'The file system of a service that has one of its own' });

export const baseDisk = z
  .strictObject({
    fileSystem,
    directory,
    services: z
      .record(z.string(), serviceDisk)
      .meta({
        description:
          'By service, of those that have a file system of their own below the base; left out: there are none',
      })
      .exactOptional(),
  })
  .meta({ description: 'The disk that holds a base, and the base on it' });

export type BaseDisk = Document<typeof baseDisk>;
export type ServiceDisk = Document<typeof serviceDisk>;
export type KnownFileSystem = Document<typeof fileSystem>;
export type KnownDirectory = NonNullable<Document<typeof directory>>;
