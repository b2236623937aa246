// Looking accounts up on a host in memory.
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import type { HostReader } from '../../src/port/host.ts';
import type { State } from './state.ts';

/** (uid_t)-1 and above are no ids. */
const NO_ID = 0xffffffff;

export function named<T extends { readonly name: string }>(
  all: readonly T[],
  names: readonly string[],
  idsOf: (item: T) => readonly number[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const item of all) {
    if (!names.includes(item.name) || found.has(item.name)) continue;
    if (idsOf(item).some((id) => id >= NO_ID))
      throw new Problem(EXIT.failed, [
        diagnostic('E_ACCOUNT_LINE', 'cannot read an account', { detail: `found ${idsOf(item)}` }),
      ]);
    found.set(item.name, item);
  }
  return found;
}

export function membershipsOf(state: State, users: readonly string[]): ReturnType<HostReader['memberships']> {
  return new Map(
    users.map((user) => [
      user,
      state.groups
        .filter(({ members }) => members.includes(user))
        .map(({ name, gid }) => ({ name, gid, kept: null })),
    ]),
  );
}

export function numbered(
  state: State,
  uids: readonly number[],
  gids: readonly number[],
): ReturnType<HostReader['accountsNumbered']> {
  const kept = null;
  return {
    users: state.users
      .filter(({ uid }) => uids.includes(uid))
      .map(({ name, uid }) => ({ name, id: uid, kept })),
    groups: state.groups
      .filter(({ gid }) => gids.includes(gid))
      .map(({ name, gid }) => ({ name, id: gid, kept })),
  };
}
