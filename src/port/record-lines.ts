// Owns cutting a run's record into lines, from either end and piece by piece: it may be larger than memory. What follows
// the last line end was torn by a crash and is no line. Must not know what the lines say.
import type { RecordBytes } from './journal-store.ts';

const NEWLINE = 10;
/** Often only the first line or the last is asked for. */
const FIRST_PIECE_BYTES = 4096;
const PIECE_BYTES = 64 * 1024;
/** No record of ours is longer; what is, is none. */
export const LONGEST_LINE = 16 * 1024 * 1024;

export interface Line {
  /** Without its line end. Good only until the next one is asked for: all share one place. */
  readonly bytes: Buffer;
  /** Where the next line begins. */
  readonly end: number;
}

/** Pieces of what stands before `end`, in order. Each is good only until the next one is asked for. */
export function* piecesOf(record: RecordBytes, end: number): Generator<Buffer> {
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end));
  for (let at = 0; at < end; ) {
    const length = Math.min(record.read(piece, at), end - at);
    if (length === 0) return;
    yield piece.subarray(0, length);
    at += length;
  }
}

/** Where the last whole line ends; 0: there is none. */
export function endOfLines(record: RecordBytes): number {
  const piece = Buffer.allocUnsafe(FIRST_PIECE_BYTES);
  for (let end = record.size; end > 0; ) {
    const from = Math.max(0, end - piece.length);
    const length = Math.min(record.read(piece, from), end - from);
    const newline = length === 0 ? -1 : piece.lastIndexOf(NEWLINE, length - 1);
    if (newline !== -1) return from + newline + 1;
    end = from;
  }
  return 0;
}

/** Oldest first, of what stands before `end`. A line longer than LONGEST_LINE comes as its beginning, and is the last. */
export function* linesForward(record: RecordBytes, end: number): Generator<Line> {
  let room: Buffer = Buffer.allocUnsafe(FIRST_PIECE_BYTES);
  /** At the start of the room: of a line whose end is still to come. */
  let kept = 0;
  for (let at = 0; at < end; ) {
    if (kept > room.length / 2) room = Buffer.concat([room], room.length * 4);
    const length = Math.min(record.read(room.subarray(kept), at), end - at);
    if (length === 0) return;
    at += length;
    const filled = kept + length;
    let start = 0;
    for (;;) {
      const newline = room.subarray(0, filled).indexOf(NEWLINE, start);
      if (newline === -1) break;
      yield { bytes: room.subarray(start, newline), end: at - filled + newline + 1 };
      start = newline + 1;
    }
    kept = filled - start;
    if (kept > LONGEST_LINE) {
      yield { bytes: room.subarray(start, filled), end: at };
      return;
    }
    room.copyWithin(0, start, filled);
    if (room.length < PIECE_BYTES) room = Buffer.concat([room], room.length * 4);
  }
}

/** Newest first, of what stands before `end`, which is where a line ends. */
export function* linesBackward(record: RecordBytes, end: number): Generator<Line> {
  let room: Buffer = Buffer.allocUnsafe(FIRST_PIECE_BYTES);
  /** At the end of the room: of a line whose beginning is still to come, its line end included. */
  let kept = 0;
  for (let at = end; at > 0; ) {
    if (kept > room.length / 2 || (kept > 0 && room.length < PIECE_BYTES)) room = grownInFront(room);
    const length = Math.min(room.length - kept, at);
    const begin = room.length - kept - length;
    at -= length;
    if (record.read(room.subarray(begin, begin + length), at) < length) return;
    let stop = room.length - 1;
    for (;;) {
      const newline = stop === begin ? -1 : room.lastIndexOf(NEWLINE, stop - 1);
      if (newline < begin) break;
      yield { bytes: room.subarray(newline + 1, stop), end: at + stop + 1 - begin };
      stop = newline;
    }
    kept = stop + 1 - begin;
    if (at === 0 || kept > LONGEST_LINE) {
      yield { bytes: room.subarray(begin, stop), end: at + kept };
      return;
    }
    room.copyWithin(room.length - kept, begin, stop + 1);
  }
}

/** With what it holds at its end. */
function grownInFront(room: Buffer): Buffer {
  const grown = Buffer.allocUnsafe(room.length * 4);
  room.copy(grown, grown.length - room.length);
  return grown;
}
