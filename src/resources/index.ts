// The kinds that every layout has; the list is the order of work. Adding a kind is one file and one line.
import { type Wanted, wanted } from '../engine/examine.ts';
import { type Plan, planFor } from '../engine/plan.ts';
import type { KindFacts, LayoutResource } from '../engine/resource.ts';
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import { directory } from './directory.ts';
import { group } from './group.ts';
import { limit } from './quota/limit.ts';
import { project } from './quota/project.ts';
import { quota } from './quota/quota.ts';
import { label } from './selinux/label.ts';
import { rules } from './selinux/rules.ts';
import { user } from './user.ts';

const kinds = [of(group), of(user), of(directory), of(rules), of(label), of(quota), of(project), of(limit)];

/** Forgets the kind's own types. */
function of<Want, Have>(kind: LayoutResource<Want, Have>): { facts: KindFacts; in(layout: Layout): Wanted } {
  return { facts: kind, in: (layout) => wanted(kind, kind.desire(layout)) };
}

export const layoutKinds: readonly KindFacts[] = kinds.map(({ facts }) => facts);

/** All that a layout wants, in the order of work. */
export function wantedBy(layout: Layout): readonly Wanted[] {
  return kinds.map((kind) => kind.in(layout));
}

export function makePlan(layout: Layout, host: HostReader, adopt: readonly string[] = []): Plan {
  const consent = { adopt: new Set(adopt), fromRoot: false, flags: new Set<never>() };
  return { root: host.root, spec: layout, adopt, ...planFor(host, wantedBy(layout), consent) };
}
