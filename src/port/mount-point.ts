// Owns what can be seen of a place where a file system is mounted or will be: the directory itself, whatever is mounted over it, and
// what is on what is mounted there.
import type { Born } from './entry.ts';

/** The directory that is below what is mounted there, as its own file system has it. */
export type MountPlace =
  | { readonly type: 'missing' }
  | {
      readonly type: 'directory';
      readonly uid: number;
      readonly gid: number;
      readonly mode: string;
      readonly inode: string;
      readonly born: Born;
      /** It is immutable: nobody can make anything in it. */
      readonly isClosed: boolean;
      /** Something is mounted over it. */
      readonly isCovered: boolean;
      /** The first names in it, sorted; none: it is empty. */
      readonly holds: readonly string[];
    }
  | { readonly type: 'other'; readonly what: 'file' | 'link' | 'special' }
  /** What is on the way to it is no directory, or is missing. */
  | { readonly type: 'unreachable'; readonly why: string }
  /** We lack the right to look. */
  | { readonly type: 'hidden' };

/** What is on a mounted file system, and who uses it. */
export interface MountUse {
  /** The first thing in it that is neither `lost+found` nor an empty directory, as a path below it; null: there is none. */
  readonly data: string | null;
  /** Processes that have something of it open, or stand in it: the first. */
  readonly users: readonly { readonly pid: number; readonly command: string }[];
}

/** How many names, and users, are told. */
export const TOLD = 3;
