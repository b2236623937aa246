// Owns reading all names of a directory in order: bytes as latin1, so that the order is the same on every file system. Its memory
// is that of the largest directory.

import { isDots } from '../scan/entry-name.ts';
import { allocate, errno, readEntries, rewind } from './calls.ts';

const listing = allocate(32 * 1024);

/** An errno where it cannot be read. */
export function sortedNames(fd: number): readonly string[] | number {
  const names: string[] = [];
  rewind(fd);
  const { bytes } = listing;
  for (;;) {
    const length = readEntries(fd, listing);
    if (length < 0) return errno();
    if (length === 0) return names.sort();
    for (let at = 0; at < length; at += bytes.readUInt16LE(at + 16))
      if (!isDots(bytes, at + 19)) names.push(bytes.toString('latin1', at + 19, bytes.indexOf(0, at + 19)));
  }
}
