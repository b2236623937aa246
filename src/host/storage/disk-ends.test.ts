// Where the ends of a disk are, and that every state in which writing them can be cut short is known as one between two.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { END_BLOCK_BYTES, END_BYTES, endsOf } from '../../port/saved-disk.ts';
import { describeEnds, isBetween } from './disk-ends.ts';

const MIB = 1024 ** 2;

describe('the ends of a disk', () => {
  for (const [sizeBytes, want] of [
    [4e12, [0, END_BYTES, 4e12 - END_BYTES, 4e12]],
    [32 * MIB, [0, 16 * MIB, 16 * MIB, 32 * MIB]],
    [20 * MIB, [0, 16 * MIB, 16 * MIB, 20 * MIB]],
    [8 * MIB, [0, 8 * MIB, 8 * MIB, 8 * MIB]],
    [0, [0, 0, 0, 0]],
  ] as const)
    it(`of ${sizeBytes} bytes do not overlap`, () => {
      assert.deepEqual(
        endsOf(sizeBytes).flatMap(({ from, to }) => [from, to]),
        want,
      );
    });

  const block = (fill: number) => Buffer.alloc(END_BLOCK_BYTES, fill);
  const [saved, other, zeros] = [
    Buffer.concat([block(1), block(2), block(3)]),
    Buffer.concat([block(4), block(2), block(6)]),
    Buffer.alloc(3 * END_BLOCK_BYTES),
  ];

  it('are between two states, block by block, and else are not', () => {
    const mixtures = [saved, zeros].flatMap((first) =>
      [saved, zeros].flatMap((second) =>
        [saved, zeros].map((third) =>
          Buffer.concat(
            [first, second, third].map((one, i) =>
              one.subarray(i * END_BLOCK_BYTES, (i + 1) * END_BLOCK_BYTES),
            ),
          ),
        ),
      ),
    );
    for (const mixture of mixtures) assert.equal(isBetween(mixture, [saved, null]), true);
    for (const [i] of saved.subarray(0, 3).entries()) {
      const changed = Buffer.from(saved);
      changed[i * END_BLOCK_BYTES + 7] = 99;
      assert.equal(isBetween(changed, [saved, null]), false);
    }
    assert.equal(isBetween(other, [saved, null]), false);
    assert.equal(isBetween(other, [saved, other]), true);
  });

  it('are between nothing where one of the two is not kept, or of another size', () => {
    assert.equal(isBetween(saved, [saved, undefined]), false);
    assert.equal(isBetween(saved, []), false);
    assert.equal(isBetween(saved, [saved.subarray(1), null]), false);
    const { isZero, isBetween: between } = describeEnds(zeros);
    assert.deepEqual([isZero, between], [true, false]);
  });
});
