// Owns reading and writing the two ends of a disk by a descriptor of it. What was written is read again from the disk itself.
// Must not know which disk it is: right-device.ts does.
import { fsyncSync, readSync, writeSync } from 'node:fs';
import { type DiskEnds, END_BLOCK_BYTES, endsOf } from '../../port/saved-disk.ts';
import { hashOfBytes } from '../../values/content.ts';
import { ioctlTell, SystemError } from '../syscalls.ts';

/** linux/fs.h */
const FLUSH_BUFFERS = 0x1261;
const READ_PARTITIONS = 0x125f;

/** What the kernel keeps of it in memory goes. */
export function dropBuffers(fd: number): void {
  ioctlTell(fd, FLUSH_BUFFERS);
}

/** Both, one after the other, as they are on the disk and not in memory. */
export function readEnds(fd: number, sizeBytes: number): Buffer {
  dropBuffers(fd);
  return Buffer.concat(endsOf(sizeBytes).map(({ from, to }) => readRange(fd, from, to - from)));
}

function readRange(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const got = readSync(fd, bytes, at, length - at, from + at);
    if (got === 0) throw Object.assign(new Error('the disk ends too early'), { code: 'EIO' });
    at += got;
  }
  return bytes;
}

/**
 * Writes only what differs. The last end goes first, and of each the beginning last: what a disk is known by is the last to go
 * and the last to come. On the disk when it returns; false: something else is read there.
 */
export function writeEnds(fd: number, sizeBytes: number, want: Buffer): boolean {
  const have = readEnds(fd, sizeBytes);
  const [first] = endsOf(sizeBytes);
  const lastFrom = endsOf(sizeBytes)[1].from - first.to;
  for (let at = startOfLastBlock(want.length); at >= 0; at -= END_BLOCK_BYTES) {
    const block = want.subarray(at, at + END_BLOCK_BYTES);
    if (have.subarray(at, at + END_BLOCK_BYTES).equals(block)) continue;
    const on = at < first.to ? at : at + lastFrom;
    for (let written = 0; written < block.length; )
      written += writeSync(fd, block, written, block.length - written, on + written);
  }
  fsyncSync(fd);
  return readEnds(fd, sizeBytes).equals(want);
}

function startOfLastBlock(length: number): number {
  return length === 0 ? -1 : Math.floor((length - 1) / END_BLOCK_BYTES) * END_BLOCK_BYTES;
}

/** `between`: what the two are that were asked about; null: zeros, undefined: not kept. */
export function describeEnds(ends: Buffer, between: readonly (Buffer | null | undefined)[] = []): DiskEnds {
  return { hash: hashOfBytes(ends), isZero: isZero(ends), isBetween: isBetween(ends, between) };
}

/** Each block is as in one of them. */
export function isBetween(ends: Buffer, between: readonly (Buffer | null | undefined)[]): boolean {
  const states = between.filter((one) => one !== undefined);
  return (
    states.length > 0 &&
    states.length === between.length &&
    states.every((one) => one === null || one.length === ends.length) &&
    everyBlock(ends, (block, at) =>
      states.some((one) =>
        one === null ? isZero(block) : one.subarray(at, at + block.length).equals(block),
      ),
    )
  );
}

function everyBlock(bytes: Buffer, holds: (block: Buffer, at: number) => boolean): boolean {
  for (let at = 0; at < bytes.length; at += END_BLOCK_BYTES)
    if (!holds(bytes.subarray(at, at + END_BLOCK_BYTES), at)) return false;
  return true;
}

const ZERO_BLOCK = Buffer.alloc(END_BLOCK_BYTES);

function isZero(bytes: Buffer): boolean {
  return everyBlock(bytes, (block) => block.equals(ZERO_BLOCK.subarray(0, block.length)));
}

/** What the kernel knows of partitions is from before. It refuses while one of them is in use. */
export function readPartitionsAnew(fd: number): void {
  try {
    ioctlTell(fd, READ_PARTITIONS);
  } catch (error) {
    // It looks for none on this kind of device.
    if (!(error instanceof SystemError) || error.code !== 'EINVAL') throw error;
  }
}
