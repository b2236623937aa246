// Holds a host to what all do: what trees take.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { measure, type OnHost, withoutDirectories } from './cases.ts';

export function measureContract(name: string, on: OnHost): void {
  describe(`${name}: measure`, () => {
    on(
      'adds up blocks, lengths and inodes of each tree, as asked for in order',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/a/sub/below`);
        prepare.file(`${base}/a/sub/below/one`, { bytes: 8192 });
        prepare.file(`${base}/a/holes`, { bytes: 4096, sparseBytes: 1 << 20 });
        prepare.link(`${base}/a/link`, 'nowhere');
        prepare.special(`${base}/a/pipe`);
        prepare.file(`${base}/b/two`, { bytes: 1 });
        const measured = await measure(host, { trees: [`${base}/b`, `${base}/a`] });
        assert.deepEqual(
          measured.trees.map((tree) => [
            tree.path,
            tree.error,
            tree.files,
            withoutDirectories(host, tree.total, tree),
          ]),
          [
            [`${base}/b`, null, 1, { diskBytes: 4096, apparentBytes: 1, inodes: 2 }],
            [
              `${base}/a`,
              null,
              2,
              { diskBytes: 4096 + 8192, apparentBytes: 8192 + 4096 + (1 << 20) + 7, inodes: 7 },
            ],
          ],
        );
        assert.deepEqual([measured.entries, measured.linksBeyond, measured.timedOut], [9, 0, false]);
      },
    );

    on('has numbers of their own for directories so many levels down', async ({ host, prepare }, base) => {
      prepare.file(`${base}/d/a/b/c/file`, { bytes: 40_960 });
      prepare.file(`${base}/d/e/file`, { bytes: 4096 });
      for (const [depth, paths] of [
        [0, ['']],
        [1, ['', 'a', 'e']],
        [2, ['', 'a', 'a/b', 'e']],
      ] as const) {
        const { trees } = await measure(host, { trees: [`${base}/d`], depth });
        const [tree] = trees;
        assert.deepEqual(
          tree?.directories.map(({ path }) => path),
          paths,
        );
        assert.deepEqual(
          tree?.directories.map(({ inodes }) => inodes),
          [7, 4, ...(depth === 2 ? [3] : []), 2].slice(0, paths.length),
        );
        const { path: _, ...first } = tree?.directories[0] ?? assert.fail();
        assert.deepEqual(first, tree?.total);
      }
    });

    on('counts a file with several names once, in the first tree', async ({ host, prepare }, base) => {
      prepare.file(`${base}/a/one`, { bytes: 4096 });
      prepare.hardLink(`${base}/a/sub/again`, `${base}/a/one`);
      prepare.hardLink(`${base}/b/other`, `${base}/a/one`);
      prepare.directory(`${base}/c`);
      for (const order of [
        ['a', 'b'],
        ['b', 'a'],
        ['c', 'b', 'a'],
      ]) {
        const { trees } = await measure(host, { trees: order.map((tree) => `${base}/${tree}`) });
        const first = order.find((tree) => tree !== 'c');
        assert.deepEqual(
          trees.map(({ files, total }) => [files, total.apparentBytes]),
          order.map((tree) => (tree === first ? [1, 4096] : [0, 0])),
        );
      }
    });

    on('stays on the file system and follows no link', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/a/mounted`);
      prepare.mount(`${base}/d/a/mounted`);
      prepare.file(`${base}/d/a/mounted/file`, { bytes: 4096 });
      prepare.file(`${base}/outside/file`, { bytes: 4096 });
      prepare.link(`${base}/d/link`, '../outside');
      const { trees } = await measure(host, { trees: [`${base}/d`] });
      assert.deepEqual(
        trees.map(({ files, mountPoints, unreadable, total }) => [
          files,
          mountPoints,
          unreadable,
          total.inodes,
        ]),
        [[0, ['a/mounted'], [], 3]],
      );
    });

    on('measures a base that is a mount point', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.file(`${base}/d/file`, { bytes: 4096 });
      const { trees } = await measure(host, { trees: [`${base}/d`] });
      assert.deepEqual([trees[0]?.error, trees[0]?.files], [null, 1]);
    });

    on('says why a tree has no numbers', async ({ host, prepare }, base) => {
      prepare.file(`${base}/good/file`);
      prepare.directory(`${base}/d/inside`);
      prepare.link(`${base}/link`, 'd');
      prepare.file(`${base}/file`);
      prepare.special(`${base}/pipe`);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      prepare.directory(`${base}/mounted/inside`);
      const wanted = [
        ['missing', 'missing'],
        ['link', 'link'],
        ['link/inside', 'blocked'],
        ['file', 'file'],
        ['file/inside', 'blocked'],
        ['pipe', 'special'],
        ['mounted', 'mount point'],
        ['mounted/inside', 'blocked'],
        ['n'.repeat(256), 'ENAMETOOLONG'],
        ['good', null],
      ] as const;
      const { trees, timedOut } = await measure(host, { trees: wanted.map(([path]) => `${base}/${path}`) });
      assert.deepEqual(
        trees.map(({ path, error }) => [path.slice(base.length + 1), error]),
        wanted,
      );
      assert.equal(timedOut, false);
      for (const { error, total, files, directories } of trees)
        if (error !== null)
          assert.deepEqual(
            [total, files, directories],
            [{ diskBytes: 0, apparentBytes: 0, inodes: 0 }, 0, []],
          );
    });

    on('names the files that are looked for, the largest first', async ({ host, prepare }, base) => {
      const at = (path: string) => `${base}/d/${path}`;
      prepare.file(at('huge'), { bytes: 3 << 16, changedAt: 1_600_000_000_250 });
      prepare.file(at('sub/app.log'), { bytes: 2 << 16, changedAt: 1_600_000_000_000 });
      prepare.file(at('small.log'), { bytes: 4096 });
      // Data that is called like a log.
      prepare.file(at('sub/00000000000000000042.log'), { bytes: 1 << 16 });
      prepare.file(at('log'), { bytes: 4096 });
      prepare.file(at('.tmp'), { bytes: 8192, changedAt: 1_600_000_000_000 });
      prepare.file(at('sub/old\n\udce9.tmp'), { bytes: 4096, changedAt: 1_600_000_000_000 });
      prepare.file(at('sub/new.tmp'), { bytes: 4096, changedAt: 1_700_000_000_000 });
      prepare.directory(at('directory.tmp'));
      prepare.file(at('hollow'), { bytes: 4096, sparseBytes: 1 << 30 });
      const find = {
        filesOverBytes: 2 << 16,
        logsOverBytes: 1 << 16,
        notLogs: [
          { digits: 3, ending: '.log' },
          { digits: 20, ending: '.log' },
        ],
        dataPlaces: [] as { below: string[]; except: string[] }[],
        temporaryBefore: 1_650_000_000_000,
        most: 10,
      };
      const found = async (more: Partial<typeof find>) => {
        const { trees } = await measure(host, { trees: [`${base}/d`], find: { ...find, ...more } });
        return trees[0]?.found;
      };
      assert.deepEqual(await found({}), [
        {
          kind: 'large',
          path: 'huge',
          diskBytes: 3 << 16,
          apparentBytes: 3 << 16,
          changedAt: 1_600_000_000_250,
        },
        {
          kind: 'large',
          path: 'sub/app.log',
          diskBytes: 2 << 16,
          apparentBytes: 2 << 16,
          changedAt: 1_600_000_000_000,
        },
        {
          kind: 'log',
          path: 'sub/app.log',
          diskBytes: 2 << 16,
          apparentBytes: 2 << 16,
          changedAt: 1_600_000_000_000,
        },
        {
          kind: 'temporary',
          path: '.tmp',
          diskBytes: 8192,
          apparentBytes: 8192,
          changedAt: 1_600_000_000_000,
        },
        {
          kind: 'temporary',
          path: 'sub/old\n\udce9.tmp',
          diskBytes: 4096,
          apparentBytes: 4096,
          changedAt: 1_600_000_000_000,
        },
      ]);
      assert.deepEqual(
        (await found({ most: 1 }))?.map(({ kind, path }) => `${kind} ${path}`),
        ['large huge', 'log sub/app.log', 'temporary .tmp'],
      );
      const logs = async (...notLogs: typeof find.notLogs) =>
        (await found({ notLogs }))?.filter(({ kind }) => kind === 'log').map(({ path }) => path);
      const both = ['sub/app.log', 'sub/00000000000000000042.log'];
      assert.deepEqual(await logs(), both);
      for (const digits of [0, 19, 21]) assert.deepEqual(await logs({ digits, ending: '.log' }), both);
      assert.deepEqual(await logs({ digits: 20, ending: '.lo' }, { digits: 20, ending: 'x.log' }), both);
      const besides = async (...dataPlaces: typeof find.dataPlaces) =>
        (await found({ dataPlaces }))?.map(({ kind, path }) => `${kind} ${path}`);
      const but = ['large huge', 'large sub/app.log', 'temporary .tmp', 'temporary sub/old\n\udce9.tmp'];
      assert.deepEqual(await besides({ below: ['sub'], except: [] }), but, 'data is no log, and still large');
      const all = [...but.slice(0, 2), 'log sub/app.log', ...but.slice(2)];
      assert.deepEqual(await besides({ below: ['su', 'sub/app'], except: [] }), all);
      assert.deepEqual(await besides({ below: ['sub'], except: ['sub'] }), all, 'logs among data');
    });

    on('counts what lies beside trees once, without them', async ({ host, prepare }, base) => {
      const top = `${base}/top`;
      prepare.file(`${top}/one/a`, { bytes: 4096 });
      prepare.file(`${top}/deep/two/b`, { bytes: 8192 });
      prepare.file(`${top}/deep/beside/c`, { bytes: 3 << 12 });
      prepare.file(`${top}/one/deep/two/d`, { bytes: 4096 });
      prepare.file(`${top}/stray`, { bytes: 5 << 12 });
      prepare.hardLink(`${top}/same-as-a`, `${top}/one/a`);
      prepare.directory(`${top}/disk`);
      prepare.mount(`${top}/disk`);
      prepare.file(`${top}/disk/x`, { bytes: 4096 });
      const [one, two, rest] = (
        await measure(host, {
          trees: [`${top}/one`, `${top}/deep/two`, top],
          apart: [[], [], ['one', 'deep/two']],
          depth: 2,
        })
      ).trees;
      assert.deepEqual([one?.files, two?.files, rest?.files], [2, 1, 2]);
      assert.deepEqual(rest?.mountPoints, ['disk']);
      // The top, `deep` and `beside`, two files.
      assert.equal(rest?.total.inodes, 5);
      assert.deepEqual(rest?.directories.map(({ path }) => path).toSorted(), ['', 'deep', 'deep/beside']);
      assert.equal(rest?.total.apparentBytes, 8 << 12);
    });

    on('tells how far it is', async ({ host, prepare }, base) => {
      prepare.file(`${base}/d/file`);
      const told: number[] = [];
      await measure(host, { trees: [`${base}/d`], onProgress: (entries) => told.push(entries) });
      assert.equal(told.at(-1), 2);
    });
  });
}
