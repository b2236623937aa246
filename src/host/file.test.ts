// Files that the operator asked for: whole, with the mode that their readers need, and nothing else in the way harmed.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { requires } from '../../test/requirement.ts';
import { Problem } from '../diagnostic.ts';
import { changeableAt, publishTextFile, writeTextFile } from './file.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

for (const [what, write, wanted] of [
  ['writeTextFile', writeTextFile, '600'],
  ['publishTextFile', publishTextFile, '644'],
] as const)
  describe(what, () => {
    for (const umask of [0, 0o077])
      it(`gives mode ${wanted} with umask 0${umask.toString(8)}, also to a file that had another`, () => {
        const path = join(directory, 'a.prom');
        const before = process.umask(umask);
        try {
          write(path, 'metrics', 'one\n');
          assert.equal(mode(path), wanted);
          chmodSync(path, 0o400);
          write(path, 'metrics', 'two\n');
        } finally {
          process.umask(before);
        }
        assert.equal(mode(path), wanted);
        assert.equal(readFileSync(path, 'utf8'), 'two\n');
        assert.deepEqual(readdirSync(directory), ['a.prom']);
      });

    it('replaces no link, and no directory', () => {
      const target = join(directory, 'target');
      writeFileSync(target, 'theirs');
      symlinkSync('target', join(directory, 'link'));
      mkdirSync(join(directory, 'folder'));
      for (const name of ['link', 'folder'])
        assert.throws(() => write(join(directory, name), 'metrics', 'x'), Problem);
      assert.equal(readFileSync(target, 'utf8'), 'theirs');
      assert.deepEqual(readdirSync(directory).toSorted(), ['folder', 'link', 'target']);
    });
  });

describe('publishTextFile', () => {
  it('shows a collector that reads *.prom no name but the whole file', async () => {
    const path = join(directory, 'a.prom');
    const names = new Set<string>();
    const watcher = watch(directory, (_, name) => names.add(String(name)));
    publishTextFile(path, 'metrics', 'one\n');
    while (!names.has('a.prom')) await new Promise((resolve) => setTimeout(resolve, 1));
    watcher.close();
    const others = [...names].filter((name) => name !== 'a.prom');
    assert.ok(others.length > 0);
    for (const name of others) assert.doesNotMatch(name, /\.prom$/);
  });

  it('leaves nothing behind where it cannot write', () => {
    assert.throws(() => publishTextFile(join(directory, 'none', 'a.prom'), 'metrics', 'x'), Problem);
    assert.deepEqual(readdirSync(directory), []);
  });
});

describe('changeableAt', () => {
  it('is where others than root could change a file, or put another in its place', (t) => {
    if (!requires(t, 'root')) return;
    const folder = join(directory, 'jts');
    const path = join(folder, 'layout.yaml');
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(path, '', { mode: 0o644 });
    chmodSync(directory, 0o755);
    assert.equal(changeableAt(path), null);
    chmodSync(path, 0o664);
    assert.equal(changeableAt(path), path);
    chmodSync(path, 0o600);
    chownSync(path, 1234, 0);
    assert.equal(changeableAt(path), path);
    chownSync(path, 0, 0);
    chmodSync(folder, 0o757);
    assert.equal(changeableAt(path), folder);
    chmodSync(folder, 0o1777);
    assert.equal(changeableAt(path), null);
    symlinkSync(folder, join(directory, 'link'));
    chownSync(folder, 1234, 0);
    assert.equal(changeableAt(join(directory, 'link/layout.yaml')), folder);
  });
});
