// What `history` answers: which samples, of what, since when, and what it says where there are none.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { DISK, type Use } from '../history/history.ts';
import { Problem } from '../messages/diagnostic.ts';
import { DAY_MS, HOUR_MS } from '../space/thinning.ts';
import { type HistoryOptions, historyCommand } from './history.ts';
import type { HistoryResult } from './history-document.ts';

const LAYOUT = smallLayout('kafka', 'redis');
const NOW = Date.UTC(2026, 0, 10);
const ALL: HistoryOptions = { service: null, sinceSeconds: null };

function record(host: MemoryHost, at: number, uses: Readonly<Record<string, number>>): void {
  const history = host.history({ mode: 'write', group: null });
  const use = (usedBytes: number): Use => ({ usedBytes, inodes: 2, limitBytes: 1000 });
  history?.append({ at, uses: new Map(Object.entries(uses).map(([name, bytes]) => [name, use(bytes)])) });
  history?.close();
}

function ask(host: MemoryHost, options: Partial<HistoryOptions> = {}): HistoryResult {
  const context = contextOf(host, LAYOUT, { now: () => new Date(NOW).toISOString() });
  const { exitCode, problems, result } = historyCommand(context, { ...ALL, ...options });
  assert.deepEqual([exitCode, problems], [0, []]);
  assert.ok(result !== null);
  return result;
}

