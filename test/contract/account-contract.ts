// Holds a host to what all do: users, groups and the look at them.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { fails, GID, isProblem, type OnHost, OTHER, UID } from './cases.ts';

export function accountContract(name: string, on: OnHost): void {
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
}
