// Owns what a copy knows of itself from call to call, in a file beside it: since when changes are to be looked for, and which
// directory each of its directories is of. What is not believed is compared. Knows no tree.
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';

export interface CopyRecord {
  /** Nanoseconds since the epoch: what was changed from then on may not be as it was copied. */
  readonly since: bigint;
  /** Whether a directory of the copy was made of this one, and of no other that was put in its place. */
  readonly isOf: (copy: bigint, source: bigint, born: bigint) => boolean;
  readonly note: (copy: bigint, source: bigint, born: bigint) => void;
  /** All is on the disk, and was looked at after `startedAt`. */
  readonly complete: (startedAt: bigint) => void;
  /** What was noted is kept for the next call. */
  readonly close: () => void;
}

interface Header {
  /** Of the tree that is copied: inode and birth time. */
  readonly of: string;
  /** Since this start of the machine; of what was complete any. */
  readonly boot: string;
  readonly since: string;
  readonly isComplete: boolean;
}

const HEADER_BYTES = 512;
const ENTRY_WORDS = 3;
const ENTRY_BYTES = ENTRY_WORDS * 8;
const AT_ONCE = 1024;

/** The file's name beside a copy called `name`. */
export function recordName(name: string): string {
  return `${name}.copied`;
}

export interface RecordOpening {
  /** The source, so that it is known again. */
  readonly of: string;
  /** Of this start of the machine. */
  readonly boot: string;
  readonly startedAt: bigint;
  /** A new one is begun where there is none of this source. */
  readonly mayBegin: boolean;
}

/**
 * `place`: a path through the descriptor of the directory, that leads there and nowhere else. null: there is none of this source,
 * and nothing was changed.
 */
export function openRecord(
  place: Buffer,
  { of, boot, startedAt, mayBegin }: RecordOpening,
): CopyRecord | null {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  if (!mayBegin && !existsSync(place)) return null;
  const fd = openSync(place, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  const header = headerIn(fd);
  if (!mayBegin && header?.of !== of) {
    closeSync(fd);
    return null;
  }
  // After the machine broke down, files may have their times and not yet what is in them.
  const isBelieved = header !== null && header.of === of && (header.isComplete || header.boot === boot);
  const table = createTable();
  let end = HEADER_BYTES;
  if (isBelieved) end = load(fd, table);
  ftruncateSync(fd, end);
  const since = isBelieved ? BigInt(header.since) : startedAt;
  const put = (wanted: Header) => {
    const text = JSON.stringify(wanted);
    writeSync(fd, text.padEnd(HEADER_BYTES - 1).concat('\n'), 0);
    fdatasyncSync(fd);
  };
  put({ of, boot, since: `${since}`, isComplete: false });

  const noted = Buffer.alloc(AT_ONCE * ENTRY_BYTES);
  let used = 0;
  const flush = () => {
    if (used === 0) return;
    writeSync(fd, noted, 0, used, end);
    end += used;
    used = 0;
  };
  return {
    since,
    isOf: table.has,
    note(copy, source, born) {
      if (table.has(copy, source, born)) return;
      table.set(copy, source, born);
      for (const word of [copy, source, born]) used = noted.writeBigInt64LE(BigInt.asIntN(64, word), used);
      if (used === noted.length) flush();
    },
    complete(at) {
      flush();
      fdatasyncSync(fd);
      put({ of, boot, since: `${at}`, isComplete: true });
    },
    close() {
      flush();
      closeSync(fd);
    },
  };
}

/** null: there is none, or none that can be read. */
function headerIn(fd: number): Header | null {
  const bytes = Buffer.alloc(HEADER_BYTES);
  if (readSync(fd, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null;
  try {
    const { of, boot, since, isComplete } = JSON.parse(bytes.toString('latin1')) as Header;
    return /^\d+$/.test(since) ? { of, boot, since, isComplete } : null;
  } catch {
    return null;
  }
}

/** Where the last whole entry ends: it may have been killed while it wrote. */
function load(fd: number, table: Table): number {
  const count = Math.max(0, Math.floor((fstatSync(fd).size - HEADER_BYTES) / ENTRY_BYTES));
  const bytes = Buffer.alloc(AT_ONCE * ENTRY_BYTES);
  for (let i = 0; i < count; i += AT_ONCE) {
    const some = Math.min(AT_ONCE, count - i);
    readSync(fd, bytes, 0, some * ENTRY_BYTES, HEADER_BYTES + i * ENTRY_BYTES);
    for (let at = 0; at < some * ENTRY_BYTES; at += ENTRY_BYTES)
      table.set(bytes.readBigInt64LE(at), bytes.readBigInt64LE(at + 8), bytes.readBigInt64LE(at + 16));
  }
  return HEADER_BYTES + count * ENTRY_BYTES;
}

interface Table {
  readonly has: (copy: bigint, source: bigint, born: bigint) => boolean;
  readonly set: (copy: bigint, source: bigint, born: bigint) => void;
}

/** By hash, with open places: 24 bytes a directory, and as much again that is free. */
function createTable(): Table {
  let words = new BigInt64Array(1024 * ENTRY_WORDS);
  let used = 0;
  const placeOf = (key: bigint): number => {
    const places = words.length / ENTRY_WORDS;
    let place = Number(BigInt.asUintN(64, key * 0x9e3779b97f4a7c15n) >> 40n) % places;
    // No inode has the number 0.
    while (words[place * ENTRY_WORDS] !== 0n && words[place * ENTRY_WORDS] !== key)
      place = (place + 1) % places;
    return place * ENTRY_WORDS;
  };
  const set = (copy: bigint, source: bigint, born: bigint): void => {
    const key = BigInt.asIntN(64, copy);
    const at = placeOf(key);
    if (words[at] === 0n) used += 1;
    words[at] = key;
    words[at + 1] = BigInt.asIntN(64, source);
    words[at + 2] = born;
    if (used * 2 > words.length / ENTRY_WORDS) grow();
  };
  const grow = (): void => {
    const old = words;
    words = new BigInt64Array(old.length * 2);
    used = 0;
    for (let at = 0; at < old.length; at += ENTRY_WORDS)
      if (old[at] !== 0n) set(old[at] as bigint, old[at + 1] as bigint, old[at + 2] as bigint);
  };
  return {
    has(copy, source, born) {
      const at = placeOf(BigInt.asIntN(64, copy));
      return words[at] !== 0n && words[at + 1] === BigInt.asIntN(64, source) && words[at + 2] === born;
    },
    set,
  };
}
