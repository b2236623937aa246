// Holds a host to what all do: what users may do.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  entriesOf,
  GID,
  type OnHost,
  OTHER,
  ownerOf,
  plainly,
  ROOT_ITSELF,
  tryList,
  tryWrite,
  UID,
} from './cases.ts';

export function probeContract(name: string, on: OnHost): void {
  describe(`${name}: probes`, () => {
    const me = { uid: UID, gid: GID, groups: [] };
    const cases = [
      // mode, owner: what a process of UID:GID may do
      { mode: '0700', uid: UID, gid: OTHER, write: true, list: true },
      { mode: '0300', uid: UID, gid: OTHER, write: true, list: false },
      { mode: '0500', uid: UID, gid: OTHER, write: false, list: true },
      { mode: '0600', uid: UID, gid: OTHER, write: false, list: true },
      { mode: '0077', uid: UID, gid: GID, write: false, list: false },
      { mode: '0770', uid: OTHER, gid: GID, write: true, list: true },
      { mode: '0750', uid: OTHER, gid: GID, write: false, list: true },
      { mode: '0707', uid: OTHER, gid: GID, write: false, list: false },
      { mode: '0755', uid: OTHER, gid: OTHER, write: false, list: true },
      { mode: '0770', uid: OTHER, gid: OTHER, write: false, list: false },
      { mode: '1777', uid: OTHER, gid: OTHER, write: true, list: true },
    ] as const;

    on('do what the permission bits allow, and leave nothing behind', ({ host, prepare }, base) => {
      for (const { write, list, ...attributes } of cases) {
        const path = `${base}/${attributes.mode} ${attributes.uid} ${attributes.gid}`;
        prepare.directory(path, attributes);
        const before = host.entry(path);
        assert.equal(tryWrite(host, path, me).ok, write, `write ${path}`);
        assert.equal(tryList(host, path, me).ok, list, `list ${path}`);
        assert.equal(tryWrite(host, path, ROOT_ITSELF).ok, true, `root writes ${path}`);
        assert.equal(tryList(host, path, ROOT_ITSELF).ok, true, `root lists ${path}`);
        assert.deepEqual(host.entry(path), before);
      }
    });

    on('are made with the groups of the account, its own and the others', ({ host, prepare }, base) => {
      prepare.directory(`${base}/theirs`, { uid: OTHER, gid: OTHER, mode: '0770' });
      prepare.directory(`${base}/theirs/data`, { uid: OTHER, gid: OTHER, mode: '0750' });
      const member = { ...me, groups: [GID, OTHER] };
      assert.equal(tryWrite(host, `${base}/theirs`, me).ok, false);
      assert.equal(tryList(host, `${base}/theirs/data`, me).ok, false);
      assert.equal(tryWrite(host, `${base}/theirs`, member).ok, true);
      assert.equal(tryWrite(host, `${base}/theirs/data`, member).ok, false);
      assert.equal(tryList(host, `${base}/theirs/data`, member).ok, true);
      // Those of one probe are not the next one's.
      assert.equal(tryList(host, `${base}/theirs/data`, me).ok, false);
    });

    on('leave nothing of a file that is not synced either', ({ host, prepare }, base) => {
      for (const name of ['one', 'two'])
        prepare.directory(`${base}/${name}`, { uid: UID, gid: GID, mode: '0700' });
      prepare.directory(`${base}/closed`, { mode: '0700' });
      const probes = host.probeWrites([`${base}/one`, `${base}/two`, `${base}/closed`], me, 1);
      assert.deepEqual(probes, [{ ok: true }, { ok: true }, { ok: false, error: 'EACCES' }]);
      assert.equal(entriesOf(host.entry(`${base}/two`)), 0);
    });

    on('tell listing and entering apart, for each of the paths', ({ host, prepare }, base) => {
      const modes = ['0704', '0701', '0705', '0700'] as const;
      for (const mode of modes) prepare.directory(`${base}/${mode}`, { uid: OTHER, gid: OTHER, mode });
      const paths = modes.map((mode) => `${base}/${mode}`);
      assert.deepEqual(
        host.probeReach(paths, me).map(({ list, enter }) => [list.ok, enter.ok]),
        [
          [true, false],
          [false, true],
          [true, true],
          [false, false],
        ],
      );
      assert.deepEqual(host.probeReach([], me), []);
      assert.deepEqual(host.probeWrites([], me, 0), []);
    });

    on('read a file as the identity could, and no other', ({ host, prepare }, base) => {
      prepare.file(`${base}/mine`, { uid: UID, gid: GID, mode: '0600', text: 'mine\n' });
      prepare.file(`${base}/groups`, { uid: OTHER, gid: GID, mode: '0640', text: 'groups\n' });
      prepare.file(`${base}/theirs`, { uid: OTHER, gid: OTHER, mode: '0640', text: 'theirs\n' });
      prepare.directory(`${base}/closed`, { mode: '0700' });
      prepare.file(`${base}/closed/mine`, { uid: UID, mode: '0644', text: 'mine\n' });
      prepare.link(`${base}/link`, `${base}/mine`);
      const read = ['mine', 'groups', 'theirs', 'closed/mine', 'link', 'missing'];
      assert.deepEqual(
        read.map((name) => host.readAs(`${base}/${name}`, me)),
        ['mine\n', 'groups\n', null, null, null, null],
      );
      assert.equal(host.readAs(`${base}/theirs`, ROOT_ITSELF), 'theirs\n');
    });

    on('are answered by access control lists, which can be read', ({ host, prepare }, base) => {
      const path = `${base}/theirs`;
      prepare.directory(path, { uid: OTHER, gid: OTHER, mode: '0750' });
      assert.deepEqual(host.accessEntries(path), []);
      prepare.grant(path, { type: 'user', id: UID, bits: 5 });
      const mine = { type: 'user', id: UID, permissions: 'r-x', inherited: false } as const;
      assert.deepEqual(host.accessEntries(path), [mine]);
      assert.equal(tryList(host, path, me).ok, true);
      assert.equal(tryWrite(host, path, me).ok, false);
      // The entry of a user counts before those of its groups.
      const member = { ...me, uid: UID + 100, groups: [GID + 100] };
      assert.equal(tryList(host, path, member).ok, false);
      prepare.grant(path, { type: 'group', id: GID + 100, bits: 7 });
      assert.equal(tryWrite(host, path, member).ok, true);
      assert.equal(tryWrite(host, path, { ...me, groups: [GID + 100] }).ok, false);
      // What the mask takes away is not there.
      prepare.chmod(path, '0740');
      assert.deepEqual(host.accessEntries(path), [
        { ...mine, permissions: 'r--' },
        { type: 'group', id: GID + 100, permissions: 'r--', inherited: false },
      ]);
      assert.equal(tryWrite(host, path, member).ok, false);
      prepare.chmod(path, '0700');
      assert.deepEqual(host.accessEntries(path), []);
      assert.equal(tryList(host, path, me).ok, false);
    });

    on('need the way there to be open', ({ host, prepare }, base) => {
      prepare.directory(`${base}/closed/mine`, { uid: UID, gid: GID, mode: '0700' });
      assert.deepEqual(tryWrite(host, `${base}/closed/mine`, me), { ok: true });
      prepare.chmod(`${base}/closed`, '0750');
      assert.equal(tryWrite(host, `${base}/closed/mine`, me).ok, false);
      assert.equal(tryList(host, `${base}/closed/mine`, me).ok, false);
      prepare.chown(`${base}/closed`, 0, GID);
      assert.equal(tryWrite(host, `${base}/closed/mine`, me).ok, true);
      prepare.chmod(`${base}/closed`, '0710');
      assert.equal(tryList(host, `${base}/closed/mine`, me).ok, true);
      prepare.chmod(base, '0700');
      assert.equal(tryWrite(host, `${base}/closed/mine`, me).ok, false);
      assert.equal(tryList(host, `${base}/closed/mine`, me).ok, false);
    });

    on('tell the error by its name', ({ host, prepare }, base) => {
      prepare.directory(`${base}/closed`, { mode: '0700' });
      const error = (probe: { readonly ok: boolean; readonly error?: string }) => probe.error ?? 'none';
      assert.match(error(tryWrite(host, `${base}/closed`, me)), /EACCES/);
      assert.match(error(tryList(host, `${base}/closed`, me)), /EACCES/);
      assert.match(error(tryWrite(host, `${base}/missing`, me)), /ENOENT/);
      assert.match(error(tryList(host, `${base}/missing`, me)), /ENOENT/);
    });

    on('leave the product what it was', ({ host, prepare }, base) => {
      prepare.directory(`${base}/mine`, { uid: UID, gid: GID, mode: '0700' });
      tryWrite(host, `${base}/mine`, me);
      tryList(host, `${base}/mine`, me);
      assert.equal(host.surroundings().effectiveUid, 0);
      host.perform(plainly(`${base}/root's`));
      assert.deepEqual(ownerOf(host.entry(`${base}/root's`)), [0, 0]);
      assert.deepEqual(ownerOf(host.entry(`${base}/mine`)), [UID, GID]);
    });
  });
}
