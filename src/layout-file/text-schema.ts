// Owns how our own rules for text become zod schemas. Must not know any rule.
import * as z from 'zod';

/** Text without complaint. `want` is the message for anything else. */
export function checkedText(want: string, check: (text: string) => string | null) {
  return z.string(want).superRefine((text, context) => {
    const complaint = check(text);
    if (complaint !== null) context.addIssue(complaint);
  });
}

/** A complaint says what is wanted; the caller adds what was found. */
export type Read<T> = { readonly value: T } | { readonly complaint: string };

/** Text that means something else. */
export function readText<T>(want: string, read: (text: string) => Read<T>) {
  return z.string(want).transform((text, context) => complainOrGive(read(text), context));
}

/** The same, or a bare `false`. */
export function readTextOrFalse<T>(want: string, read: (text: string) => Read<T>) {
  return z.unknown().transform((given, context): T | false => {
    if (given === false) return false;
    return complainOrGive(typeof given === 'string' ? read(given) : { complaint: want }, context);
  });
}

function complainOrGive<T>(read: Read<T>, context: z.RefinementCtx): T {
  if ('value' in read) return read.value;
  context.addIssue(read.complaint);
  return z.NEVER;
}
