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
    hint: textOrNull('The next command to type, or what to do; null: none known'),
  })
  .meta({ id: 'diagnostic', description: 'One thing that is wrong' });

export type Diagnostic = Document<typeof diagnostic>;
