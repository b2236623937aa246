// Describes what `rollback` writes, with --list and without.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import {
  base,
  type Document,
  flag,
  run,
  runOrNull,
  text,
  textOrNull,
  texts,
  time,
  whole,
} from '../document/words.ts';
import { RUN_STATES } from '../engine/journal/record.ts';
import { decisions, left, recordedCommand, undoes } from '../engine/journal/record-document.ts';
import { steps } from '../engine/step-document.ts';

const recordedRun = z
  .strictObject({
    run: run('Its number'),
    at: time('When it began'),
    command: recordedCommand,
    base,
    state: z.enum(RUN_STATES).meta({
      description:
        '`interrupted`: it was killed, or is still running; `damaged`: a line of its record does not verify; `partly rolled back`: something of it was left',
    }),
    steps: whole('How many steps it recorded; where its record is damaged, before that'),
    undoes,
    decisions,
    problem: textOrNull('What is wrong with its record; null: nothing'),
  })
  .meta({ description: 'One recorded run' });

const unreadableRun = z
  .strictObject({
    run: run('Its number'),
    state: z.enum(['damaged', 'newer version']).meta({
      description: '`damaged`: its first line does not verify; or a newer program recorded it',
    }),
    problem: text('What is wrong with its record'),
  })
  .meta({ description: 'One of them' });

const rollbackResult = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('listed').meta({ description: 'Of --list: nothing was to be undone' }),
    runs: z.array(recordedRun).meta({ description: 'The recorded runs, oldest first' }),
    unreadable: z
      .array(unreadableRun)
      .meta({ description: 'Runs of which nothing can be read, oldest first' }),
  }),
  z.strictObject({
    outcome: z.enum(['planned', 'applied', 'unchanged', 'stopped', 'failed']).meta({
      description:
        '`planned`: a dry run: this is what it would do; `applied`: all that could be undone is; `unchanged`: there was nothing; `stopped`: by a signal; `failed`: at a step',
    }),
    run: runOrNull('Number under which the rollback itself is recorded; null: nothing was done'),
    undoes,
    steps: steps('What was undone, or would be, in this order: at most the first 1,000'),
    stepCount: whole('How many steps were undone, or would be'),
    left: z.array(left).meta({ description: 'What stays on the host, and why: at most the first 1,000' }),
    leftCount: whole('How many things stay'),
    searchUnfinished: flag(
      'Whether the search for what accounts still own took longer than its limit, so that they stay',
    ),
    restart: texts(
      'Units whose service read settings of these runs: from their next start on they read the former ones',
    ),
    remaining: runOrNull(
      'The newest run that is still in place: what the next rollback would undo; null: none',
    ),
  }),
]);

export const published = {
  rollback: answerOf('rollback', {
    what: 'What was undone, or the list of runs',
    result: rollbackResult,
    when: ', with --list and without',
  }),
};

export type RunSummary = Document<typeof recordedRun>;
export type UnreadSummary = Document<typeof unreadableRun>;
export type RollbackResult = Document<typeof rollbackResult>;
