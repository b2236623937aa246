// Owns a history as days of eight times of day, so that only like is compared with like. Pure.
// Why days, and why medians over them: docs/forecast.md.
import type { Point } from './forecast.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Divides a day evenly, and is a multiple or a divisor of what timers are usually set to (1, 3, 6, 12, 24 h). */
const SLOTS = 8;
const SLOT_MS = DAY_MS / SLOTS;

/** The sample nearest to each eighth of a day; null: none within an hour and a half of it. */
export type Day = readonly (Point | null)[];

/**
 * Day 0 ends with the last point, day 1 a day before, up to day `most`. The last point is the present: what claims to
 * be later was recorded while the clock was wrong. Otherwise the order of points does not matter.
 */
export function daysOf(points: readonly Point[], most: number): readonly Day[] {
  const last = points.at(-1);
  const days: (Point | null)[][] = Array.from({ length: most + 1 }, () => Array(SLOTS).fill(null));
  if (last === undefined) return days;
  for (const point of points) {
    const slots = (last.at - point.at) / SLOT_MS;
    const slot = Math.round(slots);
    const day = days[Math.floor(slot / SLOTS)];
    if (!(slots >= 0) || day === undefined || !Number.isFinite(point.usedBytes)) continue;
    const there = day[slot % SLOTS] ?? null;
    const distance = (at: number): number => Math.abs((last.at - at) / SLOT_MS - slot);
    if (there === null || distance(point.at) <= distance(there.at)) day[slot % SLOTS] = point;
  }
  return days;
}

/** Median change between two days, in bytes a day, over the times of day that both have; null: they share none. */
export function rateBetween(later: Day, earlier: Day): number | null {
  const rates = later.flatMap((end, slot) => {
    const start = earlier[slot] ?? null;
    if (end === null || start === null) return [];
    return [((end.usedBytes - start.usedBytes) / (end.at - start.at)) * DAY_MS];
  });
  return rates.length === 0 ? null : median(rates);
}

/** Rates between all pairs of days up to `furthest` apart, smallest first. */
export function ratesUpTo(days: readonly Day[], furthest: number): readonly number[] {
  return days
    .flatMap((later, at) =>
      days.slice(at + 1, at + 1 + furthest).map((earlier) => rateBetween(later, earlier)),
    )
    .filter((rate) => rate !== null)
    .sort((a, b) => a - b);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (quantile(sorted, 0.5, Math.floor) + quantile(sorted, 0.5, Math.ceil)) / 2;
}

/** Of values in ascending order; NaN: there are none. */
export function quantile(sorted: readonly number[], part: number, round: (rank: number) => number): number {
  return sorted[round(part * (sorted.length - 1))] ?? Number.NaN;
}
