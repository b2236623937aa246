// One service looks at another's data on a real host, in each way that an administrator opens by mistake; validate tells it
// once, and what it says, typed as it stands, ends it. Must not build on how it is found.
import assert from 'node:assert/strict';
import { describe as group, it } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const SECRET = `${BASE}/kafka/data/orders`;

interface Checked {
  readonly id: string;
  readonly status: string;
  readonly severity: string;
  readonly found: string;
  readonly fix: string | null;
  readonly hint: string | null;
  readonly because: string | null;
}

function sh(host: ThrowawayHost, script: string): string {
  const ran = host.run(['sh', '-ec', script]);
  assert.equal(ran.status, 0, `${script}\n${describe(ran)}`);
  return ran.stdout;
}

/** As the service manager starts it: with all groups of the account. */
function readsAs(host: ThrowawayHost, user: string): boolean {
  const become = `setpriv --reuid=${user} --regid="$(id -g ${user})" --init-groups`;
  return host.run(['sh', '-c', `${become} cat ${SECRET}`]).stdout === 'orders\n';
}

/** Errors that stand for themselves, and how many follow. */
function failures(host: ThrowawayHost, expected: number, ...flags: readonly string[]) {
  const { result } = JSON.parse(runJtsHot(host, ['validate', '--json', ...flags], expected).stdout);
  const bad = (result.checks as readonly Checked[]).filter(
    ({ status, severity }) => status !== 'pass' && severity === 'error',
  );
  const own = bad.filter(({ because }) => because === null);
  return { own, following: bad.length - own.length };
}

const NSSWITCH = `sed -i 's/^\\(passwd\\|group\\):.*/& extrausers/' /etc/nsswitch.conf; mkdir -p /var/lib/extrausers`;

interface Hole {
  readonly what: string;
  readonly open: string;
  readonly reads: string | null;
  readonly id: string;
  readonly found: RegExp;
  readonly fix: RegExp;
  readonly following: number;
  /** What the hint says to type after the fix. */
  readonly after?: string;
  /** Where the fix is an advice: what somebody then does. */
  readonly mend?: string;
}

