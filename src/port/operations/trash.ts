// What `clean` does: a thing goes into the trash and comes back, or what is in the trash goes for good. Known by inode, birth
// time and how all of it was when it was judged.
import type { Entry } from '../entry.ts';
import type { HostReader } from '../host-reader.ts';
import { changed, DONE, type Effect, OPEN, operation } from './operation-entry.ts';

/** On the file system that is cleaned: below the base, or at the top of that of a service, whose user cannot make one of root's. */
export const TRASH_NAME = '.jts-hot-trash';

/** `20261127T101403Z`, with a `d` where it goes at once; then its number in the run. */
export const STAMP_PATTERN = '^\\d{8}T\\d{6}Zd?$';

export function trashOf(base: string): string {
  return `${base}/${TRASH_NAME}`;
}

interface Moved {
  readonly path: string;
  readonly trash: string;
  readonly inode: string;
  readonly born: string | null;
}

export const moveToTrash = operation({
  fields: ({ absolutePath, inode, born, whole, z, text }) => ({
    path: absolutePath('Which file or directory'),
    trash: absolutePath('Where it goes: in the trash it has a number for its name'),
    inode,
    born,
    bytes: whole('All its files together, in bytes'),
    entries: whole('How many files and directories it is, itself counted'),
    writtenAt: z
      .string()
      .regex(/^-?\d+$/)
      .meta({
        description: 'When any of it was last written, in nanoseconds since the epoch as decimal text',
      }),
    rule: text('The rule that it goes by'),
  }),
  does: 'Moves a file or directory into the trash on the same file system, only while all of it is as it was judged',
  failure: 'cannot move something into the trash',
  describe: ({ path, rule }) => `move ${path} into the trash (rule ${rule})`,
  cells: ({ path, rule }) => ['thing', path, `into the trash (rule ${rule})`],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    if (isIt(entry, of)) return OPEN;
    if (isIt(host.entry(of.trash), of)) return DONE;
    return changed(entry.type === 'missing' ? 'it is gone' : 'another one has taken its place');
  },
});

export const takeFromTrash = operation({
  fields: ({ absolutePath, inode, born }) => ({
    path: absolutePath('Where it goes back to'),
    trash: absolutePath('Where it is'),
    inode,
    born,
  }),
  does: 'Moves a file or directory from the trash back to its place, only while that is free',
  failure: 'cannot take something out of the trash',
  describe: ({ path }) => `take ${path} out of the trash`,
  cells: ({ path }) => ['thing', path, 'out of the trash'],
  sign: () => '+',
  creates: null,
  undo: 'needless',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    if (isIt(entry, of)) return DONE;
    if (!isIt(host.entry(of.trash), of)) return changed('it was deleted for good');
    return entry.type === 'missing' ? OPEN : changed(`a ${entry.type} is in its place`);
  },
});

export const emptyTrash = operation({
  fields: ({ absolutePath, text, whole }) => ({
    path: absolutePath('The trash'),
    stamp: text(
      'When the run was that put it there, as `20261127T101403Z`; with a `d` where it goes at once',
    ),
    first: whole('The first number'),
    last: whole('The last number'),
  }),
  does: 'Deletes what is in the trash under these numbers, links as such; what a process has open stays, and the rest with it',
  failure: 'cannot delete what is in the trash',
  describe: ({ stamp, first, last }) => `delete ${rangeText(first, last)} of ${stamp} in the trash`,
  cells: ({ path, stamp, first, last }) => ['trash', path, `${stamp} ${rangeText(first, last)} deleted`],
  sign: () => '-',
  creates: null,
  undo: 'impossible',
  effect: ({ path, stamp, first, last }, host) => emptied({ path, stamp, first, last }, host),
});

export function rangeText(first: number, last: number): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function emptied(
  of: { readonly path: string; readonly stamp: string; readonly first: number; readonly last: number },
  host: HostReader,
): Effect {
  for (let number = of.first; number <= of.last; number += 1)
    if (host.entry(`${of.path}/${of.stamp}-${number}`).type !== 'missing') return OPEN;
  return DONE;
}

function isIt(entry: Entry, { inode, born }: Moved): boolean {
  return 'inode' in entry && entry.inode === inode && entry.born === born;
}
