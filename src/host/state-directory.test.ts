// Who may pass through the directory of the record, and who may read what is in it. What is recorded, and how, is held by
// test/contract/.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { AT } from '../../test/cases/host.ts';
import { requires } from '../../test/requirement.ts';
import { newestFirst, openRun } from '../engine/journal/journal.ts';
import type { RunHeader } from '../engine/journal/record.ts';
import { openStateDirectory } from './state-directory.ts';

const HEADER: RunHeader = {
  command: 'setup',
  scope: '',
  program: 'test',
  root: '/',
  base: '/data',
  decisions: [],
  continues: null,
  mountPoint: '/',
  undoes: [],
};

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
    lock('test', 'run')();
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

it('state directory: what is no record, in the place of one, stands in the way of no other', (t) => {
  if (!requires(t, 'root')) return;
  const root = mkdtempSync(join(tmpdir(), 'state-'));
  t.after(() => rmSync(root, { recursive: true }));
  const { journal } = openStateDirectory(root);
  const record = () => openRun(journal, HEADER, () => AT).end('applied', null);
  record();
  const directory = join(root, 'var/lib/jts-hot/journal');
  mkdirSync(join(directory, '000002.jsonl'));
  symlinkSync('/etc/shadow', join(directory, '000003.jsonl'));
  execFileSync('mkfifo', [join(directory, '000004.jsonl')]);
  writeFileSync(join(directory, '000005.jsonl'), '');
  for (const name of ['new', '7.jsonl', '0000008.jsonl', '99999999999999999999.jsonl', '000009.jsonl~'])
    writeFileSync(join(directory, name), 'nothing of ours');
  record();
  const found = [...newestFirst(journal)].map((run) => [
    run.run,
    'unreadable' in run ? run.why : run.outcome,
  ]);
  assert.deepEqual(found, [
    [6, 'applied'],
    [5, 'its record is empty'],
    [4, 'its record is empty'],
    [3, 'its record cannot be read: too many symbolic links encountered (ELOOP)'],
    [2, 'its record cannot be read: illegal operation on a directory (EISDIR)'],
    [1, 'applied'],
  ]);
});

it('state directory: ten thousand records are read in less than a second', (t) => {
  if (!requires(t, 'root')) return;
  const root = mkdtempSync('/dev/shm/state-');
  t.after(() => rmSync(root, { recursive: true }));
  const { journal } = openStateDirectory(root);
  // Listing all before each would take a minute.
  for (let i = 0; i < 10_000; i++)
    openRun({ ...journal, runs: () => [i] }, HEADER, () => AT).end('applied', null);
  const started = process.cpuUsage();
  assert.equal([...newestFirst(journal)].length, 10_000);
  const { user, system } = process.cpuUsage(started);
  assert.ok((user + system) / 1000 < 1000, `${(user + system) / 1000} ms`);
});
