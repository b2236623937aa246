// Owns what a measurement comes to as a report: what monitor, record and serve give.
import type { Thresholds } from './report-document.ts';

/** Monitoring Plugins Development Guidelines, "Plugin Return Codes". */
export const STATUS_EXIT = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

export interface MonitorOptions {
  /** Of -w and -c: levels are then judged for this run alone, remembered by nobody and told to nobody. */
  readonly thresholds: Thresholds | null;
  /** Add a sample to the history, remember levels, tell of changes. */
  readonly record: boolean;
  /** What has not answered by then is given up. */
  readonly timeoutMs: number | null;
  /** Without root, answer from the last report where there is one to read. */
  readonly orReport?: true;
  /** Because the disk moves: not one of the samples in a row that a level may ask for. */
  readonly sooner?: true;
}
