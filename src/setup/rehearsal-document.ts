// Describes what `setup --rehearse` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { base, bytes, type Document, flag, text, textOrNull, whole } from '../document/words.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';

const PARTS = ['plan', 'setup', 'validate', 'setup again', 'rollback', 'plan again', 'taken away'] as const;

const part = z
  .strictObject({
    part: z.enum(PARTS).meta({
      description:
        '`plan`: every step is known before; `setup`: all are done, and looked at again; `validate`: the checks hold, each service really writes; `setup again`: nothing is left to do; `rollback`: all is undone, nothing is left; `plan again`: the host is as it was before; `taken away`: nothing of the rehearsal is left on this host',
    }),
    held: flag('It was as it should be').nullable().meta({
      description: 'It was as it should be; null: it did not come so far',
    }),
    steps: whole('How many steps, or checks of `validate`, it had'),
    found: text('What was found, in words'),
    problems: z.array(diagnostic).meta({ description: 'What did not hold' }),
  })
  .meta({ description: 'One part of it' });

const rehearsalResult = z.strictObject({
  base,
  disk: z
    .strictObject({
      called: text('The disk that the layout names'),
      sizeBytes: bytes('Size of the sparse file in its place'),
      sectorBytes: bytes('Size of its sectors'),
    })
    .nullable()
    .meta({ description: 'What it was rehearsed on; null: the layout describes no storage' }),
  group: textOrNull('The volume group that was made and taken away again; null: none'),
  parts: z.array(part).meta({ description: 'What was rehearsed, in this order' }),
  notRehearsed: z
    .array(
      z
        .strictObject({
          what: text('What was not tried'),
          why: text('Why not, and what was done in its place'),
        })
        .meta({ description: 'One thing' }),
    )
    .meta({ description: 'What could not be rehearsed here' }),
});

export const published = {
  'setup-rehearsal': answerOf('setup', {
    what: 'What was rehearsed, and whether it held',
    result: rehearsalResult,
    when: ' with --rehearse',
  }),
};

export type RehearsalPart = Document<typeof part>;
export type RehearsalResult = Document<typeof rehearsalResult>;
