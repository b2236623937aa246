// Owns our own line in the text of fstab(5): found, put in where it is missing, corrected where it says something else. What others
// added to it stays, and so do all other lines, byte for byte. Pure. Changes of options alone are fstab-edit.ts's.
import { columnOf, hasOddEnds, linesFor, placeOf, splitLine } from './fstab-edit.ts';
import { withOptions } from './mount-options.ts';

export interface WantedLine {
  readonly uuid: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
  /** In which order fsck(8) looks at it when the machine starts; 0: never, as of XFS. */
  readonly pass: number;
}

export type Put =
  | { readonly is: 'put'; readonly text: string; readonly changes: readonly string[] }
  /** A line for the same place names something else. */
  | { readonly is: 'another'; readonly line: number; readonly what: string; readonly wanted: WantedLine }
  /** Two lines mount it at the same place. */
  | { readonly is: 'twice'; readonly lines: readonly number[]; readonly wanted: WantedLine }
  /** No line can be told from the next. */
  | { readonly is: 'odd'; readonly why: string };

/** All of them, in their order: a later one may lie below an earlier one. */
export function putLines(text: string, wanted: readonly WantedLine[]): Put {
  let now: Put = { is: 'put', text, changes: [] };
  for (const one of wanted) {
    const next = putLine(now.text, one);
    if (next.is !== 'put') return next;
    now = { is: 'put', text: next.text, changes: [...now.changes, ...next.changes] };
  }
  return now;
}

export function putLine(text: string, wanted: WantedLine): Put {
  const odd = hasOddEnds(text);
  if (odd !== null) return { is: 'odd', why: odd };
  const there = linesFor(text, wanted.mountPoint);
  const another = there.find(({ what }) => what.toLowerCase() !== `uuid=${wanted.uuid}`);
  if (another !== undefined) return { is: 'another', line: another.index + 1, what: another.what, wanted };
  const [own, second] = there;
  if (second !== undefined) return { is: 'twice', lines: there.map(({ index }) => index + 1), wanted };
  return own === undefined ? added(text, wanted) : corrected(text, own.index, wanted);
}

function corrected(text: string, index: number, { type, options, pass }: WantedLine): Put {
  const lines = text.split('\n');
  const line = lines[index] ?? '';
  const { fields, gaps, indent, rest } = splitLine(line);
  const [, , wasType = '', wasOptions = 'defaults', dump, wasPass] = fields;
  const now = [...fields];
  const isSameType = wasType === type;
  const after = withOptions(wasOptions, options);
  const isSamePass = (wasPass ?? '0') === String(pass);
  if (isSameType && after === wasOptions && isSamePass) return { is: 'put', text, changes: [] };
  now[2] = type;
  now[3] = after;
  if (!isSamePass) {
    now[4] = dump ?? '0';
    now[5] = String(pass);
  }
  lines[index] = joined({ fields: now, was: fields, gaps, indent, rest });
  return {
    is: 'put',
    text: lines.join('\n'),
    changes: [
      `- line ${index + 1}: ${withoutSecrets(line)}`,
      `+ line ${index + 1}: ${withoutSecrets(lines[index] ?? '')}`,
    ],
  };
}

/** Somebody's own additions may be such; the plan is for everybody to read. */
function withoutSecrets(line: string): string {
  return line.trim().replace(/((?:pass(?!no)\w*|user\w*|cred\w*)=)[^,\s]*/gi, '$1********');
}

/** What follows a field that changed stays in its column where the blanks before it leave room. */
function joined(of: {
  readonly fields: readonly string[];
  readonly was: readonly string[];
  readonly gaps: readonly string[];
  readonly indent: string;
  readonly rest: string;
}): string {
  const { fields, was, gaps, indent, rest } = of;
  let [line, old] = [indent, indent];
  for (const [i, field] of fields.entries()) {
    const gap = i === 0 ? '' : (gaps[i - 1] ?? gaps.at(-1) ?? ' ');
    old += gap;
    // One blank parts two fields, and aligns nothing.
    line += i === 0 || gap === ' ' ? gap : gapTo(columnOf(old), line, gap);
    line += field;
    old += was[i] ?? field;
  }
  return line + rest;
}

function added(text: string, wanted: WantedLine): Put {
  const end = endOf(text);
  const lines = text === '' ? [] : text.split('\n');
  // A last line without an end is ended first.
  const isOpen = lines.length > 0 && lines.at(-1) !== '';
  const all = isOpen
    ? lines.map((line, i) => (i === lines.length - 1 ? line + end.slice(0, -1) : line))
    : lines.slice(0, -1);
  const at = all.findIndex((line) => placeOf(line)?.startsWith(`${wanted.mountPoint}/`) === true);
  const index = at === -1 ? all.length : at;
  const line = writtenAs(wanted, all);
  const after = [...all.slice(0, index), line + end.slice(0, -1), ...all.slice(index)];
  return { is: 'put', text: `${after.join('\n')}\n`, changes: [`+ line ${index + 1}: ${line}`] };
}

/** As most of its lines end. */
function endOf(text: string): '\n' | '\r\n' {
  const all = text.match(/\r?\n/g) ?? [];
  return all.filter((end) => end === '\r\n').length * 2 > all.length ? '\r\n' : '\n';
}

/** In the columns that most of its lines have, and with their kind of blanks. */
function writtenAs({ uuid, mountPoint, type, options, pass }: WantedLine, lines: readonly string[]): string {
  const fields = [`UUID=${uuid}`, escapedPath(mountPoint), type, withOptions('', options), '0', String(pass)];
  const others = lines.map(splitLine).filter((line) => line.fields.length >= 4);
  let line = '';
  for (const [i, field] of fields.entries()) {
    if (i > 0) {
      const starts = others.flatMap(({ starts, gaps }) =>
        starts[i] === undefined ? [] : [{ column: starts[i], gap: gaps[i - 1] ?? ' ' }],
      );
      const column = mostFrequent(starts.map((one) => one.column));
      const { gap = ' ' } = starts.findLast((one) => one.column === column) ?? {};
      line += gapTo(column ?? 0, line, gap);
    }
    line += field;
  }
  return line;
}

/** Of several the last one. */
function mostFrequent(columns: readonly number[]): number | null {
  let best: number | null = null;
  const times = (column: number) => columns.filter((one) => one === column).length;
  for (const column of columns) if (best === null || times(column) >= times(best)) best = column;
  return best;
}

const TAB = 8;

/** Blanks of the same kind up to a column; one where there is no room. */
function gapTo(column: number, line: string, like: string): string {
  const end = columnOf(line);
  if (!/^\t+$/.test(like)) return ' '.repeat(Math.max(1, column - end));
  return '\t'.repeat(Math.max(1, Math.ceil(column / TAB) - Math.floor(end / TAB)));
}

/** Blanks, backslashes and what begins a comment stand as octal. */
export function escapedPath(path: string): string {
  return path.replace(/[\\ \t\n#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
