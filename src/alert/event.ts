// Owns what is told when a level changes: one event, the same in every channel.
import type { Fired, Level } from '../usage/levels.ts';

export interface AlertEvent {
  /** Unique: a receiver that gets one twice can tell. */
  readonly id: string;
  /** `change`: another level; `repeat`: it lasts; `test`: somebody tries the channels. */
  readonly kind: 'change' | 'repeat' | 'test';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly host: string;
  readonly base: string;
  /** `DISK` or the name of a service. */
  readonly subject: string;
  readonly level: Level;
  /** What was told before. */
  readonly before: Level;
  /** null: OK. */
  readonly fired: Fired | null;
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly usedPercent: number;
}
