// Owns what a history says about the future: growth, and when a size will be reached, as a range. Pure.
// What is computed, why, and how wrong it can be: docs/forecast.md.

export interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly usedBytes: number;
}

/** Change over the last day, week and month; null where the history does not reach back that far. */
export interface Growth {
  readonly dayBytes: number | null;
  readonly weekBytes: number | null;
  readonly monthBytes: number | null;
}

/** When a size is reached, in seconds from the last point. 0: it is. null: not at this rate, or not in ten years. */
export interface Eta {
  readonly earliestSeconds: number | null;
  readonly likelySeconds: number | null;
  readonly latestSeconds: number | null;
}

/** Sizes that matter, in bytes; null: there is none. */
export interface Marks {
  readonly planned: number | null;
  readonly warning: number | null;
  readonly critical: number | null;
  readonly full: number | null;
}

export type Forecast =
  | {
      readonly known: false;
      /** `not enough history: want 2 days, found 5 h` */
      readonly reason: string;
    }
  | {
      readonly known: true;
      /** Rates in bytes a day; negative: it shrinks. */
      readonly lowBytesPerDay: number;
      readonly likelyBytesPerDay: number;
      readonly highBytesPerDay: number;
      readonly planned: Eta | null;
      readonly warning: Eta | null;
      readonly critical: Eta | null;
      readonly full: Eta | null;
    };
