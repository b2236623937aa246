// Owns making an image of a whole disk: every byte that is no zero, read twice and compared with what was written. The file has its
// name only when it is whole and on its disk. Must not overwrite a file, nor read a disk that anybody uses.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, read, statfsSync, write, writeFileSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { shellWord } from '../../messages/typed-command.ts';
import { type DiskImage, type ImageRequest, imageManifest } from '../../port/disk-image.ts';
import { describeDisk } from '../../port/storage.ts';
import { errnoOf, errnoText } from '../../values/errno.ts';
import {
  dropCached,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
  openAt,
  RESOLVE,
  renameAt,
  SystemError,
  statusAt,
  unlinkAt,
} from '../syscalls.ts';
import { thisCaller } from '../trusted/caller.ts';
import { alongHostWay } from '../trusted/way.ts';
import { describeEnds, dropBuffers, readEnds } from './disk-ends.ts';
import { openAlone } from './right-device.ts';

const CHUNK_BYTES = 4 * 1024 ** 2;
/** Of zeros, so much becomes a hole. */
const HOLE_BYTES = 64 * 1024;
/** The rest of the file system's room is others'. */
const SPARE_BYTES = 256 * 1024 ** 2;
const PLAINLY = RESOLVE.noLinks | RESOLVE.beneath;
const ZEROS = Buffer.alloc(HOLE_BYTES);

class Stopped extends Error {}

/** null: it was stopped, and nothing is left of it. Throws a Problem. */
export async function imageDisk(request: ImageRequest): Promise<DiskImage | null> {
  const { disk, file } = request;
  const alone = openAlone(disk, 'read');
  try {
    const place = openPlace(file);
    try {
      const image = await fill(request, { from: alone.fd, into: place.fd });
      const { hash: ends } = describeEnds(readEnds(alone.fd, disk.sizeBytes));
      const made = { ...image, file, ends };
      place.keep(`${JSON.stringify({ disk, ...made }, null, 2)}\n`);
      return made;
    } finally {
      place.close();
    }
  } catch (error) {
    if (error instanceof Stopped) return null;
    const errno = errnoOf(error);
    if (error instanceof Problem || errno === undefined) throw error;
    throw new Problem(EXIT.failed, [
      diagnostic('E_IO', 'cannot make an image of a disk', {
        at: describeDisk(disk),
        detail: [`want all of it in ${file}`, `found ${errnoText(errno)}`],
        hint: 'nothing was written to the disk, and nothing is left of the image; look at dmesg',
      }),
    ]);
  } finally {
    alone.close();
  }
}

async function fill(
  { disk, signal }: ImageRequest,
  { from, into }: { readonly from: number; readonly into: number },
): Promise<Pick<DiskImage, 'hash' | 'bytes' | 'writtenBytes'>> {
  const total = disk.sizeBytes;
  ftruncateSync(into, total);
  const room = roomOf(into);
  const sum = createHash('sha256');
  let writtenBytes = 0;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let at = 0; at < total; at += CHUNK_BYTES) {
    if (signal.aborted) throw new Stopped();
    const bytes = await readWhole(from, chunk.subarray(0, Math.min(CHUNK_BYTES, total - at)), at);
    sum.update(bytes);
    for (const [offset, part] of partsOf(bytes)) {
      writtenBytes += part.length;
      if (writtenBytes > room) throw noRoom(disk.sizeBytes, room);
      await writeWhole(into, part, at + offset);
    }
  }
  const hash = sum.digest('hex');
  fsyncSync(into);
  dropCached(into);
  dropBuffers(from);
  await compare({ disk, signal }, { from, into, hash });
  return { hash, bytes: total, writtenBytes };
}

/** Both are read anew, from their disks. */
async function compare(
  { disk, signal }: Pick<ImageRequest, 'disk' | 'signal'>,
  { from, into, hash }: { readonly from: number; readonly into: number; readonly hash: string },
): Promise<void> {
  const total = disk.sizeBytes;
  const sum = createHash('sha256');
  const [one, other] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
  for (let at = 0; at < total; at += CHUNK_BYTES) {
    if (signal.aborted) throw new Stopped();
    const length = Math.min(CHUNK_BYTES, total - at);
    const onDisk = await readWhole(from, one.subarray(0, length), at);
    const inFile = await readWhole(into, other.subarray(0, length), at);
    if (!onDisk.equals(inFile)) throw notTheSame(at);
    sum.update(inFile);
  }
  if (sum.digest('hex') !== hash) throw notTheSame(null);
}

