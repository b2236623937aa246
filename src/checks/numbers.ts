// Owns the names of numbers that were found: who really owns a thing.
import type { HostReader } from '../port/host.ts';

export interface Names {
  /** As text where nobody has the number. */
  readonly user: (uid: number) => string;
  readonly group: (gid: number) => string;
  /** The first account that has it; null: none. */
  readonly userOf: (uid: number) => string | null;
  readonly groupOf: (gid: number) => string | null;
}

/** All in one question, and none where there are no numbers. */
export function nameNumbers(host: HostReader, uids: readonly number[], gids: readonly number[]): Names {
  const none = uids.length === 0 && gids.length === 0;
  const { users, groups } = none
    ? { users: [], groups: [] }
    : host.accountsNumbered([...new Set(uids)], [...new Set(gids)]);
  const userOf = (uid: number) => users.find(({ id }) => id === uid)?.name ?? (uid === 0 ? 'root' : null);
  const groupOf = (gid: number) => groups.find(({ id }) => id === gid)?.name ?? (gid === 0 ? 'root' : null);
  return {
    userOf,
    groupOf,
    user: (uid) => userOf(uid) ?? `${uid}`,
    group: (gid) => groupOf(gid) ?? `${gid}`,
  };
}
