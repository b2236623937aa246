// Describes what `status` writes.
import * as z from 'zod';
import { answerOf } from '../command/answer-document.ts';
import { STATES } from '../configure/state.ts';
import {
  base,
  bytes,
  type Document,
  percent,
  root,
  run,
  text,
  textOrNull,
  texts,
  time,
  timeOrNull,
  whole,
} from '../document/words.ts';
import { RUN_STATES } from '../engine/journal/record.ts';
import { recordedCommand } from '../engine/journal/record-document.ts';
import { checkCounts } from '../history/checks-document.ts';
import { status as levelOf } from '../monitor/report-document.ts';
import { LEVELS } from '../space/level.ts';
import { forecast } from '../space/outlook-document.ts';

const known = (of: string) =>
  levelOf(of)
    .nullable()
    .meta({ description: `${of} when it was last measured; null: it was not` });
const outlook = forecast
  .nullable()
  .meta({ description: 'When it will be full, as of the last measurement; null: there was none' });

const disk = z
  .strictObject({
    wrong: textOrNull('Why it is not the disk on record; null: it is the right one, or nothing is on record'),
    source: text('The device, as the kernel names it'),
    mountPoint: text('Where it is mounted'),
    sizeBytes: bytes('Its size'),
    availableBytes: bytes('Available to services'),
    usedPercent: percent('Used, in per cent of what services can have (`Use%` of df)'),
    level: known('Level of the disk'),
    forecast: outlook,
  })
  .meta({ description: 'The file system that holds the base, as it is now' });

const backup = z
  .strictObject({
    level: z.enum(LEVELS).meta({ description: 'Of its backups' }),
    lastGoodAt: timeOrNull('When the last good one was made', 'there is none'),
    lastRestoredAt: timeOrNull('When one was last restored to prove it', 'never'),
  })
  .nullable()
  .meta({ description: 'Its backups; null: nobody asked for any, and none was made' });

const service = z
  .strictObject({
    service: text('Its name'),
    state: z.enum(STATES).nullable().meta({
      description: 'As of `config --check`, now; null: only root can see it, or it is told nothing here',
    }),
    places: texts('Where its processes have their data; none: not known, or it does not run'),
    usedBytes: bytes('What it used when it was last measured').nullable().meta({
      description: 'What it used when it was last measured, in bytes; null: not known',
    }),
    plannedBytes: bytes('Its planned space'),
    level: known('Level of the service'),
    forecast: outlook,
    backup,
  })
  .meta({ description: 'One service of the layout' });

const proof = z
  .strictObject({
    at: time('When it was'),
    level: z
      .enum(LEVELS)
      .meta({ description: 'OK: valid; WARNING: valid, with warnings; CRITICAL: not valid' }),
    ...checkCounts.shape,
  })
  .nullable()
  .meta({ description: 'The last recorded proof of the layout (`validate --record`); null: none is known' });

const change = z
  .strictObject({
    run: run('Its number, for `rollback`'),
    at: time('When it began'),
    command: recordedCommand,
    scope: text('What it was called with: `kafka`; empty: nothing'),
    state: z.enum(RUN_STATES).meta({ description: 'What became of it, as in `rollback --list`' }),
    steps: whole('How many steps it recorded').nullable().meta({
      description: 'How many steps it recorded; null: not known',
    }),
  })
  .meta({ description: 'One recorded run' });

const next = z
  .strictObject({
    why: text('What was found'),
    fix: textOrNull('The command that mends it; null: there is not one'),
    hint: textOrNull('What to look at, or to do; null: `fix` says it'),
  })
  .meta({ description: 'One thing that needs somebody' });

const statusResult = z.strictObject({
  root,
  base,
  disk,
  services: z.array(service).meta({ description: 'The services, in the order of the layout' }),
  measuredAt: timeOrNull('When use was last measured, and that can be read', 'never, or not by us'),
  proof,
  changes: z.array(change).nullable().meta({
    description:
      'Runs that changed this host in the last seven days, newest first; null: only root can see them',
  }),
  next: z.array(next).meta({ description: 'What needs somebody, the most urgent first; none: nothing does' }),
});

export const published = {
  status: answerOf('status', { what: 'How the host is', result: statusResult }),
};

export type StatusResult = Document<typeof statusResult>;
export type ServiceStatus = Document<typeof service>;
export type Change = Document<typeof change>;
export type Next = Document<typeof next>;
