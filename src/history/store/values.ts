// Owns checking the JSON in a history file: a value that this program cannot have written is damage.

import { NO_EPISODES } from '../../space/episodes.ts';
import type { LevelState } from '../../space/level.ts';
import { LEVELS } from '../../space/level.ts';
import type { ChecksOutcome } from '../checks.ts';
import { type AlertEvent, TOLD_LEVELS } from '../event.ts';
import { DamagedError } from './connection.ts';

export function levelStateIn(text: string): LevelState {
  const state = objectIn<LevelState>(text);
  if (!LEVELS.includes(state.level) || !Number.isFinite(state.since)) throw new DamagedError('no level');
  // Earlier versions remembered less.
  const { episodes = NO_EPISODES, unmeasured = null } = state as Partial<LevelState>;
  return { ...state, episodes, unmeasured };
}

export function eventIn(text: string): AlertEvent {
  const event = objectIn<AlertEvent>(text);
  const words = [event.id, event.kind, event.host, event.base, event.subject];
  const numbers = [event.usedBytes, event.limitBytes, event.usedPercent];
  if (
    words.every((word) => typeof word === 'string') &&
    Number.isFinite(event.at) &&
    numbers.every((number) => number === null || Number.isFinite(number)) &&
    [event.level, event.before].every((level) => TOLD_LEVELS.includes(level))
  )
    return event;
  throw new DamagedError('no event');
}

export function checksIn(text: string): ChecksOutcome {
  const outcome = objectIn<ChecksOutcome>(text);
  const { at, since, passed, failed, warnings, skipped } = outcome;
  if (
    LEVELS.includes(outcome.level) &&
    [at, since, passed, failed, warnings, skipped].every((number) => Number.isFinite(number)) &&
    Array.isArray(outcome.notHeld)
  )
    return outcome;
  throw new DamagedError('no outcome');
}

/** As it was written; nothing is known here of what is in it. */
export function jsonIn(text: string): string {
  parsed(text);
  return text;
}

function objectIn<T extends object>(text: string): T {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) throw new DamagedError('no object');
  return value as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DamagedError('no JSON');
  }
}
