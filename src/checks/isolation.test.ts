// What lets one service look at another, found by trying and told once, with the command that ends it; and that the
// work grows with the number of services, not with its square.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contextOf, createHost, smallLayout } from '../../test/cases/host.ts';
import { runBookLayout } from '../../test/cases/run-book.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import type { Layout } from '../layout/layout.ts';
import { builtInMonitoring } from '../layout/monitoring.ts';
import type { HostReader, Identity } from '../port/host.ts';
import { setupCommand } from '../setup/setup.ts';
import { summariseSpec } from '../setup/spec.ts';
import type { Check } from './check.ts';
import { MOST_IN_PAIRS } from './isolation.ts';
import { PRIVILEGED_GROUPS } from './privileged-groups.ts';
import { validate } from './validation.ts';

const BASE = '/data/jts/hot';
const LAYOUT = smallLayout('kafka', 'redis', 'mongodb');

/** Set up already, after what `before` found to do. */
async function converged(
  layout = LAYOUT,
  before: (host: MemoryHost) => void = () => {},
): Promise<MemoryHost> {
  const host = createHost();
  before(host);
  const { exitCode } = await setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
  return host;
}

/** As gpasswd -a does it, and as it is found on any later look. */
function joined(host: MemoryHost, user: string, group: string): MemoryHost {
  const gid = host.groups([group]).get(group)?.gid ?? Number.NaN;
  return {
    ...host,
    memberships: (names) =>
      new Map(
        [...host.memberships(names)].map(([name, groups]) => [
          name,
          name === user ? [...groups, { name: group, gid, kept: null }] : groups,
        ]),
      ),
  };
}

/** `id status: found | fix`, or `| ^ id` of what it follows from. */
function bad(checks: readonly Check[]): readonly string[] {
  return checks
    .filter(({ status }) => status !== 'pass')
    .map(
      ({ id, status, found, fix, hint, because }) =>
        `${id} ${status}: ${found} | ${because === null ? [fix, hint].filter((way) => way !== null).join(' (hint) ') : `^ ${because}`}`,
    );
}

