// Owns what a person is told of an errno: of an operation that failed, and of a look that did. Must not act.
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { describeOperation, entryOf, type Operation } from '../port/operation.ts';
import { errnoOf, errnoText } from '../values/errno.ts';
import { SwappedError } from './tree.ts';

const CODES: { readonly [errno: string]: string } = {
  ENOENT: 'E_NOT_THERE',
  EEXIST: 'E_EXISTS',
  ENOTEMPTY: 'E_NOT_EMPTY',
  ELOOP: 'E_UNREACHABLE',
  ENOTDIR: 'E_UNREACHABLE',
  EXDEV: 'E_UNREACHABLE',
  // rmdir(2): a mount point, or the root directory of a process.
  EBUSY: 'E_UNREACHABLE',
  EPERM: 'E_FORBIDDEN',
};

/** What to do about it. */
export const HINTS: { readonly [errno: string]: string } = {
  ENOSPC: 'free some space on that file system, then run the same command again',
  EDQUOT: 'raise the quota or free some space, then run the same command again',
  EROFS:
    'the file system is read-only: see why (sudo dmesg | tail), remount it, then run the same command again',
  EIO: 'the disk reports errors: look at dmesg and smartctl before going on',
  EPERM: 'something forbids it even to root (lsattr, a container, SELinux): see dmesg',
};

/** Of an operation that failed. */
export function asProblem(error: unknown, operation: Operation): unknown {
  if (error instanceof SwappedError)
    return new Problem(EXIT.failed, [
      diagnostic('E_CHANGED', 'refusing to change something that is no longer what was planned for', {
        at: error.path,
        detail:
          'want the directory just created, found another one in its place: a user of the parent swapped it',
        hint: 'find out what that user runs, then run the same command again',
      }),
    ]);
  const errno = errnoOf(error);
  if (error instanceof Problem || errno === undefined) return error;
  return new Problem(EXIT.failed, [
    diagnostic(CODES[errno] ?? 'E_IO', entryOf(operation).failure, {
      detail: [`want: ${describeOperation(operation)}`, `found: ${errnoText(errno)}`],
      hint: HINTS[errno] ?? 'run the same command again: it looks at the host anew',
    }),
  ]);
}

/** What the kernel answers to a look is foreseen: a run that stops on it gets its end. */
export function asLookProblem<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const errno = errnoOf(error);
    if (error instanceof Problem || errno === undefined) throw error;
    throw new Problem(EXIT.failed, [
      diagnostic('E_LOOK', 'cannot look at the host', {
        at: path,
        detail: `found ${errnoText(errno)}`,
        hint: HINTS[errno] ?? 'somebody may be changing it: run the same command again',
      }),
    ]);
  }
}
