// What an attacker found once, on a real host: a service user gone bad, an image made by somebody else, an administrator
// who changes things meanwhile. None of it may give anybody rights, data or a host that nobody can put right.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { builtInServices } from '../../src/services/index.ts';
import { requires } from '../requirement.ts';
import type { Answers } from './attack-rounds.ts';
import { roundsInside } from './attacks.ts';
import { replace } from './crash.ts';
import { describe, jtsHot, runJtsHot, traces } from './product.ts';
import { REPOSITORY, type RunResult, startHost, type ThrowawayHost } from './throwaway-host.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'useradd'] as const;
const BASE = '/data/jts/hot';
const KAFKA = `${BASE}/kafka`;
const DATA = `${KAFKA}/data`;
const SPEC = '/etc/jts/hot-storage.yaml';
const ACCOUNTS = ['passwd', 'group', 'shadow', 'gshadow'] as const;

/** Of a layout with one service, which is not built in. */
const ONE_SERVICE = `services:
${builtInServices.map(({ name }) => `  ${name}: false\n`).join('')}
  q: { user: quest, planned: 1GB }
`;

function fresh(prepare?: string): ThrowawayHost {
  return startHost({
    freshAccounts: true,
    mounted: ['/data', '/srv', '/var'],
    ...(prepare === undefined ? {} : { prepare }),
  });
}

/** As root, or as a service's user; must succeed. */
function inside(host: ThrowawayHost, script: string, asUser?: string): string {
  const result = host.run(['sh', '-ec', script], asUser === undefined ? {} : { asUser });
  assert.equal(result.status, 0, `${script}\n${describe(result)}`);
  return result.stdout;
}

/** Owner and mode, not the time: `root:root 755`. */
function rights(host: ThrowawayHost, path: string): string {
  return inside(host, `stat -c '%U:%G %a' '${path}'`).trim();
}

function requireCode(result: RunResult, code: string): void {
  assert.match(result.stderr, new RegExp(`\\[${code}\\]`), describe(result));
}

it('gives nobody a program that runs as root, whatever was repaired and rolled back', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  inside(
    host,
    `cd ${DATA}; cp /bin/cat tool; chmod 4755 tool; cp tool gone; chmod 4755 gone
     cp tool open; chmod 4777 open; cp /bin/cat plain; chmod 755 plain`,
  );
  const { stdout } = runJtsHot(host, ['repair', 'kafka', '--recursive']);
  for (const name of ['tool', 'gone', 'open']) {
    assert.match(rights(host, `${DATA}/${name}`), /^root:root 47/);
    assert.match(stdout, new RegExp(`left as it is: ${DATA}/${name}: a program that runs as`));
  }
  assert.equal(rights(host, `${DATA}/plain`), 'kafka:kafka 755');
  // In its own directory kafka can put another file in the place of each, also on the same inode number.
  inside(
    host,
    `cd ${DATA}; cat /usr/bin/id > open; rm gone; cp /usr/bin/id gone; chmod 4755 gone
     cat /usr/bin/id > plain; chmod 6755 plain; ! cat /usr/bin/id > tool`,
    'kafka',
  );
  runJtsHot(host, ['rollback']);
  const setUserId = inside(host, `find ${DATA} -perm /6000 -uid 0 -o -perm /6000 -gid 0`).trim();
  assert.equal(setUserId, `${DATA}/tool`);
  assert.equal(host.run(['cmp', '/bin/cat', `${DATA}/tool`]).status, 0);
  for (const name of ['gone', 'open', 'plain'])
    assert.doesNotMatch(inside(host, `${DATA}/${name}`, 'kafka'), /uid=0|gid=0|groups=.*\b0\b/);
});

