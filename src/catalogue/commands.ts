// Owns the list of commands, in the order of the help, and what follows from an entry: names, types of flags, exit codes.
// The command line, help, typed commands, the journal, schemas, the manual page and completions all read it here.

import { CONFIGURE } from './configure.ts';
import { DATA } from './data.ts';
import type { CommandEntry, CommandGroup, Exits, OptionEntry } from './entry.ts';
import { COMMON_OPTIONS, EXITS, HOST_OPTIONS, SHOWN_OPTIONS, STOPPED_EXITS } from './every-command.ts';
import { KEEP_WATCH } from './keep-watch.ts';
import { MAINTAIN } from './maintain.ts';
import { SET_UP } from './set-up.ts';
import { SHELL } from './shell.ts';
import { STORAGE } from './storage.ts';
import { WATCH } from './watch.ts';

export const GROUPS = [
  { heading: 'Set up, prove and undo', commands: SET_UP },
  { heading: 'Disks and storage', commands: STORAGE },
  { heading: 'Wire the services to it', commands: CONFIGURE },
  { heading: 'See where the space is', commands: WATCH },
  { heading: 'Keep watch', commands: KEEP_WATCH },
  { heading: 'Maintenance and tuning', commands: MAINTAIN },
  { heading: 'Backups and moving data', commands: DATA },
  { heading: 'In a shell', commands: SHELL },
] as const satisfies readonly CommandGroup[];

const ENTRIES = {
  ...SET_UP,
  ...STORAGE,
  ...CONFIGURE,
  ...WATCH,
  ...KEEP_WATCH,
  ...MAINTAIN,
  ...DATA,
  ...SHELL,
};

export type CommandName = keyof typeof ENTRIES;
export const COMMANDS: { readonly [Name in CommandName]: CommandEntry } = ENTRIES;
export const COMMAND_NAMES = Object.keys(COMMANDS) as [CommandName, ...CommandName[]];

/** Those whose runs are recorded in the journal. */
export type RecordedCommand = {
  [Name in CommandName]: (typeof ENTRIES)[Name] extends { readonly isRecorded: true } ? Name : never;
}[CommandName];
export const RECORDED_COMMANDS = COMMAND_NAMES.filter((name) => COMMANDS[name].isRecorded) as [
  RecordedCommand,
  ...RecordedCommand[],
];

/** The flags that a command takes beside its own. */
export function commonOptions(name: CommandName): Readonly<Record<string, OptionEntry>> {
  return COMMANDS[name].isOfProgram
    ? COMMON_OPTIONS
    : { ...HOST_OPTIONS, ...SHOWN_OPTIONS, ...COMMON_OPTIONS };
}

/** What each status means, without those of a run that was stopped. */
export function exitsOf(name: CommandName): Required<Exits> {
  return { ...EXITS, ...COMMANDS[name].exits };
}

/** A signal ends it early, and its status says so. */
export function isStoppable(name: CommandName): boolean {
  const { isRecorded = false, takesLong = false } = COMMANDS[name];
  return isRecorded || takesLong;
}

/** Every status that a command can end with. */
export function exitCodesOf(name: CommandName): readonly [number, ...number[]] {
  return [0, 1, 2, 3, ...(isStoppable(name) ? Object.values(STOPPED_EXITS) : [])];
}

type Camel<Name extends string> = Name extends `${infer Word}-${infer More}`
  ? `${Word}${Capitalize<Camel<More>>}`
  : Name;

interface Read {
  readonly address: string;
  readonly count: number;
  readonly directory: string;
  readonly file: string;
  readonly name: string;
  readonly percent: number;
  readonly run: number;
  readonly seconds: number;
  readonly service: string;
  readonly size: number;
  readonly span: number;
}

type ValueOf<Option> = Option extends { readonly value: infer Value extends { readonly type: keyof Read } }
  ? Value extends { readonly repeatable: true }
    ? readonly Read[Value['type']][]
    : Read[Value['type']] | (Value extends { readonly optional: true } ? true : never)
  : true;

type IsAlways<Option> = Option extends
  | { readonly required: true }
  | { readonly value: { readonly default: unknown } }
  ? true
  : false;

/** Without a value it says no to what it names. */
type IsNegation<Name, Option> = Name extends `no-${string}`
  ? Option extends { readonly value: unknown }
    ? false
    : true
  : false;

/** As the command line gives them: `--new-disk` is `newDisk`, `--no-record` makes `record` false. */
type Given<Options> = {
  readonly [Name in keyof Options as IsNegation<Name, Options[Name]> extends true
    ? never
    : IsAlways<Options[Name]> extends true
      ? never
      : Camel<Name & string>]?: ValueOf<Options[Name]>;
} & {
  readonly [Name in keyof Options as IsAlways<Options[Name]> extends true
    ? Camel<Name & string>
    : never]: ValueOf<Options[Name]>;
} & {
  readonly [Name in keyof Options as Name extends `no-${infer Positive}`
    ? IsNegation<Name, Options[Name]> extends true
      ? Camel<Positive>
      : never
    : never]: boolean;
};

export type CommonFlags = Given<typeof HOST_OPTIONS & typeof SHOWN_OPTIONS & typeof COMMON_OPTIONS>;
export type FlagsOf<Name extends CommandName> = Given<(typeof ENTRIES)[Name]['options']> & CommonFlags;

export type ArgumentOf<Name extends CommandName> = (typeof ENTRIES)[Name] extends {
  readonly argument: infer Argument;
}
  ?
      | (Argument extends { readonly type: 'run' } ? number : string)
      | (Argument extends { readonly default: string } | { readonly required: true } ? never : undefined)
  : undefined;

/** The second word, where a command takes one. */
export type SecondOf<Name extends CommandName> = (typeof ENTRIES)[Name] extends { readonly second: unknown }
  ? string | undefined
  : undefined;
