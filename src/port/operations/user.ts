// System users that nobody can log in as: made, deleted while they are still the ones that were made, or locked.
import { allowsLogin } from '../account.ts';
import { PARTED_HOME } from '../host-reader.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const createUser = operation({
  fields: ({ accountName, absolutePath }) => ({
    name: accountName('user'),
    group: accountName('user’s group'),
    home: absolutePath('Its home'),
  }),
  does: 'Makes a system user that cannot log in',
  failure: 'cannot create a user',
  describe: ({ name, home }) => `create system user ${name}, home ${home}, no login`,
  cells: ({ name, home }) => ['user', name, `home ${home}`],
  sign: () => '+',
  creates: 'account',
  undo: 'possible',
  effect: ({ name }, host) => (host.users([name]).has(name) ? DONE : OPEN),
  known({ name }, host) {
    const user = host.users([name]).get(name);
    return user === undefined ? {} : { uid: user.uid };
  },
});

export const deleteUser = operation({
  fields: ({ accountName, accountNumber, absolutePath }) => ({
    name: accountName('user'),
    home: absolutePath('The home it was made with'),
    uid: accountNumber('uid').exactOptional(),
  }),
  does: 'Deletes a user, only while it has that home and that number',
  failure: 'cannot delete a user',
  describe: ({ name }) => `delete user ${name}`,
  cells: ({ name }) => ['user', name, 'deleted'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ name, home, uid }, host) {
    const user = host.users([name]).get(name);
    if (user === undefined) return DONE;
    if (uid !== undefined && uid !== user.uid)
      return changed(`it is another user of that name, with uid ${user.uid} instead of ${uid}`);
    if (allowsLogin(user)) return changed(`it was given a login shell since (${user.shell})`);
    if (user.home === home || user.home === PARTED_HOME) return OPEN;
    return changed(`it is another user of that name, with home ${user.home}`);
  },
  again: (undo, { uid }) => (uid === undefined ? undo : { ...undo, uid }),
});

/** So that nobody becomes that user any more, whose number must not go to anybody else. */
export const lockUser = operation({
  fields: ({ accountName, accountNumber }) => ({ name: accountName('user'), uid: accountNumber('uid') }),
  does: 'Locks a user, so that nobody can log in as it',
  failure: 'cannot lock a user',
  describe: ({ name }) => `lock user ${name}, so that nobody can log in as it`,
  cells: ({ name }) => ['user', name, 'locked'],
  sign: () => '~',
  creates: null,
  undo: 'needless',
  effect({ name, uid }, host) {
    const user = host.users([name]).get(name);
    if (user === undefined) return changed('it is gone');
    if (user.uid !== uid) return changed(`it is another user of that name, with uid ${user.uid}`);
    return host.lockedUsers([name]).has(name) ? DONE : OPEN;
  },
});