describe('isolation: groups', () => {
  it("redis in kafka's group: one failure, and what it can list with it", async () => {
    const host = joined(await converged(), 'redis', 'kafka');
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      'user.redis.groups fail: member of kafka (the files of kafka) | sudo gpasswd -d redis kafka',
      'isolation.redis/kafka fail: it can list it, and data, logs in it | ^ user.redis.groups',
    ]);
  });

  it('a membership that gives nothing yet is reported too: the next mode change would open the directory', async () => {
    const closed: Layout = { ...LAYOUT, services: LAYOUT.services.map((one) => ({ ...one, mode: '0700' })) };
    const host = joined(await converged(closed), 'redis', 'kafka');
    assert.deepEqual(bad(validate(closed, host)), [
      'user.redis.groups fail: member of kafka (the files of kafka) | sudo gpasswd -d redis kafka',
    ]);
  });

  for (const [group, gives] of PRIVILEGED_GROUPS)
    it(`a service user in ${group}`, async () => {
      const host = await converged(LAYOUT, ({ prepare }) => {
        if (group !== 'root') prepare.addGroup(group, 42);
      });
      assert.deepEqual(bad(validate(LAYOUT, joined(host, 'redis', group))), [
        `user.redis.groups fail: member of ${group} (${gives}) | sudo gpasswd -d redis ${group}`,
      ]);
    });

  it('several at once: one failure, one line to type', async () => {
    const host = await converged(LAYOUT, ({ prepare }) => {
      prepare.addGroup('disk', 6);
    });
    const [one] = bad(validate(LAYOUT, joined(joined(host, 'redis', 'disk'), 'redis', 'mongodb')));
    assert.match(one ?? '', /\| sudo usermod --groups '' redis$/);
  });

  it('a privileged group under another name is known by its number', async () => {
    const host = await converged(LAYOUT, ({ prepare }) => {
      prepare.addGroup('docker', 42);
      prepare.addGroup('boats', 42);
    });
    assert.match(
      bad(validate(LAYOUT, joined(host, 'redis', 'boats')))[0] ?? '',
      /^user\.redis\.groups fail: member of boats \(root, by/,
    );
  });

  it('harmless ones are named, and pass', async () => {
    const host = await converged(LAYOUT, ({ prepare }) => {
      prepare.addGroup('ssl-cert', 42);
    });
    const checks = validate(LAYOUT, joined(host, 'redis', 'ssl-cert'));
    assert.deepEqual(bad(checks), []);
    assert.equal(checks.find(({ id }) => id === 'user.redis.groups')?.found, 'in its own and ssl-cert');
  });

  it('one that the layout itself gives to the service is its own', async () => {
    const { services } = LAYOUT;
    const layout: Layout = {
      base: BASE,
      services: services.map((one) => (one.name === 'redis' ? { ...one, group: 'docker' } : one)),
    };
    const host = await converged(layout);
    assert.deepEqual(bad(validate(layout, joined(host, 'redis', 'docker'))), []);
    assert.match(
      bad(validate(layout, joined(host, 'kafka', 'docker')))[0] ?? '',
      /^user\.kafka\.groups fail: member of docker/,
    );
  });

  it('a primary group that is another service’s is as bad', async () => {
    const host = createHost();
    host.prepare.addGroup('kafka', 500);
    host.prepare.addUser({ name: 'redis', uid: 501, gid: 500, home: '/', shell: '/bin/false' });
    await setupCommand(contextOf(host, LAYOUT), { adopt: [], strict: false, saved: null });
    assert.deepEqual(
      bad(validate(LAYOUT, host)).filter((line) => !line.includes('other-group')),
      [
        'user.redis.groups fail: member of kafka (the files of kafka) | sudo usermod --gid redis redis',
        'isolation.redis/kafka fail: it can list it, and data, logs in it | ^ user.redis.groups',
      ],
    );
  });

  it('one that is kept elsewhere is ended there', async () => {
    const host = joined(await converged(), 'redis', 'kafka');
    const ldap: MemoryHost = {
      ...host,
      memberships: (names) =>
        new Map(
          [...host.memberships(names)].map(([name, groups]) => [
            name,
            groups.map((one) => ({ ...one, kept: 'sss' })),
          ]),
        ),
    };
    assert.match(
      bad(validate(LAYOUT, ldap))[0] ?? '',
      /\| take redis out of group kafka where it is kept \(sss,/,
    );
  });

  it('of an image, the command names the image', async () => {
    const host = { ...joined(await converged(), 'redis', 'kafka'), root: '/mnt/image' };
    assert.match(bad(validate(LAYOUT, host))[0] ?? '', /\| sudo gpasswd --root \/mnt\/image -d redis kafka$/);
  });
});

describe('isolation: numbers', () => {
  const account = { home: '/srv', shell: '/bin/false' } as const;

  it('another account with the uid of a service: it gets a number of its own', async () => {
    const host = await converged();
    const { uid = 0 } = host.users(['redis']).get('redis') ?? {};
    host.prepare.addUser({ name: 'www', uid, gid: 4711, ...account });
    const free =
      Math.min(...['kafka', 'redis', 'mongodb'].map((name) => host.users([name]).get(name)?.uid ?? 0)) - 1;
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      `user.redis.shared-uid fail: uid ${uid} is also www | sudo usermod --uid ${free} www`,
    ]);
  });

  it('one whose home is on the hot tier leaves it: usermod would give away what is in it', async () => {
    const host = await converged();
    const { uid = 0 } = host.users(['redis']).get('redis') ?? {};
    host.prepare.addUser({ name: 'www', uid, gid: 4711, shell: '/bin/false', home: `${BASE}/redis` });
    assert.match(bad(validate(LAYOUT, host))[0] ?? '', /\| sudo usermod --uid \d+ --home \/nonexistent www$/);
  });

  it('two services with one uid: one failure, and the second gets its own, with its files', async () => {
    const host = await converged(LAYOUT, ({ prepare }) => {
      prepare.addGroup('kafka', 500);
      prepare.addGroup('redis', 501);
      prepare.addUser({ name: 'kafka', uid: 600, gid: 500, ...account });
      prepare.addUser({ name: 'redis', uid: 600, gid: 501, ...account });
    });
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      'user.kafka.shared-uid fail: uid 600 is also redis | sudo usermod --uid 999 redis (hint) then: sudo jts-hot repair redis --recursive',
      'user.redis.shared-uid fail: uid 600 is also kafka | ^ user.kafka.shared-uid',
      'isolation.kafka/redis fail: it can list it, and data, logs in it | ^ user.kafka.shared-uid',
      'isolation.redis/kafka fail: it can list it, and data, logs in it | ^ user.kafka.shared-uid',
    ]);
  });

  it('two groups with one gid: the other one moves, and takes no user of ours with it', async () => {
    const host = await converged();
    const { gid = 0 } = host.groups(['kafka']).get('kafka') ?? {};
    host.prepare.addGroup('staff2', gid);
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      `group.kafka.shared-gid fail: gid ${gid} is also staff2 | sudo sh -c 'groupmod --gid 996 staff2 && usermod --gid kafka kafka'`,
    ]);
  });

  it('two services whose groups have one gid look into each other’s directories: one failure', async () => {
    const host = await converged(LAYOUT, ({ prepare }) => {
      prepare.addGroup('kafka', 500);
      prepare.addGroup('redis', 500);
    });
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      "group.kafka.shared-gid fail: gid 500 is also redis | sudo sh -c 'groupmod --gid 999 redis && usermod --gid kafka kafka && usermod --gid redis redis' (hint) then: sudo jts-hot repair redis --recursive",
      'group.redis.shared-gid fail: gid 500 is also kafka | ^ group.kafka.shared-gid',
      'isolation.kafka/redis fail: it can list it, and data, logs in it | ^ group.kafka.shared-gid',
      'isolation.redis/kafka fail: it can list it, and data, logs in it | ^ group.kafka.shared-gid',
    ]);
  });
});

