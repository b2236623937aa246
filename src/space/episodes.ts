// Owns times at a level as remembered: the last one of each level, and whether it is over for those who were told of it.
// Pure. Why it waits: docs/alerts.md.

import type { Episode, Episodes, Level, LevelState } from './level.ts';

export const NO_EPISODES: Episodes = { warning: null, critical: null, unknown: null };

const HOUR_MS = 3_600_000;

/** What comes every day has come again by then. */
const QUIET_MS = 24 * HOUR_MS;
/** Two that are no farther apart come and go: more than a weekend. */
const RETURNS_MS = 4 * QUIET_MS;

/** Once is nothing: a disk may be busy, a directory be made anew. */
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
    // Ended just below its line, it will be above it again.
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

/** Of a level that an earlier version remembered, the beginning is not known. */
function lasting(episode: Episode | null, now: number): Episode {
  return { ...(episode ?? begun(null, now)), until: now };
}

function isAt(level: Level, atLeast: 'WARNING' | 'CRITICAL'): boolean {
  return level === 'CRITICAL' || level === atLeast;
}

/** Whoever was told of it may be told that it is over. One that ends in the future is of a clock that was wrong. */
function isOver(episode: Episode | null, now: number): boolean {
  if (episode === null || !episode.lingers) return true;
  return now < episode.until || now - episode.until >= QUIET_MS;
}

/** The level that a message may still say: that of now, or a higher one that is not over yet. */
export function standingLevel({ level, episodes }: LevelState, now: number): Level {
  if (level === 'CRITICAL' || !isOver(episodes.critical, now)) return 'CRITICAL';
  return level === 'WARNING' || !isOver(episodes.warning, now) ? 'WARNING' : 'OK';
}

/** Measured again, but it comes and goes. */
export function isStillUnknown({ episodes }: LevelState, now: number): boolean {
  return !isOver(episodes.unknown, now);
}
