// Which failure follows from which.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Draft, follow } from './follow.ts';

function draft(id: string, more: Partial<Draft> = {}): Draft {
  const about = { at: `directory /${id}`, service: null, expected: 'this', found: 'that' } as const;
  return { id, ...about, severity: 'error', status: 'fail', fix: `mend ${id}`, causes: [], ...more };
}

/** `id: because, fix` of each. */
function tied(...drafts: readonly Draft[]): readonly string[] {
  return follow(drafts).map(({ id, because, fix }) => `${id}: ${because}, ${fix}`);
}

describe('follow', () => {
  const table: readonly (readonly [string, readonly Draft[], readonly string[]])[] = [
    ['nothing follows from nothing', [draft('a'), draft('b')], ['a: null, mend a', 'b: null, mend b']],
    [
      'what follows has the fix of its cause, whichever comes first',
      [draft('b', { causes: ['a'] }), draft('a')],
      ['b: a, mend a', 'a: null, mend a'],
    ],
    [
      'what could not be tried follows too',
      [draft('a'), draft('b', { status: 'skip', causes: ['a'] })],
      ['a: null, mend a', 'b: a, mend a'],
    ],
    [
      'what holds follows from nothing',
      [draft('a'), draft('b', { status: 'pass', fix: null, causes: ['a'] })],
      ['a: null, mend a', 'b: null, null'],
    ],
    [
      'a cause that holds, could not be tried, is a warning or is not there is none',
      [
        draft('a', { status: 'pass', fix: null }),
        draft('b', { status: 'skip' }),
        draft('c', { severity: 'warning' }),
        draft('d', { causes: ['a', 'b', 'c', 'no such'] }),
      ],
      ['a: null, null', 'b: null, mend b', 'c: null, mend c', 'd: null, mend d'],
    ],
    [
      'the first cause that failed counts',
      [
        draft('a', { status: 'pass', fix: null }),
        draft('b'),
        draft('c'),
        draft('d', { causes: ['a', 'b', 'c'] }),
      ],
      ['a: null, null', 'b: null, mend b', 'c: null, mend c', 'd: b, mend b'],
    ],
    [
      'a cause that follows itself stands for what it follows from',
      [draft('c', { causes: ['b'] }), draft('b', { causes: ['a'] }), draft('a')],
      ['c: a, mend a', 'b: a, mend a', 'a: null, mend a'],
    ],
  ];
  for (const [what, drafts, expected] of table) it(what, () => assert.deepEqual(tied(...drafts), expected));

  it('a circle of causes leaves one that stands for itself', () => {
    const checks = follow([draft('a', { causes: ['b'] }), draft('b', { causes: ['a'] })]);
    const alone = checks.filter(({ because }) => because === null).map(({ id }) => id);
    assert.equal(alone.length, 1);
    assert.ok(checks.every(({ because }) => because === null || because === alone[0]));
  });
});
