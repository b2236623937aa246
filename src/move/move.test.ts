// Moving a service's data on the host in memory: what is refused and changes nothing, what a move leaves, that the same command
// makes good what was killed anywhere, and that a service that does not come up is back on its old place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, NVME } from '../../test/cases/host.ts';
import { killedAnywhere } from '../../test/memory-host/crashes.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { newestFirst } from '../engine/journal/journal.ts';
import { DEFAULT_BASE, type Layout } from '../layout/layout.ts';
import { Problem } from '../messages/diagnostic.ts';
import { builtInServices } from '../services/index.ts';
import { setupCommand } from '../setup/setup.ts';
import { type MoveOptions, moveCommand } from './move.ts';
import type { MoveAnswer } from './move-document.ts';

const OLD = '/var/lib/redis';
const NEW = `${DEFAULT_BASE}/redis/data`;
const CONFIG = '/etc/redis/redis.conf';
const OURS = '/etc/redis/jts-hot.conf';
const UNIT = 'redis-server.service';
const UNIT_FILE = `/usr/lib/systemd/system/${UNIT}`;
const KEYS = 'REDIS0011\xfa\x09redis-ver\x067.0.15\xfe\x00 rows';

const layout: Layout = {
  base: DEFAULT_BASE,
  services: builtInServices.filter(({ name }) => ['redis', 'kafka'].includes(name)),
};

/** As a unit starts it: where its files say, and the settings that it reads are read now. */
function runs(on: MemoryHost, breaks: 'nothing' | 'there' = 'nothing') {
  on.setRunsUnits((verb) => {
    if (verb === 'stop') return;
    const ours = on.entry(OURS).type === 'file' ? on.text(OURS) : '';
    const text = /^include .*jts-hot/m.test(on.text(CONFIG) ?? '')
      ? `${on.text(CONFIG)}\n${ours}`
      : on.text(CONFIG);
    const directory = [...(text ?? '').matchAll(/^dir "?([^"\n]*)"?$/gm)].at(-1)?.[1] ?? '';
    if (directory === NEW && breaks === 'there') throw new Error('it does not start');
    if (on.entry(directory).type !== 'directory') throw new Error(`no ${directory}`);
    on.prepare.start({ command: 'redis-server', uid: 1, directory, unit: UNIT });
  });
}

async function host(room: Partial<typeof NVME> = {}): Promise<MemoryHost> {
  const made = createHost({ runsSystemd: true, fileSystem: { ...NVME, ...room } });
  await setupCommand(contextOf(made, layout), { adopt: [], strict: false, saved: null });
  const { uid, gid } = made.users(['redis']).get('redis') ?? assert.fail();
  made.prepare.directory('/etc/redis', { uid, gid, mode: '2770' });
  made.prepare.file(CONFIG, { uid, gid, mode: '0640', text: `# Redis\ndir ${OLD}\n` });
  made.prepare.file(UNIT_FILE, { text: '[Service]\nType=notify\n' });
  made.prepare.directory('/etc/systemd/system');
  made.prepare.directory(OLD, { uid, gid, mode: '0750' });
  made.prepare.file(`${OLD}/dump.rdb`, { uid, gid, mode: '0660', text: KEYS, bytes: 100 });
  made.prepare.directory(`${OLD}/appendonlydir`, { uid, gid, mode: '0750' });
  made.prepare.file(`${OLD}/appendonlydir/a.incr.aof`, { uid, gid, mode: '0640', text: 'set a 1', bytes: 7 });
  runs(made);
  await made.startUnits([UNIT], 1000);
  return made;
}

async function move(on: MemoryHost, options: Partial<MoveOptions> = {}) {
  const { exitCode, problems, result } = await moveCommand(contextOf(on, layout), {
    service: 'redis',
    from: OLD,
    does: 'move',
    isDry: false,
    bytesPerSecond: null,
    stopLimitMs: 1000,
    hashesAll: false,
    ...options,
  });
  return { exitCode, problems, codes: problems.map(({ code }) => code), result };
}

/** What there is below a directory: names, owners, modes, texts. */
function tree(on: MemoryHost, path: string): readonly string[] {
  return [...on.walk(path)]
    .map((met) =>
      'uid' in met
        ? `${met.path} ${met.type} ${met.uid} ${met.mode} ${met.type === 'file' ? on.text(`${path}/${met.path}`) : ''}`
        : `${met.path} ${met.type}`,
    )
    .sort();
}

