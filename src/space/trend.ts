// Owns how fast a size grows by its history: the likely rate, and the range that the coming days may lie in. Pure.
// Why each step is there, and how wrong it can be: docs/forecast.md.
import { type Day, rateBetween, ratesOver, ratesUpTo, samplesOf } from './days.ts';
import { ascending, lowerMedian, median, quantile } from './median.ts';

export interface Trend {
  readonly bytesPerDay: number;
  /** The number of days: all that are looked at, unless the rate is new. */
  readonly days: number;
  /** Over other times: the last days, the last week, all. A change of rate shows here before it is certain. */
  readonly otherBytesPerDay: readonly number[];
  /** What it was taken from. */
  readonly from: readonly Day[];
}

/** In bytes a day. */
export interface Rates {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** A new rate that held for fewer days could as well be one bulk load. */
const NEW_RATE_DAYS = 3;
const WEEK_DAYS = 7;
const ENOUGH_DAYS = 3;

/** The range reaches at least so far from the likely rate, however straight the line was: this, and half a day's part. */
const LEAST_DOUBT = 0.05;

/** null: fewer than two pairs of days share a time of day. */
export function trendOf(all: readonly Day[]): Trend | null {
  const days = wellSampled(all);
  const whole = days.length - 1;
  const near = nearRates(days, whole);
  const rates = near.length < 2 ? ratesUpTo(days, whole) : near;
  if (rates.length < 2) return null;
  const overall = median(rates);
  const since = newRateSince(days);
  const recent = [NEW_RATE_DAYS, WEEK_DAYS].map((count) => median(nearRates(days, count)));
  return {
    bytesPerDay: since === null ? overall : median(nearRates(days, since)),
    days: since ?? whole,
    otherBytesPerDay: [overall, ...recent.filter((rate) => !Number.isNaN(rate))],
    from: days,
  };
}

/** How many samples most days have. */
export function samplesADay(days: readonly Day[]): number {
  return lowerMedian(days.map((day) => samplesOf(day).length));
}

/** A day with one sample is compared by that alone, and that one may be at a peak: left out where others are enough. */
function wellSampled(days: readonly Day[]): readonly Day[] {
  const least = samplesADay(days) / 2;
  const well = days.filter((day) => samplesOf(day).length >= least);
  return well.length >= ENOUGH_DAYS ? well : days;
}

/** Of the last `count` days, between those at most half as far apart: one jump is in fewer than half of them. */
function nearRates(days: readonly Day[], count: number): readonly number[] {
  const last = days.slice(0, count + 1);
  return ratesUpTo(last, Math.ceil((last.length - 1) / 2));
}

/**
 * For how many days the rate has been different: three at least, each of them above (or each below) nine tenths of all
 * earlier days. By chance that is so in one of 35 orders of a week's days, and less often of more. null: it has not.
 */
function newRateSince(days: readonly Day[]): number | null {
  const changes = days.slice(1).map((earlier, at) => rateBetween(days[at] ?? [], earlier));
  for (let count = Math.floor(changes.length / 2); count >= NEW_RATE_DAYS; count -= 1) {
    const recent = changes.slice(0, count).filter((rate) => rate !== null);
    const earlier = ascending(changes.slice(count).filter((rate) => rate !== null));
    if (recent.length < NEW_RATE_DAYS || earlier.length <= NEW_RATE_DAYS) continue;
    if (isClearlyAbove(Math.min(...recent), quantile(earlier, 0.9, Math.ceil))) return count;
    if (isClearlyAbove(quantile(earlier, 0.1, Math.floor), Math.max(...recent))) return count;
  }
  return null;
}

function isClearlyAbove(rate: number, other: number): boolean {
  return rate - other > LEAST_DOUBT * Math.max(Math.abs(rate), Math.abs(other));
}

/**
 * For this number of days ahead. The spread is that of a random walk with drift: nine tenths of the past spans, scaled to the
 * time ahead, and wider the fewer of them there are.
 */
export function ratesAhead(trend: Trend, aheadDays: number): Rates {
  const likely = trend.bytesPerDay;
  const span = Math.max(1, Math.min(Math.floor(aheadDays), Math.ceil(trend.days / 4)));
  const past = ascending(ratesOver(trend.from.slice(0, trend.days + 1), span));
  const fewPast = 1 + 2 / Math.max(1, trend.days - 1);
  const scale = Math.sqrt(span / Math.max(span, aheadDays) + span / trend.days) * fewPast;
  const doubt = (LEAST_DOUBT + 1 / (2 * trend.days)) * Math.abs(likely);
  const possible = [
    ...trend.otherBytesPerDay,
    ...[quantile(past, 0.05, Math.floor), quantile(past, 0.95, Math.ceil)]
      .filter((rate) => !Number.isNaN(rate))
      .map((rate) => likely + scale * (rate - likely)),
    likely - doubt,
    likely + doubt,
  ];
  return { low: Math.min(...possible), likely, high: Math.max(...possible) };
}
