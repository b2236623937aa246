// `jts-hot setup`: preflight, plan, apply, verify, report.
import { type Check, failed } from '../checks/check.ts';
import { preflight } from '../checks/preflight.ts';
import { type Answer, type Context, requireRoot } from '../command/context.ts';
import { isUnfinished, runRecorded } from '../command/recorded-run.ts';
import { isOnRecordYet } from '../command/right-disk.ts';
import { checkServiceNames, type Plan, requireCurrent } from '../engine/plan.ts';
import type { Step } from '../engine/resource.ts';
import { type Diagnostic, diagnostic, EXIT } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';

export interface SetupResult {
  readonly root: string;
  readonly base: string;
  readonly outcome: 'applied' | 'unchanged' | 'refused' | 'stopped' | 'failed';
  /** The recorded run, for `rollback`; null where nothing was done. */
  readonly run: number | null;
  /** The unfinished run that this one completed. */
  readonly continues: number | null;
  readonly steps: readonly Step[];
  readonly done: number;
  /** Looked at again afterwards: nothing is left to do. */
  readonly verified: boolean;
  readonly preflight: readonly Check[];
  readonly warnings: readonly Diagnostic[];
}

export interface SetupOptions {
  readonly adopt: readonly string[];
  readonly strict: boolean;
  /** A saved plan: what the host would get now must be just that. */
  readonly saved: Plan | null;
}

export async function setupCommand(context: Context, options: SetupOptions): Promise<Answer<SetupResult>> {
  const { layout, host } = context;
  requireRoot(context);
  checkServiceNames(layout, options.adopt, '--adopt');
  const checks = preflight(layout, host);
  const unlocked = makePlan(layout, host, options.adopt);
  const report = (plan: Plan, more: Partial<SetupResult>): SetupResult => ({
    root: host.root,
    base: layout.base,
    outcome: 'unchanged',
    run: null,
    continues: null,
    steps: plan.steps,
    done: 0,
    verified: false,
    preflight: checks,
    warnings: plan.warnings,
    ...more,
  });
  const refusals = [...(options.strict ? strictProblems(checks) : []), ...unlocked.refusals];
  if (refusals.length > 0)
    return { exitCode: EXIT.refused, problems: refusals, result: report(unlocked, { outcome: 'refused' }) };
  if (options.saved !== null) requireCurrent(options.saved, unlocked);
  const what = { command: 'setup', scope: '' } as const;
  const isKnown = isOnRecordYet(context) && !context.newDisk;
  if (unlocked.steps.length === 0 && isKnown && !isUnfinished(context, what))
    return { exitCode: EXIT.ok, problems: [], result: report(unlocked, { verified: true }) };

  const ran = await runRecorded(context, {
    ...what,
    plan() {
      const plan = makePlan(layout, host, options.adopt);
      if (options.saved !== null) requireCurrent(options.saved, plan);
      return plan;
    },
    decisions: (plan) => decisions(plan, checks, options),
    // Not from a saved plan any more: what is done no longer fits it.
    again: [
      'setup',
      ...options.adopt.map((name) => `--adopt ${name}`),
      ...(options.strict ? ['--strict'] : []),
      ...(context.newDisk ? ['--new-disk'] : []),
    ].join(' '),
    lookAgain() {
      const after = makePlan(layout, host, options.adopt);
      const verified = after.steps.length === 0 && after.refusals.length === 0;
      return verified ? [] : [...after.refusals, notVerified(after)];
    },
  });
  const { planned, exitCode, problems, outcome, run, continues, done } = ran;
  const verified = exitCode === EXIT.ok;
  return { exitCode, problems, result: report(planned, { outcome, run, continues, done, verified }) };
}

function strictProblems(checks: readonly Check[]): readonly Diagnostic[] {
  return failed(checks).map((check) =>
    diagnostic('E_PREFLIGHT', 'refusing to set up a host that does not pass preflight', {
      at: check.id,
      detail: `want ${check.expected}, found ${check.found}`,
      hint: `${check.fix}; or run without --strict`,
    }),
  );
}

function decisions(plan: Plan, checks: readonly Check[], options: SetupOptions): readonly string[] {
  return [
    ...options.adopt.map((name) => `may take over: ${name} (--adopt)`),
    ...failed(checks).map(
      (check) => `went on although ${check.id}: want ${check.expected}, found ${check.found}`,
    ),
    ...plan.warnings.map((warning) => `kept ${warning.at}: ${warning.detail.join('; ')}`),
  ];
}

function notVerified(after: Plan): Diagnostic {
  return diagnostic('E_NOT_VERIFIED', 'cannot find the host as it was just set up', {
    detail: after.steps.slice(0, 5).map((step) => `to do again: ${step.summary}`),
    hint: 'something else changes it at the same time; find it, then: jts-hot setup',
  });
}
