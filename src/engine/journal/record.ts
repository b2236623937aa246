// Owns what stands in the record of a run, and what is known of a run that was read. Reads and writes nothing.
import type { RecordedCommand } from '../../catalogue/commands.ts';
import type { BaseDisk } from '../../disk/base-disk.ts';
import type { Diagnostic } from '../../messages/diagnostic.ts';
import type { Operation } from '../../port/operation.ts';
import type { Known } from '../../port/operations/operation-entry.ts';

/** 1 had no sums. */
export const JOURNAL_SCHEMA_VERSION = 2;

export interface RunHeader {
  readonly command: RecordedCommand;
  /** What of the layout it was about, as it was asked for: `kafka --recursive`; '' is all of it. */
  readonly scope: string;
  readonly program: string;
  readonly root: string;
  readonly base: string;
  /** What was agreed to, kept or warned of: the reasons behind the steps. */
  readonly decisions: readonly string[];
  /** The unfinished run that this one completes; undone together with it. */
  readonly continues: number | null;
  /** What held the base, or was to hold it. */
  readonly mountPoint: string;
  /** The same, to be known again. Left out: it did not look below the base, or an earlier version wrote it. */
  readonly disk?: BaseDisk;
  /** What was on record before, where --new-disk agreed to another one: its rollback puts it back. */
  readonly earlierDisk?: BaseDisk;
  /** Of a rollback: the runs it undoes, newest first. */
  readonly undoes: readonly number[];
}

export type Outcome = 'applied' | 'stopped' | 'failed';

export type JournalRecord =
  | ({
      readonly type: 'run';
      readonly schemaVersion: number;
      readonly run: number;
      readonly at: string;
    } & RunHeader)
  | { readonly type: 'doing'; readonly step: number; readonly at: string; readonly what: RecordedStep }
  | ({ readonly type: 'done'; readonly step: number; readonly at: string } & Known)
  | { readonly type: 'left'; readonly address: string; readonly why: string }
  | {
      readonly type: 'end';
      readonly at: string;
      readonly outcome: Outcome;
      readonly failure: Diagnostic | null;
      /** How many steps were begun, and how many things a rollback left. */
      readonly steps: number;
      readonly left: number;
    };

export interface RecordedStep {
  readonly address: string;
  readonly do: Operation;
  readonly undo: Operation | null;
  readonly needs: readonly string[];
}

/** A run without its steps, which may be a million: `stepsOf` and its likes give these. */
export interface RecordedRun extends RunHeader {
  readonly run: number;
  readonly at: string;
  /** null: it was killed, or is still running, or its record is damaged; then the numbers are not known either. */
  readonly outcome: Outcome | null;
  readonly steps: number | null;
  readonly left: number | null;
  /** What is wrong with the record, as far as it was looked at; null: nothing. */
  readonly damage: string | null;
}

export type RunState = Outcome | 'interrupted' | 'damaged' | 'rolled back' | 'partly rolled back';

/** What a rollback leaves on the host. */
export interface Left {
  readonly address: string;
  readonly why: string;
}

export interface Done extends Known {
  readonly step: number;
}

/** A step as it stands in the record, with what was learnt when it was done. */
export interface ReadStep extends RecordedStep {
  /**
   * `begun`: we were killed, and only the host can tell whether it was done. `not ours`: what it was to make was made by
   * somebody else in the meantime, and the run failed on it.
   */
  readonly state: 'done' | 'begun' | 'not ours';
}
