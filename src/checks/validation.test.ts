// The checks that prove a layout: their IDs, what each finds, and that each one can fail.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import type { MemoryHost, MemoryInitial } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import type { Identity } from '../port/host.ts';
import { setupCommand } from '../setup/setup.ts';
import { errnoText } from '../values/errno.ts';
import type { Check } from './check.ts';
import { validate } from './validation.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis');

async function converged(layout: Layout = LAYOUT, initial: MemoryInitial = {}): Promise<MemoryHost> {
  const host = createHost(initial);
  const { exitCode } = await setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
  return host;
}

function bad(checks: readonly Check[]): readonly Check[] {
  return checks.filter((check) => check.status !== 'pass');
}

function one(checks: readonly Check[], id: string): Check {
  const found = checks.filter((check) => check.id === id);
  assert.equal(found.length, 1, `${id} is there ${found.length} times`);
  return found[0] as Check;
}

/** `redis kafka` → every check of the built-in layout that automation may have come to know. */
const PARTS = [
  ['postgresql', ['data', 'logs', 'config']],
  ['clickhouse', ['data', 'logs', 'tmp']],
  ['kafka', ['data', 'logs']],
  ['mongodb', ['data', 'logs', 'config']],
  ['redis', ['data', 'logs']],
  ['docker', ['volumes', 'containers', 'tmp']],
  ['backup', ['daily', 'snapshots', 'staging']],
] as const;

describe('validate: IDs', () => {
  it('of the built-in layout are these, in this order', async () => {
    const below = PARTS.flatMap(([service, parts]) => [
      service,
      ...parts.map((part) => `${service}/${part}`),
    ]);
    const databases = ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis'];
    const expected = [
      'group.postgres',
      'group.clickhouse',
      'group.kafka',
      'group.mongodb',
      'group.redis',
      'group.docker',
      'user.postgres',
      'user.clickhouse',
      'user.kafka',
      'user.mongodb',
      'user.redis',
      'directory./data',
      'directory./data/jts',
      'directory.base',
      ...below.map((path) => `directory.${path}`),
      ...['postgres', 'clickhouse', 'kafka', 'mongodb', 'redis'].flatMap((user) => [
        `user.${user}.groups`,
        `user.${user}.shared-uid`,
      ]),
      ...['postgres', 'clickhouse', 'kafka', 'mongodb', 'redis', 'docker'].map(
        (group) => `group.${group}.shared-gid`,
      ),
      ...below.map((path) => `write.${path}`),
      ...databases.flatMap((visitor) =>
        databases.filter((other) => other !== visitor).map((other) => `isolation.${visitor}/${other}`),
      ),
      'space.writable',
      'space.device',
      'space.size',
      'space.planned',
    ];
    const checks = validate(runBookLayout, await converged(runBookLayout));
    assert.deepEqual(
      checks.map(({ id }) => id),
      expected,
    );
    assert.equal(new Set(expected).size, 6 + 5 + 3 + 26 + 10 + 6 + 26 + 20 + 4);
    // The disk is 4 TB, and so is the plan.
    assert.deepEqual(
      bad(checks).map(({ id, severity }) => [id, severity]),
      [['space.planned', 'warning']],
    );
  });

  it('are each there once, whatever is wrong', async () => {
    const host = await converged();
    host.prepare.chmod(`${BASE}/kafka`, '0777');
    host.prepare.chown(`${BASE}/redis`, 0, 0);
    host.prepare.remove(`${BASE}/redis/logs`);
    const ids = validate(LAYOUT, host).map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)]);
    assert.deepEqual(
      ids,
      validate(LAYOUT, await converged()).map(({ id }) => id),
    );
  });
});

