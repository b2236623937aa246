// Each operation held against the states a host can be in: done, open, or changed by somebody else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost } from '../../test/cases/host.ts';
import { fileState } from '../../test/file-state.ts';
import type { Attributes, DiskKind, MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Written } from '../port/entry.ts';
import { PARTED_HOME } from '../port/host.ts';
import type { Operation } from './operation.ts';
import { effectOf } from './operation.ts';
import { asidePath } from './operations/aside.ts';
import type { Effect } from './operations/operation-entry.ts';
import { UNIT_DIRECTORY } from './operations/unit.ts';

const BASE = '/data/jts/hot';
const PATH = `${BASE}/kafka`;
const KAFKA = { user: 'kafka', group: 'kafka' };
const DONE: Effect = { state: 'done' };
const OPEN: Effect = { state: 'open' };

/** kafka is 997:996; the base is there. */
function host(prepare: (host: MemoryHost['prepare']) => void = () => {}): MemoryHost {
  const made = createHost();
  made.prepare.directory(BASE);
  made.prepare.addGroup('kafka', 996);
  made.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: PATH, shell: '/bin/false' });
  prepare(made.prepare);
  return made;
}

/** What is at PATH, as a record would know it. */
function known(made: MemoryHost): { inode: string; born: string | null; written?: Written } {
  const entry = made.entry(PATH);
  assert.ok('inode' in entry);
  const { inode, born } = entry;
  return { inode, born, ...('written' in entry && { written: entry.written }) };
}

function changed(why: string): Effect {
  return { state: 'changed', why };
}

describe('effect of making and deleting accounts', () => {
  const table: readonly (readonly [Operation, Effect])[] = [
    [{ type: 'createGroup', name: 'kafka' }, DONE],
    [{ type: 'createGroup', name: 'redis' }, OPEN],
    [{ type: 'deleteGroup', name: 'kafka' }, OPEN],
    [{ type: 'deleteGroup', name: 'redis' }, DONE],
    [{ type: 'createUser', name: 'kafka', group: 'kafka', home: PATH }, DONE],
    [{ type: 'createUser', name: 'redis', group: 'redis', home: PATH }, OPEN],
    [{ type: 'deleteUser', name: 'kafka', home: '/data/jts/hot/kafka' }, OPEN],
    [{ type: 'deleteUser', name: 'redis', home: '/data/jts/hot/redis' }, DONE],
  ];
  for (const [operation, effect] of table)
    it(`${operation.type} ${'name' in operation ? operation.name : ''}: ${effect.state}`, () => {
      assert.deepEqual(effectOf(operation, host()), effect);
    });

  const ours = { type: 'deleteUser', name: 'kafka', home: PATH } as const;
  const numbered: readonly (readonly [string, Operation, Effect])[] = [
    ['a user with the number it was made with', { ...ours, uid: 997 }, OPEN],
    [
      'a user re-made with the same home',
      { ...ours, uid: 998 },
      changed('it is another user of that name, with uid 997 instead of 998'),
    ],
    ['a group with the number it was made with', { type: 'deleteGroup', name: 'kafka', gid: 996 }, OPEN],
    [
      'a group re-made',
      { type: 'deleteGroup', name: 'kafka', gid: 995 },
      changed('it is another group of that name, with gid 996 instead of 995'),
    ],
    ['a group that is gone', { type: 'deleteGroup', name: 'redis', gid: 995 }, DONE],
  ];
  for (const [what, operation, effect] of numbered)
    it(`${what}: ${effect.state}`, () => assert.deepEqual(effectOf(operation, host()), effect));

  it('a group that has gained members is left alone, whatever its number', () => {
    const made = host((prepare) => prepare.addGroup('redis', 995, ['alice', 'bob']));
    for (const gid of [undefined, 995])
      assert.deepEqual(
        effectOf({ type: 'deleteGroup', name: 'redis', ...(gid && { gid }) }, made),
        changed('it has members since: alice, bob'),
      );
  });

  it('a user that was being deleted, with another number: somebody else', () => {
    const made = host((prepare) =>
      prepare.addUser({ name: 'redis', uid: 995, gid: 65534, home: PARTED_HOME, shell: '/bin/false' }),
    );
    const operation = { type: 'deleteUser', name: 'redis', home: `${BASE}/redis`, uid: 994 } as const;
    assert.equal(effectOf(operation, made).state, 'changed');
    assert.deepEqual(effectOf({ ...operation, uid: 995 }, made), OPEN);
  });

  it('a user that somebody can log in as by now is not deleted', () => {
    const made = host((prepare) =>
      prepare.addUser({ name: 'redis', uid: 995, gid: 996, home: '/', shell: '/bin/bash' }),
    );
    assert.deepEqual(
      effectOf({ type: 'deleteUser', name: 'redis', home: '/data/jts/hot/redis' }, made),
      changed('it was given a login shell since (/bin/bash)'),
    );
  });

  it('a user of that name with another home is somebody else, and is not deleted', () => {
    const other: Operation = { type: 'deleteUser', name: 'kafka', home: `${BASE}/other` };
    assert.deepEqual(
      effectOf(other, host()),
      changed('it is another user of that name, with home /data/jts/hot/kafka'),
    );
  });

  it('a user that was being deleted when we were killed has no home left to know it by: deleted', () => {
    const made = host((prepare) =>
      prepare.addUser({ name: 'redis', uid: 995, gid: 65534, home: PARTED_HOME, shell: '/bin/false' }),
    );
    const operation: Operation = { type: 'deleteUser', name: 'redis', home: `${BASE}/redis` };
    assert.deepEqual(effectOf(operation, made), OPEN);
  });
});

