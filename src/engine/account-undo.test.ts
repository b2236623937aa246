// Which accounts a rollback deletes, and which it keeps, locked, because something of theirs may still be somewhere. What
// is done to the host in between is what administrators and services do.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { readSteps } from '../../test/recorded.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');
/** What the first new user and group of this host get; the second one's are one less. */
const KAFKA = 999;

async function setUp(prepare: (host: MemoryHost) => void = () => {}): Promise<MemoryHost> {
  const host = createHost();
  host.prepare.directory('/var/log');
  prepare(host);
  await setUpAgain(host);
  return host;
}

async function setUpAgain(host: MemoryHost): Promise<readonly string[]> {
  const { result, problems } = await setupCommand(contextOf(host, LAYOUT), {
    adopt: [],
    strict: false,
    saved: null,
  });
  assert.ok(result?.verified, JSON.stringify(problems));
  return result.warnings.map(({ code }) => code);
}

async function rollBack(host: MemoryHost) {
  const { result, problems } = await rollbackCommand(contextOf(host, LAYOUT), 1);
  assert.ok(result !== null && result.outcome === 'applied', JSON.stringify(problems));
  const { left, steps, searchUnfinished } = result;
  return {
    left: left.map(({ address, why }) => `${address}: ${why}`),
    done: steps.map(({ summary }) => summary),
    searchUnfinished,
  };
}

/** Users that are there, those locked marked. */
function users(host: MemoryHost): readonly string[] {
  const locked = host.lockedUsers(['kafka', 'redis']);
  return [...host.users(['kafka', 'redis']).keys()].map((name) =>
    locked.has(name) ? `${name} locked` : name,
  );
}

function nextUid(host: MemoryHost): number {
  host.perform({ type: 'createUser', name: 'next', group: 'root', home: '/' });
  return host.users(['next']).get('next')?.uid ?? -1;
}

const ASTRAY = (path: string, program: string) =>
  `directory ${path} is missing, and no rollback removed it: it may be on a disk that is not mounted, or have another name; if it is gone for good: ${program}`;

