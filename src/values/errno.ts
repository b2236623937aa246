// Owns what an errno's name means in words: operators look for the words, programs for the name.
import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';

/** Errors of storage that libuv has no words for. */
const MORE: Readonly<Record<string, string>> = { EDQUOT: 'disk quota exceeded', ESTALE: 'stale file handle' };

/** `EACCES` → `permission denied (EACCES)`; a word that is no errno, or one without words, stays as it is. */
export function errnoText(code: string): string {
  const errno = (constants.errno as Readonly<Record<string, number>>)[code];
  if (errno === undefined) return code;
  const words = MORE[code] ?? getSystemErrorMessage(-errno);
  return words === undefined || /unknown/i.test(words) ? code : `${words} (${code})`;
}