function* partsOf(bytes: Buffer): Generator<readonly [offset: number, part: Buffer]> {
  for (let offset = 0; offset < bytes.length; offset += HOLE_BYTES) {
    const part = bytes.subarray(offset, offset + HOLE_BYTES);
    if (!part.equals(ZEROS.subarray(0, part.length))) yield [offset, part];
  }
}

function roomOf(fd: number): number {
  const { bavail, bsize } = statfsSync(`/proc/self/fd/${fd}`);
  return bavail * bsize - SPARE_BYTES;
}

interface Place {
  readonly fd: number;
  /** Gives it its name, with this text beside it. */
  keep(manifest: string): void;
  /** What was not kept goes. */
  close(): void;
}

function openPlace(file: string): Place {
  const cut = file.lastIndexOf('/');
  const [directoryPath, name] = [file.slice(0, cut) || '/', file.slice(cut + 1)];
  if (!file.startsWith('/') || name === '' || name === '.' || name === '..')
    throw cannotPut(file, 'want an absolute path of a new file');
  const unfinished = `${name}.unfinished`;
  let directory = -1;
  try {
    directory = alongHostWay(directoryPath, { owners: thisCaller().owners, links: 'trusted' }, ({ fd }) =>
      openAt(fd, '.', { flags: O_RDONLY | O_DIRECTORY, resolve: PLAINLY }),
    );
    for (const one of [name, imageManifest(name)]) if (isIn(directory, one)) throw taken(file);
    // What a run left that was killed.
    if (isIn(directory, unfinished)) unlinkAt(directory, unfinished);
    const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    const fd = openAt(directory, unfinished, { flags, mode: 0o600, resolve: PLAINLY });
    let isKept = false;
    return {
      fd,
      keep(manifest) {
        fsyncSync(fd);
        putManifest(directory, imageManifest(name), manifest);
        renameAt(directory, unfinished, name, 'noReplace');
        isKept = true;
        fsyncSync(directory);
      },
      close() {
        if (!isKept) unlinkAt(directory, unfinished);
        closeSync(fd);
        closeSync(directory);
      },
    };
  } catch (error) {
    if (directory !== -1) closeSync(directory);
    if (error instanceof SystemError) throw cannotPut(file, `found ${errnoText(error.code)}`);
    throw error;
  }
}

/** It comes before the image has its name, so that an image that is there has one. */
function putManifest(directory: number, name: string, text: string): void {
  const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
  const fd = openAt(directory, name, { flags, mode: 0o600, resolve: PLAINLY });
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function isIn(directory: number, name: string): boolean {
  try {
    statusAt(directory, name);
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return false;
    throw error;
  }
}

function readWhole(fd: number, into: Buffer, from: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const more = (at: number): void => {
      read(fd, into, at, into.length - at, from + at, (error, got) => {
        if (error !== null) reject(error);
        else if (got === 0) reject(Object.assign(new Error('it ends too early'), { code: 'EIO' }));
        else if (at + got < into.length) more(at + got);
        else resolve(into);
      });
    };
    more(0);
  });
}

function writeWhole(fd: number, bytes: Buffer, to: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const more = (at: number): void => {
      write(fd, bytes, at, bytes.length - at, to + at, (error, put) => {
        if (error !== null) reject(error);
        else if (at + put < bytes.length) more(at + put);
        else resolve();
      });
    };
    more(0);
  });
}

function taken(file: string): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_EXISTS', 'refusing to overwrite a file with an image of a disk', {
      at: file,
      detail: 'want nothing there, found something',
      hint: `name another file, or look at it and take it away: ls -l ${shellWord(file)}`,
    }),
  ]);
}

function cannotPut(file: string, found: string): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_UNWRITABLE', 'cannot put an image of a disk there', {
      at: file,
      detail: found,
      hint: 'name a new file in a directory of root’s: --backup /mnt/backup/disk.img',
    }),
  ]);
}

function noRoom(sizeBytes: number, roomBytes: number): Problem {
  return new Problem(EXIT.refused, [
    diagnostic('E_NO_ROOM', 'cannot make an image of a disk: too little room', {
      detail: [
        `want room for all of the disk that is no zero, at most ${sizeBytes} bytes`,
        `found ${roomBytes} bytes, without the ${SPARE_BYTES} that stay free`,
      ],
      hint: 'nothing is left of it; name a file on a larger file system',
    }),
  ]);
}

function notTheSame(at: number | null): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NOT_THE_SAME', 'cannot verify the image of a disk', {
      detail: [
        'want the same bytes on the disk and in the image, both read anew',
        at === null
          ? 'found other bytes than were read first'
          : `found a difference in the ${CHUNK_BYTES} bytes from ${at} on`,
      ],
      hint: 'one of the two disks does not keep what it takes: look at dmesg and smartctl; nothing is left of the image',
    }),
  ]);
}
