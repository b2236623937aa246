// clean from outside, on a host in memory: what goes and how, that rollback brings it back, and that it may die anywhere.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Answer, Context } from '../command/context.ts';
import type { Layout } from '../layout/layout.ts';
import { createPaint } from '../messages/paint.ts';
import { builtInRules } from '../services/cleaning.ts';
import { builtInLayout } from '../services/index.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { type CleanFlags, cleanCommand } from './clean.ts';
import type { CleanResult } from './clean-document.ts';
import { renderClean } from './clean-text.ts';
import { cleanedIn, cleanFacts } from './cleaned.ts';
import { stampOf } from './trash.ts';

const BASE = '/data/jts/hot';
const TRASH = `${BASE}/.jts-hot-trash`;
const STAGING = `${BASE}/backup/staging`;
const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27, 3);
const LAYOUT: Layout = {
  ...builtInLayout,
  services: builtInLayout.services.filter(({ name }) => name === 'backup' || name === 'clickhouse'),
};

async function converged(): Promise<MemoryHost> {
  const host = createHost();
  await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
  return host;
}

function put(host: MemoryHost, path: string, days: number, bytes = 4096): void {
  host.prepare.file(path, { bytes, changedAt: NOW - days * DAY });
}

/** Two backups that are old, and one that is not; a temporary file; a date ahead. */
async function filled(): Promise<MemoryHost> {
  const host = await converged();
  put(host, `${STAGING}/old`, 20);
  put(host, `${STAGING}/older`, 30, 8192);
  put(host, `${STAGING}/young`, 2);
  put(host, `${STAGING}/ahead`, -400);
  put(host, `${BASE}/clickhouse/tmp/x.tmp`, 3);
  put(host, `${BASE}/clickhouse/tmp/deep/y.tmp`, 3);
  put(host, `${BASE}/clickhouse/data/z.tmp`, 300);
  return host;
}

const FLAGS: CleanFlags = { service: null, deletes: false, trashes: false, trustsClock: false, isDry: false };

function clean(
  host: MemoryHost,
  flags: Partial<CleanFlags> = {},
  { at = NOW, ...more }: Partial<Context> & { readonly at?: number } = {},
): Promise<Answer<CleanResult>> {
  const now = () => new Date(at).toISOString();
  return cleanCommand(contextOf(host, LAYOUT, { now, invocation: 'clean', ...more }), { ...FLAGS, ...flags });
}

async function rollback(host: MemoryHost) {
  const { exitCode, result } = await rollbackCommand(contextOf(host, LAYOUT), null);
  return { exitCode, left: result !== null && 'left' in result ? result.left : null };
}

function text({ result }: Answer<CleanResult>): string {
  assert.ok(result !== null);
  return renderClean(result, createPaint(false), 'clean');
}

function there(host: MemoryHost, ...paths: readonly string[]): readonly boolean[] {
  return paths.map((path) => host.entry(path).type !== 'missing');
}

const GOES = [
  `${STAGING}/old`,
  `${STAGING}/older`,
  `${BASE}/clickhouse/tmp/x.tmp`,
  `${BASE}/clickhouse/tmp/deep/y.tmp`,
];
const STAYS = [`${STAGING}/young`, `${STAGING}/ahead`, `${BASE}/clickhouse/data/z.tmp`];

