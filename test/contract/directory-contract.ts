// Holds a host to what all do: directories: made, removed, given another owner, mode, flags, access lists.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  bornOf,
  entriesOf,
  fails,
  GID,
  inodeOf,
  knownBy,
  modeOf,
  OBSTACLES,
  type OnHost,
  OTHER,
  obstacles,
  own,
  ownerOf,
  plainly,
  ROOT,
  removal,
  UID,
  unreachable,
} from './cases.ts';

export function directoryContract(name: string, on: OnHost): void {
  describe(`${name}: makeDirectory`, () => {
    on('gives exactly the owner and mode, whatever the umask and the parent', ({ host, prepare }, base) => {
      prepare.directory(`${base}/setgid`, { uid: OTHER, gid: OTHER, mode: '2777' });
      const umask = process.umask();
      try {
        for (const mask of [0o000, 0o022, 0o777])
          for (const mode of ['0700', '0750', '0755', '0710', '2750', '1777', '0000']) {
            process.umask(mask);
            const path = `${base}/setgid/${mask}-${mode}`;
            host.perform({ type: 'makeDirectory', path, owner: { user: UID, group: GID }, mode });
            const entry = host.entry(path);
            const known = knownBy(entry);
            assert.deepEqual(entry, { type: 'directory', uid: UID, gid: GID, mode, ...known, entries: 0 });
          }
      } finally {
        process.umask(umask);
      }
      assert.equal(entriesOf(host.entry(`${base}/setgid`)), 21);
    });

    on('takes owners by name', ({ host }, base) => {
      host.perform({ type: 'createGroup', name: 'kafka' });
      host.perform({ type: 'createUser', name: 'kafka', group: 'kafka', home: '/nowhere' });
      const owner = { user: 'kafka', group: 'kafka' };
      host.perform({ type: 'makeDirectory', path: `${base}/d`, owner, mode: '0750' });
      assert.deepEqual(ownerOf(host.entry(`${base}/d`)), [
        host.users(['kafka']).get('kafka')?.uid,
        host.groups(['kafka']).get('kafka')?.gid,
      ]);
      const root = { user: 'root', group: 'kafka' };
      host.perform({ type: 'makeDirectory', path: `${base}/e`, owner: root, mode: '0755' });
      assert.deepEqual(ownerOf(host.entry(`${base}/e`)), [0, host.groups(['kafka']).get('kafka')?.gid]);
    });

    on('makes the first directories of a host', ({ host, prepare }, base) => {
      prepare.remove(base);
      const above = base.slice(0, base.lastIndexOf('/'));
      prepare.remove(above);
      for (const path of [above, base, `${base}/kafka`])
        host.perform({ type: 'makeDirectory', path, owner: ROOT, mode: '0755' });
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('makes no parents', ({ host }, base) => {
      fails(host, plainly(`${base}/a/b`), 'E_NOT_THERE');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('leaves alone what is there', ({ host, prepare }, base) => {
      prepare.directory(`${base}/directory`, { uid: OTHER, gid: OTHER, mode: '0711' });
      prepare.file(`${base}/file`, { uid: OTHER, gid: OTHER, mode: '0600' });
      prepare.link(`${base}/link`, 'directory');
      prepare.link(`${base}/dangling`, 'nowhere');
      prepare.special(`${base}/pipe`);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      const paths = ['directory', 'file', 'link', 'dangling', 'pipe', 'mounted'].map((p) => `${base}/${p}`);
      const before = paths.map((path) => host.entry(path));
      for (const path of paths) fails(host, plainly(path), 'E_EXISTS');
      assert.deepEqual(
        paths.map((path) => host.entry(path)),
        before,
      );
      assert.deepEqual(host.entry(`${base}/nowhere`), { type: 'missing' });
      assert.equal(entriesOf(host.entry(base)), 6);
    });

    on('does not pass through links, files and mount points', ({ host, prepare }, base) => {
      const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
      prepare.directory(outside);
      obstacles(prepare, base, outside);
      for (const obstacle of OBSTACLES) fails(host, plainly(`${base}/${obstacle}/d`), 'E_UNREACHABLE');
      assert.equal(entriesOf(host.entry(outside)), 1);
    });

    on('makes nothing for an owner that does not exist', ({ host }, base) => {
      const path = `${base}/d`;
      const nobody = { user: 'nobody-such', group: 0 };
      fails(host, { type: 'makeDirectory', path, owner: nobody, mode: '0755' }, 'E_UNKNOWN_NAME');
      const noGroup = { user: 0, group: 'nobody-such' };
      fails(host, { type: 'makeDirectory', path, owner: noGroup, mode: '0755' }, 'E_UNKNOWN_NAME');
      const number = { user: '0', group: 0 };
      fails(host, { type: 'makeDirectory', path, owner: number, mode: '0755' }, 'E_UNKNOWN_NAME');
      assert.equal(entriesOf(host.entry(base)), 0);
    });
  });

  describe(`${name}: removeDirectory`, () => {
    on('removes an empty directory, once', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`, { uid: UID, gid: GID, mode: '0000' });
      host.perform(removal(`${base}/d`));
      assert.deepEqual(host.entry(`${base}/d`), { type: 'missing' });
      fails(host, removal(`${base}/d`), 'E_NOT_THERE');
      fails(host, removal(`${base}/a/b`), 'E_NOT_THERE');
    });

    on('never removes what holds something', ({ host, prepare }, base) => {
      prepare.file(`${base}/file/.hidden`);
      prepare.directory(`${base}/directory/empty`);
      prepare.link(`${base}/link/l`, 'nowhere');
      for (const name of ['file', 'directory', 'link']) {
        fails(host, removal(`${base}/${name}`), 'E_NOT_EMPTY');
        assert.equal(entriesOf(host.entry(`${base}/${name}`)), 1);
      }
    });

    on('removes nothing but a directory', ({ host, prepare }, base) => {
      const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
      prepare.directory(outside);
      obstacles(prepare, base, outside);
      prepare.link(`${base}/to the empty one`, `${outside}/inside`);
      const before = entriesOf(host.entry(base));
      for (const name of [...OBSTACLES, 'to the empty one'])
        fails(host, removal(`${base}/${name}`), 'E_UNREACHABLE');
      fails(host, removal(`${base}/link/inside`), 'E_UNREACHABLE');
      assert.equal(entriesOf(host.entry(base)), before);
      assert.equal(host.entry(`${outside}/inside`).type, 'directory');
    });
  });

  describe(`${name}: changeOwner`, () => {
    on('changes a directory or file and nothing else', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`, { mode: '3750' });
      prepare.file(`${base}/d/f`, { mode: '0640', bytes: 1 });
      for (const path of [`${base}/d`, `${base}/d/f`]) {
        const before = host.entry(path);
        host.perform(own(path, inodeOf(before), { from: [0, 0], to: [UID, GID] }));
        assert.deepEqual(host.entry(path), { ...before, uid: UID, gid: GID });
        if (path === `${base}/d`) assert.deepEqual(ownerOf(host.entry(`${base}/d/f`)), [0, 0]);
      }
    });

    on(
      'takes set-user-ID away from a file, and leaves the mode of a directory',
      ({ host, prepare }, base) => {
        prepare.file(`${base}/f`, { mode: '6755' });
        prepare.directory(`${base}/d`, { mode: '7755' });
        const to = { from: [0, 0], to: [UID, GID] } as const;
        host.perform(own(`${base}/f`, inodeOf(host.entry(`${base}/f`)), to));
        host.perform(own(`${base}/d`, inodeOf(host.entry(`${base}/d`)), to));
        assert.equal(modeOf(host.entry(`${base}/f`)), '0755');
        assert.equal(modeOf(host.entry(`${base}/d`)), '7755');
      },
    );

    on('takes owners by name', ({ host, prepare }, base) => {
      prepare.addGroup('kafka', GID);
      prepare.addUser({ name: 'kafka', uid: UID, gid: GID, home: '/', shell: '/bin/false' });
      prepare.directory(`${base}/d`, { uid: UID, gid: GID });
      const inode = inodeOf(host.entry(`${base}/d`));
      host.perform(own(`${base}/d`, inode, { from: ['kafka', 'kafka'], to: ['root', 'kafka'] }));
      assert.deepEqual(ownerOf(host.entry(`${base}/d`)), [0, GID]);
      host.perform(own(`${base}/d`, inode, { from: [0, 'kafka'], to: ['kafka', 0] }));
      assert.deepEqual(ownerOf(host.entry(`${base}/d`)), [UID, 0]);
      fails(host, own(`${base}/d`, inode, { from: [UID, 0], to: ['nobody-such', 0] }), 'E_UNKNOWN_NAME');
      fails(host, own(`${base}/d`, inode, { from: [UID, 0], to: [UID, 'nobody-such'] }), 'E_UNKNOWN_NAME');
      fails(host, own(`${base}/d`, inode, { from: [UID, 0], to: ['0', 0] }), 'E_UNKNOWN_NAME');
      assert.deepEqual(ownerOf(host.entry(`${base}/d`)), [UID, 0]);
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`, { uid: OTHER, gid: GID });
      prepare.directory(`${base}/e`, { uid: OTHER, gid: GID });
      const path = `${base}/d`;
      const before = host.entry(path);
      const inode = inodeOf(before);
      fails(host, own(path, inode, { from: [0, GID], to: [UID, GID] }), 'E_CHANGED');
      fails(host, own(path, inode, { from: [OTHER, 0], to: [UID, GID] }), 'E_CHANGED');
      fails(host, own(path, inode, { from: [UID, GID], to: [OTHER, GID] }), 'E_CHANGED');
      const another = inodeOf(host.entry(`${base}/e`));
      fails(host, own(path, another, { from: [OTHER, GID], to: [UID, GID] }), 'E_CHANGED');
      assert.deepEqual(host.entry(path), before);
      const nowhere = own(`${base}/missing`, inode, { from: [OTHER, GID], to: [UID, GID] });
      fails(host, nowhere, 'E_NOT_THERE');
    });

    on('gives away no file that has other names', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/f`);
      prepare.hardLink(`${base}/d/g`, `${base}/d/f`);
      const path = `${base}/d/f`;
      const before = host.entry(path);
      const inode = inodeOf(before);
      fails(host, own(path, inode, { from: [0, 0], to: [UID, GID] }), 'E_HARD_LINKS');
      assert.deepEqual(host.entry(path), before);
      host.perform(own(path, inode, { from: [0, 0], to: [0, GID] }));
      host.perform({ type: 'changeMode', path, inode, from: '0644', to: '0640' });
      assert.deepEqual(host.entry(path), { ...before, gid: GID, mode: '0640' });
      prepare.remove(`${base}/d/g`);
      host.perform(own(path, inode, { from: [0, GID], to: [UID, GID] }));
      assert.deepEqual(ownerOf(host.entry(path)), [UID, GID]);
    });

    on('touches no link, no special file, no mount point, and nothing behind them', (bench, base) => {
      unreachable(bench, base, (path, inode) => own(path, inode, { from: [0, 0], to: [UID, GID] }));
    });
  });

  describe(`${name}: changeMode`, () => {
    on('changes a directory or file and nothing else', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`, { uid: UID, gid: GID, mode: '0777' });
      prepare.file(`${base}/d/f`, { uid: UID, gid: GID, mode: '0666', bytes: 1 });
      const umask = process.umask(0o777);
      try {
        for (const path of [`${base}/d`, `${base}/d/f`]) {
          const before = host.entry(path);
          let from = modeOf(before);
          for (const to of ['2750', '0000', '1644', '0700']) {
            host.perform({ type: 'changeMode', path, inode: inodeOf(before), from, to });
            assert.deepEqual(host.entry(path), { ...before, mode: to });
            from = to;
          }
        }
      } finally {
        process.umask(umask);
      }
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`, { mode: '2755' });
      prepare.directory(`${base}/e`, { mode: '2755' });
      const path = `${base}/d`;
      const before = host.entry(path);
      const inode = inodeOf(before);
      fails(host, { type: 'changeMode', path, inode, from: '0755', to: '0700' }, 'E_CHANGED');
      fails(host, { type: 'changeMode', path, inode, from: '0700', to: '2755' }, 'E_CHANGED');
      const another = inodeOf(host.entry(`${base}/e`));
      fails(host, { type: 'changeMode', path, inode: another, from: '2755', to: '0700' }, 'E_CHANGED');
      assert.deepEqual(host.entry(path), before);
      const missing = `${base}/missing`;
      fails(host, { type: 'changeMode', path: missing, inode, from: '2755', to: '0700' }, 'E_NOT_THERE');
    });

    on('touches no link, no special file, no mount point, and nothing behind them', (bench, base) => {
      unreachable(bench, base, (path, inode) => ({
        type: 'changeMode',
        path,
        inode,
        from: modeOf(bench.host.entry(path), '0755'),
        to: '0700',
      }));
    });
  });

  describe(`${name}: changeFlags`, () => {
    on('sets and takes away, of a directory or file and nothing else', ({ host, prepare }, base) => {
      prepare.mount(base, 'ext4');
      prepare.directory(`${base}/d`, { uid: UID, gid: GID });
      prepare.file(`${base}/f`, { uid: UID, gid: GID, mode: '0000' });
      for (const path of [`${base}/d`, `${base}/f`]) {
        prepare.flag(path, 'immutable', true);
        const before = host.entry(path);
        const inode = inodeOf(before);
        const born = bornOf(before);
        assert.deepEqual(host.attributes(path).flags, ['immutable']);
        fails(host, { type: 'changeMode', path, inode, from: modeOf(before), to: '0700' }, 'E_FORBIDDEN');
        fails(host, { type: 'changeFlags', path, inode, from: [], to: ['append-only'] }, 'E_CHANGED');
        fails(host, { type: 'changeFlags', path, inode: '1', from: ['immutable'], to: [] }, 'E_CHANGED');
        host.perform({ type: 'changeFlags', path, inode, born, from: ['immutable'], to: ['append-only'] });
        assert.deepEqual(host.attributes(path).flags, ['append-only']);
        host.perform({ type: 'changeFlags', path, inode, born, from: ['append-only'], to: [] });
        assert.deepEqual(host.attributes(path).flags, []);
        assert.deepEqual(host.entry(path), before);
      }
    });

    on('touches no link, no special file, no mount point, and nothing behind them', (bench, base) => {
      unreachable(bench, base, (path, inode) => ({
        type: 'changeFlags',
        path,
        inode,
        from: [],
        to: ['immutable'],
      }));
    });
  });

  describe(`${name}: changeLists`, () => {
    on(
      'takes lists away and gives them back, with the mode as it was before each',
      ({ host, prepare }, base) => {
        prepare.mount(base, 'ext4');
        prepare.directory(`${base}/d`, { uid: UID, gid: GID, mode: '2750' });
        prepare.file(`${base}/f`, { uid: UID, gid: GID, mode: '0640' });
        for (const path of [`${base}/d`, `${base}/f`]) {
          const plain = host.entry(path);
          const bits = modeOf(plain) === '2750' ? ['rwx', 'r-x'] : ['rw-', 'r--'];
          prepare.grant(path, { type: 'user', id: OTHER, bits: 7 });
          prepare.grant(path, { type: 'group', id: OTHER, bits: 4 });
          if (plain.type === 'directory')
            prepare.inherit(path, 'user::rwx,user:5:r-x,group::r-x,mask::r-x,other::---');
          const granted = host.entry(path);
          const inode = inodeOf(granted);
          const { lists } = host.attributes(path);
          assert.equal(
            lists.access,
            `user::${bits[0]},user:${OTHER}:rwx,group::${bits[1]},group:${OTHER}:r--,mask::rwx,other::---`,
          );
          const from = { ...lists, access: lists.access };
          const to = { access: `user::${bits[0]},group::${bits[1]},other::---`, inherited: null };
          fails(host, { type: 'changeLists', path, inode, from: to, to: from }, 'E_CHANGED');
          fails(host, { type: 'changeLists', path, inode: '1', from, to }, 'E_CHANGED');
          host.perform({ type: 'changeLists', path, inode, from, to });
          assert.deepEqual(host.attributes(path).lists, { access: null, inherited: null });
          assert.deepEqual(host.entry(path), plain);
          host.perform({ type: 'changeLists', path, inode, from: to, to: from });
          assert.deepEqual(host.attributes(path).lists, lists);
          assert.deepEqual(host.entry(path), granted);
        }
      },
    );

    on('touches no link, no special file, no mount point, and nothing behind them', (bench, base) => {
      const lists = { access: 'user::rwx,group::r-x,other::r-x', inherited: null };
      const to = { ...lists, access: 'user::rwx,group::---,other::---' };
      unreachable(bench, base, (path, inode) => ({ type: 'changeLists', path, inode, from: lists, to }));
    });
  });
}