describe('isolation: one user of two services', () => {
  const shared = (declared: boolean): Layout => {
    const [kafka, redis] = LAYOUT.services;
    assert.ok(kafka && redis);
    return {
      base: BASE,
      services: [kafka, { ...redis, user: 'kafka', group: 'kafka', sharesUser: declared }],
    };
  };

  it('fails unless the layout says that it is meant', async () => {
    const host = await converged(shared(false));
    assert.deepEqual(bad(validate(shared(false), host)), [
      'user.kafka.services fail: kafka, redis | in the layout, give redis a user of its own, or say that it is meant: sharesUser: true',
    ]);
    const summary = (declared: boolean) =>
      summariseSpec({ layout: shared(declared), monitoring: builtInMonitoring, file: null }).result.warnings;
    assert.deepEqual(
      summary(false).map(({ id, found }) => [id, found]),
      [['user.kafka.services', "redis runs as another service's user"]],
    );
    assert.deepEqual(summary(true), []);
    const checks = validate(shared(true), host);
    assert.deepEqual(bad(checks), []);
    assert.equal(checks.find(({ id }) => id === 'user.kafka.services')?.status, 'pass');
  });
});

describe('isolation: a user who is root', () => {
  it('is one failure, and all that root can do follows from it', async () => {
    const host = await converged();
    const disguised: MemoryHost = {
      ...host,
      users: (names) =>
        new Map(
          [...host.users(names)].map(([name, user]) => [name, name === 'redis' ? { ...user, uid: 0 } : user]),
        ),
    };
    const checks = validate(LAYOUT, disguised);
    const own = checks
      .filter(({ status, because }) => status === 'fail' && because === null)
      .map(({ id }) => id);
    assert.ok(own.includes('user.redis'));
    assert.deepEqual(
      own.filter((id) => id.startsWith('isolation.')),
      [],
    );
    assert.ok(checks.some(({ id, because }) => id === 'isolation.redis/kafka' && because === 'user.redis'));
  });
});