it("leads no account program out of an image, whichever of its files is a link to the live host's", (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh(
    `mkdir -p /clean/etc; for file in ${ACCOUNTS.join(' ')} login.defs; do cp -p /etc/$file /clean/etc/; done
     echo precious > /root/precious; echo bob:100000:65536 > /etc/subuid`,
  );
  const links = [
    'passwd',
    'group',
    'shadow',
    'passwd-',
    'group-',
    'gshadow-',
    'shadow+',
    'subuid',
    'login.defs',
  ];
  for (const name of [...links, 'passwd.lock', '.pwd.lock', '']) {
    const target = name === '' || existsSync(host.path(`/etc/${name}`)) ? `/etc/${name}` : '/root/precious';
    inside(
      host,
      `rm -rf /img; cp -a /clean /img; rm -rf /img/etc/${name}; ln -s ${target} '/img/etc${name && `/${name}`}'`,
    );
    const before = host.changes().filter((change) => !change.includes(' /img'));
    const result = host.run(jtsHot('setup', '--root', '/img'));
    requireCode(result, 'E_LINK_IN_ROOT');
    assert.ok(result.status === 1 || result.status === 3, describe(result));
    assert.deepEqual(
      host.changes().filter((change) => !change.includes(' /img')),
      before,
      `after a link at etc/${name}`,
    );
    // Whole again, the image is set up.
    inside(host, `rm '/img/etc${name && `/${name}`}'; cp -an /clean/. /img/`);
    if (name === 'passwd' || name === 'shadow+') runJtsHot(host, ['setup', '--root', '/img']);
  }
  assert.deepEqual(
    host.changes().filter((change) => !change.includes(' /img')),
    [],
  );
});

it('undoes nothing while the disk is not mounted, and all but the data once it is', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh(`mkdir -p /disk ${BASE}`);
  inside(host, `mount --bind /disk ${BASE}`);
  runJtsHot(host, ['setup']);
  inside(host, `echo money > ${DATA}/0.log`, 'kafka');
  inside(host, `umount ${BASE}`);
  const before = host.changes().filter((change) => !change.includes('/var/lib/jts-hot'));
  requireCode(runJtsHot(host, ['rollback'], 3), 'E_NOT_MOUNTED');
  assert.deepEqual(
    host.changes().filter((change) => !change.includes('/var/lib/jts-hot')),
    before,
  );
  inside(host, `mount --bind /disk ${BASE}`);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(inside(host, `cd ${BASE}; find . -mindepth 1 | sort`).trim().split('\n'), [
    './kafka',
    './kafka/data',
    './kafka/data/0.log',
  ]);
  assert.match(rights(host, `${DATA}/0.log`), /^kafka:kafka /);
  assert.equal(host.run(['getent', 'passwd', 'redis']).status, 2);
});

it('a user whose deletion was cut short has no rights, is not used, and is deleted by the next rollback', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  {
    using _killed = replace(host, 'userdel', ['kill -KILL $PPID']);
    assert.equal(host.run(jtsHot('rollback')).signal, 'SIGKILL');
  }
  const parted = readFileSync(host.path('/etc/passwd'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('being-deleted'));
  const [name = '', , , gid] = parted[0]?.split(':') ?? [];
  assert.deepEqual([parted.length, gid], [1, '65534']);
  assert.equal(inside(host, `id -Gn ${name}`), 'nogroup\n');
  requireCode(runJtsHot(host, ['setup'], 3), 'E_HALF_DELETED');
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
  runJtsHot(host, ['setup']);
});

it("an empty image gets a host's modes, whatever the umask of the shell", (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh('mkdir -m 755 /img');
  inside(host, `umask 077; ${jtsHot('setup', '--root', '/img').join(' ')}`);
  for (const path of ['/etc', '/var', '/var/lib']) assert.equal(rights(host, `/img${path}`), 'root:root 755');
  assert.equal(rights(host, '/img/var/lib/jts-hot'), 'root:root 711');
});

it("hints about an image's record lead to the image", (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host =
    fresh(`mkdir -p '/an img/var/lib/jts-hot/journal' /img/var; chmod 777 '/an img/var/lib/jts-hot/journal'
    ln -s /tmp /img/var/lib`);
  const open = runJtsHot(host, ['rollback', '--list', '--json', '--root', '/an img'], 3);
  assert.equal(JSON.parse(open.stdout).problems[0].fix, "sudo chmod go-w '/an img/var/lib/jts-hot/journal'");
  const link = runJtsHot(host, ['rollback', '--list', '--json', '--root', '/img'], 1);
  assert.match(
    JSON.parse(link.stdout).problems[0].hint,
    /\(ls -ld \/img\/var \/img\/var\/lib \/img\/var\/lib\/jts-hot\)$/,
  );
});

