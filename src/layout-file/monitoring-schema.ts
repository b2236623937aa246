// Owns the shape of the `monitoring:` section of a layout file, once: it checks files and is part of the JSON Schema.
// What the values mean together (merging, order of levels, names) is monitoring-file.ts.
import * as z from 'zod';
import {
  CHANNEL_PATTERN,
  checkArgument,
  checkFile,
  checkMailAddress,
  checkProgram,
  checkUrl,
  checkVariable,
  MAIL_PATTERN,
  VARIABLE_PATTERN,
  WANT_FILE,
  WANT_PROGRAM,
  WANT_URL,
} from '../layout/channel.ts';
import { builtInMonitoring, type Levels, type Thresholds } from '../layout/monitoring.ts';
import { DURATION_PATTERN, exactDuration, parseDuration, WANT_DURATION } from '../values/duration.ts';
import { checkUserName, USER_PATTERN } from '../values/name.ts';
import { exactPercent, PERCENT_PATTERN, parsePercent, WANT_PERCENT } from '../values/percent.ts';
import { exactSize, parseSize, SIZE_PATTERN, WANT_SIZE } from '../values/size.ts';
import { checkedText, type Read, readText, readTextOrFalse } from './text-schema.ts';

// Messages begin with "want": layout-file.ts puts the place before them and what was found after them.

const OR_OFF = ', or `false` to switch it off';

const readPercent =
  (most: number) =>
  (text: string): Read<number> => {
    const parsed = parsePercent(text, most);
    return 'percent' in parsed ? { value: parsed.percent } : parsed;
  };
const readSize = (text: string): Read<number> => {
  const parsed = parseSize(text);
  return 'bytes' in parsed ? { value: parsed.bytes } : parsed;
};
const readDuration = (text: string): Read<number> => {
  const parsed = parseDuration(text);
  return 'seconds' in parsed ? { value: parsed.seconds } : parsed;
};

/** A rule: its threshold, or `false`. */
function rule(of: {
  readonly want: string;
  readonly pattern: string;
  readonly description: string;
  readonly read: (text: string) => Read<number>;
}) {
  return readTextOrFalse(of.want + OR_OFF, (text) => {
    const read = of.read(text);
    return 'complaint' in read ? { complaint: read.complaint + OR_OFF } : read;
  })
    .meta({
      description: of.description,
      anyOf: [{ const: false }, { type: 'string', pattern: of.pattern }],
    })
    .optional();
}

/** A rule that has no threshold: it holds, or `false`. */
function holds(description: string, isBuiltIn: boolean | undefined) {
  const otherwise =
    isBuiltIn === undefined ? 'Default: as each service.' : `Built in: ${isBuiltIn ? 'on' : 'off'}.`;
  const want = 'want true, or `false` to switch it off';
  return readTextOrFalse(want, (text): Read<true> => {
    return text === 'true' ? { value: true } : { complaint: want };
  })
    .meta({ description: `${description} ${otherwise}`, type: 'boolean' })
    .optional();
}

/** A service can outgrow its plan, and an operator may want to know it only then. */
const MOST_OF_A_PLAN = 200;

