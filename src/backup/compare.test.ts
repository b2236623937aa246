import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Count } from '../services/backing-up.ts';
import { misfits } from './compare.ts';

const exact = (what: string, count: number): Count => ({ what, count, isExact: true });
const about = (what: string, count: number): Count => ({ what, count, isExact: false });

for (const [name, before, after, found, want] of [
  ['the same', [exact('a', 1)], [exact('a', 1)], [exact('a', 1)], []],
  ['fewer', [exact('a', 2)], [exact('a', 2)], [exact('a', 1)], ['a: want 2, found 1']],
  ['more', [exact('a', 2)], [exact('a', 2)], [exact('a', 3)], ['a: want 2, found 3']],
  ['between, growing', [exact('a', 2)], [exact('a', 9)], [exact('a', 5)], []],
  ['between, shrinking', [exact('a', 9)], [exact('a', 2)], [exact('a', 5)], []],
  ['outside of both', [exact('a', 2)], [exact('a', 9)], [exact('a', 10)], ['a: want 2 to 9, found 10']],
  ['gone', [exact('a', 0)], [exact('a', 0)], [], ['a: want it, found none']],
  ['an estimate', [about('a', 2)], [about('a', 2)], [exact('a', 900)], []],
  ['an estimate of what is gone', [about('a', 2)], [about('a', 2)], [], ['a: want it, found none']],
  ['exact before only', [exact('a', 2)], [about('a', 2)], [exact('a', 900)], []],
  ['dropped meanwhile', [exact('a', 2)], [], [], []],
  ['made meanwhile', [], [exact('a', 2)], [exact('a', 1)], []],
  ['from nowhere', [], [], [exact('a', 1)], ['a: want none, found it']],
] as const)
  test(`counts: ${name}`, () => {
    assert.deepEqual(misfits({ before, after }, found), want);
  });
