// Owns what accounts must not be, whatever the permissions of directories say: members of groups that let them in
// elsewhere, two of one number, one user of two services that nobody meant to share it.

import { type Layout, type Service, servicePath, serviceUsers, undeclaredSharers } from '../layout/layout.ts';
import { asRoot, shellWord } from '../messages/typed-command.ts';
import type { HostReader, Membership, Numbered } from '../port/host.ts';
import { groupAddress } from '../resources/group.ts';
import { userAddress } from '../resources/user.ts';
import type { Draft } from './follow.ts';
import { type Ground, type Tenant, type Tenants, withoutUser } from './ground.ts';
import { PRIVILEGED_GROUPS } from './privileged-groups.ts';

/** What all these checks look at, looked up with one question for each kind of answer. */
interface Accounts {
  readonly layout: Layout;
  readonly host: HostReader;
  readonly tenants: Tenants;
  readonly look: Ground['look'];
  readonly gids: ReadonlyMap<string, number>;
  readonly groupNames: ReadonlyMap<number, string>;
  /** By number of the group, whatever its name: why a service may not be in it. */
  readonly privileged: ReadonlyMap<number, string>;
  readonly servicesByUser: ReadonlyMap<string, readonly Service[]>;
  /** Groups of the layout that belong to a service, with the users of those services. */
  readonly usersByGroup: ReadonlyMap<number, ReadonlySet<string>>;
  readonly usersByUid: ReadonlyMap<number, readonly Numbered[]>;
  readonly groupsByGid: ReadonlyMap<number, readonly Numbered[]>;
}

export function checkAccounts({ layout, host, tenants, look }: Ground): readonly Draft[] {
  const accounts = { ...lookUp(layout, host, tenants), look };
  const groups = new Map(layout.services.map((service) => [service.group, service]));
  for (const service of layout.services.toReversed()) groups.set(service.group, service);
  return [
    ...serviceUsers(layout).flatMap(({ user, service }) => [
      checkGroups(accounts, user, service),
      checkUid(accounts, user, service),
      ...checkServices(accounts, user),
    ]),
    ...[...groups].flatMap(([group, service]) =>
      group === 'root' ? [] : [checkGid(accounts, group, service)],
    ),
  ];
}

function lookUp(layout: Layout, host: HostReader, tenants: Tenants): Omit<Accounts, 'look'> {
  const numbersOf = (names: Iterable<string>) =>
    new Map([...host.groups([...new Set(names)])].map(([name, { gid }]) => [name, gid]));
  const ofLayout = numbersOf(layout.services.map(({ group }) => group));
  // To look up names that are no group takes another program: only where a user is in some group beside the layout's.
  const ours = new Set(ofLayout.values());
  const inOthers = [...tenants.values()].some(({ identity: { uid, gid, groups } }) =>
    [gid, ...groups].some((id) => uid !== 0 && !ours.has(id)),
  );
  const gids = new Map([...ofLayout, ...(inOthers ? numbersOf(PRIVILEGED_GROUPS.keys()) : [])]);
  const usersByGroup = new Map<number, Set<string>>();
  for (const { user, group } of layout.services) {
    const gid = gids.get(group);
    if (gid === undefined) continue;
    const users = usersByGroup.get(gid) ?? new Set();
    usersByGroup.set(gid, users.add(user));
  }
  const uids = [...tenants.values()].map(({ identity }) => identity.uid).filter((uid) => uid !== 0);
  const ofServices = layout.services.flatMap(({ group }) =>
    group === 'root' ? [] : (gids.get(group) ?? []),
  );
  const numbered = host.accountsNumbered([...new Set(uids)], [...new Set(ofServices)]);
  return {
    layout,
    host,
    tenants,
    gids,
    groupNames: new Map([...gids].map(([name, gid]) => [gid, name] as const).toReversed()),
    privileged: new Map(
      [...PRIVILEGED_GROUPS].flatMap(([name, gives]) => {
        const gid = gids.get(name);
        return gid === undefined ? [] : [[gid, gives] as const];
      }),
    ),
    servicesByUser: Map.groupBy(layout.services, ({ user }) => user),
    usersByGroup,
    usersByUid: Map.groupBy(numbered.users, ({ id }) => id),
    groupsByGid: Map.groupBy(numbered.groups, ({ id }) => id),
  };
}

function checkGroups(accounts: Accounts, user: string, service: Service): Draft {
  const about = {
    id: `user.${user}.groups`,
    at: userAddress(user),
    service: service.name,
    severity: 'error',
    expected: 'in no group that lets it in elsewhere',
    causes: [`user.${user}`],
  } as const;
  const tenant = accounts.tenants.get(user);
  if (tenant === undefined) return { ...about, ...withoutUser(user) };
  const bad = badGroups(accounts, tenant);
  if (bad.length > 0)
    return {
      ...about,
      status: 'fail',
      found: `member of ${bad.map(({ name, gives }) => `${name} (${gives})`).join(', ')}`,
      ...leaveGroups(accounts.host, { user, service, bad, memberships: tenant.memberships }),
    };
  const others = tenant.memberships.map(({ name }) => name);
  return {
    ...about,
    status: 'pass',
    found: others.length === 0 ? 'in its own' : `in its own and ${others.join(', ')}`,
    fix: null,
  };
}

