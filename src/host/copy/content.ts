// Owns what is in files: copied with its holes, by the kernel where it can, and compared piece by piece. Knows no name. What cannot
// be read is answered; what cannot be written is thrown (WriteFailure).
import {
  allocate,
  clone,
  copyRange,
  EDQUOT,
  EFBIG,
  EINTR,
  EIO,
  ENOSPC,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
  EROFS,
  EXDEV,
  errno,
  punchHole,
  readAt,
  seek,
  setLength,
  startWriting,
  writeAt,
} from './calls.ts';
import type { Pace } from './pace.ts';
import { WriteFailure } from './report.ts';

/** Both are open, the second one for reading and writing. */
export interface Pair {
  readonly from: number;
  readonly to: number;
  /** Of `from`, when it was opened. */
  readonly bytes: number;
  readonly hasHoles: boolean;
  /** One device: `from` may be cloned. */
  readonly oneDevice: boolean;
}

export interface Content {
  /** Into an empty file. An errno where `from` cannot be read; 0: all of it is there. */
  readonly copy: (pair: Pair) => number;
  /** `toHasHoles`: fewer blocks than its length takes. Whether they were different, and an errno as of `copy`. */
  readonly equalise: (
    pair: Pair,
    toHasHoles: boolean,
  ) => { readonly differed: boolean; readonly error: number };
}

const PIECE = 1 << 20;
/** What is written is sent to the disk by so much. */
const SEND_BYTES = 8 << 20;
/** Of copy_file_range(2): there the copy itself is at fault, and not what is to be read. */
const FULL: readonly number[] = [ENOSPC, EDQUOT, EFBIG, EROFS];
/** The file system cannot clone, or not from the other one. */
const NO_CLONES: readonly number[] = [EOPNOTSUPP, ENOTTY, EXDEV];

const source = allocate(PIECE);
const target = allocate(PIECE);

