// Owns what is said when /var/lib/jts-hot cannot be read or written: from the kernel's answer, the next command to type.
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { errnoOf, errnoText } from '../values/errno.ts';
import { fileName, JOURNAL, STATE_DIRECTORY, STATE_NAMES } from './state-place.ts';

/** A path as it is typed here, outside of the root that it is in. */
export function typed(root: string, path: string): string {
  return shellWord(root === '/' ? path : root + path);
}

/** What the kernel answers here is about the record, whatever the call was. */
export function asRecordProblem<T>(root: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = errnoOf(error);
    if (error instanceof Problem || code === undefined) throw error;
    throw cannotUse(code, { root, at: STATE_DIRECTORY });
  }
}

export function cannotRecord(code: string, run: number, root: string): Problem {
  return cannotUse(code, { root, at: `${STATE_DIRECTORY}/${JOURNAL}/${fileName(run)}` });
}

function cannotUse(code: string, { root, at }: { readonly root: string; readonly at: string }): Problem {
  const way = STATE_NAMES.map((_, i) => typed(root, `/${STATE_NAMES.slice(0, i + 1).join('/')}`));
  return new Problem(EXIT.failed, [
    diagnostic('E_JOURNAL_WRITE', 'cannot use the record of runs, so nothing was done without it', {
      at,
      detail: `found ${errnoText(code)}`,
      hint:
        RECORD_HINTS[code]?.(way) ??
        'see what the disk says (sudo dmesg | tail), then run the same command again',
    }),
  ]);
}

const freeSpace = (way: readonly string[]) =>
  `free some space there (df -h ${way.at(-1)}), then run the same command again`;

/** `way`: the directory of the record and those above it, as they are typed. */
const RECORD_HINTS: { readonly [errno: string]: (way: readonly string[]) => string } = {
  ENOSPC: freeSpace,
  EDQUOT: freeSpace,
  EROFS: () => 'the system disk is read-only: see why (sudo dmesg | tail), then remount it',
  ELOOP: (way) => `a link is where a directory of root should be: look at it (ls -ld ${way.join(' ')})`,
  ENOTDIR: (way) => `something is where a directory of root should be: look at it (ls -ld ${way.at(-1)})`,
};
