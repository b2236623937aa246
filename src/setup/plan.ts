// `jts-hot plan`: every step setup would take and why, with its undo. Changes nothing; works without root.

import { preflight } from '../checks/preflight.ts';
import type { Answer, Context } from '../command/context.ts';
import { dryRun } from '../command/recorded-run.ts';
import { checkServiceNames } from '../engine/plan.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { type Consents, NO_CONSENTS } from '../storage/consents.ts';
import type { PlanResult } from './plan-document.ts';
import { onStorage, setupWork } from './setup.ts';

export async function planCommand(
  given: Context,
  { adopt, consents = NO_CONSENTS }: { readonly adopt: readonly string[]; readonly consents?: Consents },
): Promise<Answer<PlanResult>> {
  const { layout, host } = given;
  checkServiceNames(layout, adopt, '--adopt');
  const { storage, context } = await onStorage(given, { isDry: true, consents, again: 'setup' });
  const first = { exitCode: storage?.exitCode ?? EXIT.ok, problems: storage?.problems ?? [] };
  const about = { storage: storage?.result ?? null };
  if (context === null) {
    const nothing = {
      root: host.root,
      spec: layout,
      adopt,
      steps: [],
      refusals: first.exitCode === EXIT.refused ? first.problems : [],
      warnings: [],
      preflight: [],
    };
    return { ...first, result: { ...nothing, ...about } };
  }
  const checks = preflight(layout, context.host);
  const work = setupWork(context, { adopt, strict: false, saved: null, isDry: true }, checks);
  const { planned, exitCode, problems } = await dryRun(work);
  return {
    exitCode: Math.max(first.exitCode, exitCode),
    problems: [...first.problems, ...problems],
    result: { ...planned, preflight: checks, ...about },
  };
}
