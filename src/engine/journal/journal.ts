// Owns the record of what was done: one file a run, JSON lines, on the disk before each act. Gives back its runs and their
// steps, and says what state each is in. Where the bytes live is the host's business, which to believe journal/read.ts's.

import { JOURNAL_SCHEMA_VERSION } from '../../document/versions.ts';
import type { Diagnostic } from '../../messages/diagnostic.ts';
import type { JournalFile, JournalStore } from '../../port/journal-store.ts';
import { knownAgain, type Operation } from '../../port/operation.ts';
import type { Known } from '../../port/operations/operation-entry.ts';
import { linesBackward, linesForward } from '../../port/record-lines.ts';
import type { Step } from '../resource.ts';
import { type Chain, startChain } from './chain.ts';
import { hashesOf, withoutTexts } from './content.ts';
import { parseRecord, type ReadableRun, readRecord, type UnreadableRun } from './read.ts';
import type {
  Done,
  JournalRecord,
  Left,
  Outcome,
  ReadStep,
  RecordedRun,
  RecordedStep,
  RunHeader,
  RunState,
} from './record.ts';

export interface OpenRun {
  readonly run: number;
  /** Gives each step its number in the run. */
  doing(steps: readonly Step[]): readonly number[];
  done(steps: readonly Done[]): void;
  left(things: readonly Left[]): void;
  end(outcome: Outcome, failure: Diagnostic | null): void;
}

/** Steps whose intention is recorded with one sync. */
export const STEPS_A_SYNC = 512;

export function openRun(store: JournalStore, header: RunHeader, now: () => string): OpenRun {
  const recorded = store.runs();
  const run = (recorded.at(-1) ?? 0) + 1;
  store.content.sweep(recorded);
  const chain = startChain();
  const first = { type: 'run', schemaVersion: JOURNAL_SCHEMA_VERSION, run, at: now(), ...header } as const;
  const file = store.create(run, [chain.seal(JSON.stringify(first satisfies JournalRecord))]);
  let begun = 0;
  let leftCount = 0;
  const write = (records: readonly JournalRecord[]) => append(file, records, chain);
  return {
    run,
    doing: (steps) => {
      const first = begun + 1;
      begun += steps.length;
      // Before the record: it must not name a text that is not on the disk.
      store.content.keep(run, steps.flatMap(hashesOf));
      write(
        steps.map(({ address, do: operation, undo, needs }, i) => ({
          type: 'doing',
          step: first + i,
          at: now(),
          what: { address, do: operation, undo, needs },
        })),
      );
      return steps.map((_, i) => first + i);
    },
    done: (steps) => write(steps.map((done) => ({ type: 'done', ...done, at: now() }))),
    left: (things) => {
      leftCount += things.length;
      write(things.map(({ address, why }) => ({ type: 'left', address, why })));
    },
    end: (outcome, failure) => {
      write([{ type: 'end', at: now(), outcome, failure, steps: begun, left: leftCount }]);
      file.close();
    },
  };
}

/** Marks an unfinished run as complete: the same command found nothing left to do. */
export function closeRun(store: JournalStore, run: number, now: () => string): void {
  const found = readRecord(store.record(run), 'all');
  if ('unreadable' in found || found.run.damage !== null) return;
  let steps = 0;
  const chain = found.version === 1 ? null : startChain();
  for (const line of believedLines(store, found)) {
    chain?.follow(line);
    if (parseRecord(line)?.type === 'doing') steps += 1;
  }
  const file = store.reopen(run);
  append(file, [{ type: 'end', at: now(), outcome: 'applied', failure: null, steps, left: 0 }], chain);
  file.close();
}

function append(file: JournalFile, records: readonly JournalRecord[], chain: Chain | null): void {
  if (records.length === 0) return;
  const lines = records.map((record) => JSON.stringify(record));
  if (chain === null) return file.append(lines);
  chain.mark();
  try {
    file.append(lines.map((line) => chain.seal(line)));
  } catch (error) {
    // The file was cut back to what it was.
    chain.back();
    throw error;
  }
}

/** Newest first, each read as it is asked for: with ten thousand runs most are never looked at. */
export function* newestFirst(store: JournalStore): Generator<RecordedRun | UnreadableRun> {
  for (const file of store.newestFirst()) {
    const found = readRecord(file, 'ends');
    yield 'unreadable' in found ? found : found.run;
  }
}