describe('isolation: access control lists', () => {
  it('an entry for a user: named, and taken back from each directory that has it', async () => {
    const host = await converged();
    const { uid = 0 } = host.users(['redis']).get('redis') ?? {};
    for (const path of [`${BASE}/kafka`, `${BASE}/kafka/data`])
      host.prepare.grant(path, { type: 'user', id: uid, bits: 5 });
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      `acl.kafka fail: an access control list: user redis r-x, mask r-x | sudo jts-hot repair kafka --acl`,
      'acl.kafka/data fail: an access control list: user redis r-x, mask r-x | ^ acl.kafka',
      'isolation.redis/kafka fail: it can list it, and data in it | ^ acl.kafka',
    ]);
  });

  it('an entry for entering alone is one too', async () => {
    const host = await converged();
    const { uid = 0 } = host.users(['redis']).get('redis') ?? {};
    host.prepare.grant(`${BASE}/kafka`, { type: 'user', id: uid, bits: 1 });
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      `acl.kafka fail: an access control list: user redis --x, mask r-x | sudo setfacl -b ${BASE}/kafka`,
      'isolation.redis/kafka fail: it can enter it | ^ acl.kafka',
    ]);
  });

  it('an entry for a group lets in its members, by whatever group it is', async () => {
    const host = joined(
      await converged(LAYOUT, ({ prepare }) => {
        prepare.addGroup('readers', 42);
      }),
      'redis',
      'readers',
    );
    host.prepare.grant(`${BASE}/kafka`, { type: 'group', id: 42, bits: 5 });
    assert.deepEqual(bad(validate(LAYOUT, host)), [
      `acl.kafka fail: an access control list: group readers r-x, mask r-x | sudo setfacl -b ${BASE}/kafka`,
      `isolation.redis/kafka fail: it can list it | sudo setfacl -x g:readers ${BASE}/kafka`,
    ]);
  });

  it('one that lets no service in is a warning: a backup may read so', async () => {
    const host = await converged();
    host.prepare.grant(`${BASE}/kafka`, { type: 'user', id: 4711, bits: 5 });
    const [acl, ...others] = validate(LAYOUT, host).filter(({ status }) => status !== 'pass');
    assert.deepEqual([acl?.id, acl?.severity, others], ['acl.kafka', 'warning', []]);
  });
});

