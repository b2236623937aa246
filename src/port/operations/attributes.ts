// Owner, mode, flags and access lists of directories and plain files: changed only while they are still the same ones, and as they were planned.
import { type FullLists, fullLists } from '../access-lists.ts';
import type { Entry } from '../entry.ts';
import type { EntryFlag } from '../inside.ts';
import { describeOwner, owns } from '../owner.ts';
import {
  ANOTHER,
  changed,
  DONE,
  type Effect,
  HOLDS_DATA,
  type Known,
  NO_BIRTHS,
  OPEN,
  operation,
} from './operation-entry.ts';

/**
 * `born` is of an undo whose change is known to have been made. null: the file system keeps no birth times; then a file is
 * the same one while it was not written since, and a directory while it is empty.
 */
export interface Change {
  readonly inode: string;
  readonly born?: Known['born'];
  readonly written?: Known['written'];
  readonly onlyEmpty?: true;
}

export const changeOwner = operation({
  fields: ({ absolutePath, inode, born, writtenThen, owner, onlyEmpty }) => ({
    path: absolutePath('Of what'),
    inode,
    born: born.exactOptional(),
    written: writtenThen,
    from: owner.meta({ description: 'The owner before' }),
    to: owner.meta({ description: 'The owner after' }),
    onlyEmpty,
  }),
  does: 'Changes an owner, only while it is the same one and belongs to `from`',
  failure: 'cannot change an owner',
  describe: ({ path, from, to }) =>
    `change owner of ${path} from ${describeOwner(from)} to ${describeOwner(to)}`,
  cells: ({ path, from, to }) => ['owner', path, `${describeOwner(from)} -> ${describeOwner(to)}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    if (entry.type !== 'directory' && entry.type !== 'file') return changed('it is not there');
    if (isAnother(of, entry)) return ANOTHER;
    if (owns(host, of.to, entry)) return DONE;
    if (owns(host, of.from, entry)) return whyNotKnown(of, entry) ?? OPEN;
    return changed(`want owner ${describeOwner(of.from)}, found ${entry.uid}:${entry.gid}`);
  },
  known: (_changed, _host, seen) => knownBy(seen),
  again: (undo, known) => ({ ...undo, ...learnt(known) }),
});

export const changeMode = operation({
  fields: ({ absolutePath, inode, born, writtenThen, mode, onlyEmpty }) => ({
    path: absolutePath('Of what'),
    inode,
    born: born.exactOptional(),
    written: writtenThen,
    from: mode('The mode before'),
    to: mode('The mode after'),
    onlyEmpty,
  }),
  does: 'Changes a mode, only while it is the same one and has mode `from`',
  failure: 'cannot change a mode',
  describe: ({ path, from, to }) => `change mode of ${path} from ${from} to ${to}`,
  cells: ({ path, from, to }) => ['mode', path, `${from} -> ${to}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    if (entry.type !== 'directory' && entry.type !== 'file') return changed('it is not there');
    if (isAnother(of, entry)) return ANOTHER;
    if (entry.mode === of.to) return DONE;
    if (entry.mode === of.from) return whyNotKnown(of, entry) ?? OPEN;
    return changed(`want mode ${of.from}, found ${entry.mode}`);
  },
  known: (_changed, _host, seen) => knownBy(seen),
  again: (undo, known) => ({ ...undo, ...learnt(known) }),
});

export const changeFlags = operation({
  fields: ({ absolutePath, inode, born, writtenThen, flags }) => ({
    path: absolutePath('Of what'),
    inode,
    born: born.exactOptional(),
    written: writtenThen,
    from: flags.meta({ description: 'The flags before' }),
    to: flags.meta({ description: 'The flags after' }),
  }),
  does: 'Sets or takes away flags, only while it is the same one and has those of `from`',
  failure: 'cannot change flags',
  describe: ({ path, from, to }) => `change flags of ${path} from ${flagsText(from)} to ${flagsText(to)}`,
  cells: ({ path, from, to }) => ['flags', path, `${flagsText(from)} -> ${flagsText(to)}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    if (entry.type !== 'directory' && entry.type !== 'file') return changed('it is not there');
    if (isAnother(of, entry)) return ANOTHER;
    const have = flagsText(host.attributes(of.path).flags);
    if (have === flagsText(of.to)) return DONE;
    if (have === flagsText(of.from)) return whyNotKnown(of, entry) ?? OPEN;
    return changed(`want flags ${flagsText(of.from)}, found ${have}`);
  },
  known: (_changed, _host, seen) => knownBy(seen),
  again: (undo, known) => ({ ...undo, ...learnt(known) }),
});

function flagsText(flags: readonly EntryFlag[]): string {
  return flags.length === 0 ? 'none' : flags.toSorted().join(', ');
}

/** Beside a list the bits of the group say something else than without: mode and lists change together. */
export const changeLists = operation({
  fields: ({ absolutePath, inode, born, writtenThen, lists }) => ({
    path: absolutePath('Of what'),
    inode,
    born: born.exactOptional(),
    written: writtenThen,
    from: lists.meta({ description: 'The lists before' }),
    to: lists.meta({ description: 'The lists after' }),
  }),
  does: 'Changes who may use it beyond its mode, only while it is the same one and has the lists of `from`',
  failure: 'cannot change access lists',
  describe: ({ path, from, to }) => `change access of ${path} from ${listsText(from)} to ${listsText(to)}`,
  cells: ({ path, to }) => ['access', path, `now ${listsText(to)}`],
  sign: () => '~',
  creates: null,
  undo: 'possible',
  effect(of, host, seen) {
    const entry = seen ?? host.entry(of.path);
    if (entry.type !== 'directory' && entry.type !== 'file') return changed('it is not there');
    if (isAnother(of, entry)) return ANOTHER;
    const have = listsText(fullLists(host.attributes(of.path).lists, entry.mode));
    if (have === listsText(of.to)) return DONE;
    if (have === listsText(of.from)) return whyNotKnown(of, entry) ?? OPEN;
    return changed(`want access ${listsText(of.from)}, found ${have}`);
  },
  known: (_changed, _host, seen) => knownBy(seen),
  again: (undo, known) => ({ ...undo, ...learnt(known) }),
});

export function listsText({ access, inherited }: FullLists): string {
  return inherited === null ? access : `${access}, inherited ${inherited}`;
}

type Thing = Extract<Entry, { type: 'directory' | 'file' | 'link' | 'special' }>;

/** An inode that was given again has another birth time. */
function isAnother({ inode, born }: Change, entry: Thing): boolean {
  return entry.inode !== inode || (born !== undefined && entry.born !== born);
}

/** null: it is the one that was changed, and may be changed back. */
function whyNotKnown({ born, written, onlyEmpty }: Change, entry: Thing): Effect | null {
  if (entry.type === 'directory') {
    if (entry.entries === 0) return null;
    if (onlyEmpty === true) return HOLDS_DATA;
    return born === null ? changed(`it holds something, ${NO_BIRTHS}`) : null;
  }
  if (born !== null) return null;
  const unwritten = entry.written?.bytes === written?.bytes && entry.written?.at === written?.at;
  return unwritten ? null : changed(`it was written since, ${NO_BIRTHS}`);
}

function knownBy(seen: Entry | undefined): Known {
  if (seen?.type !== 'directory' && seen?.type !== 'file') return {};
  return { born: seen.born, ...('written' in seen && { written: seen.written }) };
}

function learnt({ born, written }: Known): Pick<Known, 'born' | 'written'> {
  return born === undefined ? {} : { born, ...(written && { written }) };
}
