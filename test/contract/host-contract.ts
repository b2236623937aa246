// Owns what every host must do, as one suite over a way to make one: memory.test.ts and linux.test.ts run it, so that
// the fake cannot lie. Must not know which host it is talking to.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unitName } from '../../src/disk/wanted.ts';
import { EXIT, Problem } from '../../src/messages/diagnostic.ts';
import { ENTRIES_COUNTED, type Entry } from '../../src/port/entry.ts';
import type { Host, Identity, Probe, WalkEntry } from '../../src/port/host.ts';
import type { InsideTree } from '../../src/port/inside.ts';
import type { Amount, Measured, MeasureRequest } from '../../src/port/measure.ts';
import type { Operation } from '../../src/port/operation.ts';
import { asidePath } from '../../src/port/operations/aside.ts';
import { UNIT_DIRECTORY } from '../../src/port/operations/unit.ts';
import type { ProgramSource } from '../../src/port/operations/words.ts';
import type { Owners } from '../../src/port/owner-search.ts';
import { linesBackward } from '../../src/port/record-lines.ts';
import { MAX_FILE_BYTES } from '../../src/values/content.ts';
import { fileState, type Written, writing } from '../file-state.ts';
import type { Preparation } from '../memory-host/memory-host.ts';
import { linesOf } from '../recorded.ts';

export interface Bench {
  readonly host: Host;
  readonly prepare: Preparation;
  /** What a process with this uid and gid, and no other group, is told. */
  entryAs(uid: number, path: string): Entry;
  /** Takes away what the case made, accounts included. */
  dispose(): void;
}

const ROOT_ITSELF: Identity = { uid: 0, gid: 0, groups: [] };

function tryWrite(host: Host, path: string, identity: Identity): Probe {
  return host.probeWrites([path], identity, 1)[0] as Probe;
}

function tryList(host: Host, path: string, identity: Identity): Probe {
  return host.probeReach([path], identity)[0]?.list as Probe;
}

/** A host without service users, nothing at `base` and nothing above it but `/`. */
export type MakeBench = (base: string) => Bench;

/** Ids that nobody has, not even the machine that the suite runs on. */
const [UID, GID, OTHER] = [60_001, 60_002, 60_003];

