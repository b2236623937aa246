// Describes what reports say of the backups of a service.
import * as z from 'zod';
import { type Document, flag, text, textOrNull, time } from '../document/words.ts';
import { LEVELS } from '../space/level.ts';

const CAUSES = ['none', 'old', 'damaged', 'failed', 'unfinished', 'unproved', 'ahead'] as const;

const name = text('Its name: when it was begun, `20261127T101403Z`');
const number = (description: string) =>
  z
    .number()
    .min(0)
    .nullable()
    .meta({ description: `${description}; null: not known` });
const spanOrNull = (description: string) =>
  z
    .number()
    .min(0)
    .nullable()
    .meta({ description: `${description}, in seconds; null: nobody is told` });

export const backupState = z
  .strictObject({
    service: text('The service'),
    level: z.enum(LEVELS).meta({ description: 'How its backups are' }),
    causes: z
      .array(
        z
          .strictObject({
            level: z.enum(['WARNING', 'CRITICAL']).meta({ description: 'How bad it is' }),
            cause: z.enum(CAUSES).meta({ description: 'What is wrong' }),
            found: text('The same in words'),
          })
          .meta({ description: 'One thing that is wrong' }),
      )
      .meta({ description: 'What is wrong, the worst first; none: it is OK' }),
    lastGood: z
      .strictObject({
        name,
        at: time('When it was begun'),
        bytes: number('What it takes on the disk, in bytes'),
        seconds: number('How long it took'),
      })
      .nullable()
      .meta({ description: 'The last one that was taken; null: there is none' }),
    lastAttempt: z
      .strictObject({
        name,
        at: time('When it was begun'),
        outcome: z
          .enum(['begun', 'done', 'failed'])
          .meta({ description: '`begun`: it is at work, or was killed' }),
        why: textOrNull('Why it failed; null: it did not'),
      })
      .nullable()
      .meta({ description: 'The last one that was begun; null: there was none' }),
    lastVerify: z
      .strictObject({
        name: text('Of which backup'),
        at: time('When it was'),
        isGood: flag('What was restored was as it was when the backup was taken'),
        why: textOrNull('What was wrong; null: nothing'),
      })
      .nullable()
      .meta({ description: 'The last time that one was restored to prove it; null: never' }),
    lastVerified: z
      .strictObject({ name: text('Of which backup'), at: time('When it was') })
      .nullable()
      .meta({ description: 'The last time that one was proved good by a restore; null: never' }),
    maxAgeSeconds: spanOrNull('The last good one may be so old'),
    verifyEverySeconds: spanOrNull('One is to be proved at least so often'),
  })
  .meta({ description: 'The backups of one service, as the history knows them' });

export type BackupState = Document<typeof backupState>;
export type BackupCause = BackupState['causes'][number];
