// What a recursive repair changes inside a service's tree, what it leaves with the reason, and what it steps around.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, smallLayout } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { perform } from '../engine/apply.ts';
import type { Step } from '../engine/resource.ts';
import { FORMAT, rightMode } from '../port/inside.ts';
import type { Operation } from '../port/operation.ts';
import { modeText } from '../values/mode.ts';
import { examineTree, type TreeRepair, treeSteps } from './tree-repair.ts';

const PATH = '/data/jts/hot/kafka';
const [service] = smallLayout('kafka').services;
assert.ok(service !== undefined);
const TREE = { service, path: PATH, uid: 997, gid: 996, ours: [] };
const OURS = { uid: 997, gid: 996 };

/** kafka's tree as setup makes it. */
function host(): MemoryHost {
  const made = createHost();
  for (const part of ['', '/data', '/logs']) made.prepare.directory(PATH + part, { ...OURS, mode: '0750' });
  return made;
}

interface Examined {
  readonly host: MemoryHost;
  readonly steps: readonly Step[];
  readonly left: TreeRepair['left']['first'];
  readonly openBy: TreeRepair['openBy'];
  readonly entries: number;
}

async function examine(prepare: (p: MemoryHost['prepare']) => void): Promise<Examined> {
  const made = host();
  prepare(made.prepare);
  const { steps, left, openBy, entries } = await examineTree(made, TREE);
  // What is judged is what is then taken, one by one.
  assert.deepEqual([...treeSteps(made, TREE)], steps.first);
  return { steps: steps.first, left: left.first, openBy, entries, host: made };
}

function inodeOf(made: MemoryHost, path: string): string {
  const entry = made.entry(path);
  assert.ok('inode' in entry);
  return entry.inode;
}

/** `owner 0:0 -> 997:996` */
function changes(repair: Examined): readonly string[] {
  return repair.steps.map((step) => step.summary.replace(`${PATH}/data/`, ''));
}

describe('recursive: mode classes', () => {
  const table: readonly (readonly ['directory' | 'file', string, string])[] = [
    ['directory', '0700', '0700'],
    ['directory', '0750', '0750'],
    ['directory', '0755', '0755'],
    ['directory', '2770', '2770'],
    ['directory', '0000', '0700'],
    ['directory', '0500', '0700'],
    ['directory', '0055', '0755'],
    ['directory', '0777', '0775'],
    ['directory', '1777', '1775'],
    ['directory', '0702', '0700'],
    ['file', '0400', '0400'],
    ['file', '0600', '0600'],
    ['file', '0640', '0640'],
    ['file', '0755', '0755'],
    ['file', '0000', '0600'],
    ['file', '0044', '0644'],
    ['file', '0100', '0700'],
    ['file', '0200', '0600'],
    ['file', '0444', '0444'],
    ['file', '0666', '0664'],
    ['file', '0777', '0775'],
    ['file', '1644', '1644'],
  ];
  for (const [type, mode, right] of table)
    it(`${type} ${mode}: ${mode === right ? 'stays' : right}`, async () => {
      const mended = (text: string) => modeText(rightMode(FORMAT[type] | Number.parseInt(text, 8)) & 0o7777);
      assert.equal(mended(mode), right);
      // What is right stays so: repairing twice changes nothing.
      assert.equal(mended(right), right);
    });
});

