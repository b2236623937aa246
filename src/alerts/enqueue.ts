// Owns which channel is told what, from what it was told last and the levels now. Sends nothing: deliver.ts does.

import { type AlertEvent, TOLD_LEVELS, type ToldLevel } from '../history/event.ts';
import { ALL_SERVICES, type History } from '../history/history.ts';
import type { Channel, Monitoring } from '../layout/monitoring.ts';
import { isStillUnknown, standingLevel } from '../space/episodes.ts';
import type { LevelState } from '../space/level.ts';
import { LEVELS } from '../space/level.ts';
import { isUnknown, percentOf } from '../space/levels.ts';

/** What a message says of a subject beside its level. */
export type Facts = Pick<AlertEvent, 'usedBytes' | 'limitBytes' | 'backups' | 'checks' | 'health'> | null;

export interface Change {
  readonly before: ReadonlyMap<string, LevelState>;
  readonly after: ReadonlyMap<string, LevelState>;
  /** By subject; null: it could not be measured now. What is not in it is not told of. */
  readonly facts: ReadonlyMap<string, Facts>;
  /** Subjects that were UNKNOWN while no channel could be told: their return is told to all channels. */
  readonly missed: ReadonlySet<string>;
  /** Subjects that have news although their level is the same. */
  readonly renewed?: ReadonlySet<string>;
  readonly monitoring: Monitoring;
  readonly host: string;
  readonly base: string;
  /** A regular sample: the next one is hours away. */
  readonly isSample: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: () => string;
}

/**
 * The number of events. Inside the transaction that saves the new levels: what is told follows from what each channel was
 * told last, so each change is told once, also with other runs at work, and a new channel hears at once of what lasts.
 */
export function enqueueAlerts(history: Pick<History, 'enqueue' | 'lastTold'>, change: Change): number {
  const { channels } = change.monitoring.alerts;
  if (channels.length === 0) return 0;
  const told = new Map(history.lastTold().map((last) => [key(last.channel, last.subject), last]));
  let events = 0;
  for (const [subject, facts] of change.facts) {
    const state = change.after.get(subject);
    if (state === undefined) continue;
    const level = isUnknown(state) ? 'UNKNOWN' : state.level;
    // One failure does not count: it stays at what was told last.
    if (facts === null && level !== 'UNKNOWN' && subject !== ALL_SERVICES) continue;
    // Channels that know the same share an event.
    const shared = new Map<ToldLevel, string[]>();
    for (const channel of channels) {
      const last = told.get(key(channel.name, subject));
      const before = change.missed.has(subject) ? 'UNKNOWN' : levelOf(last?.level);
      const due =
        before === level
          ? isRepeat(channel, level, { toldAt: last?.at ?? null, change }) ||
            (change.renewed?.has(subject) === true && isWorth(channel, level))
          : isNews(channel, { before, level, state, now: change.now });
      if (due) shared.set(before, [...(shared.get(before) ?? []), channel.name]);
    }
    for (const [before, names] of shared) {
      history.enqueue(eventOf(change, { subject, state, level, before, facts }), names);
      events += 1;
    }
  }
  return events;
}

/** Worth telling by itself, or the way down from what was told, once that is over. */
function isNews(
  channel: Channel,
  is: {
    readonly before: ToldLevel;
    readonly level: ToldLevel;
    readonly state: LevelState;
    readonly now: number;
  },
): boolean {
  const { before, level, state, now } = is;
  if (level === 'UNKNOWN') return true;
  if (before === 'UNKNOWN') return level !== 'OK' || !isStillUnknown(state, now);
  if (LEVELS.indexOf(level) < LEVELS.indexOf(before)) return standingLevel(state, now) === level;
  return reaches(channel, level) || before !== 'OK';
}

function isWorth(channel: Channel, level: ToldLevel): boolean {
  return level !== 'OK' && reaches(channel, level);
}

/** An unknown level may be any level. */
function reaches({ from }: Channel, level: ToldLevel): boolean {
  return level === 'UNKNOWN' || LEVELS.indexOf(level) >= LEVELS.indexOf(from);
}

/** A timer that starts a little early, as timers do, must not put a repeat off until the next sample, hours later. */
const EARLY_MS = 5 * 60_000;

function isRepeat(
  channel: Channel,
  level: ToldLevel,
  {
    toldAt,
    change,
  }: { readonly toldAt: number | null; readonly change: Pick<Change, 'monitoring' | 'isSample' | 'now'> },
): boolean {
  const { repeatSeconds } = change.monitoring.alerts;
  if (!isWorth(channel, level) || repeatSeconds === null || toldAt === null) return false;
  const elapsedMs = change.now - toldAt;
  const early = Math.min(EARLY_MS, repeatSeconds * 50);
  // Told in the future: the clock was wrong then, or is now. One message too many is better than silence until that time.
  return elapsedMs >= repeatSeconds * 1000 - (change.isSample ? early : 0) || elapsedMs < -early;
}

function eventOf(
  { before: levels, host, base, now, newId }: Change,
  told: {
    readonly subject: string;
    readonly state: LevelState;
    readonly level: ToldLevel;
    readonly before: ToldLevel;
    readonly facts: Facts;
  },
): AlertEvent {
  const { subject, state, level, before, facts } = told;
  const { usedBytes, limitBytes } = facts ?? { usedBytes: null, limitBytes: null };
  return {
    id: newId(),
    kind: before === level ? 'repeat' : 'change',
    at: now,
    host,
    base,
    subject,
    level,
    before,
    since: sinceOf(state, { level, before }),
    beforeSince: before === level ? null : beganAt(before, { was: levels.get(subject), state }),
    fired: level === 'UNKNOWN' ? null : state.fired,
    why: level === 'UNKNOWN' ? (state.unmeasured?.why ?? null) : null,
    usedBytes,
    limitBytes,
    usedPercent: usedBytes === null || limitBytes === null ? null : percentOf(usedBytes, limitBytes),
    ...(facts?.checks === undefined ? {} : { checks: facts.checks }),
    ...(facts?.health === undefined ? {} : { health: facts.health }),
    ...(facts?.backups === undefined ? {} : { backups: facts.backups }),
  };
}

/** What was unknown is at its level, as far as anybody knows, since it was measured again. */
function sinceOf(
  state: LevelState,
  { level, before }: { readonly level: ToldLevel; readonly before: ToldLevel },
): number {
  if (level === 'UNKNOWN') return state.unmeasured?.since ?? state.since;
  return before === 'UNKNOWN' ? (state.episodes.unknown?.until ?? state.since) : state.since;
}

/** When the level told before began: its last beginning, for one that came and went meanwhile. */
function beganAt(
  before: ToldLevel,
  { was, state }: { readonly was: LevelState | undefined; readonly state: LevelState },
): number | null {
  const { episodes } = state;
  switch (before) {
    case 'UNKNOWN':
      return episodes.unknown?.since ?? null;
    case 'OK':
      return was?.level === 'OK' ? was.since : null;
    case 'WARNING':
    case 'CRITICAL':
      if (was?.level === before) return was.since;
      return (before === 'WARNING' ? episodes.warning : episodes.critical)?.since ?? null;
    default:
      return before satisfies never;
  }
}

/** If the history says nothing of it, the channel was not told. */
function levelOf(text: string | undefined): ToldLevel {
  return TOLD_LEVELS.find((level) => level === text) ?? 'OK';
}

function key(channel: string, subject: string): string {
  return JSON.stringify([channel, subject]);
}