function refusal(host: MemoryHost, options: Partial<HistoryOptions> = {}): Problem {
  try {
    ask(host, options);
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  assert.fail('want a Problem, found none');
}

const changes = ({ subjects }: HistoryResult) =>
  subjects.map(({ subject, changeBytes, samples }) => [
    subject,
    changeBytes,
    samples.map((sample) => [sample.usedBytes, sample.changeBytes]),
  ]);

describe('history of baselines', () => {
  const json = JSON.stringify({
    at: '2026-01-09T00:00:00.000Z',
    mode: 'quick',
    disk: { id: 'serial:S1', names: [], models: [] },
    file: { directory: '/', bytes: 1, direct: true },
    rows: [
      { name: 'mixed-read', bytesPerSecond: 5, iops: 1, latencyP50Ns: 1, latencyP99Ns: 2, latencyP999Ns: 3 },
    ],
  });
  const host = createHost();
  const history = host.history({ mode: 'write', group: null });
  history?.transaction(() =>
    history.keep({ kind: 'baseline', subject: 'serial:S1', at: NOW - DAY_MS, json }),
  );
  history?.close();
  const counts = (options: Partial<HistoryOptions> = {}) =>
    ask(host, options).baselines.map(({ disk, baselines }) => [disk, baselines.length]);

  it('is shown before any sample, of all and of the disk, and not of a service', () => {
    assert.deepEqual(counts(), [['serial:S1', 1]]);
    assert.deepEqual(counts({ service: 'disk' }), [['serial:S1', 1]]);
    record(host, NOW - HOUR_MS, { kafka: 1 });
    assert.deepEqual(counts({ service: 'kafka' }), []);
  });

  it('is not shown of an earlier time than asked for', () => {
    assert.deepEqual(counts({ sinceSeconds: 3600 }), []);
    assert.deepEqual(counts({ sinceSeconds: 2 * 86_400 }), [['serial:S1', 1]]);
  });
});

describe('history', () => {
  const host = createHost();
  record(host, NOW - 3 * DAY_MS, { redis: 50, [DISK]: 100, kafka: 10, gone: 1 });
  record(host, NOW - 2 * DAY_MS, { [DISK]: 150, kafka: 30 });
  record(host, NOW - HOUR_MS, { redis: 20, [DISK]: 120, kafka: 35 });

  it('gives the change a day, where the samples cover one', () => {
    const perDay = (result: HistoryResult) => result.subjects.map((one) => [one.subject, one.perDayBytes]);
    // From 3 days ago to an hour ago.
    const days = 3 - 1 / 24;
    assert.deepEqual(perDay(ask(host)), [
      [DISK, 20 / days],
      ['gone', null],
      ['kafka', 25 / days],
      ['redis', -30 / days],
    ]);
    assert.deepEqual(perDay(ask(host, { sinceSeconds: 86_400 })), [
      [DISK, null],
      ['kafka', null],
      ['redis', null],
    ]);
  });

  it('gives all subjects, the disk first, with the change from one sample to the next and over all', () => {
    const result = ask(host);
    assert.deepEqual(changes(result), [
      [
        DISK,
        20,
        [
          [100, null],
          [150, 50],
          [120, -30],
        ],
      ],
      ['gone', 0, [[1, null]]],
      [
        'kafka',
        25,
        [
          [10, null],
          [30, 20],
          [35, 5],
        ],
      ],
      [
        'redis',
        -30,
        [
          [50, null],
          [20, -30],
        ],
      ],
    ]);
    assert.deepEqual(result.recorded, {
      samples: 3,
      first: '2026-01-07T00:00:00.000Z',
      last: '2026-01-09T23:00:00.000Z',
      ageSeconds: 3600,
    });
    assert.deepEqual([result.service, result.since, result.condensed, result.notes], [null, null, false, []]);
    assert.equal(result.subjects[0]?.samples[0]?.at, '2026-01-07T00:00:00.000Z');
  });

  it('gives one service, or the disk, since a time', () => {
    const kafka = ask(host, { service: 'kafka', sinceSeconds: (2 * DAY_MS) / 1000 });
    assert.deepEqual([kafka.service, kafka.since], ['kafka', '2026-01-08T00:00:00.000Z']);
    assert.deepEqual(changes(kafka), [
      [
        'kafka',
        5,
        [
          [30, null],
          [35, 5],
        ],
      ],
    ]);
    assert.deepEqual(
      ask(host, { service: 'disk' }).subjects.map(({ subject }) => subject),
      [DISK],
    );
    assert.deepEqual(ask(host, { sinceSeconds: 60 }).subjects, []);
  });

  it('knows services that have left the layout, and those that were never measured', () => {
    assert.equal(ask(host, { service: 'gone' }).subjects.length, 1);
    const young = createHost();
    record(young, NOW, { kafka: 1 });
    assert.deepEqual(ask(young, { service: 'redis' }).subjects, []);
  });

  it('condensed: a few hundred of many, the newest among them', () => {
    const long = createHost();
    const history = long.history({ mode: 'write', group: null });
    const count = 1000;
    history?.transaction(() => {
      for (let i = 1; i <= count; i += 1)
        history.append({
          at: NOW - (count - i) * 6 * HOUR_MS,
          uses: new Map([[DISK, { usedBytes: i, inodes: 0, limitBytes: 1 }]]),
        });
    });
    const { subjects, recorded, condensed } = ask(long, { condensed: true });
    const samples = subjects[0]?.samples ?? [];
    assert.ok(samples.length > 100 && samples.length < 260, `${samples.length}`);
    assert.equal(samples.at(-1)?.usedBytes, count);
    assert.equal(condensed, true);
    assert.equal(ask(long).subjects[0]?.samples.length, recorded.samples);
  });

  it('an unknown service: names those there are, and the nearest', () => {
    const { exitCode, diagnostics } = refusal(host, { service: 'kafak' });
    assert.equal(exitCode, 2);
    assert.deepEqual(
      diagnostics.map(({ code, detail }) => [code, detail]),
      [['E_UNKNOWN_SERVICE', ['want one of disk, kafka, redis, gone; found "kafak"', 'did you mean kafka?']]],
    );
  });

  it('nothing recorded: says so, and what to type', () => {
    const { exitCode, diagnostics } = refusal(createHost());
    assert.equal(exitCode, 1);
    assert.equal(diagnostics[0]?.code, 'E_NO_HISTORY');
    assert.equal(diagnostics[0]?.fix, 'sudo jts-hot record');
    const other = createHost({ base: '/elsewhere' });
    other.history({ mode: 'write', group: null });
    assert.equal(refusal(other).diagnostics[0]?.code, 'E_NO_HISTORY');
  });
});
