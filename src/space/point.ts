// Owns one size at one time, as all that looks at growth takes it.

export interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly usedBytes: number;
}
