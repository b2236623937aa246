// `move SERVICE --to PATH` of a service for which the layout has a volume, on a host in memory with a disk: what refuses before and
// names it, what is made and mounted, and that the same command makes good what was killed anywhere.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import { nvmeDisk } from '../../test/memory-host/block-devices.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import { untilMounted } from '../command/coming-volume.ts';
import type { Context } from '../command/context.ts';
import { declaredMounts } from '../command/declared-mounts.ts';
import { requireRightDisk } from '../command/right-disk.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { Problem } from '../messages/diagnostic.ts';
import { type MoveOptions, moveCommand } from '../move/move.ts';
import { NO_CONSENTS } from '../storage/consents.ts';
import { storageCommand } from '../storage/storage.ts';
import { moveToCommand } from './move-to.ts';
import { setupCommand } from './setup.ts';

const FILE = '/etc/jts/hot-storage.yaml';
const text = (volumes: string) => `version: 1
services: { kafka: false, postgresql: false, mongodb: false, clickhouse: false, docker: false, redis: { planned: 50GB } }
storage:
  device: { serial: HOT1 }
  allowFormat: HOT1
  volumes: { base: 1TB${volumes} }
`;
const BASE = '/data/jts/hot';
const THERE = `${BASE}/redis-volume`;
const CONFIG = '/etc/redis/redis.conf';
const OURS = '/etc/redis/jts-hot.conf';
const UNIT = 'redis-server.service';
const KEYS = 'REDIS0011\xfa\x09redis-ver\x067.0.15\xfe\x00 rows';
const CONSENTS = { confirmed: 'HOT1', backup: null, noBackup: null };

function runs(on: MemoryHost, breaksBelow: string | null = null) {
  on.setRunsUnits((verb) => {
    if (verb === 'stop') return;
    const ours = on.entry(OURS).type === 'file' ? on.text(OURS) : '';
    const directory = [...`${on.text(CONFIG)}\n${ours}`.matchAll(/^dir "?([^"\n]*)"?$/gm)].at(-1)?.[1] ?? '';
    if (breaksBelow !== null && directory.startsWith(breaksBelow)) throw new Error('it does not start');
    if (on.entry(directory).type !== 'directory') throw new Error(`no ${directory}`);
    on.prepare.start({ command: 'redis-server', uid: 1, directory, unit: UNIT });
  });
}

/** As the command line makes one. */
async function contextFor(on: MemoryHost): Promise<Context> {
  const { layout } = parseLayoutFile(on.text(FILE) ?? '', FILE);
  on.declare(await declaredMounts(layout, '/'));
  return contextOf(on, layout, {
    layoutFile: FILE,
    openHost: (_base, mounts) => {
      on.declare(mounts);
      return on;
    },
  });
}

/** Its data is on the file system of the base, and the layout has a volume for it since. */
async function host(volume = ', services: { redis: }'): Promise<MemoryHost> {
  const made = createHost({
    runsSystemd: true,
    tools: [...TOOLS, 'lvm'],
    devices: [nvmeDisk({ name: 'nvme1n1', serial: 'HOT1' })],
  });
  made.prepare.directory('/etc/jts');
  made.prepare.directory('/etc/systemd/system');
  made.prepare.file('/etc/fstab', { text: 'UUID=1 / ext4 defaults 0 1\n' });
  made.prepare.file(FILE, { text: text('') });
  const options = { adopt: [], strict: false, saved: null, consents: CONSENTS };
  const { exitCode, problems } = await setupCommand(await contextFor(made), options);
  assert.equal(exitCode, 0, JSON.stringify(problems));
  const { uid, gid } = made.users(['redis']).get('redis') ?? assert.fail();
  made.prepare.directory('/etc/redis', { uid, gid, mode: '2770' });
  made.prepare.file(CONFIG, { uid, gid, mode: '0640', text: `# Redis\ndir ${BASE}/redis/data\n` });
  made.prepare.file(`/usr/lib/systemd/system/${UNIT}`, { text: '[Service]\nType=notify\n' });
  made.prepare.file(`${BASE}/redis/data/dump.rdb`, { uid, gid, mode: '0660', text: KEYS, bytes: 100 });
  made.prepare.file(`${BASE}/redis/logs/redis.log`, { uid, gid, mode: '0640', text: 'a line', bytes: 6 });
  runs(made);
  await made.startUnits([UNIT], 1000);
  made.prepare.write(FILE, text(volume));
  return made;
}

const OPTIONS: MoveOptions & { readonly service: string } = {
  service: 'redis',
  from: null,
  does: 'move',
  isDry: false,
  bytesPerSecond: null,
  stopLimitMs: 1000,
  hashesAll: false,
};

async function move(on: MemoryHost, more: { readonly isDry?: boolean; readonly to?: string } = {}) {
  const { to = 'redis-volume', isDry = false } = more;
  const told = await contextFor(on);
  const { context } = await requireRightDisk(await untilMounted(told, { service: 'redis' }), 'move', {
    named: ['redis'],
  });
  const given = await moveToCommand(context, { ...OPTIONS, isDry, to });
  return { ...given, codes: given.problems.map(({ code }) => code) };
}