describe('accounts whose directories are not where they were made', () => {
  const onDisk = ({ prepare }: MemoryHost) => {
    prepare.directory(BASE);
    prepare.mount(BASE);
  };

  it('each moved away to another disk: kept and locked, and nobody gets their numbers', async () => {
    const host = await setUp(onDisk);
    host.prepare.file(`${BASE}/kafka/data/0.log`, { uid: KAFKA, gid: KAFKA });
    host.prepare.directory('/mnt');
    host.prepare.mount('/mnt');
    for (const name of ['kafka', 'redis']) host.prepare.move(`${BASE}/${name}`, `/mnt/${name}`);
    const { left, done } = await rollBack(host);
    assert.deepEqual(users(host), ['kafka locked', 'redis locked']);
    assert.deepEqual([...host.groups(['kafka', 'redis']).keys()], ['kafka', 'redis']);
    for (const name of ['kafka', 'redis'])
      assert.ok(
        left.includes(`user ${name}: locked, since ${ASTRAY(`${BASE}/${name}/logs`, `userdel ${name}`)}`),
        left.join('\n'),
      );
    assert.deepEqual(
      done.filter((summary) => summary.startsWith('delete')),
      [],
    );
    assert.equal(nextUid(host), KAFKA - 2);
  });

  const elsewhere: readonly (readonly [
    string,
    string,
    (host: MemoryHost) => void,
    (host: MemoryHost) => void,
  ])[] = [
    [
      'the base moved away (mv hot hot2)',
      'E_BASE_MOVED',
      () => {},
      ({ prepare }) => prepare.move(BASE, `${BASE}2`),
    ],
    ['another disk mounted over theirs', 'E_DISK_HIDDEN', onDisk, ({ prepare }) => prepare.mount(BASE)],
  ];
  for (const [what, code, before, away] of elsewhere)
    it(`${what}: nothing is undone, and nobody gets their numbers`, async () => {
      const host = await setUp(before);
      host.prepare.file(`${BASE}/kafka/data/0.log`, { uid: KAFKA, gid: KAFKA });
      away(host);
      await assert.rejects(rollBack(host), (error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.deepEqual([error.exitCode, error.diagnostics[0]?.code], [EXIT.refused, code]);
        return true;
      });
      assert.deepEqual(users(host), ['kafka', 'redis']);
      assert.equal(nextUid(host), KAFKA - 2);
    });

  it('the lock is recorded like every step, and done once', async () => {
    const host = await setUp();
    host.prepare.remove(`${BASE}/kafka/logs`);
    assert.ok((await rollBack(host)).done.includes('lock user kafka, so that nobody can log in as it'));
    assert.deepEqual(readSteps(host.journal, 2).at(-1), {
      address: 'group redis',
      do: { type: 'deleteGroup', name: 'redis', gid: KAFKA - 1 },
      undo: { type: 'createGroup', name: 'redis' },
      needs: [],
      state: 'done',
    });
    const locks = readSteps(host.journal, 2).filter(({ do: { type } }) => type === 'lockUser');
    assert.deepEqual(locks, [
      {
        address: 'user kafka',
        do: { type: 'lockUser', name: 'kafka', uid: KAFKA },
        undo: null,
        needs: [],
        state: 'done',
      },
    ]);
    const again = await rollBack(host);
    assert.deepEqual(again.done, []);
    assert.match(again.left[0] ?? '', /^user kafka: locked, since directory/);
    assert.deepEqual(await setUpAgain(host), ['W_LOCKED']);
  });

  it('where it cannot be locked (an image without shadow) it stays nevertheless, and that is said', async () => {
    const host = await setUp();
    host.prepare.remove(`${BASE}/kafka/logs`);
    const why = diagnostic('E_NO_SHADOW', 'cannot run a command to its end', {
      detail: 'usermod: no shadow',
    });
    host.faults.failNext('lockUser', new Problem(EXIT.failed, [why]));
    const { left } = await rollBack(host);
    assert.match(
      left[0] ?? '',
      /^user kafka: not locked \(cannot run .*: usermod: no shadow\), since directory/,
    );
    assert.deepEqual(users(host), ['kafka']);
  });

  it('a directory of a group alone keeps the group', async () => {
    const host = await setUp((made) => {
      made.prepare.addUser({ name: 'redis', uid: 150, gid: 0, home: '/', shell: '/bin/false' });
    });
    host.prepare.remove(`${BASE}/redis/logs`);
    const { left } = await rollBack(host);
    assert.deepEqual(left, [`group redis: ${ASTRAY(`${BASE}/redis/logs`, 'groupdel redis')}`]);
  });

  it('what an earlier rollback removed is accounted for, also when it was killed', async () => {
    const whole = await setUp();
    const clean = createHost();
    clean.prepare.directory('/var/log');
    const began = whole.faults.events();
    const trial = whole.clone();
    await rollBack(trial);
    for (let n = 1; n <= trial.faults.events(); n++)
      for (const moment of ['before', 'after', 'torn'] as const) {
        const host = whole.clone();
        host.faults.crash(moment, n);
        await assert.rejects(rollBack(host), `${moment} ${n} of ${began}`);
        host.faults.restart();
        // Torn in the last record of all, the rollback is whole.
        if (host.users(['kafka']).size + host.groups(['kafka']).size > 0)
          assert.deepEqual((await rollBack(host)).left, [], `${moment} ${n}`);
        assert.equal(host.snapshot(), clean.snapshot());
      }
  });
});

