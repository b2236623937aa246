// Owns undoing: which recorded runs, in which order, and for each recorded step whether its undo is still to be done,
// was done already, or must be left because something is there now that was not there before.
import { setImmediate } from 'node:timers/promises';
import { endQuietly, perform } from './apply.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from './diagnostic.ts';
import { effectOf } from './effect.ts';
import type { Host } from './host/host.ts';
import {
  type Done,
  type Left,
  type OpenRun,
  type Outcome,
  type RecordedRun,
  type RecordedStep,
  readSteps,
  STEPS_A_SYNC,
  stateOf,
} from './journal.ts';
import { describeOperation, type Operation } from './operation.ts';
import type { Step } from './resource.ts';

export interface RolledBack {
  readonly outcome: Outcome;
  readonly undone: readonly Step[];
  /** What stays on the host, and why. */
  readonly left: readonly Left[];
  readonly failure: Diagnostic | null;
}

/** The runs to undo, newest first: the one asked for (default: the newest) and the unfinished ones it completed. */
export function chooseRuns(runs: readonly RecordedRun[], wanted: number | null): readonly RecordedRun[] {
  const acting = runs.filter((run) => run.command !== 'rollback');
  const open = acting.filter((run) => stateOf(run, runs) !== 'rolled back');
  const untried = open.filter((run) => !wasTried(run, runs));
  const chosen = wanted === null ? (untried.at(-1) ?? open.at(-1)) : acting.find((run) => run.run === wanted);
  if (chosen === undefined) {
    if (wanted === null) return [];
    throw new Problem(EXIT.usage, [
      diagnostic('E_UNKNOWN_RUN', 'cannot find a recorded run of that number', {
        at: 'RUN',
        detail:
          acting.length === 0
            ? `want run ${wanted}, found that no run is recorded`
            : `want one of ${acting.map((run) => run.run).join(', ')}; found ${wanted}`,
        hint: 'see: jts-hot rollback --list',
      }),
    ]);
  }
  if (stateOf(chosen, runs) === 'rolled back') return [];
  const chain = withContinued(chosen, acting);
  const newer = untried.filter((run) => run.run > chosen.run && !chain.includes(run)).at(-1);
  if (newer !== undefined)
    throw new Problem(EXIT.refused, [
      diagnostic('E_ROLLBACK_ORDER', 'refusing to undo a run while a newer one stands on it', {
        detail: `want the newest first, which is run ${newer.run}; found run ${chosen.run} asked for`,
        hint: `first: jts-hot rollback ${newer.run}`,
      }),
    ]);
  return chain;
}

/** Undone to the end, but for what had to stay. A rollback that was cut short must be taken up again first. */
function wasTried(run: RecordedRun, runs: readonly RecordedRun[]): boolean {
  return runs.findLast((other) => other.undoes.includes(run.run))?.outcome === 'applied';
}

function withContinued(run: RecordedRun, runs: readonly RecordedRun[]): readonly RecordedRun[] {
  const before = runs.find((other) => other.run === run.continues);
  return before === undefined ? [run] : [run, ...withContinued(before, runs)];
}

export interface RollbackOptions {
  readonly run: OpenRun;
  readonly stopRequested: () => boolean;
  readonly onStep?: (step: Step) => void;
}

