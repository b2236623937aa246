// Describes what `schedule` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcomeOrShown, recordedAs } from '../command/recorded-run-document.ts';
import { absolutePath, base, type Document, flag, root, text } from '../document/words.ts';
import { warnings } from '../engine/plan-document.ts';
import { steps } from '../engine/step-document.ts';
import { diagnostic } from '../messages/diagnostic-document.ts';

const file = z
  .strictObject({
    path: absolutePath('The file'),
    text: text('What installing writes there'),
    found: z.enum(['missing', 'as wanted', 'older', 'foreign', 'hidden']).meta({
      description:
        'What is there now; `older`: ours, of an earlier run; `foreign`: somebody else’s, or edited; `hidden`: not to be seen without root',
    }),
  })
  .meta({ description: 'A file of the schedule' });

const timer = z
  .strictObject({
    unit: text('Name of the timer'),
    enabled: flag('It starts with the machine'),
    active: z
      .boolean()
      .nullable()
      .meta({ description: 'It is running; null: it cannot, systemd does not run here' }),
  })
  .meta({ description: 'A timer of systemd' });

const scheduleResult = z.strictObject({
  root,
  base,
  act: z.enum(['show', 'install', 'remove']).meta({ description: 'What was asked for' }),
  kind: z
    .enum(['cron', 'systemd'])
    .nullable()
    .meta({ description: 'Cron lines or systemd timers; null: of a removal, both' }),
  program: text('Path of what is run'),
  outcome: outcomeOrShown,
  files: z.array(file).meta({ description: 'The files, as found after what was done' }),
  timers: z.array(timer).meta({ description: 'Those of systemd; none of cron' }),
  installed: flag('All of it is in place'),
  run: recordedAs,
  continues,
  steps: steps('Of `show`: what installing would do; else what was planned'),
  done,
  refusals: z.array(diagnostic).meta({ description: 'What stands, or stood, in the way' }),
  warnings,
});

export const published = {
  schedule: answerOf('schedule', {
    what: 'What is scheduled',
    result: scheduleResult,
    when: ', with --install, with --remove and without',
  }),
};

export type FileReport = Document<typeof file>;
export type TimerReport = Document<typeof timer>;
export type ScheduleResult = Document<typeof scheduleResult>;
