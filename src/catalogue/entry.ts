// Owns what can be said of a command, as data: its line of help, its words and flags, what it ends with, what it does to a
// host. Imports nothing: every start loads it.

/** What a value is: how it is read, and what completes it. */
export type ValueType =
  | 'address'
  | 'count'
  | 'directory'
  | 'file'
  | 'name'
  | 'percent'
  | 'run'
  | 'seconds'
  | 'service'
  | 'size'
  | 'span';

export interface OptionEntry {
  /** One letter. */
  readonly short?: string;
  /** Left out: the flag has no value. */
  readonly value?: {
    readonly type: ValueType;
    /** As help calls it; left out: as its type is called. */
    readonly name?: string;
    readonly optional?: true;
    readonly repeatable?: true;
    readonly default?: string | number;
    /** Words that are taken as well. */
    readonly words?: readonly string[];
  };
  /** One line of help. */
  readonly says: string;
  /** What the manual page says, where that is more. Commands, flags and paths stand in backticks, values in capitals. */
  readonly more?: string;
  /** Other flags of the command that cannot stand beside it. */
  readonly conflicts?: readonly string[];
  readonly required?: true;
}

export interface ArgumentEntry {
  readonly name: string;
  readonly says: string;
  readonly required?: true;
  /** What it is: a service, a run, a block device, or one of a few words. */
  readonly type: 'device' | 'run' | 'service' | 'word';
  readonly words?: readonly string[];
  /** Those of `words` that are part of the command where it is typed: flags that say layout and host come after them. */
  readonly verbs?: readonly string[];
  readonly default?: string;
}

/**
 * What a command does where the disk is not the right one. `acts`: it is refused, on a read-only disk too; `looks`: it is
 * refused; `tells`: its answer says so, and it compares itself; else why nothing needs to be compared.
 */
export type DiskRule = 'acts' | 'looks' | 'tells' | { readonly why: string };

export interface Example {
  readonly type: string;
  readonly to: string;
}

/** What an exit status means where it is not what it means of most commands; `monitor` has its own 2 and 3 too. */
export interface Exits {
  readonly 0?: string;
  readonly 1?: string;
  readonly 2?: string;
  readonly 3?: string;
}

export interface CommandEntry {
  /** Its line in the list of commands; its help begins with it. */
  readonly says: string;
  /** What the manual page says of it: a sentence each, written as `more` is. */
  readonly about: readonly string[];
  readonly argument?: ArgumentEntry;
  /** A second word behind it. */
  readonly second?: ArgumentEntry;
  /** By their long names. */
  readonly options: Readonly<Record<string, OptionEntry>>;
  readonly exits?: Exits;
  /** Its runs are recorded in the journal and can be undone; a signal ends one between two steps. */
  readonly isRecorded?: true;
  /** It works for minutes (command/long-work.ts): a signal ends it early, and its status says so. */
  readonly takesLong?: true;
  /** It measures: threads that do so are got ready while the rest of the program is loaded. */
  readonly measures?: true;
  /** It is about the program itself: it takes no layout, no base and no root. */
  readonly isOfProgram?: true;
  readonly onAnotherDisk: DiskRule;
  /** Where the layout describes storage it sees to the mounts first, and compares the disk itself after that. */
  readonly mountsFirst?: true;
  /** It has the volume of the service that it is called with mounted, where that was never mounted before. */
  readonly mountsVolume?: true;
  readonly examples: readonly [Example, Example];
}

/** Commands that help, the manual page and docs/exit-codes.md show together. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: Readonly<Record<string, CommandEntry>>;
}
