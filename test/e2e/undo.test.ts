// Rollback on a real host where things have moved, been made anew, or lie where nobody expects them. It takes back what
// is ours and nothing else, and no number of data that still exists goes to the next user.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { builtInServices } from '../../src/services/index.ts';
import { requires } from '../requirement.ts';
import { replace } from './crash.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { type HostOptions, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd'] as const;
const BASE = '/data/jts/hot';
const ONLY = (...names: readonly string[]) =>
  builtInServices
    .filter(({ name }) => !names.includes(name))
    .map(({ name }) => `  ${name}: false\n`)
    .join('');

/** A host whose file systems are small, so that the search is short, with these services. */
function hostWith(services: readonly string[], more: { readonly prepare?: string } = {}): ThrowawayHost {
  const options: HostOptions = {
    freshAccounts: true,
    mounted: ['/data', '/var'],
    prepare: `mkdir -p /etc/jts; printf 'services:\\n${ONLY(...services).replaceAll('\n', '\\n')}' > /etc/jts/hot-storage.yaml
      ${more.prepare ?? ''}`,
  };
  return startHost(options);
}

function inside(host: ThrowawayHost, script: string, asUser?: string): string {
  const result = host.run(['sh', '-ec', script], asUser === undefined ? {} : { asUser });
  assert.equal(result.status, 0, `${script}\n${describe(result)}`);
  return result.stdout.trim();
}

/** Each on one line, whatever the width. */
function leftOf(host: ThrowawayHost, ...args: readonly string[]): readonly string[] {
  const { result } = JSON.parse(runJtsHot(host, ['rollback', '--json', ...args]).stdout);
  return result.left.map(({ address, why }: { address: string; why: string }) => `${address}: ${why}`);
}

function uidOf(host: ThrowawayHost, name: string): number {
  return Number(inside(host, `id -u ${name}`));
}

/** What somebody gets who installs a package now. */
function nextUid(host: ThrowawayHost): number {
  inside(host, 'useradd --system next');
  const uid = uidOf(host, 'next');
  inside(host, 'userdel next');
  return uid;
}

it('directories that were moved away: no account goes, each is locked, and no number of theirs is given away', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = hostWith(['postgresql', 'kafka']);
  runJtsHot(host, ['setup']);
  const uids = ['postgres', 'kafka'].map((name) => uidOf(host, name));
  inside(host, `echo money > ${BASE}/postgresql/data/16384`, 'postgres');
  inside(host, `mkdir /data/away; mv ${BASE}/postgresql ${BASE}/kafka /data/away`);
  const left = leftOf(host);
  for (const name of ['postgres', 'kafka']) {
    assert.ok(
      left.some((line) => line.startsWith(`user ${name}: locked, since directory ${BASE}`)),
      left.join('\n'),
    );
    // passwd(5), shadow(5): locked, and expired since the second day of 1970.
    assert.match(inside(host, `getent shadow ${name}`), /^\w+:!\*?:.*:1:$/);
  }
  assert.deepEqual(
    ['postgres', 'kafka'].map((name) => uidOf(host, name)),
    uids,
  );
  assert.ok(!uids.includes(nextUid(host)));
  assert.equal(inside(host, 'stat -c %U /data/away/postgresql/data/16384'), 'postgres');
  // Nobody becomes it by way of PAM; a service manager still can, which asks nobody.
  assert.notEqual(host.run(['su', '-s', '/bin/sh', 'postgres', '-c', 'true']).status, 0);
  // Back in its place, what is empty goes, and the data keeps its owner. Then the data goes, and the rest with it.
  inside(host, `mkdir -p ${BASE}; mv /data/away/* ${BASE}`);
  assert.deepEqual(
    leftOf(host, '1').filter((line) => line.startsWith('user ')),
    [`user postgres: directory ${BASE}/postgresql/data is still there`],
  );
  assert.equal(host.run(['getent', 'passwd', 'kafka']).status, 2);
  inside(host, `rm ${BASE}/postgresql/data/16384`);
  // The base was ours and is gone: this one is the administrator's.
  assert.deepEqual(leftOf(host, '1'), [
    `directory ${BASE}: another one has taken its place`,
    `directory /data/jts: directory ${BASE} is still there`,
  ]);
  assert.equal(host.run(['getent', 'passwd', 'postgres']).status, 2);
});

