// Owns what was saved of disks: below /var/lib/jts-hot/disks a directory for each disk, in it one for each state that its ends
// had, named by their hash. Root's alone, whole under its name or not there, synced. Must not read or write a disk.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  renameSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { isSameDisk, type SavedDisk, type SavedPart } from '../../port/saved-disk.ts';
import { describeDisk, type PlannedDisk } from '../../port/storage.ts';
import { hashOfBytes } from '../../values/content.ts';
import type { InDirectory } from '../content-store.ts';
import { NO_LINKS, STATE_DIRECTORY } from '../state-place.ts';
import {
  makeDirectoryAt,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  openAt,
  readDirectory,
  removeDirectoryAt,
  SystemError,
  unlinkAt,
} from '../syscalls.ts';

export const DISKS = 'disks';
const MANIFEST = 'manifest.json';
/** What a killed run leaves of it is taken away by the next one. */
const NEW = '.new';
const PART_BYTES = 16 * 1024 ** 2;
const ZERO_BLOCK = Buffer.alloc(4096);
/** That the system goes on after it. */
const SPARE_BYTES = 32 * 1024 ** 2;

export interface SavedDisks {
  /** The newest first. What cannot be read is left out. */
  all(): readonly SavedDisk[];
  /** Throws a Problem where there is no room. */
  save(what: Omit<SavedDisk, 'parts' | 'path'>, parts: ReadonlyMap<SavedPart['name'], Buffer>): void;
  /** What is in the two ends, compared with its hashes. Throws a Problem where it is not kept, or no longer as it was. */
  ends(disk: PlannedDisk, hash: string): Buffer;
}

export function openSavedDisks(inDirectory: InDirectory): SavedDisks {
  return {
    all: () =>
      inDirectory(
        false,
        (disks) =>
          namesIn(disks)
            .flatMap((disk) => inside(disks, disk, (states) => savedIn(states, disk)) ?? [])
            .toSorted((a, b) => (a.savedAt < b.savedAt ? 1 : -1)),
        [],
      ),

    save(what, parts) {
      inDirectory(
        true,
        (disks) => {
          requireRoom(disks, parts.values());
          const name = directoryName(what.disk);
          makeUnlessThere(disks, name);
          inside(disks, name, (states) => {
            removeState(states, NEW);
            makeDirectoryAt(states, NEW, 0o700);
            const listed: SavedPart[] = [];
            inside(states, NEW, (directory) => {
              for (const [part, bytes] of parts) {
                write(directory, part, bytes);
                listed.push({ name: part, bytes: bytes.length, hash: hashOfBytes(bytes) });
              }
              write(
                directory,
                MANIFEST,
                Buffer.from(`${JSON.stringify({ ...what, parts: listed }, null, 2)}\n`),
              );
              fsyncSync(directory);
            });
            // One of that name is not whole, or of another disk: else nothing would be saved.
            removeState(states, what.hash);
            renameSync(`/proc/self/fd/${states}/${NEW}`, `/proc/self/fd/${states}/${what.hash}`);
            fsyncSync(states);
          });
        },
        undefined,
      );
    },

    ends(disk, hash) {
      const found = inDirectory(
        false,
        (disks) =>
          inside(disks, directoryName(disk), (states) =>
            inside(states, hash, (directory) => {
              const saved = manifestIn(directory);
              if (saved === null || !isSameDisk(saved.disk, disk)) return null;
              const ends = Buffer.concat(
                ['first', 'last'].map((part) => read(directory, part) ?? Buffer.alloc(0)),
              );
              return hashOfBytes(ends) === hash ? ends : null;
            }),
          ),
        null,
      );
      if (found !== null) return found;
      throw new Problem(EXIT.failed, [
        diagnostic('E_NOT_KEPT', 'cannot find what was saved of a disk', {
          at: describeDisk(disk),
          detail: [
            `want the first and last 16 MiB with SHA-256 ${hash}`,
            `found none, or another content, in ${STATE_DIRECTORY}/${DISKS}/${directoryName(disk)}/${hash}`,
          ],
          hint: 'nothing was written; see what is kept: sudo jts-hot device restore',
        }),
      ]);
    },
  };
}

