// `jts-hot rollback`: undoes a recorded run, newest first, and leaves whatever holds data.
import { EXIT } from '../diagnostic.ts';
import { openRun, type RecordedRun, type RunState, readRuns, stateOf } from '../journal.ts';
import type { Step } from '../resource.ts';
import { chooseRuns, rollback } from '../rollback.ts';
import { type Answer, type Context, haltedProblem, requireRoot } from './command.ts';

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
      readonly steps: readonly Step[];
      /** What stays on the host, and why. */
      readonly left: readonly { readonly address: string; readonly why: string }[];
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
      steps: run.steps.length,
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
  const nothing = { outcome: 'unchanged', run: null, undoes: [], steps: [], left: [] } as const;
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
    const undoes = runs.map((run) => run.run);
    const { base } = newest;
    const run = openRun(
      host.journal,
      {
        command: 'rollback',
        program: context.program,
        root: host.root,
        base,
        decisions: [],
        continues: null,
        undoes,
      },
      now,
    );
    const { outcome, undone, left, failure } = await rollback(runs, host, {
      run,
      stopRequested: context.stopRequested,
      onStep: (step) => context.progress(step.summary),
    });
    const result = { outcome, run: run.run, undoes, steps: undone, left };
    if (outcome === 'applied') return { exitCode: EXIT.ok, problems: [], result };
    const total = runs.reduce((sum, recorded) => sum + recorded.steps.length, 0);
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
