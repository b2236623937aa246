// Describes what `storage` writes, and what `plan` and `setup` say of it.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcomeOrShown, recordedAs } from '../command/recorded-run-document.ts';
import { base, type Document, flag, text } from '../document/words.ts';
import { warnings } from '../engine/plan-document.ts';
import { steps } from '../engine/step-document.ts';

const row = z
  .strictObject({
    id: text('Which check of `validate` it is'),
    kind: text('What kind of thing'),
    at: text('Which one'),
    want: text('How it should be'),
    found: text('How it was found'),
    isAsWanted: flag('It is so'),
  })
  .meta({ description: 'One thing between the disk and the mounts' });

export const storage = z
  .strictObject({
    base,
    act: z.enum(['check', 'apply']).meta({ description: 'What was asked for' }),
    rows: z.array(row).meta({
      description: 'All from the disk to the mounts, as it was found; after what was done, where it was done',
    }),
    outcome: outcomeOrShown,
    run: recordedAs,
    continues,
    steps: steps('Of `check`: what applying would do; else what was planned'),
    done,
    warnings,
  })
  .meta({ id: 'storage', description: 'The disk, volumes, file systems and mounts below the base' });

export const published = {
  storage: answerOf('storage', { what: 'How disk, volumes, file systems and mounts are', result: storage }),
};

export type StorageRow = Document<typeof row>;
export type StorageResult = Document<typeof storage>;
