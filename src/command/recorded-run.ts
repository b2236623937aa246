// Owns the one way in which a command changes a host, or shows what it would change: plan, refuse or go on, record, act,
// look again. What is planned, how it is done and how it is told is the command's.
import { resolve } from 'node:path';
import type { RecordedCommand } from '../catalogue/commands.ts';
import { type Applied, type ApplyOptions, apply, endQuietly } from '../engine/apply.ts';
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
import type { Host, LongProgress } from '../port/host.ts';
import { formatCount } from '../values/count.ts';
import { type Context, haltedProblem, nothingBegun } from './context.ts';
import { actsBelowBase, type Ground, isOnRecordYet, standOnDisk } from './right-disk.ts';

export interface Planned {
  readonly steps: readonly Step[];
  /** How many there are, where `steps` are only the first of them. */
  readonly stepCount?: number;
  readonly refusals: readonly Diagnostic[];
  /** A signal came while it was planned: it is not whole. */
  readonly stopped?: boolean;
}

/** What came of acting. */
export interface Acted {
  readonly outcome: Outcome;
  readonly failure: Diagnostic | null;
  readonly doneCount: number;
  /** Things that it was to change and left. */
  readonly leftCount?: number;
}

/** With what a command acts: each step is on record before it is done. */
export interface Hands {
  readonly host: Host;
  readonly run: OpenRun;
  readonly stopRequested: () => boolean;
  readonly onStep: (step: Step, index: number) => void;
  readonly onProgress: (step: Step, index: number, far: LongProgress) => void;
}

export interface Work<P extends Planned, A extends Acted> {
  readonly command: RecordedCommand;
  /** As a RunHeader has it. */
  readonly scope: string;
  /** Shows only what it would do: takes no lock, records nothing, changes nothing, works without root. */
  readonly isDry?: boolean;
  /** Reads only. */
  readonly plan: () => P | Promise<P>;
  /** Where it refuses or finds nothing to do at a first look, nobody else has to wait: no lock is taken. */
  readonly looksFirst?: boolean;
  readonly decisions: (planned: P) => readonly string[];
  /** Why a run is put on record though there is nothing to do; null: none is. */
  readonly recordsAlso?: () => string | null;
  readonly act: (planned: P, hands: Hands) => Promise<A>;
  /** Asked once all steps are done: what is not as wanted. */
  readonly lookAgain?: () => readonly Diagnostic[];
  /** What to type to go on when it was stopped halfway. */
  readonly again: (planned: P) => string;
  /** Of a command that takes its own run back, all of it: which. */
  readonly takesBack?: number | null;
  /** Of a command that goes back. */
  readonly undoing?: {
    /** As its runs were, whatever the layout says today. */
    readonly base: string;
    readonly host: Host;
    readonly runs: (planned: P) => readonly number[];
    readonly ground: (planned: P) => Promise<Ground>;
  };
}

export interface Ran<P extends Planned, A extends Acted> {
  readonly planned: P;
  readonly exitCode: ExitCode;
  readonly problems: readonly Diagnostic[];
  /** `planned`: of a dry run. */
  readonly outcome: Outcome | 'unchanged' | 'refused' | 'planned';
  /** null where nothing was done. */
  readonly run: number | null;
  /** The unfinished run that this one completed. */
  readonly continues: number | null;
  /** null: it did not come so far. */
  readonly acted: A | null;
  readonly done: number;
}

/** A dry run: what it would do, or why not. Takes no lock, records nothing, changes nothing; works without root. */
export async function dryRun<P extends Planned>(
  work: Pick<Work<P, Acted>, 'plan'>,
): Promise<Pick<Ran<P, Acted>, 'planned' | 'exitCode' | 'problems'>> {
  const planned = await work.plan();
  const { refusals } = planned;
  return { planned, exitCode: refusals.length > 0 ? EXIT.refused : EXIT.ok, problems: refusals };
}

export async function runRecorded<P extends Planned, A extends Acted>(
  context: Context,
  work: Work<P, A>,
): Promise<Ran<P, A>> {
  if (work.isDry) return runDry(work);
  if (work.looksFirst) {
    const { planned, exitCode, problems } = await dryRun(work);
    if (exitCode === EXIT.refused) return withoutRun(planned, { exitCode, problems, outcome: 'refused' });
    if (isNothing(planned, work) && isSettled(context, work) && (work.recordsAlso?.() ?? null) === null)
      return withoutRun(planned, { exitCode, problems, outcome: 'unchanged' });
  }
  const { host = context.host } = work.undoing ?? {};
  const release = host.lock(context.invocation);
  try {
    return await runLocked(context, host, work);
  } finally {
    release();
  }
}

async function runDry<P extends Planned, A extends Acted>(work: Work<P, A>): Promise<Ran<P, A>> {
  const { planned, exitCode, problems } = await dryRun(work);
  if (planned.stopped) return stoppedWhilePlanning(planned, work);
  return withoutRun(planned, {
    exitCode,
    problems,
    outcome: exitCode === EXIT.refused ? 'refused' : 'planned',
  });
}

