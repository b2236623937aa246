// Owns the proof that services cannot look into each other's directories: as each one's user, with all its groups, the
// others' are entered and listed. What let it in is named, for that is what has to be mended.

import { type Service, servicePath } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { AccessEntry, Probe, Reach } from '../port/host.ts';
import { directoryAddress } from '../resources/directory.ts';
import { userAddress } from '../resources/user.ts';
import { errnoText } from '../values/errno.ts';
import type { Draft } from './follow.ts';
import { type Ground, notThere, type Tenant, withoutUser } from './ground.ts';

/** With more services than this not every pair is tried: the work would grow with its square. */
export const MOST_IN_PAIRS = 50;
/** Beyond that each user tries this number of others, a different set for each, and those that a number or an entry lets it into. */
const OTHERS_TRIED = 8;
const SUSPECTS_TRIED = 64;
const PATHS_NAMED = 5;

/** Between services that have users of their own, where the layout itself does not open the directory to all. */
export function checkIsolation(ground: Ground): readonly Draft[] {
  const { layout, tenants } = ground;
  const visitors = layout.services.filter((service) => service.user !== 'root');
  const closed = visitors.filter((service) => service.mode.endsWith('0'));
  const inPairs = layout.services.length <= MOST_IN_PAIRS;
  const suspects = inPairs ? null : suspectsBy(ground, closed);
  const visited = new Map<string, ReadonlyMap<string, Got>>();
  return visitors.flatMap((visitor, i): readonly Draft[] => {
    const others = closed.filter((service) => inPairs && service.user !== visitor.user);
    const tenant = tenants.get(visitor.user);
    if (tenant === undefined)
      return inPairs
        ? others.map((service) => ({ ...aboutPair(ground, visitor, service), ...withoutUser(visitor.user) }))
        : [{ ...aboutAll(visitor), ...withoutUser(visitor.user) }];
    // Several services may have one user: it is tried once.
    const got =
      visited.get(visitor.user) ??
      visit(ground, tenant, suspects === null ? others : targets({ closed, visitor, i, tenant, suspects }));
    visited.set(visitor.user, got);
    return suspects === null
      ? others.map((service) => pairCheck(ground, { visitor, service, tenant, got: got.get(service.name) }))
      : [allCheck(ground, { visitor, tenant, got })];
  });
}

/** How far a visitor got into the directory of a service, and into those below it where it could be entered. */
interface Got {
  readonly service: Service;
  readonly top: Reach;
  readonly below: readonly { readonly name: string; readonly reach: Reach }[];
}

function visit(
  { layout, host, look }: Ground,
  { identity }: Tenant,
  services: readonly Service[],
): ReadonlyMap<string, Got> {
  const there = services.filter((service) => look(servicePath(layout, service)).type === 'directory');
  const tops = host.probeReach(
    there.map((service) => servicePath(layout, service)),
    identity,
  );
  const entered = there.flatMap((service, i) =>
    tops[i]?.enter.ok ? service.directories.map(({ name }) => ({ service, name })) : [],
  );
  const reaches = host.probeReach(
    entered.map(({ service, name }) => `${servicePath(layout, service)}/${name}`),
    identity,
  );
  const below = Map.groupBy(
    entered.map(({ service, name }, i) => ({ service: service.name, name, reach: reaches[i] as Reach })),
    (one) => one.service,
  );
  return new Map(
    there.map((service, i) => [
      service.name,
      { service, top: tops[i] as Reach, below: below.get(service.name) ?? [] },
    ]),
  );
}

function aboutPair({ layout }: Ground, visitor: Service, service: Service) {
  return {
    id: `isolation.${visitor.name}/${service.name}`,
    at: directoryAddress(servicePath(layout, service)),
    service: service.name,
    severity: 'error',
    expected: `${visitor.user} can neither list nor enter it`,
    causes: [`user.${visitor.user}`, `directory.${service.name}`],
  } as const;
}

function pairCheck(
  ground: Ground,
  {
    visitor,
    service,
    tenant,
    got,
  }: {
    readonly visitor: Service;
    readonly service: Service;
    readonly tenant: Tenant;
    readonly got: Got | undefined;
  },
): Draft {
  const about = aboutPair(ground, visitor, service);
  const path = servicePath(ground.layout, service);
  if (got === undefined) return { ...about, ...notThere(ground.look(path), path) };
  const open = opened(got);
  if (open === null) {
    const errors = [got.top.list, got.top.enter].map(errorOf).filter((error) => error !== 'EACCES');
    if (errors.length === 0) return { ...about, status: 'pass', found: 'denied', fix: null };
    const found = `cannot tell: ${errnoText(errors[0] ?? '')}`;
    return { ...about, status: 'fail', found, fix: `sudo jts-hot repair ${service.name}` };
  }
  return { ...about, status: 'fail', found: `it can ${open}`, ...whatLetIn(ground, tenant, got) };
}

function errorOf(probe: Probe): string {
  return probe.ok ? '' : probe.error;
}

/** `list it, and data, logs in it`; null: nothing. */
function opened({ top, below }: Got): string | null {
  if (!top.list.ok && !top.enter.ok) return null;
  const inside = below.filter(({ reach }) => reach.list.ok || reach.enter.ok).map(({ name }) => name);
  return `${top.list.ok ? 'list' : 'enter'} it${inside.length === 0 ? '' : `, and ${inside.join(', ')} in it`}`;
}

type Reason = Pick<Draft, 'causes' | 'fix' | 'hint'>;

