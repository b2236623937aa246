// `jts-hot plan`: every step setup would take and why, with its undo. Changes nothing; works without root.
import type { Check } from '../check.ts';
import { EXIT } from '../diagnostic.ts';
import { checkServiceNames, makePlan, type Plan } from '../plan.ts';
import { preflight } from '../preflight.ts';
import type { Answer, Context } from './command.ts';

export interface PlanResult extends Plan {
  readonly preflight: readonly Check[];
}

export function planCommand(
  context: Context,
  options: { readonly adopt: readonly string[] },
): Answer<PlanResult> {
  const { spec, host } = context;
  checkServiceNames(spec, options.adopt, '--adopt');
  const plan = makePlan(spec, host, options.adopt);
  return {
    exitCode: plan.refusals.length > 0 ? EXIT.refused : EXIT.ok,
    problems: plan.refusals,
    result: { ...plan, preflight: preflight(spec, host) },
  };
}
