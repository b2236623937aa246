// What every host must do with a place to mount on, and with mounting there: real ext4 and XFS on the real one.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Host } from '../../src/port/host.ts';
import { effectOf, knownAgain, knownBy, type OperationOf } from '../../src/port/operation.ts';
import { fails, type OnHost, plainly } from './cases.ts';

const UUID = {
  ext4: 'c0ffee00-0000-8000-8000-000000000001',
  xfs: 'c0ffee00-0000-8000-8000-000000000002',
} as const;

export function mountContract(name: string, on: OnHost): void {
  const make = (mountPoint: string) => ({ type: 'makeMountPoint', mountPoint }) as const;
  const remove = (mountPoint: string) => ({ type: 'removeMountPoint', mountPoint }) as const;
  const stateOf = (host: Host, operation: Parameters<typeof effectOf>[0]) => effectOf(operation, host).state;

  describe(`${name}: makeMountPoint`, () => {
    on('makes a directory in which nobody can make anything, and takes it away', ({ host }, base) => {
      if (host.root !== '/') return;
      const at = `${base}/m`;
      assert.deepEqual(host.mountPlace(at), { type: 'missing' });
      assert.equal(host.mountPlace(`${base}/none/m`).type, 'unreachable');
      assert.equal(stateOf(host, make(at)), 'open');
      host.perform(make(at));
      assert.equal(stateOf(host, make(at)), 'done');
      const place = host.mountPlace(at);
      assert.ok(place.type === 'directory');
      const { uid, gid, mode, isClosed, isCovered, holds } = place;
      assert.deepEqual([uid, gid, mode, isClosed, isCovered, holds], [0, 0, '0755', true, false, []]);
      fails(host, plainly(`${at}/x`), 'E_FORBIDDEN');
      // Once more it is there.
      host.perform(make(at));
      const undo = knownAgain(remove(at), knownBy(make(at), host), make(at));
      assert.deepEqual(undo, { ...remove(at), inode: place.inode, born: place.born });
      assert.equal(stateOf(host, undo), 'open');
      host.perform(undo);
      assert.equal(stateOf(host, undo), 'done');
      assert.deepEqual(host.mountPlace(at), { type: 'missing' });
    });

    on('takes a directory that is there only if it is empty and root’s', ({ host, prepare }, base) => {
      if (host.root !== '/') return;
      prepare.directory(`${base}/empty`, { mode: '0700' });
      host.perform(make(`${base}/empty`));
      assert.equal(stateOf(host, make(`${base}/empty`)), 'done');
      host.perform(remove(`${base}/empty`));
      prepare.file(`${base}/full/data`, { bytes: 1 });
      assert.deepEqual(effectOf(make(`${base}/full`), host), { state: 'changed', why: 'it holds data' });
      fails(host, make(`${base}/full`), 'E_CHANGED');
      fails(host, remove(`${base}/full`), 'E_CHANGED');
      prepare.directory(`${base}/theirs`, { uid: 60_001 });
      assert.equal(stateOf(host, make(`${base}/theirs`)), 'changed');
      fails(host, make(`${base}/theirs`), 'E_CHANGED');
      prepare.link(`${base}/link`, `${base}/empty`);
      assert.deepEqual(host.mountPlace(`${base}/link`), { type: 'other', what: 'link' });
      assert.equal(stateOf(host, make(`${base}/link`)), 'changed');
      assert.equal(host.mountPlace(`${base}/link/m`).type, 'unreachable');
    });

    on('looks, and sets the flag, below what is mounted there', ({ host, prepare }, base) => {
      if (host.root !== '/') return;
      const at = `${base}/m`;
      prepare.directory(at);
      prepare.mount(at);
      const before = host.mountPlace(at);
      assert.ok(before.type === 'directory' && before.isCovered && !before.isClosed);
      const { inode, born } = before;
      const [close, open] = [
        { type: 'closeMountPoint', mountPoint: at, inode, born },
        { type: 'openMountPoint', mountPoint: at, inode, born },
      ] as const;
      assert.equal(stateOf(host, close), 'open');
      host.perform(close);
      assert.equal(stateOf(host, close), 'done');
      assert.deepEqual(host.mountPlace(at), { ...before, isClosed: true });
      fails(host, { ...open, inode: '1' }, 'E_CHANGED');
      fails(host, remove(at), 'E_CHANGED');
      assert.equal(stateOf(host, remove(at)), 'changed');
      host.perform(open);
      assert.deepEqual(host.mountPlace(at), before);
    });
  });

  for (const fileSystem of ['ext4', 'xfs'] as const)
    describe(`${name}: mountFileSystem, ${fileSystem}`, () => {
      const operations = (place: OperationOf<'mountFileSystem'>['place'], mountPoint: string) => {
        const options = ['noatime', 'nodev', fileSystem === 'xfs' ? 'largeio' : 'lazytime'];
        const of = { place, uuid: UUID[fileSystem], fileSystem, mountPoint, options } as const;
        return [
          { type: 'mountFileSystem', ...of },
          { type: 'unmountFileSystem', ...of },
        ] as const;
      };

      on('mounts the one with this UUID, with these options, and takes it off', ({ host, prepare }, base) => {
        if (host.root !== '/') return;
        const at = `${base}/m`;
        const [mount, unmount] = operations(prepare.fileSystem(UUID[fileSystem], fileSystem), at);
        fails(host, mount, 'E_CHANGED');
        host.perform(make(at));
        assert.equal(stateOf(host, mount), 'open');
        assert.equal(stateOf(host, unmount), 'done');
        fails(host, { ...mount, uuid: 'c0ffee00-0000-8000-8000-00000000000f' }, 'E_NO_FILE_SYSTEM');
        assert.equal(stateOf(host, mount), 'open');
        host.perform(mount);
        assert.equal(stateOf(host, mount), 'done');
        const { holder } = host.disk(at);
        assert.deepEqual([holder.mountPoint, holder.type, holder.uuid], [at, fileSystem, mount.uuid]);
        for (const option of mount.options) assert.ok(holder.options.includes(option), holder.options.join());
        // Once more it is there.
        host.perform(mount);
        fails(host, { ...mount, uuid: UUID[fileSystem === 'xfs' ? 'ext4' : 'xfs'] }, 'E_CHANGED');
        assert.equal(stateOf(host, { ...mount, uuid: 'another' }), 'changed');
        assert.equal(stateOf(host, unmount), 'open');
        host.perform(unmount);
        assert.equal(stateOf(host, unmount), 'done');
        const place = host.mountPlace(at);
        assert.ok(place.type === 'directory' && place.isClosed && !place.isCovered);
        host.perform(remove(at));
      });

      on('does not take it off while something is on it, or somebody uses it', ({ host, prepare }, base) => {
        if (host.root !== '/') return;
        const at = `${base}/m`;
        const [mount, unmount] = operations(prepare.fileSystem(UUID[fileSystem], fileSystem), at);
        host.perform(make(at));
        host.perform(mount);
        prepare.directory(`${at}/empty/below`);
        assert.equal(stateOf(host, unmount), 'open', 'empty directories are nothing');
        const release = prepare.hold(`${at}/empty`);
        const { users } = host.mountUse(at);
        assert.equal(users.length, 1);
        const effect = effectOf(unmount, host);
        assert.ok(
          effect.state === 'changed' && effect.why.includes(`(${users[0]?.pid})`),
          JSON.stringify(effect),
        );
        fails(host, unmount, 'E_IN_USE');
        release();
        prepare.file(`${at}/empty/below/data`, { bytes: 1 });
        assert.equal(host.mountUse(at).data, 'empty/below/data');
        assert.deepEqual(effectOf(unmount, host), { state: 'changed', why: 'it holds data' });
        fails(host, unmount, 'E_CHANGED');
        prepare.remove(`${at}/empty`);
        fails(host, { ...unmount, uuid: UUID[fileSystem === 'xfs' ? 'ext4' : 'xfs'] }, 'E_CHANGED');
        host.perform(unmount);
        host.perform(remove(at));
      });

      on('hides no data, and mounts nothing where others can change the way', ({ host, prepare }, base) => {
        if (host.root !== '/') return;
        const place = prepare.fileSystem(UUID[fileSystem], fileSystem);
        prepare.file(`${base}/full/data`, { bytes: 1 });
        fails(host, operations(place, `${base}/full`)[0], 'E_WOULD_HIDE');
        prepare.link(`${base}/link`, `${base}/full`);
        fails(host, operations(place, `${base}/link`)[0], 'E_CHANGED');
        prepare.directory(`${base}/open`, { mode: '0777' });
        prepare.directory(`${base}/open/m`);
        fails(host, operations(place, `${base}/open/m`)[0], 'E_WAY_OPEN');
        assert.equal(stateOf(host, operations(place, `${base}/open/m`)[0]), 'open');
      });
    });
}
