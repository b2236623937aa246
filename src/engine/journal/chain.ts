// Owns the checksum of each line of a run's record. A sum covers all that stands in the file before it, so a line that
// verifies vouches for every line above it. Must not know what the lines say.
import { createHash } from 'node:crypto';

const MARK = ',"sum":"';
const END = '"}';
const SUM_LENGTH = 16;
/** What a sealed line ends in: `,"sum":"0123456789abcdef"}`. */
export const SEAL_LENGTH = MARK.length + SUM_LENGTH + END.length;
const SEAL = new RegExp(`${MARK}([0-9a-f]{${SUM_LENGTH}})${END}$`);

export interface Chain {
  /** The line for a JSON object: the same object with its sum as last field. */
  seal(json: string): string;
  /** Where the chain stands now; `back` to it after lines that did not reach the disk. */
  mark(): void;
  back(): void;
  /** Adds a line that is in the file already. */
  follow(line: Buffer): void;
}

export function startChain(): Chain {
  let sofar = createHash('sha256');
  let marked = sofar;
  return {
    seal(json) {
      const body = json.slice(0, -END.length + 1);
      sofar.update(body);
      const seal = `${MARK}${shorten(sofar.copy().digest('hex'))}${END}`;
      sofar.update(`${seal}\n`);
      return body + seal;
    },
    mark: () => {
      marked = sofar.copy();
    },
    back: () => {
      sofar = marked;
    },
    follow: (line) => {
      sofar.update(line).update('\n');
    },
  };
}

/** The sum that a line says it has; null: it has none. */
export function sumIn(line: Buffer): string | null {
  return SEAL.exec(line.toString('latin1', Math.max(0, line.length - SEAL_LENGTH)))?.[1] ?? null;
}

/** The sum of everything before it, given in pieces. */
export function sumOf(pieces: Iterable<Buffer>): string {
  const sofar = createHash('sha256');
  for (const piece of pieces) sofar.update(piece);
  return shorten(sofar.digest('hex'));
}

/** Returns a function: call it with each line from the first on; it says whether the line verifies. */
export function startVerifying(): (line: Buffer) => boolean {
  const sofar = createHash('sha256');
  return (line) => {
    const cut = Math.max(0, line.length - SEAL_LENGTH);
    sofar.update(line.subarray(0, cut));
    const right = sumIn(line) === shorten(sofar.copy().digest('hex'));
    sofar.update(line.subarray(cut)).update('\n');
    return right;
  };
}

function shorten(digest: string): string {
  return digest.slice(0, SUM_LENGTH);
}
