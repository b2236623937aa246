// Owns which level the disk and each service are at, by which rule, and when a level begins and ends. Pure: what was
// decided last time comes in, what must be remembered goes out. The rules one by one: docs/levels.md.

import type { Levels, Thresholds } from '../layout/monitoring.ts';
import { episodesAfter, NO_EPISODES, UNKNOWN_FROM } from './episodes.ts';
import type { Level, LevelState, Rule } from './level.ts';
import type { Fired } from './outlook-document.ts';
import { isSpent, type QuotaLimits } from './quota-limits.ts';

/** One thing that has a level: the disk, or a service. */
export interface Measure {
  readonly usedBytes: number;
  /** What it can use at all: of the disk as df gives it, of a service its plan. */
  readonly limitBytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
  /** Of the file system; 0: it has no fixed number. */
  readonly inodesLimit: number;
  /** By the likely forecast, of the disk until it is full, of a service until its plan is; null: not known, or never. */
  readonly fullInSeconds: number | null;
  /** Of a service: how far its project quota lets it grow; left out: as far as the disk does. */
  readonly quota?: QuotaLimits;
}

/** What is decided from. `marginPercent` and `samples` are those of `Monitoring`. */
export interface Decision {
  /** Of the last run; null: this is the first. */
  readonly state: LevelState | null;
  readonly measure: Measure;
  readonly levels: Levels;
  readonly marginPercent: number;
  readonly samples: number;
  /** Whether this counts as one of `samples`. If not, it begins a level only where one sample is enough, and may end any. */
  readonly isSample: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A forecast counts only where this part of the space is in use: a new disk that is being filled is no emergency. */
const HALF_FULL_PERCENT = 50;

/** Per cent to a tenth, as it is shown: a value that reads 80.0 % is at a threshold of 80 %. Nothing of nothing is 0. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}

/** The size from which on a level holds: by per cent or by what must stay free, whichever comes first. null: by neither. */
export function beginsAt({ usedPercent, freeBytes }: Thresholds, limitBytes: number): number | null {
  const byPercent = usedPercent === null ? null : (limitBytes * usedPercent) / 100;
  const byFree = freeBytes === null ? null : Math.max(0, limitBytes - freeBytes);
  if (byPercent === null || byFree === null) return byPercent ?? byFree;
  return Math.min(byPercent, byFree);
}

/** The level that this measure asks for by itself, without memory. null: OK. */
export function firedRule(measure: Measure, levels: Levels): Fired | null {
  return holding(measure, levels, 'CRITICAL', 0) ?? holding(measure, levels, 'WARNING', 0);
}

/** A level begins after so many samples in a row, and ends only below its threshold minus the margin, then at once. */
export function decideLevel(decision: Decision): LevelState {
  const { state, measure, levels, marginPercent, samples, isSample, now } = decision;
  const before = state?.level ?? 'OK';
  const asked = firedRule(measure, levels);
  const inARow = isSample
    ? {
        warning: asked === null ? 0 : (state?.pending?.warning ?? 0) + 1,
        critical: asked?.level === 'CRITICAL' ? (state?.pending?.critical ?? 0) + 1 : 0,
      }
    : null;
  const level = higher(
    inARow === null ? begunAtOnce(asked, samples) : begunBy(inARow, samples),
    keptLevel(before, measure, levels, marginPercent),
  );
  const isFarBelow = (one: 'WARNING' | 'CRITICAL') =>
    holding(measure, levels, one, Math.max(FAR_BELOW_PERCENT, marginPercent)) === null;
  const pending = asked !== null && higher(asked.level, level) !== level ? inARow : null;
  return {
    level,
    since: state !== null && level === before ? Math.min(state.since, now) : now,
    fired: level === 'OK' ? null : firedFor(level, { measure, levels, marginPercent, asked }),
    pending: isSample ? pending : (state?.pending ?? null),
    episodes: episodesAfter(state, { level, isFarBelow, now }),
    unmeasured: null,
  };
}

/**
 * Why this level: a rule of its own, else one with the margin. Where neither holds, it is WARNING by samples of which some
 * asked for CRITICAL only, by a rule that WARNING does not have: that rule.
 */
function firedFor(
  level: 'WARNING' | 'CRITICAL',
  by: Pick<Decision, 'measure' | 'levels' | 'marginPercent'> & { readonly asked: Fired | null },
): Fired | null {
  const { measure, levels, marginPercent, asked } = by;
  const own = holding(measure, levels, level, 0) ?? holding(measure, levels, level, marginPercent);
  return own ?? (asked === null ? null : { ...asked, level });
}

/** How far below the beginning of a level, in the units of a margin: a fall this large at once was a clean-up. */
const FAR_BELOW_PERCENT = 10;

function begunBy(inARow: { readonly warning: number; readonly critical: number }, samples: number): Level {
  if (inARow.critical >= samples) return 'CRITICAL';
  return inARow.warning >= samples ? 'WARNING' : 'OK';
}

function begunAtOnce(asked: Fired | null, samples: number): Level {
  return samples > 1 ? 'OK' : (asked?.level ?? 'OK');
}

/** What could not be measured stays at its level; when that lasts, it is UNKNOWN beside it. */
export function withoutMeasure(
  state: LevelState | null,
  { why, now, since = now }: { readonly why: string; readonly now: number; readonly since?: number },
): LevelState {
  const before = state?.unmeasured ?? null;
  return {
    ...(state ?? { level: 'OK', since: now, fired: null, pending: null, episodes: NO_EPISODES }),
    unmeasured: { since: before?.since ?? since, times: (before?.times ?? 0) + 1, why },
  };
}

/** For so many measurements in a row nothing is known. */
export function isUnknown({ unmeasured }: LevelState): boolean {
  return unmeasured !== null && unmeasured.times >= UNKNOWN_FROM;
}

/** What is left of a level that was reached: while its own rules hold with the margin, it is not over. */
function keptLevel(before: Level, measure: Measure, levels: Levels, marginPercent: number): Level {
  if (before === 'CRITICAL' && holding(measure, levels, 'CRITICAL', marginPercent) !== null)
    return 'CRITICAL';
  if (before !== 'OK' && holding(measure, levels, 'WARNING', marginPercent) !== null) return 'WARNING';
  return 'OK';
}

const BY_WEIGHT: readonly Level[] = ['OK', 'WARNING', 'CRITICAL'];

function higher(a: Level, b: Level): Level {
  return BY_WEIGHT.indexOf(a) > BY_WEIGHT.indexOf(b) ? a : b;
}

/**
 * The first rule of a level that holds: what is measured before what is foretold. With a margin, thresholds are
 * easier to meet by it: per cent points, and of bytes and times that part.
 */
function holding(
  measure: Measure,
  levels: Levels,
  level: 'WARNING' | 'CRITICAL',
  marginPercent: number,
): Fired | null {
  const thresholds: Thresholds = level === 'CRITICAL' ? levels.critical : levels.warning;
  const lowered = (percent: number): number => percent - Math.min(marginPercent, percent / 2);
  const smaller = (size: number): number => size * (1 - marginPercent / 100);
  const raised = (size: number): number => size * (1 + marginPercent / 100);
  const fired = (rule: Rule, value: number, threshold: number): Fired => ({ rule, level, value, threshold });

  const { usedPercent, freeBytes, inodesPercent, fullInSeconds, softLimit, hardLimit } = thresholds;
  const { usedBytes: counted = 0, softBytes = null, hardBytes = null } = measure.quota ?? {};
  // Nothing more can be written: whatever else is wrong, that is first.
  if (hardLimit && hardBytes !== null && isSpent(counted, smaller(hardBytes)))
    return fired('hard-limit', counted, hardBytes);
  const used = percentOf(measure.usedBytes, measure.limitBytes);
  if (usedPercent !== null && used >= lowered(usedPercent)) return fired('used', used, usedPercent);
  if (freeBytes !== null && measure.freeBytes <= raised(freeBytes))
    return fired('free', measure.freeBytes, freeBytes);
  const inodes = percentOf(measure.inodes, measure.inodesLimit);
  if (inodesPercent !== null && measure.inodesLimit > 0 && inodes >= lowered(inodesPercent))
    return fired('inodes', inodes, inodesPercent);
  if (softLimit && softBytes !== null && counted > smaller(softBytes))
    return fired('soft-limit', counted, softBytes);
  const fullIn = measure.fullInSeconds;
  if (
    fullInSeconds !== null &&
    fullIn !== null &&
    fullIn <= raised(fullInSeconds) &&
    used >= lowered(HALF_FULL_PERCENT)
  )
    return fired('full-in', fullIn, fullInSeconds);
  return null;
}
