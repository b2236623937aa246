// Owns what is told when a level changes: one event, the same in every channel. Its words are text.ts.
import { LEVELS } from '../space/level.ts';
import type { Fired } from '../space/outlook-document.ts';
import type { CheckCounts } from './checks-document.ts';

/** UNKNOWN: it could not be measured, and that has lasted. */
export const TOLD_LEVELS = [...LEVELS, 'UNKNOWN'] as const;
export type ToldLevel = (typeof TOLD_LEVELS)[number];

export interface AlertEvent {
  /** Unique: a receiver that gets one twice can tell. */
  readonly id: string;
  /** `change`: another level; `repeat`: it lasts; `test`: somebody tries the channels. */
  readonly kind: 'change' | 'repeat' | 'test';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly host: string;
  readonly base: string;
  /** `DISK`, `ALL_SERVICES`, `CHECKS`, `DISK_HEALTH` with a serial number, `BACKUPS` with a service, or the name of a service. */
  readonly subject: string;
  readonly level: ToldLevel;
  /** What was told before. */
  readonly before: ToldLevel;
  /** Milliseconds since the epoch: when `level` began; null: not known. */
  readonly since: number | null;
  /** When `before` began; null: not known, or it is the same level still. */
  readonly beforeSince: number | null;
  /** null: OK or UNKNOWN, or it is about checks. */
  readonly fired: Fired | null;
  /** Why it is UNKNOWN; null: it is not. */
  readonly why: string | null;
  /** Of CHECKS only; the three numbers below then have no meaning. */
  readonly checks?: CheckCounts & { readonly notHeld: readonly string[] };
  /** Of DISK_HEALTH only: what the kernel calls it, and what is wrong in words. */
  readonly health?: { readonly disk: string; readonly causes: readonly string[] };
  /** Of BACKUPS only: of which service, and what is wrong in words. */
  readonly backups?: { readonly service: string; readonly causes: readonly string[] };
  /** These three null: not known. */
  readonly usedBytes: number | null;
  readonly limitBytes: number | null;
  readonly usedPercent: number | null;
}

/** What one channel gets in one message. */
export interface Message {
  readonly event: AlertEvent;
  /** The last few events of the same subject that could not be delivered before this one, oldest first. */
  readonly missed: readonly AlertEvent[];
}
