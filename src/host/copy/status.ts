// Owns what the kernel says of an entry (statx(2)), each place of it with its own memory, so that both sides of a copy can be
// looked at side by side. Nothing is allocated for an entry.
import koffi from 'koffi';
import { allocate, type Memory } from './calls.ts';

const statx = koffi
  .load(null)
  .func('int statx(int dirfd, uintptr_t path, int flags, uint32_t mask, uintptr_t buffer)');

const AT_EMPTY_PATH = 0x1000;
/** AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC */
const LOOK = 0x100 | 0x800 | 0x4000;
/** STATX_BASIC_STATS | STATX_BTIME */
const MASK = 0x7ff | 0x800;
const BTIME = 0x800;

export const FORMAT = {
  directory: 0x4000,
  file: 0x8000,
  link: 0xa000,
  pipe: 0x1000,
  socket: 0xc000,
} as const;
export const S_IFCHR = 0x2000;

const EMPTY = allocate(1);
EMPTY.bytes[0] = 0;

export interface Status {
  /** Of a name in a directory; false: see `errno`. */
  readonly look: (dirfd: number, name: number) => boolean;
  /** Of what is open. */
  readonly lookAt: (fd: number) => boolean;
  /** S_IFMT of the mode. */
  readonly format: () => number;
  /** 07777 of it. */
  readonly mode: () => number;
  readonly uid: () => number;
  readonly gid: () => number;
  readonly links: () => number;
  readonly bytes: () => number;
  /** Without holes. */
  readonly dataBytes: () => number;
  /** Fewer blocks than its length would take. */
  readonly hasHoles: () => boolean;
  /** A number where it is exact, else text: a key of a map. */
  readonly inode: () => number | string;
  readonly inodeBig: () => bigint;
  readonly device: () => number;
  /** Of a device: 0 is 0:0. */
  readonly itsDevice: () => number;
  /** STATX_ATTR_… */
  readonly attributes: () => number;
  readonly isMountPoint: () => boolean;
  /** Nanoseconds since the epoch; 0: its file system does not say. */
  readonly born: () => bigint;
  readonly changedAt: () => bigint;
  /** mtime, to the nanosecond. */
  readonly sameWritten: (other: Status) => boolean;
  /** And atime. */
  readonly sameTimes: (other: Status) => boolean;
  readonly sameOwner: (other: Status) => boolean;
  /** Fills two struct timespec. */
  readonly times: (into: Memory) => void;
  /** For another one to compare. */
  readonly words: Uint32Array;
}

const ATTR_MOUNT_ROOT = 0x2000;

/**
 * struct statx in words of 32 bits: mask 0, attributes 2, nlink 4, uid 5, gid 6, mode half word 14, ino 8, size 10, blocks 12,
 * atime 16, btime 20, ctime 24, mtime 28, rdev 32, dev 34.
 */
export function createStatus(): Status {
  const memory = allocate(256);
  const words = new Uint32Array(memory.bytes.buffer, memory.bytes.byteOffset, 64);
  const halfWords = new Uint16Array(memory.bytes.buffer, memory.bytes.byteOffset, 128);
  const signed = new BigInt64Array(memory.bytes.buffer, memory.bytes.byteOffset, 32);
  const word = (at: number) => words[at] as number;
  const number = (at: number) => word(at) + word(at + 1) * 2 ** 32;
  const nanoseconds = (at: number) => (signed[at / 2] as bigint) * 1_000_000_000n + BigInt(word(at + 2));
  const sameWords = ({ words: others }: Status, at: number) =>
    word(at) === others[at] && word(at + 1) === others[at + 1] && word(at + 2) === others[at + 2];
  return {
    look: (dirfd, name) => statx(dirfd, name, LOOK, MASK, memory.address) === 0,
    lookAt: (fd) => statx(fd, EMPTY.address, LOOK | AT_EMPTY_PATH, MASK, memory.address) === 0,
    format: () => (halfWords[14] as number) & 0xf000,
    mode: () => (halfWords[14] as number) & 0o7777,
    uid: () => word(5),
    gid: () => word(6),
    links: () => word(4),
    bytes: () => number(10),
    dataBytes: () => Math.min(number(10), number(12) * 512),
    hasHoles: () => number(12) * 512 < number(10),
    inode: () => (word(9) < 2 ** 21 ? number(8) : `${BigInt(word(9)) * 2n ** 32n + BigInt(word(8))}`),
    inodeBig: () => BigInt(word(9)) * 2n ** 32n + BigInt(word(8)),
    device: () => word(34) * 2 ** 20 + word(35),
    itsDevice: () => word(32) * 2 ** 20 + word(33),
    attributes: () => word(2),
    isMountPoint: () => (word(2) & ATTR_MOUNT_ROOT) !== 0,
    born: () => ((word(0) & BTIME) === 0 ? 0n : nanoseconds(20)),
    changedAt: () => nanoseconds(24),
    sameWritten: (other) => sameWords(other, 28),
    sameTimes: (other) => sameWords(other, 28) && sameWords(other, 16),
    sameOwner: (other) => word(5) === other.words[5] && word(6) === other.words[6],
    times: ({ bytes }) => {
      for (const [at, from] of [
        [0, 16],
        [16, 28],
      ] as const) {
        bytes.writeUInt32LE(word(from), at);
        bytes.writeUInt32LE(word(from + 1), at + 4);
        bytes.writeUInt32LE(word(from + 2), at + 8);
        bytes.writeUInt32LE(0, at + 12);
      }
    },
    words,
  };
}
