// Describes a plan, and the file that it is saved as.
import * as z from 'zod';
import { PLAN_SCHEMA_VERSION } from '../document/versions.ts';
import { type Document, program, root, texts, time, version } from '../document/words.ts';
import { effectiveLayout } from '../layout/layout-document.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';
import { steps } from './step-document.ts';

const adopt = texts('Services (or `base`) whose directories may be taken over (--adopt)');
export const warnings = z
  .array(diagnostic)
  .meta({ description: 'Kept as it is on the host, but worth knowing' });

export const plan = z.strictObject({
  root,
  spec: effectiveLayout,
  adopt,
  steps: steps('What setup would do, in this order'),
  refusals: z
    .array(diagnostic)
    .meta({ description: 'Things in the way: while there are any, setup does nothing' }),
  warnings,
});

export const savedPlan = z.strictObject({
  schemaVersion: version(PLAN_SCHEMA_VERSION, 'Version of this format; raised when a field changes or goes'),
  kind: z.literal('plan').meta({ description: 'What this file is' }),
  program,
  at: time('When the plan was made'),
  root,
  spec: effectiveLayout,
  adopt,
  steps: steps('What setup is to do, in this order'),
});

export const published = {
  'saved-plan': savedPlan.meta({
    title: 'jts-hot saved plan',
    description: 'The file that `jts-hot plan --out FILE` writes and `jts-hot setup --plan FILE` reads.',
  }),
};

export type Plan = Document<typeof plan>;
export type SavedPlan = Document<typeof savedPlan>;
