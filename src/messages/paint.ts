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

/**
 * Breaks at blanks so that each line, indent and all, fits. What is to be copied stays whole: a longer word, what stands in
 * quotes, and what `keepCommands` and `keepWhole` kept.
 */
export function wrap(text: string, indent: string, first = indent): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of plain(text).replace(QUOTED, keepWhole).split(/ +/)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n').replaceAll(KEPT_BLANK, ' ');
}

/** A blank that `wrap` does not break at: a character that is none, so that no name has it. */
const KEPT_BLANK = '\ufdd0';

/** From the beginning of a word to the end of one; an apostrophe stands inside of one. */
const QUOTED = /(?<![^ (=:])(["'`])(?:(?!\1).)+\1(?![^ ,;.:)])/g;

/** A path, an address or a command, whatever blanks are in it. */
export function keepWhole(text: string): string {
  return text.replaceAll(' ', KEPT_BLANK);
}

/** Commands stay on one line, to be copied: ours, and those of the system. */
export function keepCommands(text: string): string {
  return [OURS, AFTER_COLON, IN_BRACKETS].reduce((kept, commands) => kept.replace(commands, keepWhole), text);
}

const OURS = /(?:sudo )?\S*\bjts-hot\b(?:'[^']*'|\\'|[^;,()'\\])*(?:'[^']*'|[^;,() .'])/g;
/** At the beginning, or after a colon; up to what is said of it. */
const AFTER_COLON =
  /(?:^|(?<=: ))(?:sudo )?(?:apt-get|ch(?:attr|mod|own)|df|find|git|group\w+|ln|ls|lsattr|mkdir|mount|mv|rm|setfacl|systemctl|umount|user\w+) (?=[/'+-]|UUID=|\d{3,4} |\S+\.mount|install |start |\S+:\S)(?:'[^']*'|[^;,'])*/g;
/** What shows more of it. */
const IN_BRACKETS =
  /(?<=\()(?:sudo )?(?:df|dmesg|findmnt|fuser|git|ls|lsattr|lsof|mount|ps|rm|systemctl)\b[^()]*(?=\))/g;

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
