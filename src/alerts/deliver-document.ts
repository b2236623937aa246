// Describes what became of the alerts of one run.
import * as z from 'zod';
import { type Document, text, whole } from '../document/words.ts';

export const alertFacts = z
  .strictObject({
    delivered: whole('How many this run delivered'),
    waiting: whole('How many could not be delivered so far: the next run tries again'),
    failures: z
      .array(
        z
          .strictObject({ channel: text('Name of the channel'), error: text('What went wrong') })
          .meta({ description: 'A delivery that failed' }),
      )
      .meta({ description: 'What failed in this run' }),
  })
  .meta({ description: 'What was told of changed levels' });

export type AlertFacts = Document<typeof alertFacts>;