describe('validate: a host as wanted', () => {
  it('passes every check, changes nothing, and fixes nothing', async () => {
    const host = await converged();
    const before = host.snapshot();
    const events = host.faults.events();
    const checks = validate(LAYOUT, host);
    assert.deepEqual(bad(checks), []);
    assert.ok(checks.every(({ fix }) => fix === null));
    assert.equal(host.snapshot(), before);
    assert.equal(host.faults.events(), events);
  });

  it('says of each check what was wanted and found', async () => {
    const checks = validate(LAYOUT, await converged());
    const line = (id: string) => {
      const { at, service, severity, expected, found } = one(checks, id);
      return [at, service, severity, expected, found];
    };
    assert.deepEqual(line('group.kafka'), ['group kafka', 'kafka', 'error', 'group exists', 'gid 999']);
    assert.deepEqual(line('user.kafka'), [
      'user kafka',
      'kafka',
      'error',
      'system user, no login',
      'uid 999, shell /bin/false',
    ]);
    assert.deepEqual(line('directory./data'), [
      'directory /data',
      'base',
      'error',
      'directory that services can enter and only root can change',
      'directory of uid 0, 0755',
    ]);
    assert.deepEqual(line('directory.kafka/data'), [
      'directory /data/jts/hot/kafka/data',
      'kafka',
      'error',
      'directory kafka:kafka 0750',
      'directory kafka:kafka 0750',
    ]);
    assert.deepEqual(line('write.kafka/data'), [
      'directory /data/jts/hot/kafka/data',
      'kafka',
      'error',
      'kafka can create, sync and remove a file',
      'yes',
    ]);
    assert.deepEqual(line('isolation.redis/kafka'), [
      'directory /data/jts/hot/kafka',
      'kafka',
      'error',
      'redis can neither list nor enter it',
      'denied',
    ]);
    assert.deepEqual(line('space.writable'), [
      'file system /',
      null,
      'warning',
      'mounted for reading and writing',
      'read and write',
    ]);
  });

  it('passes with modes that a service has tightened itself', async () => {
    const host = await converged(runBookLayout);
    host.prepare.chmod(`${BASE}/postgresql/data`, '0750');
    host.prepare.chmod(`${BASE}/docker`, '0710');
    assert.deepEqual(
      bad(validate(runBookLayout, host)).map(({ id }) => id),
      ['space.planned'],
    );
  });
});

describe('validate: a service without its user', () => {
  it('has one fix for all that is wrong with it, and the others have theirs', () => {
    const host = createHost();
    // As after userdel: what was the user's is a bare number's.
    for (const part of ['', '/data', '/logs'])
      host.prepare.directory(`${BASE}/kafka${part}`, { uid: 993, gid: 993 });
    host.prepare.addGroup('redis', 992);
    host.prepare.addUser({ name: 'redis', uid: 992, gid: 992, home: `${BASE}/redis`, shell: '/bin/false' });
    host.prepare.directory(`${BASE}/redis`, { uid: 992, gid: 992, mode: '0777' });
    const fix = (wanted: string) => validate(LAYOUT, host).find(({ id }) => id === wanted)?.fix;
    const useradd = `useradd --system --uid 993 --gid kafka --home-dir ${BASE}/kafka --no-create-home --shell /bin/false kafka`;
    // With its old numbers its data is its own again; a new number would make all of it somebody else's.
    for (const id of ['group.kafka', 'user.kafka', 'directory.kafka', 'directory.kafka/data'])
      assert.equal(fix(id), `sudo sh -c 'groupadd --system --gid 993 kafka && ${useradd}'`, id);
    host.prepare.addGroup('kafka', 993);
    for (const id of ['user.kafka', 'directory.kafka', 'directory.kafka/data'])
      assert.equal(fix(id), `sudo ${useradd}`);
    assert.equal(fix('directory.redis'), 'sudo jts-hot repair redis');
  });
});

