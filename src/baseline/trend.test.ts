// Baselines put together by what can be compared, and how that reads.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPaint } from '../messages/paint.ts';
import type { Baseline } from './baseline-document.ts';
import { trendsOf } from './trend.ts';
import { renderTrends } from './trend-text.ts';

function measured(day: string, megabytes: number, more: Partial<Baseline> = {}): Baseline {
  const row = {
    bytesPerSecond: megabytes * 1e6,
    iops: 1,
    latencyP50Ns: 1,
    latencyP99Ns: 90_000,
    latencyP999Ns: 1,
  };
  return {
    at: `${day}T12:00:00.000Z`,
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
    rows: [
      { name: 'random-read-depth-1', ...row, options: [] },
      { name: 'append-fdatasync', ...row, bytesPerSecond: 5e6, options: [] },
    ],
    ...more,
  };
}

const OTHER = { disk: { id: 'uuid:1', names: ['loop0'], models: [] } };
const ALL = [
  measured('2026-01-01', 200),
  measured('2026-01-02', 900, { mode: 'full' }),
  measured('2026-01-03', 150, OTHER),
  measured('2026-02-01', 210),
  measured('2026-03-01', 120),
];

describe('trendsOf', () => {
  it('puts those together that can be compared, the one measured last first', () => {
    assert.deepEqual(
      trendsOf(ALL, 0).map(({ disk, mode, baselines }) => [
        disk,
        mode,
        baselines.map(({ at }) => at.slice(0, 10)),
      ]),
      [
        ['serial:S1', 'quick', ['2026-01-01', '2026-02-01', '2026-03-01']],
        ['uuid:1', 'quick', ['2026-01-03']],
        ['serial:S1', 'full', ['2026-01-02']],
      ],
    );
  });
  it('leaves out what is older', () => {
    const recent = trendsOf(ALL, Date.parse('2026-02-01T12:00:00Z'));
    assert.deepEqual(
      recent.map(({ baselines }) => baselines.length),
      [2],
    );
  });
});

describe('renderTrends', () => {
  it('has the first and the last of each, and of a single one its figures', () => {
    assert.deepEqual(renderTrends(trendsOf(ALL.slice(2), 0), createPaint(false)), [
      '',
      '  disk serial:S1, bench --quick: measured 2 times from 2026-02-01 to 2026-03-01',
      '  SPEED                        FIRST       LAST  CHANGE  P99 FIRST  P99 LAST',
      '  read 4 KiB, depth 1       210 MB/s   120 MB/s   -43 %    90.0 µs   90.0 µs',
      '  append 8 KiB, fdatasync  5.00 MB/s  5.00 MB/s     0 %    90.0 µs   90.0 µs',
      '',
      '  disk uuid:1, bench --quick: measured on 2026-01-03',
      '  SPEED                    BANDWIDTH      P99',
      '  read 4 KiB, depth 1       150 MB/s  90.0 µs',
      '  append 8 KiB, fdatasync  5.00 MB/s  90.0 µs',
    ]);
  });
  it('fits a terminal, whatever the disk is called', () => {
    const long = measured('2026-01-01', 1, { disk: { id: `uuid:${'f'.repeat(36)}`, names: [], models: [] } });
    const lines = renderTrends(
      trendsOf([long, measured('2026-01-02', 12_345, { disk: long.disk })], 0),
      createPaint(false),
    );
    assert.ok(lines.every((line) => line.split('\n').every((one) => one.length <= 80)));
  });
});
