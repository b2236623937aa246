// Owns the directories of backups below the store: opened through no link, listed, synced, and believed only where they are root's.
import { closeSync, fsyncSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import { modeText } from '../../values/mode.ts';
import { namesIn } from '../names-in.ts';
import {
  makeDirectoryAt,
  O_DIRECTORY,
  O_RDONLY,
  openAt,
  RESOLVE,
  SystemError,
  statusAt,
} from '../syscalls.ts';

export interface StoredFile {
  /** Below the backup: `base.tar.zst`, `1/base.tar`. */
  readonly name: string;
  readonly bytes: number;
}

const THROUGH_NOTHING = RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts;
export const PRIVATE = 0o700;

export function openDirectory(dirfd: number, name: string): number {
  return openAt(dirfd, name, { flags: O_RDONLY | O_DIRECTORY, resolve: THROUGH_NOTHING });
}

export function makeIfMissing(dirfd: number, name: string): void {
  try {
    makeDirectoryAt(dirfd, name, PRIVATE);
    fsyncSync(dirfd);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EEXIST')) throw error;
  }
}

export function directoriesIn(fd: number): readonly string[] {
  return namesIn(fd)
    .sort()
    .filter((name) => statusAt(fd, name).type === 'directory');
}

export function filesIn(fd: number, above = ''): readonly StoredFile[] {
  return namesIn(fd)
    .sort()
    .flatMap((name): readonly StoredFile[] => {
      const { type, bytes } = statusAt(fd, name);
      if (type !== 'directory') return [{ name: `${above}${name}`, bytes }];
      const below = openDirectory(fd, name);
      try {
        return filesIn(below, `${above}${name}/`);
      } finally {
        closeSync(below);
      }
    });
}

/** Each directory after what is in it. Files were synced when they were written. */
export function syncAll(fd: number): void {
  for (const name of directoriesIn(fd)) {
    const below = openDirectory(fd, name);
    try {
      syncAll(below);
    } finally {
      closeSync(below);
    }
  }
  fsyncSync(fd);
}

/** Closes it where it throws. */
export function requireRoots(fd: number, path: string): number {
  return required(fd, path, 0o022);
}

export function requirePrivate(fd: number, path: string): number {
  return required(fd, path, 0o077);
}

function required(fd: number, path: string, forbidden: number): number {
  const { uid, mode } = statusAt(fd, '');
  if (uid === 0 && (mode & forbidden) === 0) return fd;
  throw new Problem(EXIT.refused, [
    diagnostic('E_BACKUPS_OPEN', 'refusing to use a directory for backups that others than root can change', {
      at: path,
      detail: `want uid 0 and nothing of mode ${modeText(forbidden)}; found uid ${uid}, mode ${modeText(mode & 0o7777)}`,
      hint: 'look at what is in it; then give it back to root: sudo jts-hot repair',
    }),
  ]);
}
