// Owns reading directories: adds up what is in them, goes down into those they hold, and gives some away when other
// threads have nothing to do. What it holds open and in memory does not grow with the number of files.
import { getSystemErrorName } from 'node:util';
import type { FindRequest } from '../../port/measure.ts';
import { createApart } from './apart.ts';
import {
  ATTR_MOUNT_ROOT,
  allocate,
  close,
  DIRENT,
  DT,
  duplicate,
  EACCES,
  EINTR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EXDEV,
  errno,
  HALF_WORD_MODE,
  ITSELF,
  isMountedOn,
  mayLookInto,
  openDirectory,
  readEntries,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  standAlone,
  status,
  statusHalfWords,
  statusOf,
  statusWords,
  WORD,
} from './calls.ts';
import { decodeNameAt, isDots } from './entry-name.ts';
import { createFinder } from './find.ts';
import { createInspector, type Inspection } from './inside.ts';
import { createOwnerFinder, type SoughtOwners } from './owners.ts';
import { pathOf, placeBelow } from './place.ts';
import type { Report } from './report.ts';
import { COUNTED, FIRST, type Job, type Shared } from './shared.ts';

export interface Walker {
  /** What follows is about this tree, and so is the next report. */
  begin(tree: number): void;
  /** Counts the directory that is the top of the tree, and reads it and what is below. Closes it. */
  walkTop(fd: number): void;
  /** Reads a directory that has been counted, and what is below. Closes it. */
  walk(job: Job): void;
  /** What was met in the tree since it was begun. */
  report(): Met & Pick<Report, 'found' | 'owned' | 'noticed'>;
}

type Met = Pick<Report, 'tree' | 'accounts' | 'mountPoints' | 'unreadable'>;

/** A directory that is being read. `names` from `next` to `end` are directories in it that are still to be entered. */
interface Frame {
  readonly fd: number;
  readonly slot: number;
  readonly depth: number;
  readonly start: number;
  next: number;
  end: number;
  /** All of its entries have been read. */
  ended: boolean;
  /** Below its tree; asked for when it is first told. */
  place: string | null;
}

/** What fits into the processor's own cache beside the rest; a larger one was not faster. */
const LISTING_BYTES = 32 * 1024;
/** A listing this full has more to come: an entry takes at most 280 bytes. */
const FULL_BYTES = LISTING_BYTES - 512;
/** So many bytes of names are collected before they are entered. */
const NAMES_BYTES = 32 * 1024;