function thresholds(of: 'disk' | 'service', builtIn: Thresholds | null) {
  const percent = (most: number) => (text: string) => {
    const read = readPercent(most)(text);
    return 'value' in read && read.value === 0 ? { complaint: 'want more than 0%' } : read;
  };
  const otherwise = <T>(value: T | null | undefined, exact: (value: T) => string) => {
    if (value === undefined) return 'Default: as each service.';
    return `Built in: ${value === null ? 'off' : exact(value)}.`;
  };
  const disk = of === 'disk';
  return {
    used: rule({
      want: WANT_PERCENT,
      pattern: PERCENT_PATTERN,
      read: percent(disk ? 100 : MOST_OF_A_PLAN),
      description: `From this use on, ${disk ? 'in per cent of what df counts' : 'in per cent of the planned space'}. ${otherwise(builtIn?.usedPercent, exactPercent)}`,
    }),
    free: rule({
      want: WANT_SIZE,
      pattern: SIZE_PATTERN,
      read: readSize,
      description: `From this little left on: ${disk ? 'what services can still take' : 'of the planned space'}. ${otherwise(builtIn?.freeBytes, exactSize)}`,
    }),
    inodes: rule({
      want: WANT_PERCENT,
      pattern: PERCENT_PATTERN,
      read: percent(100),
      description: `From this many inodes on, in per cent of the file system's${disk ? '' : ': those of this service'}. ${otherwise(builtIn?.inodesPercent, exactPercent)}`,
    }),
    'full-in': rule({
      want: WANT_DURATION,
      pattern: DURATION_PATTERN,
      read: readDuration,
      description: `When the forecast says ${disk ? 'full' : 'at its planned size'} within this time. ${otherwise(builtIn?.fullInSeconds, exactDuration)}`,
    }),
  };
}

/** Of a service's project quota: a disk has none. */
function limits(builtIn: Thresholds | null) {
  return {
    'soft-limit': holds('When it is over the soft limit of its project quota.', builtIn?.softLimit),
    'hard-limit': holds('When its project quota lets it write no more.', builtIn?.hardLimit),
  };
}

const WANT_RULES = 'want rules (used, free, inodes, full-in), or `false` for none';
const WANT_RULES_OF_SERVICE =
  'want rules (used, free, inodes, full-in, soft-limit, hard-limit), or `false` for none';
const WANT_LEVELS = 'want levels (warning, critical), or `false` for none';

function levels(of: 'disk' | 'service', builtIn: Levels | null) {
  const error = of === 'disk' ? WANT_RULES : WANT_RULES_OF_SERVICE;
  const rules = (name: 'warning' | 'critical'): z.ZodType<ThresholdFields> => {
    const own = builtIn?.[name] ?? null;
    const each = thresholds(of, own);
    return of === 'disk'
      ? z.strictObject(each, { error })
      : z.strictObject({ ...each, ...limits(own) }, { error });
  };
  const level = (name: 'warning' | 'critical') =>
    z
      .union([z.literal(false), z.null(), rules(name)], { error })
      .meta({ description: `When ${name} begins: the first rule that holds is enough. \`false\`: never.` })
      .optional();
  return z.union(
    [
      z.literal(false),
      z.null(),
      z.strictObject({ warning: level('warning'), critical: level('critical') }, { error: WANT_LEVELS }),
    ],
    { error: WANT_LEVELS },
  );
}

const MOST_MARGIN = 50;

const number = (want: string, least: number, most: number) =>
  readText(want, (text): Read<number> => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? { value } : { complaint: want };
  });
const wholeNumber = (least: number, most: number, description: string) =>
  number(`want a whole number from ${least} to ${most}`, least, most).meta({
    description,
    type: ['integer', 'string'],
    minimum: least,
    maximum: most,
    pattern: '^[0-9]+$',
  });

const WANT_SERVICES = 'want levels by service';

/** Of one subject each: warning is held against critical wherever a subject is right, whatever else is wrong. */
export const subjectSchemas = {
  disk: levels('disk', builtInMonitoring.disk),
  eachService: levels('service', builtInMonitoring.eachService),
  service: levels('service', null),
} as const;

