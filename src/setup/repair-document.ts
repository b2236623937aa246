// Describes what `repair` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { done, outcome, recordedAs } from '../command/recorded-run-document.ts';
import { base, type Document, root, text, whole } from '../document/words.ts';
import { steps } from '../engine/step-document.ts';

const repairResult = z.strictObject({
  root,
  base,
  outcome,
  run: recordedAs,
  steps: steps('What was planned, in this order, at most the first 1,000; the first `done` of them are done'),
  stepCount: whole('How many steps were planned'),
  done,
  entries: whole('How many entries were looked at inside trees; 0 without --recursive'),
  left: z
    .array(
      z
        .strictObject({ path: text('What was left'), why: text('Why it was left') })
        .meta({ description: 'Something that is not right, and not ours to change' }),
    )
    .meta({ description: 'What is not right and was left as it is, and why: at most the first 1,000' }),
  leftCount: whole('How many things were left'),
  inside: z
    .strictObject({
      count: whole('How many things are not as wanted among the first entries that were looked at'),
      fix: text('One command that mends them, or tells more of what cannot be mended'),
    })
    .nullable()
    .meta({
      description:
        'Without --recursive: what is wrong inside services’ trees; null: nothing, or not looked at',
    }),
});

export const published = { repair: answerOf('repair', { what: 'What was done', result: repairResult }) };

export type RepairResult = Document<typeof repairResult>;