export async function rollback(
  runs: readonly RecordedRun[],
  host: Host,
  options: RollbackOptions,
): Promise<RolledBack> {
  const undone: Step[] = [];
  /** The first reason an address is left for is the true one. */
  const left = new Map<string, string>();
  /** Why an address must stay: something that was left needs it. */
  const needed = new Map<string, string>();
  const { run } = options;
  const leave = (step: Pick<RecordedStep, 'address' | 'needs'>, why: string): readonly Left[] => {
    for (const need of step.needs) if (!needed.has(need)) needed.set(need, `${step.address} is still there`);
    if (left.has(step.address)) return [];
    left.set(step.address, why);
    return [{ address: step.address, why }];
  };
  try {
    const steps = runs.flatMap((recorded) => readSteps(host.journal, recorded.run).toReversed());
    const made = new Set(steps.filter((step) => makesNew(step)).map((step) => step.address));
    for (const some of inBatches(steps)) {
      await setImmediate();
      if (options.stopRequested()) return finish('stopped', null);
      const leaving: Left[] = [];
      const undos: Undo[] = [];
      for (const step of some) {
        // What these runs made goes or stays as a whole: if it holds data it keeps the owner that can read it.
        if (made.has(step.address) && !makesNew(step)) continue;
        const why = whyLeft(step, host, needed);
        if (why === 'done already') continue;
        if (why === null && step.undo !== null) undos.push({ ...step, undo: step.undo });
        else leaving.push(...leave(step, why ?? 'it cannot be undone'));
      }
      const numbers = run.doing(undos.map(undoStep));
      const done: Done[] = [];
      for (const [i, undo] of undos.entries()) {
        const recorded = { step: numbers[i] as number };
        // Two runs may have recorded the same change, the first one without doing it: one undo serves both.
        if (effectOf(undo.undo, host).state === 'done') {
          done.push(recorded);
          continue;
        }
        const step = undoStep(undo);
        options.onStep?.(step);
        const obstacle = tryToUndo(undo.undo, host);
        if (obstacle === null) {
          done.push(recorded);
          undone.push(step);
        } else leaving.push(...leave(undo, obstacle));
      }
      run.done(done);
      run.left(leaving);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return finish('failed', error.diagnostics[0] ?? null);
  }
  return finish('applied', null);

  function finish(outcome: Outcome, failure: Diagnostic | null): RolledBack {
    endQuietly(run, outcome, failure);
    return { outcome, undone, left: [...left].map(([address, why]) => ({ address, why })), failure };
  }
}

type Undo = RecordedStep & { readonly undo: Operation };

/** What is about this one thing, and will be so next time: it stays, and the others go on. */
const OBSTACLES: ReadonlySet<string> = new Set([
  'E_ACCOUNT_IN_USE',
  'E_CHANGED',
  'E_EXISTS',
  'E_HARD_LINKS',
  'E_LEFT_ASIDE',
  'E_NOT_EMPTY',
  'E_NOT_THERE',
  'E_NO_SYSTEMD',
  'E_UNREACHABLE',
  'E_WAY_OPEN',
]);

/** null: it is undone. Throws where the host itself is in trouble: a full disk, a lock. */
function tryToUndo(undo: Operation, host: Host): string | null {
  try {
    perform(undo, host);
    return null;
  } catch (error) {
    const [problem] = error instanceof Problem ? error.diagnostics : [];
    if (problem === undefined || !OBSTACLES.has(problem.code)) throw error;
    return [problem.summary, ...problem.detail.slice(-1)].join(': ');
  }
}

/** null: its undo can be performed. */
function whyLeft(step: RecordedStep, host: Host, needed: ReadonlyMap<string, string>): string | null {
  if (step.undo === null) return 'it cannot be undone';
  const effect = effectOf(step.undo, host);
  if (effect.state === 'done') return 'done already';
  return needed.get(step.address) ?? (effect.state === 'changed' ? effect.why : null);
}

/** Changes to different things do not depend on each other and may be a million: many share one sync. */
function inBatches(steps: readonly RecordedStep[]): readonly (readonly RecordedStep[])[] {
  const batches: RecordedStep[][] = [];
  // Two runs may have changed the same thing: what the older one's undo finds is known once the newer one's is done.
  let inBatch = new Set<string>();
  for (const step of steps) {
    const last = batches.at(-1);
    const change = `${step.undo?.type} ${step.address}`;
    const joins =
      last !== undefined && last.length < STEPS_A_SYNC && last.slice(0, 1).every(isChange) && isChange(step);
    if (joins && !inBatch.has(change)) {
      last.push(step);
    } else {
      batches.push([step]);
      inBatch = new Set();
    }
    inBatch.add(change);
  }
  return batches;
}

function isChange(step: RecordedStep): boolean {
  return step.undo?.type === 'changeOwner' || step.undo?.type === 'changeMode';
}

function makesNew(step: RecordedStep): boolean {
  return (
    step.undo?.type === 'removeDirectory' ||
    step.undo?.type === 'deleteUser' ||
    step.undo?.type === 'deleteGroup'
  );
}

function undoStep(step: Undo): Step {
  const { address, undo } = step;
  const summary = describeOperation(undo);
  return {
    address,
    action: '~',
    summary,
    reason: 'undoes a recorded step',
    do: undo,
    undo: step.do,
    needs: [],
  };
}
