// Median, verdict and comparison, as tables.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Baseline, Row } from './baseline-document.ts';
import type { Figures } from './fio-output.ts';
import type { RowName } from './measurements.ts';
import { compare, judge, medianOf } from './verdict.ts';

function figures(bytesPerSecond: number, latencyP99Ns = 100_000): Figures {
  return { bytesPerSecond, iops: bytesPerSecond / 4096, latencyP50Ns: 1, latencyP99Ns, latencyP999Ns: 1 };
}

function row(name: RowName, bytesPerSecond: number, latencyP99Ns = 100_000): Row {
  return { name, ...figures(bytesPerSecond, latencyP99Ns), options: [] };
}

function baseline(day: number, rows: readonly Row[], more: Partial<Baseline> = {}): Baseline {
  return {
    at: `2026-03-0${day}T12:00:00.000Z`,
    program: '1',
    service: null,
    mode: 'quick',
    disk: { id: 'serial:S1', names: ['nvme0n1'], models: [] },
    fileSystem: { mountPoint: '/data', source: '/dev/nvme0n1', type: 'xfs', options: [] },
    file: { directory: '/data/staging', bytes: 1, direct: true },
    fio: '3.33',
    kernel: '6.1',
    rounds: 3,
    secondsEach: 1,
    rows,
    ...more,
  };
}

describe('medianOf', () => {
  it('takes the middle of each figure by itself, so that one bad round does not count', () => {
    const median = medianOf([figures(300, 5), figures(1, 7), figures(200, 9_000_000)]);
    assert.deepEqual([median.bytesPerSecond, median.latencyP99Ns], [200, 7]);
  });
  it('takes the mean of two', () => {
    assert.equal(medianOf([figures(100), figures(201)]).bytesPerSecond, 151);
  });
});

describe('judge', () => {
  for (const [read, sync, met] of [
    [1_000_000, 1_000_000, [true, true]],
    [1_000_001, 999_999, [false, true]],
    [80_000, 3_000_000, [true, false]],
  ] as const)
    it(`a read within ${read} ns and a sync within ${sync} ns: ${met}`, () => {
      const verdicts = judge([
        row('sequential-read', 1, 9e9),
        row('random-read-depth-1', 1, read),
        row('append-fdatasync', 1, sync),
      ]);
      assert.deepEqual(
        verdicts.map(({ isMet }) => isMet),
        met,
      );
    });
});

describe('compare', () => {
  const now = baseline(5, [row('sequential-read', 800), row('append-fdatasync', 79)]);
  const [first, last] = [
    baseline(1, [row('sequential-read', 1000), row('append-fdatasync', 99)]),
    baseline(2, [row('sequential-read', 1001), row('append-fdatasync', 1)]),
  ];

  it('has nothing to compare the first one with', () => {
    assert.equal(compare(now, []), null);
  });
  it('warns above 20 %, not at it', () => {
    assert.deepEqual(
      compare(now, [first])?.drops.map(({ name, percent }) => [name, Math.round(percent)]),
      [['append-fdatasync', 20]],
    );
    assert.deepEqual(compare(baseline(5, [row('sequential-read', 800)]), [first])?.drops, []);
  });
  it('compares with the first and the last, and names the one with the larger drop', () => {
    const compared = compare(now, [first, baseline(2, [row('sequential-read', 1)]), last]);
    assert.deepEqual([compared?.first, compared?.last], [first.at, last.at]);
    assert.deepEqual(
      compared?.drops.map(({ name, since }) => [name, since]),
      [
        ['sequential-read', last.at],
        ['append-fdatasync', first.at],
      ],
    );
  });
  it('leaves out another disk, another mode, another way', () => {
    const others = [
      { ...first, disk: { ...first.disk, id: 'serial:S2' } },
      { ...first, mode: 'full' as const },
      { ...first, file: { ...first.file, direct: false } },
    ];
    assert.equal(compare(now, others), null);
    assert.equal(compare(now, [...others, last])?.first, last.at);
  });
  it('is no drop where nothing was measured then, and none where it is faster', () => {
    const faster = baseline(6, [row('sequential-read', 5000), row('mixed-read', 1)]);
    assert.deepEqual(compare(faster, [first])?.drops, []);
  });
});
