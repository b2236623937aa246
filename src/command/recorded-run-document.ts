// Describes what became of a run that changes a host, as every command that does reports it.
import * as z from 'zod';
import { runOrNull, whole } from '../document/words.ts';

const MEANINGS = {
  planned: 'a dry run: this is what it would do',
  applied: 'all steps are done',
  unchanged: 'there were none',
  refused: 'none was done',
  stopped: 'by a signal, between two steps',
  failed: 'at a step',
} as const;
const OUTCOMES = ['planned', 'applied', 'unchanged', 'refused', 'stopped', 'failed'] as const;
const meanings = OUTCOMES.map((one) => `\`${one}\`: ${MEANINGS[one]}`).join('; ');

export const outcome = z.enum(OUTCOMES).meta({ description: meanings });
export const outcomeOrShown = z
  .enum(['shown', ...OUTCOMES])
  .meta({ description: `\`shown\`: nothing was asked to be changed; ${meanings}` });

export const recordedAs = runOrNull('Number of the recorded run, for `rollback`; null: nothing was done');
export const continues = runOrNull('The interrupted run that this one completed; null: none');
export const done = whole('How many of the steps are done');
