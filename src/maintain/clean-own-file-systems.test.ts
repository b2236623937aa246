// clean of services that have file systems of their own, on a host in memory: each through a trash on its own one, which its
// user cannot fake, and never onto or from another file system.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Answer } from '../command/context.ts';
import type { Layout } from '../layout/layout.ts';
import { createPaint } from '../messages/paint.ts';
import { builtInLayout } from '../services/index.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { type CleanFlags, cleanCommand } from './clean.ts';
import type { CleanResult } from './clean-document.ts';
import { renderClean } from './clean-text.ts';

const BASE = '/data/jts/hot';
const [BACKUP, CLICKHOUSE] = [`${BASE}/backup`, `${BASE}/clickhouse`];
const UUIDS = ['0a1b2c3d-0000-8000-8000-00000000000a', '0a1b2c3d-0000-8000-8000-00000000000b'] as const;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27, 3);
const LAYOUT: Layout = {
  ...builtInLayout,
  services: builtInLayout.services.filter(({ name }) => ['backup', 'clickhouse', 'docker'].includes(name)),
};
const GOES = [`${BACKUP}/staging/old`, `${CLICKHOUSE}/tmp/x.tmp`];
const STAYS = [`${BACKUP}/staging/young`, `${CLICKHOUSE}/data/z.tmp`];
const TRASHES = [BACKUP, CLICKHOUSE].map((at) => `${at}/.jts-hot-trash`);

async function filled(): Promise<MemoryHost> {
  const host = createHost({
    mounts: [
      { service: 'backup', path: BACKUP, uuid: UUIDS[0] },
      { service: 'clickhouse', path: CLICKHOUSE, uuid: UUIDS[1] },
    ],
  });
  host.prepare.directory(BASE);
  for (const [i, path] of [BACKUP, CLICKHOUSE].entries()) {
    host.prepare.directory(path);
    host.prepare.mount(path, 'ext4', UUIDS[i]);
  }
  const { exitCode } = await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
  put(host, `${BACKUP}/staging/old`, 20);
  put(host, `${BACKUP}/staging/young`, 2);
  put(host, `${CLICKHOUSE}/tmp/x.tmp`, 3);
  put(host, `${CLICKHOUSE}/data/z.tmp`, 300);
  return host;
}

function put(host: MemoryHost, path: string, days: number): void {
  host.prepare.file(path, { bytes: 4096, changedAt: NOW - days * DAY });
}

function clean(host: MemoryHost, flags: Partial<CleanFlags> = {}, at = NOW): Promise<Answer<CleanResult>> {
  const all = { service: null, deletes: false, trashes: false, trustsClock: false, isDry: false, ...flags };
  const now = () => new Date(at).toISOString();
  return cleanCommand(contextOf(host, LAYOUT, { now, invocation: 'clean' }), all);
}

function there(host: MemoryHost, ...paths: readonly string[]): readonly boolean[] {
  return paths.map((path) => host.entry(path).type !== 'missing');
}