export function hostContract(name: string, make: MakeBench): void {
  let cases = 0;

  /** One case, on a host of its own below a base of its own, which is there already, root's and empty. */
  function on(what: string, act: (bench: Bench, base: string) => void | Promise<void>): void {
    it(what, async () => {
      cases++;
      const top = `/contract-${cases}`;
      const base = `${top}/hot`;
      const bench = make(base);
      try {
        bench.prepare.directory(base);
        await act(bench, base);
      } finally {
        bench.dispose();
      }
    });
  }

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

  describe(`${name}: accounts`, () => {
    on('finds users and groups by name, and only those', ({ host, prepare }) => {
      prepare.addGroup('kafka', GID);
      const user = { name: 'kafka', uid: UID, gid: GID, home: '/srv/kafka', shell: '/bin/sh' };
      prepare.addUser(user);
      assert.deepEqual([...host.users(['kafka', 'nobody-such', 'kafka'])], [['kafka', user]]);
      assert.deepEqual(
        [...host.groups(['nobody-such', 'kafka'])],
        [['kafka', { name: 'kafka', gid: GID, members: [] }]],
      );
      assert.equal(host.users(['root']).get('root')?.uid, 0);
      assert.equal(host.groups(['root']).get('root')?.gid, 0);
      assert.equal(host.users([]).size, 0);
      assert.equal(host.groups([]).size, 0);
    });

    on('names the members of a group, and none once they are deleted', ({ host, prepare }) => {
      prepare.addGroup('kafka', GID, ['redis', 'mongodb']);
      for (const [i, name] of ['redis', 'mongodb'].entries())
        prepare.addUser({ name, uid: UID + i, gid: GID, home: '/', shell: '/bin/false' });
      const members = () => host.groups(['kafka']).get('kafka')?.members;
      assert.deepEqual(members(), ['redis', 'mongodb']);
      host.perform({ type: 'deleteUser', name: 'redis', home: '/' });
      assert.deepEqual(members(), ['mongodb']);
    });

    on('takes numbers and options for the names they are', ({ host, prepare }) => {
      prepare.addGroup('kafka', GID);
      prepare.addUser({ name: 'kafka', uid: UID, gid: GID, home: '/', shell: '/bin/false' });
      const names = ['0', `${UID}`, `${GID}`, '-s', '--help', '--', '', 'kafka:x', 'kafka\nroot', '.*'];
      assert.deepEqual([...host.users(names)], []);
      assert.deepEqual([...host.groups(names)], []);
      assert.deepEqual([...host.users([...names, 'kafka']).keys()], ['kafka']);
    });

    on('tells the groups of users', ({ host, prepare }) => {
      prepare.addGroup('kafka', GID);
      prepare.addGroup('brokers', OTHER, ['redis', 'kafka']);
      prepare.addGroup('readers', OTHER + 1, ['kafka']);
      prepare.addUser({ name: 'kafka', uid: UID, gid: GID, home: '/', shell: '/bin/false' });
      prepare.addUser({ name: 'redis', uid: UID + 1, gid: GID, home: '/', shell: '/bin/false' });
      const found = host.memberships(['kafka', 'nobody-such', 'redis']);
      const brokers = { name: 'brokers', gid: OTHER, kept: null };
      const sorted = found.get('kafka')?.toSorted((a, b) => a.gid - b.gid);
      assert.deepEqual(sorted, [brokers, { name: 'readers', gid: OTHER + 1, kept: null }]);
      assert.deepEqual(found.get('redis'), [brokers]);
      assert.deepEqual(found.get('nobody-such'), []);
      assert.equal(host.memberships([]).size, 0);
    });

    on('finds every account that has a number', ({ host, prepare }) => {
      prepare.addGroup('kafka', GID);
      prepare.addGroup('mirror', GID);
      prepare.addGroup('redis', OTHER);
      for (const [name, uid] of [
        ['kafka', UID],
        ['mirror', UID],
        ['redis', OTHER],
      ] as const)
        prepare.addUser({ name, uid, gid: GID, home: '/', shell: '/bin/false' });
      const found = host.accountsNumbered([UID, UID + 1], [GID, GID + 100]);
      assert.deepEqual(found.users, [
        { name: 'kafka', id: UID, kept: null },
        { name: 'mirror', id: UID, kept: null },
      ]);
      assert.deepEqual(found.groups, [
        { name: 'kafka', id: GID, kept: null },
        { name: 'mirror', id: GID, kept: null },
      ]);
      assert.deepEqual(host.accountsNumbered([], []), { users: [], groups: [] });
    });

    on('creates a system group once', ({ host }) => {
      host.perform({ type: 'createGroup', name: 'kafka' });
      const gid = host.groups(['kafka']).get('kafka')?.gid ?? -1;
      assert.ok(gid > 0 && gid < 1000, `a system id, found ${gid}`);
      fails(host, { type: 'createGroup', name: 'kafka' }, 'E_EXISTS');
      host.perform({ type: 'createGroup', name: 'redis' });
      assert.notEqual(host.groups(['redis']).get('redis')?.gid, gid);
    });

    on(
      'creates a system user once, with the home that was said, which it does not make',
      ({ host }, base) => {
        const home = `${base}/kafka`;
        host.perform({ type: 'createGroup', name: 'kafka' });
        host.perform({ type: 'createUser', name: 'kafka', group: 'kafka', home });
        const user = host.users(['kafka']).get('kafka');
        const gid = host.groups(['kafka']).get('kafka')?.gid;
        assert.ok(user !== undefined && user.uid > 0 && user.uid < 1000, `a system id, found ${user?.uid}`);
        assert.deepEqual(user, { name: 'kafka', uid: user.uid, gid, home, shell: '/bin/false' });
        assert.deepEqual(host.entry(home), { type: 'missing' });
        fails(host, { type: 'createUser', name: 'kafka', group: 'kafka', home }, 'E_EXISTS');
      },
    );

    on('gives ids downwards from the lowest in use, and from the top below the bottom', ({ host }) => {
      for (const name of ['one', 'two', 'three']) {
        host.perform({ type: 'createGroup', name });
        host.perform({ type: 'createUser', name, group: name, home: '/nowhere' });
      }
      const ids = (at: ReadonlyMap<string, { readonly uid?: number; readonly gid: number }>) =>
        ['one', 'two', 'three'].map((name) => at.get(name)?.uid ?? at.get(name)?.gid ?? -1);
      for (const [one = -1, two = -1, three = -1] of [
        ids(host.users(['one', 'two', 'three'])),
        ids(host.groups(['one', 'two', 'three'])),
      ]) {
        const up = [two > one, three > two].indexOf(true);
        // Below the lowest of all there is none: what the machine's packages have taken decides when it comes to that.
        assert.ok(up === -1 || [one, two][up] === 101, `${one}, ${two}, ${three}`);
        assert.equal(new Set([one, two, three]).size, 3);
      }
    });

    on('creates no user where the group is missing', ({ host }) => {
      fails(host, { type: 'createUser', name: 'kafka', group: 'kafka', home: '/nowhere' }, 'E_COMMAND');
      assert.equal(host.users(['kafka']).size, 0);
    });

    on('creates nothing under a name that shadow-utils refuses', ({ host }) => {
      for (const name of ['two words', '-option', 'a:b', 'a,b', 'x'.repeat(33)]) {
        fails(host, { type: 'createGroup', name }, 'E_COMMAND');
        fails(host, { type: 'createUser', name, group: 'root', home: '/nowhere' }, 'E_COMMAND');
      }
      fails(host, { type: 'createUser', name: 'kafka', group: 'root', home: 'not/absolute' }, 'E_COMMAND');
      assert.equal(host.users(['kafka']).size, 0);
    });

    on('deletes a user and keeps the group of the same name', ({ host }) => {
      host.perform({ type: 'createGroup', name: 'kafka' });
      const gid = host.groups(['kafka']).get('kafka')?.gid;
      host.perform({ type: 'createUser', name: 'kafka', group: 'kafka', home: '/nowhere' });
      host.perform({ type: 'deleteUser', name: 'kafka', home: '/' });
      assert.equal(host.users(['kafka']).size, 0);
      assert.equal(host.groups(['kafka']).get('kafka')?.gid, gid);
      fails(host, { type: 'deleteUser', name: 'kafka', home: '/' }, 'E_NOT_THERE');
    });

    on('leaves a user as it is while one of its processes runs', ({ host, prepare }) => {
      host.perform({ type: 'createGroup', name: 'kafka' });
      host.perform({ type: 'createUser', name: 'kafka', group: 'kafka', home: '/nowhere' });
      const before = host.users(['kafka']).get('kafka');
      assert.ok(before !== undefined);
      // An image is not running: the process is another's, with the same number.
      if (host.root === '/') {
        const release = prepare.runAs(before.uid);
        fails(host, { type: 'deleteUser', name: 'kafka', home: '/nowhere' }, 'E_ACCOUNT_IN_USE');
        assert.deepEqual(host.users(['kafka']).get('kafka'), before);
        release();
      }
      host.perform({ type: 'deleteUser', name: 'kafka', home: '/nowhere' });
      assert.equal(host.users(['kafka']).size, 0);
    });

    on('locks a user, and nobody else', ({ host }) => {
      fails(host, { type: 'lockUser', name: 'kafka', uid: UID }, 'E_NOT_THERE');
      host.perform({ type: 'createGroup', name: 'kafka' });
      for (const name of ['kafka', 'redis'])
        host.perform({ type: 'createUser', name, group: 'kafka', home: '/nowhere' });
      const before = host.users(['kafka']).get('kafka');
      assert.deepEqual([...host.lockedUsers(['kafka', 'redis', 'nobody-such'])], []);
      host.perform({ type: 'lockUser', name: 'kafka', uid: before?.uid ?? 0 });
      host.perform({ type: 'lockUser', name: 'kafka', uid: before?.uid ?? 0 });
      assert.deepEqual([...host.lockedUsers(['redis', 'kafka'])], ['kafka']);
      assert.deepEqual(host.users(['kafka']).get('kafka'), before);
      host.perform({ type: 'deleteUser', name: 'kafka', home: '/nowhere' });
      assert.deepEqual([...host.lockedUsers(['redis', 'kafka'])], []);
    });

    on('takes no number for an id that the kernel takes for none', ({ host, prepare }) => {
      prepare.addGroup('redis', 0xffff_ffff);
      prepare.addUser({ name: 'kafka', uid: 0xffff_ffff, gid: GID, home: '/', shell: '/bin/false' });
      prepare.addUser({ name: 'redis', uid: UID, gid: 0xffff_ffff, home: '/', shell: '/bin/false' });
      for (const name of ['kafka', 'redis'])
        assert.throws(() => host.users(['root', name]), isProblem('E_ACCOUNT_LINE'));
      assert.throws(() => host.groups(['redis']), isProblem('E_ACCOUNT_LINE'));
      assert.deepEqual([...host.users(['root']).keys()], ['root']);
    });

    on('deletes a group, but not while it is the primary group of a user', ({ host }) => {
      host.perform({ type: 'createGroup', name: 'kafka' });
      host.perform({ type: 'createUser', name: 'kafka', group: 'kafka', home: '/nowhere' });
      fails(host, { type: 'deleteGroup', name: 'kafka' }, 'E_ACCOUNT_IN_USE');
      assert.equal(host.groups(['kafka']).size, 1);
      host.perform({ type: 'deleteUser', name: 'kafka', home: '/' });
      host.perform({ type: 'deleteGroup', name: 'kafka' });
      assert.equal(host.groups(['kafka']).size, 0);
      fails(host, { type: 'deleteGroup', name: 'kafka' }, 'E_NOT_THERE');
    });
  });

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

  describe(`${name}: text`, () => {
    on('is what is in a plain file, whatever its bytes', ({ host, prepare }, base) => {
      for (const [i, text] of [
        '',
        'one\ntwo\n',
        'no end',
        'é€\u{1f600}',
        '\udcff\udce9x',
        'a\0b',
      ].entries()) {
        prepare.file(`${base}/${i}`, { text });
        assert.equal(host.text(`${base}/${i}`), text);
      }
    });

    on('is not that of a large one, and not that of anything else', ({ host, prepare }, base) => {
      prepare.file(`${base}/largest`, { text: 'x'.repeat(MAX_FILE_BYTES) });
      prepare.file(`${base}/larger`, { text: 'x'.repeat(MAX_FILE_BYTES + 1) });
      assert.equal(host.text(`${base}/largest`)?.length, MAX_FILE_BYTES);
      assert.equal(host.text(`${base}/larger`), null);
      prepare.directory(`${base}/directory`);
      prepare.special(`${base}/pipe`);
      for (const path of ['directory', 'pipe']) assert.equal(host.text(`${base}/${path}`), null);
      assert.throws(() => host.text(`${base}/missing`), isProblem('E_LOOK'));
      assert.throws(() => host.text(`${base}/missing/file`), isProblem('E_LOOK'));
    });
  });

  describe(`${name}: writeFile`, () => {
    const write = (host: Host, path: string, from: Written | null, to: Written): Operation =>
      writing(host, path, { from, to });

    on('makes a file with just this text, owner and mode, whatever the umask', ({ host }, base) => {
      const umask = process.umask();
      try {
        for (const mask of [0o000, 0o777])
          for (const mode of ['0644', '0600', '0000', '0755']) {
            process.umask(mask);
            const path = `${base}/${mask}-${mode}`;
            const to = { text: 'one\n\udcff', mode, owner: { user: UID, group: GID } };
            host.perform(write(host, path, null, to));
            const entry = host.entry(path);
            assert.deepEqual(entry, { type: 'file', uid: UID, gid: GID, mode, ...knownBy(entry) });
            assert.equal(host.text(path), to.text);
          }
      } finally {
        process.umask(umask);
      }
      assert.equal(entriesOf(host.entry(base)), 8);
    });

    on('replaces the file that it was planned for, and does nothing a second time', (bench, base) => {
      const { host, prepare } = bench;
      const path = `${base}/f`;
      prepare.file(path, { uid: UID, gid: GID, mode: '4600', text: 'before' });
      const from = { text: 'before', mode: '4600', owner: { user: UID, group: GID } };
      host.perform(write(host, path, from, OURS));
      assert.deepEqual(fileAt(host, path), ['after\n', '0644', 0, 0]);
      const entry = host.entry(path);
      host.perform(write(host, path, from, OURS));
      assert.deepEqual(host.entry(path), entry);
      host.perform(write(host, path, OURS, from));
      assert.deepEqual(fileAt(host, path), ['before', '4600', UID, GID]);
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      const path = `${base}/f`;
      fails(host, write(host, path, OURS, { ...OURS, text: 'more' }), 'E_CHANGED');
      assert.equal(entriesOf(host.entry(base)), 0);
      prepare.file(path, { text: 'before' });
      const before = [host.entry(path), host.text(path)];
      const from = { text: 'before', mode: '0644', owner: ROOT };
      for (const other of [
        null,
        { ...from, text: 'beforE' },
        { ...from, text: '' },
        { ...from, mode: '0600' },
        { ...from, owner: { user: UID, group: 0 } },
        { ...from, owner: { user: 0, group: GID } },
      ])
        fails(host, write(host, path, other, OURS), 'E_CHANGED');
      assert.deepEqual([host.entry(path), host.text(path)], before);
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('replaces nothing but a plain file, and passes through no link', ({ host, prepare }, base) => {
      const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
      prepare.directory(outside);
      obstacles(prepare, base, outside);
      prepare.file(`${outside}/target`, { text: 'after\n' });
      prepare.link(`${base}/to a file`, `${outside}/target`);
      const before = entriesOf(host.entry(base));
      for (const path of ['link', 'pipe', 'mounted', 'to a file'])
        for (const from of [null, OURS])
          fails(host, write(host, `${base}/${path}`, from, { ...OURS, text: 'x' }), 'E_CHANGED');
      for (const obstacle of OBSTACLES)
        fails(host, write(host, `${base}/${obstacle}/f`, null, OURS), 'E_UNREACHABLE');
      fails(host, write(host, `${base}/missing/f`, null, OURS), 'E_NOT_THERE');
      assert.equal(entriesOf(host.entry(base)), before);
      assert.equal(entriesOf(host.entry(outside)), 2);
      assert.equal(host.text(`${outside}/target`), 'after\n');
    });

    on('works only where nobody but root can change the way', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/e`);
      for (const [place, owner, mode] of [
        ['d', UID, '0755'],
        ['d', 0, '0775'],
        ['d/e', 0, '0757'],
        ['d/e', UID, '0700'],
      ] as const) {
        prepare.chown(`${base}/${place}`, owner, 0);
        prepare.chmod(`${base}/${place}`, mode);
        fails(host, write(host, `${base}/d/e/f`, null, OURS), 'E_WAY_OPEN');
        prepare.chown(`${base}/${place}`, 0, 0);
        prepare.chmod(`${base}/${place}`, '0755');
      }
      assert.equal(entriesOf(host.entry(`${base}/d/e`)), 0);
      host.perform(write(host, `${base}/d/e/f`, null, OURS));
    });

    on(
      'works in the directory of the service whose file it is, where that is said',
      ({ host, prepare }, base) => {
        prepare.directory(`${base}/d`);
        const wayOf = { user: UID, group: GID };
        const path = `${base}/d/f`;
        for (const [owner, group, mode, isRight] of [
          [UID, GID, '2770', true],
          [UID, 0, '0755', true],
          [0, GID, '0775', true],
          [UID, 0, '0775', false],
          [UID, GID, '0777', false],
          [UID + 1, GID, '0755', false],
        ] as const) {
          prepare.chown(`${base}/d`, owner, group);
          prepare.chmod(`${base}/d`, mode);
          const made = { ...write(host, path, null, OURS), wayOf } as Operation;
          if (!isRight) {
            fails(host, made, 'E_WAY_OPEN');
            continue;
          }
          host.perform(made);
          assert.equal(host.text(path), OURS.text);
          host.perform({ type: 'removeFile', path, from: fileState(OURS), wayOf });
          assert.deepEqual(host.entry(path), { type: 'missing' });
        }
      },
    );

    on('makes nothing for an owner that does not exist', ({ host }, base) => {
      const to = { ...OURS, owner: { user: 'nobody-such', group: 0 } };
      fails(host, write(host, `${base}/f`, null, to), 'E_UNKNOWN_NAME');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('clears away what a killed run left aside, but nobody’s edit', ({ host, prepare }, base) => {
      const path = `${base}/f`;
      const aside = asidePath(path);
      prepare.file(aside, { mode: '0600', text: 'aft' });
      host.perform(write(host, path, null, OURS));
      assert.deepEqual(host.entry(aside), { type: 'missing' });
      prepare.file(aside, { text: 'after\n', uid: UID });
      host.perform(write(host, path, null, OURS));
      assert.deepEqual(host.entry(aside), { type: 'missing' });
      prepare.file(aside, { text: 'an edit' });
      fails(host, write(host, path, OURS, { ...OURS, text: 'x' }), 'E_LEFT_ASIDE');
      assert.equal(host.text(aside), 'an edit');
      assert.equal(host.text(path), 'after\n');
    });
  });

  describe(`${name}: texts of files`, () => {
    on('held are named by their hash, and change nothing', ({ host }) => {
      const { hash, bytes, lines } = host.hold('one\ntwo\udcff');
      assert.equal(hash, 'e7867bfa4dab246d7803528c6ee7a1825e564a11de58a20fca61419f421ecb07');
      assert.deepEqual([bytes, lines], [8, 2]);
      assert.equal(host.journal.content.text(hash), 'one\ntwo\udcff');
      assert.equal(host.journal.content.text('0'.repeat(64)), null);
    });

    on('are kept for a run, once, and go when it has no record', ({ host }) => {
      const { content } = host.journal;
      const hashes = ['kept\n', 'kept, too\udcff'].map((text) => host.hold(text).hash);
      content.keep(7, hashes);
      content.keep(7, [...hashes, '0'.repeat(64)]);
      content.keep(8, hashes.slice(1));
      content.sweep([7, 8]);
      content.sweep([8]);
      assert.equal(content.text(hashes[1] as string), 'kept, too\udcff');
      content.sweep([]);
    });

    on('of 8 MiB are written whole; one that nobody has is not written', ({ host }, base) => {
      const text = 'x'.repeat(MAX_FILE_BYTES - 1);
      host.perform(writing(host, `${base}/f`, { from: null, to: { ...OURS, text: `${text}\n` } }));
      assert.equal(host.text(`${base}/f`), `${text}\n`);
      const nobodys = { ...fileState(OURS), hash: '0'.repeat(64) };
      fails(host, { type: 'writeFile', path: `${base}/g`, from: null, to: nobodys }, 'E_CONTENT_GONE');
      assert.equal(entriesOf(host.entry(base)), 1);
    });
  });

  describe(`${name}: removeFile`, () => {
    const remove = (path: string, from: Written): Operation => ({
      type: 'removeFile',
      path,
      from: fileState(from),
    });

    on('removes the file that it was planned for, and is content when it is gone', (bench, base) => {
      const { host, prepare } = bench;
      prepare.file(`${base}/f`, { text: 'after\n' });
      prepare.hardLink(`${base}/g`, `${base}/f`);
      host.perform(remove(`${base}/f`, OURS));
      assert.deepEqual(host.entry(`${base}/f`), { type: 'missing' });
      host.perform(remove(`${base}/f`, OURS));
      assert.equal(host.text(`${base}/g`), 'after\n');
      assert.equal(entriesOf(host.entry(base)), 1);
    });

    on('does nothing when something has changed since', ({ host, prepare }, base) => {
      const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
      prepare.directory(outside);
      obstacles(prepare, base, outside);
      prepare.file(`${base}/f`, { text: 'after' });
      prepare.file(`${base}/g`, { text: 'after\n', mode: '0640' });
      prepare.file(`${base}/h`, { text: 'after\n', uid: UID });
      prepare.file(`${outside}/target`, { text: 'after\n' });
      prepare.link(`${base}/to a file`, `${outside}/target`);
      const before = entriesOf(host.entry(base));
      for (const path of ['f', 'g', 'h', 'link', 'pipe', 'mounted', 'to a file'])
        fails(host, remove(`${base}/${path}`, OURS), 'E_CHANGED');
      for (const obstacle of OBSTACLES) fails(host, remove(`${base}/${obstacle}/f`, OURS), 'E_UNREACHABLE');
      fails(host, remove(`${base}/missing/f`, OURS), 'E_NOT_THERE');
      prepare.chmod(base, '0775');
      prepare.file(`${base}/i`, { text: 'after\n' });
      fails(host, remove(`${base}/i`, OURS), 'E_WAY_OPEN');
      assert.equal(entriesOf(host.entry(base)), (before ?? 0) + 1);
    });

    on('ends what a killed run began', ({ host, prepare }, base) => {
      prepare.file(asidePath(`${base}/f`), { text: 'after\n' });
      host.perform(remove(`${base}/f`, OURS));
      assert.equal(entriesOf(host.entry(base)), 0);
      prepare.file(asidePath(`${base}/f`), { text: 'an edit' });
      fails(host, remove(`${base}/f`, OURS), 'E_LEFT_ASIDE');
      assert.equal(entriesOf(host.entry(base)), 1);
    });
  });

  describe(`${name}: units`, () => {
    const timer = { unit: 'jts-contract.timer', wantedBy: 'jts-contract.target' } as const;
    const path = `${UNIT_DIRECTORY}/${timer.unit}`;
    const wants = `${UNIT_DIRECTORY}/${timer.wantedBy}.wants`;
    const text = `[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=${timer.wantedBy}\n`;

    on('are enabled by a link, and disabled by taking it away', ({ host, prepare }) => {
      const enable: Operation = { type: 'enableUnit', ...timer };
      const disable: Operation = { type: 'disableUnit', ...timer };
      const directories = ['/etc', '/etc/systemd', UNIT_DIRECTORY];
      const made = directories.filter((directory) => host.entry(directory).type === 'missing');
      prepare.file(path, { text });
      try {
        for (let i = 0; i < 2; i++) host.perform(enable);
        assert.equal(host.entry(`${wants}/${timer.unit}`).type, 'link');
        assert.equal(modeOf(host.entry(wants)), '0755');
        for (let i = 0; i < 2; i++) host.perform(disable);
        assert.equal(host.entry(wants).type, 'missing');
        prepare.remove(path);
        fails(host, enable, 'E_COMMAND');
        assert.equal(host.entry(wants).type, 'missing');
        prepare.file(path, { text });
      } finally {
        for (const at of [path, ...made.toReversed()]) prepare.remove(at);
      }
    });

    on('are not active, and cannot be, where systemd does not run', ({ host }) => {
      const idle = { active: false, outdated: false };
      assert.equal(host.surroundings().runsSystemd, false);
      assert.deepEqual(
        [...host.units([timer.unit, 'b.timer'])],
        [
          [timer.unit, idle],
          ['b.timer', idle],
        ],
      );
      assert.deepEqual([...host.units([])], []);
      for (const type of ['startUnit', 'stopUnit'] as const)
        fails(host, { type, unit: timer.unit }, 'E_NO_SYSTEMD');
    });
  });

  describe(`${name}: complete programs`, () => {
    const install = (host: Host, path: string, source: ProgramSource) =>
      ({ type: 'installProgram', path, hash: host.programFrom(source).hash, source }) as const;
    const remove = ({ path, hash }: { readonly path: string; readonly hash: string }) =>
      ({ type: 'removeProgram', path, hash }) as const;

    on('are copied whole, told apart by all that is in them, and removed', ({ host, prepare }, base) => {
      const path = `${base}/one`;
      const one = install(host, path, prepare.program('one'));
      assert.equal(host.programAt(path), null);
      const umask = process.umask(0);
      for (let i = 0; i < 2; i++) host.perform(one);
      process.umask(umask);
      assert.equal(host.programAt(path), one.hash);
      assert.equal(modeOf(host.entry(path)), '0755');
      const two = install(host, `${base}/two`, prepare.program('two'));
      assert.notEqual(two.hash, one.hash);
      host.perform(two);
      assert.equal(host.programAt(path), one.hash);
      assert.deepEqual(host.names(base), ['one', 'two']);
      for (let i = 0; i < 2; i++) host.perform(remove(one));
      assert.deepEqual(host.names(base), ['two']);
      assert.deepEqual(host.names(`${base}/missing`), []);
    });

    on('are not whole once somebody else could change them', ({ host, prepare }, base) => {
      const one = install(host, `${base}/one`, prepare.program('one'));
      host.perform(one);
      prepare.chmod(one.path, '0775');
      assert.equal(host.programAt(one.path), null);
      host.perform(one);
      assert.equal(host.programAt(one.path), one.hash);
      assert.equal(modeOf(host.entry(one.path)), '0755');
    });

    on('leave nothing behind where another one runs by now', ({ host, prepare }, base) => {
      const { hash } = host.programFrom(prepare.program('one'));
      const source = prepare.program('two');
      fails(host, { type: 'installProgram', path: `${base}/one`, hash, source }, 'E_CHANGED');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('are not there when they do not start', ({ host, prepare }, base) => {
      // Of an image nothing is run.
      if (host.root !== '/') return;
      fails(host, install(host, `${base}/one`, prepare.program('broken')), 'E_PROGRAM_BROKEN');
      assert.equal(entriesOf(host.entry(base)), 0);
    });

    on('take away what a killed run left beside them', ({ host, prepare }, base) => {
      const one = install(host, `${base}/one`, prepare.program('one'));
      prepare.file(`${asidePath(one.path)}/bin/half`);
      host.perform(one);
      assert.deepEqual(host.names(base), ['one']);
      prepare.file(`${asidePath(one.path)}/bin/half`);
      host.perform(remove(one));
      assert.deepEqual(host.names(base), []);
    });
  });

  describe(`${name}: links`, () => {
    const link = (base: string, from: string | null, to: string | null) =>
      ({ type: 'switchLink', path: `${base}/current`, from, to }) as const;

    on('are made, switched and removed, each only from what was planned for', ({ host }, base) => {
      const says = () => host.link(`${base}/current`);
      assert.equal(says(), null);
      fails(host, link(base, 'a', 'b'), 'E_CHANGED');
      for (let i = 0; i < 2; i++) host.perform(link(base, null, 'a'));
      assert.equal(says(), 'a');
      fails(host, link(base, null, 'b'), 'E_CHANGED');
      for (let i = 0; i < 2; i++) host.perform(link(base, 'a', 'b'));
      assert.equal(says(), 'b');
      fails(host, link(base, 'a', null), 'E_CHANGED');
      for (let i = 0; i < 2; i++) host.perform(link(base, 'b', null));
      assert.deepEqual([says(), entriesOf(host.entry(base))], [null, 0]);
    });

    on('take no other thing’s place, and need a way that is root’s', ({ host, prepare }, base) => {
      prepare.file(`${base}/current`);
      assert.equal(host.link(`${base}/current`), null);
      fails(host, link(base, null, 'a'), 'E_CHANGED');
      prepare.remove(`${base}/current`);
      prepare.link(asidePath(`${base}/current`), 'left');
      host.perform(link(base, null, 'a'));
      assert.deepEqual(host.names(base), ['current']);
      prepare.chmod(base, '0777');
      fails(host, link(base, 'a', 'b'), 'E_WAY_OPEN');
    });
  });

  describe(`${name}: installed`, () => {
    on('finds a program behind links inside the root, and who could swap it', ({ host, prepare }, base) => {
      const file = `${base}/opt/bin/program`;
      prepare.file(file, { mode: '0755' });
      prepare.link(`${base}/absolute`, file);
      prepare.link(`${base}/relative`, 'opt/../opt/bin/program');
      prepare.link(`${base}/way`, 'opt/bin');
      for (const path of ['opt/bin/program', 'absolute', 'relative', 'way/program'])
        assert.deepEqual(host.installed(`${base}/${path}`), { path: file, changeableAt: null }, path);
      prepare.chown(`${base}/opt`, UID, 0);
      assert.equal(host.installed(`${base}/absolute`)?.changeableAt, `${base}/opt`);
      prepare.chown(`${base}/opt`, 0, 0);
      prepare.chmod(file, '0775');
      assert.equal(host.installed(`${base}/absolute`)?.changeableAt, file);
      prepare.chmod(file, '0755');
      prepare.directory(`${base}/links`, { mode: '0777' });
      prepare.link(`${base}/links/program`, file);
      assert.equal(host.installed(`${base}/links/program`)?.changeableAt, `${base}/links`);
      prepare.directory(`${base}/sticky`, { mode: '1777' });
      prepare.link(`${base}/sticky/program`, file);
      assert.equal(host.installed(`${base}/sticky/program`)?.changeableAt, null);
    });

    on('takes nothing else for a program', ({ host, prepare }, base) => {
      prepare.file(`${base}/text`, { mode: '0644' });
      prepare.directory(`${base}/directory`);
      prepare.special(`${base}/pipe`, { mode: '0755' });
      prepare.link(`${base}/dangling`, 'nowhere');
      prepare.link(`${base}/loop`, 'loop');
      for (const path of ['text', 'directory', 'pipe', 'dangling', 'loop', 'missing', 'text/below'])
        assert.equal(host.installed(`${base}/${path}`), null, path);
    });
  });

  describe(`${name}: walk`, () => {
    on('meets every entry once, itself first, and follows no link', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/sub`, { uid: UID, gid: GID, mode: '0700' });
      prepare.file(`${base}/d/sub/file`, { uid: UID, gid: OTHER, mode: '0640', bytes: 8192 });
      prepare.file(`${base}/d/holes`, { bytes: 4096, sparseBytes: 1 << 20 });
      prepare.file(`${base}/d/empty`);
      prepare.hardLink(`${base}/d/again`, `${base}/d/sub/file`);
      prepare.link(`${base}/d/up`, '..');
      prepare.link(`${base}/d/dangling`, 'nowhere');
      prepare.special(`${base}/d/pipe`);
      prepare.directory(`${base}/d/with space\nand line`);
      prepare.file(`${base}/outside`);
      const { seen, walk } = walked(host, `${base}/d`);
      assert.deepEqual(walk, { mountPoints: [], unreadable: [] });
      assert.deepEqual([...seen.entries()].map(([path, entry]) => `${path}: ${entry.type}`).sort(), [
        ': directory',
        'again: file',
        'dangling: link',
        'empty: file',
        'holes: file',
        'pipe: special',
        'sub/file: file',
        'sub: directory',
        'up: link',
        'with space\nand line: directory',
      ]);
      assert.equal([...seen.keys()][0], '');
      const file = seen.get('sub/file');
      const { inode } = file ?? { inode: '' };
      assert.deepEqual(file, {
        path: 'sub/file',
        top: 'sub',
        type: 'file',
        uid: UID,
        gid: OTHER,
        mode: '0640',
        ...knownBy(host.entry(`${base}/d/sub/file`)),
        links: 2,
        diskBytes: 8192,
        isDevice: false,
        flags: [],
        lists: { access: null, inherited: null },
      });
      assert.equal(seen.get('again')?.inode, inode);
      assert.equal(seen.get('holes')?.diskBytes, 4096);
      assert.equal(seen.get('empty')?.diskBytes, 0);
      assert.equal(seen.get('sub')?.inode, inodeOf(host.entry(`${base}/d/sub`)));
      assert.equal(seen.get('')?.inode, inodeOf(host.entry(`${base}/d`)));
    });

    on('names what is not UTF-8 so that the name can be used', ({ host, prepare }, base) => {
      // Latin-1 `é`, half a character, and a name that is UTF-8.
      const names = ['caf\udce9', '\udce2\udc82', 'café', 'new\nline'];
      for (const name of names) prepare.file(`${base}/d/${name}`, { uid: UID });
      const { seen } = walked(host, `${base}/d`);
      assert.deepEqual([...seen.keys()].sort(), ['', ...names].sort());
      for (const name of names) {
        const path = `${base}/d/${name}`;
        const entry = host.entry(path);
        assert.equal(entry.type, 'file');
        host.perform(own(path, inodeOf(entry), { from: [UID, 0], to: [0, 0] }));
        assert.deepEqual(ownerOf(host.entry(path)), [0, 0]);
      }
    });

    on('stays on the file system', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/a/mounted`);
      prepare.mount(`${base}/d/a/mounted`);
      prepare.file(`${base}/d/a/mounted/file`);
      prepare.file(`${base}/d/b`);
      const { seen, walk } = walked(host, `${base}/d`);
      assert.deepEqual(walk, { mountPoints: ['a/mounted'], unreadable: [] });
      assert.deepEqual([...seen.keys()].sort(), ['', 'a', 'b']);
    });

    on('goes so deep and no deeper, and says where it stopped', ({ host, prepare }, base) => {
      const names = Array.from({ length: 203 }, (_, i) => `${i + 1}`);
      prepare.directory(`${base}/d/${names.join('/')}`);
      prepare.file(`${base}/d/beside`);
      const { seen, walk } = walked(host, `${base}/d`);
      const path = names.slice(0, 200).join('/');
      assert.deepEqual(walk, {
        mountPoints: [],
        unreadable: [{ path, error: 'deeper than 200 directories' }],
      });
      // The last one that was not entered was still met.
      assert.equal(seen.size, 202);
      assert.ok(seen.has(path) && seen.has('beside'));
    });

    on('says what kept it from starting', ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/inside`);
      prepare.link(`${base}/link`, 'd');
      prepare.file(`${base}/file`);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      prepare.directory(`${base}/mounted/inside`);
      for (const [path, error] of [
        ['missing', 'ENOENT'],
        ['link', 'ELOOP'],
        ['link/inside', 'ELOOP'],
        ['file', 'ENOTDIR'],
        ['file/inside', 'ENOTDIR'],
        ['mounted', 'EXDEV'],
        ['mounted/inside', 'EXDEV'],
      ] as const) {
        const { seen, walk } = walked(host, `${base}/${path}`);
        assert.deepEqual(walk, { mountPoints: [], unreadable: [{ path: '', error }] }, path);
        assert.equal(seen.size, 0);
      }
    });

    on('walks a base that is a mount point', ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.file(`${base}/file`);
      const { seen, walk } = walked(host, base);
      assert.deepEqual(walk, { mountPoints: [], unreadable: [] });
      assert.deepEqual([...seen.keys()].sort(), ['', 'file']);
    });
  });

  describe(`${name}: searchOwners`, () => {
    const search = (host: Host, base: string, owners: Owners) =>
      host.searchOwners({
        at: [base, `${base}/not there`],
        owners,
        limitMs: 60_000,
        stopRequested: () => false,
        onProgress: () => {},
      });
    const NOTHING = { uids: [], gids: [] };

    on('finds one thing of each on the file system, whatever it is', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.directory(`${base}/d/deep`, { mode: '0700' });
      for (let i = 0; i < 100; i++) prepare.file(`${base}/d/${i}`);
      const things = [
        () => prepare.file(`${base}/d/deep/thing`, { uid: UID }),
        () => prepare.directory(`${base}/d/deep/thing`, { uid: UID, mode: '0000' }),
        () => prepare.special(`${base}/d/deep/thing`, { uid: UID }),
        () => {
          prepare.link(`${base}/d/deep/thing`, 'nowhere');
          prepare.chown(`${base}/d/deep/thing`, UID, 0);
        },
        () => prepare.file(`${base}/d/deep/thing`, { gid: UID }),
      ];
      for (const [i, make] of things.entries()) {
        make();
        const kind = i === things.length - 1 ? 'gid' : 'uid';
        const { owned, unfinished } = await search(host, base, { ...NOTHING, [`${kind}s`]: [UID] });
        assert.deepEqual(owned, [{ kind, id: UID, path: `${base}/d/deep/thing` }], `thing ${i}`);
        assert.equal(unfinished, null);
        const others = await search(host, base, { uids: [OTHER], gids: [GID] });
        assert.deepEqual([others.owned, others.unfinished], [[], null]);
        prepare.remove(`${base}/d/deep/thing`);
      }
      assert.deepEqual((await search(host, base, { ...NOTHING, uids: [UID] })).owned, []);
    });

    on('finds the top itself, one of many, and several at once', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.chown(base, UID, GID);
      for (let i = 0; i < 20; i++) prepare.file(`${base}/${i}`, { uid: OTHER });
      const { owned } = await search(host, base, { uids: [UID, OTHER], gids: [GID, OTHER] });
      const found = owned.map(({ kind, id, path }) => [kind, id, path.replace(/\/\d+$/, '/n')].join(' '));
      assert.deepEqual(
        found.toSorted(),
        [`gid ${GID} ${base}`, `uid ${UID} ${base}`, `uid ${OTHER} ${base}/n`].toSorted(),
      );
    });

    on('enters no other file system', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      prepare.file(`${base}/mounted/theirs`, { uid: UID });
      const { owned, unfinished } = await search(host, base, { ...NOTHING, uids: [UID] });
      assert.deepEqual([owned, unfinished], [[], null]);
    });
  });

  describe(`${name}: measure`, () => {
    on(
      'adds up blocks, lengths and inodes of each tree, as asked for in order',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/a/sub/below`);
        prepare.file(`${base}/a/sub/below/one`, { bytes: 8192 });
        prepare.file(`${base}/a/holes`, { bytes: 4096, sparseBytes: 1 << 20 });
        prepare.link(`${base}/a/link`, 'nowhere');
        prepare.special(`${base}/a/pipe`);
        prepare.file(`${base}/b/two`, { bytes: 1 });
        const measured = await measure(host, { trees: [`${base}/b`, `${base}/a`] });
        assert.deepEqual(
          measured.trees.map((tree) => [
            tree.path,
            tree.error,
            tree.files,
            withoutDirectories(host, tree.total, tree),
          ]),
          [
            [`${base}/b`, null, 1, { diskBytes: 4096, apparentBytes: 1, inodes: 2 }],
            [
              `${base}/a`,
              null,
              2,
              { diskBytes: 4096 + 8192, apparentBytes: 8192 + 4096 + (1 << 20) + 7, inodes: 7 },
            ],
          ],
        );
        assert.deepEqual([measured.entries, measured.linksBeyond, measured.timedOut], [9, 0, false]);
      },
    );

    on('has numbers of their own for directories so many levels down', async ({ host, prepare }, base) => {
      prepare.file(`${base}/d/a/b/c/file`, { bytes: 40_960 });
      prepare.file(`${base}/d/e/file`, { bytes: 4096 });
      for (const [depth, paths] of [
        [0, ['']],
        [1, ['', 'a', 'e']],
        [2, ['', 'a', 'a/b', 'e']],
      ] as const) {
        const { trees } = await measure(host, { trees: [`${base}/d`], depth });
        const [tree] = trees;
        assert.deepEqual(
          tree?.directories.map(({ path }) => path),
          paths,
        );
        assert.deepEqual(
          tree?.directories.map(({ inodes }) => inodes),
          [7, 4, ...(depth === 2 ? [3] : []), 2].slice(0, paths.length),
        );
        const { path: _, ...first } = tree?.directories[0] ?? assert.fail();
        assert.deepEqual(first, tree?.total);
      }
    });

    on('counts a file with several names once, in the first tree', async ({ host, prepare }, base) => {
      prepare.file(`${base}/a/one`, { bytes: 4096 });
      prepare.hardLink(`${base}/a/sub/again`, `${base}/a/one`);
      prepare.hardLink(`${base}/b/other`, `${base}/a/one`);
      prepare.directory(`${base}/c`);
      for (const order of [
        ['a', 'b'],
        ['b', 'a'],
        ['c', 'b', 'a'],
      ]) {
        const { trees } = await measure(host, { trees: order.map((tree) => `${base}/${tree}`) });
        const first = order.find((tree) => tree !== 'c');
        assert.deepEqual(
          trees.map(({ files, total }) => [files, total.apparentBytes]),
          order.map((tree) => (tree === first ? [1, 4096] : [0, 0])),
        );
      }
    });

    on('stays on the file system and follows no link', async ({ host, prepare }, base) => {
      prepare.directory(`${base}/d/a/mounted`);
      prepare.mount(`${base}/d/a/mounted`);
      prepare.file(`${base}/d/a/mounted/file`, { bytes: 4096 });
      prepare.file(`${base}/outside/file`, { bytes: 4096 });
      prepare.link(`${base}/d/link`, '../outside');
      const { trees } = await measure(host, { trees: [`${base}/d`] });
      assert.deepEqual(
        trees.map(({ files, mountPoints, unreadable, total }) => [
          files,
          mountPoints,
          unreadable,
          total.inodes,
        ]),
        [[0, ['a/mounted'], [], 3]],
      );
    });

    on('measures a base that is a mount point', async ({ host, prepare }, base) => {
      prepare.mount(base);
      prepare.file(`${base}/d/file`, { bytes: 4096 });
      const { trees } = await measure(host, { trees: [`${base}/d`] });
      assert.deepEqual([trees[0]?.error, trees[0]?.files], [null, 1]);
    });

    on('says why a tree has no numbers', async ({ host, prepare }, base) => {
      prepare.file(`${base}/good/file`);
      prepare.directory(`${base}/d/inside`);
      prepare.link(`${base}/link`, 'd');
      prepare.file(`${base}/file`);
      prepare.special(`${base}/pipe`);
      prepare.directory(`${base}/mounted`);
      prepare.mount(`${base}/mounted`);
      prepare.directory(`${base}/mounted/inside`);
      const wanted = [
        ['missing', 'missing'],
        ['link', 'link'],
        ['link/inside', 'blocked'],
        ['file', 'file'],
        ['file/inside', 'blocked'],
        ['pipe', 'special'],
        ['mounted', 'mount point'],
        ['mounted/inside', 'blocked'],
        ['n'.repeat(256), 'ENAMETOOLONG'],
        ['good', null],
      ] as const;
      const { trees, timedOut } = await measure(host, { trees: wanted.map(([path]) => `${base}/${path}`) });
      assert.deepEqual(
        trees.map(({ path, error }) => [path.slice(base.length + 1), error]),
        wanted,
      );
      assert.equal(timedOut, false);
      for (const { error, total, files, directories } of trees)
        if (error !== null)
          assert.deepEqual(
            [total, files, directories],
            [{ diskBytes: 0, apparentBytes: 0, inodes: 0 }, 0, []],
          );
    });

    on('names the files that are looked for, the largest first', async ({ host, prepare }, base) => {
      const at = (path: string) => `${base}/d/${path}`;
      prepare.file(at('huge'), { bytes: 3 << 16, changedAt: 1_600_000_000_250 });
      prepare.file(at('sub/app.log'), { bytes: 2 << 16, changedAt: 1_600_000_000_000 });
      prepare.file(at('small.log'), { bytes: 4096 });
      // Data that is called like a log.
      prepare.file(at('sub/00000000000000000042.log'), { bytes: 1 << 16 });
      prepare.file(at('log'), { bytes: 4096 });
      prepare.file(at('.tmp'), { bytes: 8192, changedAt: 1_600_000_000_000 });
      prepare.file(at('sub/old\n\udce9.tmp'), { bytes: 4096, changedAt: 1_600_000_000_000 });
      prepare.file(at('sub/new.tmp'), { bytes: 4096, changedAt: 1_700_000_000_000 });
      prepare.directory(at('directory.tmp'));
      prepare.file(at('hollow'), { bytes: 4096, sparseBytes: 1 << 30 });
      const find = {
        filesOverBytes: 2 << 16,
        logsOverBytes: 1 << 16,
        notLogs: [
          { digits: 3, ending: '.log' },
          { digits: 20, ending: '.log' },
        ],
        dataPlaces: [] as { below: string[]; except: string[] }[],
        temporaryBefore: 1_650_000_000_000,
        most: 10,
      };
      const found = async (more: Partial<typeof find>) => {
        const { trees } = await measure(host, { trees: [`${base}/d`], find: { ...find, ...more } });
        return trees[0]?.found;
      };
      assert.deepEqual(await found({}), [
        {
          kind: 'large',
          path: 'huge',
          diskBytes: 3 << 16,
          apparentBytes: 3 << 16,
          changedAt: 1_600_000_000_250,
        },
        {
          kind: 'large',
          path: 'sub/app.log',
          diskBytes: 2 << 16,
          apparentBytes: 2 << 16,
          changedAt: 1_600_000_000_000,
        },
        {
          kind: 'log',
          path: 'sub/app.log',
          diskBytes: 2 << 16,
          apparentBytes: 2 << 16,
          changedAt: 1_600_000_000_000,
        },
        {
          kind: 'temporary',
          path: '.tmp',
          diskBytes: 8192,
          apparentBytes: 8192,
          changedAt: 1_600_000_000_000,
        },
        {
          kind: 'temporary',
          path: 'sub/old\n\udce9.tmp',
          diskBytes: 4096,
          apparentBytes: 4096,
          changedAt: 1_600_000_000_000,
        },
      ]);
      assert.deepEqual(
        (await found({ most: 1 }))?.map(({ kind, path }) => `${kind} ${path}`),
        ['large huge', 'log sub/app.log', 'temporary .tmp'],
      );
      const logs = async (...notLogs: typeof find.notLogs) =>
        (await found({ notLogs }))?.filter(({ kind }) => kind === 'log').map(({ path }) => path);
      const both = ['sub/app.log', 'sub/00000000000000000042.log'];
      assert.deepEqual(await logs(), both);
      for (const digits of [0, 19, 21]) assert.deepEqual(await logs({ digits, ending: '.log' }), both);
      assert.deepEqual(await logs({ digits: 20, ending: '.lo' }, { digits: 20, ending: 'x.log' }), both);
      const besides = async (...dataPlaces: typeof find.dataPlaces) =>
        (await found({ dataPlaces }))?.map(({ kind, path }) => `${kind} ${path}`);
      const but = ['large huge', 'large sub/app.log', 'temporary .tmp', 'temporary sub/old\n\udce9.tmp'];
      assert.deepEqual(await besides({ below: ['sub'], except: [] }), but, 'data is no log, and still large');
      const all = [...but.slice(0, 2), 'log sub/app.log', ...but.slice(2)];
      assert.deepEqual(await besides({ below: ['su', 'sub/app'], except: [] }), all);
      assert.deepEqual(await besides({ below: ['sub'], except: ['sub'] }), all, 'logs among data');
    });

    on('counts what lies beside trees once, without them', async ({ host, prepare }, base) => {
      const top = `${base}/top`;
      prepare.file(`${top}/one/a`, { bytes: 4096 });
      prepare.file(`${top}/deep/two/b`, { bytes: 8192 });
      prepare.file(`${top}/deep/beside/c`, { bytes: 3 << 12 });
      prepare.file(`${top}/one/deep/two/d`, { bytes: 4096 });
      prepare.file(`${top}/stray`, { bytes: 5 << 12 });
      prepare.hardLink(`${top}/same-as-a`, `${top}/one/a`);
      prepare.directory(`${top}/disk`);
      prepare.mount(`${top}/disk`);
      prepare.file(`${top}/disk/x`, { bytes: 4096 });
      const [one, two, rest] = (
        await measure(host, {
          trees: [`${top}/one`, `${top}/deep/two`, top],
          apart: [[], [], ['one', 'deep/two']],
          depth: 2,
        })
      ).trees;
      assert.deepEqual([one?.files, two?.files, rest?.files], [2, 1, 2]);
      assert.deepEqual(rest?.mountPoints, ['disk']);
      // The top, `deep` and `beside`, two files.
      assert.equal(rest?.total.inodes, 5);
      assert.deepEqual(rest?.directories.map(({ path }) => path).toSorted(), ['', 'deep', 'deep/beside']);
      assert.equal(rest?.total.apparentBytes, 8 << 12);
    });

    on('tells how far it is', async ({ host, prepare }, base) => {
      prepare.file(`${base}/d/file`);
      const told: number[] = [];
      await measure(host, { trees: [`${base}/d`], onProgress: (entries) => told.push(entries) });
      assert.equal(told.at(-1), 2);
    });
  });

  describe(`${name}: lookInside`, () => {
    const inside = async (host: Host, path: string, look: 'all' | number = 'all', named: string[] = []) => {
      const trees = [{ path, uid: UID, gid: GID, named }];
      const request = { trees, services: { uids: [UID, OTHER], gids: [GID] }, look, onProgress: () => {} };
      const [found] = await host.lookInside(request);
      assert.ok(found !== undefined);
      return found;
    };
    const told = ({ wrong }: InsideTree) =>
      wrong.map(({ cause, count, examples }) =>
        [cause, count, ...examples.map(({ path, found }) => `${path}: ${found}`)].join(' | '),
      );
    const own = { uid: UID, gid: GID };

    on(
      'finds nothing where all is the service’s, whatever it chose itself',
      async ({ host, prepare }, base) => {
        prepare.directory(`${base}/d`, { ...own, mode: '0750' });
        prepare.file(`${base}/d/key`, { ...own, mode: '0400' });
        prepare.directory(`${base}/d/shared`, { ...own, mode: '2770' });
        prepare.link(`${base}/d/link`, '/etc');
        prepare.special(`${base}/d/pipe`, { uid: OTHER, gid: OTHER, mode: '0666' });
        const { wrong, entries, whole, error } = await inside(host, `${base}/d`);
        assert.deepEqual(
          { wrong, entries, whole, error },
          { wrong: [], entries: 5, whole: true, error: null },
        );
      },
    );

    on('counts what is wrong by its cause, and names the first', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(d, own);
      prepare.directory(`${d}/a`, { uid: OTHER, gid: OTHER });
      for (const name of ['1', '2']) prepare.file(`${d}/a/${name}`, { uid: OTHER, gid: GID });
      prepare.file(`${d}/closed`, { ...own, mode: '0044' });
      prepare.directory(`${d}/half`, { ...own, mode: '0555' });
      prepare.file(`${d}/open`, { ...own, mode: '0666' });
      prepare.file(`${d}/rooted`, { mode: '4755' });
      prepare.file(`${d}/twice`, { uid: OTHER, gid: GID });
      prepare.hardLink(`${d}/again`, `${d}/twice`);
      prepare.device(`${d}/null`);
      assert.deepEqual(told(await inside(host, d)), [
        'device | 1 | null: character device',
        'setuid | 1 | rooted: mode 4755',
        `hard-links | 2 | again: uid ${OTHER}, 2 names | twice: uid ${OTHER}, 2 names`,
        `owner | 3 | a: ${OTHER}:${OTHER} | a/1: ${OTHER}:${GID} | a/2: ${OTHER}:${GID}`,
        'mode | 2 | closed: mode 0044 | half: mode 0555',
        'world-writable | 1 | open: mode 0666',
      ]);
    });

    on('leaves owner and mode of the layout’s own directories to their check', async (bench, base) => {
      const { host, prepare } = bench;
      prepare.directory(`${base}/d/data`, { uid: OTHER, gid: OTHER, mode: '0777' });
      prepare.directory(`${base}/d/logs`, { uid: OTHER, gid: OTHER });
      for (const look of ['all', 100] as const)
        assert.deepEqual(told(await inside(host, `${base}/d`, look, ['data'])), [
          `owner | 1 | logs: ${OTHER}:${OTHER}`,
        ]);
    });

    on('finds access lists, and says which are grave', async ({ host, prepare }, base) => {
      prepare.mount(base, 'ext4');
      const d = `${base}/d`;
      prepare.directory(`${d}/sub`, { ...own, mode: '0750' });
      prepare.chown(d, UID, GID);
      prepare.file(`${d}/read`, own);
      prepare.grant(`${d}/read`, { type: 'user', id: OTHER + 5, bits: 4 });
      prepare.file(`${d}/own`, own);
      prepare.grant(`${d}/own`, { type: 'user', id: UID, bits: 4 });
      for (const look of ['all', 100] as const) {
        const found = await inside(host, d, look);
        assert.deepEqual(told(found), [`acl | 1 | read: user ${OTHER + 5} r--`]);
        assert.equal(found.graveLists, 0);
      }
      prepare.grant(`${d}/read`, { type: 'group', id: OTHER + 5, bits: 6 });
      prepare.grant(`${d}/sub`, { type: 'user', id: OTHER, bits: 5 });
      prepare.inherit(d, `user::rwx,user:${OTHER + 5}:r-x,group::r-x,mask::r-x,other::---`);
      const found = await inside(host, d);
      assert.deepEqual(told(found), [
        `acl | 3 | : user ${OTHER + 5} r-x, inherited by what is made in it | read: user ${OTHER + 5} r--, group ${OTHER + 5} rw- | sub: user ${OTHER} r-x`,
      ]);
      assert.equal(found.graveLists, 2);
    });

    on('finds flags, and what cannot be mended because of them', async ({ host, prepare }, base) => {
      prepare.mount(base, 'ext4');
      const d = `${base}/d`;
      prepare.directory(`${d}/sub`, own);
      prepare.chown(d, UID, GID);
      prepare.file(`${d}/fixed`, { uid: OTHER, gid: OTHER });
      prepare.file(`${d}/log`, own);
      prepare.flag(`${d}/fixed`, 'immutable', true);
      prepare.flag(`${d}/log`, 'append-only', true);
      prepare.flag(`${d}/sub`, 'immutable', true);
      for (const look of ['all', 100] as const) {
        const found = await inside(host, d, look, ['sub']);
        assert.deepEqual(told(found), [
          'flags | 3 | fixed: immutable | log: append-only | sub: immutable',
          `owner | 1 | fixed: ${OTHER}:${OTHER}`,
        ]);
        assert.equal(found.behindFlags, 1);
      }
      for (const name of ['fixed', 'sub']) prepare.flag(`${d}/${name}`, 'immutable', false);
      prepare.flag(`${d}/log`, 'append-only', false);
      assert.deepEqual((await inside(host, d)).behindFlags, 0);
    });

    on('enters no other file system and follows no link', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(`${d}/mounted`, own);
      prepare.chown(d, UID, GID);
      prepare.mount(`${d}/mounted`);
      prepare.file(`${d}/mounted/foreign`);
      prepare.file(`${base}/elsewhere/foreign`);
      prepare.link(`${d}/link`, '../elsewhere');
      for (const look of ['all', 100] as const)
        assert.deepEqual(told(await inside(host, d, look)), ['mount | 1 | mounted: another file system']);
    });

    on('looks at so many first entries and no more', async ({ host, prepare }, base) => {
      const d = `${base}/d`;
      prepare.directory(`${d}/data`, own);
      prepare.directory(`${d}/logs`, own);
      prepare.chown(d, UID, GID);
      for (let i = 0; i < 30; i += 1) prepare.file(`${d}/data/${i}`);
      const all = await inside(host, d, 100, ['data', 'logs']);
      assert.deepEqual([all.entries, all.whole, all.wrong[0]?.count], [33, true, 30]);
      const some = await inside(host, d, 10, ['data', 'logs']);
      assert.equal(some.whole, false);
      assert.ok(some.entries <= 13 && (some.wrong[0]?.count ?? 0) > 0, `${some.entries}`);
      prepare.directory(`${d}/data/0.d`, own);
      assert.equal((await inside(host, d, 100, ['data', 'logs'])).whole, false);
    });

    on('says why it looked at nothing', async ({ host, prepare }, base) => {
      prepare.file(`${base}/file`);
      for (const [path, error] of [
        ['missing', 'missing'],
        ['file', 'file'],
      ] as const) {
        const found = await inside(host, `${base}/${path}`);
        assert.deepEqual([found.error, found.entries, found.wrong], [error, 0, []]);
      }
    });
  });

  describe(`${name}: open files`, () => {
    on('are those of the same file system, with the process', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/open`, { bytes: 1 });
      prepare.file(`${base}/d/closed`, { bytes: 1 });
      prepare.directory(`${base}/other`);
      prepare.mount(`${base}/other`);
      prepare.file(`${base}/other/open`);
      const inode = inodeOf(host.entry(`${base}/d/open`));
      const releases = [prepare.hold(`${base}/d/open`), prepare.hold(`${base}/other/open`)];
      try {
        const holder = host.openInodes(`${base}/d`).get(inode);
        assert.ok(holder !== undefined && holder.pid > 0 && holder.command !== '', JSON.stringify(holder));
        assert.equal(host.openInodes(`${base}/d`).has(inodeOf(host.entry(`${base}/d/closed`))), false);
      } finally {
        for (const release of releases) release();
      }
      assert.equal(host.openInodes(`${base}/d`).has(inode), false);
    });

    on('without a name are told with their process, size and last place', ({ host, prepare }, base) => {
      prepare.file(`${base}/d/small`, { bytes: 4096 });
      prepare.file(`${base}/d/large`, { bytes: 5 << 12 });
      prepare.file(`${base}/d/linked`, { bytes: 1 });
      prepare.file(`${base}/d/there (deleted)`, { bytes: 1 });
      prepare.hardLink(`${base}/d/other-name`, `${base}/d/linked`);
      prepare.directory(`${base}/other`);
      prepare.mount(`${base}/other`);
      prepare.file(`${base}/other/open`, { bytes: 1 });
      const inode = inodeOf(host.entry(`${base}/d/large`));
      const files = ['d/small', 'd/large', 'd/large', 'd/linked', 'd/there (deleted)', 'other/open'];
      const releases = files.map((path) => prepare.hold(`${base}/${path}`));
      try {
        assert.deepEqual(host.deletedOpen(`${base}/d`).files, [], 'they have their names');
        for (const path of ['d/small', 'd/large', 'd/linked', 'other/open'])
          prepare.remove(`${base}/${path}`);
        const found = host.deletedOpen(`${base}/d`).files;
        assert.deepEqual(
          found.map(({ diskBytes, apparentBytes, holders }) => [diskBytes, apparentBytes, holders]),
          [
            [5 << 12, 5 << 12, 2],
            [4096, 4096, 1],
          ],
        );
        assert.equal(found[0]?.inode, inode);
        assert.ok(found[0]?.path.endsWith('/d/large'), found[0]?.path);
        assert.ok(found.every(({ pid, command }) => pid > 0 && command !== ''));
      } finally {
        for (const release of releases) release();
      }
      assert.deepEqual(host.deletedOpen(`${base}/d`).files, []);
      for (const name of ['missing', 'd/there (deleted)'])
        assert.throws(() => host.deletedOpen(`${base}/${name}`), isProblem('E_LOOK'));
    });

    on('cannot be asked for where there is no directory', ({ host, prepare }, base) => {
      prepare.file(`${base}/file`);
      prepare.link(`${base}/link`, '/');
      for (const name of ['missing', 'file', 'link'])
        assert.throws(() => host.openInodes(`${base}/${name}`), isProblem('E_LOOK'));
    });
  });

  describe(`${name}: processes`, () => {
    on('are found by their command, with where they stand and what they hold', (bench, base) => {
      const { host, prepare } = bench;
      prepare.file(`${base}/d/data/open`, { bytes: 1 });
      prepare.file(`${base}/d/gone`, { bytes: 1 });
      prepare.directory(`${base}/other`);
      prepare.mount(`${base}/other`);
      prepare.file(`${base}/other/open`);
      const started = { directory: `${base}/d/data`, uid: UID };
      const holds = ['d/data/open', 'd/gone', 'other/open'].map((path) => `${base}/${path}`);
      const release = prepare.start({ ...started, command: 'jts-test-server', holds });
      const others = [
        prepare.start({ ...started, command: 'jts-test-serve' }),
        prepare.start({ ...started, command: 'jts-another' }),
      ];
      try {
        prepare.remove(`${base}/d/gone`);
        const found = host.processes(['jts-test-server', 'jts-another']);
        // Of an image nothing runs.
        if (host.root !== '/') return assert.deepEqual(found, []);
        assert.deepEqual(found.map(({ command }) => command).sort(), ['jts-another', 'jts-test-server']);
        const one = found.find(({ command }) => command === 'jts-test-server');
        assert.ok(one !== undefined && one.pid > 0 && one.parent > 0);
        assert.deepEqual([one.uid, one.isElsewhere], [UID, false]);
        assert.ok(one.words[0]?.endsWith('jts-test-server'), one.words.join(' '));
        const [here, other] = [host.deviceAt(`${base}/d`), host.deviceAt(`${base}/other/not/yet`)];
        assert.notEqual(here, other);
        assert.equal(host.deviceAt(base), here);
        assert.deepEqual(one.directory, {
          path: started.directory,
          isDeleted: false,
          device: here,
          readOnlyAt: null,
        });
        const held = one.holds(['/open', '/gone']) ?? [];
        assert.deepEqual(one.holds(['/closed']), []);
        assert.deepEqual(
          held.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
          [
            { path: `${base}/d/data/open`, isDeleted: false, device: here, readOnlyAt: null },
            { path: `${base}/d/gone`, isDeleted: true, device: here, readOnlyAt: null },
            { path: `${base}/other/open`, isDeleted: false, device: other, readOnlyAt: null },
          ],
        );
      } finally {
        for (const end of [release, ...others]) end();
      }
      assert.deepEqual(host.processes(['jts-test-server', 'jts-another']), []);
    });

    on('on a file system that was unmounted stand and hold nothing that is mounted', (bench, base) => {
      const { host, prepare } = bench;
      if (host.root !== '/') return;
      prepare.directory(`${base}/d`);
      prepare.mount(`${base}/d`);
      prepare.file(`${base}/d/data/open`);
      const runs = {
        command: 'jts-test-server',
        directory: `${base}/d/data`,
        holds: [`${base}/d/data/open`],
      };
      const release = prepare.start(runs);
      const mountAgain = prepare.detach(`${base}/d`);
      try {
        const [one] = host.processes([runs.command]);
        assert.deepEqual(one?.directory, { path: '/data', isDeleted: false, device: null, readOnlyAt: null });
        assert.ok(
          one?.holds(['/open'])?.some(({ path, device }) => path === '/data/open' && device === null),
        );
      } finally {
        mountAgain();
        release();
      }
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

  describe(`${name}: journal`, () => {
    on('gives back the runs in order, and their lines', ({ host }) => {
      assert.deepEqual(host.journal.runs(), []);
      for (const run of [2, 10, 1]) host.journal.create(run, []).close();
      assert.deepEqual(host.journal.runs(), [1, 2, 10]);
      const file = host.journal.create(11, []);
      file.append(['{"a":1}', '{"b":"ü€"}']);
      assert.deepEqual(linesOf(host.journal, 11), ['{"a":1}', '{"b":"ü€"}']);
      file.append(['three']);
      file.append([]);
      file.append(['four']);
      assert.deepEqual(linesOf(host.journal, 11), ['{"a":1}', '{"b":"ü€"}', 'three', 'four']);
      file.close();
      assert.deepEqual(linesOf(host.journal, 2), []);
    });

    on('gives the bytes of a record, from where and as many as asked', ({ host, prepare }) => {
      const file = host.journal.create(1, ['one', 'two']);
      const bytes = (at: number, length: number) => {
        const record = host.journal.record(1).open();
        const into = Buffer.alloc(length);
        const read = into.toString('utf8', 0, record.read(into, at));
        record.close();
        return [record.size, read];
      };
      assert.deepEqual(bytes(0, 3), [8, 'one']);
      assert.deepEqual(bytes(3, 100), [8, '\ntwo\n']);
      assert.deepEqual(bytes(8, 1), [8, '']);
      assert.deepEqual(bytes(800, 1), [8, '']);
      prepare.tear(1, 'thr');
      assert.deepEqual(bytes(7, 9), [11, '\nthr']);
      file.close();
      assert.throws(() => host.journal.record(7).open());
    });

    on('gives all records newest first, whatever is in them', ({ host, prepare }) => {
      assert.deepEqual([...host.journal.newestFirst()], []);
      for (const run of [2, 10, 1]) host.journal.create(run, [`${run}`]).close();
      prepare.spoil(2, () => Buffer.alloc(0));
      const found: string[] = [];
      for (const { run, open } of host.journal.newestFirst()) {
        const record = open();
        const into = Buffer.alloc(100);
        found.push(`${run} ${into.toString('utf8', 0, record.read(into, 0))}`);
        record.close();
      }
      assert.deepEqual(found, ['10 10\n', '2 ', '1 1\n']);
      for (const { run } of host.journal.newestFirst()) {
        assert.equal(run, 10);
        break;
      }
    });

    on('gives back what is larger than a piece, from either end', ({ host }) => {
      const file = host.journal.create(1, []);
      const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${'ü'.repeat(i % 1500)}`);
      file.append(lines);
      file.close();
      assert.deepEqual(linesOf(host.journal, 1), lines);
      const record = host.journal.record(1).open();
      const backwards = Array.from(linesBackward(record, record.size), ({ bytes }) => bytes.toString());
      record.close();
      assert.deepEqual(backwards.reverse(), lines);
    });

    on('writes a run once', ({ host }) => {
      const file = host.journal.create(1, []);
      file.append(['kept']);
      assert.throws(() => host.journal.create(1, ['other']));
      file.close();
      assert.throws(() => host.journal.create(1, ['other']));
      assert.deepEqual(linesOf(host.journal, 1), ['kept']);
      assert.throws(() => host.journal.reopen(7));
      assert.deepEqual(host.journal.runs(), [1]);
    });

    on('gives back complete lines only', ({ host, prepare }) => {
      const file = host.journal.create(1, []);
      file.append(['one', 'two']);
      file.close();
      prepare.tear(1, '{"half');
      assert.deepEqual(linesOf(host.journal, 1), ['one', 'two']);
      host.journal.create(2, []).close();
      prepare.tear(2, '{');
      assert.deepEqual(linesOf(host.journal, 2), []);
    });

    on('goes on after a torn line', ({ host, prepare }) => {
      const file = host.journal.create(1, []);
      file.append(['one']);
      file.close();
      prepare.tear(1, '{"half');
      const again = host.journal.reopen(1);
      again.append(['two']);
      again.close();
      assert.deepEqual(linesOf(host.journal, 1), ['one', 'two']);
      const more = host.journal.reopen(1);
      more.append(['three']);
      more.close();
      assert.deepEqual(linesOf(host.journal, 1), ['one', 'two', 'three']);
    });
  });

  describe(`${name}: lock`, () => {
    on('is held by one run at a time', ({ host }) => {
      const release = host.lock('setup');
      assert.throws(
        () => host.lock('rollback'),
        (error) => {
          assert.ok(error instanceof Problem);
          assert.equal(error.diagnostics[0]?.code, 'E_LOCKED');
          assert.equal(error.exitCode, EXIT.refused);
          return true;
        },
      );
      release();
      const again = host.lock('rollback');
      again();
    });
  });
}

const ROOT = { user: 0, group: 0 } as const;

/** A kernel's time for files stands still between two ticks: of what is made within one, all is born at once. */
const CLOCK_TICK_MS = 20;

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** A file as our own are. */
const OURS: Written = { text: 'after\n', mode: '0644', owner: ROOT };

function fileAt(host: Host, path: string): readonly unknown[] {
  const entry = host.entry(path);
  return [host.text(path), modeOf(entry), ...ownerOf(entry)];
}

function plainly(path: string): Operation {
  return { type: 'makeDirectory', path, owner: ROOT, mode: '0755' };
}

function removal(path: string): Operation {
  return { type: 'removeDirectory', path, owner: ROOT };
}

function own(
  path: string,
  inode: string,
  change: {
    readonly from: readonly [string | number, string | number];
    readonly to: readonly [string | number, string | number];
  },
): Operation {
  const { from, to } = change;
  return {
    type: 'changeOwner',
    path,
    inode,
    from: { user: from[0], group: from[1] },
    to: { user: to[0], group: to[1] },
  };
}

function fails(host: Host, operation: Operation, code: string): void {
  const what = JSON.stringify(operation);
  assert.throws(() => host.perform(operation), isProblem(code, what), `${what} must fail with ${code}`);
}

function isProblem(code: string, what = code): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Problem, `${what}: want a Problem ${code}, found ${String(error)}`);
    const [first] = error.diagnostics;
    assert.equal(first?.code, code, `${what}: ${error.message}`);
    assert.match(first?.summary ?? '', /^(cannot|refusing to) /);
    return true;
  };
}

/** Things that are no plain directory, at the base; the link and the mount point have something `inside`. */
const OBSTACLES = ['link', 'file', 'pipe', 'mounted'] as const;

function obstacles(prepare: Preparation, base: string, outside: string): void {
  prepare.directory(`${outside}/inside`);
  prepare.link(`${base}/link`, outside);
  prepare.file(`${base}/file`);
  prepare.special(`${base}/pipe`);
  prepare.directory(`${base}/mounted`);
  prepare.mount(`${base}/mounted`);
  prepare.directory(`${base}/mounted/inside`);
}

function unreachable(
  { host, prepare }: Bench,
  base: string,
  operation: (path: string, inode: string) => Operation,
): void {
  const outside = `${base.slice(0, base.lastIndexOf('/'))}/outside`;
  prepare.directory(outside);
  obstacles(prepare, base, outside);
  prepare.link(`${base}/link to a file`, `${base}/file`);
  const outsideBefore = [host.entry(outside), host.entry(`${outside}/inside`)];
  const targets = [
    ['link', inodeOf(host.entry(outside)), 'E_CHANGED'],
    ['link', inodeOf(host.entry(`${base}/link`)), 'E_CHANGED'],
    ['link to a file', inodeOf(host.entry(`${base}/file`)), 'E_CHANGED'],
    ['pipe', inodeOf(host.entry(`${base}/pipe`)), 'E_CHANGED'],
    ['mounted', '1', 'E_UNREACHABLE'],
    ['mounted/inside', '1', 'E_UNREACHABLE'],
    ['link/inside', inodeOf(host.entry(`${outside}/inside`)), 'E_UNREACHABLE'],
    ['file/x', '1', 'E_UNREACHABLE'],
  ] as const;
  const before = targets.map(([path]) => host.entry(`${base}/${path}`));
  for (const [path, inode, code] of targets) fails(host, operation(`${base}/${path}`, inode), code);
  assert.deepEqual(
    targets.map(([path]) => host.entry(`${base}/${path}`)),
    before,
  );
  assert.deepEqual([host.entry(outside), host.entry(`${outside}/inside`)], outsideBefore);
}

function walked(host: Host, path: string) {
  const seen = new Map<string, WalkEntry>();
  const walk = { mountPoints: [] as string[], unreadable: [] as { path: string; error: string }[] };
  for (const met of host.walk(path)) {
    if (met.type === 'mount point') walk.mountPoints.push(met.path);
    else if (met.type === 'unreadable') walk.unreadable.push({ path: met.path, error: met.error });
    else {
      assert.equal(seen.has(met.path), false, `${met.path} was met twice`);
      seen.set(met.path, { ...met });
    }
  }
  return { seen, walk };
}

function measure(host: Host, request: Partial<MeasureRequest>): Promise<Measured> {
  return host.measure({ trees: [], depth: 0, find: null, timeoutMs: null, onProgress: () => {}, ...request });
}

/** Directories take room on one file system and none on another. */
function withoutDirectories(host: Host, total: Amount, { path }: { readonly path: string }): Amount {
  let diskBytes = 0;
  for (const met of host.walk(path)) if (met.type === 'directory') diskBytes += met.diskBytes;
  return { ...total, diskBytes: total.diskBytes - diskBytes };
}

function inodeOf(entry: Entry): string {
  assert.ok('inode' in entry, `want something with an inode, found ${JSON.stringify(entry)}`);
  assert.match(entry.inode, /^[1-9][0-9]*$/);
  return entry.inode;
}

function bornOf(entry: Entry): string | null {
  assert.ok('born' in entry, `want something with a birth time, found ${JSON.stringify(entry)}`);
  assert.match(entry.born ?? '1', /^[1-9][0-9]*$/);
  return entry.born;
}

function knownBy(entry: Entry): { readonly inode: string; readonly born: string | null } {
  return { inode: inodeOf(entry), born: bornOf(entry) };
}

function modeOf(entry: Entry, otherwise = 'none'): string {
  return 'mode' in entry ? entry.mode : otherwise;
}

function ownerOf(entry: Entry): readonly number[] {
  return 'uid' in entry ? [entry.uid, entry.gid] : [];
}

function entriesOf(entry: Entry): number | null {
  return entry.type === 'directory' ? entry.entries : null;
}
