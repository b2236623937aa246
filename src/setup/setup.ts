// `jts-hot setup`: preflight, plan, apply, verify, report.

import { type Check, failed } from '../checks/check.ts';
import { preflight } from '../checks/preflight.ts';
import { type Answer, type Context, notVerified, requireRoot } from '../command/context.ts';
import { runRecorded, taking, type Work } from '../command/recorded-run.ts';
import type { Applied } from '../engine/apply.ts';
import { checkServiceNames, type Plan, requireCurrent } from '../engine/plan.ts';
import { isAsWanted } from '../engine/resource.ts';
import { type Diagnostic, diagnostic, EXIT } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';
import { type Consents, NO_CONSENTS } from '../storage/consents.ts';
import type { StorageResult } from '../storage/storage-document.ts';
import type { SetupResult } from './setup-document.ts';
import type { storageFirst } from './storage-first.ts';

export interface SetupOptions {
  readonly adopt: readonly string[];
  readonly strict: boolean;
  /** A saved plan: what the host would get now must be just that. */
  readonly saved: Plan | null;
  /** Only shows what it would do. */
  readonly isDry?: boolean;
  /** That a disk may be formatted; left out: none. */
  readonly consents?: Consents;
}

export async function setupCommand(given: Context, options: SetupOptions): Promise<Answer<SetupResult>> {
  const { isDry = false, consents = NO_CONSENTS } = options;
  if (!isDry) requireRoot(given);
  checkServiceNames(given.layout, options.adopt, '--adopt');
  const again = againWords(given, options);
  const { storage, context } = await onStorage(given, { isDry, consents, again });
  const about = { root: given.host.root, base: given.layout.base, storage: storage?.result ?? null };
  if (context === null) return onlyStorage(storage, about);
  const checks = preflight(context.layout, context.host);
  const ran = await runRecorded(context, setupWork(context, options, checks));
  const { planned, exitCode, problems, outcome, run, continues, done } = ran;
  return {
    exitCode,
    problems: [...(storage?.problems ?? []), ...problems],
    result: {
      ...about,
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

/** Loaded only where the layout describes storage, of this host. */
export async function onStorage(
  context: Context,
  how: Parameters<typeof storageFirst>[1],
): Promise<Awaited<ReturnType<typeof storageFirst>>> {
  if (context.layout.storage === undefined || context.host.root !== '/') return { storage: null, context };
  const { storageFirst } = await import('./storage-first.ts');
  return storageFirst(context, how);
}

/** Without it nothing else is begun. */
function onlyStorage(
  storage: Answer<StorageResult> | null,
  about: Pick<SetupResult, 'root' | 'base' | 'storage'>,
): Answer<SetupResult> {
  const { exitCode = EXIT.failed, problems = [], result = null } = storage ?? {};
  if (result === null || result.outcome === 'shown') return { exitCode, problems, result: null };
  const nothing = {
    run: null,
    continues: null,
    steps: [],
    done: 0,
    verified: false,
    preflight: [],
    warnings: [],
  };
  return { exitCode, problems, result: { ...about, ...nothing, outcome: result.outcome } };
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
      return isAsWanted(after) ? [] : [...after.refusals, notVerified(after.steps, 'sudo jts-hot setup')];
    },
    again: () => againWords({ newDisk }, { adopt, strict }),
  };
}

/** Without the saved plan: after the first steps the host no longer fits it. */
function againWords(
  { newDisk }: Pick<Context, 'newDisk'>,
  { adopt, strict }: Pick<SetupOptions, 'adopt' | 'strict'>,
): string {
  return [
    'setup',
    ...adopt.map((name) => `--adopt ${name}`),
    ...(strict ? ['--strict'] : []),
    ...(newDisk ? ['--new-disk'] : []),
  ].join(' ');
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
