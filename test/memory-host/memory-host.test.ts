// What the memory host has that others have not: faults, snapshots, clones, and refusing unscripted questions.
// What it shares with others is held by test/contract/memory.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diagnostic, EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { PARTED_HOME } from '../../src/port/host.ts';
import type { Operation } from '../../src/port/operation.ts';
import { linesOf } from '../recorded.ts';
import { Crash, createMemoryHost, type MemoryHost } from './memory-host.ts';

const BASE = '/data/jts/hot';
const ROOT = { user: 0, group: 0 };
const BROKEN = new Problem(EXIT.failed, [diagnostic('E_IO', 'cannot write', { detail: 'ENOSPC' })]);

function make(name: string): Operation {
  return { type: 'makeDirectory', path: `${BASE}/${name}`, owner: ROOT, mode: '0755' };
}

function host(): MemoryHost {
  const made = createMemoryHost();
  made.prepare.directory(BASE);
  return made;
}

describe('faults', () => {
  it('kills before an event: nothing of it is there', () => {
    const made = host();
    made.faults.crash('before', 2);
    made.perform(make('a'));
    assert.throws(() => made.perform(make('b')), Crash);
    assert.equal(made.entry(`${BASE}/a`).type, 'directory');
    assert.equal(made.entry(`${BASE}/b`).type, 'missing');
  });

  it('kills after an event: all of it is there', () => {
    const made = host();
    made.faults.crash('after', 2);
    made.perform(make('a'));
    assert.throws(() => made.perform(make('b')), Crash);
    assert.equal(made.entry(`${BASE}/b`).type, 'directory');
    assert.equal(made.faults.events(), 2);
  });

  it('counts journal appends among the events, and tears the last line', () => {
    const made = host();
    const file = made.journal.create(1, []);
    made.faults.crash('torn', 4);
    file.append(['one']);
    made.perform(make('a'));
    assert.throws(() => file.append(['two', 'three']), Crash);
    made.faults.restart();
    assert.deepEqual(linesOf(made.journal, 1), ['one', 'two']);
    made.journal.reopen(1).append(['four']);
    assert.deepEqual(linesOf(made.journal, 1), ['one', 'two', 'four']);
  });

  it('leaves a directory half made', () => {
    const made = host();
    made.faults.crash('torn', 1);
    const owner = { user: 7, group: 8 };
    const path = `${BASE}/a`;
    assert.throws(() => made.perform({ type: 'makeDirectory', path, owner, mode: '0755' }), Crash);
    const entry = made.entry(path);
    assert.ok(entry.type === 'directory');
    assert.deepEqual([entry.uid, entry.gid, entry.mode], [0, 0, '0000']);
  });

  it('leaves a user parted from its group and home', () => {
    const made = host();
    made.prepare.addUser({ name: 'kafka', uid: 900, gid: 900, home: BASE, shell: '/bin/false' });
    made.faults.crash('torn', 1);
    assert.throws(() => made.perform({ type: 'deleteUser', name: 'kafka', home: BASE }), Crash);
    made.faults.restart();
    const { uid, gid, home } = made.users(['kafka']).get('kafka') ?? {};
    assert.deepEqual([uid, gid, home], [900, 65534, PARTED_HOME]);
    made.perform({ type: 'deleteUser', name: 'kafka', home: BASE });
    assert.equal(made.users(['kafka']).size, 0);
  });

  it('fails one look and no other, and forgets it with the process', () => {
    const made = host();
    made.faults.failLook(2);
    assert.equal(made.entry(BASE).type, 'directory');
    assert.throws(
      () => made.entry(BASE),
      (error) => error instanceof Problem && error.diagnostics[0]?.code === 'E_LOOK',
    );
    assert.equal(made.entry(BASE).type, 'directory');
    assert.equal(made.faults.looks(), 3);
    made.faults.failLook(4);
    made.faults.restart();
    assert.equal(made.faults.looks(), 0);
    for (let i = 0; i < 5; i++) made.entry(BASE);
  });

  it('lets a dead process do nothing more, and frees its lock', () => {
    const made = host();
    const release = made.lock('setup');
    const file = made.journal.create(1, []);
    made.faults.crash('before', 2);
    assert.throws(() => made.perform(make('a')), Crash);
    const before = made.snapshot();
    assert.throws(() => made.perform(make('b')), Crash);
    assert.throws(() => file.append(['no']), Crash);
    assert.throws(() => made.journal.create(2, ['one']), Crash);
    assert.throws(() => made.lock('setup'), Crash);
    release();
    made.faults.restart();
    assert.equal(made.snapshot(), before);
    assert.deepEqual(linesOf(made.journal, 1), []);
    made.lock('setup')();
    made.perform(make('a'));
  });

  it('fails the next operation of a type once', () => {
    const made = host();
    made.faults.failNext('makeDirectory', BROKEN);
    const before = made.snapshot();
    assert.throws(
      () => made.perform(make('a')),
      (error) => error === BROKEN,
    );
    assert.equal(made.snapshot(), before);
    made.perform(make('a'));
  });
});