it('mv hot hot2, or another disk in its place: refused or told, and never undone', (t) => {
  if (!requires(t, ...NEEDS)) return;
  for (const away of [
    `mv ${BASE} ${BASE}2`,
    `mkdir -p /other/kafka/data; chown -R kafka:kafka /other/kafka; mount --bind /other ${BASE}`,
  ]) {
    using host = hostWith(['kafka']);
    runJtsHot(host, ['setup']);
    const uid = uidOf(host, 'kafka');
    inside(host, `echo money > ${BASE}/kafka/data/0.log`, 'kafka');
    inside(host, away);
    const result = host.run(jtsHot('rollback'));
    assert.ok(result.status === 3 || /left as it is: user kafka/.test(result.stdout), describe(result));
    assert.equal(uidOf(host, 'kafka'), uid);
    assert.notEqual(nextUid(host), uid);
    if (away.startsWith('mv')) assert.equal(inside(host, `stat -c %u ${BASE}2/kafka/data/0.log`), `${uid}`);
    else
      assert.equal(inside(host, `find ${BASE} | sort | xargs`), `${BASE} ${BASE}/kafka ${BASE}/kafka/data`);
  }
});

it("a user's file in a backup or below /var/log keeps the user until it is gone", (t) => {
  if (!requires(t, ...NEEDS)) return;
  for (const place of [`${BASE}/backup/daily/kafka.tar`, '/var/log/kafka/server.log']) {
    using host = hostWith(['kafka', 'redis', 'backup']);
    runJtsHot(host, ['setup']);
    const uid = uidOf(host, 'kafka');
    inside(host, `mkdir -p ${place.replace(/\/[^/]*$/, '')}; touch ${place}; chown kafka:root ${place}`);
    const left = leftOf(host);
    assert.ok(left.includes(`user kafka: locked, since uid ${uid} still owns ${place}`), left.join('\n'));
    assert.equal(host.run(['getent', 'passwd', 'redis']).status, 2);
    assert.notEqual(nextUid(host), uid);
    inside(host, `rm ${place}`);
    assert.deepEqual(leftOf(host, '1'), []);
    assert.equal(host.run(['getent', 'passwd', 'kafka']).status, 2);
  }
});

it('a share with the group keeps the group, which the next one does not get', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = hostWith(['kafka']);
  runJtsHot(host, ['setup']);
  const gid = inside(host, 'getent group kafka | cut -d: -f3');
  inside(host, 'mkdir -m 2770 /var/share; chgrp kafka /var/share');
  assert.deepEqual(leftOf(host), [`group kafka: gid ${gid} still has /var/share`]);
  inside(host, 'groupadd --system next');
  assert.notEqual(inside(host, 'getent group next | cut -d: -f3'), gid);
});

it('users and groups that an administrator made anew are left alone, and named', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = hostWith(['kafka', 'redis', 'mongodb']);
  runJtsHot(host, ['setup']);
  const [kafka, redis] = ['kafka', 'redis'].map((name) => uidOf(host, name));
  const gid = inside(host, 'getent group redis | cut -d: -f3');
  inside(
    host,
    `userdel kafka; useradd --uid 4711 --system --user-group --home-dir ${BASE}/kafka --shell /bin/false kafka
     userdel redis; groupdel redis 2>/dev/null || true; groupadd --gid 4712 redis
     useradd --system --uid ${redis} --gid redis --home-dir ${BASE}/redis --shell /bin/false redis
     useradd --system alice; usermod --append --groups mongodb alice`,
  );
  const before = inside(host, 'getent passwd kafka; getent group kafka redis mongodb');
  const left = leftOf(host);
  assert.ok(
    left.includes(`user kafka: it is another user of that name, with uid 4711 instead of ${kafka}`),
    left.join('\n'),
  );
  assert.ok(left.includes('group mongodb: it has members since: alice'), left.join('\n'));
  assert.ok(
    left.some(
      (line) => line === `group redis: it is another group of that name, with gid 4712 instead of ${gid}`,
    ),
    left.join('\n'),
  );
  assert.equal(inside(host, 'getent passwd kafka; getent group kafka redis mongodb'), before);
});

it('a group that a package was faster to make is not ours', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = hostWith(['kafka']);
  {
    // The real one by another way, as when a package is installed between our look and our act.
    using _package = replace(host, 'groupadd', [
      '/usr/sbin/groupadd --gid 4713 kafka',
      'exec /usr/sbin/groupadd "$@"',
    ]);
    const { status, stderr } = host.run(jtsHot('setup'));
    assert.equal(status, 1, stderr);
    assert.match(stderr, /E_EXISTS/);
  }
  assert.deepEqual(leftOf(host), ['group kafka: somebody else was faster to make it']);
  assert.match(inside(host, 'getent group kafka'), /^kafka:x:4713:/);
  // Gone on with, the rest is ours and goes.
  runJtsHot(host, ['setup']);
  assert.deepEqual(leftOf(host), []);
  assert.equal(host.run(['getent', 'passwd', 'kafka']).status, 2);
  assert.match(inside(host, 'getent group kafka'), /^kafka:x:4713:/);
});

