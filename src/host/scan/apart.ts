// Owns which directories of a tree are left to others: what is measured beside it must not count in it as well.

export interface Apart {
  /** What follows is in this tree. */
  begin(tree: number): void;
  /** Whether a directory in one that is `depth` below the tree is left out. Name and place are asked for only near the top. */
  has(depth: number, path: () => string): boolean;
}

/** `apart`: for each tree in order, paths below it. */
export function createApart(apart: readonly (readonly string[])[]): Apart {
  let paths: ReadonlySet<string> = new Set();
  let deepest = 0;
  return {
    begin(tree) {
      paths = new Set(apart[tree]);
      deepest = Math.max(0, ...[...paths].map((path) => path.split('/').length));
    },
    has: (depth, path) => depth < deepest && paths.has(path()),
  };
}
