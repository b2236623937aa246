// Owns taking away what is in a copy, which nobody but root can reach: with all that is in it, on its file system.

import { isDots } from '../scan/entry-name.ts';
import type { Memory } from './calls.ts';
import { allocate, close, errno, open, readEntries, rewind, unlink } from './calls.ts';
import { WriteFailure } from './report.ts';
import { createStatus, FORMAT } from './status.ts';

const status = createStatus();
const listings: Memory[] = [];

/** `name`: by address, in an open directory. */
export function remove(dirfd: number, name: number, depth = 0): void {
  if (!status.look(dirfd, name)) throw new WriteFailure('statx', errno());
  const isDirectory = status.format() === FORMAT.directory;
  if (isDirectory) empty(dirfd, name, depth);
  if (unlink(dirfd, name, isDirectory ? 'directory' : 'other') < 0) throw new WriteFailure('unlink', errno());
}

function empty(dirfd: number, name: number, depth: number): void {
  const fd = open(dirfd, name, 'directory');
  if (fd < 0) throw new WriteFailure('openat2', errno());
  try {
    const listing = listings[depth] ?? allocate(32 * 1024);
    listings[depth] = listing;
    // Some may be passed over while it gets less: it is read again until nothing is left.
    for (let found = true; found; rewind(fd)) {
      found = false;
      for (let length = readEntries(fd, listing); length !== 0; length = readEntries(fd, listing)) {
        if (length < 0) throw new WriteFailure('getdents64', errno());
        for (let at = 0; at < length; at += listing.bytes.readUInt16LE(at + 16)) {
          if (isDots(listing.bytes, at + 19)) continue;
          found = true;
          remove(fd, listing.address + at + 19, depth + 1);
        }
      }
    }
  } finally {
    close(fd);
  }
}
