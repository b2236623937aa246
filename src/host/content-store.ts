// Owns the directory where the texts of files are kept that recorded runs name: root's alone, a file for each text of a
// run, whole under its name or not there. Beside the record, and gone with it.
import { closeSync, fstatSync, fsyncSync, readSync } from 'node:fs';
import type { ContentStore } from '../port/content-store.ts';
import { bytesOfText, type Content, contentOf, hashOfBytes, MAX_FILE_BYTES } from '../values/content.ts';
import { decodeName } from '../values/file-name.ts';
import { isThere, NO_LINKS, replaceFile } from './state-place.ts';
import { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, openAt, readDirectory, unlinkAt } from './syscalls.ts';

/** Runs with the directory open, and says so in its own words where the kernel does not let it. */
export type InDirectory = <T>(make: boolean, act: (directory: number) => T, without: T) => T;

/** `000007-<hash>`: of run 7. */
const NAME = /^(\d{6,15})-([0-9a-f]{64})$/;
/** What a killed run leaves of it is taken away by the next one. */
const NEW = 'new';

export function openContentStore(inDirectory: InDirectory): ContentStore {
  const held = new Map<string, string>();
  /** By hash, the names that runs before this process have kept it under: read once, since a directory of all runs is long. */
  let kept: ReadonlyMap<string, readonly string[]> | null = null;

  return {
    hold(text): Content {
      const content = contentOf(text);
      held.set(content.hash, text);
      return content;
    },

    keep(run, hashes) {
      const wanted = [...new Set(hashes)].filter((hash) => held.has(hash));
      if (wanted.length === 0) return;
      inDirectory(
        true,
        (directory) => {
          // Whole under its name, if it is there.
          const missing = wanted.filter((hash) => !isThere(directory, nameOf(run, hash)));
          for (const hash of missing)
            replaceFile(directory, nameOf(run, hash), {
              by: NEW,
              bytes: bytesOfText(held.get(hash) as string),
            });
          if (missing.length > 0) fsyncSync(directory);
        },
        undefined,
      );
    },

    text(hash) {
      return (
        held.get(hash) ??
        inDirectory(
          false,
          (directory) => {
            kept ??= Map.groupBy(namesIn(directory), (name) => NAME.exec(name)?.[2] ?? '');
            return readKept(directory, kept.get(hash) ?? [], hash);
          },
          null,
        )
      );
    },

    sweep(recorded) {
      const runs = new Set(recorded);
      inDirectory(
        false,
        (directory) => {
          for (const name of namesIn(directory)) {
            const run = NAME.exec(name)?.[1];
            if (run !== undefined && !runs.has(Number(run))) unlinkAt(directory, name);
          }
        },
        undefined,
      );
    },
  };
}

function nameOf(run: number, hash: string): string {
  return `${String(run).padStart(6, '0')}-${hash}`;
}

function namesIn(directory: number): readonly string[] {
  const names: string[] = [];
  readDirectory(directory, (name) => {
    names.push(name);
    return undefined;
  });
  return names;
}

/** Of the runs that kept it, the first whose copy is just that text. */
function readKept(directory: number, names: readonly string[], hash: string): string | null {
  for (const name of names) {
    if (!isThere(directory, name)) continue;
    const fd = openAt(directory, name, { flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: NO_LINKS });
    try {
      const bytes = fstatSync(fd).isFile() ? bytesOf(fd) : null;
      if (bytes !== null && hashOfBytes(bytes) === hash) return decodeName(bytes);
    } finally {
      closeSync(fd);
    }
  }
  return null;
}

/** All that is in a file; null: more than MAX_FILE_BYTES. It may grow while it is read. */
export function bytesOf(fd: number): Buffer | null {
  let bytes = Buffer.alloc(Math.min(fstatSync(fd).size, MAX_FILE_BYTES) + 1);
  let length = 0;
  for (;;) {
    const read = readSync(fd, bytes, length, bytes.length - length, length);
    if (read === 0) return bytes.subarray(0, length);
    length += read;
    if (length > MAX_FILE_BYTES) return null;
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(length * 2, MAX_FILE_BYTES) + 1);
  }
}