describe('clean', () => {
  it('changes nothing in a dry run, and says what would go, what stays and when there is more room', async () => {
    const host = await filled();
    const before = host.snapshot();
    const shown = await clean(host, { isDry: true });
    assert.deepEqual([host.snapshot(), host.journal.runs()], [before, [1]]);
    assert.deepEqual([shown.exitCode, shown.result?.outcome, shown.result?.thingCount], [0, 'planned', 4]);
    assert.deepEqual(shown.result?.things.map(({ path }) => path).toSorted(), GOES.toSorted());
    assert.equal(
      text(shown),
      `backup/staging, rule staging: * older than 7d, but *.tmp; keeps the newest
  20 days    4.10 kB  old
  30 days    8.19 kB  older
clickhouse/tmp, rule temporary: *.tmp older than 1d
   3 days    4.10 kB  x.tmp
   3 days    4.10 kB  deep/y.tmp
  stays: /data/jts/hot/backup/staging/ahead: dated ahead: 2028-01-01
  1 thing not old enough

4 things, 20.5 kB.
0 B freed until 2026-11-30T03:00Z: then 20.5 kB more, from the trash.
Nothing has been changed.
Do it:  sudo jts-hot clean`,
    );
  });

  it('moves into the trash, which is root’s alone, and rollback brings it back', async () => {
    const host = await filled();
    const before = host.snapshot();
    const done = await clean(host);
    assert.deepEqual([done.exitCode, done.result?.outcome, done.result?.done], [0, 'applied', 5]);
    assert.deepEqual(
      [...there(host, ...GOES), ...there(host, ...STAYS)],
      [false, false, false, false, true, true, true],
    );
    assert.equal(host.names(TRASH).length, 4);
    const { type, ...trash } = host.entry(TRASH);
    assert.deepEqual(
      [type, 'mode' in trash && trash.mode, 'uid' in trash && trash.uid],
      ['directory', '0700', 0],
    );
    assert.deepEqual((await clean(host)).result?.outcome, 'unchanged');
    const undone = await rollback(host);
    assert.deepEqual(undone, { exitCode: 0, left: [] });
    assert.equal(host.snapshot(), before);
  });

  it('deletes nothing that a new rule takes first; then what it takes, and what was in the trash for three days', async () => {
    const host = await filled();
    const first = await clean(host, { deletes: true });
    assert.deepEqual(
      first.result?.places.filter(({ things }) => things > 0).map(({ how }) => how),
      ['trash', 'trash'],
    );
    assert.equal(host.names(TRASH).length, 4);
    put(host, `${STAGING}/another`, 9);
    put(host, `${BASE}/clickhouse/tmp/z.tmp`, 9);
    const second = await clean(host, { deletes: true }, { at: NOW + DAY });
    assert.deepEqual([second.exitCode, second.result?.freedBytes], [0, 8192]);
    assert.deepEqual(there(host, `${STAGING}/another`, `${BASE}/clickhouse/tmp/z.tmp`), [false, false]);
    assert.equal(host.names(TRASH).length, 4);
    const early = await clean(host, { deletes: true }, { at: NOW + 3 * DAY - 1000 });
    assert.equal(early.result?.outcome, 'unchanged');
    const named = await clean(host, {}, { at: NOW + 3 * DAY });
    assert.match(
      text(named),
      /Nothing to clean\.\nIn the trash before: 4 things.*\n.*due: {2}sudo jts-hot clean --delete/,
    );
    const third = await clean(host, { deletes: true }, { at: NOW + 3 * DAY });
    assert.deepEqual([third.result?.outcome, third.result?.freedBytes], ['applied', 20_480]);
    assert.deepEqual(host.names(TRASH), []);
    // What is gone is said to be, and stops nothing else.
    const undone = await rollback(host);
    assert.match(undone.left?.map(({ why }) => why).join() ?? '', /it cannot be undone/);
  });

  it('with --trash deletes only what is due', async () => {
    const host = await filled();
    await clean(host);
    put(host, `${STAGING}/another`, 9);
    await clean(host, { deletes: true, trashes: true }, { at: NOW + DAY });
    assert.equal(host.names(TRASH).length, 5);
    await clean(host, { deletes: true, trashes: true }, { at: NOW + 3 * DAY });
    assert.equal(host.names(TRASH).length, 1);
  });

  it('takes a rule that was changed for a new one', async () => {
    const host = await filled();
    await clean(host);
    put(host, `${STAGING}/another`, 9);
    const clean2 = builtInRules.map((rule) =>
      rule.name === 'staging' ? { ...rule, olderSeconds: 8 * 86_400 } : rule,
    );
    const { result } = await clean(
      host,
      { deletes: true, isDry: true },
      { layout: { ...LAYOUT, clean: clean2 } },
    );
    assert.deepEqual(
      result?.things.map(({ how }) => how),
      ['trash'],
    );
  });

  it('leaves backups to prune, whatever rule of its own a layout has', async () => {
    const host = await converged();
    const daily = `${BASE}/backup/daily`;
    const name = '20261001T030000Z';
    host.prepare.directory(`${daily}/redis`, { mode: '0700' });
    host.prepare.directory(`${daily}/redis/${name}`, { mode: '0700' });
    for (const file of [`redis/${name}/manifest.json`, `redis/${name}/base.tar.zst`, 'dumps/old.dump'])
      put(host, `${daily}/${file}`, 57);
    const own = { service: 'backup', directory: 'daily', except: null, olderSeconds: 86_400, keep: 1 };
    const clean2 = (['file', 'directory'] as const).map((thing) => ({
      ...own,
      name: `own-${thing}`,
      pattern: '*',
      thing,
      keep: 0,
    }));
    const { result } = await clean(host, { deletes: true }, { layout: { ...LAYOUT, clean: clean2 } });
    assert.deepEqual(
      result?.things.map(({ path }) => path),
      [`${daily}/dumps`],
    );
    assert.match(
      result?.kept.map(({ path, why }) => `${path}: ${why}`).join() ?? '',
      /daily\/redis: backups of .jts-hot backup./,
    );
    assert.deepEqual(there(host, `${daily}/redis/${name}/manifest.json`, `${daily}/dumps`), [true, false]);
  });

  it('cleans one service, and knows no other', async () => {
    const host = await filled();
    const { result } = await clean(host, { service: 'clickhouse' });
    assert.equal(result?.thingCount, 2);
    assert.deepEqual(there(host, ...GOES), [true, true, false, false]);
    await assert.rejects(clean(host, { service: 'kafak' }), /kafak/);
  });

  it('leaves alone what is open, and gives back what is opened meanwhile', async () => {
    const host = await filled();
    host.prepare.file(`${STAGING}/tree/a`, { bytes: 1, changedAt: NOW - 40 * DAY });
    const release = host.prepare.hold(`${STAGING}/old`);
    const { result } = await clean(host);
    assert.deepEqual(there(host, `${STAGING}/old`, `${STAGING}/older`), [true, false]);
    assert.match(
      result?.kept.map(({ path, why }) => `${path} ${why}`).join() ?? '',
      /staging\/old open by holder/,
    );
    release();
    // Opened after it was planned: the scan that follows the moves finds it.
    const perform = host.perform;
    let hold: (() => void) | null = null;
    const opening: MemoryHost = {
      ...host,
      perform(operation) {
        if (operation.type === 'moveToTrash' && hold === null) hold = host.prepare.hold(operation.path);
        perform(operation);
      },
    };
    const again = await clean(opening, {}, { at: NOW + DAY });
    assert.deepEqual(there(host, `${STAGING}/old`), [true]);
    assert.deepEqual(again.result?.left, [
      { path: `${STAGING}/old`, why: 'a process has opened it: it is back' },
    ]);
  });

  it('stops where the clock was set, and goes on where that is agreed to', async () => {
    const host = await filled();
    const boot = '7f6f4f2a-0000-4000-8000-000000000001';
    host.setClock({ boot, boottimeMs: 1000 });
    await clean(host);
    put(host, `${STAGING}/another`, 9);
    host.setClock({ boot, boottimeMs: 1000 + 3600_000 });
    for (const at of [NOW + 30 * DAY, NOW - 2 * 3600_000]) {
      const { exitCode, problems } = await clean(host, {}, { at });
      assert.deepEqual([exitCode, problems[0]?.code], [3, 'E_CLOCK']);
    }
    assert.deepEqual(there(host, `${STAGING}/another`), [true]);
    const { exitCode } = await clean(host, { trustsClock: true }, { at: NOW + 30 * DAY });
    assert.deepEqual([exitCode, ...there(host, `${STAGING}/another`)], [0, false]);
  });

  it('stops where the clock is set while it works', async () => {
    const host = await filled();
    host.setClock({ boot: 'b', boottimeMs: 0 });
    let calls = 0;
    const now = () => new Date(NOW + (calls++ < 3 ? 0 : 400 * DAY)).toISOString();
    const { exitCode, problems } = await clean(host, {}, { now });
    assert.deepEqual([exitCode, problems[0]?.code], [1, 'E_CLOCK']);
    assert.deepEqual(there(host, ...GOES), [true, true, true, true]);
  });

  it('refuses a trash that others could look into, and one that is none', async () => {
    for (const [prepare, code] of [
      [(host: MemoryHost) => host.prepare.directory(TRASH, { mode: '0755' }), 'E_TRASH_OPEN'],
      [(host: MemoryHost) => host.prepare.directory(TRASH, { mode: '0700', uid: 60_001 }), 'E_TRASH_OPEN'],
      [(host: MemoryHost) => host.prepare.link(TRASH, '/etc'), 'E_IN_THE_WAY'],
      [(host: MemoryHost) => host.prepare.file(TRASH), 'E_IN_THE_WAY'],
    ] as const) {
      const host = await filled();
      prepare(host);
      const before = host.fingerprint();
      const { exitCode, problems } = await clean(host);
      assert.deepEqual([exitCode, problems[0]?.code], [3, code]);
      assert.equal(host.fingerprint(), before);
    }
  });

  it('looks through no link and into no other file system', async () => {
    const host = await filled();
    host.prepare.remove(`${BASE}/backup/staging`);
    host.prepare.file('/elsewhere/old', { bytes: 1, changedAt: NOW - 40 * DAY });
    host.prepare.file('/elsewhere/older', { bytes: 1, changedAt: NOW - 50 * DAY });
    host.prepare.link(STAGING, '/elsewhere');
    host.prepare.mount(`${BASE}/clickhouse/tmp`);
    host.prepare.file(`${BASE}/clickhouse/tmp/new.tmp`, { changedAt: 0 });
    const { result } = await clean(host);
    assert.deepEqual(
      [result?.thingCount, ...there(host, '/elsewhere/old', '/elsewhere/older')],
      [0, true, true],
    );
    assert.deepEqual(
      result?.places.flatMap(({ path, error }) => (error === null ? [] : [`${path}: ${error}`])),
      [
        `${STAGING}: a link is in the way`,
        `${STAGING}: a link is in the way`,
        `${BASE}/clickhouse/tmp: a mount point is in the way`,
      ],
    );
  });

  it('keeps what it came to in the history, for reports', async () => {
    const host = await filled();
    await clean(host);
    await clean(host, { deletes: true }, { at: NOW + 3 * DAY });
    const history = host.history({ mode: 'read', group: null });
    assert.ok(history !== null);
    const runs = cleanedIn(history).map(({ run, things, deletedThings, freedBytes, trashThings }) => ({
      run,
      things,
      deletedThings,
      freedBytes,
      trashThings,
    }));
    assert.deepEqual(runs, [
      { run: 2, things: 4, deletedThings: 0, freedBytes: 0, trashThings: 4 },
      { run: 3, things: 0, deletedThings: 4, freedBytes: 20_480, trashThings: 0 },
    ]);
    const { cleaning } = cleanFacts(history);
    assert.deepEqual(
      [cleaning?.freedTotalBytes, cleaning?.at],
      [20_480, new Date(NOW + 3 * DAY).toISOString()],
    );
    assert.deepEqual(
      history.kept({ kind: 'clean' }).map(({ subject }) => subject),
      ['/', 'backup', 'clickhouse', '/'],
    );
    history.close();
  });

  it('killed anywhere, the same command goes on and rollback brings all back', async () => {
    const start = await filled();
    const before = start.snapshot();
    const whole = start.clone();
    await clean(whole);
    const wanted = whole.names(TRASH).length;
    for await (const { host, at } of killedAnywhere(start, whole, (one) => clean(one))) {
      const other = host.clone();
      const { exitCode, result } = await clean(host, {}, { at: NOW + 60_000 });
      assert.equal(exitCode, 0, at);
      assert.deepEqual(
        [...there(host, ...GOES), ...there(host, ...STAYS)],
        [false, false, false, false, true, true, true],
        at,
      );
      assert.equal(host.names(TRASH).length, wanted, at);
      if (result?.outcome === 'applied' || result?.outcome === 'unchanged') {
        await rollback(host);
        assert.equal(host.snapshot(), before, `${at}, then rollback`);
      }
      if (other.journal.runs().length > 1) {
        await rollback(other);
        assert.equal(other.snapshot(), before, `${at}, rolled back at once`);
      }
    }
  });

  it('killed anywhere while it deletes, the same command ends in the same place', async () => {
    const start = await filled();
    await clean(start);
    put(start, `${STAGING}/another`, 9);
    const at = NOW + 4 * DAY;
    const whole = start.clone();
    await clean(whole, { deletes: true }, { at });
    assert.deepEqual(whole.names(TRASH), []);
    for await (const { host, at: when } of killedAnywhere(start, whole, (one) =>
      clean(one, { deletes: true }, { at }),
    )) {
      assert.equal((await clean(host, { deletes: true }, { at: at + 60_000 })).exitCode, 0, when);
      assert.deepEqual(host.names(TRASH), [], when);
      assert.deepEqual(
        [...there(host, ...GOES), ...there(host, ...STAYS)],
        [false, false, false, false, true, true, true],
        when,
      );
    }
  });
});

it('a stamp is a time', () => {
  assert.equal(stampOf(Date.UTC(2026, 10, 27, 10, 14, 3, 999)), '20261127T101403Z');
});
