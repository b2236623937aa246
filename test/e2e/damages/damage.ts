// Owns what a damage is: how it is done, what must be said of it first, and whether a printed command mends it.

export interface Damage {
  readonly name: string;
  /** Typed by root inside, as `sh -c`. */
  readonly by: string;
  /** The check, or the code of the problem, that must be named first. */
  readonly first: string;
  /** What is said of it, in the words of `found`. */
  readonly says: string;
  /** The command that says it, without `--json`; `validate`, if left out. */
  readonly ask?: string;
  /** It leaves `validate` green: a warning tells of it. */
  readonly warns?: true;
  /** The hint says it; no command mends it by itself. */
  readonly hint?: string;
  /** How many things were done that have nothing to do with each other: each has its command. One, if left out. */
  readonly things?: number;
  /** What is not as it was after that, beside accounts' own backups. */
  readonly leaves?: readonly string[];
  /** Typed after the proof, so that the next damage finds nothing of it. */
  readonly after?: string;
}

export interface Family {
  readonly family: string;
  readonly damages: readonly Damage[];
}
