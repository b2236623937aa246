// Owns one pass of a copy, in a thread: goes through the source by descriptors, side by side with the copy, and makes the copy equal.
// Must not change the source, and leaves the copy of a file with its own times only once all of it is there.
import { type Copied, DEEPEST_COPIED } from '../../port/copy-tree.ts';
import { errnoName } from '../../values/errno.ts';
import { decodeName, encodeName } from '../../values/file-name.ts';
import {
  allocate,
  close,
  ENOENT,
  errno,
  makeDirectory,
  open,
  readEntries,
  readFlags,
  rewind,
  setFlags,
  syncFileSystem,
} from './calls.ts';
import { createDresser } from './dress.ts';
import { createLevels, eachName, type Level } from './levels.ts';
import { createPace, Stopped } from './pace.ts';
import { openRecord, recordName } from './record.ts';
import { remove } from './remove.ts';
import { type Answer, type CopyStart, collectObstacles, WriteFailure } from './report.ts';
import { type Closed, openDirectory, whyClosed } from './source.ts';
import { createStatus, FORMAT, S_IFCHR } from './status.ts';
import { createThings, type Place, type Tally } from './things.ts';

/** STATX_ATTR_… of linux/stat.h: what a copy does not have. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0x4, 'compressed'],
  [0x10, 'immutable'],
  [0x20, 'append-only'],
  [0x40, 'no dump'],
  [0x800, 'encrypted'],
  [0x100000, 'verity'],
  [0x200000, 'direct access'],
];
const ANY_FLAG = FLAGS.reduce((all, [bit]) => all | bit, 0);

/** FS_NOCOW_FL: what is made in such a directory has it, too. */
const NO_COPY_ON_WRITE = 0x00800000;

