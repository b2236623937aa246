// Who could change what root reads or runs: the rule as a table, and ways through real directories and links.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { requires } from '../../../test/requirement.ts';
import { O_DIRECTORY, O_PATH, openAt, type Status } from '../syscalls.ts';
import { alongHostWay, alongWay, weaknessesAt, weaknessesAtAll, weaknessOf } from './way.ts';

const ALICE = 1000;
const MALLORY = 1001;

const CLOSED = { mode: 0o755 };
const LIKE_TMP = { mode: 0o1777 };

type Row = readonly [
  what: string,
  entry: Pick<Status, 'type' | 'uid' | 'mode'>,
  within: { readonly mode: number },
  forRoot: 'owner' | 'mode' | null,
  throughSudo: 'owner' | 'mode' | null,
];

const RULES: readonly Row[] = [
  ["root's file", { type: 'file', uid: 0, mode: 0o644 }, CLOSED, null, null],
  ["root's file, in /tmp", { type: 'file', uid: 0, mode: 0o600 }, LIKE_TMP, null, null],
  ["root's file, group writes", { type: 'file', uid: 0, mode: 0o664 }, CLOSED, 'mode', 'mode'],
  ["root's file, all write", { type: 'file', uid: 0, mode: 0o777 }, LIKE_TMP, 'mode', 'mode'],
  [
    "root's file with a sticky bit, all write",
    { type: 'file', uid: 0, mode: 0o1777 },
    CLOSED,
    'mode',
    'mode',
  ],
  ['the file of who called', { type: 'file', uid: ALICE, mode: 0o644 }, CLOSED, 'owner', null],
  ['the same, group writes', { type: 'file', uid: ALICE, mode: 0o664 }, CLOSED, 'owner', 'mode'],
  ["somebody's file", { type: 'file', uid: MALLORY, mode: 0o400 }, CLOSED, 'owner', 'owner'],
  ["somebody's file, in /tmp", { type: 'file', uid: MALLORY, mode: 0o400 }, LIKE_TMP, 'owner', 'owner'],
  ["root's directory", { type: 'directory', uid: 0, mode: 0o755 }, CLOSED, null, null],
  ['/tmp', { type: 'directory', uid: 0, mode: 0o1777 }, CLOSED, null, null],
  ["somebody's /tmp", { type: 'directory', uid: MALLORY, mode: 0o1777 }, CLOSED, 'owner', 'owner'],
  ['a directory where all write', { type: 'directory', uid: 0, mode: 0o777 }, CLOSED, 'mode', 'mode'],
  ['a directory where its group writes', { type: 'directory', uid: 0, mode: 0o2775 }, CLOSED, 'mode', 'mode'],
  ['the home of who called', { type: 'directory', uid: ALICE, mode: 0o750 }, CLOSED, 'owner', null],
  ["somebody's link in root's directory", { type: 'link', uid: MALLORY, mode: 0o777 }, CLOSED, null, null],
  ["somebody's link in /tmp", { type: 'link', uid: MALLORY, mode: 0o777 }, LIKE_TMP, 'owner', 'owner'],
  ["root's link in /tmp", { type: 'link', uid: 0, mode: 0o777 }, LIKE_TMP, null, null],
  ['the link of who called in /tmp', { type: 'link', uid: ALICE, mode: 0o777 }, LIKE_TMP, 'owner', null],
];

describe('what others could do with an entry', () => {
  for (const [what, entry, within, forRoot, throughSudo] of RULES)
    it(what, () => {
      assert.equal(weaknessOf(entry, within, [0]), forRoot);
      assert.equal(weaknessOf(entry, within, [0, ALICE]), throughSudo);
    });
});

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'way-'));
  t.after(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o755);
  return directory;
}

/** By itself, and with others, it is found the same. */
function found(path: string) {
  const all = weaknessesAt(path, [0]);
  assert.deepEqual(weaknessesAtAll([path, '/etc/passwd'], [0]).get(path) ?? [], all);
  return all.map((one) => [one.path, one.why]);
}

