// `move SERVICE --to PATH` on the host in memory: all that the service has gets another name, the layout says so, a call that was
// killed anywhere is made good by the same one, and given up it is all as it was.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { Problem } from '../messages/diagnostic.ts';
import { type MoveOptions, moveCommand } from '../move/move.ts';
import { moveToCommand } from './move-to.ts';
import { setupCommand } from './setup.ts';

const FILE = '/etc/jts/hot-storage.yaml';
const TEXT = `# ours
version: 1
services: { kafka: false, postgresql: false, mongodb: false, clickhouse: false, docker: false }
`;
const BASE = '/data/jts/hot';
const CONFIG = '/etc/redis/redis.conf';
const OURS = '/etc/redis/jts-hot.conf';
const UNIT = 'redis-server.service';
const KEYS = 'REDIS0011\xfa\x09redis-ver\x067.0.15\xfe\x00 rows';

function runs(on: MemoryHost) {
  on.setRunsUnits((verb) => {
    if (verb === 'stop') return;
    const ours = on.entry(OURS).type === 'file' ? on.text(OURS) : '';
    const directory = [...`${on.text(CONFIG)}\n${ours}`.matchAll(/^dir "?([^"\n]*)"?$/gm)].at(-1)?.[1] ?? '';
    if (on.entry(directory).type !== 'directory') throw new Error(`no ${directory}`);
    on.prepare.start({ command: 'redis-server', uid: 1, directory, unit: UNIT });
  });
}

function contextFor(on: MemoryHost) {
  const { layout } = parseLayoutFile(on.text(FILE) ?? '', FILE);
  return contextOf(on, layout, { layoutFile: FILE });
}

async function host(isRunning = true): Promise<MemoryHost> {
  const made = createHost({ runsSystemd: true });
  made.prepare.directory('/etc/jts');
  made.prepare.file(FILE, { text: TEXT });
  await setupCommand(contextFor(made), { adopt: [], strict: false, saved: null });
  const { uid, gid } = made.users(['redis']).get('redis') ?? assert.fail();
  made.prepare.directory('/etc/redis', { uid, gid, mode: '2770' });
  made.prepare.file(CONFIG, { uid, gid, mode: '0640', text: `# Redis\ndir ${BASE}/redis/data\n` });
  made.prepare.file(`/usr/lib/systemd/system/${UNIT}`, { text: '[Service]\nType=notify\n' });
  made.prepare.directory('/etc/systemd/system');
  made.prepare.file(`${BASE}/redis/data/dump.rdb`, { uid, gid, mode: '0660', text: KEYS, bytes: 100 });
  made.prepare.file(`${BASE}/redis/logs/redis.log`, { uid, gid, mode: '0640', text: 'a line', bytes: 6 });
  runs(made);
  if (isRunning) await made.startUnits([UNIT], 1000);
  return made;
}

async function move(on: MemoryHost, more: Partial<MoveOptions> & { readonly to?: string } = {}) {
  const options: MoveOptions & { readonly service: string } = {
    from: null,
    does: 'move',
    isDry: false,
    bytesPerSecond: null,
    stopLimitMs: 1000,
    hashesAll: false,
    ...more,
    service: more.service ?? 'redis',
  };
  const { to = 'cache/redis' } = more;
  const context = contextFor(on);
  const given =
    options.does === 'move'
      ? await moveToCommand(context, { ...options, to })
      : await moveCommand(context, options);
  return { ...given, codes: given.problems.map(({ code }) => code) };
}

const placeOf = (on: MemoryHost) => on.processes(['redis-server']).map(({ directory }) => directory?.path);
const tree = (on: MemoryHost, path: string) =>
  [...on.walk(path)].map((met) => ('uid' in met ? `${met.path} ${met.uid} ${met.mode}` : met.path)).sort();
const pathOf = (on: MemoryHost) =>
  contextFor(on).layout.services.find(({ name }) => name === 'redis')?.path ?? assert.fail();