/** Oldest first, those of which anything can be read. */
export function readRuns(store: JournalStore): readonly RecordedRun[] {
  return [...newestFirst(store)].flatMap((found) => ('unreadable' in found ? [] : [found])).reverse();
}

/** A run whose record is looked at from its first line to its last. */
export function readWhole(store: JournalStore, run: number): ReadableRun | UnreadableRun {
  return readRecord(store.record(run), 'all');
}

/** What is wrong with a run's record, the whole of it looked at; null: nothing. */
export function damageOf(store: JournalStore, run: RecordedRun): string | null {
  if (run.damage !== null) return run.damage;
  const found = readWhole(store, run.run);
  return 'unreadable' in found ? found.why : found.run.damage;
}

/** In the order in which they were begun; the last may not have been done. Only what can be believed. */
export function* stepsOf(store: JournalStore, found: ReadableRun): Generator<RecordedStep> {
  for (const line of believedLines(store, found)) {
    const read = parseRecord(line);
    if (read?.type === 'doing') yield withoutTexts(read.what, store.content);
  }
}

function* believedLines(store: JournalStore, found: ReadableRun): Generator<Buffer> {
  const record = store.record(found.run.run).open();
  try {
    for (const { bytes } of linesForward(record, found.end)) yield bytes;
  } finally {
    record.close();
  }
}

/** The last one first. */
export function* stepsBackwards(store: JournalStore, found: ReadableRun): Generator<ReadStep> {
  const record = store.record(found.run.run).open();
  const learnt = new Map<number, Known>();
  let unfinished: ReadStep['state'] = 'begun';
  try {
    for (const { bytes } of linesBackward(record, found.end)) {
      const read = parseRecord(bytes);
      if (read?.type === 'end' && read.failure?.code === 'E_EXISTS') unfinished = 'not ours';
      if (read?.type === 'done') learnt.set(read.step, read);
      if (read?.type !== 'doing') continue;
      const known = learnt.get(read.step);
      const step = withoutTexts(read.what, store.content);
      yield known === undefined
        ? { ...step, state: unfinished }
        : { ...step, undo: recognized(step, known), state: 'done' };
      unfinished = 'begun';
      learnt.delete(read.step);
    }
  } finally {
    record.close();
  }
}

function recognized({ do: did, undo }: RecordedStep, known: Known): Operation | null {
  return undo === null ? null : knownAgain(undo, known, did);
}

/** Which older runs newer rollbacks have undone. Call `follow` with every run, newest first. */
export interface Undone {
  follow(run: RecordedRun): void;
  stateOf(run: RecordedRun): RunState;
  /** The rollback ended; what had to stay does not count. One that was cut short must be completed first. */
  wasTried(run: RecordedRun): boolean;
}

export function startUndone(): Undone {
  const undone = new Map<number, { readonly last: Outcome | null; readonly whole: boolean }>();
  return {
    follow: ({ undoes, outcome, left }) => {
      for (const run of undoes) {
        const newer = undone.get(run);
        const whole = newer?.whole === true || (outcome === 'applied' && left === 0);
        undone.set(run, { last: newer === undefined ? outcome : newer.last, whole });
      }
    },
    stateOf: (run) => {
      const found = undone.get(run.run);
      if (found !== undefined) return found.whole ? 'rolled back' : 'partly rolled back';
      if (run.damage !== null) return 'damaged';
      return run.outcome ?? 'interrupted';
    },
    wasTried: ({ run }) => undone.get(run)?.last === 'applied',
  };
}

/**
 * The newest run, if it was left unfinished by the same command on the same layout: what a new run would complete. Not
 * where its record is damaged, or a newer run's says nothing. `newest` gives the newest first.
 */
export function unfinished(
  newest: Iterable<RecordedRun | UnreadableRun>,
  like: Pick<RunHeader, 'command' | 'scope' | 'base'>,
): RecordedRun | null {
  const undone = startUndone();
  for (const run of newest) {
    if ('unreadable' in run) return null;
    undone.follow(run);
    if (run.command === 'rollback') continue;
    if (run.command !== like.command || run.scope !== like.scope || run.base !== like.base) return null;
    const state = undone.stateOf(run);
    return state === 'interrupted' || state === 'stopped' || state === 'failed' ? run : null;
  }
  return null;
}