describe('validate: damage', () => {
  const table: readonly (readonly [
    string,
    (p: MemoryHost['prepare']) => void,
    /** ID, status, found, and the fix, or what it follows from. */
    readonly (readonly [string, Check['status'], string, string])[],
  ])[] = [
    [
      'a missing directory',
      (p) => p.remove(`${BASE}/kafka/logs`),
      [
        ['directory.kafka/logs', 'fail', 'missing', 'sudo jts-hot setup'],
        ['write.kafka/logs', 'skip', 'no such directory', '^ directory.kafka/logs'],
      ],
    ],
    [
      'a mode that opens it',
      (p) => p.chmod(`${BASE}/kafka`, '0755'),
      [
        ['directory.kafka', 'fail', 'directory kafka:kafka 0755', 'sudo jts-hot repair kafka'],
        ['isolation.redis/kafka', 'fail', 'it can list it', '^ directory.kafka'],
      ],
    ],
    [
      'a mode that closes it to its own',
      (p) => p.chmod(`${BASE}/kafka/data`, '0500'),
      [
        ['directory.kafka/data', 'fail', 'directory kafka:kafka 0500', 'sudo jts-hot repair kafka'],
        ['write.kafka/data', 'fail', 'no: permission denied (EACCES)', '^ directory.kafka/data'],
      ],
    ],
    [
      "an empty directory that is root's",
      (p) => p.chown(`${BASE}/redis/logs`, 0, 0),
      [
        ['directory.redis/logs', 'fail', 'directory root:root 0750', 'sudo jts-hot repair redis'],
        ['write.redis/logs', 'fail', 'no: permission denied (EACCES)', '^ directory.redis/logs'],
      ],
    ],
    [
      "a full directory that is somebody else's: the fix is to agree",
      (p) => {
        p.file(`${BASE}/redis/logs/f`);
        p.chown(`${BASE}/redis/logs`, 4711, 4711);
      },
      [
        ['directory.redis/logs', 'fail', 'directory 4711:4711 0750', 'sudo jts-hot repair redis'],
        ['write.redis/logs', 'fail', 'no: permission denied (EACCES)', '^ directory.redis/logs'],
      ],
    ],
    [
      'a link in place of a directory',
      (p) => {
        p.remove(`${BASE}/kafka/logs`);
        p.link(`${BASE}/kafka/logs`, '/etc');
      },
      [
        [
          'directory.kafka/logs',
          'fail',
          'a symbolic link to /etc',
          "sudo sh -c 'mv -T /data/jts/hot/kafka/logs /data/jts/hot/kafka-logs.other && jts-hot setup'",
        ],
        ['write.kafka/logs', 'skip', 'not a plain directory (link)', '^ directory.kafka/logs'],
      ],
    ],
    [
      'a base that its services cannot enter',
      (p) => p.chmod(BASE, '0700'),
      [
        ['directory.base', 'fail', 'directory root:root 0700', 'sudo jts-hot repair base'],
        ...['kafka', 'redis'].flatMap((name) =>
          ['', '/data', '/logs'].map(
            (part) =>
              [`write.${name}${part}`, 'fail', 'no: permission denied (EACCES)', '^ directory.base'] as const,
          ),
        ),
      ],
    ],
  ];
  for (const [what, damage, expected] of table)
    it(`is named with its fix: ${what}`, async () => {
      const host = await converged();
      damage(host.prepare);
      assert.deepEqual(
        bad(validate(LAYOUT, host)).map(({ id, status, found, fix, hint, because }) => [
          id,
          status,
          found,
          because === null ? (fix ?? hint) : `^ ${because}`,
        ]),
        expected,
      );
    });

  it('of a missing user: what rests on it is skipped, not passed', () => {
    const host = createHost();
    host.prepare.directory(`${BASE}/kafka/data`);
    const checks = validate(smallLayout('kafka'), host);
    assert.deepEqual(
      bad(checks).map(({ id, status, found }) => [id, status, found]),
      [
        ['group.kafka', 'fail', 'missing'],
        ['user.kafka', 'fail', 'missing'],
        ['directory.kafka', 'fail', 'directory root:root 0755'],
        ['directory.kafka/data', 'fail', 'directory root:root 0755'],
        ['directory.kafka/logs', 'fail', 'missing'],
        ['user.kafka.groups', 'skip', 'no user kafka'],
        ['user.kafka.shared-uid', 'skip', 'no user kafka'],
        ['group.kafka.shared-gid', 'skip', 'no group kafka'],
        ['write.kafka', 'skip', 'no user kafka'],
        ['write.kafka/data', 'skip', 'no user kafka'],
        ['write.kafka/logs', 'skip', 'no user kafka'],
      ],
    );
  });

  it('of an existing user with a login shell: a warning of its own', async () => {
    const host = createHost();
    host.prepare.addGroup('kafka', 996);
    host.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: '/', shell: '/bin/bash' });
    await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      {
        id: 'user.kafka.login-shell',
        at: 'user kafka',
        service: 'kafka',
        severity: 'warning',
        status: 'fail',
        expected: 'system user, no login',
        found: 'want /bin/false, found /bin/bash; kept as it is',
        fix: 'sudo usermod --shell /bin/false kafka',
        hint: 'only if nothing needs the shell',
        because: null,
      },
    ]);
  });

  it('of service users that share a uid: isolation fails, for the kernel cannot keep them apart', async () => {
    const host = createHost();
    host.prepare.addUser({ name: 'kafka', uid: 997, gid: 996, home: '/', shell: '/bin/false' });
    host.prepare.addUser({ name: 'redis', uid: 997, gid: 996, home: '/', shell: '/bin/false' });
    host.prepare.addGroup('kafka', 996);
    host.prepare.addGroup('redis', 995);
    await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
    const ids = bad(validate(LAYOUT, host)).map(({ id }) => id);
    assert.deepEqual(ids, [
      'user.redis.other-group',
      'user.kafka.shared-uid',
      'user.redis.groups',
      'user.redis.shared-uid',
      'isolation.kafka/redis',
      'isolation.redis/kafka',
    ]);
  });

  it('of a disk that takes no more: the fix is not in the layout', async () => {
    const host = await converged();
    for (const [error, hint] of [
      ['ENOSPC', 'free some space: see who uses it with: jts-hot monitor'],
      ['EDQUOT', 'raise the quota or free some space: see who uses it with: jts-hot monitor'],
      ['EROFS', 'the file system is read-only: see why (sudo dmesg | tail), then remount it'],
      ['EIO', 'the disk reports errors: look at dmesg and smartctl'],
    ] as const) {
      const broken = {
        ...host,
        probeWrites: (paths: readonly string[]) => paths.map(() => ({ ok: false, error })),
      };
      const checks = validate(LAYOUT, broken).filter(({ id }) => id.startsWith('write.'));
      assert.equal(checks.length, 6);
      // One disk is one failure; a quota is a service's own.
      const first = (service: string | null) => (error === 'EDQUOT' ? `write.${service}` : 'write.kafka');
      for (const { id, service, because } of checks)
        assert.equal(because, id === first(service) ? null : first(service), id);
      for (const check of checks)
        assert.deepEqual([check.status, check.found, check.hint], ['fail', `no: ${errnoText(error)}`, hint]);
    }
  });

  it('of a probe that could not be made: fails, for nothing is proved', async () => {
    const host = await converged();
    const gone = { ok: false, error: 'ENOENT' } as const;
    const broken = {
      ...host,
      probeReach: (paths: readonly string[]) => paths.map(() => ({ list: gone, enter: gone })),
    };
    const check = one(validate(LAYOUT, broken), 'isolation.kafka/redis');
    assert.deepEqual([check.status, check.found], ['fail', `cannot tell: ${errnoText('ENOENT')}`]);
  });
});

