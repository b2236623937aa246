// Owns what the threads that copy and compare share with the main thread: the wish to stop, and how far they are; and the pauses
// by which a limit is held, whatever the disk's scheduler. Must not touch a disk.

/** Of `createControl`: 0 while nobody wants it to stop. */
const STOP = 0;

export interface Counts {
  entries: number;
  bytes: number;
  readBytes: number;
}

export function createControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(64);
}

export function requestStop(control: SharedArrayBuffer): void {
  const words = new Int32Array(control);
  Atomics.store(words, STOP, 1);
  Atomics.notify(words, STOP);
}

export function countsIn(control: SharedArrayBuffer): Counts {
  const [, entries = 0, bytes = 0, readBytes = 0] = new Float64Array(control);
  return { entries, bytes, readBytes };
}

/** Thrown where the wish to stop is met. */
export class Stopped extends Error {}

export interface Pace {
  /** Throws Stopped. */
  readonly check: () => void;
  /** So much was read at the source: waits where that was too fast. Throws Stopped. */
  readonly spend: (bytes: number) => void;
  readonly entry: () => void;
  readonly done: (bytes: number) => void;
  /** To be read at once, at most: pauses are short then. */
  readonly piece: number;
}

const MOST_PIECE = 1 << 20;
const LEAST_PIECE = 1 << 16;
/** What a pause takes beyond its time makes short ones too long. */
const SHORTEST_MS = 4;

export function createPace(control: SharedArrayBuffer, bytesPerSecond: number | null): Pace {
  const words = new Int32Array(control);
  const counts = new Float64Array(control);
  const add = (at: number, much: number) => {
    counts[at] = (counts[at] as number) + much;
  };
  const check = () => {
    if (Atomics.load(words, STOP) !== 0) throw new Stopped();
  };
  let due = performance.now();
  return {
    check,
    spend(bytes) {
      add(3, bytes);
      check();
      if (bytesPerSecond === null) return;
      const now = performance.now();
      // What was not used before is not saved up.
      due = Math.max(due, now - SHORTEST_MS) + (bytes / bytesPerSecond) * 1000;
      if (due - now < SHORTEST_MS) return;
      Atomics.wait(words, STOP, 0, due - now);
      check();
    },
    entry: () => add(1, 1),
    done: (bytes) => add(2, bytes),
    piece:
      bytesPerSecond === null
        ? MOST_PIECE
        : Math.max(LEAST_PIECE, Math.min(MOST_PIECE, 2 ** Math.floor(Math.log2(bytesPerSecond / 10)))),
  };
}
