// `jts-hot plan`: every step setup would take and why, with its undo. Changes nothing; works without root.
import type { Check } from '../checks/check.ts';
import { preflight } from '../checks/preflight.ts';
import type { Answer, Context } from '../command/context.ts';
import { dryRun } from '../command/recorded-run.ts';
import { checkServiceNames, type Plan } from '../engine/plan.ts';
import { setupWork } from './setup.ts';

export interface PlanResult extends Plan {
  readonly preflight: readonly Check[];
}

export async function planCommand(
  context: Context,
  { adopt }: { readonly adopt: readonly string[] },
): Promise<Answer<PlanResult>> {
  const { layout, host } = context;
  checkServiceNames(layout, adopt, '--adopt');
  const checks = preflight(layout, host);
  const work = setupWork(context, { adopt, strict: false, saved: null }, checks);
  const { planned, exitCode, problems } = await dryRun(work);
  return { exitCode, problems, result: { ...planned, preflight: checks } };
}
