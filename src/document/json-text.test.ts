// JSON that nobody can play tricks with, and that is read back as it was.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { jsonText } from './json-text.ts';

it('shows what is not seen as its number', () => {
  const names = [
    '\x1b[2J',
    '\x7f',
    '\x9b31m',
    'a\u202eb',
    '\u2066x\u2069',
    '\u200b',
    '\ufeff',
    '\u2028',
    '\u{e0041}',
    '\udce9',
  ];
  assert.equal(
    jsonText(names),
    String.raw`["\u001b[2J","\u007f","\u009b31m","a\u202eb","\u2066x\u2069","\u200b","\ufeff","\u2028","\udb40\udc41","\udce9"]`,
  );
  assert.equal(jsonText({ a: 'ünï 日本 🦊' }, 2), '{\n  "a": "ünï 日本 🦊"\n}');
});

it('is read back as it was, with no such character in it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (document) => {
      const text = jsonText(document);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(document)));
      assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    random(300, 51),
  );
});
