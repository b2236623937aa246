// Owns what a history says about the future: growth, and when a size will be reached, as a range. Pure.
// What is computed, why, and how wrong it can be: docs/forecast.md.
import { formatDuration } from '../duration.ts';
import { DAY_MS, type Day, daysOf, median, quantile, rateBetween, ratesUpTo } from './days.ts';

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

/** Growth further back than this says little about the next weeks. */
const WINDOW_DAYS = 28;
const WANT_DAYS = 2;
/** A change of rate shows in the range long before it is proved. */
const RECENT_DAYS = [3, 7];
/** Fewer could be one bulk load. */
const NEW_RATE_DAYS = 3;
/** Over which a day's usual ups and downs are learned. */
const LEVEL_DAYS = 7;
/** The range is at least this part of the likely rate to each side, however straight the line was so far. */
const SHORTEST_DOUBT = 0.05;
const HOUR_MS = 3_600_000;
const TEN_YEARS_SECONDS = 10 * 365 * 86_400;

/** A past sample stands for a moment when it is nearer to it than this part of the way back: 3 h of a day. */
const NEAR_ENOUGH = 1 / 8;

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

/** The last point is the present. Others may lie anywhere before it, at any spacing. */
export function forecast(points: readonly Point[], marks: Marks): Forecast {
  const days = daysOf(points, WINDOW_DAYS);
  const reason = tooLittle(days);
  if (reason !== null) return { known: false, reason };
  const rates = ratesOf(days);
  const level = levelOf(days, rates);
  const eta = (mark: number | null): Eta | null => (mark === null ? null : etaOf(mark, level, rates));
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

/** Why nothing can be foretold; null: it can. */
function tooLittle(days: readonly Day[]): string | null {
  const times = days.flat().flatMap((point) => (point === null ? [] : [point.at]));
  const found = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  if (found < WANT_DAYS * DAY_MS)
    return `not enough history: want ${WANT_DAYS} days, found ${formatDuration(Math.floor(found / HOUR_MS) * 3600)}`;
  if (ratesUpTo(days, days.length).length < 2)
    return `not enough history: want samples of ${WANT_DAYS + 1} days at about the same time of day`;
  return null;
}

interface Rates {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
  /** Days for which this rate has held; all that are looked at, unless it is a new one. */
  readonly days: number;
}

function ratesOf(all: readonly Day[]): Rates {
  const days = all.filter((day) => day.some((point) => point !== null));
  const whole = days.length - 1;
  const since = newRateSince(days) ?? whole;
  const likely = typical(days, since);
  const seen = [
    ...interval(days, whole),
    ...interval(days, since),
    ...RECENT_DAYS.map((count) => typical(days, Math.min(count, whole))),
  ].filter(Number.isFinite);
  const doubt = (SHORTEST_DOUBT + 1 / (2 * since)) * Math.abs(likely);
  return {
    low: Math.min(...seen, likely) - doubt,
    likely,
    high: Math.max(...seen, likely) + doubt,
    days: since,
  };
}

/** Median rate of the last `count` days, over pairs of days at most half as far apart: one jump is in few of them. */
function typical(days: readonly Day[], count: number): number {
  return median(ratesUpTo(days.slice(0, count + 1), Math.ceil(count / 2)));
}

/** Nine of ten: Sen's interval by ranks, with one value a day however many samples it has. */
function interval(days: readonly Day[], count: number): readonly number[] {
  const rates = ratesUpTo(days.slice(0, count + 1), Math.ceil(count / 2));
  const values = count + 1;
  const pairs = (values * (values - 1)) / 2;
  const spread = 1.645 * Math.sqrt((values * (values - 1) * (2 * values + 5)) / 18);
  const outside = Math.max(0, (1 - spread / pairs) / 2);
  return [quantile(rates, outside, Math.floor), quantile(rates, 1 - outside, Math.ceil)];
}

/**
 * For how many days there has been another rate than before: three at least, each of them above (or each below) nine
 * tenths of all earlier ones. That happens by chance in one of thirty-five weeks. null: nothing new.
 */
function newRateSince(days: readonly Day[]): number | null {
  const changes = days.slice(1).map((day, at) => rateBetween(days[at] ?? [], day));
  for (let count = Math.floor(changes.length / 2); count >= NEW_RATE_DAYS; count--) {
    const present = (rate: number | null): rate is number => rate !== null;
    const recent = changes.slice(0, count).filter(present);
    const earlier = changes
      .slice(count)
      .filter(present)
      .sort((a, b) => a - b);
    if (recent.length < NEW_RATE_DAYS || earlier.length <= NEW_RATE_DAYS) continue;
    const above = Math.min(...recent) > quantile(earlier, 0.9, Math.ceil);
    const below = Math.max(...recent) < quantile(earlier, 0.1, Math.floor);
    if (above || below) return count;
  }
  return null;
}

interface Level {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/**
 * How much is used now, apart from what comes and goes within a day. Each sample is carried to the present at the
 * likely rate; of each day's the lower median counts.
 */
function levelOf(all: readonly Day[], rates: Rates): Level {
  const samples = all.flat().flatMap((point) => (point === null ? [] : [point]));
  const now = Math.max(...samples.map(({ at }) => at));
  const carried = ({ at, usedBytes }: Point): number => usedBytes + (rates.likely * (now - at)) / DAY_MS;
  const days = all
    .slice(0, Math.min(LEVEL_DAYS, rates.days) + 1)
    .map((day) => day.flatMap((point) => (point === null ? [] : [carried(point)])))
    .filter((day) => day.length > 0);
  const levels = days.map(lowerMedian);
  const [level = 0] = levels;
  const scatter = lowerMedian(levels.map((other) => Math.abs(other - lowerMedian(levels))));

  const newest = (samples.find(({ at }) => at === now)?.usedBytes ?? level) - level;
  const usual = days.slice(1).flatMap((day, at) => day.map((value) => value - (levels[at + 1] ?? level)));
  const taken = Math.max(0, newest - Math.max(0, ...usual));
  const freed = Math.min(0, newest - Math.min(0, ...usual));
  const likely = level + freed;
  return { low: likely - scatter, likely, high: likely + scatter + taken };
}

function lowerMedian(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
    Math.floor,
  );
}

function etaOf(mark: number, level: Level, rates: Rates): Eta {
  if (level.likely >= mark) return { earliestSeconds: 0, likelySeconds: 0, latestSeconds: 0 };
  return {
    earliestSeconds: secondsTo(mark - level.high, rates.high),
    likelySeconds: secondsTo(mark - level.likely, rates.likely),
    latestSeconds: secondsTo(mark - level.low, rates.low),
  };
}

function secondsTo(missingBytes: number, bytesPerDay: number): number | null {
  if (missingBytes <= 0) return 0;
  const seconds = Math.round((missingBytes / bytesPerDay) * 86_400);
  return bytesPerDay > 0 && seconds <= TEN_YEARS_SECONDS ? seconds : null;
}
