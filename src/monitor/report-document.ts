// Describes what a measurement comes to as a report: what `monitor` and `record` write.
import * as z from 'zod';
import { alertFacts } from '../alerts/deliver-document.ts';
import { backupState } from '../backup/state-document.ts';
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

const heldFileSystem = fileSystemUsage
  .extend({
    service: textOrNull('The service that has it for itself; null: that of the base, for all others'),
    services: texts('Services whose data is on it'),
    plannedBytes: bytes('Planned for these services together'),
    plannableBytes: bytes('What it can give to plans, as in `plans`'),
    fit: flag('It can give all that is planned on it'),
  })
  .meta({ description: 'A file system that holds services' });

const quota = z.strictObject({
  project: whole('The project id of its directory'),
  enforced: flag('Limits hold, and are not only counted by'),
  usedBytes: bytes('What is counted for this project'),
  softBytes: bytes('Above this it is warned of').nullable().meta({
    description: 'Above this it is warned of, in bytes; null: there is no such limit',
  }),
  hardBytes: bytes('What it can use at most').nullable().meta({
    description: 'What it can use at most, in bytes; null: there is no such limit',
  }),
  graceEndsAt: time('When it can write no more').nullable().meta({
    description:
      'When it can write no more, since it is above the soft limit: from then on that is a hard one; null: it is not',
  }),
});

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
    quota: quota.nullable().exactOptional().meta({
      description:
        'What the kernel counts and allows of the project of its directory; left out, or null: it has none',
    }),
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
    fit: flag('The disk can give all that is planned; of several file systems: each can'),
  })
  .meta({ description: 'All plans together against the disk' });

const monitorResult = z.strictObject({
  status: status('The worst of the file system, all services, the health of the disks and the backups'),
  root,
  base,
  thresholds,
  source: source.meta({
    description:
      'How use was measured: by a scan where one service needed one; of each service it stands with it',
  }),
  ...looking,
  fileSystem: fileSystemUsage,
  fileSystems: z
    .array(heldFileSystem)
    .meta({
      description:
        'Every file system that holds services, that of the base first; of a service whose own is not there there is none; left out: that of the base holds all',
    })
    .exactOptional(),
  plans,
  services: z.array(serviceUsage).meta({ description: 'The services, largest first' }),
  other,
  unaccountedBytes,
  health: z.array(diskHealth).meta({
    description:
      'The health of the NVMe disks below the base, as it was when they were last asked; none: there are none',
  }),
  backups: z.array(backupState).meta({
    description:
      'The backups of services that were ever backed up, or that the layout names for it; none: there are none',
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
export type HeldFileSystem = Document<typeof heldFileSystem>;
export type ServiceUsage = Document<typeof serviceUsage>;
export type ServiceQuota = Document<typeof quota>;
export type Watched = Pick<ServiceUsage, 'status' | keyof typeof watched>;
export type HistoryFacts = Document<typeof history>;
export type ChecksFacts = NonNullable<Document<typeof checks>>;
export type MonitorResult = Document<typeof monitorResult>;
