// Ranges of time, changes and rules in words.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeText, etaText, firedText } from './outlook.ts';
import type { Fired } from './outlook-document.ts';

const DAY = 86_400;

describe('a time to full', () => {
  const table: readonly (readonly [number | null, number | null, string | null])[] = [
    [12 * DAY, 19 * DAY, '12–19 days'],
    [40 * 3600, 3 * DAY, '40 h–3 days'],
    [12 * DAY, 12.2 * DAY, '12 days'],
    [12 * DAY, null, '12 days or later'],
    [0, 0, 'now'],
    [0, 2 * 3600, '0 s–2 h'],
    [0, null, 'now or later'],
    [null, null, null],
  ];
  for (const [earliestSeconds, latestSeconds, text] of table)
    it(`${earliestSeconds} to ${latestSeconds} s: ${text}`, () =>
      assert.equal(etaText({ earliestSeconds, likelySeconds: earliestSeconds, latestSeconds }), text));
});

it('a change has its sign, and what is not known a question mark', () => {
  assert.deepEqual([12e9, -3e6, 0, null].map(changeText), ['+12.0 GB', '-3.00 MB', '0 B', '?']);
});

describe('a rule that fired', () => {
  const table: readonly (readonly [Fired, 'disk' | 'plan', string])[] = [
    [
      { rule: 'used', level: 'CRITICAL', value: 91.2, threshold: 90 },
      'disk',
      'used 91.2 %, critical from 90 %',
    ],
    [
      { rule: 'used', level: 'CRITICAL', value: 89, threshold: 90 },
      'disk',
      'used 89.0 %, critical from 90 % until clearly better',
    ],
    [
      { rule: 'free', level: 'WARNING', value: 2e10, threshold: 2.5e10 },
      'plan',
      '20.0 GB left, warning at 25.0 GB or less',
    ],
    [
      { rule: 'inodes', level: 'WARNING', value: 85, threshold: 80 },
      'disk',
      "uses 85.0 % of the file system's inodes, warning from 80 %",
    ],
    [
      { rule: 'full-in', level: 'WARNING', value: 40 * 3600, threshold: 3 * DAY },
      'disk',
      'full in about 40 h, warning within 3 days',
    ],
    [
      { rule: 'full-in', level: 'WARNING', value: 40 * 3600, threshold: 3 * DAY },
      'plan',
      'at its plan in about 40 h, warning within 3 days',
    ],
  ];
  for (const [fired, whole, text] of table) it(text, () => assert.equal(firedText(fired, whole), text));
});
