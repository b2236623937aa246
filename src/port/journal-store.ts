// Owns where recorded runs are kept: files of lines, whose bytes are given as they are.
import type { ContentStore } from './content-store.ts';

/** Recorded runs. Append-only. The content of their files is returned unchecked. */
export interface JournalStore {
  /** What the steps of these runs wrote and replaced. */
  readonly content: ContentStore;
  /** Oldest first, whatever is in their files. */
  runs(): readonly number[];
  record(run: number): RecordFile;
  /** The same runs, newest first, each to be opened before the next is asked for. */
  newestFirst(): Iterable<RecordFile>;
  /** Makes the run's file with its first lines, whole or not at all; fails where it exists. */
  create(run: number, lines: readonly string[]): JournalFile;
  /** For more lines at the end of a run's file; a torn last line is cut off first. */
  reopen(run: number): JournalFile;
}

export interface RecordFile {
  readonly run: number;
  /** The caller closes it. Throws a Problem where it cannot be read, then or later. */
  open(): RecordBytes;
}

export interface RecordBytes {
  readonly size: number;
  /** Fills a buffer with what stands from `at` on, and says how much that is: less than the buffer only at the end. */
  read(into: Buffer, at: number): number;
  close(): void;
}

export interface JournalFile {
  /** Returns when the lines are on the disk. */
  append(lines: readonly string[]): void;
  close(): void;
}
