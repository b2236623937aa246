// Describes a check, as `validate` and the preflight of `setup` list them.
import * as z from 'zod';
import { type Document, text, textOrNull } from '../document/words.ts';

export const check = z
  .strictObject({
    id: text(
      'Stable name of the check, for example `directory.kafka/data`, `write.kafka/data`, `space.size`',
    ),
    at: text('What it is about, for example `directory /data/jts/hot/kafka/data`'),
    service: textOrNull('The service it belongs to; null: the host as a whole'),
    severity: z
      .enum(['error', 'warning'])
      .meta({ description: 'A warning that fails leaves the exit code alone' }),
    status: z.enum(['pass', 'fail', 'skip']).meta({
      description: '`skip`: could not be tried, because something it rests on is missing',
    }),
    expected: text('What should be there'),
    found: text('What is there'),
    fix: textOrNull(
      'One command that mends it, to be typed as it stands; null: it passed, or no command is known that is safe',
    ),
    hint: textOrNull('What to do or to know, in words; null: nothing'),
    because: textOrNull(
      'ID of the failed check that this one follows from: what mends that one mends this one; null: it stands for itself',
    ),
  })
  .meta({ id: 'check', description: 'One thing that should hold on the host' });

export type Check = Document<typeof check>;
