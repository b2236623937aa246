// Describes what `tune` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcomeOrShown, recordedAs } from '../command/recorded-run-document.ts';
import { absolutePath, base, type Document, flag, text, textOrNull } from '../document/words.ts';
import { steps } from '../engine/step-document.ts';

const row = z
  .strictObject({
    part: z.enum(['noatime', 'scheduler', 'trim']).meta({ description: 'What is tuned' }),
    subject: text('Of what: where it is mounted, or the name of a disk'),
    want: text('How it should be'),
    now: text('How it is now'),
    isNow: flag('It is so now'),
    forGood: text('What says so for the next start or mount, or does not'),
    isForGood: flag('It will be so then, too'),
    note: textOrNull('What else there is to know; null: nothing'),
  })
  .meta({ description: 'One thing that is tuned' });

const result = z.strictObject({
  base,
  mountPoint: absolutePath('Where the file system of the base is mounted'),
  source: text('What is mounted there'),
  type: text('Of which type it is'),
  act: z.enum(['check', 'apply']).meta({ description: 'What was asked for' }),
  rows: z.array(row).meta({ description: 'All that is tuned, as it was found after what was done' }),
  outcome: outcomeOrShown,
  run: recordedAs,
  continues,
  steps: steps('Of `check`: what applying would do; else what was planned'),
  done,
});

export const published = { tune: answerOf('tune', { what: 'How the disk is tuned', result }) };

export type TuneRow = Document<typeof row>;
export type TuneResult = Document<typeof result>;
