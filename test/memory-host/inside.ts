// What may not be in trees of a host in memory, by the judgement of the port.
import {
  type AccessLists,
  formatList,
  type ListEntry,
  letsIn,
  letsIntoTop,
  NO_LISTS,
} from '../../src/port/access-lists.ts';
import {
  BEHIND_FLAGS,
  bitOf,
  CAUSES,
  type Cause,
  type EntryAttributes,
  type EntryFacts,
  EXAMPLES,
  FLAG_BITS,
  FORMAT,
  howItIs,
  type InsideRequest,
  type InsideTree,
  LAYOUTS_OWN,
  mayHaveList,
  NO_ATTRIBUTES,
  type OwnedTree,
  type WrongEntry,
  wrongOf,
} from '../../src/port/inside.ts';
import { UNREADABLE_KEPT } from '../../src/port/measure.ts';
import { cannotLook, isBelow, type Node, permits, READ, SEARCH, type State, us } from './state.ts';
import { entryAt, find, openedAt } from './tree.ts';

export function lookInsideIn(
  state: State,
  request: InsideRequest,
  hanging: string | null,
): readonly InsideTree[] {
  return request.trees.map((tree) => {
    const { path } = tree;
    const found = startFound(request, tree);
    const start = openedAt(state, path);
    if (hanging === path || (hanging !== null && isBelow(hanging, path)))
      return { ...found.all(), path, whole: false, error: 'timeout' };
    if (typeof start === 'string') {
      const { type } = entryAt(state, path);
      const error = type === 'directory' || type === 'hidden' ? start : type;
      return {
        ...found.all(),
        path,
        whole: request.look !== 'all',
        error: request.look === 'all' ? error : null,
      };
    }
    const whole =
      request.look === 'all'
        ? lookAtAll(state, start, tree, found)
        : lookAtFirst(state, tree, request.look, found);
    request.onProgress(found.all().entries);
    return { ...found.all(), path, whole, error: null };
  });
}

type Found = ReturnType<typeof startFound>;

function startFound({ services }: InsideRequest, tree: OwnedTree) {
  const kinds = new Map<Cause, { count: number; examples: WrongEntry[] }>();
  const unreadable: { readonly path: string; readonly error: string }[] = [];
  const sums = { entries: 0, graveLists: 0, behindFlags: 0 };
  const note = (cause: Cause, path: string, found: string) => {
    const kind = kinds.get(cause) ?? { count: 0, examples: [] };
    kind.count += 1;
    kind.examples.push({ path, found });
    kinds.set(cause, kind);
  };
  return {
    unreadable,
    mount: (path: string) => note('mount', path, 'another file system'),
    judge(path: string, node: Node) {
      sums.entries += 1;
      const entry = factsOf(node);
      let wrong = wrongOf(entry, tree);
      if (path === '' || tree.named.includes(path)) wrong &= ~LAYOUTS_OWN;
      const lets = mayHaveList(entry.mode, wrong)
        ? (path === '' ? letsIntoTop : letsIn)(listsOf(node), tree, services)
        : null;
      if (lets !== null) wrong |= bitOf('acl');
      if (lets?.grave) sums.graveLists += 1;
      if ((wrong & bitOf('flags')) !== 0 && (wrong & BEHIND_FLAGS) !== 0) sums.behindFlags += 1;
      for (const cause of CAUSES)
        if ((wrong & bitOf(cause)) !== 0) note(cause, path, howItIs(cause, entry, lets?.found ?? ''));
    },
    all: (): Omit<InsideTree, 'path' | 'whole' | 'error'> => ({
      ...sums,
      wrong: CAUSES.flatMap((cause) => {
        const kind = kinds.get(cause);
        if (kind === undefined) return [];
        const examples = kind.examples.toSorted((a, b) => (a.path < b.path ? -1 : 1)).slice(0, EXAMPLES);
        return [{ cause, count: kind.count, examples }];
      }),
      unreadable: unreadable.slice(0, UNREADABLE_KEPT),
      unreadableCount: unreadable.length,
    }),
  };
}

function lookAtAll(state: State, start: Node, { ours }: OwnedTree, found: Found): boolean {
  const enter = (path: string, node: Node) => {
    found.judge(path, node);
    if (node.type !== 'directory') return;
    if (!permits(node, us(state), READ | SEARCH)) {
      found.unreadable.push({ path, error: 'EACCES' });
      return;
    }
    for (const [name, child] of node.children) {
      const below = path === '' ? name : `${path}/${name}`;
      if (ours.includes(below)) continue;
      if (child.cover === null) enter(below, child);
      else found.mount(below);
    }
  };
  enter('', start);
  return true;
}

function lookAtFirst(state: State, { path, named, ours }: OwnedTree, most: number, found: Found): boolean {
  const places = ['', ...named];
  let left = most;
  let whole = true;
  for (const [i, place] of places.entries()) {
    const node = openedAt(state, place === '' ? path : `${path}/${place}`);
    if (typeof node === 'string') continue;
    found.judge(place, node);
    const part = Math.floor(left / (places.length - i));
    const children = [...node.children].slice(0, part);
    whole &&= children.length === node.children.size;
    left -= children.length;
    for (const [name, child] of children) {
      const below = place === '' ? name : `${place}/${name}`;
      if (named.includes(below) || ours.includes(below)) continue;
      if (child.cover !== null) {
        found.mount(below);
        continue;
      }
      if (child.type === 'directory') whole = false;
      found.judge(below, child);
    }
  }
  return whole;
}

export function attributesAt(state: State, path: string): EntryAttributes {
  const found = find(state, path);
  if (found.type !== 'node') throw cannotLook(path, found.type === 'unanswered' ? found.error : 'ENOENT');
  const node = found.node.cover ?? found.node;
  return node.type === 'link' || node.type === 'special'
    ? NO_ATTRIBUTES
    : { flags: node.flags, lists: listsOf(node) };
}

function factsOf({ type, isDevice, mode, uid, gid, links, flags }: Node): EntryFacts {
  const format = {
    directory: FORMAT.directory,
    file: FORMAT.file,
    link: 0xa000,
    special: isDevice ? FORMAT.character : 0x1000,
  }[type];
  const attributes = flags.reduce((all, flag) => all | FLAG_BITS[flag], 0);
  return { mode: format | mode, uid, gid, links, attributes };
}

/** As the kernel hands them out: named entries in the order of their numbers. */
export function listsOf({ acl, mode, inherited }: Node): AccessLists {
  if (acl === null) return { ...NO_LISTS, inherited };
  const named = (type: 'user' | 'group') =>
    acl.entries
      .filter((entry) => entry.type === type)
      .toSorted((a, b) => a.id - b.id)
      .map(({ id, bits }): ListEntry => ({ tag: type, id, bits }));
  const unnamed = (tag: ListEntry['tag'], bits: number): ListEntry => ({ tag, id: null, bits: bits & 7 });
  const entries = [
    unnamed('user', mode >> 6),
    ...named('user'),
    unnamed('group', acl.owningGroup),
    ...named('group'),
    unnamed('mask', mode >> 3),
    unnamed('other', mode),
  ];
  return { access: formatList(entries), inherited };
}
