// `move --base-to DIR` on the host in memory: all services of the layout go, those that run, those that do not, and those that are
// no servers; killed anywhere the same command ends in the same place; given up, all is where it was.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { TOOLS } from '../checks/preflight.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { logsInstallCommand } from '../maintain/logs-install.ts';
import { Problem } from '../messages/diagnostic.ts';
import { moveCommand } from '../move/move.ts';
import { scheduleCommand } from '../schedule/schedule-command.ts';
import { builtInServices } from '../services/index.ts';
import { setupCommand } from '../setup/setup.ts';
import { type BaseOptions, moveBaseCommand } from './base.ts';

const FILE = '/etc/jts/hot-storage.yaml';
const LEFT_OUT = builtInServices
  .map(({ name }) => name)
  .filter((name) => name !== 'redis' && name !== 'backup');
const TEXT = `# ours
version: 1
services: { ${LEFT_OUT.map((name) => `${name}: false`).join(', ')} }
`;
const OLD = '/data/jts/hot';
const CONFIG = '/etc/redis/redis.conf';
const OURS = '/etc/redis/jts-hot.conf';
const UNIT = 'redis-server.service';
const KEYS = 'REDIS0011\xfa\x09redis-ver\x067.0.15\xfe\x00 rows';
const SELF = { launcher: '/opt/jts-hot/bin/jts-hot', node: '/usr/bin/node' };
/** On another file system, and on the same. */
const APART = '/srv/hot';
const BESIDE = '/data/jts/warm';

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

function contextFor(on: MemoryHost) {
  const { layout } = parseLayoutFile(on.text(FILE) ?? '', FILE);
  return contextOf(on, layout, { layoutFile: FILE, openHost: () => on });
}

async function host(room: Partial<typeof NVME> = {}): Promise<MemoryHost> {
  const fileSystem = { ...NVME, ...room };
  const made = createHost({ runsSystemd: true, fileSystem, tools: [...TOOLS, 'logrotate'] });
  made.prepare.file('/etc/logrotate.conf', { text: 'include /etc/logrotate.d\n' });
  made.prepare.directory('/etc/jts');
  made.prepare.directory('/srv');
  made.prepare.mount('/srv');
  made.prepare.file(FILE, { text: TEXT });
  await setupCommand(contextFor(made), { adopt: [], strict: false, saved: null });
  const { uid, gid } = made.users(['redis']).get('redis') ?? assert.fail();
  made.prepare.directory('/etc/redis', { uid, gid, mode: '2770' });
  made.prepare.file(CONFIG, { uid, gid, mode: '0640', text: `# Redis\ndir ${OLD}/redis/data\n` });
  made.prepare.file(`/usr/lib/systemd/system/${UNIT}`, { text: '[Service]\nType=notify\n' });
  made.prepare.directory('/etc/systemd/system');
  made.prepare.file(`${OLD}/redis/data/dump.rdb`, { uid, gid, mode: '0660', text: KEYS, bytes: 100 });
  made.prepare.file(`${OLD}/redis/logs/redis.log`, { uid, gid, mode: '0640', text: 'a line', bytes: 6 });
  made.prepare.file(`${OLD}/backup/daily/one`, { mode: '0600', text: 'one', bytes: 3 });
  made.prepare.file(`${OLD}/theirs`, { text: 'not ours', bytes: 8 });
  runs(made);
  await made.startUnits([UNIT], 1000);
  return made;
}

async function move(on: MemoryHost, more: Partial<BaseOptions> = {}) {
  const given = await moveBaseCommand(contextFor(on), {
    to: APART,
    act: 'move',
    isDry: false,
    bytesPerSecond: null,
    stopLimitMs: 1000,
    hashesAll: false,
    self: SELF,
    ...more,
  });
  return { ...given, codes: given.problems.map(({ code }) => code), result: given.result };
}

const placeOf = (on: MemoryHost) => on.processes(['redis-server']).map(({ directory }) => directory?.path);
const tree = (on: MemoryHost, base: string) =>
  ['redis', 'backup'].flatMap((name) =>
    [...on.walk(`${base}/${name}`)]
      .map((met) => ('uid' in met ? `${name} ${met.path} ${met.uid} ${met.mode}` : met.path))
      .sort(),
  );
