// Owns writing XML as a language of settings, without the library that reads it: what a layout says can be judged without that.
// Reading is xml.ts.
import type { Format, Value } from './format.ts';
import { type Branch, branchesOf, commentsOf, isAllHints } from './nested.ts';
import { refuseBytes, refuseNumber } from './text.ts';

export const xmlWriting: Pick<Format, 'name' | 'refusal' | 'render'> = {
  name: 'xml',
  refusal,
  /** Throws where a name is none of an element. */
  render(items) {
    const [root, ...others] = branchesOf(items);
    if (root?.item !== null || others.length > 0) throw new Error('want one root element, and others in it');
    return `${rendered(root, '', false).join('\n')}\n`;
  },
};

function refusal(value: Value): string | null {
  if (typeof value !== 'object') return refuseNumber(value) ?? refuseWord(String(value));
  return value.length === 0 ? 'has no words' : (value.map(refuseWord).find((why) => why !== null) ?? null);
}

function refuseWord(word: string): string | null {
  // Not in XML 1.0, not even as a reference.
  if (/[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(word)) return 'has a character that XML has not';
  // Its library of configurations puts the value of another setting there, or a closing brace.
  if (word.includes('${'))
    return 'has a dollar sign before a brace, which ClickHouse reads as another setting';
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
