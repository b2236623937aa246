// Owns how one thing that is no directory is copied, or made equal to what is there: files, links, pipes. Knows where it is, and not
// what is beside it.

import { allocate, close, errno, linkTo, makeLink, makeNode, open, readLink } from './calls.ts';
import { createContent } from './content.ts';
import type { Dresser } from './dress.ts';
import type { Level, Levels } from './levels.ts';
import { createLinks, type Links } from './links.ts';
import type { Pace } from './pace.ts';
import { remove } from './remove.ts';
import { WriteFailure } from './report.ts';
import { type Closed, openFile } from './source.ts';
import { createStatus, FORMAT, type Status } from './status.ts';

/** The two directories that it is in. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly level: Level;
  /** `to` was made in this pass, and has only what this pass has put there. */
  readonly isFresh: boolean;
  /** `to` was made of `from`, and of no other directory that was in its place. */
  readonly isTrusted: boolean;
}

export interface Tally {
  copiedFiles: number;
  copiedBytes: number;
  comparedFiles: number;
  comparedBytes: number;
  differing: number;
}

export interface Things {
  /** Each: the thing has been looked at, into `is`. `done`, or why it is not at the copy. */
  readonly file: (place: Place) => 'done' | Closed;
  readonly link: (place: Place) => 'done' | Closed;
  /** A pipe, or what marks something deleted: of this S_IFMT. */
  readonly node: (place: Place) => 'done' | Closed;
  readonly links: Links;
}

const TEXT_BYTES = 4097;

