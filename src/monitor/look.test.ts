// Looks at the disk between samples: what they tell, remember and start, and that they keep quiet where nothing can be kept.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryFileSystem, MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Answer, Context } from '../command/context.ts';
import type { History } from '../history/history.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { diagnostic, Problem } from '../messages/diagnostic.ts';
import { lookCommand } from './look.ts';
import type { LookResult } from './look-document.ts';
import { monitorCommand } from './monitor.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');
const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const TOLD: Monitoring = {
  ...builtInMonitoring,
  alerts: {
    ...builtInMonitoring.alerts,
    channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv: ['/bin/true'] }],
  },
};

interface Watched {
  readonly host: MemoryHost;
  /** Of the disk, from now on. */
  use(percent: number): void;
  look(minutes: number, more?: Partial<Context>): Promise<Answer<LookResult>>;
  sample(minutes: number): Promise<string>;
  /** `/ CRITICAL`, the oldest first, of what was told since it was asked last. */
  told(): readonly string[];
  /** The history as it is. */
  kept<T>(ask: (history: History) => T): T;
}

function watched(monitoring: Monitoring = TOLD): Watched {
  let percent = 50;
  const made = createHost({ fileSystem: NVME });
  for (const name of ['kafka', 'redis']) made.prepare.directory(`${BASE}/${name}/data`);
  const changed = <T extends Pick<MemoryFileSystem, 'sizeBytes'>>(fs: T): T => ({
    ...fs,
    sizeBytes: 1e12,
    freeBytes: 1e12 - percent * 1e10,
    availableBytes: 1e12 - percent * 1e10,
  });
  const host: MemoryHost = {
    ...made,
    fileSystem: (path) => changed(made.fileSystem(path)),
    askFileSystem: (path) => ({
      within: async (milliseconds) => {
        const answer = await made.askFileSystem(path).within(milliseconds);
        return answer === null || 'error' in answer ? answer : changed(answer);
      },
    }),
  };
  const context = (minutes: number, more: Partial<Context> = {}) =>
    contextOf(host, LAYOUT, {
      monitoring,
      now: () => new Date(START + minutes * MINUTE).toISOString(),
      ...more,
    });
  let seen = 0;
  const kept = <T>(ask: (history: History) => T): T => {
    const history = made.history({ mode: 'read', group: null });
    assert.ok(history !== null);
    try {
      return ask(history);
    } finally {
      history.close();
    }
  };
  return {
    host,
    use: (now) => {
      percent = now;
    },
    look: (minutes, more) => lookCommand(context(minutes, more)),
    sample: async (minutes) => {
      const options = { thresholds: null, record: true, timeoutMs: null };
      return (await monitorCommand(context(minutes), options)).result?.fileSystem.status ?? '';
    },
    told: () => {
      const all = kept((history) => history.deliveries(100)).toReversed();
      const news = all.slice(seen).map(({ event }) => `${event.subject} ${event.level}`);
      seen = all.length;
      return news;
    },
    kept,
  };
}

