// Owns which level the disk and each service are at, by which rule, and when a level begins and ends. Pure: what was
// decided last time comes in, what is to be remembered goes out.
import type { Forecast } from './forecast.ts';

export type Level = 'OK' | 'WARNING' | 'CRITICAL';
export type Rule = 'used' | 'free' | 'inodes' | 'full-in';

/** What fired: `used` 91.2 of 90 (per cent), `free` bytes, `inodes` per cent, `full-in` seconds. */
export interface Fired {
  readonly rule: Rule;
  readonly level: 'WARNING' | 'CRITICAL';
  readonly value: number;
  readonly threshold: number;
}

/** One thing that has a level: the disk, or a service. */
export interface Measure {
  readonly usedBytes: number;
  /** What it can use at all: of the disk as df gives it, of a service its plan. */
  readonly limitBytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
  /** Of the file system; 0: it has no fixed number. */
  readonly inodesLimit: number;
  readonly forecast: Forecast;
}

/** Remembered from one run to the next. */
export interface LevelState {
  readonly level: Level;
  /** Milliseconds since the epoch: when this level began. */
  readonly since: number;
  /** By which rule; null: OK. */
  readonly fired: Fired | null;
  /** Samples in a row that asked for a higher level, and which. */
  readonly pending: { readonly level: 'WARNING' | 'CRITICAL'; readonly samples: number } | null;
}
