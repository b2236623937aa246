// Owns how well a disk was watched: the truth of each step held against what was told. Levels are those that are built in.
import { percentOf } from '../../src/space/levels.ts';
import { type Course, STEP_MS, STEPS } from './series.ts';
import type { Told, Watched } from './watching.ts';

export interface Verdict {
  readonly name: string;
  /** Times at CRITICAL that lasted more than ten minutes. */
  readonly episodes: number;
  readonly missed: number;
  /** Minutes until the slowest of them was known; null: there was none. */
  readonly slowestMinutes: number | null;
  readonly messages: number;
  /** In any 24 hours after the first ones, in which it is told how things stand. */
  readonly mostADay: number;
  /** CRITICAL was said, and the disk was not and did not become so within a day. */
  readonly falseAlarms: number;
  readonly samples: number;
}

const CRITICAL_PERCENT = 90;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LONG_MS = 10 * MINUTE_MS;

export function verdictOf(course: Course, { told, samples }: Watched): Verdict {
  const episodes = episodesOf(course).filter(({ from, to }) => to - from > LONG_MS);
  const knownAfter = episodes.map((episode) => knownAt(told, episode) - episode.from);
  const found = knownAfter.filter((after) => Number.isFinite(after));
  return {
    name: course.name,
    episodes: episodes.length,
    missed: knownAfter.length - found.length,
    slowestMinutes: found.length === 0 ? null : Math.max(...found) / MINUTE_MS,
    messages: told.length,
    mostADay: mostADay(told.filter(({ at }) => at >= DAY_MS)),
    falseAlarms: told.filter((one) => isFalse(course, one)).length,
    samples,
  };
}

function mostADay(told: readonly Told[]): number {
  const within = ({ at }: Told) => told.filter((other) => other.at >= at && other.at < at + DAY_MS).length;
  return Math.max(0, ...told.map(within));
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function isCritical({ used, limit }: Course, step: number): boolean {
  return percentOf(used[step] ?? 0, limit[step] ?? 0) >= CRITICAL_PERCENT;
}

function episodesOf(course: Course): readonly Span[] {
  const spans: Span[] = [];
  let from: number | null = null;
  for (let step = 0; step <= STEPS; step += 1) {
    const critical = step < STEPS && isCritical(course, step);
    if (critical) from ??= step;
    else if (from !== null) {
      spans.push({ from: from * STEP_MS, to: step * STEP_MS });
      from = null;
    }
  }
  return spans;
}

/** When the last message said CRITICAL: at once, if it still did; infinite: not while it lasted. */
function knownAt(told: readonly Told[], { from, to }: Span): number {
  const before = told.findLast(({ at }) => at <= from);
  if (before?.event.level === 'CRITICAL') return from;
  return (
    told.find(({ at, event }) => at > from && at < to && event.level === 'CRITICAL')?.at ??
    Number.POSITIVE_INFINITY
  );
}

function isFalse(course: Course, { at, event }: Told): boolean {
  if (event.level !== 'CRITICAL') return false;
  const [first, last] = [Math.floor((at - LONG_MS) / STEP_MS), Math.ceil((at + DAY_MS) / STEP_MS)];
  for (let step = Math.max(0, first); step <= Math.min(last, STEPS - 1); step += 1)
    if (isCritical(course, step)) return false;
  return true;
}
