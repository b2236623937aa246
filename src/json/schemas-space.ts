// Owns the shape of what the commands that watch space write with --json. Held to their types in schemas.ts.
import * as z from 'zod';
import { absolutePath, base, bytes, flag, percent, root, text, time, whole } from './schema-words.ts';

const status = (of: string) =>
  z.enum(['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']).meta({
    description: `${of}: OK is exit code 0, WARNING 1, CRITICAL 2, UNKNOWN 3`,
  });

/** Per cent, or a span of time: not a size. */
const number = (description: string) => z.number().meta({ description });
const change = (over: string) =>
  z
    .number()
    .nullable()
    .meta({
      description: `Change over the last ${over}, in bytes; negative: it shrank; null: the history does not reach back so far`,
    });
const seconds = (description: string) =>
  z
    .number()
    .min(0)
    .nullable()
    .meta({
      description: `${description}, in seconds from now; null: not at this rate, or not in ten years`,
    });
const eta = (of: string) =>
  z
    .strictObject({
      earliestSeconds: seconds('At the highest rate that the history allows for'),
      likelySeconds: seconds('At the likely rate'),
      latestSeconds: seconds('At the lowest rate'),
    })
    .nullable()
    .meta({ description: `When ${of} is reached; null: there is no such size` });
const rate = (which: string) => number(`${which} rate, in bytes a day; negative: it shrinks`);

const watchedFields = {
  fired: z
    .strictObject({
      rule: z.enum(['used', 'free', 'inodes', 'full-in']).meta({
        description:
          'Which rule: `used` and `inodes` are per cent, `free` is bytes, `full-in` is seconds until it is full',
      }),
      level: z.enum(['WARNING', 'CRITICAL']).meta({ description: 'The level that it asks for' }),
      value: number('What was found'),
      threshold: number('Where the level begins'),
    })
    .nullable()
    .meta({ description: 'The rule that set the level; null: none' }),
  growth: z
    .strictObject({ dayBytes: change('day'), weekBytes: change('week'), monthBytes: change('30 days') })
    .meta({ description: 'How much it has grown' }),
  forecast: z
    .discriminatedUnion('known', [
      z.strictObject({
        known: z.literal(false).meta({ description: 'There is none' }),
        reason: text('Why, for example that the history is too short'),
      }),
      z.strictObject({
        known: z.literal(true).meta({ description: 'There is one' }),
        lowBytesPerDay: rate('The lowest'),
        likelyBytesPerDay: rate('The likely'),
        highBytesPerDay: rate('The highest'),
        planned: eta('its planned size'),
        warning: eta('the level WARNING'),
        critical: eta('the level CRITICAL'),
        full: eta('the end of the disk'),
      }),
    ])
    .meta({ description: 'When sizes will be reached (docs/forecast.md)' }),
};

const unread = z
  .array(
    z
      .strictObject({
        path: text('What could not be read'),
        error: text('Why: name of the system’s error, or what is there instead'),
      })
      .meta({ description: 'Something that was not counted' }),
  )
  .meta({ description: 'What could not be read, and was not counted: the first of them' });

const fileSystemFields = {
  mountPoint: text('Where it is mounted'),
  source: text('What is mounted: a device, or a name'),
  type: text('Its type, for example `ext4`'),
  sizeBytes: bytes('What it can hold'),
  usedBytes: bytes('What is used'),
  freeBytes: bytes('What services can still take'),
};
const otherFileSystems = z.array(z.string()).meta({
  description: 'Other file systems mounted below it, which were not counted: paths below its own',
});

const alertFacts = z
  .strictObject({
    delivered: whole('How many this run delivered'),
    waiting: whole('How many could not be delivered so far: the next run tries again'),
    failures: z
      .array(
        z
          .strictObject({ channel: text('Name of the channel'), error: text('What went wrong') })
          .meta({ description: 'A delivery that failed' }),
      )
      .meta({ description: 'What failed in this run' }),
  })
  .meta({ description: 'What was told of changed levels' });

