// Owns which names are one file: what has been met of files with several names, on both sides of a copy. Its memory grows with such
// files alone. Knows no system call.

type Inode = number | string;

interface Met {
  /** Where its first copy is, below the copy: bytes as latin1. */
  readonly path: string;
  readonly copy: Inode;
  found: number;
  links: number;
}

export interface Links {
  /** Of a file with several names; undefined: the first of them. */
  readonly of: (source: Inode) => Pick<Met, 'path' | 'copy'> | undefined;
  /** Another name of it was met. */
  readonly again: (source: Inode, links: number) => void;
  /** This is its copy. */
  readonly begin: (
    source: Inode,
    met: { readonly path: string; readonly copy: Inode; readonly links: number },
  ) => void;
  /** A file of the copy is of that one alone: another name of it belongs to another file by now. */
  readonly take: (copy: Inode, source: Inode) => void;
  readonly isTaken: (copy: Inode, source: Inode) => boolean;
  /** Those that have more names than were found. */
  readonly elsewhere: () => Iterable<string>;
}

export function createLinks(): Links {
  const met = new Map<Inode, Met>();
  const taken = new Map<Inode, Inode>();
  return {
    of: (source) => met.get(source),
    again(source, links) {
      const one = met.get(source);
      if (one === undefined) return;
      one.found += 1;
      one.links = links;
    },
    begin: (source, { path, copy, links }) => void met.set(source, { path, copy, found: 1, links }),
    take: (copy, source) => void taken.set(copy, source),
    isTaken: (copy, source) => taken.has(copy) && taken.get(copy) !== source,
    *elsewhere() {
      for (const { path, found, links } of met.values()) if (links > found) yield path;
    },
  };
}
