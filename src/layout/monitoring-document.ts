// Describes what an operator decides about watching: who may read the history, which levels count, where changes are told.
import * as z from 'zod';
import {
  absolutePath,
  type Document,
  flag,
  percent,
  text,
  textOrNull,
  texts,
  whole,
} from '../document/words.ts';

const orOff = (description: string) =>
  z
    .number()
    .min(0)
    .nullable()
    .meta({ description: `${description}; null: this rule is off` });
const threshold = (level: string) =>
  z
    .strictObject({
      usedPercent: orOff('From this use on, in per cent of what can be used or is planned'),
      freeBytes: orOff('From this little left on, in bytes: of what services can still take, or of a plan'),
      inodesPercent: orOff('From this many inodes on, in per cent of the file system’s'),
      fullInSeconds: orOff(
        'When it is forecast to be full (a service: at its planned size) within this time, in seconds',
      ),
      softLimit: flag('Of a service: when it is over the soft limit of its project quota'),
      hardLimit: flag('Of a service: when its project quota lets it write no more'),
    })
    .meta({ description: `When ${level} begins: the first rule that holds is enough` });
const levels = z.strictObject({ warning: threshold('warning'), critical: threshold('critical') });

const secret = (what: string) =>
  z
    .union([
      z.strictObject({ file: absolutePath('The file that holds it') }),
      z.strictObject({ environment: text('The environment variable that holds it') }),
    ])
    .meta({ description: `Where ${what} is kept: never the secret itself` });

const ofChannel = {
  name: text('Its name'),
  from: z
    .enum(['WARNING', 'CRITICAL'])
    .meta({ description: 'Nothing below this is told; the all-clear of what was told is' }),
};
const channel = z.discriminatedUnion('type', [
  z.strictObject({
    ...ofChannel,
    type: z.literal('journal').meta({ description: 'To the machine’s journal or syslog' }),
  }),
  z.strictObject({
    ...ofChannel,
    type: z.literal('command').meta({ description: 'To a program' }),
    argv: texts('The program and its arguments'),
  }),
  z.strictObject({
    ...ofChannel,
    type: z.literal('webhook').meta({ description: 'To an address, by POST' }),
    url: z
      .union([z.string(), secret('it')])
      .meta({ description: 'The address, or where it is kept, as it may be a secret itself' }),
    token: secret('it').nullable().meta({
      description: 'Where the token is kept that is sent as `Authorization: Bearer …`; null: none is',
    }),
  }),
  z.strictObject({
    ...ofChannel,
    type: z.literal('mail').meta({ description: 'By the machine’s sendmail' }),
    to: texts('Addresses that it goes to'),
    sender: textOrNull('Address that it comes from; null: as sendmail has it'),
  }),
]);

const alerts = z
  .strictObject({
    repeatSeconds: z
      .number()
      .min(0)
      .nullable()
      .meta({ description: 'What lasts is told again after this time, in seconds; null: once' }),
    timeoutSeconds: z.number().min(0).meta({ description: 'How long one attempt may take, in seconds' }),
    attempts: whole('Attempts in one run, the first one included; what fails is tried again by the next run'),
    channels: z.array(channel).meta({ description: 'Where it is told' }),
  })
  .meta({ description: 'How changes of level are told' });

export const monitoring = z
  .strictObject({
    group: textOrNull('Group that may read the history beside root; null: root only'),
    disk: levels.meta({ description: 'Levels of the disk' }),
    eachService: levels.meta({ description: 'Levels of every service that has none of its own' }),
    services: z
      .array(
        z
          .strictObject({ service: text('Name of the service'), ...levels.shape })
          .meta({ description: 'Levels of one service, in full' }),
      )
      .meta({ description: 'Services with levels of their own' }),
    marginPercent: percent(
      'A level ends only this far below where it began, in per cent: points of a percentage, of bytes and times this part of the threshold',
    ),
    samples: whole('A level begins once this many samples in a row ask for it'),
    alerts,
  })
  .meta({ description: 'How space is watched: what the file says, merged over what is built in' });

export type Thresholds = Document<ReturnType<typeof threshold>>;
export type Levels = Document<typeof levels>;
export type Secret = Document<ReturnType<typeof secret>>;
export type Channel = Document<typeof channel>;
export type Alerting = Document<typeof alerts>;
export type MonitoringSummary = Document<typeof monitoring>;
