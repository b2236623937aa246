// Owns a disk whose every write QEMU writes down (blklogwrites), so that it can be made as a power cut would leave it: what was not
// flushed by then is lost in part, in any order. Must not know the machine, nor what is on the disk.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { copySparse, namelessFile } from './disk.ts';

export interface LoggedDisk {
  /** Where QEMU writes them down. */
  readonly log: string;
  /** How many are there by now. */
  count(): number;
  /** The disk's file becomes what it was before all of them, with the first `count` of them, but for what `loses` says. */
  rebuild(count: number, loses: () => boolean): Losses;
}

export interface Losses {
  /** Writes that were not flushed. */
  readonly open: number;
  readonly lost: number;
}

interface Write {
  readonly at: number;
  readonly length: number;
  readonly flags: number;
  /** Where its bytes stand in the log. */
  readonly from: number;
}

/** Of an entry: include/linux/dm-log-writes and QEMU's block/blklogwrites.c. */
const FLUSH = 1;
const FUA = 2;
const DISCARD = 4;
const SECTOR = 512;
const CHUNK = 1 << 20;
const ZEROES = Buffer.alloc(CHUNK);

// fallocate(2): a process for each of thousands would take minutes.
const fallocate = koffi
  .load('libc.so.6')
  .func('int fallocate64(int fd, int mode, int64_t offset, int64_t length)');
const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;

/** The layer above the disk, in QEMU's words. Its superblock is written with each entry: the machine may be killed at any. */
export function loggedNode(name: string, file: object, { log }: LoggedDisk): object {
  return {
    driver: 'blklogwrites',
    'node-name': name,
    'log-sector-size': SECTOR,
    'log-super-update-interval': 1,
    discard: 'unmap',
    file,
    log: { driver: 'file', filename: log, cache: { 'no-flush': true } },
  };
}

/** From now on. */
export function logWritesOf(file: string): LoggedDisk {
  const before = namelessFile('before');
  copySparse(file, before.file);
  const log = namelessFile('log');
  const count = () => {
    const superblock = Buffer.alloc(SECTOR);
    // Written with the first entry.
    const isThere = readSync(log.fd, superblock, 0, SECTOR, 0) === SECTOR;
    return isThere ? Number(superblock.readBigUInt64LE(16)) : 0;
  };
  return {
    log: log.file,
    count,
    rebuild(upTo, loses) {
      const writes = entriesOf(log.fd, upTo);
      const flushed = writes.findLastIndex(({ flags }) => (flags & FLUSH) !== 0);
      let open = 0;
      const kept = writes.filter(({ flags, length }, i) => {
        if (i <= flushed || length === 0) return true;
        if ((flags & FUA) !== 0) return true;
        open += 1;
        return !loses();
      });
      copySparse(before.file, file);
      applyTo(file, kept, log.fd);
      return { open, lost: writes.length - kept.length };
    },
  };
}

function entriesOf(fd: number, count: number): readonly Write[] {
  const entries: Write[] = [];
  for (let i = 0, place = SECTOR; i < count; i += 1) {
    const header = readAt(fd, place, 32);
    const [sector = 0, sectors = 0, flags = 0] = [0, 8, 16].map((at) => Number(header.readBigUInt64LE(at)));
    const length = sectors * SECTOR;
    const from = place + SECTOR;
    entries.push({ at: sector * SECTOR, length, flags, from });
    place = from + ((flags & DISCARD) === 0 ? length : 0);
  }
  return entries;
}

function applyTo(file: string, writes: readonly Write[], log: number): void {
  const fd = openSync(file, 'r+');
  const chunk = Buffer.allocUnsafe(CHUNK);
  const clear = (at: number, length: number) => {
    if (fallocate(fd, PUNCH_HOLE | KEEP_SIZE, at, length) !== 0)
      throw new Error(`cannot clear ${at} of ${file}`);
  };
  try {
    for (const { at, length, flags, from } of writes) {
      if ((flags & DISCARD) !== 0) {
        clear(at, length);
        continue;
      }
      for (let done = 0; done < length; done += CHUNK) {
        const bytes = chunk.subarray(0, Math.min(CHUNK, length - done));
        readSync(log, bytes, 0, bytes.length, from + done);
        if (bytes.equals(ZEROES.subarray(0, bytes.length))) {
          clear(at + done, bytes.length);
          continue;
        }
        writeSync(fd, bytes, 0, bytes.length, at + done);
      }
    }
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(fd, bytes, 0, length, at) < length) throw new Error(`the log ends at ${at}`);
  return bytes;
}
