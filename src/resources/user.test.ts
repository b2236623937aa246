// Wanted and found users held against the steps, refusals and warnings, written out.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import { NO_CONSENT } from '../engine/plan.ts';
import type { Difference } from '../engine/resource.ts';
import { allowsLogin } from '../port/account.ts';
import { PARTED_HOME, type User } from '../port/host.ts';
import { user } from './user.ts';

const HOME = '/data/jts/hot/kafka';
const WANT = { name: 'kafka', group: 'kafka', home: HOME, base: '/data/jts/hot', service: 'kafka' };
const KAFKA: User = { name: 'kafka', uid: 997, gid: 996, home: HOME, shell: '/bin/false' };
const NOTHING: Difference = { steps: [], refusals: [], warnings: [] };

function diff(
  have: User | null,
  more: { gid?: number | null; locked?: boolean; twins?: readonly string[]; root?: string } = {},
): Difference {
  return user.diff(WANT, { user: have, gid: 996, twins: [], locked: false, root: '/', ...more }, NO_CONSENT);
}

describe('user: desire', () => {
  it('wants each user of the layout once, root left out, at home in its service directory', () => {
    assert.deepEqual(user.desire(runBookLayout), [
      {
        name: 'postgres',
        group: 'postgres',
        home: '/data/jts/hot/postgresql',
        base: '/data/jts/hot',
        service: 'postgresql',
      },
      {
        name: 'clickhouse',
        group: 'clickhouse',
        home: '/data/jts/hot/clickhouse',
        base: '/data/jts/hot',
        service: 'clickhouse',
      },
      { name: 'kafka', group: 'kafka', home: '/data/jts/hot/kafka', base: '/data/jts/hot', service: 'kafka' },
      {
        name: 'mongodb',
        group: 'mongodb',
        home: '/data/jts/hot/mongodb',
        base: '/data/jts/hot',
        service: 'mongodb',
      },
      { name: 'redis', group: 'redis', home: '/data/jts/hot/redis', base: '/data/jts/hot', service: 'redis' },
    ]);
  });

  it('gives a shared user the home of the first service that names it', () => {
    const { services } = smallLayout('kafka', 'redis');
    const shared = services.map((service) => ({ ...service, user: 'hot', group: 'hot' }));
    assert.deepEqual(user.desire({ base: '/fast', services: shared }), [
      { name: 'hot', group: 'hot', home: '/fast/kafka', base: '/fast', service: 'kafka' },
    ]);
  });
});

describe('user: diff', () => {
  it('missing: is made, needs its group, and its undo deletes it', () => {
    assert.deepEqual(diff(null, { gid: null }), {
      steps: [
        {
          address: 'user kafka',
          action: '+',
          summary: 'system user kafka, home /data/jts/hot/kafka, no login',
          reason: 'kafka runs as its own user; the host has none of that name',
          do: { type: 'createUser', name: 'kafka', group: 'kafka', home: HOME },
          undo: { type: 'deleteUser', name: 'kafka', home: '/data/jts/hot/kafka' },
          needs: ['group kafka'],
        },
      ],
      refusals: [],
      warnings: [],
    });
  });

  it("missing, in root's group: needs nothing, for that group is never ours", () => {
    const { steps } = user.diff(
      { ...WANT, group: 'root' },
      { user: null, gid: 0, twins: [], locked: false, root: '/' },
      NO_CONSENT,
    );
    assert.deepEqual(
      steps.map((step) => [step.do, step.needs]),
      [[{ type: 'createUser', name: 'kafka', group: 'root', home: HOME }, []]],
    );
  });

  it('right: nothing', () => assert.deepEqual(diff(KAFKA), NOTHING));

  it('another home, or a uid of an ordinary user: kept as it is', () => {
    assert.deepEqual(diff({ ...KAFKA, home: '/var/lib/kafka', uid: 1000 }), NOTHING);
  });

  it('uid 0: refused, whatever else is wrong with it', () => {
    const found = { ...KAFKA, uid: 0, gid: 0, shell: '/bin/bash' };
    assert.deepEqual(diff(found, { twins: ['redis'] }), {
      steps: [],
      refusals: [
        {
          code: 'E_USER_IS_ROOT',
          summary: 'refusing to give a service to a user that is root',
          at: 'user kafka',
          detail: ['want a user of its own, found kafka with uid 0'],
          fix: null,
          hint: 'name another user for kafka in the layout',
        },
      ],
      warnings: [],
    });
  });

  it('a user whose deletion was cut short: refused, for it is in no group and at no home', () => {
    assert.deepEqual(diff({ ...KAFKA, gid: 65534, home: PARTED_HOME }, { twins: ['redis'] }), {
      steps: [],
      refusals: [
        {
          code: 'E_HALF_DELETED',
          summary: 'refusing to use a user whose deletion was cut short',
          at: 'user kafka',
          detail: [`want a user with home ${HOME}, found /nonexistent/being-deleted-by-jts-hot`],
          fix: 'sudo userdel kafka',
          hint: 'then: sudo jts-hot setup; or finish what was begun: sudo jts-hot rollback',
        },
      ],
      warnings: [],
    });
  });

  it('a user that a distribution gave no home is not one of these', () => {
    assert.deepEqual(diff({ ...KAFKA, home: '/nonexistent' }), NOTHING);
  });

  for (const [shell, shown] of [
    ['/bin/bash', '/bin/bash'],
    ['', '(empty: /bin/sh)'],
  ] as const)
    it(`login shell ${JSON.stringify(shell)}: a warning, kept as it is`, () => {
      assert.deepEqual(diff({ ...KAFKA, shell }), {
        steps: [],
        refusals: [],
        warnings: [
          {
            code: 'W_LOGIN_SHELL',
            summary: 'existing user allows a login shell',
            at: 'user kafka',
            detail: [`want /bin/false, found ${shown}; kept as it is`],
            fix: 'sudo usermod --shell /bin/false kafka',
            hint: 'only if nothing needs the shell',
          },
        ],
      });
    });

  it('another primary group: a warning, kept as it is', () => {
    assert.deepEqual(diff({ ...KAFKA, gid: 100 }), {
      steps: [],
      refusals: [],
      warnings: [
        {
          code: 'W_OTHER_GROUP',
          summary: 'existing user has another primary group',
          at: 'user kafka',
          detail: ['want kafka (gid 996), found gid 100; kept as it is'],
          fix: 'sudo usermod --gid kafka kafka',
          hint: null,
        },
      ],
    });
  });

  it('while its group is still to be made, says nothing of the primary group', () => {
    assert.deepEqual(diff({ ...KAFKA, gid: 100 }, { gid: null }), NOTHING);
  });

  it('shared uid: a warning that names the others', () => {
    assert.deepEqual(diff(KAFKA, { twins: ['redis', 'mongodb'] }), {
      steps: [],
      refusals: [],
      warnings: [
        {
          code: 'W_SHARED_UID',
          summary: 'service users share one uid',
          at: 'user kafka',
          detail: ['uid 997 is also redis, mongodb: the kernel cannot keep them apart'],
          fix: null,
          hint: 'give each service a user of its own',
        },
      ],
    });
  });

  it('locked, as a rollback left it: a warning, and how to unlock it', () => {
    assert.deepEqual(diff(KAFKA, { locked: true }), {
      steps: [],
      refusals: [],
      warnings: [
        {
          code: 'W_LOCKED',
          summary: 'existing user is locked',
          at: 'user kafka',
          detail: ['want one that sudo, su and cron can work as, found it locked; kept as it is'],
          fix: "sudo usermod --expiredate '' kafka",
          hint: null,
        },
      ],
    });
  });

  it('on another host than this one: its commands are typed for that one', () => {
    const login = diff({ ...KAFKA, shell: '' }, { root: '/mnt/image' });
    assert.equal(login.warnings[0]?.fix, 'sudo usermod --prefix /mnt/image --shell /bin/false kafka');
    const parted = diff({ ...KAFKA, home: PARTED_HOME }, { root: '/mnt/an image' });
    assert.equal(parted.refusals[0]?.fix, "sudo userdel --prefix '/mnt/an image' kafka");
  });

  it('all of it: each its own warning', () => {
    const { warnings } = diff({ ...KAFKA, shell: '/bin/zsh', gid: 100 }, { twins: ['redis'] });
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['W_LOGIN_SHELL', 'W_OTHER_GROUP', 'W_SHARED_UID'],
    );
  });
});