describe('clean of file systems of services’ own', () => {
  it('goes through a trash on each, which rollback empties again', async () => {
    const host = await filled();
    const before = host.snapshot();
    const dry = await clean(host, { isDry: true });
    assert.equal(host.snapshot(), before);
    assert.deepEqual(
      dry.result?.things.map(({ path }) => path),
      [...GOES].toSorted(),
    );
    const { result, exitCode } = await clean(host);
    assert.deepEqual([exitCode, result?.outcome, result?.done, result?.stepCount], [0, 'applied', 4, 4]);
    assert.deepEqual(there(host, ...GOES, ...STAYS), [false, false, true, true]);
    for (const trash of TRASHES) {
      assert.equal(host.names(trash).length, 1);
      const entry = host.entry(trash);
      assert.deepEqual(['uid' in entry && entry.uid, 'mode' in entry && entry.mode], [0, '0700']);
    }
    assert.equal(host.entry(`${BASE}/.jts-hot-trash`).type, 'missing');
    assert.deepEqual(
      result?.ownTrashes?.map(({ service, path }) => [service, path]),
      [
        ['clickhouse', TRASHES[1]],
        ['backup', TRASHES[0]],
      ].toSorted(),
    );
    assert.equal((await clean(host)).result?.outcome, 'unchanged');
    await rollbackCommand(contextOf(host, LAYOUT), null);
    assert.equal(host.snapshot(), before);
  });

  it('deletes there what is due, and says what waits in which trash', async () => {
    const host = await filled();
    await clean(host);
    const { result } = await clean(host, {}, NOW + 3 * DAY);
    assert.ok(result !== null);
    assert.match(
      renderClean(result, createPaint(false), 'clean'),
      /In the trash of backup before: 1 thing, 4\.10 kB\.\nOf these 1 thing.*\nIn the trash of clickhouse before/,
    );
    const gone = await clean(host, { deletes: true }, NOW + 3 * DAY);
    assert.deepEqual([gone.exitCode, gone.result?.freedBytes], [0, 8192]);
    assert.deepEqual(
      TRASHES.map((trash) => host.names(trash)),
      [[], []],
    );
  });

  it('leaves alone the one where somebody made something of that name, and cleans the others', async () => {
    for (const [prepare, code] of [
      [
        (host: MemoryHost) => host.prepare.directory(TRASHES[1] ?? '', { mode: '0700', uid: 60_001 }),
        'E_TRASH_OPEN',
      ],
      [(host: MemoryHost) => host.prepare.link(TRASHES[1] ?? '', '/etc'), 'E_IN_THE_WAY'],
    ] as const) {
      const host = await filled();
      prepare(host);
      const etc = host.entry('/etc');
      const { exitCode, problems, result } = await clean(host, { deletes: true });
      assert.deepEqual(
        [exitCode, problems.map((one) => [one.code, one.at, one.fix])],
        [1, [[code, TRASHES[1], null]]],
      );
      assert.deepEqual(there(host, ...GOES), [false, true]);
      assert.match(result?.places.find(({ service }) => service === 'clickhouse')?.error ?? '', /trash/);
      assert.deepEqual(host.entry('/etc'), etc);
    }
  });

  it('cleans no place on a file system that is mounted there undeclared', async () => {
    const host = await filled();
    host.prepare.mount(`${CLICKHOUSE}/tmp`);
    put(host, `${CLICKHOUSE}/tmp/new.tmp`, 9);
    const { result } = await clean(host);
    assert.deepEqual(there(host, `${CLICKHOUSE}/tmp/new.tmp`), [true]);
    assert.match(result?.places.find(({ path }) => path === `${CLICKHOUSE}/tmp`)?.error ?? '', /mount point/);
  });

  it('gives back what is opened meanwhile on each', async () => {
    const host = await filled();
    const { perform } = host;
    const held: string[] = [];
    const opening: MemoryHost = {
      ...host,
      perform(operation) {
        if (operation.type === 'moveToTrash') {
          host.prepare.hold(operation.path);
          held.push(operation.path);
        }
        perform(operation);
      },
    };
    const { result } = await clean(opening);
    assert.deepEqual(held.toSorted(), [...GOES].toSorted());
    assert.deepEqual(there(host, ...GOES), [true, true]);
    assert.equal(result?.leftCount, 2);
  });

  it('killed anywhere, the same command goes on and rollback brings all back', async () => {
    const start = await filled();
    const before = start.snapshot();
    const whole = start.clone();
    await clean(whole);
    for await (const { host, at } of killedAnywhere(start, whole, (one) => clean(one))) {
      assert.equal((await clean(host, {}, NOW + 60_000)).exitCode, 0, at);
      assert.deepEqual(there(host, ...GOES, ...STAYS), [false, false, true, true], at);
      await rollbackCommand(contextOf(host, LAYOUT), null);
      assert.equal(host.snapshot(), before, at);
    }
  });
});
