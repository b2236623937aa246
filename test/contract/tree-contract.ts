// Holds a host to what all do: walking trees: what is in them, who owns it, what is wrong inside.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import type { InsideTree } from '../../src/port/inside.ts';
import type { Owners } from '../../src/port/owner-search.ts';
import { GID, inodeOf, knownBy, type OnHost, OTHER, own, ownerOf, UID, walked } from './cases.ts';

export function treeContract(name: string, on: OnHost): void {
  describe(`${name}: walk`, () => {
    on('meets every entry once, itself first, and follows no link', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/sub`, { uid: UID, gid: GID, mode: '0700' });
      prepare.file(`${base}/d/sub/file`, { uid: UID, gid: OTHER, mode: '0640', bytes: 8192 });
      prepare.file(`${base}/d/holes`, { bytes: 4096, sparseBytes: 1 << 20 });
      prepare.file(`${base}/d/empty`);
      prepare.hardLink(`${base}/d/again`, `${base}/d/sub/file`);
      prepare.link(`${base}/d/up`, '..');
      prepare.link(`${base}/d/dangling`, 'nowhere');
      prepare.special(`${base}/d/pipe`);
      prepare.directory(`${base}/d/with space\nand line`);
      prepare.file(`${base}/outside`);
      const { seen, walk } = walked(host, `${base}/d`);
      assert.deepEqual(walk, { mountPoints: [], unreadable: [] });
      assert.deepEqual([...seen.entries()].map(([path, entry]) => `${path}: ${entry.type}`).sort(), [
        ': directory',
        'again: file',
        'dangling: link',
        'empty: file',
        'holes: file',
        'pipe: special',
        'sub/file: file',
        'sub: directory',
        'up: link',
        'with space\nand line: directory',
      ]);
      assert.equal([...seen.keys()][0], '');
      const file = seen.get('sub/file');
      const { inode = '', writtenAt, changedAt, device, project = null } = file ?? {};
      assert.equal(device, seen.get('')?.device);
      for (const at of [writtenAt, changedAt]) assert.match(at ?? '', /^\d+$/);
      // In none, where the file system keeps them.
      assert.ok(project === null || project === 0);
      assert.deepEqual(file, {
        path: 'sub/file',
        top: 'sub',
        type: 'file',
        uid: UID,
        gid: OTHER,
        mode: '0640',
        ...knownBy(host.entry(`${base}/d/sub/file`)),
        links: 2,
        diskBytes: 8192,
        bytes: 8192,
        writtenAt,
        changedAt,
        device,
        isDevice: false,
        flags: [],
        lists: { access: null, inherited: null },
        project,
      });
      assert.equal(seen.get('again')?.inode, inode);
      assert.equal(seen.get('holes')?.diskBytes, 4096);
      assert.equal(seen.get('empty')?.diskBytes, 0);
      assert.equal(seen.get('sub')?.inode, inodeOf(host.entry(`${base}/d/sub`)));
      assert.equal(seen.get('')?.inode, inodeOf(host.entry(`${base}/d`)));
    });

    on('meets what is directly in it alone, where that is asked for', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/sub/file`);
      prepare.file(`${base}/d/file`, { bytes: 5, changedAt: 1_000_000_000_000 });
      prepare.link(`${base}/d/link`, 'sub');
      prepare.directory(`${base}/d/mounted`);
      prepare.mount(`${base}/d/mounted`);
      const met = Array.from(host.walk(`${base}/d`, 'here'), ({ type, path }) => `${path}: ${type}`);
      assert.deepEqual(met.sort(), [
        ': directory',
        'file: file',
        'link: link',
        'mounted: mount point',
        'sub: directory',
      ]);
      for (const one of host.walk(`${base}/d`, 'here'))
        if (one.type === 'file') {
          assert.equal(one.bytes, 5);
          assert.match(one.writtenAt, /^10000000000000000\d\d$/);
        }
    });

    on('names what is not UTF-8 so that the name can be used', ({ host, prepare }, base) => {
      // Latin-1 `é`, half a character, and a name that is UTF-8.
      const names = ['caf\udce9', '\udce2\udc82', 'café', 'new\nline'];
      for (const name of names) prepare.file(`${base}/d/${name}`, { uid: UID });
      const { seen } = walked(host, `${base}/d`);
      assert.deepEqual([...seen.keys()].sort(), ['', ...names].sort());
      for (const name of names) {
        const path = `${base}/d/${name}`;
        const entry = host.entry(path);
        assert.equal(entry.type, 'file');
        host.perform(own(path, inodeOf(entry), { from: [UID, 0], to: [0, 0] }));
        assert.deepEqual(ownerOf(host.entry(path)), [0, 0]);
      }
    });

    on('stays on the file system', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/a/mounted`);
      prepare.mount(`${base}/d/a/mounted`);
      prepare.file(`${base}/d/a/mounted/file`);
      prepare.file(`${base}/d/b`);
      const { seen, walk } = walked(host, `${base}/d`);
      assert.deepEqual(walk, { mountPoints: ['a/mounted'], unreadable: [] });
      assert.deepEqual([...seen.keys()].sort(), ['', 'a', 'b']);
    });

    on('goes so deep and no deeper, and says where it stopped', ({ host, prepare }, base) => {
      const names = Array.from({ length: 203 }, (_, i) => `${i + 1}`);
      prepare.directory(`${base}/d/${names.join('/')}`);
      prepare.file(`${base}/d/beside`);
      const { seen, walk } = walked(host, `${base}/d`);
      const path = names.slice(0, 200).join('/');
      assert.deepEqual(walk, {
        mountPoints: [],
        unreadable: [{ path, error: 'deeper than 200 directories' }],
      });
      // The last one that was not entered was still met.
      assert.equal(seen.size, 202);
      assert.ok(seen.has(path) && seen.has('beside'));
    });

    on('says what kept it from starting', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/inside`);
      prepare.link(`${base}/link`, 'd');
      prepare.file(`${base}/file`);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      prepare.directory(`${base}/mounted/inside`);
      for (const [path, error] of [
        ['missing', 'ENOENT'],
        ['link', 'ELOOP'],
        ['link/inside', 'ELOOP'],
        ['file', 'ENOTDIR'],
        ['file/inside', 'ENOTDIR'],
        ['mounted', 'EXDEV'],
        ['mounted/inside', 'EXDEV'],
      ] as const) {
        const { seen, walk } = walked(host, `${base}/${path}`);
        assert.deepEqual(walk, { mountPoints: [], unreadable: [{ path: '', error }] }, path);
        assert.equal(seen.size, 0);
      }
    });

    on('walks a base that is a mount point', ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.file(`${base}/file`);
      const { seen, walk } = walked(host, base);
      assert.deepEqual(walk, { mountPoints: [], unreadable: [] });
      assert.deepEqual([...seen.keys()].sort(), ['', 'file']);
    });
  });

  describe(`${name}: searchOwners`, () => {
    const search = (host: Host, base: string, owners: Owners) =>
      host.searchOwners({
        at: [base, `${base}/not there`],
        owners,
        limitMs: 60_000,
        stopRequested: () => false,
        onProgress: () => {},
      });
    const NOTHING = { uids: [], gids: [] };

    on('finds one thing of each on the file system, whatever it is', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.directory(`${base}/d/deep`, { mode: '0700' });
      for (let i = 0; i < 100; i++) prepare.file(`${base}/d/${i}`);
      const things = [
        () => prepare.file(`${base}/d/deep/thing`, { uid: UID }),
        () => prepare.directory(`${base}/d/deep/thing`, { uid: UID, mode: '0000' }),
        () => prepare.special(`${base}/d/deep/thing`, { uid: UID }),
        () => {
          prepare.link(`${base}/d/deep/thing`, 'nowhere');
          prepare.chown(`${base}/d/deep/thing`, UID, 0);
        },
        () => prepare.file(`${base}/d/deep/thing`, { gid: UID }),
      ];
      for (const [i, make] of things.entries()) {
        make();
        const kind = i === things.length - 1 ? 'gid' : 'uid';
        const { owned, unfinished } = await search(host, base, { ...NOTHING, [`${kind}s`]: [UID] });
        assert.deepEqual(owned, [{ kind, id: UID, path: `${base}/d/deep/thing` }], `thing ${i}`);
        assert.equal(unfinished, null);
        const others = await search(host, base, { uids: [OTHER], gids: [GID] });
        assert.deepEqual([others.owned, others.unfinished], [[], null]);
        prepare.remove(`${base}/d/deep/thing`);
      }
      assert.deepEqual((await search(host, base, { ...NOTHING, uids: [UID] })).owned, []);
    });

    on('finds the top itself, one of many, and several at once', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.chown(base, UID, GID);
      for (let i = 0; i < 20; i++) prepare.file(`${base}/${i}`, { uid: OTHER });
      const { owned } = await search(host, base, { uids: [UID, OTHER], gids: [GID, OTHER] });
      const found = owned.map(({ kind, id, path }) => [kind, id, path.replace(/\/\d+$/, '/n')].join(' '));
      assert.deepEqual(
        found.toSorted(),
        [`gid ${GID} ${base}`, `uid ${UID} ${base}`, `uid ${OTHER} ${base}/n`].toSorted(),
      );
    });

    on('enters no other file system', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      prepare.file(`${base}/mounted/theirs`, { uid: UID });
      const { owned, unfinished } = await search(host, base, { ...NOTHING, uids: [UID] });
      assert.deepEqual([owned, unfinished], [[], null]);
    });
  });

  describe(`${name}: lookInside`, () => {
    const inside = async (
      host: Host,
      path: string,
      look: 'all' | number = 'all',
      named: string[] = [],
      ours: string[] = [],
    ) => {
      const trees = [{ path, uid: UID, gid: GID, named, ours }];
      const request = { trees, services: { uids: [UID, OTHER], gids: [GID] }, look, onProgress: () => {} };
      const [found] = await host.lookInside(request);
      assert.ok(found !== undefined);
      return found;
    };
    const told = ({ wrong }: InsideTree) =>
      wrong.map(({ cause, count, examples }) =>
        [cause, count, ...examples.map(({ path, found }) => `${path}: ${found}`)].join(' | '),
      );
    const own = { uid: UID, gid: GID };

    on(
      'finds nothing where all is the service’s, whatever it chose itself',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/d`, { ...own, mode: '0750' });
        prepare.file(`${base}/d/key`, { ...own, mode: '0400' });
        prepare.directory(`${base}/d/shared`, { ...own, mode: '2770' });
        prepare.link(`${base}/d/link`, '/etc');
        prepare.special(`${base}/d/pipe`, { uid: OTHER, gid: OTHER, mode: '0666' });
        const { wrong, entries, whole, error } = await inside(host, `${base}/d`);
        assert.deepEqual(
          { wrong, entries, whole, error },
          { wrong: [], entries: 5, whole: true, error: null },
        );
      },
    );

    on('leaves out what is this program’s own, with all that is in it', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(d, own);
      prepare.directory(`${d}/data`, own);
      prepare.directory(`${d}/.jts-hot-move-d`, { uid: 0, gid: 0, mode: '0700' });
      prepare.file(`${d}/.jts-hot-move-d/half`, { uid: 0, gid: 0, mode: '0000' });
      prepare.file(`${d}/data/theirs`, { uid: OTHER, gid: OTHER });
      for (const look of ['all', 100] as const) {
        const found = await inside(host, d, look, ['data'], ['.jts-hot-move-d']);
        assert.deepEqual(
          [told(found), found.entries],
          [[`owner | 1 | data/theirs: ${OTHER}:${OTHER}`], 3],
          `${look}`,
        );
      }
    });

    on('counts what is wrong by its cause, and names the first', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(d, own);
      prepare.directory(`${d}/a`, { uid: OTHER, gid: OTHER });
      for (const name of ['1', '2']) prepare.file(`${d}/a/${name}`, { uid: OTHER, gid: GID });
      prepare.file(`${d}/closed`, { ...own, mode: '0044' });
      prepare.directory(`${d}/half`, { ...own, mode: '0555' });
      prepare.file(`${d}/open`, { ...own, mode: '0666' });
      prepare.file(`${d}/rooted`, { mode: '4755' });
      prepare.file(`${d}/twice`, { uid: OTHER, gid: GID });
      prepare.hardLink(`${d}/again`, `${d}/twice`);
      prepare.device(`${d}/null`);
      assert.deepEqual(told(await inside(host, d)), [
        'device | 1 | null: character device',
        'setuid | 1 | rooted: mode 4755',
        `hard-links | 2 | again: uid ${OTHER}, 2 names | twice: uid ${OTHER}, 2 names`,
        `owner | 3 | a: ${OTHER}:${OTHER} | a/1: ${OTHER}:${GID} | a/2: ${OTHER}:${GID}`,
        'mode | 2 | closed: mode 0044 | half: mode 0555',
        'world-writable | 1 | open: mode 0666',
      ]);
    });

    on('leaves owner and mode of the layout’s own directories to their check', async (bench, base) => {
      const { host, prepare } = bench;
      prepare.directory(`${base}/d/data`, { uid: OTHER, gid: OTHER, mode: '0777' });
      prepare.directory(`${base}/d/logs`, { uid: OTHER, gid: OTHER });
      for (const look of ['all', 100] as const)
        assert.deepEqual(told(await inside(host, `${base}/d`, look, ['data'])), [
          `owner | 1 | logs: ${OTHER}:${OTHER}`,
        ]);
    });

    on('finds access lists, and says which are grave', async ({ host, prepare }, base) => {
      prepare.mount(base, 'ext4');
      const d = `${base}/d`;
      prepare.directory(`${d}/sub`, { ...own, mode: '0750' });
      prepare.chown(d, UID, GID);
      prepare.file(`${d}/read`, own);
      prepare.grant(`${d}/read`, { type: 'user', id: OTHER + 5, bits: 4 });
      prepare.file(`${d}/own`, own);
      prepare.grant(`${d}/own`, { type: 'user', id: UID, bits: 4 });
      for (const look of ['all', 100] as const) {
        const found = await inside(host, d, look);
        assert.deepEqual(told(found), [`acl | 1 | read: user ${OTHER + 5} r--`]);
        assert.equal(found.graveLists, 0);
      }
      prepare.grant(`${d}/read`, { type: 'group', id: OTHER + 5, bits: 6 });
      prepare.grant(`${d}/sub`, { type: 'user', id: OTHER, bits: 5 });
      prepare.inherit(d, `user::rwx,user:${OTHER + 5}:r-x,group::r-x,mask::r-x,other::---`);
      const found = await inside(host, d);
      assert.deepEqual(told(found), [
        `acl | 3 | : user ${OTHER + 5} r-x, inherited by what is made in it | read: user ${OTHER + 5} r--, group ${OTHER + 5} rw- | sub: user ${OTHER} r-x`,
      ]);
      assert.equal(found.graveLists, 2);
    });

    on('finds flags, and what cannot be mended because of them', async ({ host, prepare }, base) => {
      prepare.mount(base, 'ext4');
      const d = `${base}/d`;
      prepare.directory(`${d}/sub`, own);
      prepare.chown(d, UID, GID);
      prepare.file(`${d}/fixed`, { uid: OTHER, gid: OTHER });
      prepare.file(`${d}/log`, own);
      prepare.flag(`${d}/fixed`, 'immutable', true);
      prepare.flag(`${d}/log`, 'append-only', true);
      prepare.flag(`${d}/sub`, 'immutable', true);
      for (const look of ['all', 100] as const) {
        const found = await inside(host, d, look, ['sub']);
        assert.deepEqual(told(found), [
          'flags | 3 | fixed: immutable | log: append-only | sub: immutable',
          `owner | 1 | fixed: ${OTHER}:${OTHER}`,
        ]);
        assert.equal(found.behindFlags, 1);
      }
      for (const name of ['fixed', 'sub']) prepare.flag(`${d}/${name}`, 'immutable', false);
      prepare.flag(`${d}/log`, 'append-only', false);
      assert.deepEqual((await inside(host, d)).behindFlags, 0);
    });

    on('enters no other file system and follows no link', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(`${d}/mounted`, own);
      prepare.chown(d, UID, GID);
      prepare.mount(`${d}/mounted`);
      prepare.file(`${d}/mounted/foreign`);
      prepare.file(`${base}/elsewhere/foreign`);
      prepare.link(`${d}/link`, '../elsewhere');
      for (const look of ['all', 100] as const)
        assert.deepEqual(told(await inside(host, d, look)), ['mount | 1 | mounted: another file system']);
    });

    on('looks at so many first entries and no more', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(`${d}/data`, own);
      prepare.directory(`${d}/logs`, own);
      prepare.chown(d, UID, GID);
      for (let i = 0; i < 30; i += 1) prepare.file(`${d}/data/${i}`);
      const all = await inside(host, d, 100, ['data', 'logs']);
      assert.deepEqual([all.entries, all.whole, all.wrong[0]?.count], [33, true, 30]);
      const some = await inside(host, d, 10, ['data', 'logs']);
      assert.equal(some.whole, false);
      assert.ok(some.entries <= 13 && (some.wrong[0]?.count ?? 0) > 0, `${some.entries}`);
      prepare.directory(`${d}/data/0.d`, own);
      assert.equal((await inside(host, d, 100, ['data', 'logs'])).whole, false);
    });

    on('says why it looked at nothing', async ({ host, prepare }, base) => {
      prepare.file(`${base}/file`);
      for (const [path, error] of [
        ['missing', 'missing'],
        ['file', 'file'],
      ] as const) {
        const found = await inside(host, `${base}/${path}`);
        assert.deepEqual([found.error, found.entries, found.wrong], [error, 0, []]);
      }
    });
  });
}
