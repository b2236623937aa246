// Owns telling a file that we wrote from one that somebody wrote or edited, by a checksum in it: no list of our files
// has to be kept, and a version of an older program is known, too. No guard against root, who can write both.
import { createHash } from 'node:crypto';

/** How a line of comment begins and ends. */
export interface Comment {
  readonly open: string;
  readonly close: string;
}

const HASH: Comment = { open: '# ', close: '' };
/** In an XML file. */
export const XML_COMMENT: Comment = { open: '<!-- ', close: ' -->' };

const LABEL = 'checksum of the lines below: ';
const EDITED = 'Once edited it is yours, and written anew only with: --replace';
/** No two signs of minus may stand in a comment of XML. */
const EDITED_XML = 'Once edited it is yours, and written anew only where replacing it is agreed to';

/** `writer`: the command that wrote it; `removal`: what takes it away. */
export interface Signature {
  readonly writer: string;
  readonly removal: string;
}

/** The text with a head of comments. */
export function sign(text: string, { writer, removal }: Signature, { open, close }: Comment = HASH): string {
  const edited = close === '' ? EDITED : EDITED_XML;
  const head = [writtenBy(writer, removal), edited, LABEL + checksum(text)];
  return `${head.map((line) => `${open}${line}${close}`).join('\n')}\n${text}`;
}

function writtenBy(writer: string, removal: string): string {
  return `Written by ${writer}, and taken away by: ${removal}`;
}

export function isOurs(text: string, { open, close }: Comment = HASH): boolean {
  const label = open + LABEL;
  const at = text.indexOf(label);
  if (at === -1) return false;
  const end = text.indexOf('\n', at);
  if (end === -1) return false;
  const head = text.slice(0, at).split('\n').slice(0, -1);
  return (
    head.every((line) => line.startsWith(open.trimEnd())) &&
    text.slice(at + label.length, end) === checksum(text.slice(end + 1)) + close
  );
}

/** The first half of SHA-256: it finds edits, and keeps the line short. */
function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Written by us once; perhaps edited since. */
export function bearsOurName(text: string, { writer, removal }: Signature): boolean {
  return text.includes(writtenBy(writer, removal));
}
