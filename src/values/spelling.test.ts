import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './spelling.ts';

const fields = ['user', 'group', 'mode', 'accept', 'planned', 'purpose', 'path', 'directories'];
const guesses: readonly (readonly [string, string | null])[] = [
  ['planed', 'planned'],
  ['plannedd', 'planned'],
  ['plnaned', 'planned'],
  ['Planned', 'planned'],
  ['usr', 'user'],
  ['uesr', 'user'],
  ['directory', 'directories'],
  ['dirctories', 'directories'],
  ['porpose', 'purpose'],
  ['pth', 'path'],
  ['colour', null],
  ['', null],
  ['x', null],
  ['size', null],
  ['m', null],
  ['user'.repeat(1000), null],
];
for (const [word, guess] of guesses)
  test(`${word.slice(0, 20) || 'nothing'} was ${guess === null ? 'nothing near' : `meant as ${guess}`}`, () => {
    assert.equal(nearest(word, fields), guess);
  });

test('the nearest wins, and the first of equals', () => {
  assert.equal(nearest('logs', ['lots', 'logs2', 'logs']), 'logs');
  assert.equal(nearest('dates', ['gates', 'mates']), 'gates');
  assert.equal(nearest('user', []), null);
});
