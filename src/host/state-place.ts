// Owns where our own state stands: the names below /var/lib/jts-hot, and how they are opened and taken away.
import { closeSync, fsyncSync, renameSync, writeFileSync } from 'node:fs';
import { O_CREAT, O_EXCL, O_RDWR, openAt, RESOLVE, SystemError, statusAt, unlinkAt } from './syscalls.ts';

export const STATE_DIRECTORY = '/var/lib/jts-hot';

/** What starts this program, in one line: scripts/jts-storage-monitor.sh reads it. */
export const LAUNCHER_FILE = `${STATE_DIRECTORY}/launcher`;

/** Everybody may pass through, to the files that all may read; only root sees the list of files. */
export const STATE_MODE = 0o711;

export const JOURNAL = 'journal';

export const NO_LINKS = RESOLVE.noLinks | RESOLVE.beneath;

export const STATE_NAMES = STATE_DIRECTORY.slice(1).split('/');

export function fileName(run: number): string {
  return `${String(run).padStart(6, '0')}.jsonl`;
}

export function isThere(directory: number, name: string): boolean {
  try {
    statusAt(directory, name);
    return true;
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
    return false;
  }
}

/** A killed run may have left it, or not. */
export function unlinkIfThere(directory: number, name: string): void {
  try {
    unlinkAt(directory, name);
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'ENOENT') throw error;
  }
}

/** A file of root's alone, whole under its name or as it was; `by`: the name that it is written under. The caller syncs the directory. */
export function replaceFile(
  directory: number,
  name: string,
  { by, bytes }: { by: string; bytes: Uint8Array },
): void {
  unlinkIfThere(directory, by);
  const fd = openAt(directory, by, { flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600, resolve: NO_LINKS });
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } catch (error) {
    unlinkIfThere(directory, by);
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(`/proc/self/fd/${directory}/${by}`, `/proc/self/fd/${directory}/${name}`);
}
