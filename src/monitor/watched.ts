// Owns what is known of the disk and of each service beyond its size: growth, forecast, level. Puts history, forecast and
// levels together; must not measure, store or tell anybody.

import { type History, isFileSystem, type Sample, type Use } from '../history/history.ts';
import { type Levels, levelsOf, type Monitoring } from '../layout/monitoring.ts';
import { forecast, growth, type Marks } from '../space/forecast.ts';
import type { LevelState } from '../space/level.ts';
import { LEVELS } from '../space/level.ts';
import { beginsAt, decideLevel, firedRule, type Measure } from '../space/levels.ts';
import type { Fired, Forecast, Growth } from '../space/outlook-document.ts';
import type { Point } from '../space/point.ts';

/** What was measured of one subject just now. */
export interface Subject extends Use, Pick<Measure, 'quota'> {
  /** `DISK`, `OWN_FILE_SYSTEM` with a service, or the name of a service. */
  readonly name: string;
  readonly freeBytes: number;
  /** Of the file system; 0: it has no fixed number. */
  readonly inodesLimit: number;
  /** false: a part could not be read. It is at least this large: enough for a level now, not for the history. */
  readonly complete: boolean;
}

export interface Outlook {
  readonly growth: Growth;
  readonly forecast: Forecast;
  readonly fired: Fired | null;
  /** To be remembered, and told of; null: judged for this run alone, or by a part that is too small to say. */
  readonly state: LevelState | null;
}

/** As far back as a forecast looks, and with how many samples: more would not change it. */
const LOOK_BACK_MS = 35 * 86_400_000;
const MOST_SAMPLES = 600;

/** Of what is known so far: one look at the history for all subjects. */
export function readPast(history: History | null, now: number): readonly Sample[] {
  return history?.thinned({ since: now - LOOK_BACK_MS, most: MOST_SAMPLES }) ?? [];
}

/** By subject. `states` null: each level is judged by the present measurement, and nothing is remembered. */
export function outlooks(
  subjects: readonly Subject[],
  known: {
    readonly monitoring: Monitoring;
    readonly past: readonly Sample[];
    readonly states: ReadonlyMap<string, LevelState> | null;
    /** As of `Decision`. */
    readonly isSample: boolean;
    readonly now: number;
  },
): ReadonlyMap<string, Outlook> {
  const { monitoring, past, states, isSample, now } = known;
  return new Map(
    subjects.map((subject) => {
      const levels = isFileSystem(subject.name) ? monitoring.disk : levelsOf(monitoring, subject.name);
      const points = pointsOf(subject, past, now);
      const ahead = forecast(points, marksOf(subject, levels));
      const measure: Measure = { ...subject, fullInSeconds: fullInOf(ahead) };
      const { marginPercent, samples } = monitoring;
      const before = states?.get(subject.name) ?? null;
      const decision = { state: before, measure, levels, marginPercent, samples, isSample, now };
      const decided = states === null ? null : decideLevel(decision);
      const state = subject.complete || decided === null || !isLower(decided, before) ? decided : null;
      const fired = state === null ? firedRule(measure, levels) : state.fired;
      return [subject.name, { growth: growth(points), forecast: ahead, fired, state }];
    }),
  );
}

/** Of the disk until it is full, of a service until its plan is. Likely, not earliest: the range is for reading. */
export function fullInOf(forecast: Forecast): number | null {
  if (!forecast.known) return null;
  return (forecast.full ?? forecast.planned)?.likelySeconds ?? null;
}

/** What was counted in part is at least as large: enough for a level to begin, not for one to end. */
function isLower(decided: LevelState, before: LevelState | null): boolean {
  return before !== null && LEVELS.indexOf(decided.level) < LEVELS.indexOf(before.level);
}

/** The present is the last point, whether it was recorded or not. */
function pointsOf(subject: Subject, past: readonly Sample[], now: number): readonly Point[] {
  const before = past.flatMap(({ at, uses }) => {
    const use = uses.get(subject.name);
    return use === undefined || at >= now ? [] : [{ at, usedBytes: use.usedBytes }];
  });
  return [...before, { at: now, usedBytes: subject.usedBytes }];
}

/** A plan is not the end of the disk: only a file system itself gets full. */
function marksOf({ name, limitBytes }: Subject, { warning, critical }: Levels): Marks {
  return {
    planned: isFileSystem(name) ? null : limitBytes,
    warning: beginsAt(warning, limitBytes),
    critical: beginsAt(critical, limitBytes),
    full: isFileSystem(name) ? limitBytes : null,
  };
}
