// Owns the language of postgresql.conf, as PostgreSQL's guc-file.l reads it: `name = value`, `=` may be left out, strings in
// single quotes. Includes come out as they stand; nothing is read from them.
import { editFlat, type Grammar, readFlat, renderFlat, type Statement } from './flat.ts';
import type { Format, Value } from './format.ts';
import { byte, endOfQuoted, errorAt, linesOf, refuseMark, refuseOne, refuseText, whole } from './text.ts';

const BLANKS = /[ \t\r]*/y;
/** Letters are also all beyond ASCII. Taken as long as it goes: `a-5` is one word, and no name. */
const NAME =
  /[A-Za-z_\x80-\uffff][A-Za-z_0-9\x80-\uffff]*(?:\.[A-Za-z_\x80-\uffff][A-Za-z_0-9\x80-\uffff]*)?(?![-._:/A-Za-z0-9\x80-\uffff])/y;
const WORD =
  /[A-Za-z_\x80-\uffff][-._:/A-Za-z_0-9\x80-\uffff]*|[-+]?(?:0x[0-9a-fA-F]+[a-zA-Z]*|[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?|[0-9]+[a-zA-Z]*)/y;

const grammar: Grammar = {
  *statements(text) {
    refuseMark(text);
    for (const { number, start, end } of linesOf(text)) {
      let at = start;
      const take = (token: RegExp): string => {
        token.lastIndex = at;
        const [taken = ''] = token.exec(text) ?? [];
        at += taken.length;
        return taken;
      };
      const takeString = (): string => {
        const from = at;
        // A quote is doubled inside.
        do {
          const after = endOfQuoted(text, at, true);
          if (after < 0) throw errorAt(text, from, 'want a closing quote');
          at = after;
        } while (text[at] === "'");
        return text.slice(from, at);
      };
      const isDone = () => at >= end || text[at] === '#';
      take(BLANKS);
      if (isDone()) continue;
      const nameStart = at;
      const name = take(NAME);
      if (name === '') throw errorAt(text, at, 'want a name');
      const nameEnd = at;
      take(BLANKS);
      if (text[at] === '=') {
        at += 1;
        take(BLANKS);
      }
      const valueStart = at;
      const isString = text[at] === "'";
      const value = isString ? takeString() : take(WORD);
      if (value === '') throw errorAt(text, at, 'want a value');
      if (value.includes('\0')) throw errorAt(text, at, 'want no NUL byte');
      const valueEnd = at;
      take(BLANKS);
      if (!isDone()) throw errorAt(text, at, 'want nothing after the value');
      yield {
        name: name.toLowerCase(),
        value: whole(isString ? unquote(value) : value),
        line: number,
        start: nameStart,
        nameEnd,
        valueStart,
        valueEnd,
        end,
      } satisfies Statement;
    }
  },
  nameOf: (name) => name.toLowerCase(),
  repeats: (name) => /^include(_if_exists|_dir)?$/.test(name),
  textOf,
  refusal: (value) => refuseOne(value, refuseText),
  writeName: (name) => name,
  writeValue: (value) => (typeof value === 'string' ? quote(value) : textOf(value)),
  separator: ' = ',
  lineEnd: null,
};

export const postgresql: Format = {
  name: 'postgresql',
  refusal: grammar.refusal,
  read: (text) => readFlat(grammar, text),
  edit: (text, changes) => editFlat(grammar, text, changes),
  render: (items) => renderFlat(grammar, items),
};

function textOf(value: Value): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/''|\\([0-7]{1,3})|\\([^\n])/g, (_, octal?: string, sign?: string) => {
    if (octal !== undefined) return byte(Number.parseInt(octal, 8) & 0xff);
    return sign === undefined ? "'" : (ESCAPED[sign] ?? sign);
  });
}

function quote(text: string): string {
  const signs: Readonly<Record<string, string>> = { "'": "''", '\\': '\\\\', '\n': '\\n' };
  return `'${text.replace(/['\\\n]/g, (sign) => signs[sign] ?? sign)}'`;
}
