// Describes one thing that is wrong, as every document has it.
import * as z from 'zod';
import { type Document, text, textOrNull, texts } from '../document/words.ts';

export const diagnostic = z
  .strictObject({
    code: z
      .string()
      .regex(/^[EW]_[A-Z_]+$/)
      .meta({ description: 'Stable name of the problem; `E_…`, or `W_…` for a warning' }),
    summary: text('One sentence that is the same each time and can be searched for'),
    detail: texts('Lines with the values: what was wanted, what was found'),
    at: textOrNull(
      'Where: `file:line:column`, a flag, or an address such as `directory /data/jts/hot/kafka`; null: nowhere in particular',
    ),
    fix: textOrNull(
      'One command that mends it or goes on, to be typed as it stands; null: none is known that is safe',
    ),
    hint: textOrNull('What to do or to know, in words; null: nothing'),
  })
  .meta({ id: 'diagnostic', description: 'One thing that is wrong' });

export type Diagnostic = Document<typeof diagnostic>;
