// Owns what can be at a path, and by what it is known again.
import type { Mode } from '../values/mode.ts';

/**
 * When it was made, in nanoseconds since the epoch as decimal text; null where the file system keeps no such time (ext4
 * with inodes of 128 bytes). An inode number alone does not know a thing again: ext4 gives it to the next one.
 */
export type Born = string | null;

/** What a file without a birth time is known by: it was not written since. */
export interface Written {
  readonly bytes: number;
  /** When it was last written, in nanoseconds since the epoch as decimal text. */
  readonly at: string;
}

/** What is at a path. No link is ever followed on the way to it. */
export type Entry =
  | { readonly type: 'missing' }
  | {
      readonly type: 'directory';
      readonly uid: number;
      readonly gid: number;
      readonly mode: Mode;
      /** Decimal text: inode numbers can be larger than 2^53. */
      readonly inode: string;
      readonly born: Born;
      /** How many entries it has, counted to ENTRIES_COUNTED and no further; null where we may not look. */
      readonly entries: number | null;
    }
  | {
      readonly type: 'file' | 'link' | 'special';
      readonly uid: number;
      readonly gid: number;
      readonly mode: Mode;
      readonly inode: string;
      readonly born: Born;
      /** Of a file, and only where `born` is null. */
      readonly written?: Written;
    }
  /** Below the base: something else is mounted there. The base and what is above it may be mount points. */
  | { readonly type: 'mount point' }
  /** A component on the way is not a plain directory: the wanted path cannot be reached safely. */
  | {
      readonly type: 'blocked';
      readonly at: string;
      readonly by: 'file' | 'link' | 'special' | 'mount point';
    }
  /** We lack the right to look (planning without root). */
  | { readonly type: 'hidden' };

/** Setup does no work that grows with the data: it never counts further than this. */
export const ENTRIES_COUNTED = 1000;
