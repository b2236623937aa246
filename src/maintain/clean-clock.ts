// Owns whether the clock on the wall can be believed: every age is counted by it. Pure.
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import type { BootClock } from '../port/host.ts';
import { formatDuration } from '../values/duration.ts';

/** A moment, by the clock on the wall and by the machine's own. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly wall: number;
  /** null: the machine does not say. */
  readonly clock: BootClock | null;
}

/** A clock that is corrected by less is believed. */
const CORRECTED_MS = 3600_000;
/** While one run is at work nobody has to correct it by as much. */
const WITHIN_A_RUN_MS = 60_000;
/** Of a machine that was off: a clock that lost its battery says anything. */
const LONGEST_OFF_MS = 30 * 86_400_000;

/** How far the clock was set between the two, in milliseconds; 0: it was not, as far as can be told. */
export function jumpBetween(before: Moment, now: Moment): number {
  const passed = now.wall - before.wall;
  if (before.clock === null || now.clock === null) return Math.min(0, passed);
  if (before.clock.boot === now.clock.boot) return passed - (now.clock.boottimeMs - before.clock.boottimeMs);
  // It was started in between: it ran at least since then.
  const surplus = passed - now.clock.boottimeMs;
  if (surplus < 0) return surplus;
  return surplus > LONGEST_OFF_MS ? surplus : 0;
}

/** null: the clock goes as it did. */
export function clockProblem(
  before: readonly Moment[],
  now: Moment,
  { taken, trusted }: { readonly taken: number; readonly trusted: boolean },
): Diagnostic | null {
  if (trusted) return null;
  const jump = clockJump(before, now, taken);
  return jump === 0 ? null : jumped(jump, now.wall);
}

/** How far it was set since earlier moments, in milliseconds; 0: it can be believed. `taken`: what the history takes `now` for. */
export function clockJump(before: readonly Moment[], now: Moment, taken: number): number {
  const jumps = [now.wall - taken, ...before.map((moment) => jumpBetween(moment, now))];
  const largest = jumps.reduce((most, jump) => (Math.abs(jump) > Math.abs(most) ? jump : most), 0);
  return Math.abs(largest) <= CORRECTED_MS ? 0 : largest;
}

export function jumpedMeanwhile(begun: Moment, now: Moment): Diagnostic | null {
  const jump = jumpBetween(begun, now);
  return Math.abs(jump) <= WITHIN_A_RUN_MS ? null : jumped(jump, now.wall);
}

function jumped(ms: number, wall: number): Diagnostic {
  const way = ms > 0 ? 'ahead' : 'back';
  return diagnostic('E_CLOCK', 'refusing to clean by a clock that was set', {
    detail: `want a clock that goes on, found ${new Date(wall).toISOString()}, ${formatDuration(Math.abs(ms) / 1000)} ${way} of what is on record`,
    hint: 'see that the time is right (timedatectl); if it is: sudo jts-hot clean --trust-clock',
  });
}
