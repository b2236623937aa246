// Owns a history as days of eight times of day, so that only like is compared with like. Pure.

import { median } from './median.ts';
import type { Point } from './point.ts';

export const DAY_MS = 86_400_000;

/** A multiple or a part of the usual intervals of timers: 1, 3, 6, 12 or 24 hours. */
const SLOTS = 8;
const SLOT_MS = DAY_MS / SLOTS;

/** The sample nearest to each eighth of a day, the latest time first; null: none within an hour and a half of it. */
export type Day = readonly (Point | null)[];

/**
 * Day 0 ends with the last point, and so on back to day `most`; days without a sample are left out. The last point is the
 * present: a point with a later time was recorded while the clock was wrong. Otherwise the order does not matter.
 */
export function daysOf(points: readonly Point[], most: number): readonly Day[] {
  const last = points.at(-1);
  if (last === undefined) return [];
  const days: (Point | null)[][] = Array.from({ length: most + 1 }, () => Array(SLOTS).fill(null));
  for (const point of points) {
    const back = (last.at - point.at) / SLOT_MS;
    const slot = Math.round(back);
    const day = days[Math.floor(slot / SLOTS)];
    if (!(back >= 0) || day === undefined || !Number.isFinite(point.usedBytes)) continue;
    const there = day[slot % SLOTS] ?? null;
    const isNearer =
      there === null || Math.abs(back - slot) <= Math.abs((last.at - there.at) / SLOT_MS - slot);
    if (isNearer) day[slot % SLOTS] = point;
  }
  return days.filter((day) => samplesOf(day).length > 0);
}

export function samplesOf(day: Day): readonly Point[] {
  return day.filter((point) => point !== null);
}

/** Median change between two days, in bytes a day, over the times of day that both have; null: they share none. */
export function rateBetween(later: Day, earlier: Day): number | null {
  const rates: number[] = [];
  for (const [slot, end] of later.entries()) {
    const start = earlier[slot] ?? null;
    if (end === null || start === null) continue;
    rates.push(((end.usedBytes - start.usedBytes) / (end.at - start.at)) * DAY_MS);
  }
  return rates.length === 0 ? null : median(rates);
}

/** Rates between days exactly so far apart. */
export function ratesOver(days: readonly Day[], apart: number): readonly number[] {
  return days
    .slice(apart)
    .map((earlier, at) => rateBetween(days[at] ?? [], earlier))
    .filter((rate) => rate !== null);
}

/** Rates between all pairs of days up to so far apart. */
export function ratesUpTo(days: readonly Day[], furthest: number): readonly number[] {
  return Array.from({ length: furthest }, (_, at) => ratesOver(days, at + 1)).flat();
}
