// Describes what a measurement comes to as a report: what `monitor` and `record` write.
import * as z from 'zod';
import { alertFacts } from '../alerts/deliver-document.ts';
import { answerOf } from '../command/answer-document.ts';
import {
  base,
  bytes,
  type Document,
  flag,
  percent,
  root,
  textOrNull,
  texts,
  time,
  whole,
} from '../document/words.ts';
import { diskHealth } from '../health/health-document.ts';
import { checkCounts } from '../history/checks-document.ts';
import { cleaned } from '../maintain/clean-document.ts';
import { LEVELS } from '../space/level.ts';
import {
  fileSystem,
  looking,
  other,
  reported,
  source,
  unaccountedBytes,
  usage,
} from '../space/measure-document.ts';
import { fired, forecast, growth } from '../space/outlook-document.ts';

export const status = (of: string) =>
  z.enum([...LEVELS, 'UNKNOWN']).meta({
    description: `${of}: OK is exit code 0, WARNING 1, CRITICAL 2, UNKNOWN 3`,
  });

/** What the disk and each service have in common. */
const watched = { fired, growth, forecast };

const thresholds = z
  .strictObject({
    warningPercent: percent('Warning from this use on')
      .nullable()
      .meta({ description: 'Warning from this use on, in per cent; null: the layout has no such rule' }),
    criticalPercent: percent('Critical from this use on')
      .nullable()
      .meta({ description: 'Critical from this use on, in per cent; null: the layout has no such rule' }),
  })
  .meta({ description: 'Of the disk: what was asked for with -w and -c, else the layout’s' });

const fileSystemUsage = fileSystem
  .extend({
    usedPercent: percent('Used, in per cent of `usableBytes` (`Use%` of df)'),
    inodes: whole('How many inodes it has; 0: it makes them as it needs them'),
    inodesUsed: whole('How many of them are in use'),
    status: status('Of the file system'),
    ...watched,
  })
  .meta({ description: 'The file system that holds the base directory' });

const serviceUsage = usage
  .extend({
    usedPercent: percent('Used, in per cent of the planned space')
      .nullable()
      .meta({ description: 'Used, in per cent of the planned space; null: unknown' }),
    reachableBytes: bytes('What it uses and what is available').nullable().meta({
      description:
        'What the disk can really give it, in bytes: what it uses and what is available; null: all of its plan, or unknown',
    }),
    usedPercentOfReachable: percent('Used, in per cent of that')
      .nullable()
      .meta({ description: 'Used, in per cent of `reachableBytes`; null where that is null' }),
    status: status('Of the service'),
    ...watched,
  })
  .meta({ description: 'Use of one service' });

const history = z
  .strictObject({
    recorded: flag('This run added a sample to the history'),
    samples: whole('How many samples there are'),
    since: time('When the first of them was taken')
      .nullable()
      .meta({ description: 'When the first of them was taken; null: there is none' }),
    notes: texts('Why nothing was recorded; damage that was set aside'),
  })
  .meta({ description: 'What growth and forecast rest on' });

const checks = z
  .strictObject({
    at: time('When it was'),
    level: z.enum(LEVELS).meta({
      description: 'OK: valid; WARNING: valid, with warnings; CRITICAL: not valid, or not all could be tried',
    }),
    since: time('When this level began'),
    ...checkCounts.shape,
    notHeld: texts('IDs of those that did not hold, at most 100'),
    onHotTier: z.record(z.string(), z.boolean()).optional().meta({
      description:
        'By service, of those that were installed: whether it ran with its data on the hot tier; left out: an earlier version looked',
    }),
  })
  .nullable()
  .meta({
    description: 'The last recorded proof of the layout (`validate --record`); null: none is known',
  });

const plans = z
  .strictObject({
    plannedBytes: bytes('Planned for all services together'),
    plannableBytes: bytes(
      'What the disk can give to plans: its size without what only root may use, or without 5 % where that is more',
    ),
    fit: flag('The disk can give all that is planned'),
  })
  .meta({ description: 'All plans together against the disk' });

const monitorResult = z.strictObject({
  status: status('The worst of the file system, all services and the health of the disks'),
  root,
  base,
  thresholds,
  source,
  ...looking,
  fileSystem: fileSystemUsage,
  plans,
  services: z.array(serviceUsage).meta({ description: 'The services, largest first' }),
  other,
  unaccountedBytes,
  health: z.array(diskHealth).meta({
    description:
      'The health of the NVMe disks below the base, as it was when they were last asked; none: there are none',
  }),
  otherDisk: textOrNull(
    'Why this is not the disk that was measured before: it may not be mounted; null: nothing speaks for that',
  ),
  history,
  alerts: alertFacts,
  checks,
  cleaning: cleaned
    .extend({ freedTotalBytes: bytes('What all recorded runs freed together') })
    .exactOptional()
    .meta({ description: 'The last run of `clean`; left out: there was none' }),
  reported,
});

export const published = {
  monitor: answerOf('monitor', { what: 'What was measured', result: monitorResult }),
  record: answerOf('record', { what: 'What was measured', result: monitorResult }),
};

export type Status = Document<ReturnType<typeof status>>;
export type Thresholds = Document<typeof thresholds>;
export type FileSystemUsage = Document<typeof fileSystemUsage>;
export type ServiceUsage = Document<typeof serviceUsage>;
export type Watched = Pick<ServiceUsage, 'status' | keyof typeof watched>;
export type HistoryFacts = Document<typeof history>;
export type ChecksFacts = NonNullable<Document<typeof checks>>;
export type MonitorResult = Document<typeof monitorResult>;
