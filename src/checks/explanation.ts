// Owns what an explanation of a failed check is, and what it is found from.
import type { DirectoryWant } from '../resources/directory.ts';
import type { Draft } from './follow.ts';
import type { Ground } from './ground.ts';
import type { Names } from './numbers.ts';

/** What it says in the place of what the kind says. */
export type Explanation = Partial<Pick<Draft, 'found' | 'fix' | 'hint' | 'causes'>>;

export interface Found {
  readonly ground: Ground;
  /** Of the numbers that own the layout's directories. */
  readonly names: Names;
  readonly wants: readonly DirectoryWant[];
}
