// How a history is shown: the lines of a summary and of one service, what fits, sparklines, CSV.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPaint, WIDTH } from '../messages/paint.ts';
import type { HistoryResult, HistorySample, SubjectHistory } from './history-document.ts';
import { renderHistory, renderHistoryCsv, type Sparks } from './history-text.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const PLAIN = createPaint(false);

function subject(name: string, used: readonly number[], everyHours = 6): SubjectHistory {
  const samples = used.map(
    (usedBytes, i): HistorySample => ({
      at: new Date(START + i * everyHours * HOUR).toISOString(),
      usedBytes,
      inodes: 1000 + i,
      limitBytes: 800e9,
      changeBytes: i === 0 ? null : usedBytes - (used[i - 1] ?? 0),
    }),
  );
  const changeBytes = (used.at(-1) ?? 0) - (used[0] ?? 0);
  return { subject: name, changeBytes, perDayBytes: used.length > 4 ? changeBytes / 2 : null, samples };
}

function result(subjects: readonly SubjectHistory[], more: Partial<HistoryResult> = {}): HistoryResult {
  return {
    root: '/',
    base: '/data/jts/hot',
    service: null,
    since: null,
    recorded: {
      samples: 3,
      first: '2026-01-01T00:00:00.000Z',
      last: '2026-01-01T12:00:00.000Z',
      ageSeconds: 7200,
    },
    condensed: false,
    subjects,
    baselines: [],
    cleaned: [],
    notes: [],
    ...more,
  };
}

const lines = (given: HistoryResult, sparks: Sparks = null) =>
  renderHistory(given, PLAIN, sparks).split('\n');

describe('history for people', () => {
  it('of all: a line for each, from first to last', () => {
    assert.deepEqual(lines(result([subject('/', [1e12, 1.2e12]), subject('kafka', [5e9, 7e9, 4e9])])), [
      'History of /data/jts/hot',
      '  3 samples from 2026-01-01T00:00:00Z to 2026-01-01T12:00:00Z, 2 h ago',
      '',
      '  WHAT     FIRST     LAST    CHANGE  PER DAY  OF LIMIT',
      '  disk   1.00 TB  1.20 TB   +200 GB        ?   150.0 %',
      '  kafka  5.00 GB  4.00 GB  -1.00 GB        ?     0.5 %',
    ]);
  });

  it('says the growth a day, of all and of one, where there is a day', () => {
    const disk = subject('/', [1e12, 1.1e12, 1.2e12, 1.1e12, 1.2e12]);
    assert.equal(lines(result([disk]))[4], '  disk  1.00 TB  1.20 TB  +200 GB  +100 GB   150.0 %');
    assert.equal(lines(result([disk], { service: '/' })).at(-1), '  +100 GB a day on average');
  });

  it('of one: its samples, oldest first', () => {
    assert.deepEqual(lines(result([subject('kafka', [5e9, 7e9, 7e9])], { service: 'kafka' })), [
      'History of kafka in /data/jts/hot',
      '  3 samples from 2026-01-01T00:00:00Z to 2026-01-01T12:00:00Z, 2 h ago',
      '',
      '  TIME                     USED    CHANGE  INODES  PLANNED  OF PLAN',
      '  2026-01-01T00:00:00Z  5.00 GB             1,000   800 GB    0.6 %',
      '  2026-01-01T06:00:00Z  7.00 GB  +2.00 GB   1,001   800 GB    0.9 %',
      '  2026-01-01T12:00:00Z  7.00 GB       0 B   1,002   800 GB    0.9 %',
    ]);
  });

  it('of many samples no more than fit on a screen, with the way to all of them; the newest is there', () => {
    const used = Array.from({ length: 1000 }, (_, i) => i * 1e9);
    const shown = lines(result([subject('/', used)], { service: '/' }));
    assert.ok(shown.length < 50, `${shown.length}`);
    assert.match(shown[3] ?? '', /USABLE {2}OF DISK$/);
    assert.match(shown.at(-3) ?? '', /^ {2}2026-09-07T18:00:00Z {3}999 GB /);
    assert.equal(shown.at(-1), '  one sample in 7 days; each of them: jts-hot history disk --csv');
    // The first, then one at midnight UTC each time.
    for (const line of shown.slice(4, -3)) assert.match(line, /T00:00:00Z/);
  });

  it('since a time; nothing since then; what there is to note', () => {
    const since = '2025-12-31T00:00:00.000Z';
    assert.deepEqual(lines(result([], { since, notes: ['the clock was set back'] })), [
      'History of /data/jts/hot',
      '  no sample since 2025-12-31T00:00:00Z; there are 3 samples from',
      '    2026-01-01T00:00:00Z to 2026-01-01T12:00:00Z, 2 h ago',
      '  note: the clock was set back',
    ]);
    const [, about] = lines(result([subject('kafka', [1])], { since }));
    assert.equal(about, '  since 2025-12-31T00:00:00Z, of 3 samples from 2026-01-01T00:00:00Z to');
  });

  it('fits 80 columns, whatever the names; no name plays tricks on the terminal', () => {
    const name = `${'long'.repeat(40)}\u001b[2J`;
    const given = [subject(name, [1, 2e15, 3]), subject('/', [1, 2, 3])];
    for (const sparks of [null, 'blocks', 'ascii'] as const)
      for (const line of lines(result(given), sparks)) {
        assert.ok(line.length <= WIDTH, line);
        assert.ok(!line.includes('\u001b'), line);
      }
  });
});

describe('sparklines', () => {
  const rising = subject('kafka', [0, 1, 2, 3, 4, 5, 6, 7]);
  const drawn = (given: SubjectHistory, sparks: Sparks) =>
    lines(result([given]), sparks)
      .at(-1)
      ?.replace(/^.*% {0,2}/, '');

  it('rise as the use does, in blocks or in letters; none in a log', () => {
    const [blocks = '', ascii = ''] = [drawn(rising, 'blocks'), drawn(rising, 'ascii')];
    assert.match(blocks, /^▁+▂+▃+▄+▅+▆+▇+█+$/);
    assert.match(ascii, /^_+\.+:+-+=+\++\*+#+$/);
    assert.equal(blocks.length, ascii.length);
    assert.equal(drawn(rising, null), '');
  });

  it('are level where nothing changes, and blank where nothing was recorded', () => {
    assert.match(drawn(subject('kafka', [5, 5, 5, 5]), 'ascii') ?? '', /^_+$/);
    const [first, second] = [subject('kafka', [1, 1, 1, 1], 1), subject('kafka', [9, 9, 9], 1)];
    const later = second.samples.map((sample) => ({
      ...sample,
      at: new Date(Date.parse(sample.at) + 24 * HOUR).toISOString(),
    }));
    const gap = { ...first, samples: [...first.samples, ...later] };
    assert.match(drawn(gap, 'ascii') ?? '', /^_+ {10,}#+$/);
  });
});

describe('history as CSV', () => {
  it('is RFC 4180, with times in ISO 8601 and bytes as numbers; the caller ends the last line', () => {
    const text = `${renderHistoryCsv(result([subject('/', [1e12, 9e11]), subject('a,"b"', [5])]))}\n`;
    assert.deepEqual(text.split('\r\n'), [
      'time,subject,used_bytes,inodes,limit_bytes,change_bytes',
      '2026-01-01T00:00:00.000Z,/,1000000000000,1000,800000000000,',
      '2026-01-01T06:00:00.000Z,/,900000000000,1001,800000000000,-100000000000',
      '2026-01-01T00:00:00.000Z,"a,""b""",5,1000,800000000000,',
      '',
    ]);
  });
});
