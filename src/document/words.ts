// Owns the words that the descriptions of all documents share (sizes, times, modes), and the type of what is described.
// Files called …-document.ts describe with them what leaves the program as JSON. Other files take only types from there
// (`import type`): at run time descriptions are loaded to read a saved plan, and never else.
import * as z from 'zod';

/** What a description stands for, to be read only. */
export type Document<Description extends z.ZodType> = ReadOnly<z.output<Description>>;

type ReadOnly<T> = T extends readonly (infer Item)[]
  ? readonly ReadOnly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: ReadOnly<T[Key]> }
    : T;

// Objects are strict: a field that has no line in its description is refused, so that none is published undescribed.

export const text = (description: string) => z.string().meta({ description });
export const textOrNull = (description: string) => z.string().nullable().meta({ description });
export const texts = (description: string) => z.array(z.string()).meta({ description });
export const flag = (description: string) => z.boolean().meta({ description });

/** A planned size may be larger than 2^53, so not `z.int()`, which stops there. */
export const whole = (description: string) =>
  z.number().min(0).refine(Number.isInteger, 'want a whole number').meta({ description, type: 'integer' });
export const bytes = (description: string) => whole(`${description}, in bytes`);
export const percent = (description: string) => z.number().min(0).meta({ description });
export const time = (description: string) =>
  z.iso.datetime({ offset: true }).meta({ description: `${description}: ISO 8601 with zone` });
export const timeOrNull = (description: string, none: string) =>
  time(description)
    .nullable()
    .meta({ description: `${description}: ISO 8601 with zone; null: ${none}` });
/** Per cent, or a span of time: not a size. */
export const number = (description: string) => z.number().meta({ description });
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
