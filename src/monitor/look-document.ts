// Describes what `look` writes.
import * as z from 'zod';
import { alertFacts } from '../alerts/deliver-document.ts';
import { answerOf } from '../command/answer-document.ts';
import { base, bytes, type Document, flag, percent, root, text } from '../document/words.ts';
import { LEVELS } from '../space/level.ts';
import { status } from './report-document.ts';

const lookResult = z.strictObject({
  status: status('Of the disk, by this look; UNKNOWN when it could not be measured twice in a row'),
  root,
  base,
  disk: z
    .strictObject({
      usedBytes: bytes('What is used'),
      limitBytes: bytes('What can be used at all, as df gives it'),
      usedPercent: percent('Used, in per cent of that'),
    })
    .nullable()
    .meta({ description: 'What was seen; null: nothing could be' }),
  services: z
    .array(
      z
        .strictObject({
          service: text('Its name'),
          status: z.enum(LEVELS).meta({ description: 'By this look' }),
          usedBytes: bytes('What the kernel counts for it'),
        })
        .meta({ description: 'A service that the kernel counts' }),
    )
    .meta({ description: 'Services that the kernel counts; left out: there are none' })
    .exactOptional(),
  sooner: flag('The disk moves fast, so the services were measured as well'),
  alerts: alertFacts,
});

export const published = {
  look: answerOf('look', {
    what: 'What was seen of the disk, unless another look is at work',
    result: lookResult,
  }),
};

export type LookResult = Document<typeof lookResult>;
