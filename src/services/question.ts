// Owns how a running service is asked by its own client where it keeps its data, as data. Must not know any service.
import type { Value } from '../formats/format.ts';

/** What its configuration says of a key; null: nothing. */
export type Told = (...key: readonly string[]) => Value | null;

export interface QuestionFacet {
  /** Its client: paths, the likeliest first, by where its own file is; null: it has none. */
  readonly programs: (file: string | null) => readonly string[];
  readonly words: (told: Told) => readonly string[];
  /** Of its environment, where other processes cannot read it: a password. */
  readonly environment: (told: Told) => Readonly<Record<string, string>>;
  /** The directories that its standard output names; null: it names none. */
  readonly answer: (output: string) => readonly string[] | null;
}

export const NO_ENVIRONMENT = () => ({});

/** Each line a path. */
export function pathLines(output: string): readonly string[] | null {
  const paths = output.split('\n').filter((line) => line.startsWith('/'));
  return paths.length === 0 ? null : paths;
}
