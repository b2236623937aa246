// Owns what is in a file as blocks: those of zeros are passed over, be they holes or written, so that a file is the same with holes
// and without. Must not write.
import { allocate, EINTR, errno, type Memory, readAt } from './calls.ts';
import { isZero, partAt } from './content.ts';
import type { Pace } from './pace.ts';

export const BLOCK_BYTES = 1 << 20;

/** It got shorter while it was read. */
export const SHORTER = -1;

export function blockMemory(): Memory {
  return allocate(BLOCK_BYTES);
}

/** Calls `each` for each block that is not all zeros. An errno, or SHORTER; 0: all of it was read. */
export function eachBlock(
  file: { readonly fd: number; readonly bytes: number; readonly hasHoles: boolean; readonly into: Memory },
  pace: Pace,
  each: (index: number, block: Buffer) => void,
): number {
  const { fd, bytes, hasHoles, into } = file;
  for (let at = 0; at < bytes; ) {
    pace.check();
    const part = hasHoles ? partAt(fd, at, bytes) : null;
    if (part !== null && !part.isData) {
      // The block in which data begins again.
      const next = Math.floor(part.end / BLOCK_BYTES) * BLOCK_BYTES;
      if (part.end >= bytes) return 0;
      if (next > at) {
        at = next;
        continue;
      }
    }
    const length = Math.min(BLOCK_BYTES, bytes - at);
    const error = fill(fd, into, { at, length });
    if (error !== 0) return error;
    if (!isZero(into.bytes, length)) each(at / BLOCK_BYTES, into.bytes.subarray(0, length));
    pace.done(length);
    at += length;
  }
  return 0;
}

export function fill(
  fd: number,
  { address, bytes }: Memory,
  { at, length }: { readonly at: number; readonly length: number },
): number {
  for (let read = 0; read < length; ) {
    const more = readAt(fd, { address: address + read, bytes }, length - read, at + read);
    if (more > 0) read += more;
    else if (more === 0) return SHORTER;
    else if (errno() !== EINTR) return errno();
  }
  return 0;
}
