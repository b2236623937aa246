// Files that the operator asked for: whole, with the mode that their readers need, and nothing else in the way harmed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
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
import { requires } from '../../../test/requirement.ts';
import { Problem } from '../../messages/diagnostic.ts';
import { writeOutput } from './output.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-test-'));
});
// Where all tests of a room run in one process, one of another file may have begun before this one was loaded.
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const METRICS = { what: 'metrics', text: 'x', mode: 0o644 } as const;
const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

for (const [what, bits] of [
  ['plan', 0o600],
  ['metrics', 0o644],
] as const)
  describe(`writing ${what}`, () => {
    const write = (path: string, text: string) => writeOutput(path, { what, text, mode: bits });
    const wanted = bits.toString(8);
    for (const umask of [0, 0o077])
      it(`gives mode ${wanted} with umask 0${umask.toString(8)}, also to a file that had another`, () => {
        const path = join(directory, 'a.prom');
        const before = process.umask(umask);
        try {
          write(path, 'one\n');
          assert.equal(mode(path), wanted);
          chmodSync(path, 0o400);
          write(path, 'two\n');
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
      for (const name of ['link', 'folder']) assert.throws(() => write(join(directory, name), 'x'), Problem);
      assert.equal(readFileSync(target, 'utf8'), 'theirs');
      assert.deepEqual(readdirSync(directory).toSorted(), ['folder', 'link', 'target']);
    });
  });

describe('writing', () => {
  it('shows a collector that reads *.prom no name but the whole file', async () => {
    const path = join(directory, 'a.prom');
    const names = new Set<string>();
    const watcher = watch(directory, (_, name) => names.add(String(name)));
    writeOutput(path, { what: 'metrics', text: 'one\n', mode: 0o644 });
    while (!names.has('a.prom')) await new Promise((resolve) => setTimeout(resolve, 1));
    watcher.close();
    const others = [...names].filter((name) => name !== 'a.prom');
    assert.ok(others.length > 0);
    for (const name of others) assert.doesNotMatch(name, /\.prom$/);
  });

  it('leaves nothing behind where it cannot write', () => {
    assert.throws(() => writeOutput(join(directory, 'none', 'a.prom'), METRICS), Problem);
    assert.deepEqual(readdirSync(directory), []);
  });
});

describe('the way to an output', () => {
  it('may lead through links that only the owners could make', () => {
    mkdirSync(join(directory, 'real'));
    symlinkSync('real', join(directory, 'link'));
    writeOutput(join(directory, 'link/a.prom'), METRICS);
    assert.equal(readFileSync(join(directory, 'real/a.prom'), 'utf8'), 'x');
  });

  it('may be through a directory of somebody else, but not through a link in there', (t) => {
    if (!requires(t, 'root')) return;
    const [parent, outside] = [join(directory, 'prometheus'), join(directory, 'outside')];
    for (const path of [parent, join(parent, 'node-exporter'), outside]) mkdirSync(path);
    symlinkSync(outside, join(parent, 'link'));
    chownSync(parent, 1234, 1234);
    writeOutput(join(parent, 'node-exporter/a.prom'), METRICS, [0]);
    assert.equal(readFileSync(join(parent, 'node-exporter/a.prom'), 'utf8'), 'x');
    assert.throws(
      () => writeOutput(join(parent, 'link/a.prom'), METRICS, [0]),
      (error) => error instanceof Problem && /others could swap/.test(error.message),
    );
    assert.deepEqual(readdirSync(outside), []);
  });

  it('ends at a device, a pipe or a link: what is there stays', () => {
    const pipe = join(directory, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    for (const path of [pipe, '/dev/null', '/dev/stdout', `${directory}/`, directory, ''])
      assert.throws(
        () => writeOutput(path, METRICS),
        (error) => error instanceof Problem && error.exitCode === 2 && /found /.test(error.message),
        path,
      );
    assert.deepEqual(readdirSync(directory), ['pipe']);
  });
});
