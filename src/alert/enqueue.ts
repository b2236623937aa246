// Owns which channel is told what, from what it was told last and the levels now. Sends nothing: deliver.ts does.
import type { Channel, Monitoring } from '../monitoring.ts';
import type { History } from '../usage/history.ts';
import { type Level, type LevelState, percentOf } from '../usage/levels.ts';
import { type AlertEvent, LEVELS } from './event.ts';

/** What is told of a subject beside its level. */
export type Facts = Pick<AlertEvent, 'usedBytes' | 'limitBytes' | 'checks'>;

export interface Change {
  readonly before: ReadonlyMap<string, LevelState>;
  readonly after: ReadonlyMap<string, LevelState>;
  /** By subject. What could not be measured is not in it, and is not told of. */
  readonly facts: ReadonlyMap<string, Facts>;
  /** Subjects of which there is news although their level is the same. */
  readonly renewed?: ReadonlySet<string>;
  readonly monitoring: Monitoring;
  readonly host: string;
  readonly base: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: () => string;
}

/**
 * How many events. Inside the transaction that saves the new levels: what is told follows from what each channel was
 * told last, so each change is told once, whoever else is at work, and a channel that is new hears at once of what lasts.
 */
export function enqueueAlerts(history: Pick<History, 'enqueue' | 'lastTold'>, change: Change): number {
  const { channels, repeatSeconds } = change.monitoring.alerts;
  if (channels.length === 0) return 0;
  const told = new Map(history.lastTold().map((last) => [key(last.channel, last.subject), last]));
  let events = 0;
  for (const [subject, state] of change.after) {
    const facts = change.facts.get(subject);
    if (facts === undefined) continue;
    // Channels that know the same share an event.
    const shared = new Map<Level, string[]>();
    for (const channel of channels) {
      const last = told.get(key(channel.name, subject));
      const before = levelOf(last?.level);
      const due =
        before === state.level
          ? isRepeat(channel, state.level, { toldAt: last?.at ?? null, now: change.now, repeatSeconds }) ||
            (change.renewed?.has(subject) === true && isWorth(channel, state.level))
          : isNews(channel, before, state.level);
      if (due) shared.set(before, [...(shared.get(before) ?? []), channel.name]);
    }
    for (const [before, names] of shared) {
      history.enqueue(eventOf(change, { subject, state, before, facts }), names);
      events += 1;
    }
  }
  return events;
}

/** Worth telling for itself, or the way down from what was told. */
function isNews(channel: Channel, before: Level, now: Level): boolean {
  return isWorth(channel, now) || before !== 'OK';
}

function isWorth(channel: Channel, level: Level): boolean {
  return level !== 'OK' && rank(level) >= rank(channel.from);
}

/** A timer that starts a little early, as timers do, must not put a repeat off until the next run. */
const EARLY_MS = 5 * 60_000;

function isRepeat(
  channel: Channel,
  level: Level,
  time: { readonly toldAt: number | null; readonly now: number; readonly repeatSeconds: number | null },
): boolean {
  const { toldAt, now, repeatSeconds } = time;
  if (!isWorth(channel, level) || repeatSeconds === null || toldAt === null) return false;
  const elapsedMs = now - toldAt;
  const early = Math.min(EARLY_MS, repeatSeconds * 50);
  // Told in the future: the clock was wrong then, or is now. Silence until it comes would be worse than once too often.
  return elapsedMs >= repeatSeconds * 1000 - early || elapsedMs < -early;
}

function eventOf(
  { before: levels, host, base, now, newId }: Change,
  told: {
    readonly subject: string;
    readonly state: LevelState;
    readonly before: Level;
    readonly facts: Facts;
  },
): AlertEvent {
  const { subject, state, before, facts } = told;
  const { usedBytes, limitBytes } = facts;
  const was = levels.get(subject);
  return {
    id: newId(),
    kind: before === state.level ? 'repeat' : 'change',
    at: now,
    host,
    base,
    subject,
    level: state.level,
    before,
    since: state.since,
    beforeSince: before !== state.level && was?.level === before ? was.since : null,
    fired: state.fired,
    usedBytes,
    limitBytes,
    usedPercent: percentOf(usedBytes, limitBytes),
    ...(facts.checks === undefined ? {} : { checks: facts.checks }),
  };
}

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

/** What the history has no word of, a channel was not told of. */
function levelOf(text: string | undefined): Level {
  return LEVELS.find((level) => level === text) ?? 'OK';
}

function key(channel: string, subject: string): string {
  return JSON.stringify([channel, subject]);
}