const placeOf = (on: MemoryHost) => on.processes(['redis-server']).map(({ directory }) => directory?.path);
const mountOf = (on: MemoryHost, path: string) => on.disk(path).holder.mountPoint;

describe('a service that gets a volume of its own', () => {
  it('is not mounted over: storage names the command that takes it along', async () => {
    const on = await host();
    const before = on.snapshot();
    const { exitCode, problems } = await storageCommand(await contextFor(on), {
      ...NO_CONSENTS,
      act: 'apply',
      isDry: false,
      command: 'storage --apply',
    });
    assert.deepEqual(
      [exitCode, problems.map(({ code, fix }) => [code, fix])],
      [3, [['E_WOULD_HIDE', 'sudo jts-hot move redis --to redis-volume']]],
    );
    assert.equal(on.snapshot(), before);
  });

  it('goes there by that command: its volume is made and mounted, and it runs on that', async () => {
    const on = await host();
    const events = on.faults.events();
    const shown = await move(on, { isDry: true });
    assert.deepEqual([shown.exitCode, shown.codes, on.faults.events()], [0, ['W_STEPS'], events]);
    const { exitCode, codes, result } = await move(on);
    assert.deepEqual([exitCode, codes], [0, []]);
    assert.ok(result?.did === 'move');
    assert.deepEqual([result.how, result.outcome, placeOf(on)], ['copy', 'applied', [`${THERE}/data`]]);
    assert.deepEqual([mountOf(on, THERE), on.text(`${THERE}/data/dump.rdb`)], [THERE, KEYS]);
    assert.match(on.text('/etc/fstab') ?? '', /redis-volume/);
    assert.match(on.text(FILE) ?? '', /path: redis-volume/);
    // What is no data of it, and its old place, stay.
    assert.deepEqual(
      [on.names(`${BASE}/redis`), on.text(`${BASE}/redis/data/dump.rdb`)],
      [['data', 'logs'], KEYS],
    );
    const again = await move(on);
    assert.ok(again.result?.did === 'move');
    assert.deepEqual([again.exitCode, again.result.outcome], [0, 'unchanged']);
    const context = await contextFor(on);
    assert.equal((await moveCommand(context, { ...OPTIONS, does: 'finish' })).exitCode, 0);
    assert.deepEqual([on.names(`${BASE}/redis/data`), on.moves.services()], [[], []]);
    const elsewhere = await move(on, { to: 'elsewhere' }).catch((error) => error);
    assert.ok(elsewhere instanceof Problem);
    assert.equal(elsewhere.diagnostics[0]?.code, 'E_MOUNTED_IN');
  });

  it('killed anywhere, the same command ends in the same place, and no data is lost', async () => {
    const start = await host();
    const whole = start.clone();
    const act = (on: MemoryHost) => {
      runs(on);
      return move(on);
    };
    await act(whole);
    let times = 0;
    for await (const { host: on, at } of killedAnywhere(start, whole, act, 5)) {
      const { exitCode, problems } = await act(on);
      assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
      assert.deepEqual([placeOf(on), mountOf(on, THERE)], [[`${THERE}/data`], THERE], at);
      assert.deepEqual(
        [on.text(`${THERE}/data/dump.rdb`), on.text(`${BASE}/redis/data/dump.rdb`)],
        [KEYS, KEYS],
        at,
      );
      times += 1;
    }
    assert.ok(times > 8, `${times}`);
  });

  it('that does not come up there is back, given up it is as before, and the next call takes it there', async () => {
    const on = await host();
    runs(on, THERE);
    const { exitCode, codes } = await move(on);
    assert.deepEqual([exitCode, codes, placeOf(on)], [1, ['E_NOT_UP', 'W_BACK'], [`${BASE}/redis/data`]]);
    const told = await untilMounted(await contextFor(on), { service: 'redis' });
    assert.equal((await moveCommand(told, { ...OPTIONS, does: 'cancel' })).exitCode, 0);
    assert.match(on.text(FILE) ?? '', /path: redis\b(?!-)/);
    assert.deepEqual([placeOf(on), mountOf(on, THERE)], [[`${BASE}/redis/data`], THERE]);
    runs(on);
    const again = await move(on);
    assert.deepEqual([again.exitCode, placeOf(on)], [0, [`${THERE}/data`]]);
  });

  it('that was mounted once and is away is not taken for one that is still to come', async () => {
    const on = await host();
    await move(on);
    on.prepare.unmount(THERE);
    await assert.rejects(move(on), { exitCode: 3 });
  });

  it('takes no data from elsewhere before it is mounted', async () => {
    const on = await host();
    const told = await untilMounted(await contextFor(on), { service: 'redis', from: '/var/lib/redis' });
    await assert.rejects(requireRightDisk(told, 'move', { named: ['redis'] }), { exitCode: 3 });
  });

  it('that is too small is refused before anything is changed', async () => {
    const on = await host(', services: { redis: { size: 2GB } }');
    on.prepare.file(`${BASE}/redis/data/large`, { bytes: 3_000_000_000 });
    const before = on.snapshot();
    const { exitCode, codes } = await move(on);
    assert.deepEqual([exitCode, codes], [3, ['E_NO_ROOM']]);
    assert.equal(on.snapshot(), before);
  });
});
