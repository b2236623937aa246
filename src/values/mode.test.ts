import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE_PATTERN, parseMode } from './mode.ts';

test('one mode has one spelling', () => {
  for (const text of ['750', '0750', '0o750', '0o0750']) assert.deepEqual(parseMode(text), { mode: '0750' });
  assert.deepEqual(parseMode('700'), { mode: '0700' });
  assert.deepEqual(parseMode('0775'), { mode: '0775' });
  assert.deepEqual(parseMode('711'), { mode: '0711' });
});

const octal = 'want an octal mode such as 0750';
const special = 'want a mode without setuid, setgid and sticky bits';
const world = 'want a mode that is not world-writable';
const owner = 'want a mode whose owner may read, write and enter (0700 at least)';
const refused: readonly (readonly [string, string])[] = [
  ['', octal],
  ['75', octal],
  ['7', octal],
  ['00750', octal],
  ['0780', octal],
  ['999', octal],
  ['-750', octal],
  ['0x1e8', octal],
  ['0b111', octal],
  ['0O750', octal],
  ['750 ', octal],
  ['7 50', octal],
  ['750\n', octal],
  ['u=rwx,g=rx', octal],
  ['drwxr-x---', octal],
  ['4750', special],
  ['2750', special],
  ['1777', special],
  ['7777', special],
  ['777', world],
  ['0752', world],
  ['703', world],
  ['706', world],
  ['0650', owner],
  ['0050', owner],
  ['0000', owner],
  ['550', owner],
];
for (const [text, complaint] of refused)
  test(`the mode ${JSON.stringify(text)} is refused`, () => {
    assert.deepEqual(parseMode(text), { complaint });
  });

test('the pattern for editors agrees with the parser on every mode there is', () => {
  const pattern = new RegExp(MODE_PATTERN);
  for (let mode = 0; mode <= 0o7777; mode += 1) {
    const text = mode.toString(8).padStart(4, '0');
    assert.equal(pattern.test(text), 'mode' in parseMode(text), text);
    assert.equal(pattern.test(text.slice(1)), 'mode' in parseMode(text.slice(1)), text.slice(1));
  }
});
