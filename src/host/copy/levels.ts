// Owns where a walk is: for each directory on the way down a listing, and the name in it that is being looked at. Paths are put
// together only when somebody asks. Knows no system call.
import { decodeName } from '../../values/file-name.ts';
import { isDots } from '../scan/entry-name.ts';
import { allocate, type Memory } from './calls.ts';

const LISTING_BYTES = 32 * 1024;

export interface Level {
  readonly listing: Memory;
  /** Where the name begins that is being looked at, in the listing. */
  at: number;
}

export interface Levels {
  readonly enter: () => Level;
  readonly leave: () => void;
  readonly depth: () => number;
  /** Of the names that are being looked at, byte by byte (latin1). */
  readonly rawPath: () => string;
  /** The same, undecodable bytes kept. */
  readonly path: () => string;
  /** Of the directory whose names are being looked at; '' at the top. */
  readonly directory: () => string;
}

export function createLevels(): Levels {
  const levels: Level[] = [];
  let depth = 0;
  const rawPath = (to = depth) =>
    levels
      .slice(0, to)
      .map(({ listing: { bytes }, at }) => bytes.toString('latin1', at, bytes.indexOf(0, at)))
      .join('/');
  const decoded = (to?: number) => decodeName(Buffer.from(rawPath(to), 'latin1'));
  return {
    enter() {
      let level = levels[depth];
      if (level === undefined) {
        level = { listing: allocate(LISTING_BYTES), at: 0 };
        levels.push(level);
      }
      depth += 1;
      return level;
    },
    leave: () => {
      depth -= 1;
    },
    depth: () => depth,
    rawPath: () => rawPath(),
    path: () => decoded(),
    directory: () => decoded(depth - 1),
  };
}

/** struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, char name[] */
const NAME = 19;
const LENGTH = 16;

/** Calls `each` for each name of a listing, `.` and `..` left out, with its place. */
export function eachName({ listing: { bytes } }: Level, length: number, each: (at: number) => void): void {
  for (let at = 0; at < length; at += bytes.readUInt16LE(at + LENGTH))
    if (!isDots(bytes, at + NAME)) each(at + NAME);
}
