// Owns what an errno's name means in words: operators look for the words, programs for the name.
import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';

/** `EACCES` → `permission denied (EACCES)`; a word that is no errno stays as it is. */
export function errnoText(code: string): string {
  const errno = (constants.errno as Readonly<Record<string, number>>)[code];
  return errno === undefined ? code : `${getSystemErrorMessage(-errno)} (${code})`;
}
