// Holds a host to what all do: trees are copied, made equal, and compared.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Compared, Copied, CopyProgress, CopyRequest } from '../../src/port/copy-tree.ts';
import type { Host } from '../../src/port/host.ts';
import { GID, inodeOf, isProblem, type OnHost, UID, walked } from './cases.ts';

function copy(host: Host, base: string, more: Partial<CopyRequest> = {}): Promise<Copied> {
  return host.copyTree({
    from: `${base}/from`,
    to: `${base}/staging/copy`,
    pass: 'first',
    suspects: new Set(),
    bytesPerSecond: null,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...more,
  });
}

function compare(host: Host, base: string, signal = new AbortController().signal): Promise<Compared> {
  return host.compareTrees({
    one: `${base}/from`,
    other: `${base}/staging/copy`,
    signal,
    onProgress: () => {},
  });
}

/** `equal`, or what is different. */
async function difference(host: Host, base: string): Promise<unknown> {
  const compared = await compare(host, base);
  if (compared.outcome !== 'different') return compared.outcome;
  return compared.differences.map(({ path }) => path);
}

/** All that a walk tells of a tree but what no copy can have. */
function seenIn(host: Host, path: string): unknown {
  return [...walked(host, path).seen.values()]
    .map(({ path: at, type, uid, gid, mode, links, bytes, writtenAt, lists }) => ({
      ...{ at, type, uid, gid, mode, lists: { ...lists } },
      ...(type !== 'directory' && { links, bytes, writtenAt }),
    }))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

export function copyContract(name: string, on: OnHost): void {
  describe(`${name}: copyTree, compareTrees`, () => {
    on('copies what is there, as it is there', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      prepare.directory(`${base}/from`, { uid: UID, gid: GID, mode: '2750' });
      prepare.file(`${base}/from/deep/er/caf\udce9`, { text: 'caf\udce9', mode: '4711', uid: UID });
      prepare.file(`${base}/from/holes`, { bytes: 4096, sparseBytes: 1 << 20 });
      prepare.file(`${base}/from/old`, { bytes: 10, changedAt: 1_000_000_000_000 });
      prepare.hardLink(`${base}/from/deep/again`, `${base}/from/old`);
      prepare.link(`${base}/from/link`, '/nowhere');
      prepare.special(`${base}/from/pipe`, { mode: '0620', uid: UID });
      prepare.grant(`${base}/from/old`, { type: 'user', id: UID, bits: 6 });
      let last: CopyProgress | null = null;
      const copied = await copy(host, base, {
        onProgress: (progress) => {
          last = progress;
        },
      });
      assert.deepEqual(copied, {
        outcome: 'done',
        entries: 9,
        copied: { files: 3, bytes: 4 + 4096 + 10 },
        compared: { files: 0, bytes: 0, differing: 0 },
        removed: 0,
        vanished: 0,
        obstacles: { counts: {}, named: [] },
      });
      assert.deepEqual(last, { entries: 9, bytes: 4110, readBytes: 4110 });
      assert.deepEqual(seenIn(host, `${base}/staging/copy`), seenIn(host, `${base}/from`));
      assert.equal(await difference(host, base), 'equal');
      assert.deepEqual(host.names(`${base}/staging`), ['copy', 'copy.copied']);
    });

    on('does nothing again of what is as it was', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      prepare.file(`${base}/from/d/file`, { bytes: 5, changedAt: 1_000_000_000_000 });
      await copy(host, base);
      const inode = inodeOf(host.entry(`${base}/staging/copy/d/file`));
      for (const pass of ['first', 'again'] as const) {
        const { entries, copied, removed } = await copy(host, base, { pass });
        assert.deepEqual([entries, copied.files, removed], [3, 0, 0]);
      }
      assert.equal(inodeOf(host.entry(`${base}/staging/copy/d/file`)), inode);
    });

    on('makes both equal again, and takes away what is gone', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      for (const one of ['written', 'gone', 'd/gone', 'd/stays', 'kind', 'owned', 'one', 'whole/tree/of'])
        prepare.file(`${base}/from/${one}`, { text: `${one}\n` });
      prepare.hardLink(`${base}/from/two`, `${base}/from/one`);
      prepare.hardLink(`${base}/from/apart`, `${base}/from/one`);
      await copy(host, base);
      prepare.write(`${base}/from/written`, 'else and longer\n');
      for (const one of ['gone', 'd/gone', 'kind', 'apart', 'whole']) prepare.remove(`${base}/from/${one}`);
      prepare.directory(`${base}/from/kind`, { mode: '0700' });
      prepare.file(`${base}/from/apart`, { text: 'one\n' });
      prepare.chown(`${base}/from/owned`, UID, GID);
      prepare.chmod(`${base}/from/owned`, '0600');
      prepare.file(`${base}/from/new/file`, { bytes: 3 });
      assert.notEqual(await difference(host, base), 'equal');
      // What is gone stays until nobody writes any more.
      await copy(host, base, { pass: 'first' });
      assert.equal(host.entry(`${base}/staging/copy/gone`).type, 'file');
      const { removed } = await copy(host, base, { pass: 'again' });
      assert.equal(removed, 3);
      assert.equal(await difference(host, base), 'equal');
      assert.deepEqual(seenIn(host, `${base}/staging/copy`), seenIn(host, `${base}/from`));
    });

    on('compares what is suspected, whatever its times say', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      for (const one of ['a', 'b']) {
        prepare.file(`${base}/from/${one}`, { text: 'before' });
        prepare.file(`${base}/from/not ${one}`, { text: 'before' });
      }
      await copy(host, base);
      prepare.write(`${base}/from/a`, 'after!', 'silently');
      const suspects = new Set([inodeOf(host.entry(`${base}/from/a`))]);
      await copy(host, base, { pass: 'again', suspects });
      assert.equal(host.text(`${base}/staging/copy/a`), 'after!');
      prepare.write(`${base}/from/b`, 'after!', 'silently');
      const { compared } = await copy(host, base, { pass: 'again', suspects: 'all' });
      assert.deepEqual(compared, { files: 4, bytes: 24, differing: 1 });
      assert.equal(await difference(host, base), 'equal');
    });

    on('says what is not in the copy, and why', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      prepare.file(`${base}/from/file`, { bytes: 3 });
      prepare.hardLink(`${base}/outside`, `${base}/from/file`);
      prepare.device(`${base}/from/null`);
      prepare.directory(`${base}/from/mounted`);
      prepare.mount(`${base}/from/mounted`);
      prepare.file(`${base}/from/mounted/inside`);
      const { outcome, obstacles } = await copy(host, base);
      assert.equal(outcome, 'done');
      assert.deepEqual(obstacles.counts, { device: 1, 'mount point': 1, 'linked from outside': 1 });
      assert.deepEqual(obstacles.named.map(({ kind, path }) => `${kind} ${path}`).sort(), [
        'device null',
        'linked from outside file',
        'mount point mounted',
      ]);
      assert.deepEqual(host.names(`${base}/staging/copy`), ['file']);
      assert.notEqual(await difference(host, base), 'equal');
    });

    on('names what is different', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      for (const one of ['content', 'mode', 'owner', 'missing', 'same'])
        prepare.file(`${base}/from/d/${one}`, { text: one });
      prepare.link(`${base}/from/d/link`, 'somewhere');
      await copy(host, base);
      const copied = `${base}/staging/copy/d`;
      prepare.write(`${copied}/content`, 'CONTENT', 'silently');
      prepare.chmod(`${copied}/mode`, '0600');
      prepare.chown(`${copied}/owner`, UID, GID);
      prepare.remove(`${copied}/missing`);
      prepare.file(`${copied}/more`);
      prepare.remove(`${copied}/link`);
      prepare.link(`${copied}/link`, 'elsewhere');
      assert.deepEqual(
        await difference(host, base),
        ['content', 'link', 'missing', 'mode', 'more', 'owner'].map((one) => `d/${one}`),
      );
    });

    on('copies from a directory only, into one that is root’s alone', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      prepare.file(`${base}/file`);
      prepare.directory(`${base}/from`);
      prepare.link(`${base}/link`, `${base}/from`);
      for (const one of ['missing', 'file', 'link'])
        await assert.rejects(copy(host, base, { from: `${base}/${one}` }), isProblem('E_LOOK'), one);
      prepare.directory(`${base}/open`, { mode: '0750' });
      prepare.directory(`${base}/theirs`, { mode: '0700', uid: UID });
      for (const one of ['open', 'theirs'])
        await assert.rejects(copy(host, base, { to: `${base}/${one}/copy` }), isProblem('E_COPY_OPEN'), one);
      assert.deepEqual(host.names(`${base}/open`), []);
    });

    on(
      'copies nothing into itself, and takes nothing away of what it did not make',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/staging`, { mode: '0700' });
        prepare.file(`${base}/staging/from/file`, { bytes: 3 });
        const from = `${base}/staging/from`;
        for (const to of [from, `${from}/copy`, `${base}/staging`])
          await assert.rejects(copy(host, base, { from, to }), isProblem('E_COPY_INSIDE'), to);
        prepare.file(`${base}/staging/copy/precious`, { bytes: 3 });
        for (let time = 0; time < 2; time += 1)
          await assert.rejects(copy(host, base, { from, pass: 'again' }), isProblem('E_COPY_UNKNOWN'));
        assert.deepEqual(host.names(`${base}/staging/copy`), ['precious']);
        // Where nothing is, nothing can be taken away.
        await copy(host, base, { from, pass: 'again', to: `${base}/staging/new` });
        assert.deepEqual(host.names(`${base}/staging/new`), ['file']);
      },
    );

    on('does nothing once the signal has come', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/staging`, { mode: '0700' });
      prepare.file(`${base}/from/file`, { bytes: 3 });
      const signal = AbortSignal.abort();
      assert.equal((await copy(host, base, { signal })).outcome, 'stopped');
      assert.equal(host.entry(`${base}/staging/copy/file`).type, 'missing');
      await copy(host, base);
      assert.equal((await compare(host, base, signal)).outcome, 'stopped');
    });

    on('knows who could write unseen', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/written`);
      prepare.file(`${base}/d/read`);
      const release = prepare.hold(`${base}/d/written`, 'writes');
      prepare.hold(`${base}/d/read`);
      const written = inodeOf(host.entry(`${base}/d/written`));
      const { inodes } = host.openForWriting(`${base}/d`);
      assert.ok(inodes.has(written));
      assert.ok(!inodes.has(inodeOf(host.entry(`${base}/d/read`))));
      release();
      assert.ok(!host.openForWriting(`${base}/d`).inodes.has(written));
    });
  });
}
