// Owns XML as a language of settings, as ClickHouse has it: elements one below another, the root being the first name.
// Files are read and written anew, not edited: what we set stands in a file of its own.
import { SaxesParser } from 'saxes';
import { printable } from '../values/quote.ts';
import { type Format, FormatError, type Found } from './format.ts';
import { refuseHuge } from './text.ts';
import { xmlWriting } from './xml-writing.ts';

const DEEPEST = 100;
export const xml: Format = {
  ...xmlWriting,
  read,
  edit() {
    throw new FormatError('want a file of its own: XML is not edited', 1);
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
