// Owns acting: takes steps one by one, records each before it is done, checks it after, and stops cleanly on a signal
// or a failure. Knows nothing of what the steps are about.
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host, LongProgress, LongWork } from '../port/host.ts';
import {
  describeOperation,
  effectOf,
  isLong,
  knownBy,
  type LongOperation,
  type Operation,
} from '../port/operation.ts';
import type { Known } from '../port/operations/operation-entry.ts';
import { startTally } from '../values/tally.ts';
import type { OpenRun, STEPS_A_SYNC } from './journal/journal.ts';
import type { Outcome } from './journal/record.ts';
import { OBSTACLES } from './obstacles.ts';
import type { Step } from './resource.ts';

export interface Applied {
  readonly outcome: Outcome;
  /** The first of them, and how many there are. */
  readonly done: readonly Step[];
  readonly doneCount: number;
  readonly failure: Diagnostic | null;
}

export interface ApplyOptions {
  /** Where this is given, the run goes on past a thing that cannot be changed, and calls it with the reason. */
  readonly onPassedOver?: (step: Step, why: Diagnostic) => void;
  readonly run: OpenRun;
  /** Called between steps; true: the run ends here, and what is done stays done. */
  readonly stopRequested: () => boolean;
  readonly onStep?: (step: Step, index: number) => void;
  /** Called while a step that takes long is done. */
  readonly onProgress?: (step: Step, index: number, far: LongProgress) => void;
  /** How many steps are recorded with one sync. 1, except for the many small steps of a recursive repair. */
  readonly batch?: 1 | typeof STEPS_A_SYNC;
}

/** Takes the steps as they come, and keeps no more than a batch of them: there may be millions. */
export async function apply(steps: Iterable<Step>, host: Host, options: ApplyOptions): Promise<Applied> {
  const done = startTally<Step>();
  const { run, batch = 1 } = options;
  const finish = (outcome: Outcome, failure: Diagnostic | null): Applied => {
    endQuietly(run, outcome, failure);
    return { outcome, done: done.first, doneCount: done.count, failure };
  };
  let passedOver: string | null = null;
  try {
    for (const some of inBatchesOf(batch, steps)) {
      // Signals are delivered when the event loop turns: give it the chance between steps, never within one.
      await new Promise((resolve) => setImmediate(resolve));
      if (options.stopRequested()) return finish('stopped', null);
      const numbers = run.doing(some);
      const known: (Known & { readonly step: number })[] = [];
      for (const [i, step] of some.entries()) {
        // The other steps of this thing depend on the one that was not done.
        if (step.address === passedOver) continue;
        options.onStep?.(step, done.count);
        const did = isLong(step.do)
          ? await performLong(step.do, host, {
              stopRequested: options.stopRequested,
              onProgress: (far) => options.onProgress?.(step, done.count, far),
            })
          : performOr(step, host, options.onPassedOver);
        if (did === 'stopped') return finish('stopped', null);
        if (did === null) passedOver = step.address;
        else {
          known.push({ step: numbers[i] ?? 0, ...did });
          done.add(step);
        }
      }
      if (known.length > 0) run.done(known);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return finish('failed', error.diagnostics[0] ?? null);
  }
  return finish('applied', null);
}

function* inBatchesOf(size: number, steps: Iterable<Step>): Generator<readonly Step[]> {
  let some: Step[] = [];
  for (const step of steps) {
    some.push(step);
    if (some.length < size) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** null: it was passed over. */
function performOr(step: Step, host: Host, onPassedOver: ApplyOptions['onPassedOver']): Known | null {
  try {
    return perform(step.do, host);
  } catch (error) {
    const [why] = error instanceof Problem ? error.diagnostics : [];
    if (onPassedOver === undefined || why === undefined || !isOfOneThing(why)) throw error;
    onPassedOver(step, why);
    return null;
  }
}

/** This includes a thing that was swapped while we looked at it. */
function isOfOneThing({ code }: Diagnostic): boolean {
  return OBSTACLES.has(code) || code === 'E_NO_EFFECT' || code === 'E_LOOK';
}

/** Does one operation and checks its effect. Returns what its undo needs to recognise the thing. Throws a Problem if it failed. */
export function perform(operation: Operation, host: Host): Known {
  host.perform(operation);
  return knownOnce(operation, host);
}

/** The same of what takes long. `stopped`: some of it is done, and is found again. */
export async function performLong(
  operation: LongOperation,
  host: Host,
  how: LongWork,
): Promise<Known | 'stopped'> {
  return (await host.performLong(operation, how)) === 'stopped' ? 'stopped' : knownOnce(operation, host);
}

function knownOnce(operation: Operation, host: Host): Known {
  const seen = 'path' in operation ? host.entry(operation.path) : undefined;
  const effect = effectOf(operation, host, seen);
  if (effect.state === 'done') return knownBy(operation, host, seen);
  throw new Problem(EXIT.failed, [
    diagnostic('E_NO_EFFECT', 'cannot see the effect of a step that reported success', {
      detail: [
        describeOperation(operation),
        effect.state === 'changed' ? effect.why : 'the host is as it was before',
      ],
      hint: 'somebody else may be changing the host at the same time; run the same command again',
    }),
  ]);
}

/** The end record is for the list of runs only: a full disk must not hide what the run has to say. */
export function endQuietly(run: OpenRun, outcome: Outcome, failure: Diagnostic | null): void {
  try {
    run.end(outcome, failure);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}
