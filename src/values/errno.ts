// Owns what an errno's name means in words: operators look for the words, programs for the name.
import { constants } from 'node:os';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';

/** Errors of storage that libuv has no words for. */
const MORE: Readonly<Record<string, string>> = { EDQUOT: 'disk quota exceeded', ESTALE: 'stale file handle' };

/** `EACCES` → `permission denied (EACCES)`; a word that is no errno, or one without words, stays as it is. */
export function errnoText(code: string): string {
  const errno = (constants.errno as Readonly<Record<string, number>>)[code];
  if (errno === undefined) return code;
  const words = MORE[code] ?? getSystemErrorMessage(-errno);
  return words === undefined || /unknown/i.test(words) ? code : `${words} (${code})`;
}

/**
 * The name of an error's errno; undefined: it has none. Some that libuv does not know Node.js calls UNKNOWN, such as EDQUOT of a
 * project on ext4.
 */
export function errnoOf(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  return code === 'UNKNOWN' && errno !== undefined ? errnoName(-errno) : code;
}

/** `errno`: positive, as the kernel has it. */
export function errnoName(errno: number): string {
  const name = getSystemErrorName(-errno);
  if (/^E\w+$/.test(name)) return name;
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? name;
}
