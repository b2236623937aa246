// Owns noticing what may not be in a service's tree, of the entry whose status was just asked for. Access lists cost a call
// an entry, and are asked for only of what can have one. Judges by port/inside.ts; must not judge by itself.
import { letsIn, letsIntoTop, NO_LISTS } from '../../port/access-lists.ts';
import {
  BEHIND_FLAGS,
  bitOf,
  CAUSES,
  type Cause,
  type EntryFacts,
  EXAMPLES,
  FORMAT,
  howItIs,
  LAYOUTS_OWN,
  mayHaveList,
  type TreeOwner,
  type WrongEntry,
  wrongOf,
} from '../../port/inside.ts';
import type { Owners } from '../../port/owner-search.ts';
import { HALF_WORD_MODE, statusHalfWords, statusWords, WORD } from './calls.ts';
import { createListReader } from './list-reader.ts';

/** A tree, with the inodes of the layout's own directories in it, its own first: decimal text. */
export interface InspectedTree extends TreeOwner {
  readonly named: readonly string[];
}

export interface Inspection {
  readonly trees: readonly InspectedTree[];
  readonly services: Owners;
}

/** What one thread has noticed in one tree. */
export interface Noticed {
  readonly entries: number;
  readonly wrong: readonly {
    readonly cause: Cause;
    readonly count: number;
    readonly examples: readonly WrongEntry[];
  }[];
  readonly graveLists: number;
  readonly behindFlags: number;
}

export interface Inspector {
  /** What follows is in this tree. */
  begin(tree: number): void;
  /** Judges the entry in an open directory, whose status was just asked for. Whether its path is to be kept. */
  matches(dirfd: number, names: Buffer, at: number): boolean;
  /** Keeps the path of such an entry. */
  keep(path: string): void;
  /** A directory was closed. */
  forget(): void;
  /** Hands over what was noticed in the tree, and forgets it. */
  notices(): Noticed;
}

const FLAGS = bitOf('flags');
const ACL = bitOf('acl');

export function createInspector({ trees, services }: Inspection, alone = false): Inspector {
  const lists = createListReader(alone);
  const entry: EntryFacts = { mode: 0, uid: 0, gid: 0, links: 0, attributes: 0 };
  let own: InspectedTree = { uid: 0, gid: 0, named: [] };
  let seen = nothing();
  /** Of the last entry: what is wrong, and who gets in by its list. */
  let wrong = 0;
  let letIn = '';

  function isNamed(): boolean {
    return (entry.mode & FORMAT.mask) === FORMAT.directory && own.named.includes(inode());
  }

  function isTop(): boolean {
    return (entry.mode & FORMAT.mask) === FORMAT.directory && own.named[0] === inode();
  }

  return {
    begin(tree) {
      own = trees[tree] ?? own;
      seen = nothing();
    },
    matches(dirfd, names, at) {
      entry.mode = statusHalfWords[HALF_WORD_MODE] ?? 0;
      entry.uid = statusWords[WORD.uid] ?? 0;
      entry.gid = statusWords[WORD.gid] ?? 0;
      entry.links = statusWords[WORD.links] ?? 0;
      entry.attributes = statusWords[WORD.attributes] ?? 0;
      seen.entries += 1;
      wrong = wrongOf(entry, own);
      if (wrong !== 0 && isNamed()) wrong &= ~LAYOUTS_OWN;
      if (mayHaveList(entry.mode, wrong)) {
        const found = lists.read(dirfd, names, at);
        const lets = found === NO_LISTS ? null : (isTop() ? letsIntoTop : letsIn)(found, own, services);
        if (lets !== null) {
          wrong |= ACL;
          letIn = lets.found;
          if (lets.grave) seen.graveLists += 1;
        }
      }
      if (wrong === 0) return false;
      if ((wrong & FLAGS) !== 0 && (wrong & BEHIND_FLAGS) !== 0) seen.behindFlags += 1;
      let keeps = false;
      for (let i = 0; i < CAUSES.length; i += 1) {
        if ((wrong & (1 << i)) === 0) continue;
        const count = (seen.counts[i] ?? 0) + 1;
        seen.counts[i] = count;
        keeps ||= count <= EXAMPLES;
      }
      return keeps;
    },
    keep(path) {
      for (const [i, cause] of CAUSES.entries()) {
        const examples = seen.examples[i];
        if ((wrong & (1 << i)) !== 0 && examples !== undefined && examples.length < EXAMPLES)
          examples.push({ path, found: howItIs(cause, entry, letIn) });
      }
    },
    forget: lists.forget,
    notices() {
      lists.leave();
      return {
        wrong: CAUSES.flatMap((cause, i) => {
          const count = seen.counts[i] ?? 0;
          return count === 0 ? [] : [{ cause, count, examples: seen.examples[i] ?? [] }];
        }),
        graveLists: seen.graveLists,
        behindFlags: seen.behindFlags,
        entries: seen.entries,
      };
    },
  };
}

/** Decimal text. */
function inode(): string {
  const [low = 0, high = 0] = [statusWords[WORD.inode], statusWords[WORD.inode + 1]];
  return ((BigInt(high) << 32n) | BigInt(low)).toString();
}

function nothing() {
  return {
    counts: CAUSES.map(() => 0),
    examples: CAUSES.map((): WrongEntry[] => []),
    graveLists: 0,
    behindFlags: 0,
    entries: 0,
  };
}