describe('a way', () => {
  it('is as good as each directory on it, and as each on the way of its links', (t) => {
    if (!requires(t, 'root')) return;
    const top = place(t);
    for (const name of ['etc', 'home', 'home/deploy', 'links']) mkdirSync(join(top, name));
    const [file, link] = [join(top, 'etc/layout.yaml'), join(top, 'links/layout.yaml')];
    writeFileSync(file, '');
    symlinkSync('../home/deploy/way/layout.yaml', link);
    symlinkSync(join(top, 'etc'), join(top, 'home/deploy/way'));
    assert.deepEqual(found(link), []);
    // The directory that has the second link; only who looks at the ends of a way misses it.
    chownSync(join(top, 'home/deploy'), MALLORY, 0);
    assert.deepEqual(found(link), [[join(top, 'home/deploy'), 'owner']]);
    chownSync(join(top, 'home/deploy'), 0, 0);
    chmodSync(join(top, 'links'), 0o1777);
    lchownSync(link, MALLORY, 0);
    assert.deepEqual(found(link), [[link, 'owner']]);
    chmodSync(join(top, 'links'), 0o777);
    chmodSync(file, 0o666);
    assert.deepEqual(found(link), [
      [join(top, 'links'), 'mode'],
      [link, 'owner'],
      [file, 'mode'],
    ]);
  });

  it('of several files is that of each', (t) => {
    if (!requires(t, 'root')) return;
    const top = place(t);
    for (const name of ['a', 'a/b', 'c']) mkdirSync(join(top, name));
    for (const name of ['a/x', 'a/y', 'a/b/x', 'c/x']) writeFileSync(join(top, name), '');
    chmodSync(join(top, 'a'), 0o775);
    chmodSync(join(top, 'a/y'), 0o666);
    chownSync(join(top, 'a/b/x'), MALLORY, 0);
    symlinkSync('b/x', join(top, 'a/link'));
    symlinkSync('none', join(top, 'c/link'));
    const names = [
      'a/x',
      'a/y',
      'a/b/x',
      'a/link',
      'a/none',
      'a/.',
      'a/b/..',
      'c/x',
      'c/link',
      'none/x',
      'a/x/x',
    ];
    const paths = [...names.map((name) => join(top, name)), `${top}/a/b/../y`, `${top}/a/`];
    const together = weaknessesAtAll(paths, [0]);
    for (const path of paths) assert.deepEqual(together.get(path) ?? [], weaknessesAt(path, [0]), path);
    assert.deepEqual(found(join(top, 'a/y')), [
      [join(top, 'a'), 'mode'],
      [join(top, 'a/y'), 'mode'],
    ]);
  });

  it('ends where the system would end, `..` behind a link included', (t) => {
    const top = place(t);
    for (const name of ['a', 'a/b', 'c']) mkdirSync(join(top, name));
    writeFileSync(join(top, 'a/file'), '');
    symlinkSync('../a/b', join(top, 'c/link'));
    symlinkSync('loop', join(top, 'loop'));
    const end = (path: string) => alongHostWay(path, { owners: [0], links: 'anywhere' }, (way) => way.path);
    assert.equal(end(`${top}//c/./link/../file`), join(top, 'a/file'));
    assert.equal(end(`${top}/../../../../../etc/passwd`), '/etc/passwd');
    for (const [path, code] of [
      [join(top, 'loop'), 'ELOOP'],
      [join(top, 'none'), 'ENOENT'],
      [join(top, 'a/file/below'), 'ENOTDIR'],
    ] as const)
      assert.throws(() => end(path), { code });
  });

  it('in an image leads no further up than to its root', (t) => {
    const top = place(t);
    mkdirSync(join(top, 'etc'));
    writeFileSync(join(top, 'etc/passwd'), 'mine');
    symlinkSync('/etc/passwd', join(top, 'absolute'));
    symlinkSync('../../../../etc/passwd', join(top, 'up'));
    const rootFd = openAt(-100, top, { flags: O_PATH | O_DIRECTORY, resolve: 0 });
    for (const name of ['absolute', 'up'])
      alongWay(`/${name}`, { rootFd, owners: [0], links: 'anywhere' }, ({ path, status }) => {
        assert.equal(path, '/etc/passwd');
        assert.equal(status.type, 'file');
      });
  });
});
