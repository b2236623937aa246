// Owns what all languages share about text: its lines, changes at places in it, and which values are text at all.
// Knows no language.
import { decodeName, encodeName } from '../values/file-name.ts';
import { FormatError, type Value } from './format.ts';

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly start: number;
  /** Before the line feed. */
  readonly end: number;
}

export function* linesOf(text: string): Generator<Line> {
  let start = 0;
  for (let number = 1; start < text.length; number += 1) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    yield { number, start, end };
    start = end + 1;
  }
}

/** The end of the first line; `\n` where there is none. */
export function lineEndOf(text: string): '\n' | '\r\n' {
  const feed = text.indexOf('\n');
  return feed > 0 && text[feed - 1] === '\r' ? '\r\n' : '\n';
}

/** What stands from `start` to before `end` becomes `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** They do not overlap; at one place they come in the order given. */
export function splice(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text: instead } of splices.toSorted((a, b) => a.start - b.start)) {
    if (start < done) throw new Error('cannot change one place twice');
    parts.push(text.slice(done, start), instead);
    done = end;
  }
  return [...parts, text.slice(done)].join('');
}

/** Lines at the end, which keeps or lacks its newline as before. */
export function append(text: string, lines: readonly string[], end = lineEndOf(text)): Splice {
  const added = lines.join(end);
  const whole = text === '' || text.endsWith('\n') ? `${added}${end}` : `${end}${added}`;
  return { start: text.length, end: text.length, text: lines.length === 0 ? '' : whole };
}

export function errorAt(text: string, offset: number, what: string): FormatError {
  const before = text.slice(0, offset);
  const line = countFeeds(before) + 1;
  return new FormatError(what, line, offset - (before.lastIndexOf('\n') + 1) + 1);
}

export function countFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Also where it stands as bytes that are not UTF-8 together with others (src/values/file-name.ts). */
export function markLength(text: string): 0 | 1 | 3 {
  if (text.startsWith('\ufeff')) return 1;
  return text.startsWith('\udcef\udcbb\udcbf') ? 3 : 0;
}

/** Where the server takes a byte order mark for part of a name. */
export function refuseMark(text: string): void {
  if (markLength(text) > 0) throw new FormatError('want no byte order mark before the first line', 1, 1);
}

/** What an escape for one byte stands for; one that is not ASCII as src/values/file-name.ts keeps it. */
export function byte(code: number): string {
  return String.fromCharCode(code < 0x80 ? code : 0xdc00 + code);
}

/** Bytes that are UTF-8 together become that. */
export function whole(text: string): string {
  return BYTE.test(text) ? decodeName(encodeName(text).subarray(0, -1)) : text;
}

/** A lone half of a character that stands for no byte. */
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udc7f\udd00-\udfff]/;
/** A byte that is not UTF-8, as src/values/file-name.ts keeps it. */
const BYTE = /(?<![\ud800-\udbff])[\udc80-\udcff]/;

/** What no language of C programs carries. */
export function refuseText(text: string): string | null {
  if (text.includes('\0')) return 'has a NUL byte';
  return HALF.test(text) ? 'is not Unicode text' : null;
}

/** As refuseText, and none of bytes that are not UTF-8. */
export function refuseBytes(text: string): string | null {
  return refuseText(text) ?? (BYTE.test(text) ? 'has bytes that are not UTF-8' : null);
}

/** Where a setting has one value, written as text. */
export function refuseOne(value: Value, refuse: (text: string) => string | null): string | null {
  if (typeof value === 'object') return 'is a list';
  return refuseNumber(value) ?? refuse(String(value));
}

export function refuseNumber(value: Value): string | null {
  return typeof value === 'number' && !Number.isFinite(value) ? 'is not a finite number' : null;
}

/**
 * After the quote that closes the one at `start`; -1: there is none. A backslash takes the next sign with it. (An expression with
 * a group for each escape would need a stack as deep as there are escapes.)
 */
export function endOfQuoted(text: string, start: number, isOneLine: boolean): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at + 1;
    if (isOneLine && text[at] === '\n') return -1;
  }
  return -1;
}

/** Nobody writes that much by hand, and reading it takes time and memory many times its size. */
export function refuseHuge(text: string, largestKiB = 1024): void {
  if (text.length > largestKiB * 1024) throw new FormatError(`want at most ${largestKiB} KiB`, 1);
}