describe('validate: isolation', () => {
  it('is not asked between services of one user, of root, nor of what the layout opens to all', async () => {
    const { base, services } = smallLayout('kafka', 'mirror', 'open', 'archive', 'redis');
    const [kafka, mirror, open, archive, redis] = services;
    assert.ok(kafka && mirror && open && archive && redis);
    const layout: Layout = {
      base,
      services: [
        kafka,
        { ...mirror, user: 'kafka', group: 'kafka' },
        { ...open, mode: '0755' },
        { ...archive, user: 'root', group: 'root' },
        redis,
      ],
    };
    const ids = validate(layout, await converged(layout)).map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id) => id.startsWith('isolation.')),
      [
        'isolation.kafka/redis',
        'isolation.mirror/redis',
        'isolation.open/kafka',
        'isolation.open/mirror',
        'isolation.open/redis',
        'isolation.redis/kafka',
        'isolation.redis/mirror',
      ],
    );
  });

  it('of a visitor whose user is missing is skipped, not left out: nothing is proved', async () => {
    const host = await converged();
    const gone = {
      ...host,
      users: (names: readonly string[]) => host.users(names.filter((name) => name !== 'redis')),
    };
    const checks = validate(LAYOUT, gone);
    const check = one(checks, 'isolation.redis/kafka');
    assert.deepEqual(
      [check.status, check.found, check.fix, check.expected],
      ['skip', 'no user redis', 'sudo jts-hot setup', 'redis can neither list nor enter it'],
    );
    // In this direction it can be asked: the directory is there, no matter who owns it.
    assert.equal(one(checks, 'isolation.kafka/redis').status, 'pass');
    assert.deepEqual(
      checks.map(({ id }) => id),
      validate(LAYOUT, host).map(({ id }) => id),
    );
  });

  it('has one ID a pair, where a dot in a name would make two pairs one', async () => {
    const { base, services } = smallLayout('a', 'a.b', 'b', 'b.b');
    const layout: Layout = {
      base,
      services: services.map((service, i) => ({ ...service, user: `u${i}`, group: `u${i}` })),
    };
    const ids = validate(layout, await converged(layout)).map(({ id }) => id);
    const pairs = ids.filter((id) => id.startsWith('isolation.'));
    assert.equal(pairs.length, 4 * 3);
    assert.equal(new Set(pairs).size, pairs.length);
  });

  it('is asked with just the groups of the account, and so is writing', async () => {
    const host = await converged();
    host.prepare.addGroup('readers', 700, ['redis', 'somebody']);
    const asked: Identity[] = [];
    const watched = {
      ...host,
      probeWrites: (paths: readonly string[], identity: Identity, synced: number) => {
        asked.push(identity);
        return host.probeWrites(paths, identity, synced);
      },
      probeReach: (paths: readonly string[], identity: Identity) => {
        if (paths.length > 0) asked.push(identity);
        return host.probeReach(paths, identity);
      },
    };
    validate(LAYOUT, watched);
    const users = host.users(['kafka', 'redis']);
    const each = ['kafka', 'redis'].map((name) => ({
      uid: users.get(name)?.uid,
      gid: users.get(name)?.gid,
      groups: name === 'redis' ? [700] : [],
    }));
    assert.deepEqual(asked, [...each, ...each]);
  });
});