export const monitorResult = z.strictObject({
  status: status('The worst of the file system and all services'),
  root,
  base,
  thresholds: z
    .strictObject({
      warningPercent: percent('Warning from this use on')
        .nullable()
        .meta({ description: 'Warning from this use on, in per cent; null: the layout has no such rule' }),
      criticalPercent: percent('Critical from this use on')
        .nullable()
        .meta({ description: 'Critical from this use on, in per cent; null: the layout has no such rule' }),
    })
    .meta({ description: 'Of the disk: what was asked for with -w and -c, else the layout’s' }),
  source: z
    .strictObject({
      by: z.enum(['project quota', 'scan']).meta({ description: 'Where the numbers come from' }),
      reason: text('Why from there'),
    })
    .meta({ description: 'How use was measured' }),
  entries: whole('How many files and directories were looked at'),
  linksBeyond: whole('Names of files with hard links that were counted each, because too many were met'),
  timedOut: flag('Something gave no answer in time, and has no numbers'),
  fileSystem: z
    .strictObject({
      ...fileSystemFields,
      usedPercent: percent('Used, in per cent of what services can have at all, as df gives it'),
      inodes: whole('How many inodes it has; 0: it makes them as it needs them'),
      inodesUsed: whole('How many of them are in use'),
      status: status('Of the file system'),
      ...watchedFields,
    })
    .meta({ description: 'The file system that holds the base directory' }),
  services: z
    .array(
      z
        .strictObject({
          service: text('Name of the service'),
          path: absolutePath('Its directory'),
          plannedBytes: bytes('Space planned for it'),
          usedBytes: bytes('Disk it uses').nullable().meta({
            description:
              'Disk it uses, in bytes: blocks, not apparent size, hard links once; null: missing or unreadable',
          }),
          apparentBytes: bytes('Lengths of its files and links, holes included'),
          inodes: whole('How many inodes it has, directories included'),
          files: whole('How many files it has'),
          directories: z
            .array(
              z
                .strictObject({
                  name: text('Name of the sub-directory'),
                  usedBytes: bytes('Disk it uses'),
                })
                .meta({ description: 'Use of one sub-directory' }),
            )
            .meta({ description: 'Use of each sub-directory that the layout names' }),
          mountPoints: otherFileSystems,
          unreadable: unread,
          usedPercent: percent('Used, in per cent of the planned space')
            .nullable()
            .meta({ description: 'Used, in per cent of the planned space; null: unknown' }),
          status: status('Of the service'),
          ...watchedFields,
        })
        .meta({ description: 'Use of one service' }),
    )
    .meta({ description: 'The services, largest first' }),
  otherDisk: z.string().nullable().meta({
    description:
      'Why this is not the disk that was measured before: it may not be mounted; null: nothing speaks for that',
  }),
  history: z
    .strictObject({
      recorded: flag('This run added a sample to the history'),
      samples: whole('How many samples there are'),
      since: time('When the first of them was taken')
        .nullable()
        .meta({ description: 'When the first of them was taken; null: there is none' }),
      notes: z.array(z.string()).meta({ description: 'Why nothing was recorded; damage that was set aside' }),
    })
    .meta({ description: 'What growth and forecast rest on' }),
  alerts: alertFacts,
  checks: z
    .strictObject({
      at: time('When it was'),
      level: z.enum(['OK', 'WARNING', 'CRITICAL']).meta({
        description:
          'OK: valid; WARNING: valid, with warnings; CRITICAL: not valid, or not all could be tried',
      }),
      since: time('When this level began'),
      passed: whole('How many held'),
      failed: whole('How many did not'),
      warnings: whole('How many did not, and are warnings'),
      skipped: whole('How many could not be tried'),
      notHeld: z.array(z.string()).meta({ description: 'IDs of those that did not hold, at most 100' }),
    })
    .nullable()
    .meta({
      description: 'The last recorded proof of the layout (`validate --record`); null: none is known',
    }),
});