describe('effect of making a directory', () => {
  const operation: Operation = { type: 'makeDirectory', path: PATH, owner: KAFKA, mode: '0750' };
  const table: readonly (readonly [string, Parameters<typeof host>[0], Effect])[] = [
    ['missing', undefined, OPEN],
    ['as wanted', (p) => p.directory(PATH, { uid: 997, gid: 996, mode: '0750' }), DONE],
    [
      'another owner',
      (p) => p.directory(PATH, { uid: 1, gid: 996, mode: '0750' }),
      changed('found 1:996 0750'),
    ],
    [
      'another group',
      (p) => p.directory(PATH, { uid: 997, gid: 1, mode: '0750' }),
      changed('found 997:1 0750'),
    ],
    [
      'another mode',
      (p) => p.directory(PATH, { uid: 997, gid: 996, mode: '0700' }),
      changed('found 997:996 0700'),
    ],
    ['a file', (p) => p.file(PATH), changed('a file is there')],
    ['a link', (p) => p.link(PATH, '/etc'), changed('a link is there')],
  ];
  for (const [what, prepare, effect] of table)
    it(`${what}: ${effect.state}`, () => assert.deepEqual(effectOf(operation, host(prepare)), effect));

  it('is never done for an owner that does not exist', () => {
    const made = host((prepare) => prepare.directory(PATH, { mode: '0750' }));
    const effect = effectOf({ ...operation, owner: { user: 'nobody-of-ours', group: 'root' } }, made);
    assert.deepEqual(effect, changed('found 0:0 0750'));
  });
});