interface BadGroup extends Membership {
  readonly gives: string;
  readonly primary: boolean;
}

/** A group that the layout itself gives to a service of this user is its own. */
function badGroups(accounts: Accounts, { user, identity, memberships }: Tenant): readonly BadGroup[] {
  const own = new Set(
    (accounts.servicesByUser.get(user) ?? []).flatMap(({ group }) => accounts.gids.get(group) ?? []),
  );
  const { gid } = identity;
  const primary = { name: accounts.groupNames.get(gid) ?? `${gid}`, gid, kept: null, primary: true };
  return [primary, ...memberships.map((group) => ({ ...group, primary: false }))].flatMap((group) => {
    if (own.has(group.gid)) return [];
    const owners = [...(accounts.usersByGroup.get(group.gid) ?? [])].filter((owner) => owner !== user);
    const theirs = owners.length === 0 ? undefined : `the files of ${owners.join(', ')}`;
    const gives = accounts.privileged.get(group.gid) ?? theirs;
    return gives === undefined ? [] : [{ ...group, gives }];
  });
}

/** What mends it: commands, and in words what no command here can do. */
type Ways = Pick<Draft, 'fix' | 'hint'>;

function waysOf(commands: readonly string[], advice: readonly string[]): Ways {
  return {
    fix: commands.length === 0 ? null : asRoot(commands),
    hint: advice.length === 0 ? null : advice.join('; '),
  };
}

function leaveGroups(
  host: HostReader,
  {
    user,
    service,
    bad,
    memberships,
  }: {
    readonly user: string;
    readonly service: Service;
    readonly bad: readonly BadGroup[];
    readonly memberships: readonly Membership[];
  },
): Ways {
  const here = bad.filter(({ kept }) => kept === null);
  const advice = bad.flatMap(({ name, kept }) =>
    kept === null ? [] : [`take ${user} out of group ${name} ${whereKept(kept)}`],
  );
  const [only] = here;
  if (only === undefined) return waysOf([], advice);
  if (here.length === 1 && !only.primary)
    return waysOf([`${onRoot('gpasswd --root', host)} -d ${user} ${only.name}`], advice);
  const left = memberships.filter(({ gid, kept }) => kept === null && !here.some((one) => one.gid === gid));
  const flags = [
    ...(here.some(({ primary }) => primary) ? ['--gid', service.group] : []),
    ...(here.some(({ primary }) => !primary)
      ? ['--groups', shellWord(left.map(({ name }) => name).join())]
      : []),
  ];
  return waysOf([`${onRoot('usermod --prefix', host)} ${flags.join(' ')} ${user}`], advice);
}

function whereKept(kept: string): string {
  return `where it is kept (${kept}, see /etc/nsswitch.conf)`;
}

/** `usermod --prefix` → `usermod` on the live host, else with the root that it is about. */
function onRoot(programAndFlag: string, { root }: HostReader): string {
  return root === '/' ? (programAndFlag.split(' ')[0] ?? '') : `${programAndFlag} ${shellWord(root)}`;
}

function checkUid(accounts: Accounts, user: string, service: Service): Draft {
  const about = {
    id: `user.${user}.shared-uid`,
    at: userAddress(user),
    service: service.name,
    severity: 'error',
    expected: 'no other account has its uid',
  } as const;
  const tenant = accounts.tenants.get(user);
  if (tenant === undefined) return { ...about, ...withoutUser(user), causes: [`user.${user}`] };
  const { uid } = tenant.identity;
  const others = uid === 0 ? [] : twinsOf(user, accounts.usersByUid.get(uid));
  if (others.length === 0)
    return { ...about, status: 'pass', found: `uid ${uid}`, fix: null, causes: [`user.${user}`] };
  const first = [...accounts.tenants.values()].find(({ identity }) => identity.uid === uid)?.user ?? user;
  return {
    ...about,
    status: 'fail',
    found: `uid ${uid} is also ${others.map(({ name }) => name).join(', ')}`,
    ...parted(accounts, others),
    causes: first === user ? [] : [`user.${first}.shared-uid`],
  };
}

/** The number that the directory of its service still has, where nobody else has it. */
function formerUid({ host, layout, servicesByUser, look }: Accounts, name: string): number | null {
  const [service] = servicesByUser.get(name) ?? [];
  const entry = service === undefined ? null : look(servicePath(layout, service));
  if (entry?.type !== 'directory' || entry.uid === 0) return null;
  return host.accountsNumbered([entry.uid], []).users.length === 0 ? entry.uid : null;
}

function twinsOf(name: string, all: readonly Numbered[] = []): readonly Numbered[] {
  return all.filter((account) => account.name !== name);
}