describe('recursive: changes', () => {
  it('none where all is right', async () => {
    const { steps, left, entries, openBy } = await examine((p) => {
      p.file(`${PATH}/data/a`, { ...OURS, mode: '0640' });
      p.directory(`${PATH}/data/topic-0`, { ...OURS, mode: '0755' });
      p.file(`${PATH}/data/topic-0/segment`, { ...OURS, mode: '0644' });
    });
    assert.deepEqual([steps, left, entries, openBy], [[], [], 6, null]);
  });

  it('an owner: with its undo, by number, of just this inode', async () => {
    const { steps, host: made } = await examine((p) => p.file(`${PATH}/data/a`, { mode: '0640' }));
    const path = `${PATH}/data/a`;
    const change = { type: 'changeOwner', path, inode: inodeOf(made, path) } as const;
    assert.deepEqual(steps, [
      {
        address: `entry ${path}`,
        action: '~',
        summary: `${path}  owner 0:0 -> 997:996`,
        reason: "not as the service's files are",
        do: { ...change, from: { user: 0, group: 0 }, to: { user: 997, group: 996 } },
        undo: { ...change, from: { user: 997, group: 996 }, to: { user: 0, group: 0 } },
        needs: [],
      },
    ]);
  });

  it('a mode: with its undo', async () => {
    const { steps, host: made } = await examine((p) =>
      p.directory(`${PATH}/data/d`, { ...OURS, mode: '0777' }),
    );
    const path = `${PATH}/data/d`;
    const change = { type: 'changeMode', path, inode: inodeOf(made, path) } as const;
    assert.deepEqual(steps, [
      {
        address: `entry ${path}`,
        action: '~',
        summary: `${path}  mode 0777 -> 0775`,
        reason: "not as the service's files are",
        do: { ...change, from: '0777', to: '0775' },
        undo: { ...change, from: '0775', to: '0777' },
        needs: [],
      },
    ]);
  });

  const table: readonly (readonly [
    string,
    'file' | 'directory',
    { uid?: number; gid?: number; mode: string },
    readonly string[],
  ])[] = [
    ['group alone', 'file', { uid: 997, gid: 0, mode: '0640' }, ['a  owner 997:0 -> 997:996']],
    ['mode, then owner', 'file', { mode: '0666' }, ['a  mode 0666 -> 0664', 'a  owner 0:0 -> 997:996']],
    [
      "another's program, open to all",
      'file',
      { mode: '1777' },
      ['a  mode 1777 -> 1775', 'a  owner 0:0 -> 997:996'],
    ],
    [
      "another's directory with set-user-ID and set-group-ID: no program",
      'directory',
      { mode: '6777' },
      ['a  mode 6777 -> 6775', 'a  owner 0:0 -> 997:996'],
    ],
    [
      "another's directory with set-group-ID: it stays",
      'directory',
      { mode: '2750' },
      ['a  owner 0:0 -> 997:996'],
    ],
    [
      "another's closed directory",
      'directory',
      { mode: '0000' },
      ['a  mode 0000 -> 0700', 'a  owner 0:0 -> 997:996'],
    ],
  ];
  for (const [what, kind, attributes, expected] of table)
    it(`${what}; performed and undone, the tree is as before`, async () => {
      const repair = await examine((p) => p[kind](`${PATH}/data/a`, attributes));
      assert.deepEqual(changes(repair), expected);
      const before = repair.host.snapshot();
      for (const step of repair.steps) perform(step.do, repair.host);
      assert.deepEqual([...treeSteps(repair.host, TREE)], []);
      for (const step of repair.steps.toReversed()) perform(step.undo as Operation, repair.host);
      assert.equal(repair.host.snapshot(), before);
    });

  const ALL = { acl: true, flags: true };
  const [READER, INHERITED] = [1234, 'user::rwx,user:1234:r-x,group::r-x,mask::r-x,other::---'];

  it('flags and lists, only where asked; performed and undone, the tree is as before', async () => {
    const made = host();
    const a = `${PATH}/data/a`;
    made.prepare.file(a, { uid: 0, gid: 0, mode: '0040' });
    made.prepare.grant(a, { type: 'user', id: READER, bits: 7 });
    made.prepare.flag(a, 'immutable', true);
    made.prepare.directory(`${PATH}/data/part`, { ...OURS, mode: '0750' });
    made.prepare.inherit(`${PATH}/data/part`, INHERITED);
    // The layout's own directories are the plan's.
    made.prepare.inherit(`${PATH}/data`, INHERITED);
    made.prepare.flag(`${PATH}/logs`, 'append-only', true);
    made.prepare.flag(`${PATH}/data/part`, 'append-only', true);
    const unasked = await examineTree(made, TREE);
    assert.deepEqual(unasked.steps.first, []);
    assert.deepEqual(unasked.left.first, [{ path: a, why: 'immutable: it is mended with --flags' }]);

    const before = made.snapshot();
    const { steps, left } = await examineTree(made, TREE, ALL);
    assert.deepEqual(left.first, []);
    const said = steps.first.map(({ summary }) => summary.replace(`${PATH}/`, '')).toSorted();
    assert.deepEqual(said, [
      'data/a  access now user::---,group::r--,other::---',
      'data/a  flags immutable -> none',
      'data/a  mode 0040 -> 0640',
      'data/a  owner 0:0 -> 997:996',
      'data/part  access now user::rwx,group::r-x,other::---',
      'data/part  flags append-only -> none',
    ]);
    const all = () => [...treeSteps(made, TREE, ALL)];
    assert.deepEqual(all(), steps.first);
    for (const step of all()) perform(step.do, made);
    assert.deepEqual(all(), []);
    for (const step of steps.first.toReversed()) perform(step.undo as Operation, made);
    assert.equal(made.snapshot(), before);
  });

  it('a list is recorded, and so it may not be of any length', async () => {
    const made = host();
    made.prepare.file(`${PATH}/data/a`, { ...OURS, mode: '0640' });
    for (let i = 0; i < 80; i += 1)
      made.prepare.grant(`${PATH}/data/a`, { type: 'user', id: 2000 + i, bits: 4 });
    const { steps, left } = await examineTree(made, TREE, ALL);
    assert.deepEqual([steps.count, left.count], [0, 1]);
    assert.match(left.first[0]?.why ?? '', /more than 64 entries/);
  });

  it('leaves the service directory and its named parts to the plan, not what is called like them further down', async () => {
    const { steps, left } = await examine((p) => {
      for (const part of ['', '/data', '/logs']) {
        p.chown(PATH + part, 0, 0);
        p.chmod(PATH + part, '0777');
      }
      p.directory(`${PATH}/data/data`, { mode: '0750' });
      p.directory(`${PATH}/data.old`, { mode: '0750' });
    });
    assert.deepEqual(
      steps.map((step) => step.summary),
      [`${PATH}/data/data  owner 0:0 -> 997:996`, `${PATH}/data.old  owner 0:0 -> 997:996`],
    );
    assert.deepEqual(left, []);
  });
});

