// Describes what `setup` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcome, recordedAs } from '../command/recorded-run-document.ts';
import { base, type Document, flag, root } from '../document/words.ts';
import { warnings } from '../engine/plan-document.ts';
import { steps } from '../engine/step-document.ts';
import { storage } from '../storage/storage-document.ts';
import { preflight } from './plan-document.ts';

const setupResult = z.strictObject({
  root,
  base,
  outcome,
  run: recordedAs,
  continues,
  steps: steps('What was planned, in this order; the first `done` of them are done'),
  done,
  verified: flag('The host was looked at again afterwards, and nothing was left to do'),
  preflight,
  warnings,
  storage: storage.nullable().meta({
    description:
      'What was done first, from the disk to the mounts, as a run of its own; null: the layout describes no storage',
  }),
});

export const published = { setup: answerOf('setup', { what: 'What was done', result: setupResult }) };

export type SetupResult = Document<typeof setupResult>;
