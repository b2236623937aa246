import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, quote } from './quote.ts';

test('text is shown as it is, in backticks', () => {
  assert.equal(quote('lots'), '`lots`');
  assert.equal(quote(''), '``');
  assert.equal(quote('Größe 大'), '`Größe 大`');
});

test('what a terminal would obey or hide is spelt out', () => {
  assert.equal(quote('\u001b[2Jx'), '`\\u{1b}[2Jx`');
  assert.equal(quote('a\nb\0'), '`a\\u{a}b\\u{0}`');
  assert.equal(quote('\u202egnp'), '`\\u{202e}gnp`');
  assert.equal(quote('a\ud800'), '`a\\u{d800}`');
});

test('long text is cut, by characters', () => {
  assert.equal(quote('x'.repeat(60)), `\`${'x'.repeat(60)}\``);
  assert.equal(quote('x'.repeat(61)), `\`${'x'.repeat(60)}…\``);
  assert.equal(quote('💾'.repeat(61)), `\`${'💾'.repeat(60)}…\``);
  assert.equal(quote('y'.repeat(1_000_000)).length, 63);
});

test('other lengths, and no backticks', () => {
  assert.equal(printable('abcdef', 6), 'abcdef');
  assert.equal(printable('abcdef\n', 6), 'abcdef…');
  assert.equal(printable('\n', 6), '\\u{a}');
});
