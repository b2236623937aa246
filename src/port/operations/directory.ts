// Directories: made with their owner and mode, and removed while they are empty and the very ones that were made.
import { describeOwner, ownerIds, owns } from '../owner.ts';
import { ANOTHER, changed, DONE, HOLDS_DATA, NO_BIRTHS, OPEN, operation } from './operation-entry.ts';

export const makeDirectory = operation({
  fields: ({ absolutePath, owner, mode }) => ({
    path: absolutePath('Where'),
    owner: owner.meta({ description: 'Its owner' }),
    mode: mode('Its mode'),
  }),
  does: 'Makes a directory',
  failure: 'cannot create a directory',
  describe: ({ path, owner, mode }) => `create ${path}, ${describeOwner(owner)} ${mode}`,
  cells: ({ path, owner, mode }) => ['directory', path, `${describeOwner(owner)} ${mode}`],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect({ path, owner, mode }, host, seen) {
    const entry = seen ?? host.entry(path);
    if (entry.type === 'missing') return OPEN;
    if (entry.type !== 'directory') return changed(`a ${entry.type} is there`);
    const same = owns(host, owner, entry) && entry.mode === mode;
    return same ? DONE : changed(`found ${entry.uid}:${entry.gid} ${entry.mode}`);
  },
  known: (_made, _host, seen) => (seen?.type === 'directory' ? { inode: seen.inode, born: seen.born } : {}),
});

/**
 * The very one that was made. Where the record has it: by its inode and its birth time, or, `born` being null, by its inode,
 * owner and mode. Else by its owner (or root's, where we were killed on the way).
 */
export const removeDirectory = operation({
  fields: ({ absolutePath, owner, inode, born, mode }) => ({
    path: absolutePath('Which'),
    owner: owner.meta({ description: 'The owner it was made for' }),
    inode: inode.exactOptional(),
    born: born.exactOptional(),
    mode: mode('How it was left, where there is no birth time').exactOptional(),
  }),
  does: 'Removes a directory, only when it is empty',
  failure: 'cannot remove a directory',
  describe: ({ path }) => `remove empty directory ${path}`,
  cells: ({ path }) => ['directory', path, 'removed'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect({ path, owner, inode, born, mode }, host) {
    const entry = host.entry(path);
    if (entry.type === 'missing') return DONE;
    if (entry.type !== 'directory') return changed(`a ${entry.type} is there now`);
    if (entry.entries !== 0) return HOLDS_DATA;
    if (born !== undefined) {
      if (entry.inode !== inode || entry.born !== born) return ANOTHER;
      const asLeft = owns(host, owner, entry) && entry.mode === mode;
      return born !== null || asLeft
        ? OPEN
        : changed(`found ${entry.uid}:${entry.gid} ${entry.mode}, ${NO_BIRTHS}`);
    }
    // Of a record without birth times, or of a run that was killed on the way.
    if (entry.inode === inode) return OPEN;
    if (entry.uid === 0 || entry.uid === ownerIds(owner, host).uid) return OPEN;
    return changed(`it is uid ${entry.uid}'s, and was not made for that user`);
  },
  again(undo, { inode, born }, did) {
    if (inode === undefined) return undo;
    // Without a birth time it is known by how it was left, too.
    const mode = born === null && did.mode !== undefined ? { mode: did.mode } : {};
    return { ...undo, inode, ...(born !== undefined && { born }), ...mode };
  },
});
