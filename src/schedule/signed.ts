// Owns telling a file that we wrote from one that somebody wrote or edited, by a checksum in it: no list of our files
// has to be kept, and a version of an older program is known, too. No guard against root, who can write both.
import { createHash } from 'node:crypto';

const HEAD = [
  '# Written by jts-hot schedule, and taken away by: jts-hot schedule --remove',
  '# Once edited it is yours, and written anew only with: --replace',
] as const;
const LABEL = '# checksum of the lines below: ';

/** The text with a head of comments: `#` begins one in cron tables, units and logrotate's files alike. */
export function sign(text: string): string {
  return `${[...HEAD, LABEL + checksum(text)].join('\n')}\n${text}`;
}

export function isOurs(text: string): boolean {
  const at = text.indexOf(LABEL);
  if (at === -1) return false;
  const end = text.indexOf('\n', at);
  if (end === -1) return false;
  const head = text.slice(0, at).split('\n').slice(0, -1);
  return (
    head.every((line) => line.startsWith('#')) &&
    text.slice(at + LABEL.length, end) === checksum(text.slice(end + 1))
  );
}

/** The first half of SHA-256: it finds edits, and keeps the line short. */
function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Written by us once; perhaps edited since. */
export function bearsOurName(text: string): boolean {
  return text.includes(HEAD[0]);
}
