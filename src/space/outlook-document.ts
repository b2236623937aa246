// Describes what is said of the disk and of each service beyond its size: the rule that set its level, growth, forecast.
import * as z from 'zod';
import { type Document, number, text } from '../document/words.ts';

export const RULES = ['used', 'free', 'inodes', 'full-in', 'of-disk', 'soft-limit', 'hard-limit'] as const;

export const fired = z
  .strictObject({
    rule: z.enum(RULES).meta({
      description:
        'Which rule: `used` and `inodes` are per cent, `free` is bytes, `full-in` is seconds until it is full, `of-disk` (of a service that cannot have its plan) is per cent of what the disk can give it, `soft-limit` and `hard-limit` (of a service’s project quota) are bytes used and the limit',
    }),
    level: z.enum(['WARNING', 'CRITICAL']).meta({ description: 'The level that it asks for' }),
    value: number('What was found'),
    threshold: number('Where the level begins'),
  })
  .nullable()
  .meta({ description: 'The rule that set the level; null: none' });

const change = (over: string) =>
  z
    .number()
    .nullable()
    .meta({
      description: `Change over the last ${over}, in bytes; negative: it shrank; null: the history does not reach back so far`,
    });
export const growth = z
  .strictObject({ dayBytes: change('day'), weekBytes: change('week'), monthBytes: change('30 days') })
  .meta({ description: 'How much it has grown' });

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

export const forecast = z
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
  .meta({ description: 'When sizes will be reached (docs/forecast.md)' });

export type Fired = NonNullable<Document<typeof fired>>;
export type Growth = Document<typeof growth>;
export type Eta = NonNullable<Document<ReturnType<typeof eta>>>;
export type Forecast = Document<typeof forecast>;