const baseOf = (on: MemoryHost) => contextFor(on).layout.base;
const stagings = (on: MemoryHost, base: string) =>
  on.entry(base).type === 'directory'
    ? on.names(base).filter((name) => name.startsWith('.jts-hot-move'))
    : [];

describe('move --base-to', () => {
  for (const [to, how] of [
    [APART, 'copy'],
    [BESIDE, 'rename'],
  ] as const)
    describe(how, () => {
      it('takes all of the layout along, and names what stays', async () => {
        const on = await host();
        const before = tree(on, OLD);
        const { exitCode, codes, result } = await move(on, { to });
        assert.deepEqual([exitCode, codes], [0, []]);
        const { outcome, phase, services, stays } = result ?? assert.fail();
        assert.deepEqual([outcome, phase, stays], ['applied', 'moved', ['theirs']]);
        assert.deepEqual(
          services.map((one) => [one.service, one.state, one.how, one.unit]),
          [
            ['redis', 'moved', how, UNIT],
            ['backup', 'moved', how, null],
          ],
        );
        assert.deepEqual([placeOf(on), baseOf(on), tree(on, to)], [[`${to}/redis/data`], to, before]);
        assert.match(on.text(FILE) ?? '', /^# ours\nversion: 1\n/);
        if (how === 'copy') assert.deepEqual(tree(on, OLD), before);
        assert.ok(JSON.parse(on.bases() ?? '').bases[to], 'the disk of the new base is on record');
        const again = await move(on, { to });
        assert.deepEqual([again.exitCode, again.result?.outcome], [0, 'unchanged']);
      });

      it('of a dry run shows all, and changes nothing', async () => {
        const on = await host();
        const before = on.fingerprint();
        const { exitCode, result } = await move(on, { to, isDry: true });
        assert.equal(exitCode, 0);
        assert.deepEqual(
          result?.services.map((one) => [one.service, one.state, one.how, one.files, one.settings > 0]),
          [
            ['redis', 'to go', how, 2, true],
            ['backup', 'to go', how, 1, false],
          ],
        );
        assert.equal(on.fingerprint(), before);
      });

      it('finished, nothing of its services is left in the old one, and what is no service’s stays', async () => {
        const on = await host();
        await move(on, { to });
        const list = await moveCommand(contextFor(on), { ...ONE, service: null });
        assert.ok(list.result?.did === 'list');
        assert.equal(list.result.wholeBase?.phase, 'moved');
        const { exitCode, codes } = await move(on, { to: null, act: 'finish' });
        assert.deepEqual([exitCode, codes], [0, []]);
        assert.deepEqual([on.names(OLD), on.moves.services()], [['theirs'], []]);
        assert.deepEqual(placeOf(on), [`${to}/redis/data`]);
      });

      it('given up after it has come to its end, all goes back with what was written since', async () => {
        const on = await host();
        const before = tree(on, OLD);
        await move(on, { to });
        on.prepare.file(`${to}/redis/data/more`, { text: 'since', bytes: 5 });
        const { exitCode, codes, result } = await move(on, { to: null, act: 'cancel' });
        assert.deepEqual([exitCode, codes], [0, []]);
        assert.deepEqual([placeOf(on), baseOf(on)], [[`${OLD}/redis/data`], OLD]);
        assert.equal(on.text(`${OLD}/redis/data/more`), 'since');
        on.prepare.remove(`${OLD}/redis/data/more`);
        assert.deepEqual(tree(on, OLD), before);
        assert.equal(result?.phase, how === 'copy' ? 'moved' : null);
        assert.deepEqual([stagings(on, OLD), stagings(on, to)], [[], []]);
        if (how === 'copy') await move(on, { to: null, act: 'finish' });
        assert.deepEqual([on.entry(to).type, on.moves.services()], ['missing', []], 'what it made is gone');
        assert.equal(JSON.parse(on.bases() ?? '').bases[to], undefined);
      });

      it('given up, what others have made or put there stays', async () => {
        const on = await host();
        on.prepare.directory(to);
        on.prepare.directory(`${to}/backup`);
        await move(on, { to });
        on.prepare.directory(`${to}/empty`);
        on.prepare.file(`${to}/empty/theirs`, { text: 'theirs', bytes: 6 });
        on.prepare.directory(`${to}/nothing`);
        await move(on, { to: null, act: 'cancel' });
        if (how === 'copy') await move(on, { to: null, act: 'finish' });
        assert.deepEqual(
          on.names(to).filter((name) => name !== 'backup'),
          ['empty', 'nothing'],
        );
        assert.equal(on.text(`${to}/empty/theirs`), 'theirs');
      });

      it('killed anywhere, the same command ends in the same place', async () => {
        const start = await host();
        const before = tree(start, OLD);
        const whole = start.clone();
        const act = (on: MemoryHost) => {
          runs(on);
          return move(on, { to });
        };
        await act(whole);
        let times = 0;
        for await (const { host: on, at } of killedAnywhere(start, whole, act, 7)) {
          const { exitCode, problems } = await act(on);
          assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
          assert.deepEqual([placeOf(on), tree(on, to), baseOf(on)], [[`${to}/redis/data`], before, to], at);
          assert.deepEqual(stagings(on, to), [], at);
          times += 1;
        }
        assert.ok(times > 8, `${times}`);
      });

      it('killed anywhere and given up, all is where it was', async () => {
        const start = await host();
        const before = tree(start, OLD);
        const whole = start.clone();
        const act = (on: MemoryHost) => {
          runs(on);
          return move(on, { to });
        };
        await act(whole);
        let times = 0;
        for await (const { host: on, at } of killedAnywhere(start, whole, act, 11)) {
          runs(on);
          if (on.moves.services().length === 0) continue;
          const { exitCode, problems } = await move(on, { to: null, act: 'cancel' });
          assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
          assert.deepEqual(tree(on, OLD), before, at);
          assert.deepEqual([placeOf(on), baseOf(on)], [[`${OLD}/redis/data`], OLD], at);
          // A copy that the service was started on is kept.
          const stays = on.entry(to).type === 'missing' ? [] : on.names(to);
          const isOver = on.moves.services().length === 0;
          assert.ok(!isOver || (stays.length < 2 && stays.every((name) => name.includes('.kept-'))), at);
          times += 1;
        }
        assert.ok(times > 5, `${times}`);
      });
    });

  it('giving up that is killed anywhere goes on', async () => {
    const start = await host();
    const before = tree(start, OLD);
    await move(start);
    const whole = start.clone();
    const act = (on: MemoryHost) => {
      runs(on);
      return move(on, { to: null, act: 'cancel' });
    };
    await act(whole);
    let times = 0;
    for await (const { host: on, at } of killedAnywhere(start, whole, act, 7)) {
      runs(on);
      const left =
        on.moves.services().includes('base') && JSON.parse(on.moves.text('base') ?? '').from === APART;
      if (!left) assert.equal((await act(on)).exitCode, 0, at);
      assert.deepEqual([placeOf(on), tree(on, OLD), baseOf(on)], [[`${OLD}/redis/data`], before, OLD], at);
      times += 1;
    }
    assert.ok(times > 5, `${times}`);
  });

  it('a service that does not come up there is back, and the others wait; the next call goes on', async () => {
    const on = await host();
    runs(on, APART);
    const { exitCode, codes } = await move(on);
    assert.deepEqual([exitCode, codes], [1, ['E_NOT_UP', 'W_BACK', 'E_BASE_BETWEEN']]);
    assert.deepEqual(placeOf(on), [`${OLD}/redis/data`]);
    runs(on);
    assert.equal((await move(on)).exitCode, 0);
    assert.deepEqual(placeOf(on), [`${APART}/redis/data`]);
  });

  it('takes the history along', async () => {
    const on = await host();
    const record = on.history({ mode: 'write', group: null }) ?? assert.fail();
    record.append({
      at: Date.parse('2026-01-01T00:00:00Z'),
      uses: new Map([['redis', { usedBytes: 1, inodes: 1, limitBytes: 2 }]]),
    });
    record.close();
    const { result } = await move(on);
    assert.equal(result?.history, 'taken along');
  });

  const refusals: readonly (readonly [string, (on: MemoryHost) => void, Partial<BaseOptions>, string])[] = [
    ['a base in the old one', () => {}, { to: `${OLD}/more` }, 'E_NESTED'],
    ['a base that none may be', () => {}, { to: '/etc' }, 'E_USAGE'],
    ['finishing what is not begun', () => {}, { to: null, act: 'finish' }, 'E_NO_MOVE'],
    [
      'a layout that declares its disk',
      (on) => on.prepare.write(FILE, `${TEXT}storage: { device: { serial: HOT1 } }\n`),
      {},
      'E_STORAGE_DECLARED',
    ],
    [
      'something in the new place',
      (on) => {
        on.prepare.directory(`${APART}`);
        on.prepare.directory(`${APART}/redis`);
        on.prepare.file(`${APART}/redis/theirs`);
      },
      {},
      'E_TARGET_NOT_EMPTY',
    ],
  ];
  it('refused, and nothing is changed: no room', async () => {
    const on = await host({ sizeBytes: 1000, freeBytes: 40, availableBytes: 40 });
    const before = on.snapshot();
    const { exitCode, codes } = await move(on);
    assert.deepEqual([exitCode, codes], [3, ['E_NO_ROOM', 'E_NO_ROOM']]);
    assert.deepEqual([on.snapshot() === before, on.moves.services()], [true, []]);
  });

  for (const [what, prepare, options, wanted] of refusals)
    it(`refused, and nothing is changed: ${what}`, async () => {
      const on = await host();
      prepare(on);
      const before = on.snapshot();
      const codes = await move(on, options).then(
        (given) => given.codes,
        (error) => (error instanceof Problem ? error.diagnostics.map((one) => one.code) : assert.fail(error)),
      );
      assert.ok(codes.includes(wanted), `found ${codes.join()}`);
      assert.deepEqual([on.snapshot() === before, on.moves.services()], [true, []]);
    });
});

describe('a base that is being moved', () => {
  const code = async (act: Promise<{ readonly codes: readonly string[] }>) =>
    act.then(
      ({ codes }) => codes,
      (error) => (error instanceof Problem ? error.diagnostics.map((one) => one.code) : assert.fail(error)),
    );

  it('and has come to no end, is moved to no other one, and nothing of it is deleted', async () => {
    const on = await host();
    runs(on, APART);
    assert.deepEqual((await move(on)).codes, ['E_NOT_UP', 'W_BACK', 'E_BASE_BETWEEN']);
    const before = on.snapshot();
    assert.deepEqual(await code(move(on, { to: BESIDE })), ['E_MOVE_OPEN']);
    assert.deepEqual(await code(move(on, { to: null, act: 'finish' })), ['E_NOT_MOVED']);
    assert.equal(on.snapshot(), before);
  });

  it('and was stopped between two services, is whole, and goes on by the same command', async () => {
    const on = await host();
    let asked = 0;
    const stopping = { ...contextFor(on), stopRequested: () => ++asked > 1 };
    const given = { to: APART, act: 'move', isDry: false, self: SELF, ...HOW } as const;
    const { exitCode, problems } = await moveBaseCommand(stopping, given);
    assert.equal(exitCode, 1);
    assert.ok(
      problems.some((one) => one.code === 'E_STOPPED'),
      JSON.stringify(problems),
    );
    assert.equal(placeOf(on).length, 1, 'it runs, wherever that is');
    assert.equal((await move(on)).exitCode, 0);
    assert.deepEqual(placeOf(on), [`${APART}/redis/data`]);
  });

  it('back, and is between both, has to come back first', async () => {
    const on = await host();
    await move(on);
    runs(on, OLD);
    const { codes } = await move(on, { to: null, act: 'cancel' });
    assert.equal(codes.at(-1), 'E_BASE_BETWEEN');
    assert.deepEqual(await code(move(on)), ['E_MOVE_OPEN']);
    runs(on);
    assert.equal((await move(on, { to: null, act: 'cancel' })).exitCode, 0);
    assert.deepEqual([placeOf(on), baseOf(on)], [[`${OLD}/redis/data`], OLD]);
  });

  it('and is kept in its old place, is finished before it goes on elsewhere', async () => {
    const on = await host();
    await move(on);
    assert.deepEqual(await code(move(on, { to: BESIDE })), ['E_MOVE_OPEN']);
    await move(on, { to: null, act: 'finish' });
    assert.deepEqual(await code(move(on, { to: BESIDE })), []);
    assert.deepEqual(placeOf(on), [`${BESIDE}/redis/data`]);
  });

  it('and of which deleting was begun, cannot be given up', async () => {
    const on = await host();
    await move(on);
    const release = on.prepare.hold(`${OLD}/redis/data/dump.rdb`);
    assert.deepEqual(await code(move(on, { to: null, act: 'finish' })), ['E_IN_USE']);
    assert.deepEqual(await code(move(on, { to: null, act: 'cancel' })), ['E_MOVED']);
    assert.deepEqual(await code(move(on)), ['E_MOVED']);
    release();
    assert.equal((await move(on, { to: null, act: 'finish' })).exitCode, 0);
  });

  it('is that of a live host, by a layout file that says so', async () => {
    const on = await host();
    const given = { to: APART, act: 'move', isDry: true, self: SELF, ...HOW } as const;
    const as = (more: Partial<ReturnType<typeof contextFor>>) =>
      code(moveBaseCommand({ ...contextFor(on), ...more }, given).then(() => ({ codes: [] })));
    assert.deepEqual(await as({ host: { ...on, root: '/image' } }), ['E_IMAGE']);
    assert.deepEqual(await as({ layoutFile: null }), ['E_NO_LAYOUT_FILE']);
    const { layout } = contextFor(on);
    assert.deepEqual(await as({ layout: { ...layout, base: '/data/other' } }), ['E_USAGE']);
  });
});

describe('what else names the base', () => {
  /** Its log is where the rotation looks. */
  async function rotated(service: string | null): Promise<MemoryHost> {
    const on = await host();
    on.prepare.write(CONFIG, `${on.text(CONFIG)}logfile ${OLD}/redis/logs/redis-server.log\n`);
    const { exitCode, result } = await logsInstallCommand(contextFor(on), {
      service,
      replace: false,
      isDry: false,
    });
    assert.deepEqual([exitCode, result?.outcome], [0, 'applied']);
    return on;
  }

  it('is written anew: regular runs and the rotation of logs', async () => {
    const on = await rotated(null);
    const cron = { kind: 'cron', act: 'install', replace: false, self: SELF, flags: [] } as const;
    assert.equal((await scheduleCommand(contextFor(on), cron)).exitCode, 0);
    const { exitCode, result } = await move(on);
    assert.equal(exitCode, 0);
    assert.deepEqual([result?.rewritten, result?.notes], [['regular runs', 'logs of all'], []]);
  });

  it('and cannot be, is a note: services run all the same', async () => {
    const on = await rotated('redis');
    // Somebody has taken it over.
    for (const path of on.names('/etc/logrotate.d').map((name) => `/etc/logrotate.d/${name}`))
      on.prepare.write(path, '# mine\n');
    const { exitCode, result } = await move(on);
    assert.deepEqual(
      [exitCode, result?.outcome, result?.notes.map((one) => [one.code, one.fix])],
      [0, 'applied', [['W_NAMES_OLD_BASE', 'sudo jts-hot logs redis --install']]],
    );
  });
});

const HOW = { bytesPerSecond: null, stopLimitMs: 1000, hashesAll: false } as const;
const ONE = {
  service: 'redis',
  from: null,
  does: 'move',
  isDry: false,
  bytesPerSecond: null,
  stopLimitMs: 1000,
  hashesAll: false,
} as const;
