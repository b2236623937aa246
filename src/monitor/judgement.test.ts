// What a measurement means where the clock on the wall is wrong: since when a level is, what is told, what is forecast.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { DISK, type History } from '../history/history.ts';
import { builtInMonitoring, type Monitoring } from '../layout/monitoring.ts';
import { DAY_MS, HOUR_MS } from '../space/thinning.ts';
import { monitorCommand } from './monitor.ts';

const LAYOUT = smallLayout('kafka');
const START = Date.UTC(2026, 0, 1);
const TOLD: Monitoring = {
  ...builtInMonitoring,
  // A program that does not exist: what must be told waits, and can be counted.
  alerts: {
    ...builtInMonitoring.alerts,
    attempts: 1,
    channels: [{ name: 'pager', from: 'WARNING', type: 'command', argv: ['/no/such/program'] }],
  },
};

function fullHost(): MemoryHost {
  const used = { sizeBytes: 1e12, freeBytes: 5e10, availableBytes: 5e10 };
  const made = createHost({ fileSystem: { ...NVME, ...used } });
  made.prepare.directory('/data/jts/hot/kafka/data');
  return made;
}

/** So long after the start, on a machine that was started a day before, with a clock on the wall that is wrong by `offMs`. */
async function record(host: MemoryHost, afterMs: number, wall = START + afterMs): Promise<readonly string[]> {
  host.setClock({ boot: 'one', boottimeMs: DAY_MS + afterMs + 0.25 });
  const context = contextOf(host, LAYOUT, { now: () => new Date(wall).toISOString(), monitoring: TOLD });
  const { result } = await monitorCommand(context, { thresholds: null, record: true, timeoutMs: null });
  return result?.history.notes ?? [];
}

function inHistory<T>(host: MemoryHost, ask: (history: History) => T): T {
  const history = host.history({ mode: 'read', group: null });
  assert.ok(history !== null);
  return ask(history);
}

const since = (host: MemoryHost) => inHistory(host, (history) => history.levels().get(DISK)?.since);
const told = (host: MemoryHost) =>
  inHistory(host, (history) =>
    history
      .deliveries(99)
      .map(({ event }) => [event.level, event.kind, event.at - START, (event.since ?? 0) - START]),
  ).toReversed();

describe('a clock that is wrong', () => {
  for (const [where, wrong] of [
    ['in 1970', 60_000],
    ['ten years ahead', Date.UTC(2036, 0, 1)],
  ] as const)
    it(`${where} for one run: the level lasts since it began, and is repeated when it is time`, async () => {
      const host = fullHost();
      for (let hours = 0; hours < 12; hours += 6) await record(host, hours * HOUR_MS);
      assert.match((await record(host, 12 * HOUR_MS, wrong)).join(), /the clock jumped/);
      for (let hours = 18; hours <= 30; hours += 6) assert.deepEqual(await record(host, hours * HOUR_MS), []);
      assert.equal(since(host), START);
      assert.deepEqual(told(host), [
        ['CRITICAL', 'change', 0, 0],
        ['CRITICAL', 'repeat', DAY_MS, 0],
      ]);
      const at = inHistory(host, (history) =>
        history.samples({ since: 0 }).map((sample) => sample.at - START),
      );
      assert.deepEqual(
        at,
        [0, 6, 12, 18, 24, 30].map((hours) => hours * HOUR_MS),
      );
      assert.equal(
        inHistory(host, (history) => history.report()?.at),
        START + 30 * HOUR_MS,
      );
    });

  it('a level that an earlier program kept as begun in 1970 began with the first sample at the earliest', async () => {
    const host = fullHost();
    await record(host, 0);
    const history = host.history({ mode: 'write', group: null });
    const levels = new Map(
      [...(history?.levels() ?? [])].map(([name, state]) => [name, { ...state, since: 60_000 }]),
    );
    history?.setLevels(levels);
    await record(host, DAY_MS);
    assert.equal(since(host), START);
    assert.deepEqual(told(host).at(-1), ['CRITICAL', 'repeat', DAY_MS, 0]);
  });

  it('grows and forecasts as if nothing had been', async () => {
    const forecasts = [];
    for (const wrong of [false, true]) {
      const host = fullHost();
      for (let hours = 0; hours < 120; hours += 6) {
        const wall = START + hours * HOUR_MS + (wrong && hours >= 60 && hours < 72 ? 3652 * DAY_MS : 0);
        await record(host, hours * HOUR_MS, wall);
      }
      forecasts.push(
        inHistory(host, (history) => JSON.parse(history.report()?.json ?? '').fileSystem.forecast),
      );
    }
    assert.equal(forecasts[0].known, true);
    assert.deepEqual(forecasts[1], forecasts[0]);
  });
});