describe('effect of removing a directory', () => {
  const operation: Operation = { type: 'removeDirectory', path: PATH, owner: KAFKA };
  const table: readonly (readonly [string, Parameters<typeof host>[0], Effect])[] = [
    ['missing', undefined, DONE],
    [
      "empty and its owner's, whatever its group and mode",
      (p) => p.directory(PATH, { uid: 997, gid: 1, mode: '0777' }),
      OPEN,
    ],
    [
      "empty and root's: made, and we were killed before it was given away",
      (p) => p.directory(PATH, { mode: '0000' }),
      OPEN,
    ],
    [
      "empty and somebody else's",
      (p) => p.directory(PATH, { uid: 1, gid: 996, mode: '0750' }),
      changed("it is uid 1's, and was not made for that user"),
    ],
    ['with a file in it', (p) => p.file(`${PATH}/segment`), changed('it holds data')],
    ['with an empty directory in it', (p) => p.directory(`${PATH}/data`), changed('it holds data')],
    ['a file', (p) => p.file(PATH), changed('a file is there now')],
    ['a link', (p) => p.link(PATH, BASE), changed('a link is there now')],
  ];
  for (const [what, prepare, effect] of table)
    it(`${what}: ${effect.state}`, () => assert.deepEqual(effectOf(operation, host(prepare)), effect));

  describe('that the record knows by inode and birth time', () => {
    /** A file system of its own at the base, where inodes are given again. */
    const remade = (like: DiskKind, again: Attributes | null, entries: number): Effect => {
      const made = host((prepare) => {
        prepare.mount(BASE, like);
        prepare.directory(PATH, { uid: 997, gid: 996, mode: '0750' });
      });
      const { inode, born } = known(made);
      if (again !== null) {
        made.prepare.remove(PATH);
        made.prepare.directory(PATH, again);
        assert.equal(known(made).inode, inode);
      }
      for (let i = 0; i < entries; i++) made.prepare.file(`${PATH}/${i}`);
      return effectOf({ ...operation, inode, born, ...(born === null && { mode: '0750' }) }, made);
    };
    const SAME = { uid: 997, gid: 996, mode: '0750' };
    const ANOTHER = changed('another one has taken its place');
    const unlike = (found: string) =>
      changed(`found ${found}, and the file system keeps no birth times to know it by`);
    const cases: readonly (readonly [string, DiskKind, Attributes | null, number, Effect])[] = [
      ['it is still there', 'ext4', null, 0, OPEN],
      ['it is still there and holds data', 'ext4', null, 1, changed('it holds data')],
      ['made anew by the service, on the same inode', 'ext4', SAME, 0, ANOTHER],
      ['made anew by root, on the same inode', 'ext4', {}, 0, ANOTHER],
      ['it is still there, without a birth time', 'ext4 with small inodes', null, 0, OPEN],
      ['anew just as it was left, without a birth time', 'ext4 with small inodes', SAME, 0, OPEN],
      ['made anew by root, without a birth time', 'ext4 with small inodes', {}, 0, unlike('0:0 0755')],
      [
        'another mode, without a birth time',
        'ext4 with small inodes',
        { ...SAME, mode: '0700' },
        0,
        unlike('997:996 0700'),
      ],
      [
        'another group, without a birth time',
        'ext4 with small inodes',
        { ...SAME, gid: 1 },
        0,
        unlike('997:1 0750'),
      ],
    ];
    for (const [what, like, again, entries, effect] of cases)
      it(`${what}: ${effect.state}`, () => assert.deepEqual(remade(like, again, entries), effect));

    it('whatever its owner and mode are by now: removed', () => {
      const made = host((prepare) => prepare.directory(PATH, { uid: 5, gid: 5, mode: '0700' }));
      assert.deepEqual(effectOf({ ...operation, ...known(made) }, made), OPEN);
    });

    it('on another inode: left alone, though it is root’s and empty', () => {
      const made = host((prepare) => prepare.directory(PATH));
      assert.deepEqual(effectOf({ ...operation, ...known(made), inode: '1' }, made), ANOTHER);
      // A record of an earlier version says the inode alone, and an empty directory of root's is taken for ours.
      assert.deepEqual(effectOf({ ...operation, inode: '1' }, made), OPEN);
    });
  });

  it("made for a user who is gone: only root's is", () => {
    const gone: Operation = { ...operation, owner: { user: 'nobody-of-ours', group: 'root' } };
    const of = (uid: number) =>
      effectOf(
        gone,
        host((prepare) => prepare.directory(PATH, { uid })),
      );
    assert.deepEqual(of(0), OPEN);
    assert.deepEqual(of(997), changed("it is uid 997's, and was not made for that user"));
  });

  it('made for a number: its own', () => {
    const numbered: Operation = { ...operation, owner: { user: 4711, group: 0 } };
    const of = (uid: number) =>
      effectOf(
        numbered,
        host((prepare) => prepare.directory(PATH, { uid })),
      ).state;
    assert.deepEqual([of(4711), of(997)], ['open', 'changed']);
  });

  it('with something mounted on it: changed', () => {
    const made = host((prepare) => {
      prepare.directory(PATH);
      prepare.mount(PATH);
    });
    assert.deepEqual(effectOf(operation, made), changed('a mount point is there now'));
  });
});