export const lookResult = z.strictObject({
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
  sooner: flag('The disk moves fast, so the services were measured as well'),
  alerts: alertFacts,
});

const space = {
  usedBytes: bytes('Disk they use'),
  apparentBytes: bytes('Lengths of files and links, holes included'),
  inodes: whole('How many inodes they have, directories included'),
  files: whole('How many files they are'),
};
function listing<Item extends z.ZodType>(item: Item, description: string) {
  return z
    .strictObject({
      listed: z.array(item).meta({ description: 'Largest first' }),
      more: flag('There are more than were asked for'),
    })
    .meta({ description });
}

const ofService = text('Name of the service that it belongs to');
const spaceFile = z
  .strictObject({
    service: ofService,
    path: absolutePath('The file'),
    usedBytes: bytes('Disk it uses'),
    apparentBytes: bytes('Its length, holes included'),
    changedAt: time('When it was last changed'),
    ageSeconds: number('How long ago that is, in seconds; negative: its time is in the future'),
  })
  .meta({ description: 'A file' });

export const usageResult = z.strictObject({
  root,
  base,
  at: time('When it was measured; ages are counted to this'),
  service: z.string().nullable().meta({ description: 'The service that was asked for; null: all' }),
  asked: z
    .strictObject({
      top: whole('So many of each kind'),
      depth: whole('Directories down to this many levels below a service'),
      filesOverBytes: bytes('Files of at least this size'),
      logsOverBytes: bytes('`*.log` of at least this size'),
      temporaryOlderThanSeconds: whole('`*.tmp` last changed longer ago than this, in seconds'),
    })
    .meta({ description: 'What was looked for' }),
  fileSystem: z
    .strictObject({
      ...fileSystemFields,
    })
    .nullable()
    .meta({ description: 'The file system that holds the base directory; null: it does not answer' }),
  total: z.strictObject(space).meta({ description: 'All services that could be measured, together' }),
  elsewhereBytes: z.number().nullable().meta({
    description:
      'Used on the file system by none of the services, in bytes; null: not known, or only one was asked for',
  }),
  services: z
    .array(
      z
        .strictObject({
          service: text('Name of the service'),
          path: absolutePath('Its directory'),
          space: z
            .strictObject(space)
            .nullable()
            .meta({ description: 'What it takes; null: not measured, and `error` says why' }),
          error: z
            .string()
            .nullable()
            .meta({ description: 'Why it was not measured: what is there instead, an error, `timeout`' }),
          mountPoints: otherFileSystems,
          unreadable: unread,
          unreadableCount: whole('How many things could not be read'),
        })
        .meta({ description: 'Use of one service' }),
    )
    .meta({ description: 'The services, largest first' }),
  directories: listing(
    z
      .strictObject({
        service: ofService,
        path: absolutePath('The directory'),
        usedBytes: bytes('Disk it uses, with all that is below it'),
        apparentBytes: bytes('Lengths of files and links in it, holes included'),
        inodes: whole('How many inodes are in it'),
      })
      .meta({ description: 'A directory' }),
    'The largest directories; of one that holds little but another one, only the other one',
  ),
  largeFiles: listing(spaceFile, 'Large files'),
  largeLogs: listing(spaceFile, 'Large logs: `*.log`'),
  oldTemporaryFiles: listing(spaceFile, 'Old temporary files: `*.tmp`'),
  entries: whole('How many files and directories were looked at'),
  linksBeyond: whole('Names of files with hard links that were counted each, because too many were met'),
  timedOut: flag('Something gave no answer in time, and has no numbers'),
  complete: flag('Every service could be measured, and everything in it be read'),
});

const timeOrNull = (description: string, none: string) =>
  time(description)
    .nullable()
    .meta({ description: `${description}: ISO 8601 with zone; null: ${none}` });

