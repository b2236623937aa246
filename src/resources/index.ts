// The kinds of resource; the list is the order of work. Adding a kind is one file and one line.
import { type Examiner, examiner, type Finding } from '../engine/examine.ts';
import { collect, type Plan } from '../engine/plan.ts';
import type { Consent } from '../engine/resource.ts';
import type { Layout } from '../layout/layout.ts';
import type { HostReader } from '../port/host.ts';
import { directory } from './directory.ts';
import { group } from './group.ts';
import { user } from './user.ts';

const kinds: readonly Examiner[] = [examiner(group), examiner(user), examiner(directory)];

/** Reads only. Every wanted thing, in the order of work. */
export function examine(layout: Layout, host: HostReader, consent: Consent): readonly Finding[] {
  return kinds.flatMap((kind) => kind(layout, host, consent));
}

export function makePlan(layout: Layout, host: HostReader, adopt: readonly string[] = []): Plan {
  const consent: Consent = { adopt: new Set(adopt), fromRoot: false };
  return collect(examine(layout, host, consent), { root: host.root, spec: layout, adopt });
}
