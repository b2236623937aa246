// Owns reading the plan's file, as `setup --plan` does: writing it is write-plan.ts. What is read is only compared with a plan
// made anew, never performed as it stands: a plan file cannot make us do what the layout in it would not.
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { PLAN_SCHEMA_VERSION } from '../document/versions.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import { roleNamed } from '../layout/role.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { renderLayoutFile } from '../layout-file/render.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { builtInServices } from '../services/index.ts';
import { quote } from '../values/quote.ts';
import type { Plan } from './plan.ts';
import { savedPlan } from './plan-document.ts';
import { step } from './step-document.ts';

/** Enough of it to compare it: whatever else another version writes is no reason to call it something else. */
const readable = savedPlan.pick({ schemaVersion: true, kind: true, root: true, adopt: true }).loose();
const comparable = step.omit({ do: true, undo: true }).loose();
const planFile = readable.extend({
  spec: z.looseObject({
    base: z.string(), // Plans of before there was such a setting can still be compared.
    services: z.array(
      z.looseObject({
        name: z.string(),
        sharesUser: z.boolean().default(false),
        directories: z.array(z.looseObject({ name: z.string() })),
      }),
    ),
  }),
  steps: z.array(
    comparable.extend({
      do: z.looseObject({ type: z.string() }),
      undo: z.looseObject({ type: z.string() }).nullable(),
    }),
  ),
});

export const MAX_PLAN_BYTES = 16 * 1024 * 1024;

/** Throws a Problem where the text is not a plan that this program can compare. */
export function readPlan(text: string, file: string): Plan {
  const wrong = (detail: string) =>
    new Problem(EXIT.usage, [
      diagnostic('E_PLAN_FILE', 'cannot read the saved plan', {
        at: file,
        detail,
        hint: 'make a new one: sudo jts-hot plan --out /root/hot.plan',
      }),
    ]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('want JSON, found something else');
  }
  const parsed = planFile.safeParse(value);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path ?? [];
    const wanted = path[0] === 'schemaVersion' ? `${PLAN_SCHEMA_VERSION}` : 'what plan --out writes';
    const found = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], value);
    throw wrong(`at ${path.join('.') || 'the top'}: want ${wanted}, found ${nameOf(found)}`);
  }
  const plan = withRoles(parsed.data as unknown as Plan);
  const names = plan.spec.services.map((service) => service.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrong(`want each service once, found ${quote(twice)} again`);
  const layout = reparsed(plan.spec, file);
  if (layout === null || !isDeepStrictEqual(layout, plan.spec))
    throw wrong('want a layout that a layout file can give, found another');
  return { ...plan, spec: layout, refusals: [], warnings: [] };
}

/** Plans of before directories had a role can still be compared: it is the one that a layout without roles gives. */
function withRoles(plan: Plan): Plan {
  const services = plan.spec.services.map((service) => {
    const builtIn = builtInServices.find(({ name }) => name === service.name);
    const directories = service.directories.map((one) => {
      const role = builtIn?.directories.find(({ name }) => name === one.name)?.role ?? roleNamed(one.name);
      return { ...one, role: one.role ?? role };
    });
    return { ...service, directories };
  });
  return { ...plan, spec: { ...plan.spec, services } };
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? 'a map' : quote(String(value));
}

/** Read like every other layout: its rules hold for a plan's layout too. null: it is none. */
function reparsed(layout: Layout, file: string): Layout | null {
  try {
    return parseLayoutFile(renderLayoutFile({ layout, monitoring: builtInMonitoring }), file).layout;
  } catch {
    return null;
  }
}
