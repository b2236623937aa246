// Owns the text of the plan's file, as `plan --out` writes it. Reading it is saved-plan.ts, which loads much more.
import { jsonText } from '../document/json-text.ts';
import { PLAN_SCHEMA_VERSION } from '../document/versions.ts';
import type { Plan } from './plan.ts';
import type { SavedPlan } from './plan-document.ts';

export function writePlan(plan: Plan, program: string, at: string): string {
  const { root, spec, adopt, steps } = plan;
  const saved: SavedPlan = {
    schemaVersion: PLAN_SCHEMA_VERSION,
    kind: 'plan',
    program,
    at,
    root,
    spec,
    adopt,
    steps,
  };
  return `${jsonText(saved, 2)}\n`;
}
