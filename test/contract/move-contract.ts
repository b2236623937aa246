// Holds a host to what all do: the records of moves, whole directories that move or go, and units that nobody knows.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import { effectOf } from '../../src/port/operation.ts';
import { isProblem, type OnHost } from './cases.ts';

function knownAt(host: Host, path: string) {
  const entry = host.entry(path);
  assert.ok(entry.type === 'directory', path);
  return { path, inode: entry.inode, born: entry.born };
}

export function moveContract(name: string, on: OnHost): void {
  describe(`${name}: moves`, () => {
    on('keeps a text for each service, gives it back whole, and forgets it', ({ host: { moves } }) => {
      assert.deepEqual([moves.services(), moves.text('redis')], [[], null]);
      moves.set('redis', '{"a":"ü€"}');
      moves.set('kafka', 'x'.repeat(100_000));
      moves.set('redis', '{"b":2}');
      assert.deepEqual(moves.services(), ['kafka', 'redis']);
      assert.deepEqual([moves.text('redis'), moves.text('kafka')?.length], ['{"b":2}', 100_000]);
      moves.set('redis', null);
      moves.set('redis', null);
      assert.deepEqual([moves.services(), moves.text('redis')], [['kafka'], null]);
    });

    on('gives a directory another name, over nothing, and only the one that is known', (bench, base) => {
      const { host, prepare } = bench;
      prepare.directory(`${base}/a/data`);
      prepare.file(`${base}/a/data/file`);
      prepare.directory(`${base}/aside`);
      const known = knownAt(host, `${base}/a/data`);
      host.renameDirectory(known, `${base}/aside/copy`);
      assert.equal(host.entry(`${base}/a/data`).type, 'missing');
      assert.deepEqual(knownAt(host, `${base}/aside/copy`), { ...known, path: `${base}/aside/copy` });
      assert.equal(host.entry(`${base}/aside/copy/file`).type, 'file');
      prepare.directory(`${base}/a/data`);
      const again = { ...known, path: `${base}/aside/copy` };
      assert.throws(() => host.renameDirectory(again, `${base}/a/data`), isProblem('E_EXISTS'));
      assert.throws(() => host.renameDirectory(again, `${base}/b/data`), isProblem('E_NOT_THERE'));
      const other = { ...known, path: `${base}/a/data` };
      assert.throws(() => host.renameDirectory(other, `${base}/b`), isProblem('E_CHANGED'));
      assert.equal(host.entry(`${base}/a/data`).type, 'directory');
    });

    on('renames a directory as a step, and not while a process has anything of it open', (bench, base) => {
      const { host, prepare } = bench;
      prepare.directory(`${base}/data/deep`);
      prepare.file(`${base}/data/deep/file`);
      const known = knownAt(host, `${base}/data`);
      const step = { type: 'renameDirectory', ...known, to: `${base}/data.before` } as const;
      assert.equal(effectOf(step, host).state, 'open');
      const release = prepare.hold(`${base}/data/deep/file`);
      assert.throws(() => host.perform(step), isProblem('E_IN_USE'));
      release();
      host.perform(step);
      assert.equal(effectOf(step, host).state, 'done');
      assert.equal(host.entry(`${base}/data.before/deep/file`).type, 'file');
      const back = { ...step, path: step.to, to: step.path };
      assert.equal(effectOf(back, host).state, 'open');
      prepare.directory(`${base}/data`);
      assert.equal(effectOf(back, host).state, 'changed');
      assert.throws(() => host.perform(back), isProblem('E_EXISTS'));
    });

    on('empties a directory, and leaves itself and what links lead to', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/old/deep/er`);
      prepare.file(`${base}/old/deep/er/file`);
      prepare.file(`${base}/kept`);
      prepare.link(`${base}/old/link`, `${base}/kept`);
      const known = knownAt(host, `${base}/old`);
      const more = { signal: new AbortController().signal, onProgress: () => {} };
      await assert.rejects(
        async () => host.emptyDirectory({ ...known, inode: '1', ...more }),
        isProblem('E_CHANGED'),
      );
      assert.deepEqual(await host.emptyDirectory({ ...known, ...more }), { outcome: 'done', entries: 4 });
      assert.deepEqual(
        [...host.walk(`${base}/old`)].map(({ path }) => path),
        [''],
      );
      assert.deepEqual([knownAt(host, `${base}/old`), host.entry(`${base}/kept`).type], [known, 'file']);
      assert.deepEqual(await host.emptyDirectory({ ...known, ...more }), { outcome: 'done', entries: 0 });
    });

    on('empties nothing of which a process has something open', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/old/deep`);
      prepare.file(`${base}/old/deep/file`);
      prepare.file(`${base}/old/other`);
      const release = prepare.hold(`${base}/old/deep/file`);
      const empty = async () =>
        host.emptyDirectory({
          ...knownAt(host, `${base}/old`),
          signal: new AbortController().signal,
          onProgress: () => {},
        });
      await assert.rejects(empty, isProblem('E_IN_USE'));
      assert.equal(host.entry(`${base}/old/other`).type, 'file');
      release();
      assert.deepEqual(await empty(), { outcome: 'done', entries: 3 });
    });

    on('knows nothing that would start a unit that nobody knows', ({ host }) => {
      assert.deepEqual(host.triggers('jts-hot-no-such-unit.service'), []);
      assert.deepEqual(host.dependents('jts-hot-no-such-unit.service'), []);
    });
  });
}
