// Owns what is told when a level changes: one event, the same in every channel. Its words are text.ts.
import type { Fired, Level } from '../usage/levels.ts';
import type { CheckCounts } from './checks.ts';

export interface AlertEvent {
  /** Unique: a receiver that gets one twice can tell. */
  readonly id: string;
  /** `change`: another level; `repeat`: it lasts; `test`: somebody tries the channels. */
  readonly kind: 'change' | 'repeat' | 'test';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly host: string;
  readonly base: string;
  /** `DISK`, `CHECKS` or the name of a service. */
  readonly subject: string;
  readonly level: Level;
  /** What was told before. */
  readonly before: Level;
  /** Milliseconds since the epoch: when `level` began; null: not known. */
  readonly since: number | null;
  /** When `before` began; null: not known, or it is the same level still. */
  readonly beforeSince: number | null;
  /** null: OK, or it is about checks. */
  readonly fired: Fired | null;
  /** Of CHECKS only; the three numbers below are then of no meaning. */
  readonly checks?: CheckCounts & { readonly notHeld: readonly string[] };
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly usedPercent: number;
}

/** Milder first. */
export const LEVELS: readonly Level[] = ['OK', 'WARNING', 'CRITICAL'];

/** What one channel is sent at once. */
export interface Message {
  readonly event: AlertEvent;
  /** The last few events of the same subject that could not be delivered before this one, oldest first. */
  readonly missed: readonly AlertEvent[];
}