it('a user that userdel would not delete is as it was', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  const accounts = () => ACCOUNTS.map((name) => readFileSync(host.path(`/etc/${name}`), 'utf8'));
  const before = accounts();
  {
    using _failing = replace(host, 'userdel', ['echo no >&2; exit 1']);
    requireCode(runJtsHot(host, ['rollback'], 1), 'E_COMMAND');
  }
  assert.deepEqual(accounts(), before);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
});

it('how much a run recorded does not slow down the next one', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  const inJournal = '/var/lib/jts-hot/journal/000001.jsonl';
  const file = host.path(inJournal);
  const [first, ...others] = readFileSync(file, 'utf8').trimEnd().split('\n');
  // A hole of the size that a repair of two million files writes.
  writeFileSync(file, `${first}\n`);
  truncateSync(file, 600 * 1024 * 1024);
  appendFileSync(file, `\n${others.at(-1)}\n`);
  const log = '/dev/shm/reads';
  for (const args of [['setup'], ['rollback', '--list']]) {
    const calls = ['-e', 'trace=read,pread64,readv,preadv', '-P', inJournal];
    const result = host.run(['strace', '-f', '-qq', '-o', log, ...calls, '--', ...jtsHot(...args)]);
    assert.equal(result.status, 0, describe(result));
    const reads = readFileSync(host.path(log), 'utf8').matchAll(/= (\d+)$/gm);
    const bytes = [...reads].reduce((sum, [, length]) => sum + Number(length), 0);
    assert.ok(bytes > 100 && bytes < 64 * 1024, `${args.join(' ')} read ${bytes} bytes of it`);
  }
});

const DIG = `
  const fs = require('node:fs');
  process.chdir('${DATA}');
  const [deep, wide] = ['d'.repeat(255), 's'.repeat(255)];
  for (let i = 0; i < 3000; i++) {
    fs.mkdirSync(wide);
    fs.mkdirSync(deep);
    process.chdir(deep);
  }`;

it('a tree 3,000 directories deep is measured whole, gone into as far as it goes, and both at once', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  const dug = host.run([process.execPath, '-e', DIG], { asUser: 'kafka', cwd: DATA });
  assert.equal(dug.status, 0, describe(dug));
  for (const args of [
    ['monitor', '-s'],
    ['monitor', '-s', '--no-record'],
    ['repair', 'kafka', '--recursive'],
  ]) {
    const started = performance.now();
    const result = host.run(jtsHot(...args));
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < 5, `${args.join(' ')} took ${seconds} s`);
    assert.equal(result.status, 0, describe(result));
    assert.doesNotMatch(result.stderr, /E_UNEXPECTED/);
  }
  // Deeper than rm -r can say, and no hindrance: it is data, and stays.
  runJtsHot(host, ['rollback']);
  assert.equal(rights(host, DATA), 'kafka:kafka 750');
});

const FLICKER = `
  const fs = require('node:fs');
  console.log('begun');
  for (;;) try { fs.rmdirSync('${DATA}'); fs.mkdirSync('${DATA}', 0o750); } catch {}`;

it('looks that race with a service end in an answer', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  const flicker = host.spawn([process.execPath, '-e', FLICKER], { asUser: 'kafka' });
  await new Promise((resolve) => flicker.stdout.once('data', resolve));
  const answers = new Map<string, number>();
  const count = (answer: string, times: number) => answers.set(answer, (answers.get(answer) ?? 0) + times);
  for (let round = 0; round < 10; round++)
    for (const command of ['validate', 'setup']) {
      const result = host.run(jtsHot(command, '--json'));
      assert.ok([0, 1, 3].includes(result.status ?? -1), describe(result));
      const { exitCode, problems } = JSON.parse(result.stdout) as {
        readonly exitCode: number;
        readonly problems: readonly { readonly code: string }[];
      };
      assert.equal(exitCode, result.status);
      const codes = problems.map(({ code }) => code);
      assert.ok(!codes.includes('E_UNEXPECTED'), describe(result));
      const answer = [command, result.status, ...codes].join(' ');
      count(answer, 1);
    }
  // As many again, and again, without the starts: each look comes sooner after the last.
  const driven = host.run(roundsInside('looks', '-', 20), { cwd: REPOSITORY });
  assert.equal(driven.status, 0, describe(driven));
  for (const [answer, times] of Object.entries(JSON.parse(driven.stdout) as Answers)) {
    assert.match(answer, /^(validate|setup) [013]( E_\w+)*$/);
    assert.doesNotMatch(answer, /E_UNEXPECTED/);
    count(answer, times);
  }
  t.diagnostic([...answers].map(([what, count]) => `${what}: ${count}`).join(', '));
  flicker.kill('SIGKILL');
  await flicker.ended;
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['validate', '--quiet']);
  // Nothing stays behind of runs that were cut short by it.
  for (let run = 0; run < 40; run++) if (/nothing/i.test(runJtsHot(host, ['rollback']).stdout)) break;
  // Where the service took its directories is not known: its account is the administrator's to delete.
  host.run(['sh', '-c', 'userdel kafka; groupdel kafka']);
  // A directory that the service made anew is not the one that a run made: it stays, with the way there.
  const way = ['/data/jts', BASE, `${BASE}/kafka`, DATA].map((path) => `created ${path}`);
  const stayed = traces(host);
  assert.deepEqual(stayed, stayed.length === 0 ? [] : way);
});

