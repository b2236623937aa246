// Owns what may not be in the tree of a service that has a user of its own, and the question whether such things are there.
// The judgement is of numbers alone, since threads make it a million times; repair makes the very same one.

import { type AccessLists, NO_LISTS } from './access-lists.ts';
import type { Owners } from './owner-search.ts';

/** By bit: what is wrong of one entry is a sum of these. */
export const CAUSES = [
  /** Another file system. */
  'mount',
  /** A block or character device. */
  'device',
  /** A file that runs as its owner or group. */
  'setuid',
  /** Somebody else's file with other names, perhaps outside. */
  'hard-links',
  /** Immutable or append-only. */
  'flags',
  'owner',
  /** Its owner cannot use it. */
  'mode',
  'world-writable',
  /** An access list lets somebody in beyond the mode, or will do so with what is made there. */
  'acl',
] as const;

export type Cause = (typeof CAUSES)[number];

export function bitOf(cause: Cause): number {
  return 1 << CAUSES.indexOf(cause);
}

const DEVICE = bitOf('device');
const SETUID = bitOf('setuid');
const HARD_LINKS = bitOf('hard-links');
const FLAGS = bitOf('flags');
const OWNER = bitOf('owner');
const MODE = bitOf('mode');
const WORLD_WRITABLE = bitOf('world-writable');

/** What repair leaves alone: of such an entry nothing else is told. */
export const NOT_OURS = bitOf('mount') | DEVICE | SETUID | HARD_LINKS;
/** What the layout says of its own directories. */
export const LAYOUTS_OWN = OWNER | MODE | WORLD_WRITABLE;
/** What cannot be changed while a flag is set. */
export const BEHIND_FLAGS = LAYOUTS_OWN | bitOf('acl');

export type EntryFlag = 'immutable' | 'append-only';

/** What an entry has beside owner and mode. */
export interface EntryAttributes {
  readonly flags: readonly EntryFlag[];
  readonly lists: AccessLists;
}

export const NO_ATTRIBUTES: EntryAttributes = { flags: [], lists: NO_LISTS };

/** As stat(2) and statx(2) number them. */
export const FORMAT = { mask: 0xf000, directory: 0x4000, file: 0x8000, block: 0x6000, character: 0x2000 };
export const FLAG_BITS: Readonly<Record<EntryFlag, number>> = { immutable: 0x10, 'append-only': 0x20 };
const ANY_FLAG = 0x30;

export function flagsIn(attributes: number): readonly EntryFlag[] {
  return (['immutable', 'append-only'] as const).filter((flag) => (attributes & FLAG_BITS[flag]) !== 0);
}

/** One entry, as the kernel tells of it. `mode` with the format. */
export interface EntryFacts {
  mode: number;
  uid: number;
  gid: number;
  links: number;
  /** STATX_ATTR_IMMUTABLE and STATX_ATTR_APPEND. */
  attributes: number;
}

export interface TreeOwner {
  readonly uid: number;
  readonly gid: number;
}

/** What is wrong of an entry, all but its access list. Links, sockets and pipes may belong to anybody. */
export function wrongOf(entry: Readonly<EntryFacts>, own: TreeOwner): number {
  const { mode, uid } = entry;
  const format = mode & FORMAT.mask;
  if (format !== FORMAT.file && format !== FORMAT.directory)
    return format === FORMAT.block || format === FORMAT.character ? DEVICE : 0;
  if (format === FORMAT.file) {
    if ((mode & 0o6000) !== 0) return SETUID;
    if (entry.links > 1 && uid !== own.uid) return HARD_LINKS;
  }
  let wrong = (entry.attributes & ANY_FLAG) === 0 ? 0 : FLAGS;
  if (uid !== own.uid || entry.gid !== own.gid) wrong |= OWNER;
  const missing = withOwnerRights(mode) !== mode;
  if (missing) wrong |= MODE;
  if ((mode & 0o002) !== 0) wrong |= WORLD_WRITABLE;
  return wrong;
}

/** Whether its access list matters. */
export function mayHaveList(mode: number, wrong: number): boolean {
  const format = mode & FORMAT.mask;
  return (wrong & NOT_OURS) === 0 && (format === FORMAT.file || format === FORMAT.directory);
}

/**
 * The class, not the mode: a directory its owner can use, a file its owner can read, neither writable by all. What the
 * service chose beyond that stays: a key of mode 0400 is right, while one without any right of its owner is nobody's choice.
 */
export function rightMode(mode: number): number {
  return withOwnerRights(mode) & ~0o002;
}

function withOwnerRights(mode: number): number {
  if ((mode & FORMAT.mask) === FORMAT.directory) return mode | 0o700;
  return (mode & 0o400) === 0 ? mode | 0o600 : mode;
}

/** A tree to look into. */
export interface OwnedTree extends TreeOwner {
  readonly path: string;
  /** The layout's directories below it, as `data`: their owner and mode are checked elsewhere, and so are the tree's own. */
  readonly named: readonly string[];
  /** Directories below it that are this program's own: neither they nor what is in them is looked at. */
  readonly ours: readonly string[];
}

export interface InsideRequest {
  readonly trees: readonly OwnedTree[];
  /** Accounts of services: a list that lets another one in is worse than others. */
  readonly services: Owners;
  /** `all`: each tree, by all cores. A number: of each tree no more entries, the first in each of its directories. */
  readonly look: 'all' | number;
  /** About ten times a second. */
  readonly onProgress: (entries: number) => void;
}

export interface WrongEntry {
  /** Below its tree, '' is the tree itself; undecodable bytes kept (see values/file-name.ts). */
  readonly path: string;
  /** How it is: `uid 4711, gid 4711`, `mode 0000`. */
  readonly found: string;
}

export interface WrongKind {
  readonly cause: Cause;
  readonly count: number;
  /** The first by name of those that were kept: at most EXAMPLES. */
  readonly examples: readonly WrongEntry[];
}

export interface InsideTree {
  readonly path: string;
  readonly entries: number;
  /** Nothing is in it that was not looked at. */
  readonly whole: boolean;
  /** In the order of CAUSES, those that there are. */
  readonly wrong: readonly WrongKind[];
  /** Of the lists, those that let somebody write, or let another service in. */
  readonly graveLists: number;
  /** How many entries have a flag that keeps something else of them from being mended. */
  readonly behindFlags: number;
  /** What could not be looked at: the first, and how many. */
  readonly unreadable: readonly { readonly path: string; readonly error: string }[];
  readonly unreadableCount: number;
  /** Why nothing of it was looked at, as of a MeasuredTree; null: it was. */
  readonly error: string | null;
}

export const EXAMPLES = 3;

/** What is seen of an entry of that cause: `mode 0000`. */
export function howItIs(
  cause: Cause,
  { mode, uid, gid, links, attributes }: EntryFacts,
  letIn: string,
): string {
  switch (cause) {
    case 'mount':
      return 'another file system';
    case 'device':
      return (mode & FORMAT.mask) === FORMAT.block ? 'block device' : 'character device';
    case 'setuid':
    case 'mode':
    case 'world-writable':
      return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
    case 'hard-links':
      return `uid ${uid}, ${links} names`;
    case 'flags':
      return flagsIn(attributes).join(', ');
    case 'owner':
      return `${uid}:${gid}`;
    case 'acl':
      return letIn;
    default:
      return cause satisfies never;
  }
}