const levelsFields = {
  disk: subjectSchemas.disk
    .meta({ description: 'Levels of the disk that holds the base directory.' })
    .optional(),
  'each-service': subjectSchemas.eachService
    .meta({ description: 'Levels of every service, held against its planned space.' })
    .optional(),
  services: z
    .union(
      [
        z.null(),
        z.object({}, { error: WANT_SERVICES }).catchall(
          subjectSchemas.service.meta({
            description: 'Levels of this service. What is not named is as under `each-service`.',
          }),
        ),
      ],
      { error: WANT_SERVICES },
    )
    .meta({ description: 'Levels of single services, by name.' })
    .optional(),
  margin: readText(WANT_PERCENT, readPercent(MOST_MARGIN))
    .meta({
      description: `A level ends this far below where it began, so that a value on the line does not flap: per cent points; of sizes and times this part. At most ${MOST_MARGIN}%. Built in: ${exactPercent(builtInMonitoring.marginPercent)}.`,
      pattern: PERCENT_PATTERN,
    })
    .optional(),
  samples: wholeNumber(
    1,
    100,
    `A level begins once this many samples in a row ask for it. Built in: ${builtInMonitoring.samples}.`,
  ).optional(),
};

const from = z
  .enum(['warning', 'critical'], { error: 'want warning or critical' })
  .meta({ description: 'What is less than this is not told here. Default: warning.' })
  .optional();

const WANT_RUN =
  'want a list of the program and its arguments, such as [/usr/local/bin/page, --team, storage]';
const WANT_TO = 'want a list of mail addresses such as [ops@example.org]';

const mailAddress = checkedText('want a mail address such as ops@example.org', checkMailAddress).meta({
  pattern: MAIL_PATTERN,
});
const secretFile = (what: string) =>
  checkedText(WANT_FILE, checkFile)
    .meta({ description: `File that holds ${what}, read when it is needed.`, pattern: '^/.' })
    .optional();
const secretVariable = (what: string) =>
  checkedText('want the name of an environment variable', checkVariable)
    .meta({ description: `Environment variable that holds ${what}.`, pattern: VARIABLE_PATTERN })
    .optional();

const program = checkedText(WANT_PROGRAM, checkProgram).meta({ pattern: '^/.' });
const argument = checkedText('want an argument', checkArgument);

const channelFields = {
  journal: {},
  command: {
    run: z.tuple([program], argument, WANT_RUN).meta({
      description: 'Program, by absolute path, and its arguments. No shell reads them.',
    }),
  },
  webhook: {
    url: checkedText(WANT_URL, checkUrl)
      .meta({
        description: 'Address that is posted to. One that is a secret itself belongs into `url-file`.',
        pattern: '^https?://[^/?#]',
      })
      .optional(),
    'url-file': secretFile('the address'),
    'url-environment': secretVariable('the address'),
    'token-file': secretFile('what is sent as `Authorization: Bearer …`'),
    'token-environment': secretVariable('what is sent as `Authorization: Bearer …`'),
  },
  mail: {
    to: z.array(mailAddress, WANT_TO).min(1, WANT_TO).meta({
      description: 'The people it is mailed to, by the sendmail of this machine.',
    }),
    sender: mailAddress
      .meta({
        ...mailAddress.meta(),
        description: 'The sender of the mail. Default: the one that sendmail uses.',
      })
      .optional(),
  },
} as const;

export const CHANNEL_TYPES = ['journal', 'command', 'webhook', 'mail'] as const;
type ChannelType = (typeof CHANNEL_TYPES)[number];

const CHANNEL_PURPOSES: Readonly<Record<ChannelType, string>> = {
  journal: "The machine's journal, else its syslog.",
  command: 'A program of yours.',
  webhook: 'An address that takes JSON by POST; Slack and what understands the same.',
  mail: 'E-mail.',
};

const ofType = <const T extends ChannelType>(type: T) =>
  z.literal(type).meta({ description: CHANNEL_PURPOSES[type] });

const channel = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: ofType('journal'), from }),
    z.strictObject({ type: ofType('command'), from, ...channelFields.command }),
    z.strictObject({ type: ofType('webhook'), from, ...channelFields.webhook }),
    z.strictObject({ type: ofType('mail'), from, ...channelFields.mail }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union'
        ? `want ${CHANNEL_TYPES.slice(0, -1).join(', ')} or ${CHANNEL_TYPES.at(-1)}`
        : 'want the settings of a channel, its type at least',
  },
);

