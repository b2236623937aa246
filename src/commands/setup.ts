// `jts-hot setup`: preflight, plan, apply, verify, report.
import { apply } from '../apply.ts';
import { type Check, failed } from '../check.ts';
import { type Diagnostic, diagnostic, EXIT } from '../diagnostic.ts';
import { closeRun, openRun, readRuns, unfinished } from '../journal.ts';
import { checkServiceNames, makePlan, type Plan, requireCurrent } from '../plan.ts';
import { preflight } from '../preflight.ts';
import type { Step } from '../resource.ts';
import { type Answer, type Context, haltedProblem, requireRoot } from './command.ts';

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
  const { spec, host, now } = context;
  requireRoot(context);
  checkServiceNames(spec, options.adopt, '--adopt');
  const checks = preflight(spec, host);
  const unlocked = makePlan(spec, host, options.adopt);
  const report = (plan: Plan, more: Partial<SetupResult>): SetupResult => ({
    root: host.root,
    base: spec.base,
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
  const like = { command: 'setup', scope: '', base: spec.base } as const;
  if (unlocked.steps.length === 0 && unfinished(readRuns(host.journal), like) === null)
    return { exitCode: EXIT.ok, problems: [], result: report(unlocked, { verified: true }) };

  const release = host.lock('setup');
  try {
    // Planned again now that nobody else acts.
    const plan = makePlan(spec, host, options.adopt);
    if (options.saved !== null) requireCurrent(options.saved, plan);
    if (plan.refusals.length > 0)
      return {
        exitCode: EXIT.refused,
        problems: plan.refusals,
        result: report(plan, { outcome: 'refused' }),
      };
    const before = unfinished(readRuns(host.journal), like);
    if (plan.steps.length === 0) {
      if (before !== null) closeRun(host.journal, before.run, now);
      return {
        exitCode: EXIT.ok,
        problems: [],
        result: report(plan, { verified: true, continues: before?.run ?? null }),
      };
    }
    const run = openRun(
      host.journal,
      {
        ...like,
        program: context.program,
        root: host.root,
        decisions: decisions(plan, checks, options),
        continues: before?.run ?? null,
        undoes: [],
        mountPoint: host.fileSystem(spec.base).mountPoint,
      },
      now,
    );
    const { outcome, done, failure } = await apply(plan.steps, host, {
      run,
      stopRequested: context.stopRequested,
      onStep: (step, i) => context.progress(`${i + 1}/${plan.steps.length} ${step.summary}`),
    });
    const result = { run: run.run, continues: before?.run ?? null, done: done.length, outcome };
    if (outcome !== 'applied') {
      const halt = {
        // Not from a saved plan any more: what is done no longer fits it.
        command: [
          'setup',
          ...options.adopt.map((name) => `--adopt ${name}`),
          ...(options.strict ? ['--strict'] : []),
        ].join(' '),
        back: `rollback ${run.run}`,
        run: run.run,
        done: done.length,
        steps: plan.steps.length,
        failure,
      };
      return { exitCode: EXIT.failed, problems: haltedProblem(halt), result: report(plan, result) };
    }
    const after = makePlan(spec, host, options.adopt);
    const verified = after.steps.length === 0 && after.refusals.length === 0;
    return {
      exitCode: verified ? EXIT.ok : EXIT.failed,
      problems: verified ? [] : [...after.refusals, notVerified(after)],
      result: report(plan, { ...result, verified }),
    };
  } finally {
    release();
  }
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