describe('effect of a change of owner', () => {
  const from = { user: 0, group: 0 };
  const change = (made: MemoryHost): Operation => {
    const entry = made.entry(PATH);
    assert.ok('inode' in entry);
    return { type: 'changeOwner', path: PATH, inode: entry.inode, from, to: KAFKA };
  };
  const table: readonly (readonly [string, { uid: number; gid: number }, Effect])[] = [
    ['as before', { uid: 0, gid: 0 }, OPEN],
    ['as after', { uid: 997, gid: 996 }, DONE],
    ['half as after', { uid: 997, gid: 0 }, changed('want owner 0:0, found 997:0')],
    ["somebody else's", { uid: 1, gid: 1 }, changed('want owner 0:0, found 1:1')],
  ];
  for (const [what, ids, effect] of table)
    it(`${what}: ${effect.state}`, () => {
      for (const kind of ['directory', 'file'] as const) {
        const made = host((prepare) => prepare[kind](PATH, ids));
        assert.deepEqual(effectOf(change(made), made), effect, kind);
      }
    });

  it('of another one in its place, or of what is gone or was never ours: changed', () => {
    const made = host((prepare) => prepare.directory(PATH));
    const operation = change(made);
    made.prepare.remove(PATH);
    assert.deepEqual(effectOf(operation, made), changed('it is not there'));
    made.prepare.link(PATH, '/etc');
    assert.deepEqual(effectOf(operation, made), changed('it is not there'));
    made.prepare.remove(PATH);
    made.prepare.directory(PATH, { uid: 997, gid: 996 });
    assert.deepEqual(effectOf(operation, made), changed('another one has taken its place'));
  });

  describe('that the record knows by birth time, or by when it was written', () => {
    /** It was root's and was given to the service; asked is the undo. */
    function undoOf(
      like: DiskKind,
      kind: 'file' | 'directory',
      act: (prepare: MemoryHost['prepare']) => void,
      more: { readonly onlyEmpty?: true } = {},
    ): Effect {
      const ids = { uid: 997, gid: 996 };
      const made = host((prepare) => {
        prepare.mount(BASE, like);
        prepare[kind](PATH, kind === 'file' ? { ...ids, text: 'one' } : ids);
      });
      const { inode, born, written } = known(made);
      act(made.prepare);
      const undo: Operation = {
        type: 'changeOwner',
        ...{ path: PATH, inode, born, from: KAFKA, to: { user: 0, group: 0 }, ...more },
        ...(written !== undefined && { written }),
      };
      return effectOf(undo, made);
    }
    const anew = (kind: 'file' | 'directory') => (prepare: MemoryHost['prepare']) => {
      prepare.remove(PATH);
      prepare[kind](PATH, { uid: 997, gid: 996, ...(kind === 'file' && { text: 'two' }) });
    };
    const ANOTHER = changed('another one has taken its place');
    const NO_BIRTHS = 'and the file system keeps no birth times to know it by';
    for (const kind of ['file', 'directory'] as const) {
      it(`a ${kind} that is the same one: open`, () => {
        for (const like of ['ext4', 'ext4 with small inodes'] as const)
          assert.deepEqual(
            undoOf(like, kind, () => {}),
            OPEN,
            like,
          );
      });
      it(`a ${kind} that the service removed and made anew, on the same inode: changed`, () =>
        assert.deepEqual(undoOf('ext4', kind, anew(kind)), ANOTHER));
    }
    it('a file that was written anew, without a birth time: changed', () =>
      assert.deepEqual(
        undoOf('ext4 with small inodes', 'file', anew('file')),
        changed(`it was written since, ${NO_BIRTHS}`),
      ));
    it('a directory that holds something, without a birth time: changed', () => {
      const fill = (prepare: MemoryHost['prepare']) => prepare.file(`${PATH}/segment`);
      assert.deepEqual(undoOf('ext4', 'directory', fill), OPEN);
      assert.deepEqual(
        undoOf('ext4 with small inodes', 'directory', fill),
        changed(`it holds something, ${NO_BIRTHS}`),
      );
      assert.deepEqual(undoOf('ext4', 'directory', fill, { onlyEmpty: true }), changed('it holds data'));
    });
  });

  it('to a name that is gone: open where it is as before, never done', () => {
    const made = host((prepare) => prepare.directory(PATH));
    const operation = change(made);
    const to = { user: 'redis', group: 'redis' };
    assert.deepEqual(effectOf({ ...operation, to } as Operation, made), OPEN);
  });
});

describe('effect of a change of mode', () => {
  const change = (made: MemoryHost): Operation => {
    const entry = made.entry(PATH);
    assert.ok('inode' in entry);
    return { type: 'changeMode', path: PATH, inode: entry.inode, from: '0755', to: '0750' };
  };
  for (const [mode, effect] of [
    ['0755', OPEN],
    ['0750', DONE],
    ['0700', changed('want mode 0755, found 0700')],
    ['2755', changed('want mode 0755, found 2755')],
  ] as const)
    it(`${mode}: ${effect.state}`, () => {
      for (const kind of ['directory', 'file'] as const) {
        const made = host((prepare) => prepare[kind](PATH, { mode }));
        assert.deepEqual(effectOf(change(made), made), effect, kind);
      }
    });

  it('of another one in its place, or of what is gone: changed', () => {
    const made = host((prepare) => prepare.directory(PATH));
    const operation = change(made);
    made.prepare.remove(PATH);
    assert.deepEqual(effectOf(operation, made), changed('it is not there'));
    made.prepare.directory(PATH, { mode: '0750' });
    assert.deepEqual(effectOf(operation, made), changed('another one has taken its place'));
  });
});