export function createContent(pace: Pace): Content {
  let clones = true;
  let kernelCopies = true;

  function failed(call: string): never {
    throw new WriteFailure(call, errno());
  }

  function tryClone({ from, to, oneDevice }: Pair): boolean {
    if (!clones || !oneDevice) return false;
    if (clone(from, to) === 0) return true;
    const error = errno();
    if (FULL.includes(error)) throw new WriteFailure('FICLONE', error);
    // A single file may be one that cannot be (a swap file, an inline one).
    if (NO_CLONES.includes(error)) clones = false;
    return false;
  }

  /** How far it came; less than `end`: there is no more, or an error (`readError`). */
  let readError = 0;
  function copyPart(from: number, to: number, { at: start, end }: { at: number; end: number }): number {
    let at = start;
    let sent = start;
    readError = 0;
    while (at < end) {
      const length = Math.min(pace.piece, end - at);
      const done = piece(from, to, { at, length });
      if (done <= 0) return at;
      at += done;
      pace.done(done);
      pace.spend(done);
      if (at - sent >= SEND_BYTES) {
        startWriting(to, sent, at - sent);
        sent = at;
      }
    }
    return at;
  }

  function piece(from: number, to: number, { at, length }: { at: number; length: number }): number {
    if (kernelCopies && length > 1 << 16) {
      const done = copyRange(from, to, at, length);
      if (done >= 0) return done;
      const error = errno();
      if (FULL.includes(error)) throw new WriteFailure('copy_file_range', error);
      if (error !== EIO && error !== EINTR) kernelCopies = false;
    }
    const read = readPiece(from, source, { at, length });
    if (read > 0) writePiece(to, source, { at, length: read });
    return read;
  }

  function readPiece(
    fd: number,
    into: typeof source,
    { at, length }: { at: number; length: number },
  ): number {
    for (;;) {
      const read = readAt(fd, into, length, at);
      if (read >= 0) return read;
      if (errno() === EINTR) continue;
      readError = errno();
      return -1;
    }
  }

  function writePiece(
    fd: number,
    { address, bytes }: typeof source,
    { at, length }: { at: number; length: number },
  ): void {
    for (let written = 0; written < length; ) {
      const more = writeAt(fd, { address: address + written, bytes }, length - written, at + written);
      if (more > 0) written += more;
      else if (more === 0 || errno() !== EINTR) failed('write');
    }
  }

  function copy(pair: Pair): number {
    const { from, to, bytes, hasHoles } = pair;
    if (bytes > 0 && tryClone(pair)) {
      pace.done(bytes);
      return 0;
    }
    readError = 0;
    if (!hasHoles) {
      copyPart(from, to, { at: 0, end: bytes });
      return readError;
    }
    for (let at = 0; at < bytes; ) {
      const { isData, end } = partAt(from, at, bytes);
      if (isData && copyPart(from, to, { at, end }) < end) return readError;
      at = end;
      pace.check();
    }
    // Not longer than it is by now: what was cut off is no hole.
    if (setLength(to, Math.min(bytes, Math.max(0, seek(from, 0, 'end')))) < 0) failed('ftruncate');
    return 0;
  }

  return {
    copy,
    equalise(pair, toHasHoles) {
      const { from, to, bytes, hasHoles } = pair;
      const before = Math.max(0, seek(to, 0, 'end'));
      // It goes in any case, and a clone cannot end inside of a longer file.
      if (before > bytes && setLength(to, bytes) < 0) failed('ftruncate');
      if (bytes > 0 && tryClone(pair)) {
        pace.done(bytes);
        return { differed: before !== bytes, error: 0 };
      }
      readError = 0;
      let differed = before > bytes;
      const toBytes = Math.min(before, bytes);
      for (let at = 0; at < bytes; ) {
        const one = hasHoles ? partAt(from, at, bytes) : { isData: true, end: bytes };
        const other = toHasHoles || at >= toBytes ? partAt(to, at, bytes) : { isData: true, end: toBytes };
        const end = Math.min(one.end, other.end, bytes);
        if (one.isData && other.isData) {
          const done = equalisePart(from, to, { at, end });
          differed ||= done.differed;
          if (done.at < end) return { differed, error: readError };
        } else if (one.isData) {
          differed = true;
          if (copyPart(from, to, { at, end }) < end) return { differed, error: readError };
        } else if (other.isData && makeHole(to, at, end - at)) differed = true;
        at = end;
        pace.check();
      }
      const length = Math.min(bytes, Math.max(0, seek(from, 0, 'end')));
      if (length !== Math.max(0, seek(to, 0, 'end'))) {
        differed = true;
        if (setLength(to, length) < 0) failed('ftruncate');
      }
      return { differed, error: 0 };
    },
  };

  function equalisePart(from: number, to: number, { at: start, end }: { at: number; end: number }) {
    let differed = false;
    let at = start;
    readError = 0;
    while (at < end) {
      const length = Math.min(pace.piece, end - at);
      const read = readPiece(from, source, { at, length });
      if (read <= 0) break;
      const there = readAt(to, target, read, at);
      if (there < 0) failed('read');
      if (there !== read || source.bytes.compare(target.bytes, 0, read, 0, read) !== 0) {
        differed = true;
        writePiece(to, source, { at, length: read });
      }
      at += read;
      pace.done(read);
      pace.spend(read);
    }
    return { differed, at };
  }

  /** Whether there was something. */
  function makeHole(to: number, start: number, length: number): boolean {
    let differed = false;
    for (let at = start; at < start + length; ) {
      const read = readAt(to, target, Math.min(PIECE, start + length - at), at);
      if (read < 0) failed('read');
      if (read === 0) break;
      if (!isZero(target.bytes, read)) differed = true;
      at += read;
    }
    if (punchHole(to, start, length) < 0 && differed) {
      source.bytes.fill(0);
      for (let at = start; at < start + length; at += PIECE)
        writePiece(to, source, { at, length: Math.min(PIECE, start + length - at) });
    }
    return differed;
  }
}

/** Data or a hole, and where it ends; a file that is shorter by now ends with a hole. */
export function partAt(
  fd: number,
  at: number,
  bytes: number,
): { readonly isData: boolean; readonly end: number } {
  const data = seek(fd, at, 'data');
  // No data from here on; a file system that knows no holes says that all is data.
  if (data < 0) return errno() === ENXIO ? { isData: false, end: bytes } : { isData: true, end: bytes };
  if (data > at) return { isData: false, end: Math.min(data, bytes) };
  const hole = seek(fd, at, 'hole');
  return { isData: true, end: hole <= at ? bytes : Math.min(hole, bytes) };
}

const ZEROS = Buffer.alloc(PIECE);

export function isZero(bytes: Buffer, length: number): boolean {
  return bytes.compare(ZEROS, 0, length, 0, length) === 0;
}
