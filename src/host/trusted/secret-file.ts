// Owns reading a file that holds one secret. Messages about it quote nothing of its content.
import { errnoText } from '../../values/errno.ts';
import { SystemError } from '../syscalls.ts';
import { readWhole } from './file.ts';
import { findingText } from './finding.ts';
import { alongHostWay, type Owners } from './way.ts';

export type SecretText = { readonly secret: string } | { readonly complaint: string };

const MOST_BYTES = 4096;
const OTHERS_READ = 0o027;

/** Without blanks and line ends around it. */
export function readSecretFile(path: string, owners: Owners): SecretText {
  try {
    return alongHostWay(path, { owners, links: 'anywhere' }, (way): SecretText => {
      const { type, uid, mode } = way.status;
      if (type !== 'file') return { complaint: 'want a plain file, found something else' };
      // Who may write it may choose what is sent where; who may read it has the secret.
      if (!owners.includes(uid) || (mode & OTHERS_READ) !== 0)
        return {
          complaint: `want root's, mode 0600 or 0640; found uid ${uid}, mode ${mode.toString(8).padStart(4, '0')}`,
        };
      const [weakness] = way.weaknesses;
      if (weakness !== undefined) return { complaint: findingText(weakness) };
      const bytes = readWhole(way, MOST_BYTES);
      if (typeof bytes === 'number') return { complaint: `want at most ${MOST_BYTES} bytes, found ${bytes}` };
      return checkSecret(bytes.toString('utf8'));
    });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { complaint: `cannot open it: ${errnoText(error.code)}` };
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
