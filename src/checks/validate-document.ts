// Describes what `validate` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { STATES } from '../configure/state.ts';
import { base, type Document, flag, root, text, whole } from '../document/words.ts';
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
  services: z
    .array(
      z
        .strictObject({
          service: text('The service'),
          state: z.enum(STATES).meta({
            description: 'How far it is on its way to the hot tier, as `config --check` tells it',
          }),
        })
        .meta({ description: 'One service' }),
    )
    .meta({ description: 'Services of the layout that are installed here' }),
  following: whole('How many of those that failed or could not be tried follow from another one'),
  checks: z.array(check).meta({ description: 'Every check' }),
});

export const published = {
  validate: answerOf('validate', { what: 'What was checked', result: validateResult }),
};

export type ValidateResult = Document<typeof validateResult>;
