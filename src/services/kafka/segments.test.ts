// Whether what was read of a partition is whole, by which of its files were there before and after; and notes of offsets.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOffsets, renderOffsets } from './checkpoint.ts';
import { type Files, judge, topicOf } from './segments.ts';

const name = (base: number) => `${String(base).padStart(20, '0')}.log`;

/** `0:1` is the segment that begins at 0, in the file 1; `0:1*` the same file, written to since; `x` another file. */
function files(text: string): Files {
  return new Map(
    text
      .split(' ')
      .filter(Boolean)
      .map((word) => {
        const [, base = '', inode = '', more = ''] = /^(\w+):(\d+)(\*?)$/.exec(word) ?? [];
        const file = /^\d+$/.test(base) ? name(Number(base)) : `${name(0)}.${base}`;
        return [file, { inode, changed: `${inode}${more}` }] as const;
      }),
  );
}

const TABLE: readonly (readonly [what: string, before: string, after: string, judged: string])[] = [
  ['nothing changed', '0:1 100:2', '0:1 100:2', 'whole'],
  ['the last one was written to', '0:1 100:2', '0:1 100:2*', 'whole'],
  ['others were begun', '0:1 100:2', '0:1 100:2* 200:3 300:4', 'whole'],
  ['it was empty, and is written to', '', '0:1', 'whole'],
  ['retention took the first one away', '0:1 100:2 200:3', '100:2 200:3*', 'whole from 100'],
  ['retention took all away', '0:1 100:2', '200:3', 'changed'],
  [
    'one in the middle is gone: compaction put both into the first',
    '0:1 100:2 200:3',
    '0:4 200:3',
    'changed',
  ],
  ['one in the middle is gone', '0:1 100:2 200:3', '0:1 200:3', 'changed'],
  ['compaction wrote the first one anew', '0:1 100:2', '0:4 100:2', 'changed'],
  ['an earlier one was written to', '0:1 100:2', '0:1* 100:2', 'changed'],
  ['compaction was at it before', '0:1 swap:5 100:2', '0:1 100:2', 'changed'],
  ['compaction was at it afterwards', '0:1 100:2', '0:1 swap:5 100:2', 'changed'],
  ['the last one is gone', '0:1 100:2', '0:1', 'changed'],
  ['a snapshot of the metadata is gone', '0:1 checkpoint:7', '0:1', 'changed'],
];

describe('a partition that was read while its broker ran', () => {
  for (const [what, before, after, want] of TABLE)
    it(`${what}: ${want}`, () => {
      const found = judge(files(before), files(after));
      const startsAt = found.is === 'whole' && found.startsAt !== null ? ` from ${found.startsAt}` : '';
      assert.equal(`${found.is}${startsAt}`, want);
    });

  it('under second names is known by its inodes alone', () => {
    const linked = { isLinked: true };
    assert.equal(judge(files('0:1 100:2'), files('0:1* 100:2*'), linked).is, 'whole');
    assert.equal(judge(files('0:1 100:2'), files('0:4* 100:2*'), linked).is, 'changed');
  });

  it('whose directory is gone is gone; of metadata the first segment may not go', () => {
    assert.deepEqual(judge(files('0:1'), undefined), { is: 'gone' });
    assert.deepEqual(judge(files('0:1 100:2'), files('100:2'), { isWhole: true }), { is: 'changed' });
  });
});

it('directories of partitions are told from others, and from what is on its way out', () => {
  const hex = '2960dabf25dd4dffb0c8cfb8167083cc';
  assert.deepEqual(
    ['orders-0', 'a-b.c_d-12', `orders-0.${hex}-delete`, `orders-0.${hex}-stray`, 'lost+found', 'orders'].map(
      topicOf,
    ),
    ['orders', 'a-b.c_d', null, null, null, null],
  );
});

it('notes of offsets are read and written as a broker has them', () => {
  const text = '0\n2\ntrades 0 1155\n__consumer_offsets 12 87\n';
  const offsets = parseOffsets(text);
  assert.deepEqual(
    [...offsets],
    [
      ['trades-0', 1155],
      ['__consumer_offsets-12', 87],
    ],
  );
  assert.equal(renderOffsets(offsets), text);
  assert.deepEqual([...parseOffsets(null)], []);
});
