// Describes what `history` writes.
import * as z from 'zod';
import { trend } from '../baseline/trend-document.ts';
import { answerOf } from '../command/answer-document.ts';
import {
  base,
  bytes,
  type Document,
  flag,
  number,
  root,
  text,
  textOrNull,
  texts,
  time,
  timeOrNull,
  whole,
} from '../document/words.ts';
import { cleaned } from '../maintain/clean-document.ts';

const sample = z
  .strictObject({
    at: time('When it was taken'),
    usedBytes: bytes('Disk used'),
    inodes: whole('Inodes used'),
    limitBytes: bytes('Of a service what was planned then, of the disk what could be used at all'),
    changeBytes: z.number().nullable().meta({
      description: 'Since the sample before, in bytes; negative: it shrank; null: the first',
    }),
  })
  .meta({ description: 'A sample' });

const subject = z
  .strictObject({
    subject: text('`/` for the disk, `*` for all services together, or the name of a service'),
    changeBytes: number('From the first to the last sample, in bytes; negative: it shrank'),
    perDayBytes: z.number().nullable().meta({
      description:
        'That change a day, in bytes, on average; negative: it shrank; null: the samples shown cover less than a day',
    }),
    samples: z.array(sample).meta({ description: 'In order of time' }),
  })
  .meta({ description: 'The disk or a service' });

const historyResult = z.strictObject({
  root,
  base,
  service: textOrNull('What was asked for: a service, `/` for the disk; null: all'),
  since: timeOrNull('Samples from then on', 'from the beginning'),
  recorded: z
    .strictObject({
      samples: whole('How many samples there are'),
      first: timeOrNull('When the first was taken', 'there is none'),
      last: timeOrNull('When the last was taken', 'there is none'),
      ageSeconds: z
        .number()
        .min(0)
        .nullable()
        .meta({ description: 'How long ago the last was taken, in seconds; null: there is none' }),
    })
    .meta({ description: 'All that is recorded of this base on this machine' }),
  condensed: flag('Not every sample is here; never so with --json'),
  subjects: z
    .array(subject)
    .meta({ description: 'The disk first, then by name; those without a sample are left out' }),
  baselines: z
    .array(trend)
    .meta({ description: 'How fast disks were, the one measured last first; none of a service' }),
  cleaned: z.array(cleaned).meta({ description: 'Runs of `clean`, in order of time; none of a service' }),
  notes: texts('Damage that was set aside, what else is in the file, a clock that was wrong'),
});

export const published = {
  history: answerOf('history', { what: 'What was recorded', result: historyResult }),
};

export type HistorySample = Document<typeof sample>;
export type SubjectHistory = Document<typeof subject>;
export type HistoryResult = Document<typeof historyResult>;
