// Owns the words that the schemas of all documents share: sizes, times, a diagnostic, a check. Each with its description,
// which is what a reader of the published schema gets.
import * as z from 'zod';

// Objects are strict: a field that has no line here is refused, so that none is published undescribed.

export const text = (description: string) => z.string().meta({ description });
export const flag = (description: string) => z.boolean().meta({ description });

/** A planned size may be larger than 2^53, so not `z.int()`, which stops there. */
export const whole = (description: string) =>
  z.number().min(0).refine(Number.isInteger, 'want a whole number').meta({ description, type: 'integer' });
export const bytes = (description: string) => whole(`${description}, in bytes`);
export const percent = (description: string) => z.number().min(0).meta({ description });
export const time = (description: string) =>
  z.iso.datetime({ offset: true }).meta({ description: `${description}: ISO 8601 with zone` });
export const version = <const V extends number>(value: V, description: string) =>
  z.literal(value).meta({ description, type: 'integer' });
export const run = (description: string) => z.int().min(1).meta({ description });
export const runOrNull = (description: string) => z.int().min(1).nullable().meta({ description });

export const mode = (description: string) =>
  z
    .string()
    .regex(/^[0-7]{4}$/)
    .meta({ description: `${description}: four octal digits` });

export const absolutePath = (description: string) =>
  z
    .string()
    .regex(/^\//)
    .meta({ description: `${description}: an absolute path, inside root` });

export const root = text('The host that was worked on: `/`, or the directory given with --root');
export const base = absolutePath('The directory that all services are below');
export const program = text('Version of the program that wrote this');

export const diagnostic = z
  .strictObject({
    code: z
      .string()
      .regex(/^[EW]_[A-Z_]+$/)
      .meta({ description: 'Stable name of the problem; `E_…`, or `W_…` for a warning' }),
    summary: text('One sentence that is the same each time and can be searched for'),
    detail: z
      .array(z.string())
      .meta({ description: 'Lines with the values: what was wanted, what was found' }),
    at: z.string().nullable().meta({
      description:
        'Where: `file:line:column`, a flag, or an address such as `directory /data/jts/hot/kafka`; null: nowhere in particular',
    }),
    hint: z
      .string()
      .nullable()
      .meta({ description: 'The next command to type, or what to do; null: none known' }),
  })
  .meta({ id: 'diagnostic', description: 'One thing that is wrong' });

export const check = z
  .strictObject({
    id: text(
      'Stable name of the check, for example `directory.kafka/data`, `write.kafka/data`, `space.size`',
    ),
    at: text('What it is about, for example `directory /data/jts/hot/kafka/data`'),
    service: z
      .string()
      .nullable()
      .meta({ description: 'The service it belongs to; null: the host as a whole' }),
    severity: z
      .enum(['error', 'warning'])
      .meta({ description: 'A warning that fails leaves the exit code alone' }),
    status: z.enum(['pass', 'fail', 'skip']).meta({
      description: '`skip`: could not be tried, because something it rests on is missing',
    }),
    expected: text('What ought to be there'),
    found: text('What is there'),
    fix: z
      .string()
      .nullable()
      .meta({ description: 'The command to type, or what to do; null where it passed or nothing is known' }),
    follows: z.string().nullable().meta({
      description:
        'ID of the failed check that this one follows from: what mends that one mends this one; null: it stands for itself',
    }),
  })
  .meta({ id: 'check', description: 'One thing that ought to hold on the host' });
