// Who may pass through the directory of the record, and who may read what is in it. What is recorded, and how, is held by
// test/contract/.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { requires } from '../../test/requirement.ts';
import { openStateDirectory } from './state-directory.ts';

const shown = (path: string) => {
  const { uid, gid, mode } = lstatSync(path);
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
};

it('state directory: all pass, nobody but root looks; also where an earlier version closed it or opened it to a group', (t) => {
  if (!requires(t, 'root')) return;
  const root = mkdtempSync(join(tmpdir(), 'state-'));
  t.after(() => rmSync(root, { recursive: true }));
  const directory = join(root, 'var/lib/jts-hot');
  const record = () => {
    const { journal, lock } = openStateDirectory(root);
    lock('test')();
    journal.create((journal.runs().at(-1) ?? 0) + 1, []).close();
  };
  record();
  const modes = () =>
    ['', 'journal', 'journal/000001.jsonl', 'lock'].map((name) => shown(join(directory, name)));
  const want = ['0:0 711', '0:0 700', '0:0 600', '0:0 600'];
  assert.deepEqual(modes(), want);
  for (const [gid, mode] of [
    [0, 0o700],
    [4242, 0o710],
    [0, 0o755],
  ] as const) {
    chownSync(directory, 0, gid);
    chmodSync(directory, mode);
    record();
    assert.deepEqual(modes(), want);
  }
  // What is root's alone stays so in a directory that somebody made by hand.
  rmSync(directory, { recursive: true });
  mkdirSync(directory, { mode: 0o755 });
  record();
  assert.deepEqual(modes(), want);
});
