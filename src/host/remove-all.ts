// Owns deleting a thing with all that is in it, also where users could write into it: each directory is made root's before it is
// looked into, so that nothing is added, and however deep it is. By descriptors, through no link and no mount point. Must not
// decide what goes.
import { closeSync, fchmodSync } from 'node:fs';
import { namesIn } from './names-in.ts';
import {
  changeOwnerOf,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openAt,
  RESOLVE,
  removeDirectoryAt,
  renameAt,
  SystemError,
  statusAt,
  unlinkAt,
} from './syscalls.ts';

const DIRECTORY = {
  flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
  resolve: RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts,
};
const NAMES_AT_ONCE = 10_000;
const EBUSY = 16;
/** Deeper ones are first brought up: each level takes a descriptor and some of the stack. */
const LEVELS = 100;

/** Throws SystemError where something of it cannot go, such as what is mounted there; some of it may be gone by then. */
export function removeAll(dirfd: number, name: string): void {
  for (const _ of removals(dirfd, name));
}

/** The same, a thing at a time: who stops asking leaves the rest. */
export function* removals(dirfd: number, name: string): Generator<void> {
  const { device } = statusAt(dirfd, '');
  let top = -1;
  let brought = 0;
  function* remove(parent: number, own: string, level: number): Generator<void> {
    const status = statusAt(parent, own);
    if (status.type !== 'directory') {
      unlinkAt(parent, own);
      yield;
      return;
    }
    if (status.isMountPoint || status.device !== device) throw new SystemError('unlinkat', EBUSY);
    if (level > LEVELS) {
      brought += 1;
      renameAt(parent, own, `.deep-${brought}`, 'noReplace', top);
      return;
    }
    const fd = openAt(parent, own, DIRECTORY);
    try {
      changeOwnerOf(fd, 0, 0);
      fchmodSync(fd, 0o700);
      if (level === 0) top = fd;
      for (let names = namesIn(fd, NAMES_AT_ONCE); names.length > 0; names = namesIn(fd, NAMES_AT_ONCE))
        for (const one of names) yield* remove(fd, one, level + 1);
    } finally {
      closeSync(fd);
    }
    removeDirectoryAt(parent, own);
    yield;
  }
  yield* remove(dirfd, name, 0);
}

/** false: it could not go whole. */
export function isRemoved(dirfd: number, name: string): boolean {
  try {
    removeAll(dirfd, name);
    return true;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}
