// Owns the language of redis.conf, as Redis and Valkey read it: a name and words, split as sdssplitargs in their sds.c does. (What
// Valkey alone takes, as `"a"b` for one word, is refused.) Nothing is read from included files.
import { editFlat, type Grammar, readFlat, renderFlat, type Statement } from './flat.ts';
import type { Format, Value } from './format.ts';
import { byte, errorAt, linesOf, refuseMark, refuseNumber, refuseText, whole } from './text.ts';

/** Each line adds to those before it. */
const REPEATED: readonly string[] = [
  'client-output-buffer-limit',
  'include',
  'loadmodule',
  'rename-command',
  'save',
  'user',
];

const grammar: Grammar = {
  *statements(text) {
    refuseMark(text);
    for (const { number, start, end } of linesOf(text)) {
      let first = start;
      let last = end;
      while (first < last && isTrimmed(text.charCodeAt(first))) first += 1;
      while (last > first && isTrimmed(text.charCodeAt(last - 1))) last -= 1;
      if (first === last || text[first] === '#') {
        refuseNul(text, start, end);
        continue;
      }
      const words = split(text, first, last);
      const [name, ...rest] = words;
      if (name === undefined) continue;
      yield {
        name: name.text.toLowerCase(),
        value: rest.length === 1 ? (rest[0]?.text ?? '') : rest.map((word) => word.text),
        line: number,
        start: first,
        nameEnd: name.end,
        valueStart: rest[0]?.start ?? name.end,
        valueEnd: rest.at(-1)?.end ?? name.end,
        end,
      } satisfies Statement;
    }
  },
  nameOf: (name) => name.toLowerCase(),
  repeats: (name) => REPEATED.includes(name),
  textOf: (value) => {
    const words = wordsOf(value);
    return words.length === 1 ? (words[0] ?? '') : words;
  },
  refusal: (value) => {
    if (typeof value === 'object' && value.length === 0) return 'has no words';
    return (
      refuseNumber(value) ??
      wordsOf(value)
        .map(refuseText)
        .find((why) => why !== null) ??
      null
    );
  },
  writeName: (name) => name,
  writeValue: (value) => wordsOf(value).map(quote).join(' '),
  separator: ' ',
  lineEnd: null,
};

export const redis: Format = {
  name: 'redis',
  refusal: grammar.refusal,
  read: (text) => readFlat(grammar, text),
  edit: (text, changes) => editFlat(grammar, text, changes),
  render: (items) => renderFlat(grammar, items),
};

function wordsOf(value: Value): readonly string[] {
  if (typeof value === 'object') return value;
  return [typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)];
}

function isTrimmed(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}

/** Redis would read nothing after it. */
function refuseNul(text: string, start: number, end: number): void {
  const line = text.slice(start, end);
  if (line.includes('\0')) throw errorAt(text, start + line.indexOf('\0'), 'want no NUL byte');
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };
const BLANKS = /[ \t\v\f\r]*/y;
/** Up to a blank that ends a word, or a quote, which may begin inside of one. */
const PLAIN = /[^ \t\r\n"']*/y;
const IN_DOUBLE = /[^"\\\n]*/y;
const IN_SINGLE = /[^'\\\n]*/y;

function split(text: string, start: number, end: number): readonly Word[] {
  refuseNul(text, start, end);
  const words: Word[] = [];
  let at = start;
  const take = (token: RegExp): string => {
    token.lastIndex = at;
    const taken = (token.exec(text)?.[0] ?? '').slice(0, end - at);
    at += taken.length;
    return taken;
  };
  for (take(BLANKS); at < end; take(BLANKS)) {
    const wordStart = at;
    const parts = [take(PLAIN)];
    if (text[at] === '"' || text[at] === "'") {
      const quoteAt = at;
      parts.push(text[at] === '"' ? inDouble() : inSingle());
      if (at >= end || text[at] !== text[quoteAt]) throw errorAt(text, quoteAt, 'want a closing quote');
      at += 1;
      if (at < end && !/[ \t\v\f\r]/.test(text[at] ?? ''))
        throw errorAt(text, at, 'want a blank after a closing quote');
    }
    words.push({ text: whole(parts.join('')), start: wordStart, end: at });
  }
  return words;

  function inDouble(): string {
    at += 1;
    const parts = [take(IN_DOUBLE)];
    while (at < end && text[at] === '\\') {
      const code = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(at, at + 4))?.[1];
      const sign = text[at + 1] ?? '';
      parts.push(code === undefined ? (ESCAPED[sign] ?? sign) : byte(Number.parseInt(code, 16)));
      at += code === undefined ? 2 : 4;
      parts.push(take(IN_DOUBLE));
    }
    return parts.join('');
  }

  function inSingle(): string {
    at += 1;
    const parts = [take(IN_SINGLE)];
    while (at < end && text[at] === '\\') {
      const isQuote = text[at + 1] === "'";
      parts.push(isQuote ? "'" : '\\');
      at += isQuote ? 2 : 1;
      parts.push(take(IN_SINGLE));
    }
    return parts.join('');
  }
}

/** Only where it must be. */
function quote(word: string): string {
  if (/^[^\s"'\x00-\x1f\x7f]+$/.test(word)) return word;
  const escaped = word.replace(/["\\\x00-\x1f\x7f]/g, (sign) => {
    if (sign === '"' || sign === '\\') return `\\${sign}`;
    return (
      { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[sign] ??
      `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`
    );
  });
  return `"${escaped}"`;
}