describe('look', () => {
  it('tells what begins and ends between two samples, and adds none', async () => {
    const { use, look, sample, told, kept } = watched();
    await sample(0);
    use(92);
    const { exitCode, problems, result } = await look(60 * 2);
    assert.deepEqual(
      [exitCode, problems, result?.status, result?.disk?.usedPercent],
      [0, [], 'CRITICAL', 92],
    );
    assert.equal(result?.alerts.delivered, 1);
    await look(60 * 2 + 5);
    use(50);
    await look(60 * 2 + 30);
    assert.equal(await sample(60 * 6), 'OK');
    assert.deepEqual(told(), ['/ CRITICAL', '/ OK']);
    // The one that it had measured, since the disk moved.
    assert.equal(
      kept((history) => history.extent().samples),
      3,
    );
    const peak = kept((history) => history.looks({ ring: 'day', since: 0 }));
    assert.deepEqual(peak, [{ at: START + 2 * HOUR, usedBytes: 92e10, limitBytes: 1e12 }]);
  });

  it('counts none of the samples in a row that a level may ask for, and ends what they began', async () => {
    const { use, look, sample, told } = watched({ ...TOLD, samples: 2 });
    await sample(0);
    use(92);
    for (const minutes of [5, 10, 15, 80]) assert.equal((await look(minutes)).result?.status, 'OK');
    assert.equal(await sample(60 * 6), 'OK');
    // In a row: looks in between are not of the row.
    await look(60 * 6 + 5);
    assert.equal(await sample(60 * 12), 'CRITICAL');
    use(50);
    assert.equal((await look(60 * 13)).result?.status, 'OK');
    assert.deepEqual(told(), ['/ CRITICAL', '/ OK']);
  });

  it('has the services measured when the disk moves, once an hour', async () => {
    const { host, use, look, sample, told, kept } = watched();
    await sample(0);
    host.prepare.file(`${BASE}/kafka/data/a`, { bytes: 850e6 });
    const sooner = async (minutes: number) => (await look(minutes)).result?.sooner;
    use(60);
    assert.equal(await sooner(30), false);
    assert.equal(await sooner(65), true);
    assert.deepEqual(told(), ['kafka WARNING']);
    use(70);
    assert.deepEqual([await sooner(100), await sooner(120), await sooner(125)], [false, false, true]);
    assert.deepEqual([await sooner(200), kept((history) => history.extent().samples)], [false, 3]);
  });

  it('looks on while the services are measured', async () => {
    const { host, use, look, sample, told } = watched();
    await sample(0);
    use(60);
    let during: (() => Promise<void>) | null = null;
    const slow: MemoryHost = {
      ...host,
      measure: async (request) => {
        use(95);
        await during?.();
        assert.deepEqual(told(), ['/ CRITICAL']);
        use(60);
        return host.measure(request);
      },
    };
    await lookCommand(
      contextOf(slow, LAYOUT, { monitoring: TOLD, now: () => new Date(START + 2 * HOUR).toISOString() }),
      {
        every: (_, act) => {
          during = act;
          return () => {};
        },
      },
    );
    assert.ok(during !== null);
    assert.equal((await look(130)).result?.status, 'OK');
  });

  it('goes by what the last sample foretold', async () => {
    const { host, use, look, sample, told } = watched();
    for (let day = 0; day <= 8; day += 0.25) {
      use(50 + day * 4);
      host.prepare.file(`${BASE}/kafka/data/${day}`, { bytes: 4096 });
      await sample(day * 24 * 60);
    }
    assert.deepEqual(told(), ['/ WARNING']);
    assert.equal((await look(8 * 24 * 60 + 5)).result?.status, 'WARNING');
    assert.deepEqual(told(), []);
  });

  it('wants root, and leaves it to another one that is at work', async () => {
    const { host } = watched();
    const somebodys = contextOf(createHost({ effectiveUid: 1000 }), LAYOUT);
    await assert.rejects(lookCommand(somebodys), /without root/);
    const taken = { ...host, lookTurn: () => ({ is: 'taken' as const, hangs: () => {}, end: () => {} }) };
    const { exitCode, problems, result } = await lookCommand(contextOf(taken, LAYOUT));
    assert.deepEqual([exitCode, problems, result], [0, [], null]);
  });
});