describe('effect of writing and removing a file', () => {
  const FILE = '/etc/cron.d/jts-hot';
  const ROOT = { user: 'root', group: 'root' };
  const OURS = fileState({ text: 'ours\n', mode: '0644', owner: ROOT });
  const EARLIER = fileState({ text: 'earlier\n', mode: '0600', owner: { user: 4, group: 5 } });
  const ours = { text: 'ours\n', mode: '0644' } as const;
  const earlier = { text: 'earlier\n', mode: '0600', uid: 4, gid: 5 } as const;
  const make: Operation = { type: 'writeFile', path: FILE, from: null, to: OURS };
  const replace: Operation = { type: 'writeFile', path: FILE, from: EARLIER, to: OURS };
  const remove: Operation = { type: 'removeFile', path: FILE, from: OURS };
  const edited = changed('somebody has changed it');
  const table: readonly (readonly [string, Parameters<typeof host>[0], readonly [Effect, Effect, Effect]])[] =
    [
      ['missing', undefined, [OPEN, changed('somebody has removed it'), DONE]],
      ['as written', (p) => p.file(FILE, ours), [DONE, DONE, OPEN]],
      ['as before', (p) => p.file(FILE, earlier), [edited, OPEN, edited]],
      ['another text', (p) => p.file(FILE, { ...ours, text: 'Ours\n' }), [edited, edited, edited]],
      ['another mode', (p) => p.file(FILE, { ...ours, mode: '0640' }), [edited, edited, edited]],
      ['another owner', (p) => p.file(FILE, { ...ours, uid: 1 }), [edited, edited, edited]],
      ['a link', (p) => p.link(FILE, '/etc/motd'), Array(3).fill(changed('a link is there')) as never],
      ['as written, and the other version aside', cutShort(ours), [OPEN, OPEN, OPEN]],
      ['gone, and a version aside', cutShort(null), [OPEN, changed('somebody has removed it'), OPEN]],
    ];
  function cutShort(now: typeof ours | null): Parameters<typeof host>[0] {
    return (p) => {
      if (now !== null) p.file(FILE, now);
      p.file(asidePath(FILE), earlier);
    };
  }
  for (const [what, prepare, effects] of table)
    it(`${what}: ${effects.map(({ state }) => state).join(', ')}`, () => {
      const made = host(prepare);
      assert.deepEqual(
        [make, replace, remove].map((operation) => effectOf(operation, made)),
        effects,
      );
    });
});

describe('effect of operations on units', () => {
  const UNIT = 'jts-hot.timer';
  const PATH_OF_UNIT = `${UNIT_DIRECTORY}/${UNIT}`;
  const wantedBy = 'timers.target';
  const TIMER = '[Timer]\n';
  const file = fileState({ text: TIMER, mode: '0644', owner: { user: 'root', group: 'root' } });
  const write: Operation = { type: 'writeFile', path: PATH_OF_UNIT, from: null, to: file, unit: UNIT };

  it('follows what is done', () => {
    const made = createHost({ runsSystemd: true });
    made.prepare.directory(UNIT_DIRECTORY);
    made.hold(TIMER);
    for (const [act, back] of [
      [write, { type: 'removeFile', path: PATH_OF_UNIT, from: file, unit: UNIT }],
      [
        { type: 'enableUnit', unit: UNIT, wantedBy },
        { type: 'disableUnit', unit: UNIT, wantedBy },
      ],
      [
        { type: 'startUnit', unit: UNIT },
        { type: 'stopUnit', unit: UNIT },
      ],
    ] as const) {
      assert.deepEqual([effectOf(act, made), effectOf(back, made)], [OPEN, DONE]);
      made.perform(act);
      assert.deepEqual([effectOf(act, made), effectOf(back, made)], [DONE, OPEN]);
      made.perform(back);
      assert.deepEqual([effectOf(act, made), effectOf(back, made)], [OPEN, DONE]);
      made.perform(act);
    }
  });

  it('a file that the service manager has not read yet is not done, and done again it is', () => {
    const made = createHost({ runsSystemd: true });
    made.prepare.file(PATH_OF_UNIT, { text: 'earlier' });
    made.perform({ type: 'startUnit', unit: UNIT });
    made.prepare.remove(PATH_OF_UNIT);
    made.prepare.file(PATH_OF_UNIT, { text: TIMER });
    assert.deepEqual(effectOf(write, made), OPEN);
    made.perform(write);
    assert.deepEqual(effectOf(write, made), DONE);
  });
});
