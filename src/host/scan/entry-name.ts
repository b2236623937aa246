// Owns names as the kernel lists them: bytes that end with NUL. Must not ask the kernel anything.
import { decodeName } from '../../values/file-name.ts';

const DOT = 46;

/** `.` or `..` */
export function isDots(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== DOT) return false;
  return bytes[at + 1] === 0 || (bytes[at + 1] === DOT && bytes[at + 2] === 0);
}

export function decodeNameAt(bytes: Buffer, at: number): string {
  return decodeName(bytes.subarray(at, bytes.indexOf(0, at)));
}
