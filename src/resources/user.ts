// System users, one a service. An existing user is kept as it is: distribution packages bring their own.

import type { Difference, LayoutResource } from '../engine/resource.ts';
import { servicePath, serviceUsers } from '../layout/layout.ts';
import { type Diagnostic, diagnostic } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { accountProgram, allowsLogin } from '../port/account.ts';
import { PARTED_HOME, type User } from '../port/host.ts';
import { groupAddress } from './group.ts';

interface UserWant {
  readonly name: string;
  readonly group: string;
  readonly home: string;
  readonly base: string;
  readonly service: string;
}

interface UserHave {
  readonly user: User | null;
  /** null: the group does not exist (yet). */
  readonly gid: number | null;
  /** Other wanted users with the same uid: nothing isolates them from each other. */
  readonly twins: readonly string[];
  /** Locked by a rollback, because it still owns files somewhere. */
  readonly locked: boolean;
  /** The root of the host it was found on: a command for another root must name it. */
  readonly root: string;
}

export function userAddress(name: string): string {
  return `user ${name}`;
}

export const user: LayoutResource<UserWant, UserHave> = {
  kind: 'user',
  role: 'account',
  creates: ['createUser'],
  tools: { getent: 'libc-bin', useradd: 'passwd', usermod: 'passwd', userdel: 'passwd' },
  isRepaired: false,
  irreversible: null,
  desire: (layout) =>
    serviceUsers(layout).map(({ user: name, service }) => ({
      name,
      group: service.group,
      home: servicePath(layout, service),
      base: layout.base,
      service: service.name,
    })),
  address: (want) => userAddress(want.name),
  checkId: (want) => `user.${want.name}`,
  service: (want) => want.service,
  observe(host, wants) {
    const users = host.users(wants.map((want) => want.name));
    const groups = host.groups(wants.map((want) => want.group));
    const byUid = Map.groupBy(users.values(), ({ uid }) => uid);
    const locked = host.lockedUsers([...users.keys()]);
    return wants.map((want) => {
      const found = users.get(want.name) ?? null;
      const twins = found === null ? [] : (byUid.get(found.uid) ?? []);
      return {
        user: found,
        gid: groups.get(want.group)?.gid ?? null,
        twins: twins.filter((other) => other !== found).map(({ name }) => name),
        locked: locked.has(want.name),
        root: host.root,
      };
    });
  },
  diff(want, have): Difference {
    const address = userAddress(want.name);
    if (have.user === null)
      return {
        steps: [
          {
            address,
            action: '+',
            summary: `system user ${want.name}, home ${want.home}, no login`,
            reason: `${want.service} runs as its own user; the host has none of that name`,
            do: { type: 'createUser', name: want.name, group: want.group, home: want.home },
            undo: { type: 'deleteUser', name: want.name, home: want.home },
            needs: want.group === 'root' ? [] : [groupAddress(want.group)],
          },
        ],
        refusals: [],
        warnings: [],
      };
    if (have.user.uid === 0)
      return {
        steps: [],
        refusals: [
          diagnostic('E_USER_IS_ROOT', 'refusing to give a service to a user that is root', {
            at: address,
            detail: `want a user of its own, found ${want.name} with uid 0`,
            hint: `name another user for ${want.service} in the layout`,
          }),
        ],
        warnings: [],
      };
    if (have.user.home === PARTED_HOME)
      return {
        steps: [],
        refusals: [
          diagnostic('E_HALF_DELETED', 'refusing to use a user whose deletion was cut short', {
            at: address,
            detail: `want a user with home ${want.home}, found ${PARTED_HOME}`,
            fix: `sudo ${accountProgram('userdel', have.root)} ${want.name}`,
            hint: 'then: sudo jts-hot setup; or finish what was begun: sudo jts-hot rollback',
          }),
        ],
        warnings: [],
      };
    return { steps: [], refusals: [], warnings: keptAsTheyAre(want, have.user, have) };
  },
  expected: () => 'system user, no login',
  found(_want, { user: found }) {
    if (found === null) return 'missing';
    const rest =
      found.home === PARTED_HOME ? `home ${PARTED_HOME}` : `shell ${found.shell || '(empty: /bin/sh)'}`;
    return `uid ${found.uid}, ${rest}`;
  },
};

const OPEN_TO_ALL = ['/tmp', '/var/tmp', '/dev/shm'];

/** A package may have given it another one; but not that of another service, or one where everybody may put files. */
export function isUnsafeHome({ home, base }: Pick<UserWant, 'home' | 'base'>, found: string): boolean {
  const isBelow = (path: string, above: string) => `${path}/`.startsWith(`${above}/`);
  if (isBelow(found, home)) return false;
  return isBelow(found, base) || OPEN_TO_ALL.some((place) => isBelow(found, place));
}

function keptAsTheyAre(want: UserWant, found: User, have: UserHave): readonly Diagnostic[] {
  const at = userAddress(want.name);
  const warnings: Diagnostic[] = [];
  if (allowsLogin(found))
    warnings.push(
      diagnostic('W_LOGIN_SHELL', 'existing user allows a login shell', {
        at,
        detail: `want /bin/false, found ${found.shell || '(empty: /bin/sh)'}; kept as it is`,
        fix: `sudo ${accountProgram('usermod', have.root)} --shell /bin/false ${want.name}`,
        hint: 'only if nothing needs the shell',
      }),
    );
  if (have.locked)
    warnings.push(
      diagnostic('W_LOCKED', 'existing user is locked', {
        at,
        detail: 'want one that sudo, su and cron can work as, found it locked; kept as it is',
        fix: `sudo ${accountProgram('usermod', have.root)} --expiredate '' ${want.name}`,
      }),
    );
  if (have.gid !== null && found.gid !== have.gid)
    warnings.push(
      diagnostic('W_OTHER_GROUP', 'existing user has another primary group', {
        at,
        detail: `want ${want.group} (gid ${have.gid}), found gid ${found.gid}; kept as it is`,
        fix: `sudo ${accountProgram('usermod', have.root)} --gid ${want.group} ${want.name}`,
      }),
    );
  if (isUnsafeHome(want, found.home))
    warnings.push(
      diagnostic('W_OTHER_HOME', 'existing user has a home that is not its own', {
        at,
        detail: `want ${want.home}, found ${found.home}; kept as it is`,
        fix: `sudo ${accountProgram('usermod', have.root)} --home ${shellWord(want.home)} ${want.name}`,
      }),
    );
  if (have.twins.length > 0)
    warnings.push(
      diagnostic('W_SHARED_UID', 'service users share one uid', {
        at,
        detail: `uid ${found.uid} is also ${have.twins.join(', ')}: the kernel cannot keep them apart`,
        hint: 'give each service a user of its own',
      }),
    );
  return warnings;
}