describe('move --to', () => {
  it('gives all that it has another name, and stops it for that alone', async () => {
    const on = await host();
    const before = tree(on, `${BASE}/redis`);
    const { exitCode, result, codes } = await move(on);
    assert.deepEqual([exitCode, codes], [0, []]);
    assert.ok(result?.did === 'move');
    assert.deepEqual([result.how, result.outcome, result.passes], ['rename', 'applied', []]);
    assert.deepEqual([placeOf(on), tree(on, `${BASE}/cache/redis`)], [[`${BASE}/cache/redis/data`], before]);
    assert.equal(on.entry(`${BASE}/redis`).type, 'missing');
    assert.deepEqual(on.names(`${BASE}/cache`), ['redis']);
    assert.match(on.text(FILE) ?? '', /^# ours\n/);
    const again = await move(on);
    assert.ok(again.result?.did === 'move');
    assert.deepEqual([again.exitCode, again.result.outcome], [0, 'unchanged']);
    assert.equal((await move(on, { does: 'finish' })).exitCode, 0);
    assert.deepEqual(on.moves.services(), []);
  });

  it('of a dry run shows all of it, and changes nothing', async () => {
    const on = await host();
    const before = on.fingerprint();
    const { exitCode, result, codes } = await move(on, { isDry: true });
    assert.deepEqual([exitCode, codes], [0, ['W_STEPS']]);
    assert.ok(result?.did === 'move');
    assert.deepEqual([result.outcome, result.how, result.files], ['planned', 'rename', 2]);
    assert.equal(on.fingerprint(), before);
  });

  it('given up after it has come to its end loses nothing', async () => {
    const on = await host();
    const before = [tree(on, `${BASE}/redis`), on.text(FILE), on.text(CONFIG)];
    await move(on);
    on.prepare.file(`${BASE}/cache/redis/data/more`, { text: 'since', bytes: 5 });
    const { exitCode, codes } = await move(on, { does: 'cancel' });
    assert.deepEqual([exitCode, codes, placeOf(on)], [0, [], [`${BASE}/redis/data`]]);
    assert.equal(on.text(`${BASE}/redis/data/more`), 'since');
    on.prepare.remove(`${BASE}/redis/data/more`);
    assert.equal(pathOf(on), 'redis');
    assert.deepEqual([tree(on, `${BASE}/redis`), on.text(CONFIG)], [before[0], before[2]]);
    assert.deepEqual(on.moves.services(), []);
  });

  for (const isRunning of [true, false])
    it(`killed anywhere, the same command ends in the same place${isRunning ? '' : ', of a service that does not run'}`, async () => {
      const start = await host(isRunning);
      const before = tree(start, `${BASE}/redis`);
      const whole = start.clone();
      runs(whole);
      const act = (on: MemoryHost) => {
        runs(on);
        return move(on);
      };
      await act(whole);
      let times = 0;
      for await (const { host: on, at } of killedAnywhere(start, whole, act, 3)) {
        runs(on);
        const { exitCode, problems } = await move(on);
        assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
        const place = isRunning ? [`${BASE}/cache/redis/data`] : [];
        assert.deepEqual([placeOf(on), tree(on, `${BASE}/cache/redis`)], [place, before], at);
        assert.deepEqual(on.names(`${BASE}/cache`), ['redis'], at);
        assert.match(`${on.text(CONFIG)}${on.text(OURS)}`, /cache\/redis\/data/, at);
        times += 1;
      }
      assert.ok(times > 12, `${times}`);
    });

  it('killed anywhere and given up, all is as it was', async () => {
    const start = await host();
    const before = [tree(start, `${BASE}/redis`), start.text(CONFIG)];
    const whole = start.clone();
    const act = (on: MemoryHost) => {
      runs(on);
      return move(on);
    };
    await act(whole);
    let times = 0;
    for await (const { host: on, at } of killedAnywhere(start, whole, act, 3)) {
      runs(on);
      if (on.moves.services().length === 0) continue;
      const { exitCode, problems } = await move(on, { does: 'cancel' });
      assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
      assert.deepEqual([tree(on, `${BASE}/redis`), on.text(CONFIG)], before, at);
      assert.deepEqual(
        [placeOf(on), pathOf(on), on.moves.services()],
        [[`${BASE}/redis/data`], 'redis', []],
        at,
      );
      times += 1;
    }
    assert.ok(times > 5, `${times}`);
  });

  it('moves what is no server’s: backups', async () => {
    const on = await host();
    on.prepare.file(`${BASE}/backup/daily/one`, { text: 'one', bytes: 3 });
    const { exitCode, result, codes } = await move(on, { service: 'backup', to: 'archive' });
    assert.deepEqual([exitCode, codes], [0, []]);
    assert.ok(result?.did === 'move' && result.unit === null);
    assert.equal(on.text(`${BASE}/archive/daily/one`), 'one');
    assert.deepEqual(on.names(`${BASE}/archive`), ['daily', 'snapshots', 'staging']);
    const back = await move(on, { service: 'backup', does: 'cancel' });
    assert.deepEqual([back.exitCode, on.text(`${BASE}/backup/daily/one`)], [0, 'one']);
  });

  it('refuses where somebody writes that nothing is known of', async () => {
    const on = await host(false);
    on.prepare.start({
      command: 'redis-server',
      uid: 1,
      directory: `${BASE}/redis/data`,
      unit: 'own.service',
    });
    const before = on.text(FILE);
    const { exitCode, codes } = await move(on).catch((error) => {
      if (!(error instanceof Problem)) throw error;
      return { exitCode: error.exitCode, codes: error.diagnostics.map(({ code }) => code) };
    });
    assert.deepEqual([exitCode, codes, on.text(FILE)], [3, ['E_NO_UNIT'], before]);
  });
});
