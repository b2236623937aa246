// `jts-hot plan`: every step setup would take and why, with its undo. Changes nothing; works without root.

import { preflight } from '../checks/preflight.ts';
import type { Answer, Context } from '../command/context.ts';
import { dryRun } from '../command/recorded-run.ts';
import { checkServiceNames } from '../engine/plan.ts';
import type { PlanResult } from './plan-document.ts';
import { setupWork } from './setup.ts';

export async function planCommand(
  context: Context,
  { adopt }: { readonly adopt: readonly string[] },
): Promise<Answer<PlanResult>> {
  const { layout, host } = context;
  checkServiceNames(layout, adopt, '--adopt');
  const checks = preflight(layout, host);
  const work = setupWork(context, { adopt, strict: false, saved: null, isDry: true }, checks);
  const { planned, exitCode, problems } = await dryRun(work);
  return { exitCode, problems, result: { ...planned, preflight: checks } };
}
