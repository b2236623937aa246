// System groups: made, and deleted while they are still the ones that were made.
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const createGroup = operation({
  fields: ({ accountName }) => ({ name: accountName('group') }),
  does: 'Makes a system group',
  failure: 'cannot create a group',
  describe: ({ name }) => `create system group ${name}`,
  cells: ({ name }) => ['group', name, ''],
  sign: () => '+',
  creates: 'account',
  undo: 'possible',
  effect: ({ name }, host) => (host.groups([name]).has(name) ? DONE : OPEN),
  known({ name }, host) {
    const group = host.groups([name]).get(name);
    return group === undefined ? {} : { gid: group.gid };
  },
});

export const deleteGroup = operation({
  fields: ({ accountName, accountNumber }) => ({
    name: accountName('group'),
    gid: accountNumber('gid').exactOptional(),
  }),
  does: 'Deletes a group, only while it has that number and no members',
  failure: 'cannot delete a group',
  describe: ({ name }) => `delete group ${name}`,
  cells: ({ name }) => ['group', name, 'deleted'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ name, gid }, host) {
    const group = host.groups([name]).get(name);
    if (group === undefined) return DONE;
    if (gid !== undefined && gid !== group.gid)
      return changed(`it is another group of that name, with gid ${group.gid} instead of ${gid}`);
    const { members } = group;
    return members.length === 0 ? OPEN : changed(`it has members since: ${members.join(', ')}`);
  },
  again: (undo, { gid }) => (gid === undefined ? undo : { ...undo, gid }),
});
