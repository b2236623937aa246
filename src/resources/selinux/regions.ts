// Owns which directories of a layout get labels of their own where SELinux is on, of which type, and by which rule: first what a layout
// says, then what a host makes of it. Which type is for which service is said in its folder. Reads only.
import { type Layout, servicePath } from '../../layout/layout.ts';
import type { HostReader } from '../../port/host.ts';
import { ruleType } from '../../port/operations/labels.ts';
import { type LabelsAt, patternOf, typeIn } from '../../port/selinux.ts';
import { ANY_TYPE, labelsOf } from '../../services/labels.ts';
import { ancestors } from '../directory.ts';

export interface Region {
  readonly path: string;
  /** null: the base, or on the way to it or to a service. */
  readonly service: string | null;
  /** `directory`: nothing that is in it. */
  readonly scope: 'tree' | 'directory';
  /** null: that of the directory that it is in covers it. */
  readonly rule: { readonly pattern: string; readonly files: 'any' | '-d' } | null;
  /** null: no policy knows the service. */
  readonly type: string | null;
  /** The base: its label may be somebody's choice. */
  readonly isAbove: boolean;
  /** The service makes it, or not. */
  readonly isServices: boolean;
  readonly checkId: string;
}

export interface RegionOnHost extends Region {
  /** What its label is to be. null: as it is; it has a label that somebody chose. */
  readonly to: string | null;
  /** The policy knows no type for it, and it gets `ANY_TYPE`. */
  readonly isAny: boolean;
  /** Which type the rule of just this pattern gives now; null: there is none. */
  readonly ruled: string | null;
  readonly seen: LabelsSeen;
}

/** null: no directory can be there, or its file system keeps no labels. `hidden`: root alone may look. */
export type LabelsSeen = LabelsAt | 'hidden' | null;

/** Outer ones first: of several rules that match, the last one counts. */
export function regionsOf(layout: Layout): readonly Region[] {
  if (layout.selinux === 'off') return [];
  const ways = layout.services.flatMap(({ path }) =>
    ancestors(`/${path}`).map((between) => `${layout.base}${between}`),
  );
  const above = new Set(ancestors(layout.base));
  const shared = { service: null, scope: 'directory', type: ANY_TYPE, isServices: false } as const;
  const all = [...new Set([...above, layout.base, ...ways])].map(
    (path): Region => ({
      ...shared,
      path,
      isAbove: above.has(path),
      rule: { pattern: patternOf(path), files: '-d' },
      checkId: path,
    }),
  );
  return [...all, ...layout.services.flatMap((service) => ofService(layout, service))];
}

function ofService(layout: Layout, service: Layout['services'][number]): readonly Region[] {
  const labels = labelsOf(service.name);
  const region = (name: string | null, type: string | null, isServices = false): Region => {
    const path = `${servicePath(layout, service)}${name === null ? '' : `/${name}`}`;
    return {
      path,
      service: service.name,
      scope: 'tree',
      rule: { pattern: `${patternOf(path)}(/.*)?`, files: 'any' },
      type,
      isAbove: false,
      isServices,
      checkId: `${service.name}${name === null ? '' : `/${name}`}`,
    };
  };
  const { type = null, log = type, below = {} } = labels ?? {};
  return [
    region(null, type),
    ...service.directories.map(({ name, role }) => region(name, role === 'log' ? log : type)),
    ...Object.entries(below).map(([name, own]) => region(name, own, true)),
  ];
}

/**
 * What a directory has that nobody chose a label for: that of the policy for all it does not know, that of `/`, none. And what we give,
 * so that it gets its rule, too, where a run was cut short.
 */
const NOBODYS: ReadonlySet<string> = new Set([ANY_TYPE, 'default_t', 'root_t', 'unlabeled_t', 'file_t']);

/** `regions`: all of a layout. */
export function regionsOn(host: HostReader, regions: readonly Region[]): readonly RegionOnHost[] {
  const selinux = host.selinux();
  if (selinux === null) return [];
  const { rules } = selinux;
  const known = host.typesKnown([...new Set(regions.flatMap(({ type }) => type ?? []))]);
  const found = new Map<string, RegionOnHost>();
  for (const region of regions) {
    const type = region.type !== null && known.has(region.type) ? region.type : ANY_TYPE;
    const outer = [...found.values()].findLast(
      ({ path, scope }) => scope === 'tree' && region.path.startsWith(`${path}/`),
    );
    const ruled = rules === null || region.rule === null ? null : ruleType(rules, region.rule);
    const seen = seeLabels(host, region.path);
    // What an administrator recorded for just this is kept.
    const theirs = ruled !== null && ruled !== ANY_TYPE ? ruled : null;
    const to = theirs ?? type;
    const isAsOuter = outer !== undefined && ruled === null && outer.to === to;
    if (isAsOuter && region.isServices) continue;
    const isTheirs = region.isAbove && ruled === null && isChosen(seen);
    found.set(region.path, {
      ...region,
      rule: isAsOuter ? null : region.rule,
      to: isTheirs ? null : to,
      isAny: region.service !== null && theirs === null && to === ANY_TYPE,
      ruled,
      seen,
    });
  }
  return [...found.values()];
}

function isChosen(seen: LabelsSeen): boolean {
  // Of one that is to be made, what it will have: it is judged alike once it is there.
  return seen !== null && seen !== 'hidden' && !NOBODYS.has(typeIn(seen.own ?? seen.made));
}

function seeLabels(host: HostReader, path: string): LabelsSeen {
  const entry = host.entry(path);
  if (entry.type === 'missing') return host.labelsAt(path);
  if (entry.type === 'hidden') return 'hidden';
  if (entry.type !== 'directory') return null;
  // Not even its names may be read.
  return entry.entries === null ? 'hidden' : host.labelsAt(path);
}
