// Describes what `spec show` and `spec check` write.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { bytes, type Document, text, textOrNull } from '../document/words.ts';
import { effectiveLayout } from '../layout/layout-document.ts';
import { monitoring } from '../layout/monitoring-document.ts';

const specResult = z.strictObject({
  file: textOrNull('The layout file; null: the built-in layout'),
  spec: effectiveLayout,
  monitoring,
  plannedBytes: bytes('Space planned for all services together'),
  neededBytes: bytes('The smallest file system that gives that much with the reserve taken off'),
  warnings: z
    .array(
      z
        .strictObject({
          id: text('Stable name of the check'),
          expected: text('What should be'),
          found: text('What is'),
        })
        .meta({ description: 'One warning' }),
    )
    .meta({ description: 'What is allowed, but not wise' }),
});

export const published = {
  'spec-summary': answerOf('spec', { what: 'The layout, checked', result: specResult }).meta({
    title: 'jts-hot spec',
    description: 'What `jts-hot spec show --json` and `jts-hot spec check --json` write to stdout.',
  }),
};

export type SpecSummary = Document<typeof specResult>;
