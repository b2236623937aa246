// Owns what is said of each operation, in one place: its shape, its words, what it leaves on the host and how that is seen.
// How it is performed is a host's business. Must not act.
import type * as zod from 'zod';
import type { Document } from '../../document/words.ts';
import type { Born, Entry, Written } from '../entry.ts';
import type { HostReader } from '../host-reader.ts';
import type { Words } from './words.ts';

export type Effect =
  /** The host is as the operation would leave it. */
  | { readonly state: 'done' }
  /** It can be performed. */
  | { readonly state: 'open' }
  /** It must not be: the host is not as it was when the operation was planned. */
  | { readonly state: 'changed'; readonly why: string };

export const DONE: Effect = { state: 'done' };
export const OPEN: Effect = { state: 'open' };
export const HOLDS_DATA = changed('it holds data');
export const ANOTHER = changed('another one has taken its place');
export const NO_BIRTHS = 'and the file system keeps no birth times to know it by';

export function changed(why: string): Effect {
  return { state: 'changed', why };
}

/** How an undo knows again what was made or changed: only when it is done can this be seen. */
export interface Known {
  /** Of a directory that was made. */
  readonly inode?: string;
  /** Of a directory that was made, and of what was changed. */
  readonly born?: Born;
  /** Of a file that was changed, where `born` is null. */
  readonly written?: Written;
  /** Of a user that was made. */
  readonly uid?: number;
  /** Of a group that was made. */
  readonly gid?: number;
  /** Of a volume or a volume group that was made: LVM gives it. */
  readonly uuid?: string;
}

/** `+` makes something new, `~` changes something that is there, `-` takes something away. */
export type Sign = '+' | '~' | '-';

export type Fields = Readonly<Record<string, zod.ZodType>>;
type Values<F extends Fields> = Document<zod.ZodObject<F>>;

export interface OperationEntry<F extends Fields = Fields, Of = Values<F>> {
  /** What is recorded of it beside its type, which is its name in the table. First, since all types come from it. */
  readonly fields: (words: Words) => F;
  /** For readers of the schema, as a sentence without its stop. */
  readonly does: string;
  /** Constant, as of every diagnostic: `cannot create a group`. */
  readonly failure: string;
  /** One line, as previews, progress and rollback show it. */
  readonly describe: (of: Of) => string;
  /** In a list of steps: what kind of thing, which one, how it will be. */
  readonly cells: (of: Of) => readonly [kind: string, name: string, how: string];
  readonly sign: (of: Of) => Sign;
  /**
   * What it makes that was not there. `account`: a number, which may own files anywhere when it is to go again. `place`:
   * others put things in it, so it stays for as long as there are any, as it is. `thing`: all of it is ours. null: nothing.
   */
  readonly creates: 'account' | 'place' | 'thing' | null;
  /**
   * `possible`: another operation takes it back, and every step of it says which. `needless`: a step may do without, since
   * nothing is lost. `impossible`: it is final; the plan names it, and it is asked for by a flag.
   */
  readonly undo: 'possible' | 'needless' | 'impossible';
  /**
   * As an undo: what it takes away does not go by itself. Where it is not there, and no run of ours took it away, something is damaged,
   * and what it stands on is left alone. Left out: gone is gone.
   */
  readonly goneIsDamage?: true;
  /** It may take minutes: it tells how far it is, and can be stopped and done again. Left out: it does not. */
  readonly isLong?: true;
  /** Has it taken effect? `seen` is what was just found at its path, if that was looked at already. */
  readonly effect: (of: Of, host: HostReader, seen?: Entry) => Effect;
  /** Once done: by what its undo knows it again. */
  readonly known?: (of: Of, host: HostReader, seen?: Entry) => Known;
  /** As an undo: the same, with what was learnt when `did` was done. Older records have learnt nothing. */
  readonly again?: (of: Of, known: Known, did: { readonly type: string; readonly mode?: string }) => Of;
}

/** Lets each entry's types come from its fields. */
export function operation<F extends Fields>(entry: OperationEntry<F>): OperationEntry<F> {
  return entry;
}
