// Owns XML as a language of settings, as ClickHouse has it: elements one below another, the root being the first name.
// Files are read and written anew, not edited: what we set stands in a file of its own.
import { SaxesParser } from 'saxes';
import { printable } from '../values/quote.ts';
import { type Format, FormatError, type Found, type Value } from './format.ts';
import { type Branch, branchesOf, commentsOf, isAllHints } from './nested.ts';
import { refuseBytes, refuseHuge, refuseNumber } from './text.ts';

const DEEPEST = 100;
export const xml: Format = {
  name: 'xml',
  refusal,
  read,
  edit() {
    throw new FormatError('want a file of its own: XML is not edited', 1);
  },
  render(items) {
    const [root, ...others] = branchesOf(items);
    if (root?.item !== null || others.length > 0) throw new Error('want one root element, and others in it');
    return `${rendered(root, '', false).join('\n')}\n`;
  },
};

interface Open {
  readonly name: string;
  readonly key: readonly string[];
  readonly line: number;
  readonly text: string[];
  attributes: Readonly<Record<string, string>>;
  /** Its place among what is found; given at its start. */
  readonly index: number;
  hasElements: boolean;
}

/** An element that has others in it comes out only for its attributes, with an empty value. */
function read(text: string): readonly Found[] {
  refuseHuge(text);
  const found: (Found | null)[] = [];
  const open: Open[] = [];
  const parser = new SaxesParser();
  parser.on('error', ({ message }) => {
    const { line = 1, column = 0 } = parser;
    throw new FormatError(
      printable(message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''), 200),
      line,
      Math.max(column, 1),
    );
  });
  parser.on('opentagstart', ({ name }) => {
    const above = open.at(-1);
    if (above !== undefined) above.hasElements = true;
    if (open.length === DEEPEST) throw new FormatError(`want at most ${DEEPEST} levels`, parser.line);
    open.push({
      name,
      key: [...(above?.key ?? []), name],
      // Told with the sign after the name, which may be a line feed.
      line: parser.column === 0 ? parser.line - 1 : parser.line,
      text: [],
      attributes: {},
      index: found.push(null) - 1,
      hasElements: false,
    });
  });
  parser.on('opentag', ({ attributes }) => {
    const element = open.at(-1);
    if (element !== undefined) element.attributes = attributes;
  });
  const more = (letters: string) => open.at(-1)?.text.push(letters);
  parser.on('text', more);
  parser.on('cdata', more);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element === undefined) return;
    const { key, line, attributes, index, hasElements } = element;
    const hasAttributes = Object.keys(attributes).length > 0;
    if (hasElements && !hasAttributes) return;
    const value = hasElements ? '' : element.text.join('');
    found[index] = hasAttributes ? { key, value, line, attributes: { ...attributes } } : { key, value, line };
  });
  parser.write(text).close();
  return found.filter((one) => one !== null);
}

function refusal(value: Value): string | null {
  if (typeof value !== 'object') return refuseNumber(value) ?? refuseWord(String(value));
  return value.length === 0 ? 'has no words' : (value.map(refuseWord).find((why) => why !== null) ?? null);
}

function refuseWord(word: string): string | null {
  // Not in XML 1.0, not even as a reference.
  if (/[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(word)) return 'has a character that XML has not';
  // ClickHouse drops it.
  if (/^[ \t\r\n]+$/.test(word)) return 'is nothing but blanks';
  return refuseBytes(word);
}

/** The lines of an element; of several, where the value is a list. In a comment there are no others. */
function rendered({ name, item, branches }: Branch, indent: string, inComment: boolean): readonly string[] {
  if (!/^[A-Za-z_](?:-?[A-Za-z0-9_.])*$/.test(name)) throw new Error(`cannot name an element ${name}`);
  if (item !== null) return wordsOf(item.value).map((word) => `${indent}<${name}>${escaped(word)}</${name}>`);
  const inner = `${indent}    `;
  const within = branches.flatMap((branch, index) => {
    if (inComment) return rendered(branch, inner, true);
    const isHint = isAllHints(branch);
    const comments = isHint || branch.item !== null ? commentsOf(branch) : [];
    return [
      ...(index > 0 && comments.length > 0 ? [''] : []),
      ...comments.map((comment) => `${inner}<!-- ${comment.replace(/-(?=-)/g, '- ')} -->`),
      ...(isHint ? commented(branch, inner) : rendered(branch, inner, false)),
    ];
  });
  return [`${indent}<${name}>`, ...within, `${indent}</${name}>`];
}

function commented(branch: Branch, indent: string): readonly string[] {
  // Two hyphens may not stand in a comment.
  const lines = rendered(branch, indent, true).map((line) => line.replace(/-(?=-)/g, '&#45;'));
  if (lines.length === 1) return lines.map((line) => `${indent}<!-- ${line.trimStart()} -->`);
  return [`${indent}<!--`, ...lines, `${indent}-->`];
}

function wordsOf(value: Value): readonly string[] {
  const why = refusal(value);
  if (why !== null) throw new Error(`cannot write a value that ${why}`);
  return typeof value === 'object' ? value : [String(value)];
}

function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };
  return text.replace(/[&<>\r]/g, (sign) => signs[sign] ?? sign);
}
