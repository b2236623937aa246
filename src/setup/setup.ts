// `jts-hot setup`: preflight, plan, apply, verify, report.

import { type Check, failed } from '../checks/check.ts';
import { preflight } from '../checks/preflight.ts';
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { runRecorded, taking, type Work } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import { checkServiceNames, type Plan, requireCurrent } from '../engine/plan.ts';
import { isAsWanted } from '../engine/resource.ts';
import { type Diagnostic, diagnostic, EXIT } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';
import type { SetupResult } from './setup-document.ts';

export interface SetupOptions {
  readonly adopt: readonly string[];
  readonly strict: boolean;
  /** A saved plan: what the host would get now must be just that. */
  readonly saved: Plan | null;
  /** Only shows what it would do. */
  readonly isDry?: boolean;
}

export async function setupCommand(context: Context, options: SetupOptions): Promise<Answer<SetupResult>> {
  if (!options.isDry) requireRoot(context);
  checkServiceNames(context.layout, options.adopt, '--adopt');
  const checks = preflight(context.layout, context.host);
  const ran = await runRecorded(context, setupWork(context, options, checks));
  const { planned, exitCode, problems, outcome, run, continues, done } = ran;
  return {
    exitCode,
    problems,
    result: {
      root: context.host.root,
      base: context.layout.base,
      outcome,
      run,
      continues,
      steps: planned.steps,
      done,
      verified: outcome !== 'planned' && exitCode === EXIT.ok,
      preflight: checks,
      warnings: planned.warnings,
    },
  };
}

/** What `setup` does, and `plan` shows. */
export function setupWork(
  { layout, host, newDisk }: Context,
  { adopt, strict, saved, isDry = false }: SetupOptions,
  checks: readonly Check[],
): Work<Plan, Applied> {
  return {
    command: 'setup',
    scope: '',
    looksFirst: true,
    isDry,
    plan() {
      const plan = makePlan(layout, host, adopt);
      const refusals = [...(strict ? strictProblems(checks) : []), ...plan.refusals];
      if (saved !== null && refusals.length === 0) requireCurrent(saved, plan);
      return { ...plan, refusals };
    },
    decisions: (plan) => decisions(plan, checks),
    act: taking(({ steps }) => steps),
    lookAgain() {
      const after = makePlan(layout, host, adopt);
      return isAsWanted(after) ? [] : [...after.refusals, notVerified(after)];
    },
    // Without the saved plan: after the first steps the host no longer fits it.
    again: () =>
      [
        'setup',
        ...adopt.map((name) => `--adopt ${name}`),
        ...(strict ? ['--strict'] : []),
        ...(newDisk ? ['--new-disk'] : []),
      ].join(' '),
  };
}

function strictProblems(checks: readonly Check[]): readonly Diagnostic[] {
  return failed(checks).map((check) =>
    diagnostic('E_PREFLIGHT', 'refusing to set up a host that does not pass preflight', {
      at: check.id,
      detail: `want ${check.expected}, found ${check.found}`,
      fix: check.fix,
      hint: `${check.hint === null ? '' : `${check.hint}; `}to set it up all the same, leave out --strict`,
    }),
  );
}

function decisions(plan: Plan, checks: readonly Check[]): readonly string[] {
  return [
    ...plan.adopt.map((name) => `may take over: ${name} (--adopt)`),
    ...failed(checks).map(
      (check) => `went on although ${check.id}: want ${check.expected}, found ${check.found}`,
    ),
    ...plan.warnings.map((warning) => `kept ${warning.at}: ${warning.detail.join('; ')}`),
  ];
}

function notVerified(after: Plan): Diagnostic {
  return diagnostic('E_NOT_VERIFIED', 'cannot find the host as it was just set up', {
    detail: after.steps.slice(0, 5).map((step) => `to do again: ${step.summary}`),
    hint: 'something else changes it at the same time; find it, then: sudo jts-hot setup',
  });
}
