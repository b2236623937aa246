// Owns how long nothing may be measured before that is said: two of the intervals at which it usually is. Pure.
import { median } from './median.ts';
import { HOUR_MS } from './thinning.ts';

/** The interval of `jts-hot schedule`. Measuring more often is fine. */
const INTERVAL_MS = 6 * HOUR_MS;
/** A timer may start late, and a measurement take its time. */
const LATE_MS = HOUR_MS;
/** From so many samples on it is known how far apart they usually are. */
const ENOUGH = 5;
/** After the host was off, its timers are given this long. */
const LOOKED_MS = HOUR_MS;

/**
 * Since when nothing was measured, where that is longer than two intervals; null: it is not. `times`: of the last samples,
 * the newest first. `lookingSince`: since when looks have gone on without a hole, for a look that asks; null: a sample asks,
 * which tells of a hole only where it is known how long one usually is.
 */
export function awaySince(
  times: readonly number[],
  { now, lookingSince }: { readonly now: number; readonly lookingSince: number | null },
): number | null {
  const isLook = lookingSince !== null;
  if (isLook && now - lookingSince < LOOKED_MS) return null;
  if (!isLook && times.length < ENOUGH) return null;
  const last = times[0] ?? lookingSince;
  if (last === null) return null;
  return now - last >= 2 * intervalOf(times) + LATE_MS ? last : null;
}

function intervalOf(times: readonly number[]): number {
  if (times.length < ENOUGH) return INTERVAL_MS;
  const gaps = times.slice(1).map((earlier, i) => (times[i] ?? earlier) - earlier);
  return Math.max(INTERVAL_MS, median(gaps));
}
