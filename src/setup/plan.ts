// `jts-hot plan`: every step setup would take and why, with its undo. Changes nothing; works without root.
import type { Check } from '../checks/check.ts';
import { preflight } from '../checks/preflight.ts';
import type { Answer, Context } from '../command/context.ts';
import { checkServiceNames, type Plan } from '../engine/plan.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { makePlan } from '../resources/index.ts';

export interface PlanResult extends Plan {
  readonly preflight: readonly Check[];
}

export function planCommand(
  context: Context,
  options: { readonly adopt: readonly string[] },
): Answer<PlanResult> {
  const { layout, host } = context;
  checkServiceNames(layout, options.adopt, '--adopt');
  const plan = makePlan(layout, host, options.adopt);
  return {
    exitCode: plan.refusals.length > 0 ? EXIT.refused : EXIT.ok,
    problems: plan.refusals,
    result: { ...plan, preflight: preflight(layout, host) },
  };
}
