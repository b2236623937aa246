// Describes what `trim` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { absolutePath, base, bytes, type Document, text, whole } from '../document/words.ts';

const trimmed = {
  mountPoint: absolutePath('Where the file system of the base is mounted'),
  source: text('What is mounted there'),
  type: text('Of which type it is'),
  outcome: z.enum(['planned', 'trimmed', 'stopped', 'failed']).meta({
    description:
      '`planned`: a dry run; `stopped`: by a signal, between two ranges; what was trimmed until then stays so',
  }),
  freeBytes: bytes('What is free on it'),
  ranges: whole('In how many ranges it is trimmed'),
  done: whole('How many of them are done'),
  trimmedBytes: bytes(
    'What the disk was told to be free. ext4 tells it once for each piece until it is mounted anew: the next time it is less',
  ),
};

const own = z
  .strictObject({
    ...trimmed,
    service: text('The service that has it for itself'),
    mountPoint: absolutePath('Where it is mounted'),
  })
  .meta({ description: 'A file system that a service has of its own' });

const result = z.strictObject({
  base,
  ...trimmed,
  fileSystems: z
    .array(own)
    .meta({ description: 'Those of services that have one of their own; left out: there are none' })
    .exactOptional(),
});

export const published = { trim: answerOf('trim', { what: 'What was trimmed', result }) };

export type TrimResult = Document<typeof result>;
