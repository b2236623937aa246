// Owns how fast a size grows by its history: the likely rate, and between which others the days to come may lie. Pure.
// Why each step is there, and how wrong it can be: docs/forecast.md.
import { type Day, ratesOver, ratesUpTo, samplesOf } from './days.ts';
import { lowerMedian, median, quantile } from './median.ts';

export interface Trend {
  /** Those that can be compared. */
  readonly of: readonly Day[];
  readonly bytesPerDay: number;
  /** For how many days: all that are looked at, unless it is a new rate. */
  readonly days: number;
  /** Over other times: the last days, the last week, all. A change of rate shows here before it is certain. */
  readonly otherBytesPerDay: readonly number[];
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
  if (ratesUpTo(days, whole).length < 2) return null;
  const since = newRateSince(days) ?? whole;
  const others = [NEW_RATE_DAYS, WEEK_DAYS, whole].map((count) => typicalRate(days, Math.min(count, whole)));
  const likely = typicalRate(days, since);
  return {
    of: days,
    bytesPerDay: Number.isNaN(likely) ? median(ratesUpTo(days, whole)) : likely,
    days: since,
    otherBytesPerDay: others.filter((rate) => !Number.isNaN(rate)),
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

/** Over pairs of days at most half of the time apart: one jump is in fewer than half of them. NaN: there are none. */
function typicalRate(days: readonly Day[], count: number): number {
  return median(ratesUpTo(days.slice(0, count + 1), Math.ceil(count / 2)));
}

/**
 * For how many days the rate has been another one: three at least, each of them above (or each below) nine tenths of all
 * earlier days. Where nothing changed this happens by chance in one of 35 weeks. null: it is the old one.
 */
function newRateSince(days: readonly Day[]): number | null {
  const changes = ratesOver(days, 1);
  for (let count = Math.floor(changes.length / 2); count >= NEW_RATE_DAYS; count -= 1) {
    const recent = changes.slice(0, count);
    const earlier = changes.slice(count).sort((a, b) => a - b);
    if (earlier.length <= NEW_RATE_DAYS) continue;
    if (Math.min(...recent) > quantile(earlier, 0.9, Math.ceil)) return count;
    if (Math.max(...recent) < quantile(earlier, 0.1, Math.floor)) return count;
  }
  return null;
}

/**
 * For so many days to come. The spread is that of a random walk with drift: nine tenths of the past spans, scaled to the
 * time ahead, and wider the fewer of them there are.
 */
export function ratesAhead(trend: Trend, aheadDays: number): Rates {
  const likely = trend.bytesPerDay;
  const span = Math.max(1, Math.min(Math.floor(aheadDays), Math.ceil(trend.days / 4)));
  const past = ratesOver(trend.of.slice(0, trend.days + 1), span).toSorted((a, b) => a - b);
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