describe('isolation: many services', () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `s${String(i).padStart(4, '0')}`);

  interface Counted {
    readonly host: MemoryHost;
    /** Each call with how many names, numbers or paths it was asked about. */
    readonly calls: () => number;
    readonly asked: () => number;
  }

  /** Counts what is asked of a host, whatever it is. */
  function counted(host: MemoryHost): Counted {
    let [calls, asked] = [0, 0];
    const watch =
      <A extends readonly unknown[], R>(method: (...args: A) => R) =>
      (...args: A): R => {
        calls++;
        asked += args.reduce<number>((sum, arg) => sum + (Array.isArray(arg) ? arg.length : 0), 1);
        return method(...args);
      };
    const watched: MemoryHost = {
      ...host,
      users: watch(host.users),
      groups: watch(host.groups),
      memberships: watch(host.memberships),
      accountsNumbered: watch(host.accountsNumbered),
      entry: watch(host.entry),
      accessEntries: watch(host.accessEntries),
      probeWrites: watch(host.probeWrites),
      probeReach: watch(host.probeReach),
    };
    return { host: watched, calls: () => calls, asked: () => asked };
  }

  async function countedValidation(count: number): Promise<Counted & { readonly checks: readonly Check[] }> {
    const layout = smallLayout(...names(count));
    const it = counted(await converged(layout));
    return { ...it, checks: validate(layout, it.host) };
  }

  it('twice as many make twice the work, not four times', async () => {
    const [one, two] = [await countedValidation(100), await countedValidation(200)];
    assert.ok(one.asked() > 1000, `${one.asked()}`);
    for (const [less, more] of [
      [one.calls(), two.calls()],
      [one.asked(), two.asked()],
      [one.checks.length, two.checks.length],
    ] as const)
      assert.ok(more <= 2.05 * less, `${less} became ${more}`);
    assert.deepEqual(bad(two.checks), []);
  });

  it('accounts are asked for together: as many questions with 200 as with 10', async () => {
    const questions = async (count: number) => {
      const layout = smallLayout(...names(count));
      const host = await converged(layout);
      let asked = 0;
      const watch =
        <A extends readonly unknown[], R>(method: (...args: A) => R) =>
        (...args: A): R => {
          asked++;
          return method(...args);
        };
      const { users, groups, memberships, accountsNumbered } = host;
      const reader: Pick<HostReader, 'users' | 'groups' | 'memberships' | 'accountsNumbered'> = {
        users: watch(users),
        groups: watch(groups),
        memberships: watch(memberships),
        accountsNumbered: watch(accountsNumbered),
      };
      validate(layout, { ...host, ...reader });
      return asked;
    };
    assert.equal(await questions(200), await questions(10));
  });

  it('beyond fifty, each user syncs one file', async () => {
    for (const count of [MOST_IN_PAIRS, MOST_IN_PAIRS + 1]) {
      const layout = smallLayout(...names(count));
      const host = await converged(layout);
      const asked = new Set<number>();
      const checks = validate(layout, {
        ...host,
        probeWrites: (paths, identity, synced) => {
          asked.add(synced);
          return host.probeWrites(paths, identity, synced);
        },
      });
      const said = checks.filter(({ id, expected }) => id.startsWith('write.') && expected.includes('sync'));
      const all = count === MOST_IN_PAIRS;
      assert.deepEqual([...asked], [all ? 3 : 1]);
      assert.equal(said.length, all ? 3 * count : count);
      assert.equal(said[1]?.id, all ? 'write.s0000/data' : 'write.s0001');
    }
  });

  it('up to fifty every pair has its check, beyond that each service has one', async () => {
    for (const count of [MOST_IN_PAIRS, MOST_IN_PAIRS + 1]) {
      const layout = smallLayout(...names(count));
      const ids = validate(layout, await converged(layout))
        .map(({ id }) => id)
        .filter((id) => id.startsWith('isolation.'));
      assert.equal(ids.length, count === MOST_IN_PAIRS ? count * (count - 1) : count);
      assert.equal(ids[0], count === MOST_IN_PAIRS ? 'isolation.s0000/s0001' : 'isolation.s0000');
      assert.equal(new Set(ids).size, ids.length);
    }
  });

  const layout = smallLayout(...names(60));
  const found = async (damage: (host: MemoryHost) => MemoryHost) =>
    bad(validate(layout, damage(await converged(layout))));

  it('a user that a group, an owner or an entry lets in is tried, wherever in the layout it is', async () => {
    assert.deepEqual(await found((host) => joined(host, 's0000', 's0045')), [
      'user.s0000.groups fail: member of s0045 (the files of s0045) | sudo gpasswd -d s0000 s0045',
      `isolation.s0000 fail: it gets into ${BASE}/s0045 | ^ user.s0000.groups`,
    ]);
    assert.deepEqual(
      await found((host) => {
        const { uid = 0 } = host.users(['s0050']).get('s0050') ?? {};
        host.prepare.grant(`${BASE}/s0020`, { type: 'user', id: uid, bits: 5 });
        return host;
      }),
      [
        `acl.s0020 fail: an access control list: user s0050 r-x, mask r-x | sudo setfacl -b ${BASE}/s0020`,
        `isolation.s0050 fail: it gets into ${BASE}/s0020 | sudo setfacl -x u:s0050 ${BASE}/s0020`,
      ],
    );
    const twins = await found((host) => ({
      ...host,
      users: (asked) => {
        const users = new Map(host.users(asked));
        const [one, other] = [users.get('s0003'), users.get('s0040')];
        if (one !== undefined && other !== undefined) users.set('s0040', { ...other, uid: one.uid });
        return users;
      },
    }));
    assert.ok(
      twins.some((line) => line.startsWith(`isolation.s0040 fail: it gets into ${BASE}/s0003`)),
      twins.join('\n'),
    );
  });

  it('a directory that is open to all is found by some who have nothing to do with it', async () => {
    const lines = await found((host) => {
      host.prepare.chmod(`${BASE}/s0030`, '0755');
      return host;
    });
    assert.match(lines[0] ?? '', /^directory\.s0030 fail/);
    assert.ok(
      lines.filter((line) => /^isolation.*\^ directory\.s0030$/.test(line)).length >= 1,
      lines.join('\n'),
    );
  });

  it('a user who is missing is skipped, not left out', async () => {
    const lines = await found((host) => ({
      ...host,
      users: (asked) => host.users(asked.filter((name) => name !== 's0007')),
    }));
    assert.ok(lines.includes('isolation.s0007 skip: no user s0007 | ^ user.s0007'), lines.join('\n'));
  });
});

describe('isolation: the built-in layout', () => {
  it('asks as each of the five, with all of its groups', async () => {
    const host = joined(await converged(runBookLayout), 'postgres', 'redis');
    const identities = new Set<string>();
    validate(runBookLayout, {
      ...host,
      probeReach: (paths, identity: Identity) => {
        identities.add(JSON.stringify(identity));
        return host.probeReach(paths, identity);
      },
    });
    assert.equal(identities.size, 5);
    assert.ok([...identities].some((text) => /"groups":\[\d+\]/.test(text)));
  });
});
