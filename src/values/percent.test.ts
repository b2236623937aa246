// Per cents as text, in one way only.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { exactPercent, PERCENT_PATTERN, parsePercent } from './percent.ts';

for (const [text, percent] of [
  ['80%', 80],
  ['0%', 0],
  ['100%', 100],
  ['87.5%', 87.5],
  ['5 %', 5],
  [' 080%\t', 80],
] as const)
  it(`${JSON.stringify(text)} is ${percent}`, () => {
    assert.deepEqual(parsePercent(text), { percent });
    assert.match(text.trim(), new RegExp(PERCENT_PATTERN));
  });

const WANT = 'want a percentage such as 80%';
for (const [text, complaint] of [
  ['', WANT],
  ['%', WANT],
  ['eighty%', WANT],
  ['80%%', WANT],
  ['-1%', WANT],
  ['+80%', WANT],
  ['.5%', WANT],
  ['5.%', WANT],
  ['87.25%', WANT],
  ['1e1%', WANT],
  ['80,5%', WANT],
  ['80\n%', WANT],
  ['٨٠%', WANT],
  ['80', 'want a percentage with its sign, such as 80%'],
  ['0.8', 'want a percentage with its sign, such as 80%'],
  ['100.1%', 'want at most 100%'],
  ['999999999%', 'want at most 100%'],
  ['9'.repeat(400), WANT],
] as const)
  it(`${JSON.stringify(text.slice(0, 12))} is none`, () => {
    assert.deepEqual(parsePercent(text), { complaint });
  });

it('more than all is taken where it is asked for', () => {
  assert.deepEqual(parsePercent('120%', 200), { percent: 120 });
  assert.deepEqual(parsePercent('200.1%', 200), { complaint: 'want at most 200%' });
});

it('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), (tenths) => {
      assert.deepEqual(parsePercent(exactPercent(tenths / 10)), { percent: tenths / 10 });
    }),
    random(300, 20261122),
  );
});