describe('accounts that still own something', () => {
  const OTHERS = 4711;
  const places: readonly (readonly [string, (prepare: MemoryHost['prepare']) => void, string])[] = [
    [
      'a backup on the same disk',
      (prepare) => prepare.file('/backup/daily/kafka.tar', { uid: KAFKA, gid: OTHERS }),
      '/backup/daily/kafka.tar',
    ],
    [
      'a directory of its logs',
      (prepare) => prepare.directory('/var/log/kafka', { uid: KAFKA, gid: 0 }),
      '/var/log/kafka',
    ],
    [
      'on the disk of /var',
      (prepare) => {
        prepare.mount('/var');
        prepare.link('/var/lib/kafka', '/nowhere');
        prepare.chown('/var/lib/kafka', KAFKA, 0);
      },
      '/var/lib/kafka',
    ],
  ];
  for (const [what, put, path] of places)
    it(`${what}: the user stays, locked, until it is gone`, async () => {
      const host = await setUp();
      const { prepare } = host;
      put(prepare);
      const { left, searchUnfinished } = await rollBack(host);
      assert.deepEqual(left, [
        `user kafka: locked, since uid ${KAFKA} still owns ${path}`,
        'group kafka: user kafka is still there',
      ]);
      assert.equal(searchUnfinished, false);
      assert.deepEqual(users(host), ['kafka locked']);
      assert.equal(nextUid(host), KAFKA - 1);
      host.perform({ type: 'deleteUser', name: 'next', home: '/' });
      prepare.remove(path);
      assert.deepEqual(await rollBack(host), {
        left: [],
        done: ['delete user kafka', 'delete group kafka'],
        searchUnfinished: false,
      });
    });

  it('a share with the group keeps the group, and only that', async () => {
    const host = await setUp();
    host.prepare.directory('/var/share', { uid: OTHERS, gid: KAFKA });
    const { left } = await rollBack(host);
    assert.deepEqual(left, [`group kafka: gid ${KAFKA} still has /var/share`]);
    assert.deepEqual(users(host), []);
  });

  it('on another disk than those of the base, of homes and of /var: not looked for', async () => {
    const host = await setUp();
    host.prepare.directory('/elsewhere');
    host.prepare.mount('/elsewhere');
    host.prepare.file('/elsewhere/theirs', { uid: KAFKA });
    assert.deepEqual((await rollBack(host)).left, []);
  });

  it('where the search takes too long all stay, locked, but those that it has cleared are not known', async () => {
    const host = await setUp();
    host.prepare.directory('/var/lib/slow');
    host.prepare.file('/theirs', { uid: KAFKA });
    host.faults.hang('/var/lib/slow');
    const { left, searchUnfinished } = await rollBack(host);
    assert.equal(searchUnfinished, true);
    assert.deepEqual(left, [
      `user redis: locked, since what uid ${KAFKA - 1} still owns was searched for, and not everywhere within 2 min`,
      `user kafka: locked, since uid ${KAFKA} still owns /theirs`,
      'group redis: user redis is still there',
      'group kafka: user kafka is still there',
    ]);
    assert.deepEqual(users(host), ['kafka locked', 'redis locked']);
    host.faults.restart();
    host.prepare.remove('/theirs');
    assert.deepEqual((await rollBack(host)).left, []);
  });

  it('where a place cannot be looked at all stay, and it is named', async () => {
    const host = await setUp();
    const hidden = { path: '/var/lib/broken', error: 'EIO' };
    const partly: MemoryHost = {
      ...host,
      searchOwners: async (search) => ({ ...(await host.searchOwners(search)), unfinished: hidden }),
    };
    const { left, searchUnfinished } = await rollBack(partly);
    assert.equal(
      left[0],
      `user redis: locked, since what uid ${KAFKA - 1} still owns could not be searched for in /var/lib/broken (EIO)`,
    );
    assert.equal(searchUnfinished, false);
  });

  it('all are searched for at once, when their directories are gone, for as long as was said', async () => {
    const host = await setUp();
    const searches: unknown[] = [];
    const watched: MemoryHost = {
      ...host,
      searchOwners: (search) => {
        assert.equal(host.entry('/data').type, 'missing');
        const { at, owners, limitMs } = search;
        searches.push({ at, owners, limitMs });
        return host.searchOwners(search);
      },
    };
    await rollbackCommand(contextOf(watched, LAYOUT), null, { searchLimitSeconds: 7 });
    assert.deepEqual(searches, [
      {
        at: [BASE, '/var', `${BASE}/redis`, `${BASE}/kafka`],
        owners: { uids: [KAFKA - 1, KAFKA], gids: [KAFKA - 1, KAFKA] },
        limitMs: 7000,
      },
    ]);
  });

  it('a stop while it searches ends the run before anything is deleted', async () => {
    const host = await setUp();
    let stopped = false;
    const slow: MemoryHost = {
      ...host,
      searchOwners: (search) => {
        stopped = true;
        assert.equal(search.stopRequested(), true);
        return host.searchOwners(search);
      },
    };
    const context = contextOf(slow, LAYOUT, { stopRequested: () => stopped });
    const { result } = await rollbackCommand(context, null);
    assert.equal(result?.outcome, 'stopped');
    assert.deepEqual(users(host), ['kafka', 'redis']);
    assert.deepEqual((await rollBack(host)).left, []);
  });
});
