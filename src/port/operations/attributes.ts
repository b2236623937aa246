// Owner and mode of directories and plain files: changed only while they are still the same ones, and as they were planned.
import type { Entry } from '../entry.ts';
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