it('what a service removed and wrote anew stays its own, also where ext4 gives it the same inode', (t) => {
  if (!requires(t, ...NEEDS, 'loop device')) return;
  using host = hostWith(['kafka'], { prepare: `mkdir -p /disks ${BASE}` });
  inside(
    host,
    `[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
     for i in $(seq 0 63); do [ -e /dev/loop$i ] || mknod /dev/loop$i b 7 $i; done`,
  );
  for (const inodeBytes of [256, 128]) {
    inside(
      host,
      `truncate -s 20M /disks/${inodeBytes}
       mkfs.ext4 -q -I ${inodeBytes} -O ^has_journal -E root_owner=0:0 /disks/${inodeBytes}
       mount -o loop /disks/${inodeBytes} ${BASE}; rmdir ${BASE}/lost+found`,
    );
    runJtsHot(host, ['setup']);
    const data = `${BASE}/kafka/data`;
    inside(
      host,
      `cd ${data}; for name in kept anew; do echo $name > $name; chown root:root $name; chmod 600 $name; done
       touch -d '2020-01-01' kept anew; mkdir -m 700 directory`,
    );
    const inode = (name: string) => inside(host, `stat -c %i ${data}/${name}`);
    const before = ['anew', 'directory'].map(inode);
    runJtsHot(host, ['repair', 'kafka', '--recursive']);
    for (const [name, make] of [
      ['anew', 'echo x > anew'],
      ['directory', 'mkdir -m 700 directory'],
    ] as const)
      inside(host, `cd ${data}; rm -r ${name}; ${make}`, 'kafka');
    assert.deepEqual(['anew', 'directory'].map(inode), before);
    const left = leftOf(host);
    const owner = (name: string) => inside(host, `stat -c %U ${data}/${name}`);
    assert.deepEqual(
      ['kept', 'anew'].map(owner),
      ['root', 'kafka'],
      `${inodeBytes} bytes: ${left.join('\n')}`,
    );
    const why =
      inodeBytes === 256
        ? 'another one has taken its place'
        : 'it was written since, and the file system keeps no birth times to know it by';
    assert.ok(left.includes(`entry ${data}/anew: ${why}`), left.join('\n'));
    // Made anew by the administrator, empty as it is, it is his.
    inside(host, `rm -r ${data} ${BASE}/kafka/logs; mkdir -m 755 ${BASE}/kafka/logs`);
    const stayed = leftOf(host, '1');
    assert.ok(
      stayed.some((line) => line.startsWith(`directory ${BASE}/kafka/logs: `)),
      stayed.join('\n'),
    );
    assert.equal(inside(host, `stat -c %U ${BASE}/kafka/logs`), 'root');
    inside(
      host,
      `umount ${BASE}; userdel kafka; groupdel kafka 2>/dev/null || true; rm -rf /var/lib/jts-hot`,
    );
  }
});

it('a search that is given too little time keeps all accounts, and says how to search longer', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using host = hostWith(['kafka']);
  runJtsHot(host, ['setup']);
  // A disk that takes a tenth of a second for each look into a directory.
  const slow = ['strace', '-f', '-o', '/dev/null', '-e', 'trace=getdents64'];
  const argv = [
    ...slow,
    '-e',
    'inject=getdents64:delay_enter=100000',
    ...jtsHot('rollback', '--search-limit', '1s'),
  ];
  const { status, stdout, stderr } = host.run(argv);
  assert.equal(status, 0, stderr);
  const words = stdout.replace(/\s+/g, ' ');
  assert.match(
    words,
    /user kafka: locked, since what uid \d+ still owns was searched for, and not everywhere within 1 s/,
  );
  assert.match(words, /To search longer: sudo .*jts-hot.* rollback 1 --search-limit 30m/);
  assert.equal(host.run(['getent', 'passwd', 'kafka']).status, 0);
  assert.deepEqual(leftOf(host, '1', '--search-limit', '10m'), []);
  assert.equal(host.run(['getent', 'passwd', 'kafka']).status, 2);
});
