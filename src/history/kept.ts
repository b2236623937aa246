// Owns what commands keep in the history beside samples and alerts: of which kinds it is, and how much of each is kept.

/**
 * backup: an attempt to take one; verify: a restore that proved one; clean: what a run of `clean` freed: by service. baseline: what
 * `bench` measured; health: what a disk said of itself: by disk. What is in the JSON of a kind is known where it is written, and
 * checked where it is read.
 */
export type KeptKind = 'backup' | 'baseline' | 'clean' | 'health' | 'verify';

/** Of one kind and subject: the first one, and the newest so many. What lies between goes when another is kept. */
export const MOST_KEPT = 1000;

export interface Kept {
  readonly kind: KeptKind;
  /** A service, or a disk by its serial number. */
  readonly subject: string;
  /** Milliseconds since the epoch, by the clock on the wall. */
  readonly at: number;
  readonly json: string;
}