async function runLocked<P extends Planned, A extends Acted>(
  context: Context,
  host: Host,
  work: Work<P, A>,
): Promise<Ran<P, A>> {
  const { undoing } = work;
  const layoutsGround = await standOnDisk(context, work.command);
  const planned = await work.plan();
  const { steps, refusals, stepCount = steps.length } = planned;
  if (planned.stopped) return stoppedWhilePlanning(planned, work);
  if (refusals.length > 0)
    return withoutRun(planned, { exitCode: EXIT.refused, problems: refusals, outcome: 'refused' });
  const ground = undoing === undefined ? layoutsGround : await undoing.ground(planned);
  const said = ground.adopted === null ? [] : [ground.adopted];
  const continues = unfinishedRun(context, work)?.run ?? null;
  const also = isNothing(planned, work) ? (ground.moved ?? work.recordsAlso?.() ?? null) : ground.moved;
  if (isNothing(planned, work) && also === null) {
    ground.end(true);
    if (continues !== null) closeRun(host.journal, continues, context.now);
    const unchanged = { exitCode: EXIT.ok, problems: said, outcome: 'unchanged' } as const;
    return { ...withoutRun(planned, unchanged), continues };
  }
  const base = undoing?.base ?? context.layout.base;
  const header: RunHeader = {
    command: work.command,
    scope: work.scope,
    base,
    program: context.program,
    root: host.root,
    decisions: [
      ...work.decisions(planned),
      ...(also === null ? [] : [also]),
      ...said.map(({ summary, detail }) => [summary, ...detail].join('; ')),
    ],
    continues,
    undoes: undoing?.runs(planned) ?? [work.takesBack ?? []].flat(),
    mountPoint: host.fileSystem(base).mountPoint,
    ...ground.header,
    ...(undoing === undefined && layoutOnRecord(context)),
  };
  const run = openRun(host.journal, header, context.now);
  const [unkept = null] = problemsOf(() => {
    host.journal.content.keep(run.run, header.layoutFile === undefined ? [] : [header.layoutFile.hash]);
    ground.begin();
  });
  if (unkept !== null) endQuietly(run, 'failed', unkept);
  const { stopRequested } = context;
  const onStep = (step: Step, i: number) => context.progress(`${i + 1}/${stepCount} ${step.summary}`);
  const onProgress = (step: Step, i: number, far: LongProgress) =>
    context.progress(`${i + 1}/${stepCount} ${farText(far)}: ${step.summary}`);
  const acted =
    unkept === null ? await work.act(planned, { host, run, stopRequested, onStep, onProgress }) : null;
  const { outcome, failure, doneCount: done, leftCount = 0 } = acted ?? notBegun(unkept);
  const unkeptAfter =
    unkept === null ? problemsOf(() => ground.end(outcome === 'applied' && leftCount === 0)) : [];
  const ran = { planned, outcome, run: run.run, continues, acted, done };
  if (outcome !== 'applied') {
    const halt = {
      command: work.again(planned),
      back: undoing === undefined ? `rollback ${run.run}` : null,
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
}

function farText({ looked, changed, seconds }: LongProgress): string {
  const rate = seconds < 1 ? '' : `, ${formatCount(Math.round(looked / seconds))} a second`;
  return `${formatCount(looked)} files, ${formatCount(changed)} changed${rate}`;
}

/** So that a layout file that is lost can be had again. */
function layoutOnRecord({ host, layoutFile: path, layoutText }: Context): Pick<RunHeader, 'layoutFile'> {
  if (path === null || layoutText === undefined) return {};
  return { layoutFile: { path: resolve(path), hash: host.journal.content.hold(layoutText).hash } };
}

/** Takes steps as they come. `batch`: how many go on record together. */
export function taking<P extends Planned>(
  stepsOf: (planned: P) => Iterable<Step>,
  batch: 1 | typeof STEPS_A_SYNC = 1,
  onPassedOver?: ApplyOptions['onPassedOver'],
): Work<P, Applied>['act'] {
  return (planned, { host, onStep, ...hands }) =>
    apply(stepsOf(planned), host, {
      ...hands,
      batch,
      ...(onPassedOver && { onPassedOver }),
      onStep: (step, i) => {
        if (i % batch === 0) onStep(step, i);
      },
    });
}

function stoppedWhilePlanning<P extends Planned>(
  planned: P,
  { again }: Pick<Work<P, Acted>, 'again'>,
): Ran<P, never> {
  const problems = [nothingBegun(again(planned))];
  return withoutRun(planned, { exitCode: EXIT.failed, problems, outcome: 'stopped' });
}

function withoutRun<P extends Planned>(
  planned: P,
  more: Pick<Ran<P, never>, 'exitCode' | 'problems' | 'outcome'>,
): Ran<P, never> {
  return { planned, run: null, continues: null, acted: null, done: 0, ...more };
}

function isNothing<P extends Planned>(planned: P, { undoing }: Pick<Work<P, Acted>, 'undoing'>): boolean {
  const { steps, stepCount = steps.length } = planned;
  // A run that did nothing is undone all the same.
  return undoing === undefined ? stepCount === 0 : undoing.runs(planned).length === 0;
}

/** There is nothing to be put on record: not the disk, and not the end of an earlier run. */
function isSettled(context: Context, work: Pick<Work<never, Acted>, 'command' | 'scope'>): boolean {
  const isDiskKnown = !actsBelowBase(work.command) || (isOnRecordYet(context) && !context.newDisk);
  return isDiskKnown && unfinishedRun(context, work) === null;
}

/** A run of the same command on the same layout that waits to be completed. */
function unfinishedRun(
  { host, layout }: Context,
  { command, scope }: Pick<Work<never, Acted>, 'command' | 'scope'>,
) {
  // What a rollback left undone is chosen anew by the next one.
  if (command === 'rollback') return null;
  const run = unfinished(newestFirst(host.journal), { command, scope, base: layout.base });
  return run === null || damageOf(host.journal, run) !== null ? null : run;
}

function notBegun(failure: Diagnostic | null): Acted {
  return { outcome: 'failed', failure, doneCount: 0 };
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
