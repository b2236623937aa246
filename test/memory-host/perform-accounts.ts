// Groups and users of a host in memory, as shadow-utils make and delete them.
import type { Operation, Performers } from '../../src/port/operation.ts';
import { failed } from './reach.ts';
import { type State, unscripted } from './state.ts';

export function accountPerformers(
  state: State,
): Pick<Performers, 'createGroup' | 'deleteGroup' | 'createUser' | 'deleteUser' | 'lockUser'> {
  return {
    createGroup(operation) {
      const { name } = operation;
      if (state.groups.some((group) => group.name === name))
        throw failed('E_EXISTS', operation, `group ${name} is there already`);
      checkName(operation, name);
      state.groups.push({ name, gid: freeSystemId(state.groups.map(({ gid }) => gid)), members: [] });
    },
    deleteGroup(operation) {
      const group = state.groups.find(({ name }) => name === operation.name);
      if (group === undefined) throw failed('E_NOT_THERE', operation, `no group ${operation.name}`);
      const user = state.users.find(({ gid }) => gid === group.gid);
      if (user !== undefined)
        throw failed('E_ACCOUNT_IN_USE', operation, `it is the primary group of user ${user.name}`);
      state.groups.splice(state.groups.indexOf(group), 1);
    },
    createUser(operation) {
      const { name, home } = operation;
      if (state.users.some((user) => user.name === name))
        throw failed('E_EXISTS', operation, `user ${name} is there already`);
      checkName(operation, name);
      const group = state.groups.find((candidate) => candidate.name === operation.group);
      if (group === undefined) throw failed('E_COMMAND', operation, `no group ${operation.group}`);
      if (!home.startsWith('/') || /[:\n]/.test(home)) throw failed('E_COMMAND', operation, 'invalid home');
      const uid = freeSystemId(state.users.map((user) => user.uid));
      state.users.push({ name, uid, gid: group.gid, home, shell: '/bin/false' });
    },
    deleteUser(operation) {
      const index = state.users.findIndex(({ name }) => name === operation.name);
      const uid = state.users[index]?.uid;
      if (uid === undefined) throw failed('E_NOT_THERE', operation, `no user ${operation.name}`);
      // shadow-utils know nothing of the processes in an image.
      if (state.root === '/' && state.running.some((process) => process.uid === uid))
        throw failed('E_ACCOUNT_IN_USE', operation, 'a process of that user runs');
      state.users.splice(index, 1);
      state.locked.delete(operation.name);
      state.groups = state.groups.map((group) => ({
        ...group,
        members: group.members.filter((member) => member !== operation.name),
      }));
    },
    lockUser(operation) {
      if (!state.users.some(({ name }) => name === operation.name))
        throw failed('E_NOT_THERE', operation, `no user ${operation.name}`);
      state.locked.add(operation.name);
    },
  };
}

/** Debian's login.defs leaves these at their defaults. */
const SYSTEM_IDS = { min: 101, max: 999 };

/** Where linux.ts puts a user who is being deleted. */
export const NOBODYS_GID = 65534;

/** Names that useradd surely takes pass, names that it surely refuses fail as it does; between them nobody told us. */
function checkName(operation: Operation, name: string): void {
  if (/^[a-z_][a-z0-9_-]{0,30}$/.test(name)) return;
  if (name === '' || name.length > 32 || name.startsWith('-') || /[\s:,]/.test(name))
    throw failed('E_COMMAND', operation, `${name} is not a valid name`);
  throw unscripted(`whether shadow-utils takes the name ${name}`);
}

/** As find_new_uid.c of shadow-utils does it: below the lowest one used, and once that is the bottom, from the top. */
function freeSystemId(used: readonly number[]): number {
  const { min, max } = SYSTEM_IDS;
  const inRange = used.filter((id) => id >= min && id <= max);
  const lowest = Math.min(max + 1, ...inRange);
  if (lowest > min) return lowest - 1;
  for (let id = max; id >= min; id--) if (!inRange.includes(id)) return id;
  throw unscripted('for a system id when all are taken');
}
