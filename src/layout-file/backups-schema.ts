// Owns the shape of the `backups:` section of a layout file, once: it checks files and is part of the JSON Schema. What its values
// mean together (defaults, services) is backups-section.ts.
import * as z from 'zod';
import { builtInBackups, MOST_BACKUPS, YOUNGEST_BACKUP_SECONDS } from '../layout/backups.ts';
import { DURATION_PATTERN, exactDuration, parseDuration, WANT_DURATION } from '../values/duration.ts';
import { type Read, readText, readTextOrFalse } from './text-schema.ts';

// Messages begin with "want": layout-file.ts puts the place before them and what was found after them.

const NAMES = 'keep, older, maxAge, verifyEvery';
const WANT_SECTION = `want settings (${NAMES}, services)`;
const WANT_SERVICE = `want settings (${NAMES}) or nothing, or \`false\` where nobody is to be told`;
const WANT_SERVICES = 'want services by name, each with its settings';
const WANT_KEEP = `want a whole number from 1 to ${MOST_BACKUPS}: so many of the newest backups stay`;
const OR_OFF = ', or `false` to tell nobody';

const readSpan =
  (least: number) =>
  (text: string): Read<number> => {
    const parsed = parseDuration(text);
    if ('complaint' in parsed) return parsed;
    return parsed.seconds < least
      ? { complaint: `want at least ${exactDuration(least)}` }
      : { value: parsed.seconds };
  };

const keep = readText(
  WANT_KEEP,
  (text): Read<number> =>
    /^[1-9]\d{0,5}$/.test(text) && Number(text) <= MOST_BACKUPS
      ? { value: Number(text) }
      : { complaint: WANT_KEEP },
);

function spanOrFalse(description: string) {
  const read = readSpan(YOUNGEST_BACKUP_SECONDS);
  return readTextOrFalse(WANT_DURATION + OR_OFF, (text) => {
    const given = read(text);
    return 'complaint' in given ? { complaint: given.complaint + OR_OFF } : given;
  })
    .meta({ description, anyOf: [{ const: false }, { type: 'string', pattern: DURATION_PATTERN }] })
    .optional();
}

function fieldsOf(of: 'all' | 'service') {
  const builtIn = (value: string | number) =>
    of === 'all' ? `Built in: ${value}.` : 'Default: as said for all.';
  const span = (seconds: number | null) => builtIn(seconds === null ? 'off' : exactDuration(seconds));
  return {
    keep: keep
      .meta({
        description: `So many of the newest good backups stay, however old they are. ${builtIn(builtInBackups.keep)}`,
        type: ['integer', 'string'],
        minimum: 1,
        maximum: MOST_BACKUPS,
        pattern: '^[1-9][0-9]*$',
      })
      .optional(),
    older: readText(WANT_DURATION, readSpan(YOUNGEST_BACKUP_SECONDS))
      .meta({
        description: `Only backups older than this may be deleted. At least 1h. ${span(builtInBackups.olderSeconds)}`,
        pattern: DURATION_PATTERN,
      })
      .optional(),
    maxAge: spanOrFalse(
      `Where the last good backup is older than this, the level is CRITICAL. At least 1h. ${span(builtInBackups.maxAgeSeconds)}`,
    ),
    verifyEvery: spanOrFalse(
      `Where no backup was proved by a restore for so long, the level is WARNING. At least 1h. ${span(builtInBackups.verifyEverySeconds)}`,
    ),
  };
}

const serviceFields = fieldsOf('service');
const service = z.union(
  [z.literal(false), z.null(), z.strictObject(serviceFields, { error: WANT_SERVICE })],
  {
    error: WANT_SERVICE,
  },
);
const services = z
  .union([z.null(), z.record(z.string(), service, WANT_SERVICES)], { error: WANT_SERVICES })
  .meta({
    description:
      'Services by name, each with settings of its own. One that is named here is watched also where it was never backed up; of one that is `false` nobody is told.',
  });

const allFields = { ...fieldsOf('all'), services: services.optional() };

export const backupsSchema = z
  .union([z.null(), z.strictObject(allFields, { error: WANT_SECTION })], { error: WANT_SECTION })
  .meta({
    description:
      'Which backups `jts-hot backup prune` may delete, and when one is too old or not proved. Nothing is deleted by itself.',
  });

/** For the guess at what an unknown key was meant to be. */
export const backupFieldNames = {
  all: Object.keys(allFields),
  service: Object.keys(serviceFields),
} as const;

interface RuleFields {
  readonly keep?: number | undefined;
  readonly older?: number | undefined;
  readonly maxAge?: number | false | undefined;
  readonly verifyEvery?: number | false | undefined;
}

export type BackupFields =
  | (RuleFields & {
      readonly services?: Readonly<Record<string, RuleFields | false | null>> | null | undefined;
    })
  | null
  | undefined;
