// Owns what the checks that try things have in common: the layout, the host, who is tried, and what each path was seen as.

import { type Layout, serviceUsers } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { Entry } from '../port/entry.ts';
import type { HostReader, Identity, Membership, Prober } from '../port/host.ts';
import type { Draft } from './follow.ts';

export interface Ground {
  readonly layout: Layout;
  readonly host: HostReader & Prober;
  readonly tenants: Tenants;
  /** Looks once at each path. */
  readonly look: (path: string) => Entry;
}

/** A user of the layout that the host has, as its processes are started. */
export interface Tenant {
  readonly user: string;
  readonly identity: Identity;
  /** Its supplementary groups. */
  readonly memberships: readonly Membership[];
}

export type Tenants = ReadonlyMap<string, Tenant>;

const ROOT: Tenant = { user: 'root', identity: { uid: 0, gid: 0, groups: [] }, memberships: [] };

/** By name, in the order of the layout. All names in one question: each is a program that is started. */
export function tenantsOf(layout: Layout, host: HostReader): Tenants {
  const names = serviceUsers(layout).map(({ user }) => user);
  const users = host.users(names);
  const groups = host.memberships([...users.keys()]);
  const found = names.flatMap((user): readonly (readonly [string, Tenant])[] => {
    const ids = users.get(user);
    if (ids === undefined) return [];
    const { uid, gid } = ids;
    const memberships = groups.get(user) ?? [];
    const identity = { uid, gid, groups: memberships.map((group) => group.gid) };
    return [[user, { user, identity, memberships }]];
  });
  return new Map([['root', ROOT], ...found]);
}

/** What a check says that could not be tried. */
type Untried = Pick<Draft, 'found' | 'fix' | 'hint'> & { readonly status: 'skip' };

/** What a check says that rests on a user who is not there. */
export function withoutUser(user: string): Untried {
  return { status: 'skip', found: `no user ${user}`, fix: 'sudo jts-hot setup' };
}

/** What a check says that rests on a directory which is not there. */
export function notThere(entry: Entry, path: string): Untried {
  return entry.type === 'missing'
    ? { status: 'skip', found: 'no such directory', fix: 'sudo jts-hot setup' }
    : {
        status: 'skip',
        found: `not a plain directory (${entry.type})`,
        hint: `look at it: sudo ls -ld ${shellWord(path)}`,
      };
}