describe('recursive: what is left as it is', () => {
  const LINK = 'a symbolic link: its owner does not matter, and it is never followed';
  const table: readonly (readonly [string, (p: MemoryHost['prepare']) => void, readonly string[]])[] = [
    ["another's link", (p) => p.link(`${PATH}/data/a`, '/etc/shadow'), [LINK]],
    ["another's pipe", (p) => p.special(`${PATH}/data/a`), ['a socket or pipe']],
    [
      "the service's own link and pipe: nothing to say",
      (p) => {
        p.link(`${PATH}/data/a`, '/etc/shadow');
        p.chown(`${PATH}/data/a`, 997, 996);
        p.special(`${PATH}/data/b`, { ...OURS, mode: '0666' });
      },
      [],
    ],
    ...(['4755', '2755', '6777', '4000', '2000'] as const).flatMap((mode) =>
      (
        [
          ["another's", {}],
          ["the service's own", OURS],
          ["with another group, the service's own", { uid: 997, gid: 0 }],
        ] as const
      ).map(
        ([whose, ids]) =>
          [
            `${whose} program of mode ${mode}`,
            (p: MemoryHost['prepare']) => p.file(`${PATH}/data/a`, { ...ids, mode }),
            [`a program that runs as its owner or group (mode ${mode}): look at it, then chmod u-s,g-s`],
          ] as const,
      ),
    ),
    [
      "another's file with hard links",
      (p) => {
        p.file('/etc/shadow', { mode: '0640' });
        p.hardLink(`${PATH}/data/a`, '/etc/shadow');
      },
      ["somebody else's file with 2 hard links"],
    ],
    [
      "another's file with hard links, all below",
      (p) => {
        p.file(`${PATH}/data/a`, { mode: '0640' });
        p.hardLink(`${PATH}/data/b`, `${PATH}/data/a`);
        p.hardLink(`${PATH}/data/c`, `${PATH}/data/a`);
      },
      Array(3).fill("somebody else's file with 3 hard links"),
    ],
    [
      'a mount point, and all of it',
      (p) => {
        p.directory(`${PATH}/data/a`, { mode: '0777' });
        p.mount(`${PATH}/data/a`);
        p.file(`${PATH}/data/a/b`);
      },
      ['another file system is mounted there'],
    ],
  ];
  for (const [what, prepare, reasons] of table)
    it(what, async () => {
      const { steps, left } = await examine(prepare);
      assert.deepEqual(steps, []);
      assert.deepEqual(
        left.map(({ why }) => why),
        reasons,
      );
      for (const { path } of left) assert.match(path, /^\/data\/jts\/hot\/kafka\/data\/[abc]$/);
    });

  it("the service's own file with hard links is repaired: it was the service's already", async () => {
    const repair = await examine((p) => {
      p.file(`${PATH}/data/a`, { uid: 997, gid: 0, mode: '0640' });
      p.hardLink('/elsewhere', `${PATH}/data/a`);
    });
    assert.deepEqual(changes(repair), ['a  owner 997:0 -> 997:996']);
    assert.deepEqual(repair.left, []);
  });

  it('deeper than the walk goes: said, and what is above is repaired', async () => {
    const deep = 'd/'.repeat(210);
    const { steps, left } = await examine((p) => p.file(`${PATH}/data/${deep}f`));
    assert.ok(steps.length > 190 && steps.length < 210, `${steps.length}`);
    assert.equal(left.length, 1);
    assert.equal(left[0]?.why, 'cannot be read: deeper than 200 directories');
  });

  it('what may not be read is said, not passed over', async () => {
    const made = host();
    made.prepare.directory(`${PATH}/data/closed`, { uid: 997, gid: 996, mode: '0700' });
    made.prepare.file(`${PATH}/data/closed/f`);
    // Even root may be denied: a network file system, an encrypted directory.
    const denied: MemoryHost = {
      ...made,
      *walk(path) {
        yield* made.walk(path);
        yield { type: 'unreadable', path: 'data/closed', error: 'EIO' };
      },
    };
    assert.deepEqual((await examineTree(denied, TREE)).left.first, [
      { path: `${PATH}/data/closed`, why: 'cannot be read: EIO' },
    ]);
  });
});

describe('recursive: in use', () => {
  it('names a process that has something of the tree open, right or wrong', async () => {
    for (const path of [`${PATH}/data/a`, `${PATH}/data`, PATH]) {
      const { openBy } = await examine((p) => {
        p.file(`${PATH}/data/a`, { ...OURS, mode: '0640' });
        p.hold(path);
      });
      assert.deepEqual(openBy, { pid: 4242, command: 'holder', path });
    }
  });

  it('does not mind what is open elsewhere', async () => {
    const { openBy } = await examine((p) => {
      p.file('/data/jts/hot/redis/dump');
      p.hold('/data/jts/hot/redis/dump');
      p.directory(`${PATH}/data/a`, OURS);
      p.mount(`${PATH}/data/a`);
      p.hold(`${PATH}/data/a`);
    });
    assert.equal(openBy, null);
  });
});
