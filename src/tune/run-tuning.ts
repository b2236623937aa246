// Owns the one way in which a part of the tuning is checked or applied: looked at, done as a recorded run, looked at again. What is
// planned and how it is reported is the part's.
import { type Answer, type Context, notVerified, requireRoot } from '../command/context.ts';
import { dryRun, runRecorded, taking, type Work } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import type { Consent, Step } from '../engine/resource.ts';
import { type Diagnostic, EXIT } from '../messages/diagnostic.ts';
import { REPLACE, SAME_WITH_REPLACE } from '../resources/file.ts';
import type { DiskResult } from './tune-document.ts';

export interface TuneOptions {
  readonly act: 'check' | 'apply';
  /** Only shows what it would do. */
  readonly isDry: boolean;
  /** Agrees to replace files in the place of ours that somebody else wrote or changed. */
  readonly replace: boolean;
}

export interface Planned {
  readonly steps: readonly Step[];
  readonly refusals: readonly Diagnostic[];
  /** Not as wanted, and no step mends it. */
  readonly open: readonly Diagnostic[];
}

export type Changed = Pick<DiskResult, 'outcome' | 'run' | 'continues' | 'done'>;

interface Tuning<P extends Planned, Result> {
  readonly what: 'disk' | 'host';
  readonly plan: () => P | Promise<P>;
  /** As it should be, now and for good. */
  readonly isRight: (planned: P) => boolean;
  /** `after`: as it was found then. */
  readonly report: (planned: P, changed: Changed, after: P) => Result;
}

export function consentOf({ replace }: TuneOptions): Consent {
  return { ...NO_CONSENT, flags: new Set(replace ? ([REPLACE] as const) : []) };
}

export async function runTuning<P extends Planned, Result>(
  context: Context,
  { act, isDry }: TuneOptions,
  { what, plan, isRight, report }: Tuning<P, Result>,
): Promise<Answer<Result>> {
  const command = applyOf(what);
  if (act === 'apply' && !isDry) requireRoot(context);
  const work: Work<P, Applied> = {
    command: 'tune',
    scope: `${what} --apply`,
    looksFirst: true,
    isDry,
    plan,
    decisions: () => [],
    act: taking(({ steps }) => steps),
    again: () => command,
  };
  if (act === 'check') {
    const { planned } = await dryRun(work);
    const { refusals, open, steps } = planned;
    const changed = { outcome: 'shown', run: null, continues: null, done: 0 } as const;
    return {
      exitCode: isRight(planned) && refusals.length + open.length === 0 ? EXIT.ok : EXIT.failed,
      problems: [...refusals.map((one) => named(one, command)), ...open],
      result: report({ ...planned, steps }, changed, planned),
    };
  }
  const ran = await runRecorded(context, work);
  const { planned, exitCode, outcome, run, continues, done } = ran;
  const problems = ran.problems.map((one) => named(one, command));
  const changed = { outcome, run, continues, done };
  if (outcome !== 'applied' && outcome !== 'unchanged')
    return {
      exitCode,
      problems: [...problems, ...(isDry ? planned.open : [])],
      result: report(planned, changed, planned),
    };
  const after = await plan();
  const left = [
    ...after.refusals,
    ...after.open,
    ...(after.steps.length === 0 ? [] : [notVerified(after.steps, `jts-hot tune ${what}`)]),
  ];
  return {
    exitCode: left.length > 0 ? EXIT.failed : exitCode,
    problems: [...problems, ...left],
    result: report(planned, changed, after),
  };
}

export function applyOf(what: 'disk' | 'host'): string {
  return `tune ${what} --apply`;
}

/** Of a file that is in the way: the command that agrees to replace it. */
function named(problem: Diagnostic, command: string): Diagnostic {
  const { hint = null } = problem;
  return hint?.includes(SAME_WITH_REPLACE)
    ? { ...problem, hint: hint.replace(SAME_WITH_REPLACE, `: sudo jts-hot ${command} ${REPLACE}`) }
    : problem;
}
