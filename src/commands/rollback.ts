// `jts-hot rollback`: undoes a recorded run, newest first, and leaves whatever holds data.
import { diagnostic, EXIT, Problem } from '../diagnostic.ts';
import type { Host } from '../host/host.ts';
import {
  type Left,
  openRun,
  type RecordedRun,
  type RunState,
  readRuns,
  readSteps,
  stateOf,
} from '../journal.ts';
import type { Step } from '../resource.ts';
import { chooseRuns, rollback } from '../rollback.ts';
import { type Answer, type Context, haltedProblem, reported, requireRoot } from './command.ts';

export interface RunSummary {
  readonly run: number;
  readonly at: string;
  readonly command: RecordedRun['command'];
  readonly base: string;
  readonly state: RunState;
  readonly steps: number;
  readonly undoes: readonly number[];
  readonly decisions: readonly string[];
}

export type RollbackResult =
  | { readonly outcome: 'listed'; readonly runs: readonly RunSummary[] }
  | {
      readonly outcome: 'applied' | 'unchanged' | 'stopped' | 'failed';
      readonly run: number | null;
      readonly undoes: readonly number[];
      /** The first thousand that were undone; `stepCount` says how many there are. */
      readonly steps: readonly Step[];
      readonly stepCount: number;
      /** What stays on the host, and why: the first thousand; `leftCount` says how many there are. */
      readonly left: readonly Left[];
      readonly leftCount: number;
      /** The newest run that is still in place: what the next rollback would undo. */
      readonly remaining: number | null;
    };

export function listRuns(context: Context): Answer<RollbackResult> {
  requireRoot(context);
  const runs = readRuns(context.host.journal);
  const summaries = runs.map((run): RunSummary => {
    const { command, at, base, undoes, decisions } = run;
    return {
      run: run.run,
      at,
      command,
      base,
      state: stateOf(run, runs),
      steps: run.steps ?? readSteps(context.host.journal, run.run).length,
      undoes,
      decisions,
    };
  });
  return { exitCode: EXIT.ok, problems: [], result: { outcome: 'listed', runs: summaries } };
}

export async function rollbackCommand(
  context: Context,
  wanted: number | null,
): Promise<Answer<RollbackResult>> {
  requireRoot(context);
  const nothing = {
    outcome: 'unchanged',
    run: null,
    undoes: [],
    steps: [],
    stepCount: 0,
    left: [],
    leftCount: 0,
    remaining: null,
  } as const;
  const [last] = chooseRuns(readRuns(context.host.journal), wanted);
  // Nothing recorded: nothing to lock either.
  if (last === undefined) return { exitCode: EXIT.ok, problems: [], result: nothing };
  // The run knows which base it worked on; today's spec may name another.
  const host = context.openHost(last.base);
  const { now } = context;
  const release = host.lock('rollback');
  try {
    const runs = chooseRuns(readRuns(host.journal), wanted);
    const [newest] = runs;
    if (newest === undefined) return { exitCode: EXIT.ok, problems: [], result: nothing };
    requireSameDisk(runs, host);
    const undoes = runs.map((run) => run.run);
    const { base } = newest;
    const run = openRun(
      host.journal,
      {
        command: 'rollback',
        scope: '',
        program: context.program,
        root: host.root,
        base,
        decisions: [],
        continues: null,
        undoes,
        mountPoint: host.fileSystem(base).mountPoint,
      },
      now,
    );
    const { outcome, undone, left, failure } = await rollback(runs, host, {
      run,
      stopRequested: context.stopRequested,
      onStep: (step) => context.progress(step.summary),
    });
    const result = {
      outcome,
      run: run.run,
      undoes,
      steps: reported(undone),
      stepCount: undone.length,
      left: reported(left),
      leftCount: left.length,
      remaining: newestInPlace(host),
    };
    if (outcome === 'applied') return { exitCode: EXIT.ok, problems: [], result };
    const total = runs.reduce(
      (sum, { run: id, steps }) => sum + (steps ?? readSteps(host.journal, id).length),
      0,
    );
    const halt = {
      command: `rollback ${newest.run}`,
      back: null,
      run: run.run,
      done: undone.length,
      steps: total,
      failure,
    };
    return { exitCode: EXIT.failed, problems: haltedProblem(halt), result };
  } finally {
    release();
  }
}

function newestInPlace(host: Host): number | null {
  const runs = readRuns(host.journal);
  const undone: readonly RunState[] = ['rolled back', 'partly rolled back'];
  const inPlace = runs.filter((run) => run.command !== 'rollback' && !undone.includes(stateOf(run, runs)));
  return inPlace.at(-1)?.run ?? null;
}

/**
 * Directories hidden because their disk is not mounted look like directories that are gone: their users would be
 * deleted, and the data on that disk would be nobody's.
 */
function requireSameDisk(runs: readonly RecordedRun[], host: Host): void {
  for (const { run, base, mountPoint } of runs) {
    const now = host.fileSystem(base).mountPoint;
    if (now === mountPoint) continue;
    const missing = readSteps(host.journal, run).find(
      ({ undo }) =>
        undo?.type === 'removeDirectory' &&
        isOnTheWay(undo.path, base) &&
        host.entry(undo.path).type === 'missing',
    );
    if (missing === undefined) continue;
    throw new Problem(EXIT.refused, [
      diagnostic('E_OTHER_DISK', 'refusing to undo a run while its disk is not mounted', {
        at: missing.address,
        detail: `want ${base} on what is mounted at ${mountPoint}, found it on ${now}, without the directory`,
        hint: `mount it as it was (findmnt --target ${base}), then: jts-hot rollback ${run}`,
      }),
    ]);
  }
}

/** At the base, above it or below it: the disk that holds the base says nothing of others. */
function isOnTheWay(path: string, base: string): boolean {
  return `${base}/`.startsWith(`${path}/`) || path.startsWith(`${base}/`);
}
