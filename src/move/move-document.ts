// Describes what `move` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { outcome, recordedAs } from '../command/recorded-run-document.ts';
import {
  base,
  bytes,
  type Document,
  flag,
  number,
  text,
  textOrNull,
  time,
  timeOrNull,
  whole,
} from '../document/words.ts';
import { steps } from '../engine/step-document.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';
import { how, movedBase, openBase } from './base-document.ts';
import { PHASES } from './record.ts';

const phase = z.enum(PHASES).meta({
  description:
    'What was begun last; `moved`: it runs on the hot tier, and its old place is kept; `deleting`: `--finish` was begun',
});

const unit = textOrNull('The unit of systemd that runs it; null: nothing of it ran when the move began');

const place = z
  .strictObject({
    service: text('The service'),
    from: text('The old place of its data'),
    to: text('Where the layout wants it'),
    how,
    unit,
    phase,
    begun: time('When the move began'),
    stopped: timeOrNull('Since when the service is stopped by the move', 'it is not'),
    runsAt: z.enum(['old place', 'hot tier', 'nowhere', 'elsewhere', 'unseen']).meta({
      description: 'Where it runs now, by what it has open',
    }),
  })
  .meta({ description: 'A move that is not finished' });

const listed = z
  .strictObject({
    did: z.literal('list').meta({ description: 'Which form of the command it was' }),
    base,
    wholeBase: openBase.nullable().meta({ description: 'A base that is being moved; null: none is' }),
    moves: z.array(place).meta({ description: 'By service' }),
  })
  .meta({ description: 'Without a service' });

const pass = z
  .strictObject({
    while: z.enum(['running', 'stopped']).meta({ description: 'Whether the service ran meanwhile' }),
    seconds: number('How long it took'),
    copiedFiles: whole('Files written anew, or in the place of another'),
    copiedBytes: bytes('All of them together'),
    comparedFiles: whole('Files of which all content was read on both sides'),
    comparedBytes: bytes('All of them together'),
    differing: whole('Of these, how many differed, and are equal now'),
    removed: whole('Taken away from the copy, since it was gone'),
  })
  .meta({ description: 'One pass over all of it' });

const moved = z
  .strictObject({
    did: z.literal('move').meta({ description: 'Which form of the command it was' }),
    base,
    service: text('The service'),
    from: text('The old place of its data'),
    to: text('Where the layout wants it'),
    how,
    unit,
    stopsToo: z
      .array(z.string())
      .meta({ description: 'Units that would start it meanwhile, stopped with it' }),
    outcome,
    phase: phase.nullable().meta({ description: 'How far it has come; null: not begun' }),
    bytes: bytes('What its data takes on the disk'),
    files: whole('How many files'),
    entries: whole('Files, directories and all else'),
    availableBytes: bytes('What the new place has room for'),
    inodesFree: whole('Inodes that it has free; 0: it makes them as they are needed'),
    expectedSeconds: number('How long copying may take, at the rate that is given or assumed'),
    bytesPerSecond: bytes('That rate'),
    comparesAll: textOrNull(
      'Why all content is compared once it is stopped; null: what had been open or changed',
    ),
    settings: steps('What is written so that it reads the new place'),
    wasDown: timeOrNull('It was found stopped by an earlier call that was killed, since then', 'it was not'),
    passes: z.array(pass).meta({ description: 'Of this call, in order' }),
    hashed: z
      .strictObject({ sha256: text('SHA-256 over all of it'), bytes: bytes('Content that was read of each') })
      .nullable()
      .meta({
        description:
          'Of both sides, equal, before settings were switched; null: not so far, or too much to be read again while it is stopped',
      }),
    stopSeconds: number('For how long the service was stopped').nullable().meta({
      description: 'For how long the service was stopped; null: it was not',
    }),
    stopParts: z
      .array(
        z
          .strictObject({
            what: z
              .enum(['stopping', 'comparing', 'hashing', 'switching', 'starting'])
              .meta({ description: 'What was done' }),
            seconds: number('How long it took'),
          })
          .meta({ description: 'A part of it' }),
      )
      .meta({ description: 'Of the time for which it was stopped, what took how long' }),
    run: recordedAs,
    isKept: flag('The old place is kept as it was, until --finish'),
    notes: z.array(diagnostic).meta({ description: 'What to know, and no failure' }),
  })
  .meta({ description: 'With --from' });

const finished = z
  .strictObject({
    did: z.literal('finish').meta({ description: 'Which form of the command it was' }),
    service: text('The service'),
    path: text('Its old place'),
    outcome,
    entries: whole('How many files and directories were deleted; of a dry run, would be'),
    bytes: bytes('All its files together, as `ls` counts'),
  })
  .meta({ description: 'With --finish' });

const cancelled = z
  .strictObject({
    did: z.literal('cancel').meta({ description: 'Which form of the command it was' }),
    service: text('The service'),
    from: text('Where it has its data, as before'),
    outcome,
    kept: textOrNull('A copy that the service had been started on, and that is kept; null: none'),
  })
  .meta({ description: 'With --cancel' });

const result = z.discriminatedUnion('did', [listed, moved, finished, cancelled, movedBase]);

export const published = { move: answerOf('move', { what: 'What was moved, or is being moved', result }) };

export type MoveAnswer = Document<typeof result>;
export type ListResult = Document<typeof listed>;
export type MoveResult = Document<typeof moved>;
export type FinishResult = Document<typeof finished>;
export type CancelResult = Document<typeof cancelled>;
export type StopPart = MoveResult['stopParts'][number];
export type Pass = Document<typeof pass>;
