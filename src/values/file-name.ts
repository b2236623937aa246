// Owns the way a file name's bytes become text and back without loss. Linux names are bytes; one that is not UTF-8 has
// each of its high bytes kept as a lone surrogate U+DC80…U+DCFF (as Python's surrogateescape does), so that it can
// stand in a plan or journal and still name the same file.

export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  return bytes
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

const ESCAPED = /[\udc80-\udcff]/u;

/** NUL-terminated, ready for a system call. */
export function encodeName(name: string): Buffer {
  if (!ESCAPED.test(name)) return Buffer.from(`${name}\0`);
  // As latin1 each becomes its lower byte.
  const pieces = name.split(/([\udc80-\udcff]+)/u);
  const bytes = pieces.map((piece) => Buffer.from(piece, ESCAPED.test(piece) ? 'latin1' : 'utf8'));
  return Buffer.concat([...bytes, Buffer.of(0)]);
}

/** For people and terminals: control characters and undecodable bytes shown, not sent. */
export function printableName(name: string): string {
  return (
    name
      .replace(/[\udc80-\udcff]/gu, (c) => `\\x${(c.charCodeAt(0) - 0xdc00).toString(16)}`)
      .replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
      // Invisible, or turning the text around: a name must look like what it is.
      .replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`)
  );
}