/** The checks that tell of the same hole, the likeliest first; where none of them failed, its own fix. */
function whatLetIn({ layout, host, look }: Ground, tenant: Tenant, { service }: Got): Reason {
  const path = servicePath(layout, service);
  const entry = look(path);
  const paths = [path, ...service.directories.map(({ name }) => `${path}/${name}`)].filter(
    (one) => look(one).type === 'directory',
  );
  const gids = groupsOf(tenant);
  const [user, directories] = [`user.${tenant.user}`, [`directory.${service.name}`]];
  const granted = paths.flatMap((one) => {
    const entries = host.accessEntries(one).filter((named) => isFor(named, tenant, gids));
    return entries.length === 0 ? [] : [{ path: one, words: entries.map((named) => wordOf(named, tenant)) }];
  });
  const mode = entry.type === 'directory' ? entry : null;
  if (mode !== null && mode.uid === tenant.identity.uid)
    return { hint: whoMay(path), causes: [user, `${user}.shared-uid`, ...directories] };
  const first = granted[0];
  if (first !== undefined && first.path === path) return { fix: takenBack(granted), causes: [] };
  if (mode !== null && gids.has(mode.gid))
    return {
      hint: `in the layout, give ${tenant.user} or ${service.user} a group of its own`,
      causes: [user, `${user}.groups`, `group.${service.group}.shared-gid`, ...directories],
    };
  return { hint: whoMay(path), causes: [user, ...directories] };
}

function whoMay(path: string): string {
  return `see what lets it in, and take that back: namei -l ${shellWord(path)}`;
}

function groupsOf({ identity }: Tenant): ReadonlySet<number> {
  return new Set([identity.gid, ...identity.groups]);
}

function isFor(named: AccessEntry, tenant: Tenant, gids: ReadonlySet<number>): boolean {
  return named.type === 'user' ? named.id === tenant.identity.uid : gids.has(named.id);
}

/** As setfacl takes it: `u:redis`, `d:g:kafka`. */
function wordOf({ type, id, inherited }: AccessEntry, tenant: Tenant): string {
  const group = tenant.memberships.find(({ gid }) => gid === id)?.name ?? `${id}`;
  return `${inherited ? 'd:' : ''}${type === 'user' ? `u:${tenant.user}` : `g:${group}`}`;
}

/** One command for all of them: to take back an entry that a directory does not have is no error. */
function takenBack(granted: readonly { readonly path: string; readonly words: readonly string[] }[]): string {
  const words = [...new Set(granted.flatMap((one) => one.words))].join(',');
  return `sudo setfacl -x ${words} ${granted.map(({ path }) => shellWord(path)).join(' ')}`;
}

interface Suspects {
  readonly byUid: ReadonlyMap<number, readonly Service[]>;
  readonly byGid: ReadonlyMap<number, readonly Service[]>;
}

/** The numbers that each directory lets in, as owner, as group or by its access control list: looked at once each. */
function suspectsBy({ layout, host, look }: Ground, closed: readonly Service[]): Suspects {
  const [byUid, byGid] = [new Map<number, Service[]>(), new Map<number, Service[]>()];
  const add = (to: Map<number, Service[]>, id: number, service: Service) => {
    const there = to.get(id);
    if (there === undefined) to.set(id, [service]);
    else there.push(service);
  };
  for (const service of closed) {
    const path = servicePath(layout, service);
    const entry = look(path);
    if (entry.type !== 'directory') continue;
    add(byUid, entry.uid, service);
    add(byGid, entry.gid, service);
    for (const { type, id, inherited } of host.accessEntries(path))
      if (!inherited) add(type === 'user' ? byUid : byGid, id, service);
  }
  return { byUid, byGid };
}

function targets({
  closed,
  visitor,
  i,
  tenant,
  suspects,
}: {
  readonly closed: readonly Service[];
  readonly visitor: Service;
  /** The position of this visitor. */
  readonly i: number;
  readonly tenant: Tenant;
  readonly suspects: Suspects;
}): readonly Service[] {
  const spoken = [
    ...(suspects.byUid.get(tenant.identity.uid) ?? []),
    ...[...groupsOf(tenant)].flatMap((gid) => suspects.byGid.get(gid) ?? []),
  ];
  // The next ones in the layout: each directory is also tried by users that no number and no entry lets in.
  const next = Array.from({ length: OTHERS_TRIED }, (_, k) => closed[(i + 1 + k) % closed.length]);
  const others = (services: readonly (Service | undefined)[]) =>
    services.filter((service) => service !== undefined && service.user !== visitor.user) as Service[];
  return [...new Set([...others(spoken).slice(0, SUSPECTS_TRIED), ...others(next)])];
}

function aboutAll(visitor: Service) {
  return {
    id: `isolation.${visitor.name}`,
    at: userAddress(visitor.user),
    service: visitor.name,
    severity: 'error',
    expected: 'can neither list nor enter the directory of another service',
    causes: [`user.${visitor.user}`],
  } as const;
}

function allCheck(
  ground: Ground,
  {
    visitor,
    tenant,
    got,
  }: { readonly visitor: Service; readonly tenant: Tenant; readonly got: ReadonlyMap<string, Got> },
): Draft {
  const about = aboutAll(visitor);
  const into = [...got.values()].filter((one) => opened(one) !== null);
  if (into.length === 0)
    return { ...about, status: 'pass', found: `denied in all ${got.size} that were tried`, fix: null };
  const more = into.length > PATHS_NAMED ? `, and ${into.length - PATHS_NAMED} more` : '';
  const named = into.slice(0, PATHS_NAMED);
  const names = named.map(({ service }) => servicePath(ground.layout, service)).join(', ');
  const reasons = named.map((one) => whatLetIn(ground, tenant, one));
  const reason = reasons.find(({ causes }) => causes.length === 0) ?? (reasons[0] as Reason);
  return { ...about, status: 'fail', found: `it gets into ${names}${more}`, ...reason };
}
