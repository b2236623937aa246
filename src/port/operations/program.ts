// Complete copies of the program that runs, root's: put in place whole, and removed while they are just those programs.
import { isAside } from './aside.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const installProgram = operation({
  fields: ({ absolutePath, programHash, programSource }) => ({
    path: absolutePath('Where'),
    hash: programHash,
    source: programSource,
  }),
  does: 'Copies the program that runs, with its Node.js, whole or not at all, and starts the copy once',
  failure: 'cannot copy a program',
  describe: ({ path }) => `copy the program that runs to ${path}`,
  cells: ({ path }) => ['program', nameIn(path), 'a copy of the one that runs'],
  sign: () => '+',
  creates: 'thing',
  undo: 'possible',
  effect({ path, hash }, host) {
    if (host.programAt(path) === hash) return isAside(host, path) ? OPEN : DONE;
    const { type } = host.entry(path);
    return type === 'missing' || type === 'directory' ? OPEN : changed(`a ${type} is there`);
  },
});

export const removeProgram = operation({
  fields: ({ absolutePath, programHash }) => ({ path: absolutePath('Which'), hash: programHash }),
  does: 'Removes a program that was copied, only while it is just that one',
  failure: 'cannot remove a program',
  describe: ({ path }) => `remove program ${path}`,
  cells: ({ path }) => ['program', nameIn(path), 'removed'],
  sign: () => '-',
  creates: null,
  // An old one that makes room: nothing rests on it, and the one that is in use is not it.
  undo: 'needless',
  effect({ path, hash }, host) {
    if (host.entry(path).type === 'missing') return isAside(host, path) ? OPEN : DONE;
    return host.programAt(path) === hash ? OPEN : changed('it is not as it was copied');
  },
});

/** Where programs are is said by the link to the one in use. */
function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
