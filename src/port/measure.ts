// Owns the questions about disk use: what is asked of a measurement, and what it answers.
import type { DataPlaces } from '../values/data-places.ts';
import type { NumberedName } from '../values/numbered-name.ts';

/** Directories to measure, each with what is below it on the same file system. */
export interface MeasureRequest {
  /** In order: a file with hard links in several of them counts in the first. None is below another, but for `apart`. */
  readonly trees: readonly string[];
  /** For each tree in order, directories that do not count in it: paths below it. Left out: none of any. */
  readonly apart?: readonly (readonly string[])[];
  /** So many levels of directories below each tree have numbers of their own: 1 is its sub-directories. */
  readonly depth: number;
  /** What to name on the way; null: nothing. */
  readonly find: FindRequest | null;
  /** What has not answered after this long is given up, and said so; null: what stands still for STANDSTILL_MS. */
  readonly timeoutMs: number | null;
  /** About ten times a second. */
  readonly onProgress: (entries: number) => void;
}

/** Files to name; each null: none of that kind. A file may be of several kinds. */
export interface FindRequest {
  /** Files whose disk use is at least this. */
  readonly filesOverBytes: number | null;
  /** `*.log` whose disk use is at least this, `notLogs` and `dataPlaces` left out. */
  readonly logsOverBytes: number | null;
  /** Data of services that is called like a log, wherever it is. */
  readonly notLogs: readonly NumberedName[];
  /** Where in each tree, in their order, whatever is called like a log is data. */
  readonly dataPlaces: readonly DataPlaces[];
  /** `*.tmp` last changed before this, in milliseconds since the epoch. */
  readonly temporaryBefore: number | null;
  /** No more than the largest so many of each kind are kept. */
  readonly most: number;
}

export interface Amount {
  /** Allocated blocks, as `du --block-size=1` counts them; directories included; each file once. */
  readonly diskBytes: number;
  /** Lengths of files and links; holes count. */
  readonly apparentBytes: number;
  /** Everything that has an inode, directories and the top itself included; each file once. */
  readonly inodes: number;
}

export interface MeasuredDirectory extends Amount {
  /** Below its tree, `a/b`; '' is the tree itself. Undecodable bytes kept (see values/file-name.ts). */
  readonly path: string;
}

export interface FoundFile {
  readonly kind: 'large' | 'log' | 'temporary';
  /** Below its tree. */
  readonly path: string;
  readonly diskBytes: number;
  readonly apparentBytes: number;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

export interface MeasuredTree {
  readonly path: string;
  /** Why there are no numbers: `missing`, `file`, `link`, `special`, `mount point`, `blocked`, the name of an errno, or `timeout`. */
  readonly error: string | null;
  readonly total: Amount;
  /** Regular files, each once. */
  readonly files: number;
  /** Totals, each with what is below it, largest first. At most DIRECTORIES_KEPT of a measurement have numbers. */
  readonly directories: readonly MeasuredDirectory[];
  readonly mountPoints: readonly string[];
  /** The first UNREADABLE_KEPT. */
  readonly unreadable: readonly { readonly path: string; readonly error: string }[];
  readonly unreadableCount: number;
  readonly found: readonly FoundFile[];
}

export interface Measured {
  /** As asked for, in order. */
  readonly trees: readonly MeasuredTree[];
  /** All that was looked at. */
  readonly entries: number;
  /** Names of files with hard links that found no room in the table of those seen: each name was counted. */
  readonly linksBeyond: number;
  /** Not all was measured: what answered no more when the time was up. */
  readonly timedOut: boolean;
}

/** A disk that shows no entry for so long is taken for one that hangs. */
export const STANDSTILL_MS = 60_000;

/** A measurement's memory does not grow with what it measures. */
export const DIRECTORIES_KEPT = 100_000;

export const UNREADABLE_KEPT = 100;