/** What gives each of these users a uid of its own. usermod hands over what is in the home, if the user owns it. */
function parted(accounts: Accounts, users: readonly Numbered[]): Ways {
  const { host, servicesByUser, layout } = accounts;
  const free = freeNumbers(host, 'users');
  const homes = host.users(users.map(({ name }) => name));
  const commands = users.flatMap(({ name, kept }, i) => {
    if (kept !== null) return [];
    const usermod = `${onRoot('usermod --prefix', host)} --uid ${formerUid(accounts, name) ?? free[i]}`;
    const home = homes.get(name)?.home ?? '/';
    // A home on the hot tier belongs to a service, and must still belong to it afterwards.
    const isOurs = servicesByUser.has(name) || !`${home}/`.startsWith(`${layout.base}/`);
    return [`${usermod}${isOurs ? '' : ' --home /nonexistent'} ${name}`];
  });
  const services = users.flatMap(({ name }) => servicesByUser.get(name) ?? []);
  return waysOf(commands, [
    ...users.flatMap(({ name, kept }) =>
      kept === null ? [] : [`give ${name} another uid ${whereKept(kept)}`],
    ),
    ...services.map(({ name }) => thenRepair(name)),
  ]);
}

/** Its files still have the old number. */
function thenRepair(service: string): string {
  return `then: sudo jts-hot repair ${service} --recursive`;
}

/** As many numbers as needed that no account has, from the top of the system's range. */
export function freeNumbers(host: HostReader, kind: 'users' | 'groups'): readonly number[] {
  const numbers = Array.from({ length: 400 }, (_, i) => 999 - i);
  const asked = kind === 'users' ? host.accountsNumbered(numbers, []) : host.accountsNumbered([], numbers);
  const taken = new Set(asked[kind].map(({ id }) => id));
  return numbers.filter((number) => !taken.has(number));
}

function checkGid(accounts: Accounts, group: string, service: Service): Draft {
  const about = {
    id: `group.${group}.shared-gid`,
    at: groupAddress(group),
    service: service.name,
    severity: 'error',
    expected: 'no other group has its gid',
  } as const;
  const gid = accounts.gids.get(group);
  if (gid === undefined)
    return {
      ...about,
      status: 'skip',
      found: `no group ${group}`,
      fix: 'sudo jts-hot setup',
      causes: [`group.${group}`],
    };
  const others = twinsOf(group, accounts.groupsByGid.get(gid));
  if (others.length === 0)
    return { ...about, status: 'pass', found: `gid ${gid}`, fix: null, causes: [`group.${group}`] };
  const first = accounts.layout.services.find((one) => accounts.gids.get(one.group) === gid)?.group ?? group;
  return {
    ...about,
    status: 'fail',
    found: `gid ${gid} is also ${others.map(({ name }) => name).join(', ')}`,
    ...partedGroups(accounts, { group, gid, others }),
    causes: first === group ? [] : [`group.${first}.shared-gid`],
  };
}

/** groupmod also moves every user whose primary group has the number: ours are moved back. */
function partedGroups(
  accounts: Accounts,
  {
    group,
    gid,
    others,
  }: { readonly group: string; readonly gid: number; readonly others: readonly Numbered[] },
): Ways {
  const { host, tenants, layout } = accounts;
  const free = freeNumbers(host, 'groups');
  const ours = [...tenants.values()].filter(({ user, identity }) => user !== 'root' && identity.gid === gid);
  const back = ours.map(({ user }) => {
    const wanted = layout.services.find((service) => service.user === user)?.group ?? group;
    return `${onRoot('usermod --prefix', host)} --gid ${wanted} ${user}`;
  });
  const moved = others.flatMap(({ name, kept }, i) =>
    kept === null ? [`${onRoot('groupmod --prefix', host)} --gid ${free[i]} ${name}`] : [],
  );
  const theirs = layout.services.filter((service) => others.some(({ name }) => name === service.group));
  return waysOf(moved.length === 0 ? [] : [...moved, ...back], [
    ...others.flatMap(({ name, kept }) =>
      kept === null ? [] : [`give ${name} another gid ${whereKept(kept)}`],
    ),
    ...theirs.map(({ name }) => thenRepair(name)),
  ]);
}

/** Only where several services have this user: one owns it, the others say that they share it. */
function checkServices(accounts: Accounts, user: string): readonly Draft[] {
  const services = accounts.servicesByUser.get(user) ?? [];
  if (services.length < 2) return [];
  const undeclared = undeclaredSharers(accounts.layout).filter((service) => service.user === user);
  const [first] = undeclared;
  return [
    {
      id: `user.${user}.services`,
      at: userAddress(user),
      service: (first ?? services[1])?.name ?? null,
      severity: 'error',
      status: first === undefined ? 'pass' : 'fail',
      expected: 'user of one service, and of others that say so',
      found: services.map(({ name }) => name).join(', '),
      hint:
        first === undefined
          ? null
          : `in the layout, give ${first.name} a user of its own, or say that it is meant: sharesUser: true`,
      causes: [],
    },
  ];
}
