// Owns the record of what was done: one file a run, JSON lines, on the disk before each act. Reads it back into runs
// and says what state each is in. Where the bytes live is the host's business.
import { type Diagnostic, diagnostic, EXIT, Problem } from './diagnostic.ts';
import type { JournalFile, JournalStore } from './host/host.ts';
import type { Operation } from './operation.ts';
import type { Step } from './resource.ts';

export const JOURNAL_SCHEMA_VERSION = 1;

export interface RunHeader {
  readonly command: 'setup' | 'repair' | 'schedule' | 'rollback';
  /** What of the layout it was about, as it was asked for: `kafka --recursive`; '' is all of it. */
  readonly scope: string;
  readonly program: string;
  readonly root: string;
  readonly base: string;
  /** What was agreed to, kept or warned of: the reasons behind the steps. */
  readonly decisions: readonly string[];
  /** The unfinished run that this one completes; undone together with it. */
  readonly continues: number | null;
  /** What holds, or will hold, the base: a rollback must not take another disk for an empty one. */
  readonly mountPoint: string;
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
  | {
      readonly type: 'done';
      readonly step: number;
      readonly at: string;
      /** Of a directory that was made: how its undo knows it again, whoever has it by then. */
      readonly inode?: string;
    }
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

/** A run without its steps, which may be a million: `readSteps` gives these. */
export interface RecordedRun extends RunHeader {
  readonly run: number;
  readonly at: string;
  /** null: it was killed, or is still running; then the numbers are not known either. */
  readonly outcome: Outcome | null;
  readonly steps: number | null;
  readonly left: number | null;
}

export type RunState = Outcome | 'interrupted' | 'rolled back' | 'partly rolled back';

/** What a rollback leaves on the host. */
export interface Left {
  readonly address: string;
  readonly why: string;
}

export interface Done {
  readonly step: number;
  readonly inode?: string;
}

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
  const run = (store.runs().at(-1) ?? 0) + 1;
  const file = store.create(run);
  write(file, [{ type: 'run', schemaVersion: JOURNAL_SCHEMA_VERSION, run, at: now(), ...header }]);
  let begun = 0;
  let leftCount = 0;
  return {
    run,
    doing: (steps) => {
      const first = begun + 1;
      begun += steps.length;
      write(
        file,
        steps.map(({ address, do: operation, undo, needs }, i) => ({
          type: 'doing',
          step: first + i,
          at: now(),
          what: { address, do: operation, undo, needs },
        })),
      );
      return steps.map((_, i) => first + i);
    },
    done: (steps) =>
      write(
        file,
        steps.map((done) => ({ type: 'done', ...done, at: now() })),
      ),
    left: (things) => {
      leftCount += things.length;
      write(
        file,
        things.map(({ address, why }) => ({ type: 'left', address, why })),
      );
    },
    end: (outcome, failure) => {
      write(file, [{ type: 'end', at: now(), outcome, failure, steps: begun, left: leftCount }]);
      file.close();
    },
  };
}

/** Marks an unfinished run as complete: the same command found nothing left to do. */
export function closeRun(store: JournalStore, run: number, now: () => string): void {
  const steps = readSteps(store, run).length;
  const file = store.reopen(run);
  write(file, [{ type: 'end', at: now(), outcome: 'applied', failure: null, steps, left: 0 }]);
  file.close();
}

function write(file: JournalFile, records: readonly JournalRecord[]): void {
  if (records.length === 0) return;
  file.append(records.map((record) => JSON.stringify(record)));
}

/**
 * Oldest first. Reads the ends of each file only: how much a run did must not slow down the next one. A file whose
 * first record never reached the disk recorded no act, and is left out.
 */
export function readRuns(store: JournalStore): readonly RecordedRun[] {
  return store.runs().flatMap((run) => {
    const { first, last } = store.readEnds(run);
    return first === null || last === null ? [] : [parseRun(run, first, last)];
  });
}

function parseRun(run: number, first: string, last: string): RecordedRun {
  const header = parseRecord(first, `run ${run}, line 1`);
  if (header.type !== 'run') throw corrupt(`run ${run}, line 1`, 'want the header of a run');
  if (header.schemaVersion !== JOURNAL_SCHEMA_VERSION)
    throw corrupt(
      `run ${run}, line 1`,
      `want schema version ${JOURNAL_SCHEMA_VERSION}, found ${header.schemaVersion}`,
    );
  const { type: _, schemaVersion, ...rest } = header;
  const end = parseRecord(last, `run ${run}, last line`);
  return end.type === 'end'
    ? { ...rest, run, outcome: end.outcome, steps: end.steps, left: end.left }
    : { ...rest, run, outcome: null, steps: null, left: null };
}

/** In the order in which they were begun; the last may not have been done. */
export function readSteps(store: JournalStore, run: number): readonly RecordedStep[] {
  const steps: RecordedStep[] = [];
  let line = 0;
  for (const text of store.read(run)) {
    line += 1;
    const record = parseRecord(text, `run ${run}, line ${line}`);
    if (record.type === 'doing') steps.push(record.what);
    if (record.type === 'done' && record.inode !== undefined) knowAgain(steps, record.step - 1, record.inode);
  }
  return steps;
}

function knowAgain(steps: RecordedStep[], index: number, inode: string): void {
  const step = steps[index];
  if (step?.undo?.type === 'removeDirectory') steps[index] = { ...step, undo: { ...step.undo, inode } };
}

const TYPES = new Set(['run', 'doing', 'done', 'left', 'end']);

function parseRecord(line: string, at: string): JournalRecord {
  try {
    const record = JSON.parse(line) as JournalRecord;
    const whole = record.type !== 'doing' || typeof record.what?.address === 'string';
    if (TYPES.has(record.type) && whole) return record;
  } catch {
    // Falls through: said below, with the place.
  }
  throw corrupt(at, `found ${JSON.stringify(line.slice(0, 60))}`);
}

function corrupt(at: string, detail: string): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_JOURNAL', 'cannot read the record of earlier runs', {
      at: `journal ${at}`,
      detail,
      hint: 'look at it in /var/lib/jts-hot/journal; moved away (mv), it is no longer read, and its run cannot be rolled back',
    }),
  ]);
}

export function stateOf(run: RecordedRun, runs: readonly RecordedRun[]): RunState {
  const undone = runs.filter((other) => other.undoes.includes(run.run));
  if (undone.some((rollback) => rollback.outcome === 'applied' && rollback.left === 0)) return 'rolled back';
  if (undone.length > 0) return 'partly rolled back';
  return run.outcome ?? 'interrupted';
}

/** The newest run, if it was left unfinished by the same command on the same layout: what a new run would complete. */
export function unfinished(
  runs: readonly RecordedRun[],
  like: Pick<RunHeader, 'command' | 'scope' | 'base'>,
): RecordedRun | null {
  const newest = runs.findLast((run) => run.command !== 'rollback');
  if (newest === undefined || newest.command !== like.command) return null;
  if (newest.scope !== like.scope || newest.base !== like.base) return null;
  const state = stateOf(newest, runs);
  return state === 'interrupted' || state === 'stopped' || state === 'failed' ? newest : null;
}
