// Owns what time it is where the clock on the wall may be wrong: what a history says of it and what the machine's own clock
// says since. Pure. Why it is done so: docs/history.md, "Clocks".
import type { BootClock } from '../port/host.ts';
import { DAY_MS } from '../space/thinning.ts';

/** Earlier times come from a clock that was not set: its battery was empty, and it started from its own zero. */
export const POSSIBLE_SINCE = Date.UTC(2000);
/** A clock that is corrected by less is believed: a time zone mistaken for another one, a battery that is weak. */
const CORRECTED_MS = DAY_MS;
/** A host that is switched off for longer is rarer than a clock that is wrong. */
const LONGEST_OFF_MS = 400 * DAY_MS;
/** For so long, or as long as all that was recorded before, a clock must say the same before it is believed. */
const BELIEVED_AFTER_MS = 7 * DAY_MS;

/** One look at both clocks. */
export interface Look {
  /** Milliseconds since the epoch, by the clock on the wall. */
  readonly wall: number;
  /** null: the machine does not say. */
  readonly clock: BootClock | null;
}

/** One that was recorded. */
export interface Recorded extends Look {
  /** Milliseconds since the epoch: what `wall` was taken for. */
  readonly at: number;
  /** For how long the machine was seen to run since the first one. */
  readonly runningMs: number;
}

/** What is known of the clocks so far. */
export interface Past {
  /** The last one whose `wall` was believed; null: there is none. */
  readonly believed: Recorded | null;
  /** Those after it, in order: their `wall` was not. */
  readonly doubted: readonly Recorded[];
}

export interface Judged {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly runningMs: number;
  /** The clock on the wall is not believed. */
  readonly doubted: boolean;
  /** So many of the last doubted ones were right: they say the same as this one, and have for long enough. */
  readonly believeLast: number;
}

/**
 * The machine has run at least this long since: by its own clock within one start, and since its start where that
 * was between. Never more than the truth.
 */
export function ranSince(before: BootClock | null, now: BootClock | null): number {
  if (before === null || now === null) return 0;
  // Of two runs at the same time, the one that looked first may be recorded last.
  const ran = before.boot === now.boot ? now.boottimeMs - before.boottimeMs : now.boottimeMs;
  return Math.max(0, Math.floor(ran));
}

export function judgeClock({ believed, doubted }: Past, now: Look): Judged {
  const last = doubted.at(-1) ?? believed;
  const ran = ranSince(last?.clock ?? null, now.clock);
  const runningMs = (last?.runningMs ?? 0) + ran;
  const right: Judged = { at: now.wall, runningMs, doubted: false, believeLast: 0 };
  if (
    last === null ||
    believed === null ||
    believed.at < POSSIBLE_SINCE ||
    agrees(believed.at, believed, now)
  )
    return right;
  const agreeing = agreeingAtEnd(doubted, now);
  const first = doubted.at(-agreeing);
  const lastedMs = agreeing === 0 || first === undefined ? 0 : runningMs - first.runningMs;
  if (lastedMs >= Math.min(BELIEVED_AFTER_MS, believed.runningMs)) return { ...right, believeLast: agreeing };
  return { at: last.at + ran, runningMs, doubted: true, believeLast: 0 };
}

/** Whether a clock that said `before.wall` (taken for `at`) can say now what it does. */
function agrees(at: number, before: Look, now: Look): boolean {
  if (before.clock === null || now.clock === null) return true;
  const surplus = now.wall - (at + ranSince(before.clock, now.clock));
  const longest = before.clock.boot === now.clock.boot ? CORRECTED_MS : LONGEST_OFF_MS;
  return surplus >= -CORRECTED_MS && surplus <= longest;
}

function agreeingAtEnd(doubted: readonly Recorded[], now: Look): number {
  let agreeing = 0;
  let later = now;
  for (const one of doubted.toReversed()) {
    if (!agrees(one.wall, one, later)) break;
    agreeing += 1;
    later = one;
  }
  return agreeing;
}

/** When a level began: what a clock said that was not set is replaced by `first`, the first time that is known. */
export function boundedSince(
  since: number,
  { first, now }: { readonly first: number; readonly now: number },
): number {
  return Math.min(since < POSSIBLE_SINCE ? first : since, now);
}
