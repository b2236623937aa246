// Owns what the text of a file is called, so that plans and records name it without holding it. Reads and writes nothing.
import { createHash } from 'node:crypto';
import { encodeName } from './file-name.ts';

/** Larger files are not written, replaced or kept for an undo. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;

export interface Content {
  /** SHA-256 of its bytes, as 64 hexadecimal digits. */
  readonly hash: string;
  readonly bytes: number;
  readonly lines: number;
}

/** Bytes that are no UTF-8 are kept in a text as in a file name. */
export function bytesOfText(text: string): Buffer {
  return encodeName(text).subarray(0, -1);
}

export function hashOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function contentOf(text: string): Content {
  const bytes = bytesOfText(text);
  const lines = text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0);
  return { hash: hashOfBytes(bytes), bytes: bytes.length, lines };
}