export function createThings({
  is,
  pace,
  levels,
  dresser,
  isSuspect,
  since,
  tally,
  top,
}: {
  readonly is: Status;
  readonly pace: Pace;
  readonly levels: Levels;
  readonly dresser: Dresser;
  readonly isSuspect: (inode: number | string) => boolean;
  readonly since: bigint;
  readonly tally: Tally;
  /** The copy, from which names of one file are found again. */
  readonly top: () => number;
}): Things {
  const was = createStatus();
  const content = createContent(pace);
  const links = createLinks();
  const text = allocate(TEXT_BYTES);
  const otherText = allocate(TEXT_BYTES);
  const rawName = allocate(TEXT_BYTES);

  const nameIn = ({ level }: Place) => level.listing.address + level.at;

  /** What is there already, into `was`; what is in the way is gone. */
  function isThere(place: Place, isSameKind: () => boolean): boolean {
    const name = nameIn(place);
    if (place.isFresh || !was.look(place.to, name)) return false;
    // A name of a file that is the copy of another one is in the way, too.
    if (isSameKind() && !(was.links() > 1 && links.isTaken(was.inode(), is.inode()))) return true;
    remove(place.to, name);
    return false;
  }

  /** Nobody can have changed it since it was copied; a store through mmap is what suspects are for. */
  function isSure({ isTrusted }: Place): boolean {
    return (
      isTrusted &&
      is.sameWritten(was) &&
      is.bytes() === was.bytes() &&
      // Until it is whole, it has no mode.
      (was.mode() !== 0 || is.mode() === 0) &&
      is.changedAt() < since &&
      !isSuspect(is.inode())
    );
  }

  function isDressed(): boolean {
    return is.sameOwner(was) && is.mode() === was.mode();
  }

  function file(place: Place): 'done' | Closed {
    if (is.links() > 1 && isLinkedAgain(place)) return 'done';
    const name = nameIn(place);
    const there = isThere(place, () => was.format() === FORMAT.file);
    if (there && isSure(place) && isDressed()) {
      claim();
      pace.done(is.dataBytes());
      return 'done';
    }
    const from = openFile(place.from, name, is);
    if (typeof from !== 'number') return from;
    try {
      const to = open(place.to, name, there ? 'change' : 'create');
      if (to < 0) throw new WriteFailure('openat2', errno());
      try {
        return fill(place, { from, to, there });
      } finally {
        close(to);
      }
    } finally {
      close(from);
    }
  }

  function fill(
    place: Place,
    { from, to, there }: { readonly from: number; readonly to: number; readonly there: boolean },
  ): 'done' | Closed {
    if (!there && !was.lookAt(to)) throw new WriteFailure('statx', errno());
    const oneDevice = is.device() === was.device();
    const pair = { from, to, bytes: is.bytes(), hasHoles: is.hasHoles(), oneDevice };
    let error = 0;
    if (!there) {
      error = content.copy(pair);
      tally.copiedFiles += 1;
      tally.copiedBytes += is.dataBytes();
    } else if (!isSure(place)) {
      const equal = content.equalise(pair, was.hasHoles());
      error = equal.error;
      tally.comparedFiles += 1;
      tally.comparedBytes += is.dataBytes();
      if (equal.differed) tally.differing += 1;
    }
    if (error !== 0) return { kind: 'unreadable', what: new WriteFailure('read', error).code };
    dresser.opened(from, to, { is, was: there ? was : null, isPlain: !there && place.isFresh });
    claim();
    return 'done';
  }

  /** `was` is the copy of `is`. */
  function claim(): void {
    if (is.links() > 1)
      links.begin(is.inode(), { path: levels.rawPath(), copy: was.inode(), links: is.links() });
    if (is.links() > 1 || was.links() > 1) links.take(was.inode(), is.inode());
  }

  /** Another name of a file that was met before. */
  function isLinkedAgain(place: Place): boolean {
    const known = links.of(is.inode());
    if (known === undefined) return false;
    const name = nameIn(place);
    if (!isThere(place, () => was.inode() === known.copy) && !linkThere(known.path, place.to, name))
      return false;
    links.again(is.inode(), is.links());
    return true;
  }

  function linkThere(path: string, to: number, name: number): boolean {
    const opened: number[] = [];
    try {
      let dirfd = top();
      let rest = path;
      // Too long for one call.
      while (rest.length > TEXT_BYTES - 2) {
        const cut = rest.lastIndexOf('/', 255 * 8);
        for (const part of rest.slice(0, cut).split('/')) {
          rawName.bytes.write(`${part}\0`, 'latin1');
          dirfd = open(dirfd, rawName.address, 'directory');
          if (dirfd < 0) return false;
          opened.push(dirfd);
        }
        rest = rest.slice(cut + 1);
      }
      rawName.bytes.write(`${rest}\0`, 'latin1');
      return linkTo(dirfd, rawName.address, to, name) === 0;
    } finally {
      for (const fd of opened) close(fd);
    }
  }

  function link(place: Place): 'done' | Closed {
    if (is.links() > 1 && isLinkedAgain(place)) return 'done';
    const name = nameIn(place);
    const length = readLink(place.from, name, text);
    // Another thing by now.
    if (length < 0) return 'vanished';
    const there = isThere(
      place,
      () =>
        was.format() === FORMAT.link &&
        readLink(place.to, name, otherText) === length &&
        text.bytes.compare(otherText.bytes, 0, length, 0, length) === 0,
    );
    if (!there && makeLink(text, place.to, name) < 0) throw new WriteFailure('symlinkat', errno());
    finishNamed(place, there);
    return 'done';
  }

  function node(place: Place): 'done' | Closed {
    if (is.links() > 1 && isLinkedAgain(place)) return 'done';
    const format = is.format();
    const there = isThere(place, () => was.format() === format && was.itsDevice() === 0);
    if (!there && makeNode(place.to, nameIn(place), format) < 0) throw new WriteFailure('mknodat', errno());
    finishNamed(place, there);
    return 'done';
  }

  function finishNamed(place: Place, there: boolean): void {
    const { listing, at } = place.level;
    const name = nameIn(place);
    if (!there || !isSure(place) || !isDressed())
      dresser.named(place.from, place.to, { is, names: listing.bytes, at, name });
    if (is.links() === 1 && (!there || was.links() === 1)) return;
    if (!was.look(place.to, name)) throw new WriteFailure('statx', errno());
    claim();
  }

  return { file, link, node, links };
}