const placeOf = (on: MemoryHost) => on.processes(['redis-server']).map(({ directory }) => directory?.path);
const moved = (result: MoveAnswer | null) => {
  assert.ok(result?.did === 'move');
  return result;
};

describe('a move', () => {
  it('ends with the service on the hot tier, its data there, and the old place as it was', async () => {
    const on = await host();
    const before = tree(on, OLD);
    const { exitCode, result } = await move(on);
    assert.equal(exitCode, 0);
    const { outcome, phase, hashed, run, isKept, passes } = moved(result);
    assert.deepEqual([outcome, phase, isKept], ['applied', 'moved', true]);
    assert.ok(hashed !== null && run !== null && passes.some((pass) => pass.while === 'stopped'));
    assert.deepEqual([placeOf(on), tree(on, NEW), tree(on, OLD)], [[NEW], before, before]);
    assert.deepEqual(on.names(`${DEFAULT_BASE}/redis`), ['data', 'logs']);
    const again = await move(on);
    assert.deepEqual([again.exitCode, moved(again.result).outcome], [0, 'unchanged']);
  });

  it('of a dry run changes nothing, and says what it would do', async () => {
    const on = await host();
    const before = on.fingerprint();
    const { exitCode, result } = await move(on, { isDry: true });
    assert.equal(exitCode, 0);
    const { outcome, files, settings, phase } = moved(result);
    assert.deepEqual([outcome, files, settings.length > 0, phase], ['planned', 2, true, null]);
    assert.equal(on.fingerprint(), before);
  });

  it('is listed until it is finished, and then nothing is left of the old place but itself', async () => {
    const on = await host();
    assert.deepEqual((await move(on, { service: null, from: null })).result, {
      did: 'list',
      base: DEFAULT_BASE,
      wholeBase: null,
      moves: [],
    });
    await move(on);
    const { result } = await move(on, { service: null, from: null });
    assert.ok(result?.did === 'list');
    assert.deepEqual(
      result.moves.map(({ service, phase, runsAt, stopped }) => [service, phase, runsAt, stopped]),
      [['redis', 'moved', 'hot tier', null]],
    );
    const before = on.fingerprint();
    await move(on, { does: 'finish', from: null, isDry: true });
    assert.equal(on.fingerprint(), before);
    const { exitCode } = await move(on, { does: 'finish', from: null });
    assert.deepEqual([exitCode, on.names(OLD), on.moves.services(), placeOf(on)], [0, [], [], [NEW]]);
    await assert.rejects(move(on, { does: 'finish', from: null }), code('E_NO_MOVE'));
  });
});

describe('killed anywhere', () => {
  it('the same command ends in the same place, and no data is lost', async () => {
    const start = await host();
    const data = tree(start, OLD);
    const whole = start.clone();
    runs(whole);
    await move(whole);
    let times = 0;
    const act = (on: MemoryHost) => {
      runs(on);
      return move(on);
    };
    for await (const { host: on, at } of killedAnywhere(start, whole, act)) {
      runs(on);
      assert.deepEqual(tree(on, OLD), data, at);
      const { exitCode, problems } = await move(on);
      assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
      assert.deepEqual([placeOf(on), tree(on, NEW), tree(on, OLD)], [[NEW], data, data], at);
      assert.deepEqual(on.names(`${DEFAULT_BASE}/redis`), ['data', 'logs'], at);
      times += 1;
    }
    assert.ok(times > 20, `${times}`);
  });

  it('giving it up ends with the service on its old place, its settings as before', async () => {
    const start = await host();
    const files = [CONFIG, OURS].map((path) => start.entry(path).type === 'file' && start.text(path));
    const data = tree(start, OLD);
    const whole = start.clone();
    runs(whole);
    await move(whole);
    const act = (on: MemoryHost) => {
      runs(on);
      return move(on);
    };
    for await (const { host: on, at } of killedAnywhere(start, whole, act)) {
      runs(on);
      if (on.moves.services().length === 0 || placeOf(on)[0] === NEW) continue;
      const { exitCode, problems } = await move(on, { does: 'cancel', from: null });
      assert.equal(exitCode, 0, `${at}: ${JSON.stringify(problems)}`);
      assert.deepEqual([placeOf(on), tree(on, OLD), on.moves.services()], [[OLD], data, []], at);
      assert.deepEqual(
        [CONFIG, OURS].map((path) => on.entry(path).type === 'file' && on.text(path)),
        files,
        at,
      );
      assert.deepEqual(on.names(NEW), [], at);
    }
  });

  it('finishing goes on where it was killed', async () => {
    const start = await host();
    await move(start);
    const act = (on: MemoryHost) => {
      runs(on);
      return move(on, { does: 'finish', from: null });
    };
    const whole = start.clone();
    await act(whole);
    for await (const { host: on, at } of killedAnywhere(start, whole, act)) {
      if (on.moves.services().length > 0) assert.equal((await act(on)).exitCode, 0, at);
      assert.deepEqual([on.names(OLD), placeOf(on)], [[], [NEW]], at);
    }
  });
});

