// Owns the three languages in which variables are handed to programs: `export` for a POSIX shell, .env as Node.js and others
// read it, and the EnvironmentFile of systemd (its env-file.c). Only plain text is read: what a shell would expand is refused.
import { editFlat, type Grammar, readFlat, renderFlat, type Statement } from './flat.ts';
import type { Format } from './format.ts';
import {
  countFeeds,
  endOfQuoted,
  errorAt,
  refuseBytes,
  refuseMark,
  refuseOne,
  refuseText,
  whole,
} from './text.ts';

interface Language {
  readonly name: 'export' | 'dotenv' | 'systemd';
  readonly comment: RegExp;
  readonly equals: RegExp;
  /** `end`: of the value as written; `lineEnd`: after blanks and a comment. Throws FormatError. */
  value(
    text: string,
    start: number,
  ): { readonly value: string; readonly end: number; readonly lineEnd: number };
  refusal(text: string): string | null;
  quote(text: string): string;
}

/** As POSIX shells read it. Anything that is not an assignment of plain text is refused: it would have to be run. */
export const exported = formatOf({
  name: 'export',
  comment: /#[^\n]*/y,
  equals: /=/y,
  value(text, start) {
    const parts: string[] = [];
    let at = start;
    for (;;) {
      const from = at;
      if (text[at] === "'") at = text.indexOf("'", at + 1) + 1 || from;
      else if (text[at] === '"') at = Math.max(endOfQuoted(text, at, false), from);
      else at += tokenAt(SHELL_PLAIN, text, at).length;
      if (at === from) break;
      const part = text.slice(from, at);
      if (part[0] === '"' && /[$`]/.test(part.replace(/\\./gs, '')))
        throw errorAt(text, from, 'want plain text');
      parts.push(
        part[0] === '"'
          ? unescaped(part.slice(1, -1))
          : part[0] === "'"
            ? part.slice(1, -1)
            : part.replace(/^\\/, ''),
      );
    }
    const lineEnd = at + tokenAt(/(?:[ \t]+(?:#[^\n]*)?)?/y, text, at).length;
    if (text[lineEnd] !== '\n' && lineEnd < text.length) throw errorAt(text, lineEnd, 'want plain text');
    return { value: parts.join(''), end: at, lineEnd };
  },
  refusal: refuseText,
  quote: (text) => `'${text.replaceAll("'", "'\\''")}'`,
});

/** A run of signs that mean nothing else, or one that a backslash stands before. */
const SHELL_PLAIN = /[-A-Za-z0-9_@%+=:,./\x80-\uffff]+|\\[^\n]/y;

/** As util.parseEnv reads it, but for quotes that are not closed, and what follows a closing one: those are refused. */
export const dotenv = formatOf({
  name: 'dotenv',
  comment: /#[^\n]*/y,
  equals: /[ \t]*=[ \t]*/y,
  value(text, start) {
    const sign = text[start] ?? '';
    if (!['"', "'", '`'].includes(sign)) {
      const value = withoutEnd(tokenAt(/[^\n#]*/y, text, start), ' \t\r');
      const end = start + value.length;
      // Node.js would take the next line for its value.
      if (value === '' && /[ \t]/.test(text[start - 1] ?? '') && !text.startsWith('#', start))
        throw errorAt(text, start, 'want no blank after `=`');
      return { value: value.replaceAll('\r', ''), end, lineEnd: end + tokenAt(/[^\n]*/y, text, end).length };
    }
    const close = text.indexOf(sign, start + 1);
    if (close < 0) throw errorAt(text, start, 'want a closing quote');
    const value = text.slice(start + 1, close).replaceAll('\r', '');
    const lineEnd = close + 1 + tokenAt(/[ \t\r]*(?:#[^\n]*)?/y, text, close + 1).length;
    if (text[lineEnd] !== '\n' && lineEnd < text.length)
      throw errorAt(text, lineEnd, 'want nothing after a closing quote');
    return { value: sign === '"' ? value.replaceAll('\\n', '\n') : value, end: close + 1, lineEnd };
  },
  refusal(text) {
    if (/[\r\n]/.test(text)) return 'has a line break';
    // In double quotes others than Node.js would expand these.
    if (text.includes("'") && /["\\$`]/.test(text)) return 'has a single quote beside one of " \\ $ `';
    return refuseBytes(text);
  },
  quote: (text) => (text.includes("'") ? `"${text}"` : `'${text}'`),
});

/** As systemd reads it. What it would leave out with no more than a warning is refused: a line without `=`, an open quote. */
export const systemd = formatOf({
  name: 'systemd',
  comment: /[#;][^\r\n]*/y,
  equals: /[ \t]*=[ \t]*/y,
  value(text, start) {
    const parts: string[] = [];
    let [at, end] = [start, start];
    for (;;) {
      if (text[at] !== "'" && text[at] !== '"') break;
      const isDouble = text[at] === '"';
      const after = isDouble ? endOfQuoted(text, at, false) : text.indexOf("'", at + 1) + 1 || -1;
      if (after < 0) throw errorAt(text, at, 'want a closing quote');
      const inner = text.slice(at + 1, after - 1);
      parts.push(isDouble ? unescaped(inner) : inner);
      end = after;
      at = end + tokenAt(/[ \t]*/y, text, end).length;
    }
    // From here quotes are letters.
    while (at < text.length && text[at] !== '\n' && text[at] !== '\r') {
      const plain = tokenAt(/[^\\\r\n]*/y, text, at);
      const escaped = tokenAt(/\\./sy, text, at + plain.length);
      at += plain.length + escaped.length;
      // A line that was added would be part of it.
      if ((escaped === '' && text[at] === '\\') || (/[\r\n]/.test(escaped) && at === text.length))
        throw errorAt(text, at, 'want a line after the backslash');
      parts.push(
        escaped === '' ? withoutEnd(plain, ' \t') : plain,
        /[\r\n]/.test(escaped) ? '' : escaped.slice(1),
      );
      end = escaped === '' ? at - plain.length + withoutEnd(plain, ' \t').length : at;
    }
    return { value: parts.join(''), end, lineEnd: at };
  },
  refusal: (text) => (/[\r\n]/.test(text) ? 'has a line break' : refuseBytes(text)),
  quote: (text) => `"${text.replace(/["\\`$]/g, '\\$&')}"`,
});

/** What stands in double quotes, to a shell and to systemd. */
function unescaped(text: string): string {
  return text.replace(/\\(?:\n|(["\\`$]))/g, '$1');
}

function tokenAt(token: RegExp, text: string, at: number): string {
  token.lastIndex = at;
  return token.exec(text)?.[0] ?? '';
}

function withoutEnd(text: string, signs: string): string {
  let end = text.length;
  while (end > 0 && signs.includes(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}

function formatOf(language: Language): Format {
  const prefix = language.name === 'systemd' ? '' : 'export ';
  const grammar: Grammar = {
    *statements(text) {
      refuseMark(text);
      let at = 0;
      let line = 1;
      const take = (token: RegExp): string => {
        const taken = tokenAt(token, text, at);
        at += taken.length;
        return taken;
      };
      while (at < text.length) {
        take(/[ \t]*/y);
        if (take(/\r?\n/y) !== '') {
          line += 1;
          continue;
        }
        if (at === text.length) return;
        const comment = take(language.comment);
        if (comment !== '') {
          // Older versions of systemd take the next line for a part of it, newer ones do not.
          if (language.name === 'systemd' && comment.endsWith('\\'))
            throw errorAt(text, at, 'want no backslash at the end of a comment');
          continue;
        }
        const start = at;
        if (prefix !== '') take(/export[ \t]+/y);
        const name = take(/[A-Za-z_][A-Za-z0-9_]*/y);
        if (name === '') throw errorAt(text, at, 'want the name of a variable');
        const nameEnd = at;
        if (take(language.equals) === '') throw errorAt(text, at, 'want `=`');
        const valueStart = at;
        const { value, end, lineEnd } = language.value(text, at);
        if (value.includes('\0')) throw errorAt(text, valueStart, 'want no NUL byte');
        const isWindows = text.startsWith('\r\n', lineEnd);
        at = lineEnd;
        yield {
          name,
          value: whole(value),
          line,
          start,
          nameEnd,
          valueStart,
          valueEnd: end,
          end: isWindows ? lineEnd + 1 : lineEnd,
        } satisfies Statement;
        line += countFeeds(text.slice(start, lineEnd));
      }
    },
    nameOf: (name) => name,
    repeats: () => false,
    textOf: String,
    refusal: (value) => refuseOne(value, language.refusal),
    writeName(name) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`cannot name a variable ${name}`);
      return language.name === 'export' ? `export ${name}` : name;
    },
    writeValue: (value) => language.quote(String(value)),
    separator: '=',
    // To a shell a carriage return is a letter.
    lineEnd: language.name === 'export' ? '\n' : null,
  };
  return {
    name: language.name,
    refusal: grammar.refusal,
    read: (text) => readFlat(grammar, text),
    edit: (text, changes) => editFlat(grammar, text, changes),
    render: (items) => renderFlat(grammar, items),
  };
}
