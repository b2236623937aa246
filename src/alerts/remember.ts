// Owns what is kept and told of findings: levels in the history and events for the channels, in one transaction.
// What was found comes from judgement.ts (everything) and look.ts (the disk alone). Must not measure or deliver.

import type { Context } from '../command/context.ts';
import { boundedSince } from '../history/clock.ts';
import type { History, Use } from '../history/history.ts';
import type { LevelState } from '../space/level.ts';
import { enqueueAlerts, type Facts } from './enqueue.ts';
import { type AlertQueue, withOwnIds } from './unkept.ts';

/** Of one subject: what is remembered, and its numbers; null: it could not be measured now. */
export interface Finding {
  readonly state: LevelState;
  readonly facts: Facts;
}

export interface Findings {
  readonly before: ReadonlyMap<string, LevelState>;
  readonly found: ReadonlyMap<string, Finding>;
  /** Subjects that were unknown meanwhile, while no channel could be told. */
  readonly missed: ReadonlySet<string>;
  readonly isSample: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Inside a transaction. What was not looked at stays as it was. The number of events to tell. */
export function remember(context: Context, history: History, findings: Findings): number {
  const { before, found } = findings;
  // Most looks find no change: then nothing is written.
  const isNew = [...found].some(([name, { state }]) => !isSame(before.get(name), state));
  if (isNew) history.setLevels(afterwards(findings));
  return announce(context, history, findings);
}

export function announce(context: Context, queue: AlertQueue, findings: Findings): number {
  const { before, found, missed, isSample, at } = findings;
  return enqueueAlerts(withOwnIds(queue), {
    before,
    after: afterwards(findings),
    facts: new Map([...found].map(([name, { facts }]) => [name, facts])),
    missed,
    monitoring: context.monitoring,
    host: context.hostName,
    base: context.layout.base,
    isSample,
    now: at,
    newId: () => crypto.randomUUID(),
  });
}

function afterwards({ before, found }: Findings): ReadonlyMap<string, LevelState> {
  const after = new Map(before);
  for (const [name, { state }] of found) after.set(name, state);
  return after;
}

function isSame(before: LevelState | undefined, state: LevelState): boolean {
  if (before === undefined || before.level !== 'OK' || state.level !== 'OK') return false;
  const [was, is] = [before.episodes, state.episodes];
  // What has not changed is the same object.
  return (
    before.since === state.since &&
    before.pending === state.pending &&
    before.unmeasured === state.unmeasured &&
    was.warning === is.warning &&
    was.critical === is.critical &&
    was.unknown === is.unknown
  );
}

/** Earlier programs kept what a wrong clock said: a level that began in 1970, or begins in ten years. */
export function levelsIn(history: History, now: number): ReadonlyMap<string, LevelState> {
  const levels = history.levels();
  const isOdd = ({ since }: LevelState) => boundedSince(since, { first: Number.NaN, now }) !== since;
  if (![...levels.values()].some(isOdd)) return levels;
  const first = history.extent().first ?? now;
  return new Map(
    [...levels].map(([name, state]) => [
      name,
      { ...state, since: boundedSince(state.since, { first, now }) },
    ]),
  );
}

/** As it can be kept: a file system may claim to be of any size, and to have more free than it has. */
export function usesOf({ usedBytes, inodes, limitBytes }: Use): Use {
  const kept = (count: number) => Math.min(Math.max(0, count), Number.MAX_SAFE_INTEGER);
  return { usedBytes: kept(usedBytes), inodes: kept(inodes), limitBytes: kept(limitBytes) };
}