export function createWalker({
  shared,
  worker,
  depth: deepest,
  find,
  owners,
  inspection,
  apart,
  openTop,
}: {
  readonly shared: Shared;
  readonly worker: number;
  readonly depth: number;
  readonly find: FindRequest | null;
  readonly owners: SoughtOwners | null;
  readonly inspection: Inspection | null;
  readonly apart: readonly (readonly string[])[];
  /** The top of a tree once more, to ask where it is; -1: it is not there now. */
  readonly openTop: (tree: number) => number;
}): Walker {
  const count = shared.countOf(worker);
  const finder = find === null ? null : createFinder(find);
  const found = owners === null ? null : createOwnerFinder(owners, shared.stop);
  const inspector = inspection === null ? null : createInspector(inspection, standAlone());
  const sought = found ?? inspector;
  const others = createApart(apart);
  const listing = allocate(LISTING_BYTES);
  const bytes = listing.bytes;
  const lengths = new Uint16Array(bytes.buffer, bytes.byteOffset, LISTING_BYTES / 2);
  let names = allocate(2 * NAMES_BYTES);
  let namesUsed = 0;
  let tree = -1;
  /** The path of the top of the tree; undefined: not asked for yet. */
  let top: string | null | undefined;
  let met = nothing(-1);
  const frames: Frame[] = [];

  function walk(job: Job): void {
    frames.push(frameOf(job));
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      if (!shared.running()) break;
      if (frame.next < frame.end) {
        if (shared.wanted()) share();
        if (frame.next < frame.end) descend(frame);
      } else if (frame.ended) leave(frame);
      else readOn(frame);
    }
    for (const { fd } of frames) close(fd);
    inspector?.forget();
    frames.length = 0;
    namesUsed = 0;
  }

  function frameOf({ fd, slot, depth }: Job): Frame {
    return {
      fd,
      slot,
      depth,
      start: namesUsed,
      next: namesUsed,
      end: namesUsed,
      ended: false,
      place: null,
    };
  }

  function leave(frame: Frame): void {
    close(frame.fd);
    inspector?.forget();
    namesUsed = frame.start;
    frames.pop();
  }

  function descend(frame: Frame): void {
    const child = openNext(frame);
    // A chain of directories, however deep, holds no more than two of them open.
    if (frame.next === frame.end && frame.ended) leave(frame);
    if (child !== null) frames.push(frameOf(child));
  }

  /** Gives away the directory nearest to the top: it is likely to hold most. */
  function share(): void {
    for (const frame of frames) {
      while (frame.next < frame.end) {
        const child = openNext(frame);
        if (child !== null && !shared.offer(child)) {
          frames.push(frameOf(child));
          return;
        }
        if (!shared.wanted()) return;
      }
    }
  }

  /** Reads until all is read, or until so many directories were met that they must be entered first. */
  function readOn(frame: Frame): void {
    namesUsed = frame.start;
    while (!frame.ended) {
      const length = readEntries(frame.fd, listing);
      if (length <= 0) {
        if (length < 0 && errno() === EINTR) continue;
        frame.ended = true;
        // A directory that was removed meanwhile is at its end, and says ENOENT.
        if (length < 0 && errno() !== ENOENT) unreadable(frame, null, errno());
      } else {
        if (length > FULL_BYTES && shared.wanted()) offerRest(frame);
        add(frame, length);
        if (namesUsed - frame.start > NAMES_BYTES || !shared.running()) break;
      }
    }
    frame.next = frame.start;
    frame.end = namesUsed;
  }

  /** The kernel gives each entry to one of those who read the same open directory. */
  function offerRest({ fd, slot, depth }: Frame): void {
    const other = duplicate(fd);
    if (other >= 0 && !shared.offer({ fd: other, slot, depth })) close(other);
  }

  /** Adds up `length` bytes of entries; directories among them are noted, to be entered. */
  function add(frame: Frame, length: number): void {
    const { fd, slot } = frame;
    let [blocks, apparentBytes, inodes, files, entries] = [0, 0, 0, 0, 0];
    for (let at = 0; at < length; at += lengths[(at + DIRENT.length) >> 1] ?? length) {
      const name = at + DIRENT.name;
      if (bytes[at + DIRENT.type] === DT.directory) {
        if (!isDots(bytes, name)) note(name);
        continue;
      }
      if (status(fd, listing.address + name) !== 0) {
        const error = errno();
        if (error === ENOENT) continue;
        if (error === EACCES && !mayLookInto(fd)) {
          refuse(frame);
          namesUsed = frame.start;
          break;
        }
        // A user who mounts by FUSE can keep even root from looking at that mount, and only at that.
        if (error === EACCES && isMountedOn(fd, listing.address + name))
          met.mountPoints.push(under(placeOf(frame), decodeNameAt(bytes, name)));
        else unreadable(frame, decodeNameAt(bytes, name), error);
        continue;
      }
      if ((word(WORD.attributes) & ATTR_MOUNT_ROOT) !== 0) {
        met.mountPoints.push(under(placeOf(frame), decodeNameAt(bytes, name)));
        continue;
      }
      const type = (statusHalfWords[HALF_WORD_MODE] ?? 0) & S_IFMT;
      if (type === S_IFDIR) {
        if (!isDots(bytes, name)) note(name);
        continue;
      }
      entries += 1;
      if (sought?.matches(fd, bytes, name)) {
        sought.keep(under(placeOf(frame), decodeNameAt(bytes, name)));
        // To tell a place may have asked for another status.
        if (status(fd, listing.address + name) !== 0) continue;
      }
      if (word(WORD.links) > 1 && !claim(slot, type)) continue;
      inodes += 1;
      blocks += word(WORD.blocks) + word(WORD.blocks + 1) * 2 ** 32;
      if (type === S_IFREG) {
        files += 1;
        apparentBytes += word(WORD.length) + word(WORD.length + 1) * 2 ** 32;
        if (finder !== null)
          finder.consider(bytes, at, () => under(placeOf(frame), decodeNameAt(bytes, name)));
      } else if (type === S_IFLNK) apparentBytes += word(WORD.length);
      // A disk that is slow, or no longer answers well, is given up between two entries.
      if ((entries & 63) === 0 && !shared.running()) break;
    }
    count.add(slot, blocks * 512, apparentBytes, inodes);
    count.addFiles(tree, files);
    count.addEntries(entries);
  }

  /** Whether the file just looked at, which has several names, counts here. Takes it from the account that had it. */
  function claim(slot: number, type: number): boolean {
    const device = deviceOf();
    const was = shared.claim(slot, word(WORD.inode) | 0, word(WORD.inode + 1) | 0, device);
    if (was === COUNTED) return false;
    if (was === FIRST) return true;
    const blocks = word(WORD.blocks) + word(WORD.blocks + 1) * 2 ** 32;
    const length = word(WORD.length) + word(WORD.length + 1) * 2 ** 32;
    count.add(was, -blocks * 512, type === S_IFREG || type === S_IFLNK ? -length : 0, -1);
    if (type === S_IFREG) count.addFiles(shared.treeOf(was), -1);
    return true;
  }

  /** Entries can be listed and not looked at: nothing more of this directory. */
  function refuse(frame: Frame): void {
    unreadable(frame, null, EACCES);
    frame.ended = true;
    frame.next = frame.end;
  }

  function note(name: number): void {
    if (namesUsed + 256 > names.bytes.length) {
      const larger = allocate(2 * names.bytes.length);
      names.bytes.copy(larger.bytes, 0, 0, namesUsed);
      names = larger;
    }
    const end = bytes.indexOf(0, name) + 1;
    bytes.copy(names.bytes, namesUsed, name, end);
    namesUsed += end - name;
  }

  /** Opens and counts the next directory of those noted. null: nothing to enter. */
  function openNext(frame: Frame): Job | null {
    const name = frame.next;
    frame.next = names.bytes.indexOf(0, name) + 1;
    if (others.has(frame.depth, () => under(placeOf(frame), decodeNameAt(names.bytes, name)))) return null;
    const fd = openDirectory(frame.fd, names.address + name);
    if (fd < 0) {
      const error = errno();
      // Live services delete and swap files while we read: what is gone holds no space.
      if (error === ENOENT || error === ENOTDIR || error === ELOOP) return null;
      if (error === EXDEV) met.mountPoints.push(under(placeOf(frame), decodeNameAt(names.bytes, name)));
      else if (status(frame.fd, names.address + name) === 0) {
        enter(frame, name);
        unreadable(frame, decodeNameAt(names.bytes, name), error);
      } else if (errno() === EACCES) {
        if (mayLookInto(frame.fd)) unreadable(frame, decodeNameAt(names.bytes, name), EACCES);
        else refuse(frame);
      }
      return null;
    }
    if (statusOf(fd) !== 0) {
      unreadable(frame, decodeNameAt(names.bytes, name), errno());
      close(fd);
      return null;
    }
    // Another device without a mount is a btrfs subvolume: on the same disk, with inode numbers of its own.
    const device = shared.isOnDevice(tree, word(WORD.major), word(WORD.minor)) ? 0 : deviceOf();
    if (!shared.enterOnce(tree, word(WORD.inode) | 0, (word(WORD.inode + 1) | 0) ^ device)) {
      close(fd);
      return null;
    }
    return { fd, slot: enter(frame, name), depth: frame.depth + 1 };
  }

  /** Counts the directory just looked at; the account that what is in it counts into. */
  function enter(frame: Frame, name: number): number {
    const inode = word(WORD.inode) + word(WORD.inode + 1) * 2 ** 32;
    const blocks = word(WORD.blocks) + word(WORD.blocks + 1) * 2 ** 32;
    if (sought?.matches(frame.fd, names.bytes, name))
      sought.keep(under(placeOf(frame), decodeNameAt(names.bytes, name)));
    const own = frame.depth < deepest ? shared.openAccount(tree, inode) : -1;
    if (own !== -1)
      met.accounts.push({ slot: own, parent: frame.slot, name: decodeNameAt(names.bytes, name) });
    const slot = own === -1 ? frame.slot : own;
    count.add(slot, blocks * 512, 0, 1);
    count.addEntries(1);
    return slot;
  }

  function unreadable(frame: Frame, name: string | null, error: number): void {
    count.addUnreadable(tree);
    if (!shared.nameUnreadable(tree)) return;
    const place = placeOf(frame);
    const path = name === null ? place : under(place, name);
    met.unreadable.push({ path, error: getSystemErrorName(-error) });
  }

  function placeOf(frame: Frame): string {
    if (top === undefined) {
      const fd = openTop(tree);
      top = fd < 0 ? null : pathOf(fd);
      if (fd >= 0) close(fd);
    }
    frame.place ??= placeBelow(top, frame.fd);
    return frame.place;
  }

  return {
    begin(index) {
      tree = index;
      finder?.begin(index);
      others.begin(index);
      top = undefined;
      met = nothing(index);
      inspector?.begin(index);
    },
    walkTop(fd) {
      if (statusOf(fd) !== 0) throw new Error(`cannot look at an open directory: ${errno()}`);
      shared.setDevice(tree, word(WORD.major), word(WORD.minor));
      shared.openTree(tree, word(WORD.inode) + word(WORD.inode + 1) * 2 ** 32);
      count.add(tree, (word(WORD.blocks) + word(WORD.blocks + 1) * 2 ** 32) * 512, 0, 1);
      count.addEntries(1);
      if (sought?.matches(fd, ITSELF.bytes, 0)) sought.keep('');
      walk({ fd, slot: tree, depth: 0 });
    },
    walk,
    report: () => ({
      ...met,
      found: finder?.take() ?? [],
      owned: found?.take() ?? [],
      noticed: inspector?.notices() ?? null,
    }),
  };
}

function deviceOf(): number {
  return (word(WORD.major) << 20) ^ word(WORD.minor);
}

function word(index: number): number {
  return statusWords[index] ?? 0;
}

function nothing(tree: number): Met {
  return { tree, accounts: [], mountPoints: [], unreadable: [] };
}

function under(place: string, name: string): string {
  return place === '' ? name : `${place}/${name}`;
}
