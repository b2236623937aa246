// Owns the refusal to go into a tree whose files are meant to belong to many. Which trees those are is layout.ts's.
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';

export function mixedTree(at: string, hint: string): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_MIXED_TREE', "refusing to go into a tree whose files are not all one service's", {
      at,
      detail: 'want a service with a user of its own, found one that belongs to root and holds files of many',
      hint,
    }),
  ]);
}
