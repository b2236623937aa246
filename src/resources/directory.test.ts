// Every state that a wanted directory can be found in, held against steps with undo and needs, or the refusal.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import type { Consent, Difference, Step } from '../engine/resource.ts';
import type { Diagnostic } from '../messages/diagnostic.ts';
import { ENTRIES_COUNTED, type Entry } from '../port/entry.ts';
import { type DirectoryWant, desiredDirectories, directory } from './directory.ts';

const PATH = '/data/jts/hot/kafka';
const KAFKA = { user: 'kafka', group: 'kafka' };
const WANT: DirectoryWant = {
  path: PATH,
  base: '/data/jts/hot',
  place: 'below',
  owner: KAFKA,
  mode: '0750',
  accept: [],
  purpose: 'market data streams',
  service: 'kafka',
  checkId: 'directory.kafka',
};
const NOTHING: Difference = { steps: [], refusals: [], warnings: [] };
const INODE = '18446744073709551615';
const ADOPT_KAFKA: Consent = { ...NO_CONSENT, adopt: new Set(['kafka']) };
const ADOPT_REDIS: Consent = { ...NO_CONSENT, adopt: new Set(['redis']) };
const FROM_ROOT: Consent = { ...NO_CONSENT, fromRoot: true };

function found(more: Partial<Extract<Entry, { type: 'directory' }>> = {}): Entry {
  return {
    type: 'directory',
    uid: 997,
    gid: 996,
    mode: '0750',
    inode: INODE,
    born: null,
    entries: 0,
    ...more,
  };
}

function diff(
  entry: Entry,
  more: {
    readonly want?: Partial<DirectoryWant>;
    readonly consent?: Consent;
    readonly uid?: number | null;
    readonly gid?: number | null;
    /** How many of its entries are directories of the layout. */
    readonly own?: number;
  } = {},
): Difference {
  const { want, consent = NO_CONSENT, uid = 997, gid = 996, own = 0 } = more;
  return directory.diff({ ...WANT, ...want }, { entry, uid, gid, own }, consent);
}

/** Given away empty, it is taken back only while it is. */
const ONLY_EMPTY = { onlyEmpty: true } as const;

function ownerStep(
  from: { user: number; group: number },
  reason: string,
  back: { onlyEmpty?: true } = {},
): Step {
  return {
    address: `directory ${PATH}`,
    action: '~',
    summary: `${PATH}  owner ${from.user}:${from.group} -> kafka:kafka`,
    reason,
    do: { type: 'changeOwner', path: PATH, inode: INODE, from, to: KAFKA },
    undo: { type: 'changeOwner', path: PATH, inode: INODE, from: KAFKA, to: from, ...back },
    needs: ['user kafka', 'group kafka'],
  };
}

function modeStep(from: string, back: { onlyEmpty?: true } = {}): Step {
  return {
    address: `directory ${PATH}`,
    action: '~',
    summary: `${PATH}  mode ${from} -> 0750`,
    reason: 'the layout wants 0750',
    do: { type: 'changeMode', path: PATH, inode: INODE, from, to: '0750' },
    undo: { type: 'changeMode', path: PATH, inode: INODE, from: '0750', to: from, ...back },
    needs: [],
  };
}

function steps(...all: readonly Step[]): Difference {
  return { steps: all, refusals: [], warnings: [] };
}

function refused(diagnostic: Diagnostic): Difference {
  return { steps: [], refusals: [diagnostic], warnings: [] };
}

const GIVEN = 'the layout gives it to kafka:kafka';
const AGREED = 'the layout gives it to kafka:kafka, and taking it over was agreed to';

