// Owns which samples a history lets go of as they grow old, and which it picks where fewer are asked for. Pure.
// Must not know how samples are kept.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Of samples older than `afterMs` one in each `bucketMs` stays: its first, so that the time of day stays the same. */
export interface Tier {
  readonly afterMs: number;
  readonly bucketMs: number;
}

/** Finer first. */
export const TIERS: readonly [Tier, Tier] = [
  { afterMs: 30 * DAY_MS, bucketMs: HOUR_MS },
  { afterMs: 365 * DAY_MS, bucketMs: DAY_MS },
];

/** So many of the last samples must agree that time has passed before anything is let go of: a clock can be wrong. */
export const AGREEING_SAMPLES = 24;

/** So many samples, by their age, are looked through by one append at most. */
export const LOOKED_THROUGH = 1000;

/**
 * Figures (one subject of one sample is one) that one host's one base keeps, about 20 MB. Above it, samples that are
 * younger than a tier says are thinned too, the oldest first; and if that is not enough, the oldest go.
 */
export const MOST_FIGURES = 500_000;

export interface Kept {
  readonly id: number;
  readonly at: number;
}

/** Those of `samples` (in order of time, whole buckets) that are not the first in their bucket. */
export function surplus(samples: readonly Kept[], bucketMs: number): readonly Kept[] {
  return samples.filter(({ at }, i) => {
    const before = samples[i - 1];
    return before !== undefined && bucketStart(before.at, bucketMs) === bucketStart(at, bucketMs);
  });
}

/** Begins at midnight and on the hour, UTC. */
export function bucketStart(at: number, bucketMs: number): number {
  return Math.floor(at / bucketMs) * bucketMs;
}

const MINUTE_MS = 60_000;
/** Parts of a day: samples that far apart come back to the same time of day. */
const DISTANCES: readonly number[] = [
  ...[1, 2, 3, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR_MS),
];

/** The shortest distance that divides a day, or is made of days, and is had by at most `most` samples in `spanMs`. */
export function evenDistance(spanMs: number, most: number): number {
  const least = spanMs / Math.max(1, most);
  return DISTANCES.find((distance) => distance >= least) ?? Math.max(1, Math.ceil(least / DAY_MS)) * DAY_MS;
}
