// Owns reading a file that holds one secret. What is wrong with it is said without a word of what is in it.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoText } from '../errno.ts';

export type SecretText = { readonly secret: string } | { readonly complaint: string };

const MOST_BYTES = 4096;

/** Without blanks and line ends around it. */
export function readSecretFile(path: string): SecretText {
  let fd: number;
  try {
    // Not blocking: a named pipe nobody writes to would hold us for ever.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { complaint: `cannot open it: ${errnoText((error as NodeJS.ErrnoException).code ?? '')}` };
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) return { complaint: 'want a plain file, found something else' };
    // Who may write it may choose what is sent where; who may read it has the secret.
    if (status.uid !== 0 || (status.mode & 0o027) !== 0)
      return {
        complaint: `want root's, mode 0600 or 0640; found uid ${status.uid}, mode ${(status.mode & 0o7777).toString(8).padStart(4, '0')}`,
      };
    if (status.size > MOST_BYTES)
      return { complaint: `want at most ${MOST_BYTES} bytes, found ${status.size}` };
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    return checkSecret(bytes.toString('utf8', 0, readSync(fd, bytes)));
  } catch (error) {
    return { complaint: `cannot read it: ${errnoText((error as NodeJS.ErrnoException).code ?? '')}` };
  } finally {
    closeSync(fd);
  }
}

export function checkSecret(text: string): SecretText {
  const secret = text.trim();
  if (secret === '') return { complaint: 'want a secret in it, found nothing' };
  if (secret.length > MOST_BYTES) return { complaint: `want at most ${MOST_BYTES} characters` };
  // Sent in a header or an address, it could begin another line there.
  if (/[^\x21-\x7e]/.test(secret)) return { complaint: 'want one word of ASCII, found something else' };
  return { secret };
}
