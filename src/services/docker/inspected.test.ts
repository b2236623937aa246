// What is read of Docker's words on volumes and containers, and which volumes are read at one time.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Container, groupsOf, parseContainers, parseVolumes, whyElsewhere } from './inspected.ts';

describe('where the data of a volume is', () => {
  const TABLE: readonly (readonly [string, string, Readonly<Record<string, string>>, string | null])[] = [
    ['local', 'local', {}, null],
    ['local with a limit', 'local', { size: '10G' }, null],
    ['bound to a directory', 'local', { type: 'none', o: 'bind', device: '/srv/data' }, 'on /srv/data'],
    ['NFS', 'local', { type: 'nfs', o: 'addr=10.0.0.1', device: ':/data' }, 'on :/data'],
    ['in memory', 'local', { type: 'tmpfs', device: 'tmpfs' }, 'on tmpfs'],
    ['in memory, no device', 'local', { type: 'tmpfs' }, 'in memory'],
    ['of a plugin', 'vieux/sshfs', {}, 'of the driver vieux/sshfs'],
  ];
  for (const [what, driver, options, why] of TABLE)
    it(`${what}: ${why ?? 'here'}`, () => assert.equal(whyElsewhere({ driver, options }), why));
});

describe('containers that can write', () => {
  /** As `docker inspect` of 20.10 says it. */
  const said = (state: object, ...mounts: readonly object[]) =>
    JSON.stringify([
      {
        Id: 'c0ffee',
        Name: '/shop',
        State: state,
        Config: { Labels: { 'jts-hot.backup': 'pause' } },
        Mounts: mounts,
      },
    ]);
  const words = { Type: 'volume', Name: 'words', RW: true };
  const running = { Running: true, Paused: false, Restarting: false };

  it('are those that run and are not paused, on what is not read-only', () => {
    const bound = { Type: 'bind', Source: '/srv', RW: true };
    assert.deepEqual(parseContainers(said(running, words, { ...words, Name: 'read', RW: false }, bound)), [
      { id: 'c0ffee', name: 'shop', isWriting: true, label: 'pause', volumes: ['words'] },
    ]);
    const isWriting = (state: object) => parseContainers(said(state, words))[0]?.isWriting;
    assert.equal(isWriting({ ...running, Paused: true }), false);
    assert.equal(isWriting({ Running: false, Paused: false }), false);
    assert.equal(isWriting({ Running: false, Paused: false, Restarting: true }), true);
  });

  it('that have no labels and no mounts are none to anybody', () => {
    const text = JSON.stringify([
      { Id: 'c0ffee', Name: '/bare', State: running, Config: null, Mounts: null },
    ]);
    assert.deepEqual(parseContainers(text)[0], {
      id: 'c0ffee',
      name: 'bare',
      isWriting: true,
      label: null,
      volumes: [],
    });
    const [volume] = parseVolumes('[{"Name":"a","Driver":"local","Labels":null,"Options":null}]');
    assert.deepEqual(volume, { name: 'a', driver: 'local', options: {}, label: null });
  });
});

it('volumes of one writing container are read at one time, and each of the others by itself', () => {
  const container = (name: string, isWriting: boolean, ...volumes: readonly string[]): Container => ({
    id: name,
    name,
    isWriting,
    label: null,
    volumes,
  });
  const groups = groupsOf(
    ['a', 'b', 'c', 'd', 'e'],
    [
      container('one', true, 'a', 'c'),
      container('two', true, 'c', 'd', 'elsewhere'),
      container('off', false, 'b', 'e'),
    ],
  );
  assert.deepEqual(
    groups.map(({ volumes, writers }) => [volumes.join(' '), writers.map(({ name }) => name).join(' ')]),
    [
      ['a c d', 'one two'],
      ['b', ''],
      ['e', ''],
    ],
  );
});
