// Owns cutting a run's record into lines, from either end and piece by piece: it may be larger than memory. What follows
// the last line end was torn by a crash and is no line. Must not know what the lines say.
import type { RecordBytes } from '../host/host.ts';

const NEWLINE = 10;
/** Often only the first line or the last is asked for. */
const FIRST_PIECE_BYTES = 4096;
const PIECE_BYTES = 256 * 1024;

function* pieceSizes(): Generator<number, never> {
  for (let size = FIRST_PIECE_BYTES; size < PIECE_BYTES; size *= 4) yield size;
  for (;;) yield PIECE_BYTES;
}

/** No record of ours is longer; what is, is none. */
export const LONGEST_LINE = 16 * 1024 * 1024;

export interface Line {
  /** Without its line end. Good only until the next one is asked for. */
  readonly bytes: Buffer;
  /** Where the next line begins. */
  readonly end: number;
}

/** Where the last whole line ends; 0: there is none. */
export function endOfLines(record: RecordBytes): number {
  const sizes = pieceSizes();
  for (let end = record.size; end > 0; ) {
    const from = Math.max(0, end - sizes.next().value);
    const newline = record.read(from, end - from).lastIndexOf(NEWLINE);
    if (newline !== -1) return from + newline + 1;
    end = from;
  }
  return 0;
}

/** Oldest first, of what stands before `end`. A line longer than LONGEST_LINE comes as its beginning, and is the last. */
export function* linesForward(record: RecordBytes, end: number): Generator<Line> {
  const sizes = pieceSizes();
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  while (at < end) {
    const piece = record.read(at, Math.min(sizes.next().value, end - at));
    if (piece.length === 0) return;
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const begin = at - rest.length;
    let cut = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, cut);
      if (newline === -1) break;
      yield { bytes: bytes.subarray(cut, newline), end: begin + newline + 1 };
      cut = newline + 1;
    }
    rest = bytes.subarray(cut);
    at += piece.length;
    if (rest.length <= LONGEST_LINE) continue;
    yield { bytes: rest, end: at };
    return;
  }
}

/** Newest first, of what stands before `end`, which is where a line ends. */
export function* linesBackward(record: RecordBytes, end: number): Generator<Line> {
  const sizes = pieceSizes();
  let rest: Buffer = Buffer.alloc(0);
  for (let at = end; at > 0; ) {
    const from = Math.max(0, at - sizes.next().value);
    const piece = record.read(from, at - from);
    if (piece.length < at - from) return;
    const bytes = rest.length === 0 ? piece : Buffer.concat([piece, rest]);
    let stop = bytes.length - 1;
    for (;;) {
      const newline = stop === 0 ? -1 : bytes.lastIndexOf(NEWLINE, stop - 1);
      if (newline === -1) break;
      yield { bytes: bytes.subarray(newline + 1, stop), end: from + stop + 1 };
      stop = newline;
    }
    rest = bytes.subarray(0, stop + 1);
    at = from;
    if (from === 0 || rest.length > LONGEST_LINE) {
      yield { bytes: rest.subarray(0, -1), end: from + rest.length };
      return;
    }
  }
}