describe('user: allowsLogin', () => {
  const closed = [
    '/bin/false',
    '/usr/bin/false',
    '/sbin/nologin',
    '/usr/sbin/nologin',
    '/bin/nologin',
    '/usr/bin/nologin',
  ];
  for (const shell of closed) it(`${shell}: no`, () => assert.equal(allowsLogin({ ...KAFKA, shell }), false));
  for (const shell of ['', '/bin/sh', '/bin/false ', '/bin/true', 'nologin', '/opt/nologin'])
    it(`${JSON.stringify(shell)}: yes`, () => assert.equal(allowsLogin({ ...KAFKA, shell }), true));
});

describe('user: words', () => {
  it('are stable', () => {
    assert.equal(user.address(WANT), 'user kafka');
    assert.equal(user.checkId(WANT), 'user.kafka');
    assert.equal(user.service(WANT), 'kafka');
    assert.equal(user.expected(WANT), 'system user, no login');
    const found = (have: User | null) =>
      user.found(WANT, { user: have, gid: null, twins: [], locked: false, root: '/' });
    assert.equal(found(null), 'missing');
    assert.equal(found(KAFKA), 'uid 997, shell /bin/false');
    assert.equal(found({ ...KAFKA, shell: '' }), 'uid 997, shell (empty: /bin/sh)');
  });
});

describe('user: observe', () => {
  it('finds users, the numbers of their groups, and who shares a uid', () => {
    const host = createHost();
    host.prepare.addGroup('kafka', 996);
    host.prepare.addUser(KAFKA);
    host.prepare.addUser({ ...KAFKA, name: 'redis' });
    host.perform({ type: 'lockUser', name: 'redis', uid: KAFKA.uid });
    // Not wanted, so not a twin: who else has the uid is not the layout's business.
    host.prepare.addUser({ ...KAFKA, name: 'stranger' });
    assert.deepEqual(user.observe(host, user.desire(smallLayout('kafka', 'redis', 'mongodb'))), [
      { user: KAFKA, gid: 996, twins: ['redis'], locked: false, root: '/' },
      { user: { ...KAFKA, name: 'redis' }, gid: null, twins: ['kafka'], locked: true, root: '/' },
      { user: null, gid: null, twins: [], locked: false, root: '/' },
    ]);
    const elsewhere = user.observe({ ...host, root: '/img' }, [WANT]);
    assert.deepEqual(elsewhere, [{ user: KAFKA, gid: 996, twins: [], locked: false, root: '/img' }]);
  });
});
