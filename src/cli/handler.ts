// Owns what a command is given by the command line, and what it gives back to be shown.
import type { ArgumentOf, CommandName, FlagsOf, SecondOf } from '../catalogue/commands.ts';
import type { Answer, Context } from '../command/context.ts';
import type { Loaded } from '../command/load.ts';
import type { Plan } from '../engine/plan.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Paint } from '../messages/paint.ts';

export type Shown<Result = unknown> = Answer<Result> & {
  /** For people; null: nothing. */
  text(result: Result): string | null;
};

interface Typed<Name extends CommandName> {
  readonly flags: FlagsOf<Name>;
  readonly argument: ArgumentOf<Name>;
  readonly second: SecondOf<Name>;
  readonly paint: Paint;
}

export interface Call<Name extends CommandName> extends Typed<Name> {
  readonly context: Context;
  /** Of setup: the saved plan that it must do exactly. */
  readonly plan: Plan | null;
}

/** What a command works on. */
export type Found = Loaded & { readonly plan?: Plan };

export type Act<Name extends CommandName> = (call: Call<Name>) => Promise<Shown>;

export type Handler<Name extends CommandName> =
  | Act<Name>
  | {
      /** Before anything else, and whatever comes of it. */
      readonly before?: (flags: FlagsOf<Name>) => void;
      /** What it works on, where that is not what the flags say. */
      readonly load?: (flags: FlagsOf<Name>) => Promise<Found>;
      readonly act: Act<Name>;
    }
  /** It works on no host. null: it has written what it had to say. */
  | { readonly answer: (typed: Typed<Name>) => Promise<Shown | null> };

export function shown<Result>(given: Answer<Result>, text: Shown<Result>['text']): Shown<Result> {
  return { ...given, text };
}

/** The compiler asks for each of them. */
export type Handlers<Names extends CommandName> = { readonly [Name in Names]: Handler<Name> };

export function conflict(one: string, other: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot use these together', {
      at: one,
      detail: `want ${one} or ${other}, found both`,
    }),
  ]);
}

export function needs(one: string, other: string): Problem {
  return new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot use one without the other', {
      at: one,
      detail: `want ${other} with it, found none`,
    }),
  ]);
}

/** Of a word that is none of those that the command takes. */
export function noSuchWord(
  summary: string,
  {
    at,
    word,
    want,
    hint,
  }: { readonly at: string; readonly word: string; readonly want: string; readonly hint: string },
): Problem {
  const detail = `want ${want}; found ${JSON.stringify(word)}`;
  return new Problem(EXIT.usage, [diagnostic('E_USAGE', summary, { at, detail, hint })]);
}
