// Owns the plan: what setup would do, as data. Makes it from a layout and a host that can only be read, and tells whether
// a saved one still fits. Must not act.

import { BASE_NAME, type Layout } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { HostReader } from '../port/host.ts';
import { nearest } from '../values/spelling.ts';
import { examine, type Finding, type Wanted } from './examine.ts';
import type { Plan } from './plan-document.ts';
import type { Consent, Difference } from './resource.ts';

export type { Plan };

export const NO_CONSENT: Consent = { adopt: new Set(), fromRoot: false, flags: new Set() };

/** The planner: the steps that make the host have these things, in their order. Reads only. */
export function planFor(host: HostReader, all: readonly Wanted[], consent: Consent): Difference {
  return collect(examine(host, all, consent));
}

/** The plan of these findings; `repair` leaves out accounts and other services. */
export function collect(findings: readonly Finding[]): Difference {
  const differences = findings.map((finding) => finding.difference);
  return {
    steps: differences.flatMap((difference) => difference.steps),
    refusals: oncePerPlace(differences.flatMap((difference) => difference.refusals)),
    warnings: differences.flatMap((difference) => difference.warnings),
  };
}

/** A link in the place of a service's directory blocks everything below it: say it once. */
function oncePerPlace(refusals: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string | null>();
  return refusals.filter(({ at }) => !seen.has(at) && seen.add(at));
}

/** Throws E_UNKNOWN_SERVICE for names that the layout does not have. */
export function checkServiceNames(layout: Layout, names: readonly string[], flag: string): void {
  const known = [...layout.services.map((service) => service.name), BASE_NAME];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new Problem(
    EXIT.usage,
    unknown.map((name) =>
      diagnostic('E_UNKNOWN_SERVICE', 'cannot find a service of that name in the layout', {
        at: flag,
        detail: [
          `want one of ${known.join(', ')}; found ${JSON.stringify(name)}`,
          ...didYouMean(name, known),
        ],
        hint: 'see: jts-hot spec show',
      }),
    ),
  );
}

/** As a line of detail; nothing where nothing is near. */
export function didYouMean(name: string, known: readonly string[]): readonly string[] {
  const near = nearest(name, known);
  return near === null ? [] : [`did you mean ${near}?`];
}

/** Throws E_STALE_PLAN where the host would get other steps now than when the plan was saved. */
export function requireCurrent(saved: Plan, now: Plan): void {
  const before = saved.steps.map((step) => JSON.stringify([step.address, step.do, step.undo]));
  const after = now.steps.map((step) => JSON.stringify([step.address, step.do, step.undo]));
  const gone = saved.steps.filter((_, i) => !after.includes(before[i] as string));
  const added = now.steps.filter((_, i) => !before.includes(after[i] as string));
  if (gone.length === 0 && added.length === 0 && before.length === after.length) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_STALE_PLAN', 'refusing to apply a plan that no longer fits the host', {
      detail: [
        `want the ${before.length} steps that were saved, found that the host now needs ${after.length}`,
        ...gone.slice(0, 5).map((step) => `no longer needed: ${step.summary}`),
        ...added.slice(0, 5).map((step) => `needed now: ${step.summary}`),
      ],
      hint: 'make a new one and read it: sudo jts-hot plan --out /root/hot.plan',
    }),
  ]);
}
