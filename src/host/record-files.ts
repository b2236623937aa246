// Owns the files of recorded runs, in a directory that is open: their names, reading one, making one whole, adding
// lines to its end. The way to that directory is state-directory.ts.
import { closeSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { JournalFile, RecordBytes } from '../port/journal-store.ts';
import { errnoText } from '../values/errno.ts';
import { fileName, isThere, JOURNAL, NO_LINKS, STATE_DIRECTORY } from './state-place.ts';
import { cannotRecord } from './state-problem.ts';
import {
  O_APPEND,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  openAt,
  readDirectory,
  renameAt,
} from './syscalls.ts';

export function runsIn(directory: number): number[] {
  const runs: number[] = [];
  readDirectory(directory, (name) => {
    const run = /^(\d{6,15})\.jsonl$/.exec(name)?.[1];
    if (run !== undefined && fileName(Number(run)) === name) runs.push(Number(run));
    return undefined;
  });
  return runs.sort((a, b) => a - b);
}

export function openRecord(directory: number, run: number): RecordBytes {
  const fd = asReadProblem(run, () =>
    openAt(directory, fileName(run), { flags: O_RDONLY | O_NONBLOCK, resolve: NO_LINKS }),
  );
  return bytesOf(fd, run);
}

export function bytesOf(fd: number, run: number): RecordBytes {
  const { size } = fstatSync(fd);
  return {
    size,
    read: (into, at) =>
      asReadProblem(run, () => {
        let filled = 0;
        for (let more = -1; more !== 0 && filled < into.length; filled += more)
          more = readSync(fd, into, filled, into.length - filled, at + filled);
        return filled;
      }),
    close: () => closeSync(fd),
  };
}

/** Under another name first: a record is whole from its first line on, or not there. */
export function createRecord(
  { directory, run, root }: { readonly directory: number; readonly run: number; readonly root: string },
  lines: readonly string[],
): JournalFile {
  if (isThere(directory, fileName(run))) throw cannotRecord('EEXIST', run, root);
  const fd = openAt(directory, NEW_RECORD, {
    flags: O_RDWR | O_CREAT | O_TRUNC | O_APPEND,
    mode: 0o600,
    resolve: NO_LINKS,
  });
  const file = journalFile(fd, run, root);
  try {
    file.append(lines);
    renameAt(directory, NEW_RECORD, fileName(run), 'replace');
    fsyncSync(directory);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The next run overwrites what a killed run left. */
const NEW_RECORD = 'new';

export function noRecord(run: number): never {
  throw cannotRead('ENOENT', run);
}

/** Of one record: it says nothing of the others. */
function asReadProblem<T>(run: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Problem || code === undefined) throw error;
    throw cannotRead(code, run);
  }
}

function cannotRead(code: string, run: number): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_JOURNAL', 'cannot read the record of a run', {
      at: `${STATE_DIRECTORY}/${JOURNAL}/${fileName(run)}`,
      detail: `its record cannot be read: ${errnoText(code)}`,
      hint: 'see what the disk says: sudo dmesg | tail',
    }),
  ]);
}

export function journalFile(fd: number, run: number, root: string): JournalFile {
  return {
    append(lines) {
      const before = fstatSync(fd).size;
      try {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
        fdatasyncSync(fd);
      } catch (error) {
        cutBack(fd, before);
        throw cannotRecord((error as NodeJS.ErrnoException).code ?? String(error), run, root);
      }
    },
    close: () => closeSync(fd),
  };
}

/** Half a line must not stay: the next one would be written behind it. */
function cutBack(fd: number, size: number): void {
  try {
    ftruncateSync(fd, size);
  } catch {
    // The disk takes no more; a torn last line is dropped when the record is read.
  }
}
