// Owns what has to be known to open a history file: of which host, for which base, and how long to wait.
import type { Patience } from './database.ts';
import type { Identity } from './tables.ts';

export interface Place extends Identity {
  /** The alternate root, or `/`. */
  readonly root: string;
  /** undefined: there is no such group. */
  readonly gidOf: (group: string) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of this process: shared by all that it opens. */
  readonly patience: Patience;
}
