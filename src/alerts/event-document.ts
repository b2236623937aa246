// Describes what a program or a webhook is sent when a level changes.
import * as z from 'zod';
import { EVENT_SCHEMA_VERSION } from '../document/versions.ts';
import { type Document, text, textOrNull, texts, time, timeOrNull, version } from '../document/words.ts';
import { checkCounts } from '../history/checks-document.ts';
import { TOLD_LEVELS } from '../history/event.ts';
import { RULES } from '../space/outlook-document.ts';

const level = (description: string) => z.enum(TOLD_LEVELS).meta({ description });
const id = text('Unique: two with the same one are one that was sent twice');
const at = time('When it was noticed');

/** Of the disk as df counts, of a service against its plan. */
const known = (description: string) =>
  z
    .number()
    .min(0)
    .nullable()
    .meta({ description: `${description}; null: not known, or it is about checks` });
const ofRule = (description: string) =>
  z
    .number()
    .nullable()
    .meta({
      description: `${description}: per cent (\`used\`, \`inodes\`), bytes (\`free\`), seconds (\`full-in\`); null: there is no rule`,
    });

export const alertEvent = z.strictObject({
  schemaVersion: version(
    EVENT_SCHEMA_VERSION,
    'Version of this format; raised when a field changes its meaning or goes, not when one is added',
  ),
  text: text('All of it in one line for people; in a webhook with `&`, `<` and `>` as Slack wants them'),
  id,
  kind: z.enum(['change', 'repeat', 'test']).meta({
    description: '`change`: another level; `repeat`: it lasts; `test`: somebody tries the channels',
  }),
  at,
  host: text('Name of the machine'),
  base: text('The directory that all services are below'),
  subject: text(
    'Name of a service; `/` for the disk, `*` for all services together, `/checks` for the proof of the layout, `/disk/` and a serial number for the health of a disk, `/backup/` and a service for its backups',
  ),
  level: level('The level now'),
  before: level('What this channel was told last'),
  since: timeOrNull('When this level began', 'not known, or it is a test'),
  rule: z
    .enum(RULES)
    .nullable()
    .meta({ description: 'The rule that set the level; null: OK, UNKNOWN, or it is about checks' }),
  value: ofRule('What was found'),
  threshold: ofRule('Where the level begins'),
  why: textOrNull('Why it is UNKNOWN; null: it is not'),
  usedBytes: known('Disk used, in bytes: of the disk as df counts, of a service its own'),
  limitBytes: known('What can be used, in bytes: of the disk as df counts, of a service its plan'),
  usedPercent: known('Used, in per cent of that'),
  checks: checkCounts
    .extend({ notHeld: texts('IDs of those that do not hold, at most ten') })
    .nullable()
    .meta({ description: 'Of `/checks`: what the proof came to; null: it is about something else' }),
  health: z
    .strictObject({
      disk: text('What the kernel calls it: `nvme0n1`'),
      causes: texts('What is wrong, the worst first; none: nothing is any more'),
    })
    .nullable()
    .meta({
      description: 'Of the health of a disk: what it says of itself; null: it is about something else',
    }),
  backups: z
    .strictObject({
      service: text('Of which service'),
      causes: texts('What is wrong, the worst first; none: nothing is any more'),
    })
    .nullable()
    .meta({ description: 'Of the backups of a service; null: it is about something else' }),
  missed: z
    .array(
      z
        .strictObject({ id, level: level('The level that it was about'), at })
        .meta({ description: 'An earlier event' }),
    )
    .meta({ description: 'Earlier ones of this subject that could not be delivered, at most five' }),
});

export const published = {
  'alert-event': alertEvent.meta({
    title: 'jts-hot alert event',
    description:
      'What an alert channel of type `command` gets on its standard input, and one of type `webhook` by POST.',
  }),
};

export type EventDocument = Document<typeof alertEvent>;
