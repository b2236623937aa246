// Describes how many checks of one proof came to what.
import * as z from 'zod';
import { type Document, whole } from '../document/words.ts';

export const checkCounts = z.strictObject({
  passed: whole('How many held'),
  failed: whole('How many did not'),
  warnings: whole('How many did not, and are warnings'),
  skipped: whole('How many could not be tried'),
});

export type CheckCounts = Document<typeof checkCounts>;
