// Owns how text is laid out for people: colour, columns, lines of at most 80 characters. Everything from outside passes
// through `plain`, so that a file name cannot play tricks on a terminal.
import { styleText } from 'node:util';
import { printableName } from '../values/file-name.ts';

export const WIDTH = 80;

export type Style = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
/** How this call's text looks: colours, and how a command of ours is typed here (`rollback 1`). */
export interface Paint {
  (style: Style, text: string): string;
  readonly command: (words: string) => string;
}

export function createPaint(
  colour: boolean,
  command: Paint['command'] = (words) => `jts-hot ${words}`,
): Paint {
  const style = (wanted: Style, text: string) =>
    colour ? styleText(wanted, text, { validateStream: false }) : text;
  return Object.assign(style, { command });
}

export function plain(text: string): string {
  return printableName(text);
}

/** Breaks at blanks so that each line, indent and all, fits; a longer word stays whole, to be copied. */
export function wrap(text: string, indent: string, first = indent): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of plain(text).split(/ +/)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n').replaceAll('\u00a0', ' ');
}

/** Commands stay on one line, to be copied: `wrap` breaks at blanks, and gives these back as blanks. */
export function keepCommands(text: string): string {
  return text.replace(OURS, kept).replace(OF_MOUNTS, kept);
}

const OURS = /(?:sudo )?\S*\bjts-hot\b(?:'[^']*'|\\'|[^;,()'\\])*(?:'[^']*'|[^;,() .'])/g;
/** At the beginning, or after a colon; up to what is said of it. */
const OF_MOUNTS = /(?:^|(?<=: ))(?:u?mount|systemctl start|mkdir|mv|find) (?=[/'-]|UUID=|\S+\.mount)[^;]*/g;

function kept(command: string): string {
  return command.replaceAll(' ', '\u00a0');
}

/** Columns as wide as their widest cell; `right` aligns numbers. Cells must be plain; paint whole lines. */
export function columns(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Left text, and right text at the end of the line; below it where both do not fit. */
export function ends(left: string, right: string): string {
  const gap = WIDTH - left.length - right.length;
  return gap >= 2 ? left + ' '.repeat(gap) + right : `${left}\n${right.padStart(WIDTH)}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