describe('a service that does not come up there', () => {
  it('is back on its old place with its settings, and the next call goes on', async () => {
    const on = await host();
    const before = [on.text(CONFIG), tree(on, OLD)];
    runs(on, 'there');
    const { exitCode, codes, result } = await move(on);
    assert.deepEqual([exitCode, codes, moved(result).phase], [1, ['E_NOT_UP', 'W_BACK'], 'copying']);
    assert.deepEqual([placeOf(on), [on.text(CONFIG), tree(on, OLD)], on.names(NEW)], [[OLD], before, []]);
    // The record says which run was taken back.
    const [back, installed] = [...newestFirst(on.journal)].flatMap((run) =>
      'unreadable' in run ? [] : [run],
    );
    assert.deepEqual(
      [back?.command, back?.undoes, installed?.command],
      ['rollback', [installed?.run], 'config'],
    );
    assert.equal(on.entry('/etc/systemd/system/redis-server.service.d').type, 'missing');
    runs(on);
    const again = await move(on);
    assert.deepEqual([again.exitCode, placeOf(on)], [0, [NEW]]);
  });

  it('given up after that keeps the copy that it was started on', async () => {
    const on = await host();
    runs(on, 'there');
    await move(on);
    const { result } = await move(on, { does: 'cancel', from: null });
    assert.ok(result?.did === 'cancel' && result.kept !== null);
    assert.equal(on.entry(`${result.kept}/copy/dump.rdb`).type, 'file');
    assert.deepEqual([placeOf(on), on.moves.services()], [[OLD], []]);
  });
});

describe('what links lead to', () => {
  it('stays where it is, and is named: the first few', async () => {
    const on = await host();
    for (let i = 0; i < 7; i += 1) on.prepare.link(`${OLD}/link${i}`, `/srv/${i}`);
    const { result } = await move(on, { isDry: true });
    const [warning, ...others] = moved(result).notes;
    assert.deepEqual([warning?.code, others], ['W_LINKS_OUT', []]);
    assert.ok(warning?.detail.includes(`${OLD}/link0 -> /srv/0`));
    assert.equal(warning?.detail.at(-1), 'and 2 more');
  });
});

