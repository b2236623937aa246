// Describes what `plan` writes.
import * as z from 'zod';
import { check } from '../checks/check-document.ts';
import { answerOf } from '../command/answer-document.ts';
import type { Document } from '../document/words.ts';
import { plan } from '../engine/plan-document.ts';
import { storage } from '../storage/storage-document.ts';

export const preflight = z
  .array(check)
  .meta({ description: 'What was looked at before: machine, tools, disk' });

const planResult = plan.extend({
  preflight,
  storage: storage.nullable().meta({
    description:
      'What comes first, from the disk to the mounts, as a run of its own; null: the layout describes no storage',
  }),
});

export const published = { plan: answerOf('plan', { what: 'The plan', result: planResult }) };

export type PlanResult = Document<typeof planResult>;
