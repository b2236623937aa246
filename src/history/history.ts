// Owns what is kept from one run to the next, as seen by commands: samples, levels, alerts still to be delivered, the
// last report, what commands measured and did. How it is kept in a file is history/store/file.ts.

import type { Diagnostic } from '../messages/diagnostic.ts';
import type { BootClock } from '../port/host.ts';
import type { LevelState } from '../space/level.ts';
import type { DiskLook, LookMemory, LookRing } from '../space/looks.ts';
import type { ChecksOutcome } from './checks.ts';
import type { AlertEvent } from './event.ts';
import type { Kept, KeptKind } from './kept.ts';

/** The subject that stands for the disk. No service can be called so. */
export const DISK = '/';

/** With the name of a service behind it: the subject that stands for a file system of its own. No service can be called so. */
export const OWN_FILE_SYSTEM = '/file-system/';

/** The disk, or a file system that a service has of its own: what has an end, and not a plan. */
export function isFileSystem(subject: string): boolean {
  return subject === DISK || subject.startsWith(OWN_FILE_SYSTEM);
}

/** With a serial number behind it: the subject that stands for a disk's own health. No service can be called so. */
export const DISK_HEALTH = '/disk/';

/** With the name of a service behind it: the subject that stands for its backups. No service can be called so. */
export const BACKUPS = '/backup/';

/** The subject that stands for all services together, when none was measured. No service can be called so. */
export const ALL_SERVICES = '*';

export interface Use {
  readonly usedBytes: number;
  readonly inodes: number;
  /** Of a service its planned size; of the disk what can be used at all, as df gives it. */
  readonly limitBytes: number;
}

export interface Sample {
  /** Milliseconds since the epoch, by the clock on the wall; of one that was read: what that was taken for (`timeOf`). */
  readonly at: number;
  /** By subject: `DISK`, `OWN_FILE_SYSTEM` with a service, or the name of a service. What could not be measured is not in it. */
  readonly uses: ReadonlyMap<string, Use>;
  /** Of the moment `at`, where the host says it; kept, and not read again. */
  readonly clock?: BootClock | null;
}

export interface Delivery {
  readonly id: number;
  readonly channel: string;
  readonly event: AlertEvent;
  /** Those that ended, the one that delivered it included. */
  readonly attempts: number;
  /** Of the last attempt; null: none failed. */
  readonly error: string | null;
  /** Milliseconds since the epoch; null: not delivered yet. */
  readonly deliveredAt: number | null;
}

/** This many samples show how far apart they usually are. */
export const RECENT_SAMPLES = 9;

/**
 * How a host opens its history. `write` makes one where there is none; `published` reads the copy that was made last, as
 * `read` does for all but root; what it is opened for is all that it does.
 */
export interface HistoryAccess {
  readonly mode: 'read' | 'write' | 'published';
  /** Who may read it beside root, from the next write on; null: nobody. */
  readonly group: string | null;
}

/** One host's one base directory. Samples of others in the same file are kept and never mixed in. */
export interface History {
  /** What happened now, in opening it and since: a damaged file that was set aside, a clock that was set back. */
  readonly notes: readonly string[];
  /** What stays as it is from run to run, for those who ask: samples of another host, files that were set aside earlier. */
  readonly remarks: readonly string[];
  /** Of the file itself: that it was set aside, and what of it is lost. Grows while it is open: damage shows when it is read. */
  readonly problems: readonly Diagnostic[];
  /** All or nothing, and nobody else's change in between. Synchronous. */
  transaction<T>(act: () => T): T;
  /** Inside a transaction. Also thins what is old (thinning.ts), a bounded piece at a time. */
  append(sample: Sample): void;
  /** Milliseconds since the epoch: what a sample of this moment would be taken for. `wall` itself, unless that cannot be. */
  timeOf(look: { readonly wall: number; readonly clock: BootClock | null }): number;
  /** All there are, in order of time, from `since` on (milliseconds since the epoch); of one subject or of all. */
  samples(query: { readonly since: number; readonly subject?: string }): readonly Sample[];
  /**
   * For forecasts: at most about `most` samples from `since` to `until`, at even distances that keep the time of day, the
   * newest always among them, no two of one time. Without `until` nothing that is ahead of the last one recorded: the
   * clock was wrong then.
   */
  thinned(query: {
    readonly since: number;
    readonly until?: number;
    readonly most: number;
    readonly subject?: string;
  }): readonly Sample[];
  /** When the last RECENT_SAMPLES were taken, by the clock of then, the newest first. */
  recentTimes(): readonly number[];
  /** Inside a transaction. Kept in rings of fixed size: the history does not grow by it. */
  addLook(look: DiskLook): void;
  /** Those of `ring` since then (milliseconds since the epoch), in order of time. */
  looks(query: { readonly ring: LookRing; readonly since: number }): readonly DiskLook[];
  lookMemory(): LookMemory;
  setLookMemory(memory: LookMemory): void;
  /** Of all samples of this host and base; `first` and `last` in order of time, impossible times left out. */
  extent(): { readonly samples: number; readonly first: number | null; readonly last: number | null };
  /** Every subject that any sample in the file has, in no order. */
  subjects(): readonly string[];
  levels(): ReadonlyMap<string, LevelState>;
  setLevels(levels: ReadonlyMap<string, LevelState>): void;
  /** Inside a transaction: one delivery for each channel named, due at once. From then on it counts as told. */
  enqueue(event: AlertEvent, channels: readonly string[]): void;
  /**
   * When each subject was last told of, by channel, with the level told: what was enqueued last (in the order of writing,
   * not of time: clocks are set back), tests left out. Kept however old it is: it is what the all-clear answers to.
   */
  lastTold(): readonly {
    readonly channel: string;
    readonly subject: string;
    readonly level: string;
    readonly at: number;
  }[];
  /**
   * Takes what one channel is still to be told, so that no other run delivers it too for `leaseMs` (below a day). Oldest
   * first. All of it or nothing: nothing while another run holds some of it, or else news would overtake news; nothing
   * while none of it is due, and all of it as soon as one is. A lease ends with `delivered`, `failed`, or its time; one
   * that was taken in the future (the clock was set back) has ended.
   */
  claim(now: number, leaseMs: number, channel: string): readonly Delivery[];
  delivered(id: number, at: number): void;
  failed(id: number, error: string, tryAgainAt: number): void;
  /** The newest first, those still to be delivered among them. */
  deliveries(most: number): readonly Delivery[];
  /** The last MonitorResult as JSON, with its time. */
  report(): { readonly at: number; readonly json: string } | null;
  setReport(at: number, json: string): void;
  /** What the last recorded proof of the layout came to; null: none was recorded. */
  checks(): ChecksOutcome | null;
  setChecks(outcome: ChecksOutcome): void;
  /** Inside a transaction. Of each kind and subject the first and the newest MOST_KEPT stay. */
  keep(kept: Kept): void;
  /** In the order in which it was kept, of one subject or of all. */
  kept(query: { readonly kind: KeptKind; readonly subject?: string }): readonly Kept[];
  /**
   * What was recorded of this base goes on as that of another one of this machine, to which all of it was moved. `beside`: of
   * that one samples were recorded already, so both stay. Closed and opened anew for that base afterwards.
   */
  goOnAs(base: string): 'taken along' | 'nothing' | 'beside';
  /** Makes the copy that its readers beside root get, with everything that is in it now. Outside of a transaction. */
  publish(): void;
  close(): void;
}