const WANT_CHANNELS = 'want channels by name, each with its type';
const WANT_REPEAT = 'want a span of time such as 24h, or `never`';

const duration = (most: number) =>
  readText(WANT_DURATION, (text): Read<number> => {
    const read = readDuration(text);
    return 'value' in read && read.value > most ? { complaint: `want at most ${exactDuration(most)}` } : read;
  });

const LONGEST_TIMEOUT = 600;
const { repeatSeconds, timeoutSeconds, attempts } = builtInMonitoring.alerts;

const alertsFields = {
  repeat: readText(WANT_REPEAT, (text): Read<number | null> => {
    if (text === 'never') return { value: null };
    const read = readDuration(text);
    return 'value' in read || read.complaint !== WANT_DURATION ? read : { complaint: WANT_REPEAT };
  })
    .meta({
      description: `What lasts is told again after this time; \`never\`: once. Built in: ${exactDuration(repeatSeconds ?? 0)}.`,
      anyOf: [{ const: 'never' }, { type: 'string', pattern: DURATION_PATTERN }],
    })
    .optional(),
  timeout: duration(LONGEST_TIMEOUT)
    .meta({
      description: `How long one attempt may take. At most ${exactDuration(LONGEST_TIMEOUT)}. Built in: ${exactDuration(timeoutSeconds)}.`,
      pattern: DURATION_PATTERN,
    })
    .optional(),
  attempts: wholeNumber(
    1,
    10,
    `Attempts in one run, the first one included; what fails is tried again by the next run. Built in: ${attempts}.`,
  ).optional(),
  channels: z
    .union([z.null(), z.object({}, { error: WANT_CHANNELS }).catchall(channel)], { error: WANT_CHANNELS })
    .meta({
      description: 'The channels that alerts go through, each by a name of your own.',
      propertyNames: { pattern: CHANNEL_PATTERN },
    })
    .optional(),
};

function section<Fields extends z.ZodRawShape>(fields: Fields) {
  const want = `want ${Object.keys(fields)
    .map((name) => `\`${name}:\``)
    .join(', ')}`;
  return z.union([z.null(), z.strictObject(fields, { error: want })], { error: want });
}

const monitoringFields = {
  group: checkedText('want a group name such as adm', checkUserName)
    .meta({
      description: 'Group that may read the history beside root. Default: none.',
      pattern: USER_PATTERN,
    })
    .optional(),
  levels: section(levelsFields).meta({ description: 'When warning and critical begin.' }).optional(),
  alerts: section(alertsFields).meta({ description: 'How a change of level is told.' }).optional(),
};

export const monitoringSchema = section(monitoringFields).meta({
  description: 'How space is watched: levels and alerts. What is not named stays as it is built in.',
});

/** For the guess at what an unknown key was meant to be. */
export const monitoringFieldNames = {
  monitoring: Object.keys(monitoringFields),
  levels: Object.keys(levelsFields),
  subject: ['warning', 'critical'],
  rules: Object.keys(thresholds('disk', null)),
  rulesOfService: Object.keys({ ...thresholds('service', null), ...limits(null) }),
  alerts: Object.keys(alertsFields),
  channel: (type: ChannelType) => ['type', 'from', ...Object.keys(channelFields[type])],
} as const;

export type ThresholdFields = {
  readonly [Rule in keyof ReturnType<typeof thresholds>]?: number | false | undefined;
} & { readonly [Rule in keyof ReturnType<typeof limits>]?: boolean | undefined };
export type LevelsFields =
  | {
      readonly warning?: ThresholdFields | false | null | undefined;
      readonly critical?: ThresholdFields | false | null | undefined;
    }
  | false
  | null
  | undefined;
export type ChannelFields = z.output<typeof channel>;
export type MonitoringFields = z.output<typeof monitoringSchema>;
