// Describes what `tune` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { continues, done, outcomeOrShown, recordedAs } from '../command/recorded-run-document.ts';
import { absolutePath, base, type Document, flag, text, textOrNull, texts } from '../document/words.ts';
import { steps } from '../engine/step-document.ts';

const row = z
  .strictObject({
    part: z.enum(['noatime', 'scheduler', 'trim']).meta({ description: 'What is tuned' }),
    subject: text('Of what: where it is mounted, or the name of a disk'),
    want: text('How it should be'),
    now: text('How it is now'),
    isNow: flag('It is so now'),
    forGood: text('What says so for the next start or mount, or does not'),
    isForGood: flag('It will be so then, too'),
    note: textOrNull('What else there is to know; null: nothing'),
  })
  .meta({ description: 'One thing that is tuned' });

const act = z.enum(['check', 'apply']).meta({ description: 'What was asked for' });
const ofRun = {
  outcome: outcomeOrShown,
  run: recordedAs,
  continues,
  steps: steps('Of `check`: what applying would do; else what was planned'),
  done,
};

const disk = z.strictObject({
  what: z.literal('disk').meta({ description: 'What was tuned: the disk below the base' }),
  base,
  mountPoint: absolutePath('Where the file system of the base is mounted'),
  source: text('What is mounted there'),
  type: text('Of which type it is'),
  act,
  rows: z.array(row).meta({ description: 'All that is tuned, as it was found after what was done' }),
  ...ofRun,
});

const severity = z.enum(['error', 'warning', 'hint']).meta({
  description:
    '`error`: a service fails without it; `warning`: it warns when it starts, or its documents ask for it; `hint`: it may gain something, and the exit status does not count it',
});

const wish = z
  .strictObject({
    service: text('Which service of the layout wishes it'),
    severity,
    isMet: flag('The one value meets it'),
    loses: text('What the service loses where it is not met'),
    itself: textOrNull('What the service, or its unit, can have for itself instead; null: nothing'),
  })
  .meta({ description: 'What one service wishes' });

const hostRow = z
  .strictObject({
    setting: text('As sysctl(8) calls it; `thp`, `thp-defrag`, `swap`, `clock`'),
    required: text('All values that are right, in words'),
    value: text('The one value that it is set to where it is not right'),
    now: text('Its value now; `not told`: it cannot be seen here'),
    isNow: flag('It is right now'),
    forGood: text('What says so for the next start, or does not'),
    isForGood: flag('It will be right then, too'),
    severity,
    isSetByUs: flag('`--apply` sets it'),
    wishes: z.array(wish).meta({ description: 'Who wishes what; those that are met first' }),
    note: textOrNull('What else there is to know; null: nothing'),
  })
  .meta({ description: 'One setting of the kernel or the host' });

const host = z.strictObject({
  what: z.literal('host').meta({ description: 'What was tuned: settings of the kernel and the host' }),
  services: texts('The services of the layout, whose wishes count'),
  act,
  rows: z
    .array(hostRow)
    .meta({ description: 'All settings that one of them wishes something of, after what was done' }),
  ...ofRun,
});

const both = z.strictObject({
  what: z.literal('both').meta({ description: 'What was tuned: disk and host, each in a run of its own' }),
  disk: disk.nullable().meta({ description: 'Of the disk; null: it was refused, see `problems`' }),
  host: host.nullable().meta({ description: 'Of the host; null: it was refused, see `problems`' }),
});

const asked = z
  .strictObject({
    service: text('Which service of the layout wishes it'),
    wants: text('Which values it takes, in words'),
    severity,
    isMet: flag('The one value meets it'),
    why: text('Why it wishes it'),
    loses: text('What it loses where it is not met'),
    itself: textOrNull('What the service, or its unit, can have for itself instead; null: nothing'),
    source: z
      .strictObject({
        document: text('Which document says it'),
        section: text('Where in it'),
        version: text('The version that it is of'),
      })
      .meta({ description: 'Where that is from' }),
  })
  .meta({ description: 'What one service wishes, and why' });

const topic = z.strictObject({
  what: z.literal('topic').meta({ description: 'What was asked for: one setting explained' }),
  setting: text('As sysctl(8) calls it; `thp`, `thp-defrag`, `swap`, `clock`'),
  title: text('What it is, in a few words'),
  about: texts('What it does'),
  means: z
    .array(z.strictObject({ value: text('One of its values'), means: text('What it does') }))
    .meta({ description: 'What its values mean; none for numbers' }),
  row: hostRow
    .nullable()
    .meta({ description: 'How it is here; null: no service of the layout wishes anything' }),
  wishes: z.array(asked).meta({ description: 'What each service of the layout wishes' }),
  weighed: z
    .array(
      z
        .strictObject({
          value: text('One value that was weighed'),
          unmet: texts('The services that it would leave without what they wish'),
        })
        .meta({ description: 'One value that was weighed' }),
    )
    .meta({ description: 'The values that were weighed, the chosen one first' }),
  path: textOrNull('Where the kernel has it; null: nowhere'),
  file: textOrNull('The file of ours that keeps it; null: it is not ours to set'),
  source: text('Where it is described'),
});

const result = z.discriminatedUnion('what', [disk, host, both, topic]);

export const published = { tune: answerOf('tune', { what: 'How disk and host are tuned', result }) };

export type TuneRow = Document<typeof row>;
export type DiskResult = Document<typeof disk>;
export type HostRow = Document<typeof hostRow>;
export type HostResult = Document<typeof host>;
export type BothResult = Document<typeof both>;
export type TopicResult = Document<typeof topic>;
export type TuneResult = Document<typeof result>;
