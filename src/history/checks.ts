// Owns what the last recorded proof of the layout came to (`validate --record`): its level, and what is remembered of it.
// Proves and sends nothing.

import { NO_EPISODES } from '../space/episodes.ts';
import type { Level, LevelState } from '../space/level.ts';
import type { CheckCounts } from './checks-document.ts';

/** The subject that stands for the proof. No service can be called so. */
export const CHECKS = '/checks';

/** What is remembered from one proof to the next. */
export interface ChecksOutcome extends CheckCounts {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: Level;
  /** When this level began. */
  readonly since: number;
  /** IDs of those that do not hold or could not be tried, warnings too, the first so many. */
  readonly notHeld: readonly string[];
  /** Of each service that was installed: whether it ran with its data there. Versions before did not look. */
  readonly onHotTier?: Readonly<Record<string, boolean>>;
}

const KEPT = 100;

/** Valid is OK; valid with warnings WARNING; everything else CRITICAL: `validate` ends with 1. */
export function levelOfChecks({ failed, skipped, warnings }: CheckCounts): Level {
  if (failed + skipped > 0) return 'CRITICAL';
  return warnings > 0 ? 'WARNING' : 'OK';
}

export function outcomeOf(
  proof: CheckCounts & Pick<ChecksOutcome, 'notHeld' | 'onHotTier'>,
  { before, now }: { readonly before: ChecksOutcome | null; readonly now: number },
): ChecksOutcome {
  const level = levelOfChecks(proof);
  const since = before?.level === level ? Math.min(before.since, now) : now;
  return { ...proof, notHeld: proof.notHeld.slice(0, KEPT), at: now, level, since };
}

export function stateOf({ level, since }: ChecksOutcome): LevelState {
  return { level, since, fired: null, pending: null, episodes: NO_EPISODES, unmeasured: null };
}

/** Something else no longer holds: news, although the level is the same. */
export function isRenewed(before: ChecksOutcome | null, after: ChecksOutcome): boolean {
  return before?.level === after.level && after.notHeld.some((id) => !before.notHeld.includes(id));
}
