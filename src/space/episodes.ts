// Owns the remembered times at a level: the last one of each level, and whether its end may be told.
// Pure. Why it waits: docs/alerts.md.

import type { Episode, Episodes, Level, LevelState } from './level.ts';

export const NO_EPISODES: Episodes = { warning: null, critical: null, unknown: null };

const HOUR_MS = 3_600_000;

/** Something that happens daily has happened again by then. */
const QUIET_MS = 24 * HOUR_MS;
/** Two episodes no farther apart than this belong together: more than a weekend. */
const RETURNS_MS = 4 * QUIET_MS;

/** One failure does not count: the disk may be busy, or a directory is being made again. */
export const UNKNOWN_FROM = 2;

export function episodesAfter(
  state: Pick<LevelState, 'level' | 'episodes' | 'unmeasured'> | null,
  now: {
    readonly level: Level;
    readonly isFarBelow: (level: 'WARNING' | 'CRITICAL') => boolean;
    readonly now: number;
  },
): Episodes {
  const { warning, critical, unknown } = state?.episodes ?? NO_EPISODES;
  const before = state?.level ?? 'OK';
  const after = (episode: Episode | null, level: 'WARNING' | 'CRITICAL'): Episode | null => {
    const was = isAt(before, level);
    if (isAt(now.level, level)) return lasting(was ? episode : begun(episode, now.now), now.now);
    if (!was || episode === null) return episode;
    // It ended just below its threshold, so it will soon be above it again.
    return { ...episode, lingers: episode.lingers || !now.isFarBelow(level) };
  };
  return {
    warning: after(warning, 'WARNING'),
    critical: after(critical, 'CRITICAL'),
    unknown: unknownAfter(state?.unmeasured ?? null, unknown, now.now),
  };
}

function unknownAfter(
  unmeasured: LevelState['unmeasured'],
  earlier: Episode | null,
  now: number,
): Episode | null {
  if (unmeasured === null || unmeasured.times < UNKNOWN_FROM) return earlier;
  return { ...begun(earlier, unmeasured.since), until: now };
}

function begun(earlier: Episode | null, now: number): Episode {
  const apart = earlier === null ? Number.POSITIVE_INFINITY : now - earlier.until;
  return { since: now, until: now, lingers: apart >= 0 && apart < RETURNS_MS };
}

/** An earlier version did not remember when a level began. */
function lasting(episode: Episode | null, now: number): Episode {
  return { ...(episode ?? begun(null, now)), until: now };
}

function isAt(level: Level, atLeast: 'WARNING' | 'CRITICAL'): boolean {
  return level === 'CRITICAL' || level === atLeast;
}

/** Whether its end may be told to those who were told of it. An end in the future comes from a wrong clock. */
function isOver(episode: Episode | null, now: number): boolean {
  if (episode === null || !episode.lingers) return true;
  return now < episode.until || now - episode.until >= QUIET_MS;
}

/** The level that a message may still give: the present one, or a higher one that is not over yet. */
export function standingLevel({ level, episodes }: LevelState, now: number): Level {
  if (level === 'CRITICAL' || !isOver(episodes.critical, now)) return 'CRITICAL';
  return level === 'WARNING' || !isOver(episodes.warning, now) ? 'WARNING' : 'OK';
}

/** Measured again, but it comes and goes. */
export function isStillUnknown({ episodes }: LevelState, now: number): boolean {
  return !isOver(episodes.unknown, now);
}
