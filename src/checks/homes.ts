// Owns the homes of users that this program made: a wrong one is found wherever it is. Of users that were there before
// resources/user.ts warns, where it is unsafe.
import { servicePath, serviceUsers } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import { accountProgram } from '../port/account.ts';
import { PARTED_HOME } from '../port/host.ts';
import { isUnsafeHome, userAddress } from '../resources/user.ts';
import type { Draft } from './follow.ts';
import type { Ground } from './ground.ts';
import type { MadeUsers } from './made-accounts.ts';

/** Told only where one does not hold; the record of runs is asked only of homes that are not the layout's. */
export function checkHomes({ layout, host }: Ground, made: MadeUsers): readonly Draft[] {
  const wanted = serviceUsers(layout);
  const users = host.users(wanted.map(({ user }) => user));
  return wanted.flatMap(({ user: name, service }): readonly Draft[] => {
    const found = users.get(name);
    const home = servicePath(layout, service);
    if (found === undefined || found.uid === 0 || found.home === home || found.home === PARTED_HOME)
      return [];
    // That one has its warning.
    if (isUnsafeHome({ home, base: layout.base }, found.home)) return [];
    const as = made(name);
    if (as === null || as.home === found.home) return [];
    return [
      {
        id: `user.${name}.other-home`,
        at: userAddress(name),
        service: service.name,
        severity: 'error',
        status: 'fail',
        expected: `home ${as.home}, as it was made with`,
        found: `home ${found.home}`,
        fix: `sudo ${accountProgram('usermod', host.root)} --home ${shellWord(as.home)} ${name}`,
        causes: [],
      },
    ];
  });
}
