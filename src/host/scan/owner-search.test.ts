// The search for what is still owned: what is searched, and when it says that not all was looked at.
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { MeasuredTree } from '../../port/measure.ts';
import type { OwnerSearch } from '../../port/owner-search.ts';
import { searchOwners } from './owner-search.ts';
import { measure, type Scanned, type ScanRequest } from './scan.ts';

const SEARCH: OwnerSearch = {
  at: ['/', '/nowhere/at/all'],
  owners: { uids: [1, 2], gids: [3] },
  limitMs: 5000,
  stopRequested: () => false,
  onProgress: () => {},
};
const TREE: MeasuredTree = {
  path: '/',
  error: null,
  total: { diskBytes: 0, apparentBytes: 0, inodes: 1 },
  files: 0,
  directories: [],
  mountPoints: [],
  unreadable: [],
  unreadableCount: 0,
  found: [],
};

function scanned(tree: Partial<MeasuredTree>, more: Partial<Scanned> = {}): Scanned {
  return {
    trees: [{ ...TREE, ...tree }],
    entries: 7,
    linksBeyond: 0,
    timedOut: false,
    owned: [],
    noticed: [],
    ...more,
  };
}

async function unfinished(found: Scanned) {
  return (await searchOwners('/', SEARCH, async () => found)).unfinished;
}

describe('search for owners', () => {
  it('goes through each file system once, as long as it may', async () => {
    const asked: ScanRequest[] = [];
    const found = await searchOwners('/', SEARCH, async (request) => {
      asked.push(request);
      return scanned({});
    });
    assert.deepEqual(found, { owned: [], entries: 7, unfinished: null });
    assert.deepEqual(
      asked.map(({ trees, owners, timeoutMs }) => [trees, owners, timeoutMs]),
      [[['/'], SEARCH.owners, 5000]],
    );
  });

  it('goes no further up than an image', async () => {
    const trees: (readonly string[])[] = [];
    await searchOwners('/tmp', { ...SEARCH, at: ['/', '/var'] }, async (request) => {
      trees.push(request.trees);
      return scanned({});
    });
    assert.deepEqual(trees, [['/']]);
  });

  const owned = [
    { kind: 'uid', id: 1, path: '/a' },
    { kind: 'uid', id: 2, path: '/b' },
    { kind: 'gid', id: 3, path: '/c' },
  ] as const;
  const EIO = { path: 'x', error: 'EIO' };
  const table: readonly (readonly [string, Scanned, Awaited<ReturnType<typeof unfinished>>])[] = [
    ['the time was up', scanned({}, { timedOut: true }), 'time'],
    ['the time was up, and all were found', scanned({}, { timedOut: true, owned }), null],
    ['all but one were found', scanned({}, { timedOut: true, owned: owned.slice(1) }), 'time'],
    ['the file system is gone', scanned({ error: 'missing' }), { path: '/', error: 'missing' }],
    [
      'a directory could not be read',
      scanned({ unreadable: [EIO], unreadableCount: 1 }),
      { path: '/x', error: 'EIO' },
    ],
    [
      'more than are named could not be read',
      scanned({ unreadable: [], unreadableCount: 5 }),
      // That nothing is named must not hide it, not even for a mount point.
      { path: '/', error: '5 places cannot be read' },
    ],
    [
      'a part is a file system of its own, and nothing is mounted there (btrfs)',
      scanned({ mountPoints: ['nowhere'] }),
      { path: '/nowhere', error: 'a file system of its own' },
    ],
    ['something else is mounted there', scanned({ mountPoints: ['proc'] }), null],
    [
      'somebody has mounted something that is closed to root',
      scanned({ unreadable: [{ path: 'proc', error: 'EACCES' }], unreadableCount: 1 }),
      null,
    ],
  ];
  for (const [what, found, want] of table)
    it(`${what}: ${want === null ? 'finished' : 'not finished'}`, async () =>
      assert.deepEqual(await unfinished(found), want));

  it('ends when the time is up, and when it is told to', async () => {
    const rootFd = openSync('/', 'r');
    try {
      const scan = (request: ScanRequest) => measure(request, { rootFd, base: '/nowhere', mounts: [] });
      const whole = { ...SEARCH, owners: { uids: [4_000_000_000], gids: [] } };
      for (const limits of [
        { limitMs: 1, stopRequested: () => false },
        { limitMs: 60_000, stopRequested: () => true },
      ]) {
        const begun = performance.now();
        const { unfinished: why } = await searchOwners('/', { ...whole, ...limits }, scan);
        assert.equal(why, 'time');
        assert.ok(performance.now() - begun < 10_000);
      }
    } finally {
      closeSync(rootFd);
    }
  });
});