it('a second name for one file keeps that one, and nothing else', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  inside(host, `cd ${DATA}; for name in a b c; do echo x > $name; done`);
  runJtsHot(host, ['repair', 'kafka', '--recursive']);
  inside(host, `ln ${DATA}/b ${DATA}/again`, 'kafka');
  const { stdout } = runJtsHot(host, ['rollback']);
  assert.match(stdout, new RegExp(`${DATA}/b\\b`));
  const owners = ['a', 'b', 'c'].map((name) => rights(host, `${DATA}/${name}`).split(' ')[0]);
  assert.deepEqual(owners, ['root:root', 'kafka:kafka', 'root:root']);
  // What stays does not stand in the way of the runs before.
  inside(host, `rm ${DATA}/*`);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
});

it('does nothing without /proc', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  inside(host, 'umount /proc');
  for (const command of ['setup', 'validate', 'monitor', 'rollback'])
    requireCode(runJtsHot(host, [command], 3), 'E_NO_PROC');
  inside(host, 'mount -t proc proc /proc');
  assert.deepEqual(host.changes(), []);
  runJtsHot(host, ['setup']);
});

it('rolls back beside a layout file that is broken', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  inside(host, `mkdir -p /etc/jts; echo 'servces: {' > ${SPEC}`);
  runJtsHot(host, ['setup'], 2);
  runJtsHot(host, ['rollback', '--list']);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), ['created /etc/jts', `created ${SPEC}`]);
});

it('of two setups at once the second finds done what the first did', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh(`mkdir -p /etc/jts; cat > ${SPEC} <<'END'\n${ONE_SERVICE}END`);
  const begun = host.path('/dev/shm/begun');
  // The first holds the lock while the second, which has looked at the host by then, waits for it.
  using slow = replace(host, 'groupadd', [
    'echo > /dev/shm/begun; sleep 0.7',
    'exec /usr/sbin/groupadd "$@"',
  ]);
  const first = host.spawn(jtsHot('setup'));
  while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 5));
  const results = await Promise.all([first.ended, host.spawn(jtsHot('setup')).ended]);
  for (const result of results) assert.equal(result.status, 0, describe(result));
  assert.match(inside(host, 'getent passwd quest'), /^quest:/);
  runJtsHot(host, ['validate', '--quiet']);
  slow.end();
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
});

it('two setups of the whole layout, begun at the same moment, end well', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  const both = await Promise.all([host.spawn(jtsHot('setup')).ended, host.spawn(jtsHot('setup')).ended]);
  assert.ok(both.some(({ status }) => status === 0));
  // A run that waited for more than two seconds says so.
  for (const result of both) if (result.status !== 0) requireCode(result, 'E_LOCKED');
  runJtsHot(host, ['validate', '--quiet']);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
});

