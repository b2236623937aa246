// Owns what a history says about the future: growth, and when a size will be reached, as a range. Pure.
// What is computed, why, and how wrong it can be: docs/forecast.md.

import { formatDuration } from '../values/duration.ts';
import { DAY_MS, type Day, daysOf, samplesOf } from './days.ts';
import { lowerMedian } from './median.ts';
import type { Eta, Forecast, Growth } from './outlook-document.ts';
import type { Point } from './point.ts';
import { type Rates, ratesAhead, samplesADay, type Trend, trendOf } from './trend.ts';

/** Sizes that matter, in bytes; null: there is none. */
export interface Marks {
  readonly planned: number | null;
  readonly warning: number | null;
  readonly critical: number | null;
  readonly full: number | null;
}

/** Older samples say little about the next weeks. */
const WINDOW_DAYS = 28;
const WANT_DAYS = 2;
const HOUR_MS = 3_600_000;
/** The window for learning a day's usual ups and downs, and for rates where no mark says otherwise. */
const WEEK_DAYS = 7;
const TEN_YEARS_SECONDS = 10 * 365 * 86_400;

/** A sample stands for a moment in the past that is so much further back, or less, than this part: 3 h of a day. */
const NEAR_ENOUGH = 1 / 8;

/** The last point is the present. */
export function growth(points: readonly Point[]): Growth {
  return {
    dayBytes: changeOver(points, DAY_MS),
    weekBytes: changeOver(points, 7 * DAY_MS),
    monthBytes: changeOver(points, 30 * DAY_MS),
  };
}

function changeOver(points: readonly Point[], spanMs: number): number | null {
  const last = points.at(-1);
  if (last === undefined) return null;
  const off = ({ at }: Point): number => Math.abs(last.at - spanMs - at);
  const then = points.reduce((best, point) => (off(point) < off(best) ? point : best), last);
  return off(then) <= spanMs * NEAR_ENOUGH ? last.usedBytes - then.usedBytes : null;
}

/** The last point is the present; the others lie before it, at any spacing. */
export function forecast(points: readonly Point[], marks: Marks): Forecast {
  const days = daysOf(points, WINDOW_DAYS);
  const span = spanOf(points);
  const trend = span < WANT_DAYS * DAY_MS ? null : trendOf(days);
  if (trend === null) return { known: false, reason: reasonOf(span) };
  const now = usedNow(days, trend);
  const rates = ratesAhead(trend, WEEK_DAYS);
  const eta = (mark: number | null): Eta | null => {
    if (mark === null) return null;
    const aheadDays = trend.bytesPerDay > 0 ? (mark - now.likely) / trend.bytesPerDay : WINDOW_DAYS;
    return etaOf(mark, now, ratesAhead(trend, aheadDays));
  };
  return {
    known: true,
    lowBytesPerDay: Math.round(rates.low),
    likelyBytesPerDay: Math.round(rates.likely),
    highBytesPerDay: Math.round(rates.high),
    planned: eta(marks.planned),
    warning: eta(marks.warning),
    critical: eta(marks.critical),
    full: eta(marks.full),
  };
}

/** Milliseconds that the samples of the window span. */
function spanOf(points: readonly Point[]): number {
  const last = points.at(-1)?.at ?? 0;
  return points.reduce((longest, { at }) => {
    const back = last - at;
    return back <= WINDOW_DAYS * DAY_MS ? Math.max(longest, back) : longest;
  }, 0);
}

function reasonOf(span: number): string {
  if (span >= WANT_DAYS * DAY_MS)
    return `not enough history: want ${WANT_DAYS + 1} days with samples at the same time of day`;
  const hours = Math.floor(span / HOUR_MS);
  const found = formatDuration(hours === 0 ? Math.floor(span / 1000) : hours * 3600);
  return `not enough history: want ${WANT_DAYS} days, found ${found}`;
}

interface Used {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/**
 * Bytes in use now, apart from what comes and goes within a day: each sample is carried to the present at the likely
 * rate, and of a day's the lower median counts. Space that was freed counts at once, space that was taken only once half
 * a day's samples show it; until then it is a possibility, unless the last week rose as high above its days.
 */
function usedNow(days: readonly Day[], trend: Trend): Used {
  const samples = days.flatMap(samplesOf);
  const nowAt = samples[0]?.at ?? 0;
  const carried = ({ at, usedBytes }: Point): number =>
    usedBytes + (trend.bytesPerDay * (nowAt - at)) / DAY_MS;
  const today = samples.slice(0, samplesADay(days)).map(carried);
  const before = days.slice(1, WEEK_DAYS + 1).map((day) => samplesOf(day).map(carried));
  const level = lowerMedian(today);
  const levels = [level, ...before.map(lowerMedian)];
  const middle = lowerMedian(levels);
  const scatter = lowerMedian(levels.map((other) => Math.abs(other - middle)));

  const usual = before.flatMap((day) => day.map((used) => used - lowerMedian(day)));
  const newest = (today[0] ?? level) - level;
  const taken = Math.max(0, newest - Math.max(0, ...usual));
  const freed = Math.max(0, Math.min(0, ...usual) - newest);
  const likely = level - freed;
  return { low: likely - scatter, likely, high: likely + scatter + taken };
}

function etaOf(mark: number, now: Used, rates: Rates): Eta {
  if (now.likely >= mark) return { earliestSeconds: 0, likelySeconds: 0, latestSeconds: 0 };
  return {
    earliestSeconds: secondsTo(mark - now.high, rates.high),
    likelySeconds: secondsTo(mark - now.likely, rates.likely),
    latestSeconds: secondsTo(mark - now.low, rates.low),
  };
}

function secondsTo(missingBytes: number, bytesPerDay: number): number | null {
  if (missingBytes <= 0) return 0;
  if (bytesPerDay <= 0) return null;
  const seconds = Math.round((missingBytes / bytesPerDay) * 86_400);
  return seconds <= TEN_YEARS_SECONDS ? seconds : null;
}
