// Owns how large a disk is, in the words of df(1): size, used, available; what it can give to services, and to one of them.
// Every report takes these numbers from here. Pure.

import type { Levels } from '../layout/monitoring.ts';
import { percentOf } from './levels.ts';
import type { Fired } from './outlook-document.ts';

/** What a file system says of itself (statfs). */
export interface Stated {
  readonly sizeBytes: number;
  /** Unused, the part reserved for root included. */
  readonly freeBytes: number;
  /** Unused and open to every user. */
  readonly availableBytes: number;
}

export interface Room {
  /** `Size` of df: what the file system can hold, its own needs taken off. */
  readonly sizeBytes: number;
  /** `Used` of df: by anybody. */
  readonly usedBytes: number;
  /** `Avail` of df: what services can still take. */
  readonly availableBytes: number;
  /** What can be used at all, the whole of which df's `Use%` is: used and available together. */
  readonly usableBytes: number;
}

export function roomOf({ sizeBytes, freeBytes, availableBytes }: Stated): Room {
  const usedBytes = sizeBytes - freeBytes;
  return { sizeBytes, usedBytes, availableBytes, usableBytes: usedBytes + availableBytes };
}

/** Kept free of what is planned: a full file system is slow, and databases stop on it. */
export const RESERVE = 0.05;

/** What plans may have together: the size without what only root may use, or without 5 % where that is more. */
export function plannableBytes({ sizeBytes, freeBytes, availableBytes }: Stated): number {
  const reservedBytes = Math.max(freeBytes - availableBytes, sizeBytes * RESERVE);
  return Math.max(0, Math.floor(sizeBytes - reservedBytes));
}

/**
 * What the disk can really give a service: what it has and what is available. null: at least all of its plan, so that the
 * plan is what counts.
 */
export function reachableBytes(
  { usedBytes, plannedBytes }: { readonly usedBytes: number; readonly plannedBytes: number },
  { sizeBytes, availableBytes }: Stated,
): number | null {
  // Some file systems in user space do not say how large they are.
  if (sizeBytes === 0) return null;
  const reachable = usedBytes + availableBytes;
  return reachable < plannedBytes ? reachable : null;
}

/** Of what the disk can really give it. Where nothing is left, all of it, also of a service that has nothing. */
export function percentOfReachable(usedBytes: number, reachableBytes: number): number {
  return usedBytes >= reachableBytes ? 100 : percentOf(usedBytes, reachableBytes);
}

/** The level of a service that cannot have its plan, by what the disk can really give it. null: OK. */
export function firedByDisk(percent: number, levels: Levels): Fired | null {
  for (const [level, { usedPercent }] of [
    ['CRITICAL', levels.critical],
    ['WARNING', levels.warning],
  ] as const)
    if (usedPercent !== null && percent >= usedPercent)
      return { rule: 'of-disk', level, value: percent, threshold: usedPercent };
  return null;
}