describe('directory: missing', () => {
  it('is made with owner and mode; its undo removes it; it needs its parent, user and group', () => {
    assert.deepEqual(
      diff({ type: 'missing' }, { uid: null, gid: null }),
      steps({
        address: 'directory /data/jts/hot/kafka',
        action: '+',
        summary: '/data/jts/hot/kafka  kafka:kafka 0750',
        reason: 'market data streams: the directory is missing',
        do: { type: 'makeDirectory', path: PATH, owner: KAFKA, mode: '0750' },
        undo: { type: 'removeDirectory', path: PATH, owner: KAFKA },
        needs: ['directory /data/jts/hot', 'user kafka', 'group kafka'],
      }),
    );
  });

  it('names the service where no purpose is given', () => {
    const [step] = diff({ type: 'missing' }, { want: { purpose: '' } }).steps;
    assert.equal(step?.reason, 'kafka: the directory is missing');
  });

  const needs: readonly (readonly [string, Partial<DirectoryWant>, readonly string[]])[] = [
    ["root's", { owner: { user: 'root', group: 'root' } }, ['directory /data/jts/hot']],
    [
      "root's with a group",
      { owner: { user: 'root', group: 'docker' } },
      ['directory /data/jts/hot', 'group docker'],
    ],
    [
      "in root's group",
      { owner: { user: 'kafka', group: 'root' } },
      ['directory /data/jts/hot', 'user kafka'],
    ],
    ['top level', { path: '/data', place: 'above', owner: { user: 'root', group: 'root' } }, []],
  ];
  for (const [what, want, expected] of needs)
    it(`${what}: needs ${expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(diff({ type: 'missing' }, { want }).steps[0]?.needs, expected);
    });
});

describe('directory: right', () => {
  it('nothing, empty or full', () => {
    for (const entries of [0, 1, ENTRIES_COUNTED, null])
      assert.deepEqual(diff(found({ entries })), NOTHING, `${entries}`);
  });

  it("above the base: root's, open to enter, changed by root alone; whatever its group and other bits", () => {
    const want = { place: 'above' } as const;
    for (const mode of ['0755', '0711', '0701', '0751', '2755', '1777', '1775', '1773'])
      for (const gid of [0, 4711])
        assert.deepEqual(diff(found({ uid: 0, gid, mode, entries: 3 }), { want }), NOTHING, mode);
  });
});

describe('directory: on the way to the base', () => {
  const want = { path: '/data', place: 'above', owner: { user: 'root', group: 'root' } } as const;
  const closed = (mode: string): Diagnostic => ({
    code: 'E_WAY_CLOSED',
    summary: 'refusing to work below a directory that services cannot enter',
    at: 'directory /data',
    detail: [`want one that others may enter, found mode ${mode}`],
    fix: 'sudo chmod o+x /data',
    hint: null,
  });
  /** Only what is wrong of the two is changed. */
  const closing = (uid: number, mode: string): string => {
    if (uid === 0) return 'sudo chmod go-w /data';
    return mode === '0755' ? 'sudo chown root /data' : "sudo sh -c 'chown root /data && chmod go-w /data'";
  };
  const open = (uid: number, mode: string): Diagnostic => ({
    code: 'E_WAY_OPEN',
    summary: 'refusing to work below a directory that others can change',
    at: 'directory /data',
    detail: [`want one that only root can change, found uid ${uid}, mode ${mode}`],
    fix: closing(uid, mode),
    hint: 'or name another base with --base',
  });
  const table: readonly (readonly [string, { uid: number; mode: string }, Diagnostic])[] = [
    ["closed to others, root's", { uid: 0, mode: '0700' }, closed('0700')],
    ['closed to others, open to its group', { uid: 0, mode: '0750' }, closed('0750')],
    ['to be listed by others, not entered', { uid: 0, mode: '0744' }, closed('0744')],
    [
      "somebody else's and closed: first of all nobody gets through",
      { uid: 1000, mode: '0700' },
      closed('0700'),
    ],
    ["somebody else's", { uid: 1000, mode: '0755' }, open(1000, '0755')],
    [
      "somebody else's, and sticky: the owner of a directory is not bound by it",
      { uid: 1000, mode: '1777' },
      open(1000, '1777'),
    ],
    ["root's, writable by all", { uid: 0, mode: '0777' }, open(0, '0777')],
    ["root's, writable by its group", { uid: 0, mode: '0775' }, open(0, '0775')],
    ["root's, writable by others alone", { uid: 0, mode: '0757' }, open(0, '0757')],
  ];
  for (const [what, entry, expected] of table)
    it(`${what}: refused, also with consent, empty or full`, () => {
      for (const entries of [0, 3, null])
        for (const consent of [NO_CONSENT, { ...NO_CONSENT, adopt: new Set(['base']), fromRoot: true }])
          assert.deepEqual(diff(found({ ...entry, entries }), { want, consent }), refused(expected));
    });
});

describe('directory: a base that is of somebody else', () => {
  const want = {
    path: '/data/jts/hot',
    service: 'base',
    place: 'base',
    owner: { user: 'root', group: 'root' },
    mode: '0755',
  } as const;
  const ids = { uid: 0, gid: 0 };
  const foreignBase = (text: string): Diagnostic => ({
    code: 'E_FOREIGN_BASE',
    summary: "refusing to make a base of a directory that holds somebody's data",
    at: 'directory /data/jts/hot',
    detail: [`want root:root 0755, found ${text}`],
    fix: 'sudo jts-hot setup --adopt base',
    hint: 'only if it is meant to be the base; otherwise name another with --base',
  });
  const ADOPT_BASE: Consent = { ...NO_CONSENT, adopt: new Set(['base']) };
  const table: readonly (readonly [string, Partial<Extract<Entry, { type: 'directory' }>>, string])[] = [
    ['closed', { ...ids, mode: '0700', entries: 2 }, '0:0 0700, 2 entries'],
    ['of another group', { uid: 0, gid: 4, mode: '0755', entries: 1 }, '0:4 0755, 1 entry'],
    ["another's", { uid: 1000, gid: 1000, mode: '0755', entries: 2 }, '1000:1000 0755, 2 entries'],
    [
      'with entries that may not be counted',
      { ...ids, mode: '0700', entries: null },
      '0:0 0700, an unknown number of entries',
    ],
  ];
  for (const [what, entry, text] of table)
    it(`${what}: refused where nothing of the layout is in it, and not where it is adopted`, () => {
      const full = found(entry);
      assert.deepEqual(diff(full, { want, ...ids }), refused(foreignBase(text)));
      assert.deepEqual(diff(full, { want, ...ids, consent: ADOPT_REDIS }), refused(foreignBase(text)));
      const adopted = diff(full, { want, ...ids, consent: ADOPT_BASE });
      assert.deepEqual([adopted.refusals, adopted.steps.length], [[], 1]);
    });

  it('empty, right as it is, or with the layout in it: no question', () => {
    const steps = (entry: Entry, own: number) => {
      const difference = diff(entry, { want, ...ids, own });
      assert.deepEqual(difference.refusals, []);
      return difference.steps.length;
    };
    assert.equal(steps(found({ ...ids, mode: '0700', entries: 0 }), 0), 1);
    assert.equal(steps(found({ ...ids, mode: '0755', entries: 7 }), 0), 0);
    assert.equal(steps(found({ ...ids, mode: '0700', entries: 7 }), 1), 1);
  });

  it('of the base alone: a directory below it is asked about by its owner', () => {
    const entry = found({ mode: '0700', entries: 2 });
    assert.deepEqual(diff(entry, {}), steps(modeStep('0700')));
  });

  it("repair of root's own base agrees; of another's it does not", () => {
    const by = (uid: number) =>
      diff(found({ uid, gid: 0, mode: '0700', entries: 2 }), {
        want,
        ...ids,
        consent: FROM_ROOT,
      });
    assert.deepEqual([by(0).refusals.length, by(0).steps.length], [0, 1]);
    assert.deepEqual(
      by(1000).refusals.map(({ code }) => code),
      ['E_FOREIGN_BASE'],
    );
  });
});

describe('directory: owner', () => {
  const table: readonly (readonly [string, Parameters<typeof diff>, Difference])[] = [
    [
      'wrong, empty: given without a question',
      [found({ uid: 1000, gid: 1000 })],
      steps(ownerStep({ user: 1000, group: 1000 }, GIVEN, ONLY_EMPTY)),
    ],
    [
      "root's, empty: given without a question",
      [found({ uid: 0, gid: 0 })],
      steps(ownerStep({ user: 0, group: 0 }, GIVEN, ONLY_EMPTY)),
    ],
    [
      'wrong group alone, with entries: given, for nobody loses data',
      [found({ gid: 100, entries: 5 })],
      steps(ownerStep({ user: 997, group: 100 }, GIVEN)),
    ],
    [
      'wrong group alone, entries unknown: given',
      [found({ gid: 100, entries: null })],
      steps(ownerStep({ user: 997, group: 100 }, GIVEN)),
    ],
    [
      'wrong, with entries, adopted',
      [found({ uid: 999, gid: 999, entries: 214 }), { consent: ADOPT_KAFKA }],
      steps(ownerStep({ user: 999, group: 999 }, AGREED)),
    ],
    [
      'wrong, entries unknown, adopted',
      [found({ uid: 999, gid: 999, entries: null }), { consent: ADOPT_KAFKA }],
      steps(ownerStep({ user: 999, group: 999 }, AGREED)),
    ],
    [
      "root's, with entries, adopted",
      [found({ uid: 0, gid: 0, entries: 1 }), { consent: ADOPT_KAFKA }],
      steps(ownerStep({ user: 0, group: 0 }, AGREED)),
    ],
    [
      "root's, with entries, by repair",
      [found({ uid: 0, gid: 0, entries: 1 }), { consent: FROM_ROOT }],
      steps(ownerStep({ user: 0, group: 0 }, AGREED)),
    ],
    [
      'empty while the user is still to be made',
      [found({ uid: 1000, gid: 1000 }), { uid: null, gid: null }],
      steps(ownerStep({ user: 1000, group: 1000 }, GIVEN, ONLY_EMPTY)),
    ],
    [
      'wrong with a wrong mode: owner first',
      [found({ uid: 1000, gid: 1000, mode: '0777' })],
      steps(ownerStep({ user: 1000, group: 1000 }, GIVEN, ONLY_EMPTY), modeStep('0777', ONLY_EMPTY)),
    ],
  ];
  for (const [what, args, expected] of table) it(what, () => assert.deepEqual(diff(...args), expected));

  it("of a service in root's group: needs only the user; docker's only the group", () => {
    const of = (owner: DirectoryWant['owner']) =>
      diff(found({ uid: 1000, gid: 1000 }), { want: { owner } }).steps[0]?.needs;
    assert.deepEqual(of({ user: 'kafka', group: 'root' }), ['user kafka']);
    assert.deepEqual(of({ user: 'root', group: 'docker' }), ['group docker']);
  });
});

describe('directory: whose only entries are the layout’s own', () => {
  it('is no data: each of them is asked about for itself', () => {
    const full = found({ uid: 0, gid: 0, entries: 2 });
    assert.deepEqual(diff(full, { own: 2 }), steps(ownerStep({ user: 0, group: 0 }, GIVEN)));
    assert.equal(diff(full, { own: 1 }).refusals[0]?.code, 'E_FOREIGN_OWNER');
  });
});

type Ways = Pick<Diagnostic, 'fix' | 'hint'>;

describe('directory: foreign data', () => {
  const foreign = (detail: string, { fix, hint }: Ways): Diagnostic => ({
    code: 'E_FOREIGN_OWNER',
    summary: "refusing to take over a directory that holds somebody's data",
    at: `directory ${PATH}`,
    detail: [detail],
    fix,
    hint,
  });
  const WAYS = {
    fix: 'sudo jts-hot setup --adopt kafka',
    hint: "only if this data is meant to be kafka's; for what is in it, then: sudo jts-hot repair kafka --recursive",
  };
  const table: readonly (readonly [string, Parameters<typeof diff>, string])[] = [
    [
      'other owner',
      [found({ uid: 999, gid: 999, entries: 214 })],
      'want kafka:kafka, found 999:999, 214 entries',
    ],
    ['one entry', [found({ uid: 999, entries: 1 })], 'want kafka:kafka, found 999:996, 1 entry'],
    [
      'more than is counted',
      [found({ uid: 999, entries: ENTRIES_COUNTED })],
      'want kafka:kafka, found 999:996, 1000 entries or more',
    ],
    ["root's", [found({ uid: 0, gid: 0, entries: 2 })], 'want kafka:kafka, found 0:0, 2 entries'],
    [
      'the right number by chance, before the user exists',
      [found({ entries: 2 }), { uid: null, gid: null }],
      'want kafka:kafka, found 997:996, 2 entries',
    ],
    [
      'another service adopted',
      [found({ uid: 999, entries: 2 }), { consent: ADOPT_REDIS }],
      'want kafka:kafka, found 999:996, 2 entries',
    ],
    [
      "repair, but it is not root's",
      [found({ uid: 999, entries: 2 }), { consent: FROM_ROOT }],
      'want kafka:kafka, found 999:996, 2 entries',
    ],
    [
      'with a wrong mode too: nothing of it is touched',
      [found({ uid: 999, mode: '0777', entries: 2 })],
      'want kafka:kafka, found 999:996, 2 entries',
    ],
  ];
  for (const [what, args, detail] of table)
    it(`${what}: refused`, () => assert.deepEqual(diff(...args), refused(foreign(detail, WAYS))));

  it('of the base directory: adopted by the name `base`; what is in it is not its own to repair', () => {
    const want = { service: 'base', place: 'base', owner: { user: 'root', group: 'root' } } as const;
    const entry = found({ uid: 999, entries: 2 });
    assert.deepEqual(
      diff(entry, { want, own: 1 }),
      refused(
        foreign('want root:root, found 999:996, 2 entries', {
          fix: 'sudo jts-hot setup --adopt base',
          hint: "only if this data is meant to be base's",
        }),
      ),
    );
    const consent = { ...NO_CONSENT, adopt: new Set(['base']) };
    assert.equal(diff(entry, { want, own: 1, consent }).steps.length, 1);
  });
});

describe('directory: mode', () => {
  it('wrong: changed, whatever is in it', () => {
    for (const mode of ['0000', '0700', '0755', '0777', '2750', '1777'])
      assert.deepEqual(diff(found({ mode, entries: ENTRIES_COUNTED })), steps(modeStep(mode)), mode);
  });

  it('of a service of root’s that has set the mode, and with it the group, itself: as wanted, and with any other mode not', () => {
    const want = desiredDirectories(runBookLayout).find(({ checkId }) => checkId === 'directory.docker');
    assert.ok(want !== undefined);
    const diffOf = (mode: string, gid: number) =>
      directory.diff(want, { entry: found({ mode, uid: 0, gid }), uid: 0, gid: 996, own: 3 }, NO_CONSENT);
    assert.deepEqual(diffOf('0710', 0), NOTHING);
    for (const [mode, gid] of [
      ['0755', 0],
      ['0710', 5],
    ] as const)
      assert.deepEqual(
        diffOf(mode, gid).steps.map((step) => step.do.type),
        ['changeOwner'],
        `${mode} ${gid}`,
      );
  });

  const wants = new Map(desiredDirectories(runBookLayout).map((want) => [want.checkId, want]));
  const accepted: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['directory.postgresql', ['0750'], ['0700', '0755']],
    ['directory.postgresql/data', ['0700', '0750'], ['0755', '0770', '0500', '2700']],
    ['directory.postgresql/logs', ['0750'], ['0700', '0755']],
    ['directory.docker', ['0755', '0710', '0711'], ['0700', '0750', '0777']],
    ['directory.docker/volumes', ['0755', '0701', '0710', '0711'], ['0700', '0750']],
    ['directory.docker/tmp', ['0755', '0700', '0710', '0711'], ['0701', '1777']],
    ['directory.kafka', ['0750'], ['0700', '0710']],
    ['directory.base', ['0755'], ['0750', '0700', '0777']],
  ];
  for (const [id, right, wrong] of accepted)
    it(`${id}: ${right.join(', ')} and no other`, () => {
      const want = wants.get(id);
      assert.ok(want !== undefined);
      for (const mode of right)
        assert.deepEqual(
          directory.diff(want, { entry: found({ mode }), uid: 997, gid: 996, own: 0 }, NO_CONSENT),
          NOTHING,
        );
      for (const mode of wrong) {
        const difference = directory.diff(
          want,
          { entry: found({ mode }), uid: 997, gid: 996, own: 0 },
          NO_CONSENT,
        );
        assert.deepEqual(
          difference.steps.map((step) => [step.do, step.undo, step.needs, step.reason]),
          [
            [
              { type: 'changeMode', path: want.path, inode: INODE, from: mode, to: right[0] },
              { type: 'changeMode', path: want.path, inode: INODE, from: right[0], to: mode },
              [],
              `the layout wants ${right.join(' or ')}`,
            ],
          ],
        );
      }
    });
});

describe('directory: in the way', () => {
  const thing = { uid: 0, gid: 0, mode: '0644', inode: INODE, born: null };
  const look = 'look at it (sudo ls -ld /data/jts/hot/kafka), move it away, then run the same command again';
  const notADirectory = (at: string, detail: string, hint: string): Diagnostic => ({
    code: 'E_NOT_A_DIRECTORY',
    summary: 'refusing to use something that is not a directory',
    at: `directory ${at}`,
    detail: [detail],
    fix: null,
    hint,
  });
  const mounted = (at: string, detail: string): Diagnostic => ({
    code: 'E_MOUNT_POINT',
    summary: 'refusing to use a mount point below the base',
    at: `directory ${at}`,
    detail: [detail],
    fix: `sudo umount ${at}`,
    hint: 'or leave the service out of the layout',
  });
  const table: readonly (readonly [string, Entry, Diagnostic])[] = [
    ['a file', { type: 'file', ...thing }, notADirectory(PATH, 'want a directory, found a file', look)],
    [
      'a link',
      { type: 'link', ...thing },
      notADirectory(PATH, 'want a directory, found a symbolic link', look),
    ],
    [
      'a special file',
      { type: 'special', ...thing },
      notADirectory(PATH, 'want a directory, found a device, socket or pipe', look),
    ],
    [
      'a mount point',
      { type: 'mount point' },
      mounted(
        PATH,
        "want a directory of the hot tier's own file system, found another file system mounted there",
      ),
    ],
    [
      'blocked by a link above',
      { type: 'blocked', at: '/data/jts', by: 'link' },
      notADirectory(
        '/data/jts',
        'want a directory on the way to /data/jts/hot/kafka, found a symbolic link',
        'look at it (sudo ls -ld /data/jts), move it away, then run the same command again',
      ),
    ],
    [
      'blocked by a file above',
      { type: 'blocked', at: '/data/jts', by: 'file' },
      notADirectory(
        '/data/jts',
        'want a directory on the way to /data/jts/hot/kafka, found a file',
        'look at it (sudo ls -ld /data/jts), move it away, then run the same command again',
      ),
    ],
    [
      'blocked by a special file above',
      { type: 'blocked', at: '/data/jts', by: 'special' },
      notADirectory(
        '/data/jts',
        'want a directory on the way to /data/jts/hot/kafka, found a device, socket or pipe',
        'look at it (sudo ls -ld /data/jts), move it away, then run the same command again',
      ),
    ],
    [
      'blocked by a mount point above',
      { type: 'blocked', at: '/data/jts/hot/stores', by: 'mount point' },
      mounted(
        '/data/jts/hot/stores',
        "want a directory on the way to /data/jts/hot/kafka of the hot tier's own file system, found another file system mounted there",
      ),
    ],
  ];
  for (const [what, entry, expected] of table)
    it(`${what}: refused, also with consent`, () => {
      assert.deepEqual(diff(entry), refused(expected));
      assert.deepEqual(
        diff(entry, { consent: { ...NO_CONSENT, adopt: new Set(['kafka']), fromRoot: true } }),
        refused(expected),
      );
    });

  it('a link where the base or the way to it is wanted: refused, with the real path of the base', () => {
    for (const place of ['above', 'base'] as const) {
      const [refusal] = diff({ type: 'link', ...thing }, { want: { path: '/data', place } }).refusals;
      assert.equal(refusal?.code, 'E_NOT_A_DIRECTORY');
      assert.equal(refusal?.hint, 'name the real path, without links: --base "$(realpath -m /data/jts/hot)"');
    }
  });

  it('a file there: to be looked at, for it has no other path', () => {
    const [refusal] = diff({ type: 'file', ...thing }, { want: { path: '/data', place: 'above' } }).refusals;
    assert.equal(
      refusal?.hint,
      'look at it (sudo ls -ld /data), move it away, then run the same command again',
    );
  });
});

describe('directory: hidden', () => {
  const unknown: Difference = {
    steps: [],
    refusals: [],
    warnings: [
      {
        code: 'W_HIDDEN',
        summary: 'cannot look without root',
        at: 'directory /data/jts/hot/kafka',
        detail: ['what is there is unknown; setup, run as root, decides then'],
        fix: 'sudo jts-hot plan',
        hint: null,
      },
    ],
  };

  it('a warning and no step: root decides', () => assert.deepEqual(diff({ type: 'hidden' }), unknown));

  it("another's, whose entries may not be counted: the same, its mode too", () => {
    for (const mode of ['0750', '0700'])
      assert.deepEqual(diff(found({ uid: 999, mode, entries: null })), unknown);
  });
});

describe('directory: words', () => {
  it('expected names every accepted mode', () => {
    assert.equal(directory.expected(WANT), 'directory kafka:kafka 0750');
    assert.equal(
      directory.expected({ ...WANT, accept: ['0700', '0710'] }),
      'directory kafka:kafka 0750 or 0700 or 0710',
    );
    assert.equal(
      directory.expected({ ...WANT, place: 'above' }),
      'directory that services can enter and only root can change',
    );
  });

  const thing = { uid: 0, gid: 0, mode: '0644', inode: INODE, born: null };
  const table: readonly (readonly [Entry, string])[] = [
    [{ type: 'missing' }, 'missing'],
    [{ type: 'hidden' }, 'hidden without root'],
    [{ type: 'mount point' }, 'a mount point'],
    [{ type: 'file', ...thing }, 'a file'],
    [{ type: 'link', ...thing }, 'a symbolic link'],
    [{ type: 'special', ...thing }, 'a device, socket or pipe'],
    [{ type: 'blocked', at: '/data', by: 'link' }, 'unreachable: /data is a symbolic link'],
    [
      { type: 'blocked', at: '/data/jts/hot/x', by: 'mount point' },
      'unreachable: /data/jts/hot/x is a mount point',
    ],
    [found(), 'directory kafka:kafka 0750'],
    [found({ uid: 0, mode: '0700' }), 'directory 0:kafka 0700'],
    [found({ gid: 100 }), 'directory kafka:100 0750'],
  ];
  for (const [entry, text] of table)
    it(`found: ${text}`, () => {
      assert.equal(directory.found(WANT, { entry, uid: 997, gid: 996, own: 0 }), text);
    });

  it('found above the base: whose it is and its mode, for who can change it is what counts', () => {
    assert.equal(
      directory.found(
        { ...WANT, place: 'above' },
        { entry: found({ uid: 5, mode: '0751' }), uid: 0, gid: 0, own: 0 },
      ),
      'directory of uid 5, 0751',
    );
  });
});

describe('directory: desire', () => {
  it('wants the way to the base, the base, and each service before its parts', () => {
    assert.deepEqual(
      desiredDirectories(smallLayout('kafka')).map((want) => [
        want.path,
        want.place,
        `${want.owner.user}:${want.owner.group}`,
        want.mode,
        want.service,
      ]),
      [
        ['/data', 'above', 'root:root', '0755', 'base'],
        ['/data/jts', 'above', 'root:root', '0755', 'base'],
        ['/data/jts/hot', 'base', 'root:root', '0755', 'base'],
        ['/data/jts/hot/kafka', 'below', 'kafka:kafka', '0750', 'kafka'],
        ['/data/jts/hot/kafka/data', 'below', 'kafka:kafka', '0750', 'kafka'],
        ['/data/jts/hot/kafka/logs', 'below', 'kafka:kafka', '0750', 'kafka'],
      ],
    );
  });

  it("wants what is between the base and a deeper service once, root's and open to all", () => {
    const { base, services } = smallLayout('kafka', 'redis');
    const nested = services.map((service) => ({
      ...service,
      path: `stores/${service.name}`,
      directories: [],
    }));
    const wants = desiredDirectories({ base, services: nested }).filter((want) => want.place === 'below');
    assert.deepEqual(
      wants.map((want) => [want.path, `${want.owner.user} ${want.mode}`, want.service]),
      [
        ['/data/jts/hot/stores', 'root 0755', 'base'],
        ['/data/jts/hot/stores/kafka', 'kafka 0750', 'kafka'],
        ['/data/jts/hot/stores/redis', 'redis 0750', 'redis'],
      ],
    );
  });
});

describe('directory: observe', () => {
  it('counts the directories of the layout in each, whatever else is there', () => {
    const wants = desiredDirectories(smallLayout('kafka', 'redis'));
    const own = (path: string, prepare: (host: ReturnType<typeof createHost>) => void) => {
      const host = createHost();
      prepare(host);
      return directory.observe(host, wants)[wants.findIndex((want) => want.path === path)]?.own;
    };
    const base = '/data/jts/hot';
    assert.equal(
      own(base, () => {}),
      0,
    );
    assert.equal(
      own(base, ({ prepare }) => prepare.directory(base)),
      0,
    );
    assert.equal(
      own('/data/jts', ({ prepare }) => prepare.directory(base)),
      1,
    );
    assert.equal(
      own(base, ({ prepare }) => prepare.file(`${base}/notes`)),
      0,
    );
    assert.equal(
      own(base, ({ prepare }) => prepare.file(`${base}/kafka`)),
      0,
    );
    assert.equal(
      own(base, ({ prepare }) => prepare.directory(`${base}/photos`)),
      0,
    );
    assert.equal(
      own(base, ({ prepare }) => prepare.directory(`${base}/redis`)),
      1,
    );
    assert.equal(
      own(`${base}/kafka`, ({ prepare }) => prepare.directory(`${base}/kafka/data`)),
      1,
    );
  });

  it('gives the entry and the numbers of the wanted owner, null where there is none', () => {
    const host = createHost();
    host.prepare.addGroup('kafka', 996);
    host.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: '/', shell: '/bin/false' });
    host.prepare.directory(PATH, { uid: 997, gid: 996, mode: '0750' });
    host.prepare.link('/data/jts/hot/redis', '/etc');
    const wants = desiredDirectories(smallLayout('kafka', 'redis')).filter((want) =>
      ['/data/jts/hot', PATH, '/data/jts/hot/redis', '/data/jts/hot/redis/data'].includes(want.path),
    );
    assert.deepEqual(
      directory.observe(host, wants).map(({ entry, uid, gid }) => [entry.type, uid, gid]),
      [
        ['directory', 0, 0],
        ['directory', 997, 996],
        ['link', null, null],
        ['blocked', null, null],
      ],
    );
  });
});
