// Owns the one way in which a command changes a host: under the lock it plans, refuses or goes on, records, applies and
// looks again. What is planned, and how it is told, is the command's. Going back is rollback.ts.
import { type Applied, apply, endQuietly } from '../engine/apply.ts';
import {
  closeRun,
  damageOf,
  newestFirst,
  type OpenRun,
  openRun,
  type STEPS_A_SYNC,
  unfinished,
} from '../engine/journal/journal.ts';
import type { Outcome, RunHeader } from '../engine/journal/record.ts';
import type { Step } from '../engine/resource.ts';
import { type Diagnostic, EXIT, type ExitCode, Problem } from '../messages/diagnostic.ts';
import { type Context, haltedProblem, nothingBegun } from './context.ts';
import { standOnDisk } from './right-disk.ts';

export interface Planned {
  readonly steps: readonly Step[];
  /** How many there are, where `steps` are only the first of them. */
  readonly stepCount?: number;
  readonly refusals: readonly Diagnostic[];
  /** A signal came while it was planned: it is not whole. */
  readonly stopped?: boolean;
}

export interface Work<P extends Planned> {
  readonly command: RunHeader['command'];
  /** As a RunHeader has it. */
  readonly scope: string;
  /** Asked once nobody else acts. */
  readonly plan: () => P | Promise<P>;
  /** The steps as they are taken, where they are more than a plan holds; without it those of the plan. */
  readonly stream?: (planned: P) => Iterable<Step>;
  readonly decisions: (planned: P) => readonly string[];
  /** What to type to go on when it was stopped halfway. */
  readonly again: string;
  readonly batch?: 1 | typeof STEPS_A_SYNC;
  /** Asked once all steps are done: what is not as wanted. */
  readonly lookAgain?: () => readonly Diagnostic[];
}

export interface Ran<P extends Planned> {
  readonly planned: P;
  readonly exitCode: ExitCode;
  readonly problems: readonly Diagnostic[];
  readonly outcome: Outcome | 'unchanged' | 'refused';
  /** null where nothing was done. */
  readonly run: number | null;
  /** The unfinished run that this one completed. */
  readonly continues: number | null;
  /** The first of the steps that were taken, and how many they are. */
  readonly taken: readonly Step[];
  readonly done: number;
}

/** Whether a run of the same command on the same layout waits to be completed. */
export function isUnfinished(context: Context, work: Pick<Work<Planned>, 'command' | 'scope'>): boolean {
  return unfinishedRun(context, work) !== null;
}

function unfinishedRun(
  { host, layout }: Context,
  { command, scope }: Pick<Work<Planned>, 'command' | 'scope'>,
) {
  const run = unfinished(newestFirst(host.journal), { command, scope, base: layout.base });
  return run === null || damageOf(host.journal, run) !== null ? null : run;
}

export async function runRecorded<P extends Planned>(context: Context, work: Work<P>): Promise<Ran<P>> {
  const { host, layout, now } = context;
  const release = host.lock(context.invocation);
  try {
    const ground = await standOnDisk(context, work.command);
    const planned = await work.plan();
    const { steps, refusals, stepCount = steps.length } = planned;
    const said = ground.adopted === null ? [] : [ground.adopted];
    const nothing = { planned, problems: said, run: null, continues: null, taken: [], done: 0 } as const;
    if (planned.stopped)
      return { ...nothing, exitCode: EXIT.failed, problems: [nothingBegun(work.again)], outcome: 'stopped' };
    if (refusals.length > 0)
      return { ...nothing, exitCode: EXIT.refused, problems: refusals, outcome: 'refused' };
    const continues = unfinishedRun(context, work)?.run ?? null;
    if (stepCount === 0 && ground.moved === null) {
      ground.keep();
      if (continues !== null) closeRun(host.journal, continues, now);
      return { ...nothing, exitCode: EXIT.ok, outcome: 'unchanged', continues };
    }
    const header: RunHeader = {
      command: work.command,
      scope: work.scope,
      base: layout.base,
      program: context.program,
      root: host.root,
      decisions: [
        ...work.decisions(planned),
        ...(ground.moved === null ? [] : [ground.moved]),
        ...said.map(({ summary, detail }) => [summary, ...detail].join('; ')),
      ],
      continues,
      undoes: [],
      mountPoint: host.fileSystem(layout.base).mountPoint,
      ...ground.header,
    };
    const run = openRun(host.journal, header, now);
    const { batch = 1 } = work;
    const [unkept] = problemsOf(ground.keep);
    const applied =
      unkept === undefined
        ? await apply(work.stream?.(planned) ?? steps, host, {
            run,
            stopRequested: context.stopRequested,
            onStep: (step, i) => {
              if (i % batch === 0) context.progress(`${i + 1}/${stepCount} ${step.summary}`);
            },
            batch,
          })
        : doNothing(run, unkept);
    const { outcome, failure } = applied;
    const unkeptAfter = unkept === undefined ? problemsOf(ground.keep) : [];
    const done = applied.doneCount;
    const ran = { planned, outcome, run: run.run, continues, taken: applied.done, done };
    if (outcome !== 'applied') {
      const halt = {
        command: work.again,
        back: `rollback ${run.run}`,
        run: run.run,
        done,
        steps: Math.max(stepCount, done),
        failure,
      };
      return { ...ran, exitCode: EXIT.failed, problems: [...said, ...haltedProblem(halt), ...unkeptAfter] };
    }
    const problems = [...(work.lookAgain?.() ?? []), ...unkeptAfter];
    const exitCode = problems.length === 0 ? EXIT.ok : EXIT.failed;
    return { ...ran, exitCode, problems: [...said, ...problems] };
  } finally {
    release();
  }
}

function doNothing(run: OpenRun, failure: Diagnostic): Applied {
  endQuietly(run, 'failed', failure);
  return { outcome: 'failed', done: [], doneCount: 0, failure };
}

function problemsOf(act: () => void): readonly Diagnostic[] {
  try {
    act();
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.diagnostics;
    throw error;
  }
}
