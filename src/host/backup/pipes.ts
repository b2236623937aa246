// Owns how bytes go into a file of a backup and out of it: a rate that holds whatever the disk's scheduler is, a limit that is not
// passed, compression, and the sum of what was written. Must not know whose bytes they are.
import { createHash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdCompress, createZstdDecompress, constants as zlib } from 'node:zlib';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { errnoOf, errnoText } from '../../values/errno.ts';
import { formatBytes } from '../../values/size.ts';

export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** What all pipes of one piece of work share. */
export interface Flow {
  readonly signal: AbortSignal;
  /** Waits until so many more may be read. */
  readonly pass: (bytes: number) => Promise<void>;
  /** Counts what is written; throws a Problem where there is no room for it. */
  readonly spend: (bytes: number) => void;
}

export interface FlowLimits {
  readonly bytesPerSecond: number;
  /** So much may be written in all. */
  readonly roomBytes: number;
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
}

/** At once no more than a quarter of a second's. */
const BURST_SECONDS = 0.25;

export function createFlow({ bytesPerSecond, roomBytes, signal, onRead }: FlowLimits): Flow {
  let dueMs = performance.now();
  let spent = 0;
  return {
    signal,
    async pass(bytes) {
      onRead(bytes);
      const nowMs = performance.now();
      dueMs = Math.max(dueMs, nowMs - BURST_SECONDS * 1000) + (bytes / bytesPerSecond) * 1000;
      const waitMs = dueMs - nowMs;
      if (waitMs < 1) return;
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, waitMs);
        signal.addEventListener('abort', end, { once: true });
      });
    },
    spend(bytes) {
      spent += bytes;
      if (spent <= roomBytes) return;
      throw new Problem(EXIT.failed, [
        diagnostic('E_NO_ROOM', 'cannot finish in the room that there is', {
          detail: [`want at most ${formatBytes(roomBytes)}`, `found more: ${formatBytes(spent)} so far`],
          hint: 'make room (sudo jts-hot backup prune, sudo jts-hot usage), or give backup a larger planned size in the layout',
        }),
      ]);
    },
  };
}

/** Of all bytes on their way. */
export function paced({ pass }: Pick<Flow, 'pass'>): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      pass(chunk.length).then(() => done(null, chunk), done);
    },
  });
}

/** Level 3 is what zstd(1) does when it is told nothing. */
export function compression(): Transform {
  return createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: 3, [zlib.ZSTD_c_checksumFlag]: 1 } });
}

/** By the end of the name; null: it is not compressed, or by something that the reader knows itself. */
export function decompression(name: string): Transform | null {
  if (name.endsWith('.zst')) return createZstdDecompress();
  return name.endsWith('.gz') ? createGunzip() : null;
}

/** A new file, 0600, synced; where it throws there is none. `path`: in a directory that only root can change. */
export async function writeFileFrom(
  source: NodeJS.ReadableStream,
  path: string,
  { flow, through = [] }: { readonly flow: Flow; readonly through?: readonly Transform[] },
): Promise<Written> {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    const sum = counting((chunk) => flow.spend(chunk.length));
    await pipeline([source, ...through, sum.stream, into(fd)], { signal: flow.signal });
    fsyncSync(fd);
    return sum.written();
  } catch (error) {
    rmSync(path, { force: true });
    throw asWriteProblem(error, path);
  } finally {
    closeSync(fd);
  }
}

/** A stream of Node.js closes the descriptor when it fails, and goes on writing after that: another file may have it by then. */
function into(fd: number): Writable {
  return new Writable({
    highWaterMark: 1024 * 1024,
    write(chunk: Buffer, _, done) {
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
      } catch (error) {
        done(error as Error);
        return;
      }
      done();
    },
  });
}

/** Reads it to its end. */
export async function sumOf(
  source: NodeJS.ReadableStream,
  flow: Pick<Flow, 'pass' | 'signal'>,
): Promise<Written> {
  const sum = counting(() => {});
  const nowhere = new Writable({ write: (_, __, done) => done() });
  await pipeline([source, paced(flow), sum.stream, nowhere], { signal: flow.signal });
  return sum.written();
}

function counting(each: (chunk: Buffer) => void): {
  readonly stream: Transform;
  readonly written: () => Written;
} {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _, done: TransformCallback) {
      try {
        each(chunk);
      } catch (error) {
        done(error as Error);
        return;
      }
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, written: () => ({ bytes, sha256: hash.digest('hex') }) };
}

function asWriteProblem(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || errno === 'ABORT_ERR') return error;
  const isFull = errno === 'ENOSPC' || errno === 'EDQUOT';
  return new Problem(EXIT.failed, [
    diagnostic('E_BACKUP_WRITE', 'cannot write a file of a backup', {
      at: path.replace(/^.*\//, ''),
      detail: `found ${errnoText(errno)}`,
      hint: isFull
        ? 'free some space on that file system (sudo jts-hot usage), then run the same command again'
        : 'see what the disk says: sudo dmesg | tail',
    }),
  ]);
}
