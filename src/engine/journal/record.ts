// Owns what stands in the record of a run, and what is known of a run that was read. Reads and writes nothing.
import type { Known } from '../../port/operations/operation-entry.ts';
import type { RecordedStep } from '../step-document.ts';
import type { JournalRecord, Left, Outcome, RunHeader } from './record-document.ts';

export type { JournalRecord, Left, Outcome, RecordedStep, RunHeader };

/** A run without its steps. These may be a million: see `stepsOf` and `stepsBackwards`. */
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

export const RUN_STATES = [
  'applied',
  'stopped',
  'failed',
  'interrupted',
  'damaged',
  'rolled back',
  'partly rolled back',
] as const;
export type RunState = (typeof RUN_STATES)[number];

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
