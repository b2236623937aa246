// Owns what a measurement comes to as a report: what monitor, record and serve give.
import type { AlertFacts } from '../alerts/deliver.ts';
import type { CheckCounts } from '../history/checks.ts';
import type { Forecast, Growth } from '../space/forecast.ts';
import type { Fired, Level } from '../space/level.ts';
import type { Usage } from '../space/measure.ts';
import type { Source } from '../space/source.ts';

/** Monitoring Plugins Development Guidelines, "Plugin Return Codes". */
export const STATUS_EXIT = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

export type Status = keyof typeof STATUS_EXIT;

/** null: the layout has switched that rule off. */
export interface Thresholds {
  readonly warningPercent: number | null;
  readonly criticalPercent: number | null;
}

export interface MonitorResult {
  readonly status: Status;
  readonly root: string;
  readonly base: string;
  /** Of the disk. */
  readonly thresholds: Thresholds;
  readonly source: Source;
  /** All that was looked at. */
  readonly entries: number;
  /** Names of files with hard links that were counted each, because too many of them were met. */
  readonly linksBeyond: number;
  readonly timedOut: boolean;
  readonly fileSystem: FileSystemUsage;
  /** Largest first. */
  readonly services: readonly ServiceUsage[];
  /** Why this is not the disk that was measured before; null: nothing speaks for that. */
  readonly otherDisk: string | null;
  readonly history: HistoryFacts;
  readonly alerts: AlertFacts;
  /** The last recorded proof of the layout (`validate --record`); null: none is known. */
  readonly checks: ChecksFacts | null;
}

export interface ChecksFacts extends CheckCounts {
  /** ISO 8601. */
  readonly at: string;
  readonly level: Level;
  readonly since: string;
  /** IDs of those that did not hold, the first so many. */
  readonly notHeld: readonly string[];
}

/** What the disk and each service have in common. */
export interface Watched {
  /** What was measured now and how long that has been so decide it; UNKNOWN where there is no measure. */
  readonly status: Status;
  /** The rule that set the level; null: OK or UNKNOWN. */
  readonly fired: Fired | null;
  readonly growth: Growth;
  readonly forecast: Forecast;
}

export interface FileSystemUsage extends Watched {
  readonly mountPoint: string;
  readonly source: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** What services can still take. */
  readonly freeBytes: number;
  /** Of what they can have at all, as df gives it. */
  readonly usedPercent: number;
  /** 0: the file system makes them as it needs them. */
  readonly inodes: number;
  readonly inodesUsed: number;
}

export interface ServiceUsage extends Usage, Watched {
  /** Of the planned space; null where it is unknown. */
  readonly usedPercent: number | null;
}

export interface HistoryFacts {
  /** Whether this run added a sample. */
  readonly recorded: boolean;
  readonly samples: number;
  /** ISO 8601; null: none yet. */
  readonly since: string | null;
  /** Why nothing was recorded; damage that was set aside. */
  readonly notes: readonly string[];
}

export interface MonitorOptions {
  /** Of -w and -c: levels are then judged for this run alone, remembered by nobody and told to nobody. */
  readonly thresholds: Thresholds | null;
  /** Add a sample to the history, remember levels, tell of changes. */
  readonly record: boolean;
  /** What has not answered by then is given up. */
  readonly timeoutMs: number | null;
  /** Because the disk moves: not one of the samples in a row that a level may ask for. */
  readonly sooner?: true;
}
