// Owns the language of Java's properties, such as server.properties, as java.util.Properties reads them from bytes: in
// ISO-8859-1. So what is not ASCII is written as an escape.
import { encodeName } from '../values/file-name.ts';
import { editFlat, type Grammar, readFlat, renderFlat, type Statement } from './flat.ts';
import type { Format } from './format.ts';
import { errorAt, refuseBytes, refuseOne } from './text.ts';

const BLANKS = /[ \t\f]*/y;
const LINE_END = /\r\n|\r|\n/y;
const REST = /[^\r\n]*/y;
const IN_NAME = /[^\\=: \t\f\r\n]*/y;
const IN_VALUE = /[^\\\r\n]*/y;
/** A backslash with what it stands before: a line end, after which the line goes on, or a character. */
const ESCAPE = /\\(?:\r\n|.)/sy;
const GOES_ON = /\\(?:\r\n|\r|\n)/y;

const grammar: Grammar = {
  *statements(text) {
    let at = 0;
    let line = 1;
    const take = (token: RegExp): string => {
      token.lastIndex = at;
      const [taken = ''] = token.exec(text) ?? [];
      at += taken.length;
      if (/[\r\n]$/.test(taken.slice(-1))) line += 1;
      return taken;
    };
    const takeEscaped = (plain: RegExp) => {
      for (take(plain); text[at] === '\\'; take(plain)) {
        if (take(ESCAPE).length < 2) throw errorAt(text, at, 'want a line after the backslash');
        if (/[\r\n]/.test(text[at - 1] ?? '')) take(BLANKS);
      }
    };
    const takeBlanks = () => {
      for (take(BLANKS); take(GOES_ON) !== ''; take(BLANKS));
    };
    while (at < text.length) {
      take(BLANKS);
      if (take(LINE_END) !== '') continue;
      if (text[at] === '#' || text[at] === '!') {
        take(REST);
        continue;
      }
      if (at === text.length) return;
      const [start, first] = [at, line];
      takeEscaped(IN_NAME);
      const nameEnd = at;
      takeBlanks();
      if (text[at] === '=' || text[at] === ':') {
        at += 1;
        takeBlanks();
      }
      const valueStart = at;
      takeEscaped(IN_VALUE);
      if (at === text.length && /[\r\n]/.test(text[at - 1] ?? ''))
        throw errorAt(text, at, 'want a line after the backslash');
      yield {
        name: unescaped(text, start, nameEnd),
        value: unescaped(text, valueStart, at),
        line: first,
        start,
        nameEnd,
        valueStart,
        valueEnd: at,
        end: text[at] === '\r' && text[at + 1] === '\n' ? at + 1 : at,
      } satisfies Statement;
    }
  },
  nameOf: (name) => name,
  repeats: () => false,
  textOf: String,
  refusal: (value) => refuseOne(value, refuseBytes),
  writeName: (name) => escaped(name).replace(/[ =:#!]/g, '\\$&'),
  // In front of it blanks and the first `=` or `:` would be taken for the separator.
  writeValue: (value) => escaped(String(value)).replace(/^[ =:]/, '\\$&'),
  separator: '=',
  lineEnd: null,
};

export const properties: Format = {
  name: 'properties',
  refusal: grammar.refusal,
  read: (text) => readFlat(grammar, text),
  edit: (text, changes) => editFlat(grammar, text, changes),
  render: (items) => renderFlat(grammar, items),
};

const UNESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };
const ESCAPED: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\f': '\\f',
  '\\': '\\\\',
};

function unescaped(text: string, start: number, end: number): string {
  return text
    .slice(start, end)
    .replace(/[^\x00-\x7f]+/g, (letters) => encodeName(letters).subarray(0, -1).toString('latin1'))
    .replace(
      /\\(?:(?:\r\n|\r|\n)[ \t\f]*|u([0-9a-fA-F]{4})|(.))/gs,
      (_, code: string | undefined, sign: string | undefined) => {
        if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
        if (sign === 'u') throw errorAt(text, start, 'want four hexadecimal digits after \\u');
        return sign === undefined ? '' : (UNESCAPED[sign] ?? sign);
      },
    );
}

function escaped(text: string): string {
  return text.replace(
    /[\\\x00-\x1f]|[^\x00-\x7e]/g,
    (sign) => ESCAPED[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