const HOLES: readonly Hole[] = [
  {
    what: "redis in kafka's group",
    open: 'gpasswd -a redis kafka',
    reads: 'redis',
    id: 'user.redis.groups',
    found: /^member of kafka \(the files of kafka\)$/,
    fix: /^sudo gpasswd -d redis kafka$/,
    following: 1,
  },
  {
    what: 'redis in docker and disk',
    open: 'usermod -aG docker,disk redis',
    reads: null,
    id: 'user.redis.groups',
    found: /^member of (disk|docker) \(.*, (disk|docker) \(/,
    fix: /^sudo usermod --groups '' redis$/,
    following: 0,
  },
  {
    what: 'entries in access control lists, also for what is yet to be made',
    open: `setfacl -m u:redis:rx ${BASE}/kafka; setfacl -m u:redis:rx,d:u:redis:rx ${BASE}/kafka/data; setfacl -m u:redis:r ${SECRET}`,
    reads: 'redis',
    id: 'acl.kafka',
    found: /^an access control list: user redis r-x, mask r-x$/,
    fix: /^sudo \S*jts-hot repair kafka --recursive --acl$/,
    following: 3,
  },
  {
    what: 'another account with the uid of kafka and its home',
    open: `useradd --non-unique --uid "$(id -u kafka)" --gid nogroup --home-dir ${BASE}/kafka --no-create-home www`,
    reads: null,
    id: 'user.kafka.shared-uid',
    found: /^uid \d+ is also www$/,
    fix: /^sudo usermod --uid \d+ --home \/nonexistent www$/,
    following: 0,
  },
  {
    what: 'redis with the uid of kafka',
    open: 'usermod --non-unique --uid "$(id -u kafka)" redis',
    reads: 'redis',
    id: 'user.kafka.shared-uid',
    found: /^uid \d+ is also redis$/,
    fix: /^sudo usermod --uid \d+ redis$/,
    after: 'repair redis --recursive',
    following: 3,
  },
  {
    what: 'another group with the gid of kafka, and a user in it',
    open: 'groupadd --non-unique --gid "$(id -g kafka)" readers; useradd --gid readers --no-create-home reader',
    reads: 'reader',
    id: 'group.kafka.shared-gid',
    found: /^gid \d+ is also readers$/,
    fix: /^sudo sh -c 'groupmod --gid \d+ readers && usermod --gid kafka kafka'$/,
    following: 0,
  },
  {
    what: 'a membership that only another service of NSS knows',
    open: `${NSSWITCH}; echo "kafka:x:$(id -g kafka):redis" >/var/lib/extrausers/group`,
    reads: 'redis',
    id: 'user.redis.groups',
    found: /^member of kafka \(the files of kafka\)$/,
    fix: /^take redis out of group kafka where it is kept \(extrausers, see \/etc\/nsswitch\.conf\)$/,
    following: 1,
    mend: 'rm /var/lib/extrausers/group',
  },
  {
    what: 'an account with the uid of kafka that only another service of NSS knows',
    open: `${NSSWITCH}; echo "www:x:$(id -u kafka):65534::/:/bin/sh" >/var/lib/extrausers/passwd`,
    reads: null,
    id: 'user.kafka.shared-uid',
    found: /^uid \d+ is also www$/,
    fix: /^give www another uid where it is kept \(extrausers, see \/etc\/nsswitch\.conf\)$/,
    following: 0,
    mend: 'rm /var/lib/extrausers/passwd',
  },
  {
    what: 'a group with the gid of kafka that only systemd knows, from a record in a file',
    open: `sed -i 's/^group:.*/group: files systemd/' /etc/nsswitch.conf; mkdir /etc/userdb; cd /etc/userdb
      printf '{"groupName":"readers","gid":%s}' "$(id -g kafka)" >readers.group; ln -s readers.group "$(id -g kafka).group"`,
    reads: null,
    id: 'group.kafka.shared-gid',
    found: /^gid \d+ is also readers$/,
    fix: /^give readers another gid where it is kept \(systemd, see \/etc\/nsswitch\.conf\)$/,
    following: 0,
    mend: 'rm -r /etc/userdb',
  },
];

group('isolation on a real host', () => {
  it('each hole is told once, with what ends it', (t) => {
    const needs = ['root', 'overlay in a private mount namespace', 'useradd', 'setfacl'] as const;
    if (!requires(t, ...needs, 'libnss-extrausers', 'libnss-systemd')) return;
    using host = startHost({
      freshAccounts: true,
      disks: [{ at: BASE, size: '16m' }],
      prepare: `printf '#!/bin/sh\\nexec ${process.execPath} ${REPOSITORY}/dist/jts-hot.js "$@"\\n' >/usr/local/bin/jts-hot; chmod 755 /usr/local/bin/jts-hot; rm -rf /var/lib/extrausers`,
    });
    runJtsHot(host, ['setup']);
    sh(host, `echo orders >${SECRET}; chown kafka:kafka ${SECRET}; chmod 640 ${SECRET}`);
    const before = sh(host, `find ${BASE} -printf '%p %u:%g %m\\n' | sort`);
    assert.equal(readsAs(host, 'redis'), false);
    assert.deepEqual(failures(host, 0), { own: [], following: 0 });
    for (const { what, open, reads, id, found, fix, following, after, mend } of HOLES) {
      sh(host, open);
      if (reads !== null) assert.equal(readsAs(host, reads), true, `${what}: it really reads`);
      const told = failures(host, 1);
      assert.deepEqual(
        told.own.map((check) => check.id),
        [id],
        what,
      );
      assert.match(told.own[0]?.found ?? '', found, what);
      assert.match(told.own[0]?.fix ?? told.own[0]?.hint ?? '', fix, what);
      assert.equal(told.following, following, what);
      sh(host, mend ?? told.own[0]?.fix ?? '');
      if (after !== undefined) runJtsHot(host, after.split(' '));
      if (reads !== null) assert.equal(readsAs(host, reads), false, `${what}: it reads no more`);
      assert.deepEqual(failures(host, 0), { own: [], following: 0 }, what);
      assert.equal(sh(host, `find ${BASE} -printf '%p %u:%g %m\\n' | sort`), before, what);
    }
  });

  it('of an image, its own accounts count, and what is typed changes only them', (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd')) return;
    using host = startHost({
      freshAccounts: true,
      prepare:
        'mkdir -p /mnt/image/etc; cp /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs /mnt/image/etc/',
    });
    const image = ['--root', '/mnt/image'];
    runJtsHot(host, ['setup', ...image]);
    sh(host, 'usermod --prefix /mnt/image --append --groups kafka redis');
    const told = failures(host, 1, ...image);
    assert.deepEqual(
      told.own.map(({ id, fix }) => [id, fix]),
      [['user.redis.groups', 'sudo gpasswd --root /mnt/image -d redis kafka']],
    );
    assert.equal(told.following, 1);
    sh(host, told.own[0]?.fix ?? '');
    assert.deepEqual(failures(host, 0, ...image), { own: [], following: 0 });
  });
});