describe('look: what cannot be measured', () => {
  it('a disk that does not answer is waited for twice, told, and not asked again while somebody waits', async () => {
    const { host, look, sample, told, kept } = watched();
    await sample(0);
    host.faults.hang(BASE);
    const { exitCode, problems, result } = await look(5);
    assert.deepEqual(
      [exitCode, problems.map(({ code }) => code), result?.status, result?.disk],
      [1, ['E_NO_ANSWER'], 'UNKNOWN', null],
    );
    assert.equal(host.lookTurn().is, 'hanging');
    assert.equal((await look(10)).exitCode, 1);
    assert.deepEqual(told(), ['/ UNKNOWN']);
    assert.equal(
      kept((history) => history.levels().get('/')?.unmeasured?.why),
      'it does not answer',
    );
    host.faults.restart();
    assert.equal((await look(15)).exitCode, 0);
    assert.deepEqual(told(), ['/ OK']);
  });

  it('the samples say so too, when all is silent', async () => {
    const { host, sample, told } = watched();
    await sample(0);
    host.faults.hang(`${BASE}/kafka`);
    const silent: MemoryHost = {
      ...host,
      measure: async (request) => {
        const measured = await host.measure(request);
        const trees = measured.trees.map((tree) => ({
          ...tree,
          error: 'timeout',
          unreadable: [{ path: '', error: 'timeout' }],
        }));
        return { ...measured, trees, timedOut: true };
      },
    };
    const options = { thresholds: null, record: true, timeoutMs: 1000 };
    for (const minutes of [360, 720])
      await assert.rejects(
        monitorCommand(
          contextOf(silent, LAYOUT, {
            monitoring: TOLD,
            now: () => new Date(START + minutes * MINUTE).toISOString(),
          }),
          options,
        ),
        /does not answer/,
      );
    assert.deepEqual(told(), ['/ UNKNOWN']);
  });

  it("is not judged by another disk's numbers", async () => {
    const { host, use, look, sample, told } = watched();
    await sample(0);
    host.prepare.mount(BASE);
    use(99);
    assert.equal((await look(5)).exitCode, 1);
    await look(10);
    assert.deepEqual(told(), ['/ UNKNOWN']);
  });

  it('services that nobody has measured for two intervals are told of once, and when they are', async () => {
    const { look, sample, told, kept } = watched();
    for (const hours of [0, 6, 12, 18, 24]) await sample(hours * 60);
    for (let minutes = 24 * 60 + 5; minutes < 40 * 60; minutes += 5) await look(minutes);
    assert.deepEqual(told(), ['* UNKNOWN']);
    const since = kept((history) => history.levels().get('*')?.unmeasured?.since);
    assert.equal(since, START + 24 * HOUR);
    await sample(40 * 60);
    await look(40 * 60 + 5);
    assert.deepEqual(told(), ['* OK']);
  });

  it('after the host was off, the first sample says for how long', async () => {
    const { look, sample, told } = watched();
    for (const hours of [0, 6, 12, 18, 24]) await sample(hours * 60);
    await look(72 * 60);
    await sample(72 * 60 + 1);
    await sample(78 * 60);
    assert.deepEqual(told(), ['* OK']);
  });
});

describe('look: where the history cannot be written', () => {
  const full = new Problem(1, [diagnostic('E_HISTORY', 'cannot write the history', { detail: 'full' })]);

  for (const readable of [true, false])
    it(`each thing is told once${readable ? '' : ', and where it cannot be read either'}`, async () => {
      const { host, use, sample, look } = watched();
      await sample(0);
      const broken: MemoryHost = {
        ...host,
        history: (access) => {
          if (access.mode === 'write' || !readable) throw full;
          return host.history(access);
        },
      };
      const delivered: number[] = [];
      for (const [minutes, percent] of [
        [5, 92],
        [10, 93],
        [15, 92],
        [20, 50],
        [25, 50],
        [26 * 60, 92],
      ] as const) {
        use(percent);
        const { exitCode, problems, result } = await look(minutes, { host: broken, history: broken.history });
        assert.deepEqual([exitCode, problems], [1, full.diagnostics]);
        delivered.push(result?.alerts.delivered ?? -1);
      }
      assert.deepEqual(delivered, [1, 0, 0, 1, 0, 1]);
      // What was noted is not in the way once it can be written again.
      await look(27 * 60);
      assert.equal(host.note('unkept-look'), null);
    });
});
