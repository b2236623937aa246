// Owns what can be said of a service's own logs, as data: which files they are, and what rotates them. Must not know any
// service.
import type { Change, FormatName, Found, Setting } from '../formats/format.ts';
import type { NumberedName } from '../values/numbered-name.ts';
import type { Told } from './question.ts';

/** How something rotates. */
export interface Rotates {
  /** For people, a short clause: `a new one at 100MB, 10 old ones kept`. */
  readonly says: string;
  /** What all that it rotates can take at most, in bytes; null: nothing limits it, and `unlimited` says why. */
  readonly mostBytes: number | null;
  readonly unlimited?: string;
  /** Each of so many has its own: containers. Left out: all together. */
  readonly isEach?: true;
}

/** It rotates its logs itself, by settings that stand in its configuration. */
export interface ByItself {
  readonly by: 'itself';
  /** Of `settings` in its configuration: those that make it rotate. The first one is named where it rotates by default. */
  readonly keys: readonly (readonly string[])[];
  /** null: it does not. */
  readonly rotates: (told: Told) => Rotates | null;
  /** Why what it logs comes to no file of its own; null: it does. Left out: it always does. */
  readonly noFile?: (told: Told) => string | null;
  /** A log may go on with what it was begun with: the file that says so, and what that says. null: it has none. */
  readonly ofOne: {
    readonly file: (log: string) => string;
    readonly rotates: (text: string) => Rotates | null;
    /** What has it rotated. */
    readonly hint: string;
  } | null;
  readonly counts: Counts;
}

/** It rotates none: logrotate renames. */
export interface ByLogrotate {
  readonly by: 'logrotate';
  /** Setting with the file that it writes. */
  readonly logKey: readonly string[];
  /** How its log is called in its directory of logs. */
  readonly name: string;
  /** Of `settings` in its configuration: without them it does not go on with a new file. */
  readonly keys: readonly (readonly string[])[];
  /** It can go on with a new file, as it is told now. */
  readonly isReady: (told: Told) => boolean;
  /** Why no signal is sent, or which one is: a line of comment. */
  readonly comment: string;
  /** Sent to its unit after a log was renamed. */
  readonly signal: 'USR1' | null;
  readonly counts: Counts;
}

/** It rotates by a file of its own for logs, which a library reads. */
export interface ByLibrary {
  readonly by: 'library';
  /** Such files beside its own one, the one that is read where nothing else is said first. */
  readonly beside: readonly LibraryFile[];
  /** The file that its command line or its environment names; null: none. */
  readonly named: (words: readonly string[]) => string | null;
  readonly variable: string;
  /** What else writes logs, by the command line. */
  readonly alsoBy: (words: readonly string[]) => readonly Appender[];
}

export interface LibraryFile {
  readonly name: string;
  /** How the names of others of its kind end. */
  readonly ending: string;
  readonly format: FormatName;
  /** What it writes to files, each with how that rotates. */
  readonly rotates: (found: readonly Found[]) => readonly Appender[];
  /** What lays ours over it; null: nothing that we know. */
  readonly ours:
    | null
    | { readonly as: 'edit'; readonly changes: (found: readonly Found[]) => readonly Change[] }
    | {
        readonly as: 'file';
        readonly name: string;
        readonly format: FormatName;
        readonly settings: (found: readonly Found[]) => readonly Setting[];
        /** Of the variable: both are read, ours last. */
        readonly value: (own: string, ours: string) => string;
      };
}

export interface Appender {
  readonly name: string;
  /** As it stands there, variables and all. */
  readonly file: string;
  readonly line: number;
  readonly rotates: Rotates | null;
}

/** When changed settings count. */
export type Counts = 'at once' | 'from the next start on';

export interface LogsFacet {
  /** Names that look like those of logs and are its data, wherever they are. */
  readonly dataNames?: readonly NumberedName[];
  /** Where it keeps logs although that is below a directory of data: paths below its own directory. */
  readonly amongData?: readonly string[];
  /** Of paths below `amongData`; left out: every file there is one. */
  readonly isLog?: (path: string) => boolean;
  /** It has the file open only while it writes a line: nobody is seen to have it open. */
  readonly opensForEachLine?: true;
  /** Left out: nothing is known of it. */
  readonly rotation?: ByItself | ByLogrotate | ByLibrary;
}

/** What we have things rotated at, where nobody said otherwise. */
export const ROTATED = { size: '100M', bytes: 100 * 2 ** 20, count: 10 } as const;
