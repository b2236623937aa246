// Spans of time as an operator writes and reads them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { DURATION_PATTERN, exactDuration, formatDuration, MAX_SECONDS, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  const good: readonly (readonly [string, number])[] = [
    ['90s', 90],
    ['30m', 1800],
    ['6h', 21_600],
    ['7d', 604_800],
    ['2w', 1_209_600],
    ['1.5h', 5400],
    [' 6 h ', 21_600],
  ];
  for (const [text, seconds] of good)
    it(`${JSON.stringify(text)} is ${seconds} seconds`, () => {
      assert.deepEqual(parseDuration(text), { seconds });
      assert.match(text.trim(), new RegExp(DURATION_PATTERN));
    });
  for (const text of ['', '7', 'd', '-1d', '1 day', '1e3s', '0s', '0.1s', '11w3d', '4000d', '9'.repeat(40)])
    it(`refuses ${JSON.stringify(text.slice(0, 12))}`, () => assert.ok('complaint' in parseDuration(text)));

  it('reads back what exactDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_SECONDS }), (seconds) => {
        assert.deepEqual(parseDuration(exactDuration(seconds)), { seconds });
      }),
      random(100),
    );
  });
});

describe('formatDuration', () => {
  const table: readonly (readonly [number, string])[] = [
    [0, '0 s'],
    [89, '89 s'],
    [90, '2 min'],
    [3600, '60 min'],
    [7200, '2 h'],
    [172_800, '2 days'],
    [5_184_000, '9 weeks'],
    [94_608_000, '3 years'],
  ];
  for (const [seconds, text] of table)
    it(`${seconds} seconds read ${text}`, () => assert.equal(formatDuration(seconds), text));
});