describe('refused, and nothing is changed:', () => {
  for (const [code, room] of [
    ['E_NO_ROOM', { sizeBytes: 1000, freeBytes: 40, availableBytes: 40 }],
    ['E_NO_INODES', { inodes: 1000, inodesFree: 2 }],
  ] as const)
    it(`what does not fit: ${code}`, async () => {
      const on = await host(room);
      const before = on.snapshot();
      const { exitCode, codes } = await move(on);
      assert.deepEqual([exitCode, codes], [3, [code]]);
      assert.deepEqual([on.snapshot() === before, on.moves.services()], [true, []]);
    });

  const refusals: readonly (readonly [string, (on: MemoryHost) => void, Partial<MoveOptions>, string])[] = [
    ['a place that is not its own', () => {}, { from: '/var/lib' }, 'E_NOT_ITS_DATA'],
    ['a service that does not run', (on) => void on.stopUnits([UNIT], 1000), {}, 'E_NOT_RUNNING'],
    ['a target with something in it', (on) => on.prepare.file(`${NEW}/theirs`), {}, 'E_TARGET_NOT_EMPTY'],
    ['a link back into it', (on) => on.prepare.link(`${OLD}/link`, `${OLD}/dump.rdb`), {}, 'E_LINKS_INTO'],
    [
      'something mounted in it',
      (on) => {
        on.prepare.directory(`${OLD}/more`);
        on.prepare.mount(`${OLD}/more`, { type: 'ext4' } as never);
      },
      {},
      'E_MOUNTED_IN',
    ],
    ['finishing what is not begun', () => {}, { does: 'finish', from: null }, 'E_NO_MOVE'],
    ['giving up what is not begun', () => {}, { does: 'cancel', from: null }, 'E_NO_MOVE'],
    ['no old place', () => {}, { from: null }, 'E_USAGE'],
    ['a service that no unit runs', (on) => on.prepare.remove(UNIT_FILE), {}, 'E_NO_UNIT'],
    [
      'an old place that is a link',
      (on) => on.prepare.link('/srv/redis', OLD),
      { from: '/srv/redis' },
      'E_NOT_ITS_DATA',
    ],
    [
      'one that runs in two places',
      (on) => {
        on.prepare.directory('/srv/redis');
        on.prepare.start({ command: 'redis-server', uid: 1, directory: '/srv/redis', unit: UNIT });
      },
      {},
      'E_SEVERAL_PLACES',
    ],
    [
      'one that is there already',
      (on) => {
        on.prepare.write(CONFIG, `dir ${NEW}\n`);
        void on.stopUnits([UNIT], 1000);
        on.prepare.start({ command: 'redis-server', uid: 1, directory: NEW, unit: UNIT });
      },
      {},
      'E_ON_TIER',
    ],
  ];
  for (const [what, prepare, options, wanted] of refusals)
    it(what, async () => {
      const on = await host();
      prepare(on);
      const before = on.snapshot();
      const found = await move(on, options).then(
        ({ codes }) => codes,
        (error) => (error instanceof Problem ? error.diagnostics.map((one) => one.code) : assert.fail(error)),
      );
      assert.deepEqual([found, on.snapshot() === before, on.moves.services()], [[wanted], true, []]);
    });

  it('one that systemd does not run, on a host without it', async () => {
    const on = await host();
    const { surroundings } = on;
    const without = { ...on, surroundings: () => ({ ...surroundings(), runsSystemd: false }) };
    assert.deepEqual((await move(without)).codes, ['E_NO_SYSTEMD']);
  });

  it('an image', async () => {
    const on = createHost({ root: '/mnt/image' });
    await assert.rejects(move(on), code('E_IMAGE'));
  });

  it('a second move from elsewhere beside an open one', async () => {
    const on = await host();
    runs(on, 'there');
    await move(on);
    await assert.rejects(move(on, { from: '/srv/redis' }), code('E_MOVE_OPEN'));
  });

  it('coming back by hand after it was moved begins anew, and not over data that is there', async () => {
    const on = await host();
    await move(on);
    await on.stopUnits([UNIT], 1000);
    on.prepare.write(CONFIG, `dir ${OLD}\n`);
    await on.startUnits([UNIT], 1000);
    assert.deepEqual(placeOf(on), [OLD]);
    assert.deepEqual((await move(on)).codes, ['E_TARGET_NOT_EMPTY']);
  });

  it('finishing where nothing is left of the old place forgets it', async () => {
    const on = await host();
    await move(on);
    on.prepare.remove(OLD);
    const { exitCode, result } = await move(on, { does: 'finish', from: null });
    assert.ok(result?.did === 'finish');
    assert.deepEqual([exitCode, result.outcome, on.moves.services()], [0, 'unchanged', []]);
  });

  it('deleting what a process has open, and after that what somebody has changed', async () => {
    const on = await host();
    await move(on);
    const release = on.prepare.hold(`${OLD}/dump.rdb`);
    await assert.rejects(move(on, { does: 'finish', from: null }), code('E_IN_USE'));
    release();
    on.prepare.file(`${OLD}/more`, { text: 'more', bytes: 4 });
    await assert.rejects(move(on, { does: 'finish', from: null }), code('E_CHANGED_SINCE'));
    assert.equal(on.entry(`${OLD}/dump.rdb`).type, 'file');
  });

  it('deleting an old place that somebody has used since, or while it does not run on the hot tier', async () => {
    const on = await host();
    await move(on);
    on.prepare.file(`${OLD}/more`, { text: 'more', bytes: 4 });
    await assert.rejects(move(on, { does: 'finish', from: null }), code('E_CHANGED_SINCE'));
    on.prepare.remove(`${OLD}/more`);
    await on.stopUnits([UNIT], 1000);
    await assert.rejects(move(on, { does: 'finish', from: null }), code('E_NOT_ON_TIER'));
    assert.equal(on.entry(`${OLD}/dump.rdb`).type, 'file');
  });
});

function code(wanted: string) {
  return (error: unknown) => error instanceof Problem && error.diagnostics[0]?.code === wanted;
}
