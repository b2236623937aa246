// Owns a file that never has a name (open(2), O_TMPFILE), and running a program on it. The program dies with this process:
// nothing of either stays, also after `kill -9`.
import { closeSync, constants, ftruncateSync, openSync } from 'node:fs';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { SCRATCH_FD, type Scratch, type ScratchEnd } from '../port/scratch.ts';
import { errnoOf, errnoText } from '../values/errno.ts';
import { type ProgramEnd, startProgram } from './program.ts';
import { O_RDWR, O_TMPFILE, openAt, RESOLVE } from './syscalls.ts';
import type { Tree } from './tree.ts';

/** Its length is `bytes`, and nothing is on the disk yet. Throws a Problem. */
export function openScratch(tree: Pick<Tree, 'within'>, directory: string, bytes: number): Scratch {
  let fd: number;
  try {
    fd = tree.within(directory, constants.O_RDONLY, (at) =>
      openAt(at, '.', { flags: O_TMPFILE | O_RDWR, mode: 0o600, resolve: RESOLVE.beneath }),
    );
    ftruncateSync(fd, bytes);
  } catch (error) {
    throw asScratchProblem(directory, error);
  }
  let isOpen = true;
  return {
    takesDirect: takesDirect(fd),
    async run(argv, { timeoutMs, signal }) {
      const end = await startProgram({
        // A program that is started by our main thread dies with it.
        argv: ['setpriv', '--pdeathsig', 'KILL', '--', ...argv],
        input: '',
        environment: {},
        timeoutMs,
        signal,
        keepsOutput: true,
        descriptor: { is: fd, as: SCRATCH_FD },
      });
      return endOf(end, timeoutMs);
    },
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** Who opens our own descriptor anew gets the same file. */
function takesDirect(fd: number): boolean {
  try {
    closeSync(openSync(`/proc/self/fd/${fd}`, constants.O_RDWR | constants.O_DIRECT));
    return true;
  } catch {
    return false;
  }
}

function endOf(end: ProgramEnd, timeoutMs: number): ScratchEnd {
  switch (end.ended) {
    case 'exit':
      return { ...end, stdout: end.stdout ?? '' };
    case 'stopped':
      return { ended: 'stopped' };
    case 'signal':
      return { ended: 'otherwise', how: `killed by ${end.signal}`, stderr: end.stderr };
    case 'timeout':
      return { ended: 'otherwise', how: `no end within ${timeoutMs / 1000} s`, stderr: end.stderr };
    case 'not started':
      return { ended: 'otherwise', how: errnoText(end.error), stderr: '' };
    default:
      return end satisfies never;
  }
}

function asScratchProblem(directory: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const { fix = null, hint = null } = ADVICE[errno] ?? {};
  return new Problem(EXIT.failed, [
    diagnostic('E_SCRATCH', 'cannot make a file without a name', {
      at: directory,
      detail: `found ${errnoText(errno)}`,
      fix,
      hint: fix === null ? (hint ?? 'see what is there: sudo jts-hot validate') : null,
    }),
  ]);
}

const ADVICE: { readonly [errno: string]: { readonly fix?: string; readonly hint?: string } } = {
  ENOENT: { fix: 'sudo jts-hot setup' },
  ENOSPC: { hint: 'free some space on that file system, then run the same command again' },
  EDQUOT: { hint: 'raise the quota or free some space, then run the same command again' },
  EROFS: { hint: 'the file system is read-only: see why (sudo dmesg | tail), and remount it' },
  EOPNOTSUPP: { hint: 'want a file system that has such files: ext4, XFS, btrfs or tmpfs' },
};
