// Owns what is kept of looks at the disk, in rings of fixed size, and whether the disk moves so fast that the services are
// must be measured early. Pure.
import { HOUR_MS } from './thinning.ts';

/** How often the disk is meant to be looked at. */
export const LOOK_MS = 5 * 60_000;

/** What one look saw of the disk. Milliseconds since the epoch. */
export interface DiskLook {
  readonly at: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** `look`: each one of the last two days; `hour`, `day`: the highest of each, for a month and for two years. */
export const LOOK_RINGS = {
  look: { bucketMs: LOOK_MS, slots: 2 * 288 },
  hour: { bucketMs: HOUR_MS, slots: 30 * 24 },
  day: { bucketMs: 24 * HOUR_MS, slots: 2 * 365 },
} as const satisfies Readonly<Record<string, { readonly bucketMs: number; readonly slots: number }>>;

export type LookRing = keyof typeof LOOK_RINGS;

/** Where a ring keeps what was seen at this time. */
export function slotOf(ring: LookRing, at: number): number {
  const { bucketMs, slots } = LOOK_RINGS[ring];
  return Math.floor(at / bucketMs) % slots;
}

/** Of two in one slot the one to keep: the later bucket's, of one bucket the higher one. */
export function kept(ring: LookRing, before: DiskLook | null, look: DiskLook): DiskLook {
  if (before === null) return look;
  const { bucketMs } = LOOK_RINGS[ring];
  const isSameBucket = Math.floor(before.at / bucketMs) === Math.floor(look.at / bucketMs);
  return isSameBucket && before.usedBytes >= look.usedBytes ? before : look;
}

/** What a look has to know of what was measured before, beside levels. */
export interface LookMemory {
  /** The disk when all was measured last; null: never. */
  readonly measured: Measured | null;
  /** When a look last had all measured, or tried; null: never. */
  readonly soonerAt: number | null;
}

export interface Measured {
  readonly at: number;
  readonly mountPoint: string;
  readonly usedBytes: number;
  /** By the likely forecast; null: not known, or never. */
  readonly fullInSeconds: number | null;
  /** The same by service, of file systems that services have of their own; left out: there are none. */
  readonly own?: Readonly<Record<string, number | null>>;
  /** The same of services that the kernel counts; left out: there are none. */
  readonly counted?: Readonly<Record<string, number | null>>;
}

export const NO_LOOK_MEMORY: LookMemory = { measured: null, soonerAt: null };

/** No more often than this: each one walks through every tree. */
const SOONER_MS = HOUR_MS;
/** The disk must move by this part of its size before the services are measured: since then, and in an hour. */
const MOVED = 0.05;
const MOVED_IN_AN_HOUR = 0.01;
/** A rate is taken over this long. */
export const RATE_MS = HOUR_MS;
/** When a sample is due in any case. */
const AHEAD_MS = 6 * HOUR_MS;

/** Whether none of these was within the last hour; null: never. A time in the future comes from a wrong clock. */
export function mayMeasure(now: number, times: readonly (number | null)[]): boolean {
  return times.every((then) => then === null || now < then || now - then >= SOONER_MS);
}

/**
 * Whether the services must be measured early: the disk is at a level that it was not at when they were
 * measured last, has moved by 5 % of its size since then, or goes on to its next mark before they are due.
 */
export function movesFast(
  { at, usedBytes, limitBytes }: DiskLook,
  known: {
    /** The looks of the last hour, in order of time. */
    readonly recent: readonly DiskLook[];
    /** When the services were measured last, and what the disk held then; null: never. */
    readonly last: Pick<Measured, 'at' | 'usedBytes'> | null;
    /** Since when the disk is at a level; null: it is OK. */
    readonly levelSince: number | null;
    /** Sizes at which levels begin, and its end. */
    readonly marks: readonly number[];
  },
): boolean {
  const { recent, last, levelSince, marks } = known;
  if (last === null) return false;
  if (levelSince !== null && levelSince > last.at) return true;
  if (Math.abs(usedBytes - last.usedBytes) >= MOVED * limitBytes) return true;
  const first = recent.find((one) => at - one.at <= RATE_MS);
  const rise = first === undefined ? 0 : usedBytes - first.usedBytes;
  const ahead = usedBytes + rise * (AHEAD_MS / RATE_MS);
  return rise >= MOVED_IN_AN_HOUR * limitBytes && marks.some((mark) => usedBytes < mark && ahead >= mark);
}
