// Owns how settings with names one below another become a tree, in the order in which they are given.
// Knows no language.
import type { Item, Value } from './format.ts';

export interface Branch {
  readonly name: string;
  /** null: others are below it. */
  readonly item: Item | null;
  readonly branches: readonly Branch[];
}

export function branchesOf(items: readonly Item[], depth = 0): readonly Branch[] {
  const groups = Map.groupBy(items, ({ key }) => key[depth] ?? '');
  return Array.from(groups, ([name, group]) => {
    const [item] = group;
    if (item !== undefined && group.length === 1 && item.key.length === depth + 1)
      return { name, item, branches: [] };
    const odd = group.find(({ key }) => key.length <= depth + 1);
    if (odd !== undefined) throw new Error(`cannot write ${odd.key.join('.')} both once and with others`);
    return { name, item: null, branches: branchesOf(group, depth + 1) };
  });
}

export function isAllHints({ item, branches }: Branch): boolean {
  return item === null ? branches.every(isAllHints) : item.isHint;
}

/** Of the items in it, in order. */
export function commentsOf({ item, branches }: Branch): readonly string[] {
  if (item !== null) return item.comment === null ? [] : item.comment.split('\n');
  return branches.flatMap(commentsOf);
}

export function isSameValue(one: unknown, other: Value): boolean {
  if (typeof other !== 'object') return one === other;
  return (
    Array.isArray(one) && one.length === other.length && other.every((word, index) => word === one[index])
  );
}