describe('snapshot', () => {
  it('changes with every part of the state', () => {
    const changes: readonly ((changed: MemoryHost) => void)[] = [
      ({ prepare }) => prepare.directory(`${BASE}/new`),
      ({ prepare }) => prepare.file(`${BASE}/new`),
      ({ prepare }) => prepare.link(`${BASE}/new`, 'target'),
      ({ prepare }) => prepare.link(`${BASE}/new`, 'other'),
      ({ prepare }) => prepare.chown(BASE, 1, 0),
      ({ prepare }) => prepare.chown(BASE, 0, 1),
      ({ prepare }) => prepare.chmod(BASE, '0700'),
      ({ prepare }) => prepare.remove(BASE),
      ({ prepare }) => prepare.mount(BASE),
      ({ prepare }) => prepare.addGroup('kafka', 900),
      ({ prepare }) => prepare.addUser({ name: 'kafka', uid: 900, gid: 0, home: '/', shell: '/bin/false' }),
      ({ prepare }) => prepare.addUser({ name: 'kafka', uid: 900, gid: 0, home: '/', shell: '/bin/sh' }),
      // The same again, but another directory.
      ({ prepare }) => {
        prepare.remove(BASE);
        prepare.directory(BASE);
      },
    ];
    const snapshots = changes.map((change) => {
      const made = host();
      change(made);
      return made.snapshot();
    });
    assert.equal(new Set([host().snapshot(), ...snapshots]).size, changes.length + 1);
    assert.equal(host().snapshot(), host().snapshot());
  });

  it('is the same again after a directory was made and removed', () => {
    const made = host();
    const before = made.snapshot();
    made.perform(make('a'));
    made.perform({ type: 'removeDirectory', path: `${BASE}/a`, owner: ROOT });
    assert.equal(made.snapshot(), before);
  });
});

describe('clone', () => {
  it('is in the same state, and goes its own way', () => {
    const made = host();
    made.prepare.file(`${BASE}/a/f`);
    made.prepare.hardLink(`${BASE}/g`, `${BASE}/a/f`);
    made.lock('setup');
    made.journal.create(1, ['one']);
    made.faults.crash('before', 2);
    const before = made.snapshot();
    const other = made.clone();
    assert.equal(other.snapshot(), before);
    other.lock('setup');
    other.perform(make('b'));
    other.perform(make('c'));
    other.prepare.chmod(`${BASE}/g`, '0600');
    other.prepare.addGroup('kafka', 900);
    other.journal.reopen(1).append(['two']);
    assert.equal(made.snapshot(), before);
    assert.deepEqual(linesOf(made.journal, 1), ['one']);
    const linked = other.entry(`${BASE}/a/f`);
    assert.equal(linked.type === 'file' && linked.mode, '0600');
  });
});

describe('what nobody told it', () => {
  it('is not answered', () => {
    const made = host();
    assert.throws(() => made.fileSystem(BASE), /nobody told it/);
    assert.throws(() => made.missingTools(['sh']), /nobody told it/);
    assert.throws(() => made.perform({ type: 'createGroup', name: 'käfka' }), /nobody told it/);
    assert.throws(() => made.entry('not/absolute'), /absolute/);
  });

  it('is not permitted to other users', () => {
    const made = createMemoryHost({ effectiveUid: 1000 });
    const before = made.snapshot();
    assert.throws(
      () => made.perform({ type: 'createGroup', name: 'kafka' }),
      (error) => error instanceof Problem && error.diagnostics[0]?.code === 'E_IO',
    );
    assert.equal(made.snapshot(), before);
  });

  it('is an error on a read-only file system', () => {
    const made = createMemoryHost({
      fileSystem: {
        source: '/dev/nvme0n1',
        type: 'ext4',
        readOnly: true,
        options: ['ro'],
        sizeBytes: 4e12,
        freeBytes: 3e12,
        availableBytes: 2.8e12,
        inodes: 1e6,
        inodesFree: 9e5,
        device: null,
      },
    });
    made.prepare.directory(`${BASE}/a`);
    const before = made.snapshot();
    const refused: readonly Operation[] = [
      make('b'),
      { type: 'removeDirectory', path: `${BASE}/a`, owner: ROOT },
    ];
    for (const operation of refused)
      assert.throws(
        () => made.perform(operation),
        (error) => error instanceof Problem && /EROFS/.test(error.message),
      );
    assert.throws(
      () => made.perform({ type: 'createGroup', name: 'kafka' }),
      (error) => error instanceof Problem && error.diagnostics[0]?.code === 'E_COMMAND',
    );
    assert.deepEqual(made.probeWrites([`${BASE}/a`], { uid: 0, gid: 0, groups: [] }, 1), [
      { ok: false, error: 'EROFS' },
    ]);
    assert.equal(made.snapshot(), before);
  });
});
