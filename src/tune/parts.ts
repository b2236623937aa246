// Owns what a part of the disk's tuning says: how it is now and for good, what would make it as it should be, and what no step
// can mend. Each part has a file of its own.
import type { Wanted } from '../engine/examine.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import type { TuneRow } from './tune-document.ts';

export interface Part {
  /** In the order of work. */
  readonly wanted: readonly Wanted[];
  readonly rows: readonly TuneRow[];
  /** What must not be done: the first of them refuses all. */
  readonly refusals: readonly Diagnostic[];
  /** What is not as wanted, and no step mends: it is said, and all else is done. */
  readonly open: readonly Diagnostic[];
}

export function isAsTuned({ isNow, isForGood }: TuneRow): boolean {
  return isNow && isForGood;
}
