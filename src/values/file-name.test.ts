// Names as people are shown them: what is invisible or moves the cursor is written out, everything else stays.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printableName } from './file-name.ts';

describe('a printable name', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['plain', 'topic-0 (copy)', 'topic-0 (copy)'],
    ['other scripts', 'ünï-文字', 'ünï-文字'],
    ['controls', 'a\x1b[31m\n\x7f\x9b', 'a\\x1b[31m\\x0a\\x7f\\x9b'],
    ['bytes that are no UTF-8', 'caf\udce9', 'caf\\xe9'],
    ['turned around', 'exe\u202egnp.', 'exe\\u{202e}gnp.'],
    ['kept apart from the text around it', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['of no width', 'a\u200bb\u200dc\ufeff', 'a\\u{200b}b\\u{200d}c\\u{feff}'],
    ['with a soft hyphen', 'a\u00adb', 'a\\u{ad}b'],
    ['a line and a paragraph of its own', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    ['invisible beyond the first plane', 'a\u{e0001}b', 'a\\u{e0001}b'],
  ];
  for (const [what, name, shown] of table) it(what, () => assert.equal(printableName(name), shown));
});
