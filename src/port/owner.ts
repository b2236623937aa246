// Owns which numbers an owner has on a host: written once for who looks, who judges and who acts. Reads only.
import type { HostReader } from './host-reader.ts';
import type { Owner } from './operations/words.ts';

export interface OwnerIds {
  /** undefined: no such user (yet). */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Root is 0 on every host; a number is itself. */
export function ownerIds({ user, group }: Owner, host: Pick<HostReader, 'users' | 'groups'>): OwnerIds {
  return {
    uid: typeof user === 'number' ? user : user === 'root' ? 0 : host.users([user]).get(user)?.uid,
    gid: typeof group === 'number' ? group : group === 'root' ? 0 : host.groups([group]).get(group)?.gid,
  };
}

export function owns(
  host: HostReader,
  owner: Owner,
  entry: { readonly uid: number; readonly gid: number },
): boolean {
  const { uid, gid } = ownerIds(owner, host);
  return uid === entry.uid && gid === entry.gid;
}

export function describeOwner(owner: Owner): string {
  return `${owner.user}:${owner.group}`;
}
