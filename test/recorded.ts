// Owns how tests look at recorded runs: their lines as they stand in the file, their steps and states as lists.

import { readWhole, startUndone, stepsBackwards } from '../src/engine/journal/journal.ts';
import type { ReadStep, RecordedRun, RunState } from '../src/engine/journal/record.ts';
import type { JournalStore } from '../src/port/journal-store.ts';
import { endOfLines, linesForward } from '../src/port/record-lines.ts';

/** Whole lines, whatever is in them. */
export function linesOf(store: JournalStore, run: number): readonly string[] {
  const record = store.record(run).open();
  try {
    return Array.from(linesForward(record, endOfLines(record)), ({ bytes }) => bytes.toString());
  } finally {
    record.close();
  }
}

/** In the order in which they were begun, with what was learnt when each was done. */
export function readSteps(store: JournalStore, run: number): readonly ReadStep[] {
  const found = readWhole(store, run);
  return 'unreadable' in found ? [] : [...stepsBackwards(store, found)].reverse();
}

/** `runs`: oldest first. */
export function stateOf(run: RecordedRun, runs: readonly RecordedRun[]): RunState {
  const undone = startUndone();
  for (const other of runs.toReversed()) undone.follow(other);
  return undone.stateOf(run);
}
