// Describes what is told of the health of a disk.
import * as z from 'zod';
import { type Document, percent, text, textOrNull, time } from '../document/words.ts';
import { LEVELS } from '../space/level.ts';

const CAUSES = [
  'read-only',
  'dead',
  'spare',
  'worn',
  'wearing',
  'reliability',
  'backup',
  'media-errors',
  'temperature',
] as const;

const count = (description: string) =>
  z
    .number()
    .min(0)
    .nullable()
    .meta({ description: `${description}; null: the disk does not say` });

export const diskHealth = z
  .strictObject({
    disk: text('What the kernel called it: `nvme0n1`'),
    serial: text('Its serial number, by which it is known again; its name, where it has none'),
    model: textOrNull('Its model; null: it does not say'),
    at: time('When it was asked'),
    level: z.enum([...LEVELS, 'UNKNOWN']).meta({ description: 'UNKNOWN: it gave no answer' }),
    causes: z
      .array(
        z
          .strictObject({
            level: z.enum(['WARNING', 'CRITICAL']).meta({ description: 'How bad it is' }),
            cause: z.enum(CAUSES).meta({ description: 'What is wrong' }),
            found: text('The same in words'),
          })
          .meta({ description: 'One thing that is wrong' }),
      )
      .meta({ description: 'What is wrong, the worst first; none: it is OK, or UNKNOWN' }),
    by: z.enum(['nvme', 'sysfs']).meta({
      description: '`nvme`: its SMART log, by nvme(1); `sysfs`: what the kernel knows without asking it',
    }),
    why: textOrNull('Why there is no SMART log of it; null: there is'),
    sparePercent: count('Spare that is left, in per cent'),
    spareThresholdPercent: count('Below so much spare the disk itself warns, in per cent'),
    wearPercent: percent('Endurance used').nullable().meta({
      description:
        'Endurance that is used up, in per cent of what it was made for: may be more than 100; null: the disk does not say',
    }),
    mediaErrors: count('Times that data could not be read or written as it was'),
    unsafeShutdowns: count('Times that its power went without notice'),
    powerOnHours: count('Hours for which it had power'),
    celsius: z.number().nullable().meta({ description: 'Its temperature; null: the disk does not say' }),
    writtenBytes: count('Written to it in its life, in bytes'),
  })
  .meta({ description: 'The health of one NVMe disk below the base' });

export type DiskHealth = Document<typeof diskHealth>;
export type HealthCause = DiskHealth['causes'][number];
