// Owns what can be said of what a service reads when it starts, as data: which files, in which order, what its command line
// says over them. Must not know any service.
import type { Value } from '../formats/format.ts';

/** What the value of a statement that includes means. `files`: a path, or a pattern. `directory`: all of its `*.conf`. */
export type Include = 'file' | 'file if there' | 'files' | 'directory';

/** What a command line says. */
export interface CommandLine {
  /** Its own file; null: it names none. */
  readonly file: string | null;
  /** These overrule what files say. `flag`: as it stands there. */
  readonly settings: readonly {
    readonly key: readonly string[];
    readonly value: Value;
    readonly flag: string;
  }[];
}

export interface ReadingFacet {
  /** Names of statements that include, each read where it stands. */
  readonly includes: Readonly<Record<string, Include>>;
  /** What a relative path of an include begins at: the directory of the file that it stands in, or `/`. */
  readonly includesFrom: 'file' | 'root';
  /** Directories beside its own file whose files are laid over it, in the order of their paths, and how their names end. */
  readonly over: { readonly directories: readonly string[]; readonly ends: readonly string[] } | null;
  /** A file in its data directory, which is read last. */
  readonly last: string | null;
  /** What each setting is called where it has two names. */
  readonly sameKey: (key: readonly string[]) => readonly string[];
  /** Where its data is when no file says so; null: not known. */
  readonly unsaid: (file: string) => string | null;
  /** Where packages keep its data. `*` is one name. */
  readonly usualPlaces: readonly string[];
  /** Without the program's own name. Of a unit, or of a process. */
  readonly commandLine: (words: readonly string[]) => CommandLine;
  /** Names of directories that may be in its data directory: with another one it does not start. null: it takes any. */
  readonly ownDirectories: RegExp | null;
}

export const PLAIN: Pick<
  ReadingFacet,
  'includes' | 'includesFrom' | 'over' | 'last' | 'sameKey' | 'ownDirectories'
> = {
  includes: {},
  includesFrom: 'file',
  over: null,
  last: null,
  sameKey: (key) => key,
  ownDirectories: null,
};

/** Of `--name=value` and `--name value`, with one sign or two. */
export function valueOfFlag(
  words: readonly string[],
  names: readonly string[],
): { readonly value: string; readonly flag: string } | null {
  for (const [i, word] of words.entries()) {
    const [name = '', ...rest] = word.split('=');
    if (!names.includes(name)) continue;
    if (rest.length > 0) return { value: rest.join('='), flag: word };
    const next = words[i + 1];
    if (next !== undefined) return { value: next, flag: `${word} ${next}` };
  }
  return null;
}