export const historyResult = z.strictObject({
  root,
  base,
  service: z
    .string()
    .nullable()
    .meta({ description: 'What was asked for: a service, `/` for the disk; null: all' }),
  since: timeOrNull('Samples from then on', 'from the beginning'),
  recorded: z
    .strictObject({
      samples: whole('How many samples there are'),
      first: timeOrNull('When the first was taken', 'there is none'),
      last: timeOrNull('When the last was taken', 'there is none'),
    })
    .meta({ description: 'All that is recorded of this base on this machine' }),
  condensed: flag('Not every sample is here; never so with --json'),
  subjects: z
    .array(
      z
        .strictObject({
          subject: text('`/` for the disk, `*` for all services together, or the name of a service'),
          changeBytes: number('From the first to the last sample, in bytes; negative: it shrank'),
          samples: z
            .array(
              z
                .strictObject({
                  at: time('When it was taken'),
                  usedBytes: bytes('Disk used'),
                  inodes: whole('Inodes used'),
                  limitBytes: bytes(
                    'Of a service what was planned then, of the disk what could be used at all',
                  ),
                  changeBytes: z.number().nullable().meta({
                    description: 'Since the sample before, in bytes; negative: it shrank; null: the first',
                  }),
                })
                .meta({ description: 'A sample' }),
            )
            .meta({ description: 'In order of time' }),
        })
        .meta({ description: 'The disk or a service' }),
    )
    .meta({ description: 'The disk first, then by name; those without a sample are left out' }),
  notes: z
    .array(z.string())
    .meta({ description: 'Damage that was set aside, what else is in the file, a clock that was wrong' }),
});

const level = (description: string) => z.enum(['OK', 'WARNING', 'CRITICAL', 'UNKNOWN']).meta({ description });
const channelName = text('Name of the channel');
const channels = z
  .array(
    z
      .strictObject({
        name: channelName,
        type: z.enum(['journal', 'command', 'webhook', 'mail']).meta({ description: 'Its kind' }),
        from: z.enum(['WARNING', 'CRITICAL']).meta({ description: 'It is told nothing below this level' }),
        target: text('Where it leads; of a secret only where it is kept'),
      })
      .meta({ description: 'A channel' }),
  )
  .meta({ description: 'The channels of the layout' });
const deliveries = (description: string) =>
  z
    .array(
      z
        .strictObject({
          channel: channelName,
          eventId: text('The same for all channels, and each time the event is sent'),
          kind: z.enum(['change', 'repeat', 'test']).meta({
            description: '`change`: another level; `repeat`: it lasts; `test`: somebody tried',
          }),
          subject: text('`/` for the disk, `*` for all services together, or the name of a service'),
          level: level('The level that was told'),
          text: text('What was told, in a line'),
          at: time('When it happened'),
          attempts: whole('How often it was tried'),
          error: z.string().nullable().meta({ description: 'Of the last attempt that failed; null: none' }),
          deliveredAt: timeOrNull('When it was delivered', 'not yet'),
        })
        .meta({ description: 'A delivery' }),
    )
    .meta({ description });

export const alertResult = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('test').meta({ description: 'The channels were tried' }),
    channels,
    outcomes: z
      .array(
        z
          .strictObject({
            channel: channelName,
            error: z.string().nullable().meta({ description: 'What went wrong; null: delivered' }),
            tookMs: z.number().min(0).meta({ description: 'How long it took, in milliseconds' }),
          })
          .meta({ description: 'What came of one channel' }),
      )
      .meta({ description: 'What came of each' }),
  }),
  z.strictObject({
    what: z.literal('list').meta({ description: 'The channels were listed' }),
    channels,
    repeatSeconds: z
      .number()
      .nullable()
      .meta({ description: 'What lasts is told again after this many seconds; null: never' }),
    waiting: deliveries('What could not be delivered yet, oldest first'),
    recent: deliveries('What was delivered, newest first'),
    notes: z.array(z.string()).meta({ description: 'Why deliveries cannot be shown' }),
  }),
]);

export const serveResult = z.strictObject({
  listened: text('Address and port at which it answered'),
  scrapes: whole('How many scrapes were answered'),
});