export function runPass(start: CopyStart): Answer {
  const startedAt = BigInt(Date.now() - CLOCK_STEP_MS) * 1_000_000n;
  const pace = createPace(start.control, start.bytesPerSecond);
  const obstacles = collectObstacles();
  const levels = createLevels();
  const is = createStatus();
  const was = createStatus();
  if (!is.lookAt(start.fromFd)) return failure(new WriteFailure('statx', errno()));
  const device = is.device();
  const name = allocate(512);
  encodeName(start.name).copy(name.bytes);
  const opened = openRecord(placeOf(start), {
    of: `${is.inodeBig()} ${is.born()} ${device}`,
    boot: start.boot,
    startedAt,
    // Of what is no copy of this source nothing is taken away.
    mayBegin: start.pass === 'first' || !was.look(start.parentFd, name.address),
  });
  if (opened === null) return { of: 'unknown' };
  const record = opened;
  const suspects = start.suspects === 'all' ? null : new Set(start.suspects.map(inodeKey));
  const tally: Tally = { copiedFiles: 0, copiedBytes: 0, comparedFiles: 0, comparedBytes: 0, differing: 0 };
  let [entries, removed, vanished] = [0, 0, 0];
  let top = -1;
  const dresser = createDresser((attribute) => obstacles.add('attribute', levels.path, attribute));
  const things = createThings({
    is,
    pace,
    levels,
    dresser,
    isSuspect: (inode) => suspects === null || suspects.has(inode),
    since: record.since,
    tally,
    top: () => top,
  });

  /** `is` is of `from`. */
  function into(
    from: number,
    to: { readonly fd: number; readonly name: number; readonly isFresh: boolean },
  ): void {
    const [inode, born] = [is.inodeBig(), is.born()];
    let there = !to.isFresh && was.look(to.fd, to.name);
    if (there && was.format() !== FORMAT.directory) {
      remove(to.fd, to.name);
      there = false;
    }
    if (!there && makeDirectory(to.fd, to.name) < 0) throw new WriteFailure('mkdirat', errno());
    const fd = open(to.fd, to.name, 'directory');
    if (fd < 0) throw new WriteFailure('openat2', errno());
    if (top === -1) top = fd;
    try {
      if (!was.lookAt(fd)) throw new WriteFailure('statx', errno());
      const copy = was.inodeBig();
      const isTrusted = there && record.isOf(copy, inode, born);
      if (!there) {
        // Whatever is in it from now on was copied from just this one.
        record.note(copy, inode, born);
        if ((readFlags(from) & NO_COPY_ON_WRITE) !== 0) setFlags(fd, readFlags(fd) | NO_COPY_ON_WRITE);
      }
      goThrough(from, fd, { isFresh: !there, isTrusted });
      if (!is.lookAt(from) || !was.lookAt(fd)) throw new WriteFailure('statx', errno());
      noteFlags();
      const isSame = there && is.sameTimes(was) && is.sameOwner(was) && is.mode() === was.mode();
      if (!isSame || !isTrusted || is.changedAt() >= record.since)
        dresser.opened(from, fd, { is, was: there ? was : null, isPlain: !there && to.isFresh });
      if (there && !isTrusted) record.note(copy, inode, born);
    } finally {
      close(fd);
    }
  }

  function goThrough(from: number, to: number, how: Pick<Place, 'isFresh' | 'isTrusted'>): void {
    const level = levels.enter();
    const place = { from, to, level, ...how };
    let found = 0;
    let length = readEntries(from, level.listing);
    for (; length > 0; length = readEntries(from, level.listing))
      eachName(level, length, (at) => {
        level.at = at;
        pace.check();
        entries += 1;
        const done = copyEntry(place);
        if (done === 'done') {
          found += 1;
          pace.entry();
        } else if (done === 'vanished') vanished += 1;
        else if (done !== 'left out') obstacles.add(done.kind, levels.path, done.what);
      });
    if (length < 0) {
      if (errno() === ENOENT) vanished += 1;
      else obstacles.add('unreadable', levels.directory, errnoName(errno()));
    } else if (start.pass === 'again' && !how.isFresh) removeOthers(from, { to, level, found });
    levels.leave();
  }

  function copyEntry(place: Place): 'done' | 'left out' | Closed {
    const name = place.level.listing.address + place.level.at;
    if (!is.look(place.from, name)) return whyClosed();
    const obstacle = leftOut();
    if (obstacle !== null) return obstacle;
    switch (is.format()) {
      case FORMAT.directory:
        return directory(place, name);
      case FORMAT.file:
        noteFlags();
        return things.file(place);
      case FORMAT.link:
        return things.link(place);
      default:
        return things.node(place);
    }
  }

  function directory(place: Place, name: number): 'done' | Closed {
    if (levels.depth() > DEEPEST_COPIED) return { kind: 'too deep', what: '' };
    const from = openDirectory(place.from, name, is);
    if (typeof from !== 'number') return from;
    try {
      if (is.device() !== device) return { kind: 'other file system', what: '' };
      into(from, { fd: place.to, name, isFresh: place.isFresh });
      return 'done';
    } finally {
      close(from);
    }
  }

  /** Of what `is`: why it has no place in a copy. */
  function leftOut(): Exclude<Closed, 'vanished'> | null {
    if (is.isMountPoint()) return { kind: 'mount point', what: '' };
    switch (is.format()) {
      case FORMAT.directory:
      case FORMAT.file:
      case FORMAT.link:
      case FORMAT.pipe:
        return null;
      case FORMAT.socket:
        return { kind: 'socket', what: '' };
      default:
        // By 0:0 an overlay knows what is deleted: no device has this number.
        return is.format() === S_IFCHR && is.itsDevice() === 0 ? null : { kind: 'device', what: '' };
    }
  }

  function noteFlags(): void {
    if ((is.attributes() & ANY_FLAG) === 0) return;
    for (const [bit, flag] of FLAGS)
      if ((is.attributes() & bit) !== 0) obstacles.add('flag', levels.path, flag);
  }

  /** What is in a copy, and no longer in its source. `found`: so many names of the source are there. */
  function removeOthers(
    from: number,
    { to, level, found }: { readonly to: number; readonly level: Level; readonly found: number },
  ): void {
    let names = 0;
    const eachOf = (each: (at: number) => void) => {
      for (;;) {
        const length = readEntries(to, level.listing);
        if (length < 0) throw new WriteFailure('getdents64', errno());
        if (length === 0) return;
        eachName(level, length, each);
      }
    };
    eachOf(() => {
      names += 1;
    });
    if (names === found) return;
    let before: number;
    do {
      before = removed;
      rewind(to);
      eachOf((at) => {
        level.at = at;
        pace.check();
        const name = level.listing.address + at;
        if (is.look(from, name) ? leftOut() === null : errno() !== ENOENT) return;
        remove(to, name);
        removed += 1;
      });
    } while (removed > before);
  }

  function failure({ call, code }: WriteFailure): Answer {
    return { of: 'failure', path: levels.depth() === 0 ? '' : levels.path(), call, code };
  }

  function copied(outcome: Copied['outcome']): Answer {
    for (const path of outcome === 'done' ? things.links.elsewhere() : [])
      obstacles.add('linked from outside', () => decodeName(Buffer.from(path, 'latin1')));
    return {
      of: 'copy',
      copied: {
        outcome,
        entries,
        copied: { files: tally.copiedFiles, bytes: tally.copiedBytes },
        compared: { files: tally.comparedFiles, bytes: tally.comparedBytes, differing: tally.differing },
        removed,
        vanished,
        obstacles: obstacles.all(),
      },
    };
  }

  try {
    into(start.fromFd, { fd: start.parentFd, name: name.address, isFresh: false });
    entries += 1;
    pace.entry();
    if (syncFileSystem(start.parentFd) < 0) throw new WriteFailure('syncfs', errno());
    record.complete(startedAt);
    return copied('done');
  } catch (error) {
    if (error instanceof Stopped) return copied('stopped');
    if (error instanceof WriteFailure) return failure(error);
    throw error;
  } finally {
    record.close();
  }
}

/** The kernel's time for files stands still between two ticks, and is behind the clock. */
const CLOCK_STEP_MS = 1000;

function placeOf({ parentFd, name }: CopyStart): Buffer {
  return Buffer.concat([
    Buffer.from(`/proc/self/fd/${parentFd}/`),
    encodeName(recordName(name)).subarray(0, -1),
  ]);
}

/** As Status has it. */
function inodeKey(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
