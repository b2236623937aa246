// Holds a host to what all do: what is at a path, and what the host can say of file systems and disks.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { unitName } from '../../src/disk/wanted.ts';
import { ENTRIES_COUNTED } from '../../src/port/entry.ts';
import {
  bornOf,
  CLOCK_TICK_MS,
  entriesOf,
  fails,
  GID,
  inodeOf,
  isProblem,
  knownBy,
  type OnHost,
  plainly,
  removal,
  sleep,
  UID,
  walked,
} from './cases.ts';

export function entryContract(name: string, on: OnHost): void {
  describe(`${name}: entry`, () => {
    on('tells what is missing, with its parents or alone', ({ host }, base) => {
      assert.deepEqual(host.entry(`${base}/a`), { type: 'missing' });
      assert.deepEqual(host.entry(`${base}/a/b/c`), { type: 'missing' });
      assert.deepEqual(host.entry('/no-such-directory/a'), { type: 'missing' });
    });

    on('tells owner, mode and number of entries of a directory', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`, { uid: UID, gid: GID, mode: '2750' });
      prepare.file(`${base}/d/one`);
      prepare.directory(`${base}/d/two`);
      prepare.file(`${base}/d/two/not counted`);
      prepare.link(`${base}/d/.hidden`, 'nowhere');
      const entry = host.entry(`${base}/d`);
      assert.deepEqual(entry, {
        type: 'directory',
        uid: UID,
        gid: GID,
        mode: '2750',
        inode: inodeOf(entry),
        born: bornOf(entry),
        entries: 3,
      });
      assert.equal(host.entry(base).type, 'directory');
      assert.equal(host.entry('/').type, 'directory');
    });

    on('counts no further than it has to', ({ host, prepare }, base) => {
      for (let i = 1; i < ENTRIES_COUNTED; i++) prepare.file(`${base}/d/${i}`);
      assert.equal(entriesOf(host.entry(`${base}/d`)), ENTRIES_COUNTED - 1);
      for (let i = 0; i < 3; i++) prepare.file(`${base}/d/more ${i}`);
      assert.equal(entriesOf(host.entry(`${base}/d`)), ENTRIES_COUNTED);
    });

    on('tells files, links and special files apart, and follows no link', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`);
      prepare.file(`${base}/file`, { uid: UID, gid: GID, mode: '0640', bytes: 1 });
      prepare.link(`${base}/link`, 'd');
      prepare.link(`${base}/dangling`, 'nowhere');
      prepare.special(`${base}/pipe`, { uid: UID, gid: GID, mode: '0600' });
      const file = host.entry(`${base}/file`);
      assert.deepEqual(file, { type: 'file', uid: UID, gid: GID, mode: '0640', ...knownBy(file) });
      assert.equal(host.entry(`${base}/link`).type, 'link');
      assert.equal(host.entry(`${base}/dangling`).type, 'link');
      const pipe = host.entry(`${base}/pipe`);
      assert.deepEqual(pipe, { type: 'special', uid: UID, gid: GID, mode: '0600', ...knownBy(pipe) });
    });

    on('numbers each thing by its own inode, the same for as long as it is there', (bench, base) => {
      const { host, prepare } = bench;
      prepare.directory(`${base}/a`);
      prepare.directory(`${base}/b`);
      prepare.file(`${base}/a/f`);
      prepare.hardLink(`${base}/b/f`, `${base}/a/f`);
      prepare.file(`${base}/b/g`);
      const inode = (path: string) => inodeOf(host.entry(`${base}${path}`));
      const before = ['', '/a', '/b', '/a/f', '/b/g'].map(inode);
      assert.equal(new Set(before).size, before.length);
      assert.equal(inode('/a/f'), inode('/b/f'));
      prepare.chmod(`${base}/a`, '0700');
      prepare.chown(`${base}/a/f`, UID, GID);
      prepare.file(`${base}/a/another`);
      prepare.move(`${base}/a`, `${base}/c`);
      prepare.move(`${base}/c`, `${base}/a`);
      assert.deepEqual(['', '/a', '/b', '/a/f', '/b/g'].map(inode), before);
    });

    on('knows what was made anew by its birth time, also where it got the same inode', (bench, base) => {
      const { host, prepare } = bench;
      prepare.mount(base, 'ext4');
      for (const make of [prepare.file, prepare.directory, prepare.special]) {
        let sameInode = false;
        // A file system gives the number again once it has let go of it, which a busy one may do later.
        for (let tries = 0; !sameInode; tries += 1) {
          assert.ok(tries < 20, 'always another inode');
          make(`${base}/thing`);
          const before = knownBy(host.entry(`${base}/thing`));
          assert.notEqual(before.born, null);
          prepare.chown(`${base}/thing`, UID, GID);
          prepare.chmod(`${base}/thing`, '0700');
          assert.deepEqual(knownBy(host.entry(`${base}/thing`)), before);
          prepare.remove(`${base}/thing`);
          sleep(CLOCK_TICK_MS);
          make(`${base}/thing`);
          const after = knownBy(host.entry(`${base}/thing`));
          assert.notEqual(after.born, before.born);
          assert.equal(walked(host, base).seen.get('thing')?.born, after.born);
          prepare.remove(`${base}/thing`);
          sameInode = after.inode === before.inode;
        }
      }
    });

    on('says where no birth times are kept, and of a file when it was written then', (bench, base) => {
      const { host, prepare } = bench;
      prepare.mount(base, 'ext4 with small inodes');
      prepare.file(`${base}/empty`);
      prepare.directory(`${base}/d`);
      for (const path of ['', '/empty', '/d']) assert.equal(bornOf(host.entry(`${base}${path}`)), null, path);
      assert.deepEqual(
        [...walked(host, base).seen.values()].flatMap(({ path, born }) => (born === null ? [] : [path])),
        [],
      );
      const written = (path: string) => {
        const entry = host.entry(`${base}/${path}`);
        return 'written' in entry ? entry.written : undefined;
      };
      assert.equal(written('d'), undefined);
      prepare.file(`${base}/known`, { bytes: 5, changedAt: 1_000_000_000_000 });
      assert.equal(written('known')?.bytes, 5);
      assert.match(written('known')?.at ?? '', /^10000000000000000\d\d$/);
      prepare.file(`${base}/file`, { changedAt: 1_000_000_000_000 });
      const before = written('file');
      prepare.chown(`${base}/file`, UID, GID);
      prepare.chmod(`${base}/file`, '0600');
      assert.deepEqual(written('file'), before);
      prepare.remove(`${base}/file`);
      prepare.file(`${base}/file`);
      assert.notDeepEqual(written('file'), before);
    });

    on('changes only what was born as the record says, and not written since', ({ host, prepare }, base) => {
      for (const like of ['ext4', 'ext4 with small inodes'] as const) {
        const at = `${base}/${like.length}`;
        const file = `${at}/file`;
        prepare.mount(base, like);
        prepare.directory(at);
        // To the second is all that small inodes have room for.
        prepare.file(file, { bytes: 3, changedAt: 1_000_000_000_000 });
        const entry = host.entry(file);
        assert.ok('inode' in entry);
        const { inode, born } = entry;
        const known = { born, ...('written' in entry && { written: entry.written }) };
        const change = { type: 'changeMode', path: file, inode, from: '0644', to: '0600' } as const;
        prepare.remove(file);
        prepare.file(file, { bytes: 3 });
        assert.equal(inodeOf(host.entry(file)), inode);
        fails(host, { ...change, ...known }, 'E_CHANGED');
        host.perform(change);
      }
    });

    on('says where the way is blocked, and by what', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/sub`);
      prepare.file(`${base}/file`);
      prepare.link(`${base}/link`, 'd');
      prepare.link(`${base}/d/away`, '/');
      prepare.special(`${base}/pipe`);
      const at = (path: string, by: 'file' | 'link' | 'special') =>
        ({ type: 'blocked', at: `${base}/${path}`, by }) as const;
      assert.deepEqual(host.entry(`${base}/file/x`), at('file', 'file'));
      assert.deepEqual(host.entry(`${base}/file/x/y`), at('file', 'file'));
      assert.deepEqual(host.entry(`${base}/link/sub`), at('link', 'link'));
      assert.deepEqual(host.entry(`${base}/link/missing`), at('link', 'link'));
      assert.deepEqual(host.entry(`${base}/d/away/etc`), at('d/away', 'link'));
      assert.deepEqual(host.entry(`${base}/pipe/x`), at('pipe', 'special'));
    });

    on('is blocked by links above the base too', ({ host, prepare }, base) => {
      const above = base.slice(0, base.lastIndexOf('/'));
      prepare.link(`${above}/link`, 'hot');
      const blocked = { type: 'blocked', at: `${above}/link`, by: 'link' };
      assert.deepEqual(host.entry(`${above}/link/kafka`), blocked);
    });

    on('refuses mount points below the base only', ({ host, prepare }, base) => {
      const above = base.slice(0, base.lastIndexOf('/'));
      prepare.mount(above);
      prepare.directory(base);
      prepare.directory(`${base}/hidden by the mount`);
      prepare.mount(base);
      prepare.directory(`${base}/d/mounted`);
      prepare.mount(`${base}/d/mounted`);
      prepare.directory(`${base}/d/mounted/inside`);
      assert.equal(host.entry(above).type, 'directory');
      assert.equal(host.entry(base).type, 'directory');
      assert.deepEqual(host.entry(`${base}/hidden by the mount`), { type: 'missing' });
      assert.equal(host.entry(`${base}/d`).type, 'directory');
      assert.deepEqual(host.entry(`${base}/d/mounted`), { type: 'mount point' });
      const blocked = { type: 'blocked', at: `${base}/d/mounted`, by: 'mount point' };
      assert.deepEqual(host.entry(`${base}/d/mounted/inside`), blocked);
      assert.deepEqual(host.entry(`${base}/d/mounted/missing`), blocked);
    });

    on('says what it may not see', ({ host, prepare, entryAs }, base) => {
      prepare.directory(`${base}/closed/inside`);
      prepare.chmod(`${base}/closed`, '0700');
      prepare.directory(`${base}/unlisted`, { mode: '0711' });
      prepare.directory(`${base}/unlisted/inside`, { uid: UID, gid: UID, mode: '0750' });
      prepare.file(`${base}/unlisted/inside/one`);
      const seen = (path: string) => entryAs(UID, `${base}/${path}`);
      assert.deepEqual(seen('closed/inside'), { type: 'hidden' });
      assert.deepEqual(seen('closed/missing'), { type: 'hidden' });
      assert.deepEqual(seen('closed'), { ...host.entry(`${base}/closed`), entries: null });
      assert.deepEqual(seen('unlisted'), { ...host.entry(`${base}/unlisted`), entries: null });
      assert.deepEqual(seen('unlisted/inside'), host.entry(`${base}/unlisted/inside`));
      assert.deepEqual(seen('unlisted/missing'), { type: 'missing' });
      assert.equal(entriesOf(host.entry(`${base}/closed`)), 1);
    });

    on('tells of a look that fails as of any other failure', ({ host, prepare }, base) => {
      const path = `${base}/${'x'.repeat(256)}`;
      assert.deepEqual(host.entry(`${base}/${'x'.repeat(255)}`), { type: 'missing' });
      for (const look of [() => host.entry(path), () => host.entry(`${path}/below`)])
        assert.throws(look, isProblem('E_LOOK'));
      fails(host, plainly(path), 'E_IO');
      fails(host, removal(path), 'E_IO');
      assert.equal(host.fileSystem(path).path, base);
      // Two bytes a character.
      assert.throws(() => host.entry(`${base}/${'é'.repeat(128)}`), isProblem('E_LOOK'));
      // One byte each, which is no character.
      prepare.file(`${base}/${'\udce9'.repeat(255)}`);
      assert.equal(host.entry(`${base}/${'\udce9'.repeat(255)}`).type, 'file');
    });
  });

  describe(`${name}: fileSystem`, () => {
    on('is that of the nearest directory that exists', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`);
      prepare.mount(`${base}/d`);
      const below = host.fileSystem(`${base}/d/not/yet`);
      assert.equal(below.path, `${base}/d`);
      const { sizeBytes, freeBytes, availableBytes, inodes, inodesFree } = below;
      assert.ok(sizeBytes >= freeBytes && freeBytes >= availableBytes && availableBytes > 0);
      assert.ok(inodes >= inodesFree && inodesFree >= 0);
      assert.equal(below.readOnly, false);
      assert.ok(below.options.includes('rw') && !below.options.includes('ro'));
      assert.equal(host.fileSystem(`${base}/not/yet`).path, base);
      assert.notEqual(host.fileSystem(base).mountPoint, below.mountPoint);
      assert.deepEqual(host.fileSystem(`${base}/d`), below);
      for (const path of ['/', base, `${base}/d`, `${base}/d/not/yet`, `${base}/not/yet`]) {
        const { mountPoint, source, type, options } = host.fileSystem(path);
        assert.deepEqual(host.mountedAt(path), { mountPoint, source, type, options }, path);
      }
    });
  });

  describe(`${name}: askFileSystem`, () => {
    on(
      'is answered as fileSystem says, of a directory itself and through no link',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/d`);
        prepare.mount(`${base}/d`);
        prepare.file(`${base}/file`);
        prepare.link(`${base}/way`, '.');
        const ask = (path: string) => host.askFileSystem(path).within(10_000);
        const { device, ...known } = host.fileSystem(`${base}/d`);
        assert.deepEqual(await ask(`${base}/d`), known);
        for (const [path, error] of [
          [`${base}/d/not/yet`, 'missing'],
          [`${base}/file`, 'missing'],
          [`${base}/way`, 'missing'],
          [`${base}/way/d`, 'link'],
        ] as const)
          assert.deepEqual(await ask(path), { error }, path);
      },
    );
  });

  describe(`${name}: disk`, () => {
    on(
      'is what holds a path, with the mounts above it and the directory itself',
      ({ host, prepare }, base) => {
        // Of an image there is none: its disks are the host's.
        if (host.root !== '/') return;
        prepare.directory(`${base}/d`);
        const below = host.disk(`${base}/d`);
        const entry = host.entry(`${base}/d`);
        assert.ok(entry.type === 'directory');
        const born = below.holder.type === 'overlay' ? null : entry.born;
        assert.deepEqual(below.directory, { inode: entry.inode, born });
        assert.equal(below.holder.mountPoint, host.fileSystem(base).mountPoint);
        assert.equal(host.disk(`${base}/not/yet`).directory, 'missing');
        prepare.mount(`${base}/d`);
        const covered = host.disk(`${base}/d`);
        const { mountPoint, parent, uuid } = covered.holder;
        assert.deepEqual([mountPoint, parent], [`${base}/d`, below.holder.id]);
        assert.ok(uuid === null || uuid !== below.holder.uuid);
        assert.deepEqual(
          covered.mounts.filter(({ id }) => !below.mounts.some((mount) => mount.id === id)),
          [covered.holder],
        );
        assert.deepEqual(host.disk(`${base}/d/not/yet`).holder, covered.holder);
        const mountAgain = prepare.unmount(`${base}/d`);
        assert.deepEqual(host.disk(`${base}/d`).holder, below.holder);
        mountAgain();
        assert.equal(host.disk(`${base}/d`).holder.uuid, uuid);
        prepare.remount(`${base}/d`, 'ro');
        assert.ok(host.disk(`${base}/d`).holder.options.includes('ro'));
      },
    );

    on('knows what fstab and units want there', ({ host, prepare }, base) => {
      if (host.root !== '/') return;
      const unit = `/etc/systemd/system/${unitName(base)}.mount`;
      prepare.file(unit, { text: `[Mount]\nWhat=nas:/hot\nWhere=${base}\nOptions=ro\n` });
      const want = { mountPoint: base, what: 'nas:/hot', options: ['ro'], unit: `${unitName(base)}.mount` };
      assert.deepEqual(host.disk(`${base}/d`).wanted, [{ ...want, device: null }]);
      prepare.remove(unit);
      assert.deepEqual(host.disk(`${base}/d`).wanted, []);
    });

    on('answers, whatever is there', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/d`);
      prepare.file(`${base}/file`);
      for (const name of ['d', 'file', 'missing'])
        assert.equal(await host.answers(`${base}/${name}`, 9999), true);
    });

    on('finds a directory that was moved beside another name', ({ host, prepare }, base) => {
      prepare.directory(`${base}/a`);
      prepare.directory(`${base}/other`);
      const inode = inodeOf(host.entry(`${base}/a`));
      prepare.rename(`${base}/a`, `${base}/b`);
      assert.equal(host.beside(`${base}/a`, inode), `${base}/b`);
      assert.equal(host.beside(`${base}/a`, '1'), null);
    });

    on('is put on record for all to read', ({ host }) => {
      assert.equal(host.bases(), null);
      const release = host.lock('test');
      host.setBases('one\n');
      host.setBases('two\n');
      release();
      assert.equal(host.bases(), 'two\n');
    });

    on('is on record beside what starts this program', ({ host }) => {
      assert.equal(host.launcher(), null);
      host.setLauncher('/opt/one/bin/jts-hot');
      host.setLauncher('/srv/two dirs/bin/jts-hot');
      assert.equal(host.launcher(), '/srv/two dirs/bin/jts-hot');
    });
  });

  describe(`${name}: surroundings`, () => {
    on('are known', ({ host }) => {
      assert.equal(host.surroundings().platform, 'linux');
      assert.equal(host.surroundings().effectiveUid, 0);
      assert.deepEqual(host.missingTools(['sh', 'no-such-tool-anywhere', 'useradd']), [
        'no-such-tool-anywhere',
      ]);
      assert.deepEqual(host.missingTools([]), []);
      const [earlier, later] = [host.clock(), host.clock()];
      assert.equal(earlier?.boot, later?.boot);
      assert.ok((earlier?.boottimeMs ?? 0) <= (later?.boottimeMs ?? 0));
    });
  });
}