it('removes no directory that somebody else made where it was about to make one', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using host = fresh();
  const kill = ['-e', 'trace=mkdirat', '-e', 'inject=mkdirat:signal=KILL:when=8'];
  const killed = host.run(['strace', '-f', '-qq', '-o', '/dev/null', ...kill, '--', ...jtsHot('setup')]);
  assert.equal(killed.signal, 'SIGKILL', describe(killed));
  const journal = readFileSync(host.path('/var/lib/jts-hot/journal/000001.jsonl'), 'utf8');
  const last = JSON.parse(journal.trimEnd().split('\n').at(-1) ?? '') as {
    readonly type: string;
    readonly what: { readonly do: { readonly type: string; readonly path: string } };
  };
  const { type, path } = last.what.do;
  assert.deepEqual([last.type, type, existsSync(host.path(path))], ['doing', 'makeDirectory', false]);
  inside(host, `mkdir ${path}; chown 1000:1000 ${path}; chmod 2770 ${path}`);
  const { stdout } = runJtsHot(host, ['rollback']);
  assert.match(stdout, new RegExp(path));
  assert.equal(inside(host, `stat -c '%u:%g %a' ${path}`), '1000:1000 2770\n');
  inside(host, `rmdir ${path}`);
  runJtsHot(host, ['rollback']);
  assert.deepEqual(traces(host), []);
});

it('works below no directory that services cannot enter or others can change', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh('mkdir -p /data/jts');
  for (const [change, code] of [
    ['chmod 700 /data/jts', 'E_WAY_CLOSED'],
    ['chmod 710 /data', 'E_WAY_CLOSED'],
    ['chmod 777 /data/jts', 'E_WAY_OPEN'],
    ['chmod 775 /data', 'E_WAY_OPEN'],
    ['chown 1000 /data/jts', 'E_WAY_OPEN'],
  ] as const) {
    inside(host, change);
    const before = host.changes();
    requireCode(runJtsHot(host, ['setup'], 3), code);
    assert.deepEqual(host.changes(), before, change);
    assert.equal(host.run(jtsHot('validate', '--quiet')).status, 1);
    inside(host, 'chown root:root /data /data/jts; chmod 755 /data /data/jts');
  }
  inside(host, 'chmod 1777 /data');
  runJtsHot(host, ['setup']);
});

it("makes no base of a directory that holds somebody's data, unless it is told to", (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh(
    'groupadd team; mkdir /srv/secret; echo s > /srv/secret/file; chgrp team /srv/secret; chmod 2770 /srv/secret',
  );
  requireCode(runJtsHot(host, ['setup', '--base', '/srv/secret'], 3), 'E_FOREIGN_BASE');
  assert.deepEqual(host.changes(), []);
  runJtsHot(host, ['setup', '--base', '/srv/secret', '--adopt', 'base']);
  assert.equal(rights(host, '/srv/secret'), 'root:root 755');
  runJtsHot(host, ['rollback', '--base', '/srv/secret']);
  assert.deepEqual(traces(host), []);
});

it('sends no escape codes of a file name to a terminal', (t) => {
  if (!requires(t, ...NEEDS, 'script')) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  const name = '\\033]0;OWNED\\007\\033[2J';
  inside(host, `cd ${DATA}; touch "$(printf '${name}')" plain; chmod 666 *`, 'kafka');
  for (const args of ['repair kafka --recursive', 'monitor', 'rollback --yes']) {
    const { status, stdout } = host.run(['script', '-qec', jtsHot(args).join(' '), '/dev/null']);
    assert.equal(status, 0, stdout);
    for (const code of ['\x1b]', '\x07', '\x1b[2J'])
      assert.ok(!stdout.includes(code), JSON.stringify(stdout));
    if (args !== 'monitor') assert.match(stdout, /\\x1b\]0;OWNED\\x07\\x1b\[2J/, JSON.stringify(stdout));
  }
});

it('takes no user for root whose number is none', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  inside(
    host,
    `sed -i -E 's/^kafka:x:[0-9]+:[0-9]+/kafka:x:4294967295:4294967295/' /etc/passwd
     chown -R 0:0 ${KAFKA}; chmod 700 ${KAFKA}`,
  );
  const before = host.changes();
  for (const args of [['validate'], ['setup'], ['repair', 'kafka'], ['repair', 'kafka', '--recursive']])
    requireCode(runJtsHot(host, args, 1), 'E_ACCOUNT_LINE');
  assert.deepEqual(host.changes(), before);
});

it('trusts no record below a directory that others can write, private as the record itself may be', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = fresh();
  runJtsHot(host, ['setup']);
  inside(host, 'chmod 777 /var/lib/jts-hot');
  for (const args of [['rollback'], ['rollback', '--list']])
    requireCode(runJtsHot(host, args, 3), 'E_STATE_DIRECTORY');
  inside(host, 'chmod 700 /var/lib/jts-hot');
  runJtsHot(host, ['rollback']);
});
