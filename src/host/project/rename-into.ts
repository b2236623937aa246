// Owns moving something into a directory that hands a project of its own on: the kernel takes nothing of another project there (EXDEV),
// so it gets that one first, with all that is in it. Nothing is replaced.
import { closeSync } from 'node:fs';
import {
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  openAt,
  RESOLVE,
  renameAt,
  SystemError,
  statusAt,
} from '../syscalls.ts';
import { projectOf, renumber } from './calls.ts';
import { renumberTree } from './renumber-tree.ts';

export interface Named {
  readonly dirfd: number;
  readonly name: string;
}

/** `from`: a directory, or a plain file where only root can change what it is in. Throws SystemError. */
export function renameInto(from: Named, to: Named): void {
  try {
    renameAt(from.dirfd, from.name, to.name, 'noReplace', to.dirfd);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EXDEV')) throw error;
    if (!takeProjectOf(to.dirfd, from)) throw error;
    renameAt(from.dirfd, from.name, to.name, 'noReplace', to.dirfd);
  }
}

/** false: that was not what kept it away. */
function takeProjectOf(dirfd: number, from: Named): boolean {
  const { type, device } = statusAt(from.dirfd, from.name);
  const target = projectOf(dirfd);
  if (statusAt(dirfd, '').device !== device || target === null || !target.inherits) return false;
  if (type !== 'directory' && type !== 'file') return false;
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  const fd = openAt(from.dirfd, from.name, {
    flags,
    resolve: RESOLVE.noLinks | RESOLVE.beneath | RESOLVE.noMounts,
  });
  try {
    const own = projectOf(fd);
    if (own === null || own.project === target.project) return false;
    if (statusAt(fd, '').type === 'file') return renumber(fd, { project: target.project, inherits: false });
    const work = renumberTree(fd, { from: own, to: target });
    for (let next = work.next(); ; next = work.next()) if (next.done) return next.value.leftCount === 0;
  } finally {
    closeSync(fd);
  }
}
