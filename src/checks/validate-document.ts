// Describes what `validate` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { base, type Document, flag, root, whole } from '../document/words.ts';
import { check } from './check-document.ts';

const validateResult = z.strictObject({
  root,
  base,
  passed: whole('How many checks passed'),
  failed: whole('How many checks of severity error failed'),
  warnings: whole('How many checks of severity warning failed'),
  skipped: whole('How many checks could not be tried'),
  inside: z
    .strictObject({
      entries: whole('How many entries were looked at'),
      whole: flag('All that there are; without --deep only the first of each directory of the layout'),
    })
    .meta({ description: 'How much was looked at in the trees of services that have a user of their own' }),
  following: whole('How many of those that failed or could not be tried follow from another one'),
  checks: z.array(check).meta({ description: 'Every check' }),
});

export const published = {
  validate: answerOf('validate', { what: 'What was checked', result: validateResult }),
};

export type ValidateResult = Document<typeof validateResult>;
