// Owns changing the options of lines in the text of fstab(5): comments, order, blanks, alignment and ends of lines stay. Pure.
import { plainPath, unescapeOctal, unquoted } from './wanted.ts';

export interface FstabLine {
  /** From 0. */
  readonly index: number;
  /** `UUID=…`, `/dev/…`: as it is meant, without quotes. */
  readonly what: string;
  readonly mountPoint: string;
  /** As they stand there; '': the line has none. */
  readonly options: string;
}

/** Between them, and what stands before the first: blanks and tabs. A carriage return is of the last one. */
const FIELDS =
  /^([ \t]*)([^ \t\r#][^ \t\r]*)([ \t]+)([^ \t\r]+)([ \t]+)([^ \t\r]+)(?:([ \t]+)([^ \t\r]+))?(.*)$/s;

/** Those that mount something there. */
export function linesFor(text: string, mountPoint: string): readonly FstabLine[] {
  return text.split('\n').flatMap((line, index) => {
    const [, , what = '', , where = '', , type = '', , options = ''] = FIELDS.exec(line) ?? [];
    if (!where.startsWith('/') || type === 'swap') return [];
    const place = plainPath(unescapeOctal(where));
    return place === mountPoint
      ? [{ index, what: unquoted(unescapeOctal(what)), mountPoint: place, options }]
      : [];
  });
}

/** Where a line mounts something; null: nowhere. */
export function placeOf(line: string): string | null {
  const [, , , , where = '', , type = ''] = FIELDS.exec(line) ?? [];
  return where.startsWith('/') && type !== 'swap' ? plainPath(unescapeOctal(where)) : null;
}

export interface SplitLine {
  readonly indent: string;
  /** Six at most. */
  readonly fields: readonly string[];
  /** Blanks between them. */
  readonly gaps: readonly string[];
  /** The column in which each begins. */
  readonly starts: readonly number[];
  readonly rest: string;
}

/** A comment, or an empty line, has no fields. */
export function splitLine(line: string): SplitLine {
  const [, indent = '', body = ''] = /^([ \t]*)(.*)$/s.exec(line) ?? [];
  const fields: string[] = [];
  const gaps: string[] = [];
  const starts: number[] = [];
  let at = indent;
  let rest = body;
  while (fields.length < 6) {
    const [, gap = '', field = ''] = /^([ \t]*)([^ \t\r]+)/.exec(rest) ?? [];
    // A comment may stand where no field is left that must be there.
    if (field === '' || (field.startsWith('#') && (fields.length === 0 || fields.length > 3))) break;
    if (fields.length > 0) gaps.push(gap);
    at += gap;
    starts.push(columnOf(at));
    at += field;
    fields.push(field);
    rest = rest.slice(gap.length + field.length);
  }
  return { indent, fields, gaps, starts, rest };
}

/** Why no line can be told from the next; null: they all can. */
export function hasOddEnds(text: string): string | null {
  if (text.includes('\0')) return 'a byte 0';
  return /\r(?!\n)/.test(text) ? 'a carriage return that ends no line' : null;
}

/** Lines that name no place to mount, and nothing, are no line of a mount. */
export function hasLines(text: string): boolean {
  return text.split('\n').some((line) => FIELDS.test(line));
}

export function changeOptions(
  text: string,
  lines: readonly FstabLine[],
  change: (options: string) => string,
): string {
  const all = text.split('\n');
  for (const { index } of lines) all[index] = changedLine(all[index] ?? '', change);
  return all.join('\n');
}

function changedLine(line: string, change: (options: string) => string): string {
  const [, indent = '', what = '', a = '', where = '', b = '', type = '', c, options, rest = ''] =
    FIELDS.exec(line) ?? [];
  if (c === undefined || options === undefined)
    return `${indent}${what}${a}${where}${b}${type}${b.includes('\t') ? '\t' : ' '}${change('defaults')}${rest}`;
  const before = `${indent}${what}${a}${where}${b}${type}${c}`;
  const now = change(options);
  return now === options ? line : before + now + aligned({ before, was: options, now, rest });
}

/** What follows stays in its column where the blanks before it leave room. */
function aligned({
  before,
  was,
  now,
  rest,
}: {
  readonly before: string;
  readonly was: string;
  readonly now: string;
  readonly rest: string;
}): string {
  const [gap = ''] = /^[ \t]+(?=[^ \t\r])/.exec(rest) ?? [];
  if (gap === '') return rest;
  const after = rest.slice(gap.length);
  const column = columnOf(before + was + gap);
  const end = columnOf(before + now);
  if (/^ +$/.test(gap)) return (gap.length === 1 ? ' ' : ' '.repeat(Math.max(1, column - end))) + after;
  if (!/^\t+$/.test(gap)) return rest;
  return '\t'.repeat(Math.max(1, Math.ceil(column / TAB) - Math.floor(end / TAB))) + after;
}

const TAB = 8;

export function columnOf(text: string): number {
  let column = 0;
  for (const char of text) column = char === '\t' ? (Math.floor(column / TAB) + 1) * TAB : column + 1;
  return column;
}