/** A serial number is whatever its maker wrote: with other signs in it two could come to one name. */
function directoryName({ serial, namespace }: PlannedDisk): string {
  const plain = serial.replaceAll(/[^A-Za-z0-9-]/g, '_');
  const apart = plain === serial ? '' : `-${hashOfBytes(Buffer.from(serial)).slice(0, 8)}`;
  return `${plain}-${namespace}${apart}`;
}

/** Throws a Problem where the system disk would be filled. */
function requireRoom(disks: number, parts: Iterable<Buffer>): void {
  let wantBytes = SPARE_BYTES;
  for (const part of parts) for (const _ of blocksOf(part)) wantBytes += ZERO_BLOCK.length;
  const { bavail, bsize } = statfsSync(`/proc/self/fd/${disks}`);
  if (bavail * bsize >= wantBytes) return;
  throw new Problem(EXIT.failed, [
    diagnostic('E_NO_ROOM', 'cannot save what is on a disk: too little room', {
      at: `${STATE_DIRECTORY}/${DISKS}`,
      detail: `want ${wantBytes} bytes, found ${bavail * bsize} available`,
      hint: 'nothing was written to the disk; free some space on the system disk, then run the same command again',
    }),
  ]);
}

/** Those that are not zeros, and where each begins. */
function* blocksOf(bytes: Buffer): Generator<readonly [at: number, block: Buffer]> {
  for (let at = 0; at < bytes.length; at += ZERO_BLOCK.length) {
    const block = bytes.subarray(at, at + ZERO_BLOCK.length);
    if (!block.equals(ZERO_BLOCK.subarray(0, block.length))) yield [at, block];
  }
}

function savedIn(states: number, disk: string): readonly SavedDisk[] {
  return namesIn(states)
    .filter((name) => name !== NEW)
    .flatMap((name) => {
      const saved = inside(states, name, manifestIn);
      return saved === null ? [] : [{ ...saved, path: `${STATE_DIRECTORY}/${DISKS}/${disk}/${name}` }];
    });
}

function manifestIn(directory: number): Omit<SavedDisk, 'path'> | null {
  try {
    const saved = JSON.parse(read(directory, MANIFEST)?.toString('utf8') ?? 'null');
    return typeof saved?.hash === 'string' && typeof saved.disk?.serial === 'string' ? saved : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** null: there is no such directory. */
function inside<T>(parent: number, name: string, act: (directory: number) => T): T | null {
  let fd: number;
  try {
    fd = openAt(parent, name, { flags: O_RDONLY | O_DIRECTORY, resolve: NO_LINKS });
  } catch (error) {
    if (error instanceof SystemError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

function makeUnlessThere(parent: number, name: string): void {
  try {
    makeDirectoryAt(parent, name, 0o700);
    fsyncSync(parent);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EEXIST') throw error;
  }
}

function removeState(states: number, name: string): void {
  const removed = inside(states, name, (directory) => {
    for (const file of namesIn(directory)) unlinkAt(directory, file);
    return true;
  });
  if (removed) removeDirectoryAt(states, name);
}

function namesIn(directory: number): readonly string[] {
  const names: string[] = [];
  readDirectory(directory, (name) => {
    names.push(name);
    return undefined;
  });
  return names;
}

/** Zeros take no room. */
function write(directory: number, name: string, bytes: Buffer): void {
  const fd = openAt(directory, name, { flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600, resolve: NO_LINKS });
  try {
    ftruncateSync(fd, bytes.length);
    for (const [at, block] of blocksOf(bytes)) {
      for (let written = 0; written < block.length; )
        written += writeSync(fd, block, written, block.length - written, at + written);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** null: there is none, or it is larger than anything that is saved. */
function read(directory: number, name: string): Buffer | null {
  let fd: number;
  try {
    fd = openAt(directory, name, { flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: NO_LINKS });
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile() || size > PART_BYTES) return null;
    const bytes = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const got = readSync(fd, bytes, at, size - at, at);
      if (got === 0) return null;
      at += got;
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}
