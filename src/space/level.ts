// Owns what a level is, and what is remembered of one. Which level something is at is levels.ts.

import type { Fired } from './outlook-document.ts';

/** Milder first. */
export const LEVELS = ['OK', 'WARNING', 'CRITICAL'] as const;
export type Level = (typeof LEVELS)[number];

export type Rule = Fired['rule'];

/** Remembered from one run to the next. */
export interface LevelState {
  readonly level: Level;
  /** Milliseconds since the epoch: when this level began. */
  readonly since: number;
  /** By which rule; null: OK. */
  readonly fired: Fired | null;
  /** Samples in a row that asked for at least this level, which is above the present one; null: the last did not. */
  readonly pending: { readonly warning: number; readonly critical: number } | null;
  readonly episodes: Episodes;
  /** How often in a row it could not be measured; null: the last time it could. The level is what it was then. */
  readonly unmeasured: { readonly since: number; readonly times: number; readonly why: string } | null;
}

/** A time at a level or above it, or one in which nothing was known. Milliseconds since the epoch. */
export interface Episode {
  readonly since: number;
  /** When it was last seen to last. */
  readonly until: number;
  /** Another one is expected: it is not over before QUIET_MS have passed. */
  readonly lingers: boolean;
}

/** The last one of each; null: none is remembered. */
export interface Episodes {
  readonly warning: Episode | null;
  readonly critical: Episode | null;
  readonly unknown: Episode | null;
}
