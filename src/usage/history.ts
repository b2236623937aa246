// Owns what is kept from one run to the next, as seen by commands: samples, levels, alerts still to be delivered, the
// last report. How it is kept in a file is host/history-file.ts.
import type { AlertEvent } from '../alert/event.ts';
import type { LevelState } from './levels.ts';

/** The subject that stands for the disk. No service can be called so. */
export const DISK = '/';

export interface Use {
  readonly usedBytes: number;
  readonly inodes: number;
  /** Of a service its planned size; of the disk what can be used at all, as df gives it. */
  readonly limitBytes: number;
}

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** By subject: `DISK` or the name of a service. What could not be measured is not in it. */
  readonly uses: ReadonlyMap<string, Use>;
}

export interface Delivery {
  readonly id: number;
  readonly channel: string;
  readonly event: AlertEvent;
  readonly attempts: number;
  /** Of the last attempt; null: none failed. */
  readonly error: string | null;
  /** Milliseconds since the epoch; null: not delivered yet. */
  readonly deliveredAt: number | null;
}

/** One host's one base directory. Samples of others in the same file are kept and never mixed in. */
export interface History {
  /** Said once at opening: a damaged file that was set aside, samples of another host, a clock that was set back. */
  readonly notes: readonly string[];
  /** All or nothing, and nobody else's change in between. Synchronous. */
  transaction<T>(act: () => T): T;
  /** Inside a transaction. Also thins what is old. */
  append(sample: Sample): void;
  /** Oldest first, from `since` on (milliseconds since the epoch); of one subject or of all. */
  samples(query: { readonly since: number; readonly subject?: string }): readonly Sample[];
  /** For forecasts: at most about `most` samples from `since` on, evenly chosen, the newest always among them. */
  thinned(query: { readonly since: number; readonly most: number }): readonly Sample[];
  /** Of all samples of this host and base. */
  extent(): { readonly samples: number; readonly first: number | null; readonly last: number | null };
  levels(): ReadonlyMap<string, LevelState>;
  setLevels(levels: ReadonlyMap<string, LevelState>): void;
  /** Inside a transaction: one delivery for each channel named. */
  enqueue(event: AlertEvent, channels: readonly string[]): void;
  /** When each subject was last told of, by channel, with the level told. For repeats. */
  lastTold(): readonly {
    readonly channel: string;
    readonly subject: string;
    readonly level: string;
    readonly at: number;
  }[];
  /** Takes what is due, so that no other run delivers it too for `leaseMs`. Oldest first. */
  claim(now: number, leaseMs: number): readonly Delivery[];
  delivered(id: number, at: number): void;
  failed(id: number, error: string, tryAgainAt: number): void;
  /** The newest first. */
  deliveries(most: number): readonly Delivery[];
  /** The last MonitorResult as JSON, with its time. */
  report(): { readonly at: number; readonly json: string } | null;
  setReport(at: number, json: string): void;
  close(): void;
}
