// A whole directory of data gets another name on the same file system: known by inode and birth time, and used by nobody.
import type { Entry } from '../entry.ts';
import { changed, DONE, OPEN, operation } from './operation-entry.ts';

export const renameDirectory = operation({
  fields: ({ absolutePath, inode, born }) => ({
    path: absolutePath('The directory'),
    to: absolutePath('Its other name, which is free'),
    inode,
    born,
  }),
  does: 'Gives a directory another name on the same file system, over nothing, while no process has anything of it open',
  failure: 'cannot give a directory another name',
  describe: ({ path, to }) => `rename ${path} to ${to}`,
  cells: ({ path, to }) => ['directory', path, `becomes ${to}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    const there = host.entry(of.to);
    if (isIt(entry, of))
      return there.type === 'missing' ? OPEN : changed(`a ${there.type} is in the place that it was to have`);
    if (isIt(there, of)) return DONE;
    return changed(entry.type === 'missing' ? 'it is gone' : 'another one has taken its place');
  },
});

function isIt(entry: Entry, of: { readonly inode: string; readonly born: string | null }): boolean {
  return entry.type === 'directory' && entry.inode === of.inode && entry.born === of.born;
}
