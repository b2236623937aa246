// The picture for the person who was woken: what is told of disk, services and runs, and what is to be typed, on the memory host.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Context } from '../command/context.ts';
import { createPaint, WIDTH } from '../messages/paint.ts';
import { recordCommand } from '../monitor/monitor.ts';
import { setupCommand } from '../setup/setup.ts';
import { statusCommand } from './status.ts';
import type { StatusResult } from './status-document.ts';
import { renderStatus } from './status-text.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');
const AT = '2026-01-01T00:00:00Z';
const DAY = 86_400_000;

const later = (days: number): Partial<Context> => ({
  now: () => new Date(Date.parse(AT) + days * DAY).toISOString(),
});

async function statusOf(
  host: MemoryHost,
  more: Partial<Context> = {},
): Promise<StatusResult & { readonly exitCode: number }> {
  const { exitCode, problems, result } = await statusCommand(contextOf(host, LAYOUT, more));
  assert.ok(result !== null);
  assert.deepEqual(problems, []);
  return { exitCode, ...result };
}

async function setUp(): Promise<MemoryHost> {
  const host = createHost();
  host.prepare.directory('/data');
  host.prepare.mount('/data');
  const { exitCode } = await setupCommand(contextOf(host, LAYOUT), { adopt: [], saved: null, strict: false });
  assert.equal(exitCode, 0);
  return host;
}

describe('status', () => {
  it('of a fresh host names setup alone', async () => {
    const { exitCode, next, services, changes } = await statusOf(createHost());
    assert.equal(exitCode, 1);
    assert.deepEqual(next, [{ why: 'nothing is set up here yet', fix: 'sudo jts-hot setup', hint: null }]);
    assert.deepEqual(
      services.map(({ service, usedBytes, level }) => [service, usedBytes, level]),
      [
        ['kafka', null, null],
        ['redis', null, null],
      ],
    );
    assert.deepEqual(changes, []);
  });

  it('tells what was measured, and what its level asks for', async () => {
    const host = await setUp();
    host.prepare.file(`${BASE}/kafka/data/segment`, { bytes: 950_001_664 });
    await recordCommand(contextOf(host, LAYOUT), { timeoutMs: null });
    const { next, services, measuredAt, disk } = await statusOf(host, later(0.1));
    assert.equal(Date.parse(measuredAt ?? ''), Date.parse(AT));
    assert.deepEqual(
      services.map(({ service, level }) => [service, level]),
      [
        ['kafka', 'CRITICAL'],
        ['redis', 'OK'],
      ],
    );
    assert.equal(disk.level, 'OK');
    assert.deepEqual(
      next.map(({ why }) => why.replace(/[\d.]+ %/g, 'N %')),
      ['kafka: CRITICAL, used N %, critical from N %', 'the layout was never proved'],
    );
    assert.equal(next[0]?.hint, 'see what takes the space: sudo jts-hot usage kafka');
  });

  it('on another disk says that, and nothing of what follows from it', async () => {
    const host = await setUp();
    await recordCommand(contextOf(host, LAYOUT), { timeoutMs: null });
    host.prepare.unmount('/data');
    const { next, disk, exitCode } = await statusOf(host);
    assert.equal(exitCode, 1);
    assert.notEqual(disk.wrong, null);
    assert.deepEqual([disk.level, disk.forecast], [null, null]);
    assert.deepEqual(
      next.map(({ fix }) => fix),
      ['sudo mount UUID=00000000-0000-4000-8000-000000000002 /data'],
    );
    assert.match(next[0]?.why ?? '', /^not on its disk: want /);
  });

  it('tells runs of the last seven days, newest first, and one that was cut short with the ways on', async () => {
    const host = await setUp();
    const again = contextOf(host, smallLayout('kafka', 'redis', 'mongodb'), {
      ...later(8),
      stopRequested: (() => {
        let asked = 0;
        return () => {
          asked += 1;
          return asked > 3;
        };
      })(),
    });
    await setupCommand(again, { adopt: [], saved: null, strict: false });
    const { changes, next } = await statusOf(host, later(8.5));
    assert.deepEqual(
      changes?.map(({ run, command, state }) => [run, command, state]),
      [[2, 'setup', 'stopped']],
    );
    assert.deepEqual(next.at(-1), {
      why: 'run 2 (setup) was not finished: stopped',
      fix: null,
      hint: 'type the same command again, or go back: sudo jts-hot rollback 2',
    });
    assert.deepEqual((await statusOf(host, later(30))).changes, []);
  });

  it('without root tells what a report says that it may read, and no runs', async () => {
    const host = await setUp();
    await recordCommand(contextOf(host, LAYOUT), { timeoutMs: null });
    const { changes, services, next, measuredAt } = await statusOf(host.as(1000) as MemoryHost);
    assert.deepEqual([changes, measuredAt], [null, null]);
    assert.ok(services.every(({ state }) => state === null));
    assert.deepEqual(next[0]?.why, 'there is no report that you may read');
  });

  it('fits the screen', async () => {
    const host = await setUp();
    await recordCommand(contextOf(host, LAYOUT), { timeoutMs: null });
    const text = renderStatus(await statusOf(host), AT, createPaint(false));
    for (const line of text.split('\n')) assert.ok(line.length <= WIDTH, line);
    assert.ok(text.split('\n').length <= 24);
    assert.match(text, /^ {4}fix: sudo jts-hot validate --record$/m);
  });
});
