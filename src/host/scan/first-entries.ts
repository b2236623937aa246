// Owns a look at the first entries of a tree, in this thread and at constant cost: of the tree's own directory and of those
// that the layout has in it, and no deeper. Opens nothing but these.
import type { OwnedTree } from '../../port/inside.ts';
import { decodeName } from '../../values/file-name.ts';
import { SystemError } from '../syscalls.ts';
import type { Tree } from '../tree.ts';
import {
  ATTR_MOUNT_ROOT,
  allocate,
  close,
  DIRENT,
  EACCES,
  ENOENT,
  errno,
  HALF_WORD_MODE,
  ITSELF,
  isMountedOn,
  readEntries,
  S_IFDIR,
  S_IFMT,
  status,
  statusHalfWords,
  statusOf,
  statusWords,
  WORD,
} from './calls.ts';
import type { Inspector } from './inside.ts';

export interface FirstEntries {
  readonly mountPoints: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly error: string }[];
  /** There is more in it. */
  readonly isCut: boolean;
}

const LISTING_BYTES = 32 * 1024;

export function lookAtFirst(
  tree: Tree,
  { path, named, ours }: OwnedTree,
  most: number,
  inspector: Inspector,
): FirstEntries {
  const places = ['', ...named];
  const known = new Set([...named, ...ours]);
  const listing = allocate(LISTING_BYTES);
  const { bytes } = listing;
  const mountPoints: string[] = [];
  const unreadable: { readonly path: string; readonly error: string }[] = [];
  let left = most;
  let isCut = false;

  /** `part`: no more than so many of its entries. */
  function read(fd: number, place: string, part: number): void {
    if (statusOf(fd) === 0 && inspector.matches(fd, ITSELF.bytes, 0)) inspector.keep(place);
    let more = part;
    for (;;) {
      const length = readEntries(fd, listing);
      if (length <= 0) return;
      for (let at = 0; at < length; at += bytes.readUInt16LE(at + DIRENT.length)) {
        const start = at + DIRENT.name;
        const name = decodeName(bytes.subarray(start, bytes.indexOf(0, start)));
        if (name === '.' || name === '..') continue;
        if (more === 0) {
          isCut = true;
          return;
        }
        more -= 1;
        left -= 1;
        const below = place === '' ? name : `${place}/${name}`;
        // It is looked at by itself, or is this program's own.
        if (!known.has(below)) look(fd, start, below);
      }
    }
  }

  function look(fd: number, start: number, below: string): void {
    const name = listing.address + start;
    if (status(fd, name) !== 0) {
      const error = errno();
      if (error === ENOENT) return;
      if (error === EACCES && isMountedOn(fd, name)) mountPoints.push(below);
      else unreadable.push({ path: below, error: new SystemError('statx', error).code });
    } else if (((statusWords[WORD.attributes] ?? 0) & ATTR_MOUNT_ROOT) !== 0) mountPoints.push(below);
    else {
      if (((statusHalfWords[HALF_WORD_MODE] ?? 0) & S_IFMT) === S_IFDIR) isCut = true;
      if (inspector.matches(fd, bytes, start)) inspector.keep(below);
    }
  }

  for (const [i, place] of places.entries()) {
    try {
      const fd = tree.openDirectory(place === '' ? path : `${path}/${place}`);
      try {
        read(fd, place, Math.floor(left / (places.length - i)));
      } finally {
        close(fd);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // What is not there, or no directory, is told by the check of the directory.
      if (error.code === 'EACCES') unreadable.push({ path: place, error: error.code });
    }
  }
  return { mountPoints, unreadable, isCut };
}
