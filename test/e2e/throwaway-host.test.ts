// Holds the throwaway host, and what kills, compares and attacks on it, to what the end-to-end tests rely on.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { attacker, VARIANTS } from './attacker.ts';
import { distinct, killPoints, pointsOf, runKilled, sabotage } from './crash.ts';
import { CONFIGURATIONS, type HostProcess, SERVICE_ACCOUNTS, startHost } from './throwaway-host.ts';
import { difference, snapshot } from './tree.ts';

const NEEDS = ['root', 'overlay in a private mount namespace'] as const;

it('starts in well under half a second', (t) => {
  if (!requires(t, ...NEEDS)) return;
  // Others are at work beside it: once is enough.
  const took = [1, 2, 3, 4, 5].map(() => {
    const started = performance.now();
    using host = startHost({ freshAccounts: true });
    assert.equal(host.run(['true']).status, 0);
    return performance.now() - started;
  });
  assert.ok(Math.min(...took) < 500, `${took.join(', ')} ms`);
});

it('runs a command as root or as a user with its group alone, and passes on how it ended', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  assert.deepEqual(host.run(['sh', '-c', 'id -u; pwd; echo no >&2; exit 7']), {
    status: 7,
    signal: null,
    stdout: '0\n/\n',
    stderr: 'no\n',
  });
  assert.equal(host.run(['sh', '-c', 'kill -9 $$']).signal, 'SIGKILL');
  assert.equal(host.run(['cat'], { input: 'text' }).stdout, 'text');
  assert.equal(host.run(['pwd'], { cwd: '/etc' }).stdout, '/etc\n');
  assert.equal(host.run(['sh', '-c', 'echo $ONE $SECRET'], { env: { ONE: '1' } }).stdout, '1\n');
  const groups = host.run(['id', '-Gn'], { asUser: 'nobody' });
  assert.equal(groups.stdout, 'nogroup\n');
  assert.throws(() => host.run(['true'], { asUser: 'no-such-user' }), /no user no-such-user/);
});

it('keeps every change to itself and lists each', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  assert.deepEqual(host.changes(), []);
  const script = `
    mkdir -p /new/below; echo text > /new/file; ln -s file /new/link
    echo more >> /etc/hosts; chmod 700 /usr/local; chown 1:1 /etc/fstab; touch /etc/passwd
    rm /etc/issue; rm -r /etc/skel; mkdir /etc/skel; rm -r /var/backups 2>/dev/null || :; rm -rf /new/below`;
  assert.equal(host.run(['sh', '-ec', script]).status, 0);
  const changes = host.changes();
  for (const line of ['created /new', 'created /new/file', 'created /new/link', 'changed /etc/hosts'])
    assert.ok(changes.includes(line), `${line}\n${changes.join('\n')}`);
  for (const line of [
    'changed /usr/local',
    'changed /etc/fstab',
    'rewritten /etc/passwd',
    'deleted /etc/issue',
  ])
    assert.ok(changes.includes(line), `${line}\n${changes.join('\n')}`);
  assert.ok(!changes.includes('changed /etc') && !changes.some((line) => line.endsWith('/new/below')));
  assert.ok(
    changes.some((line) => line.startsWith('deleted /etc/skel/')),
    changes.join('\n'),
  );
  assert.equal(readFileSync(host.path('/new/file'), 'utf8'), 'text\n');
  assert.ok(!existsSync('/new') && existsSync('/etc/issue'));
  assert.equal(lstatSync('/usr/local').mode & 0o777, 0o755);
});

it('undone changes are no changes', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  const script =
    'mkdir -p /new/below; rm -r /new; chmod 700 /opt; chmod 755 /opt; cp -p /etc/hosts /x; mv /x /etc/hosts';
  assert.equal(host.run(['sh', '-ec', script]).status, 0);
  assert.deepEqual(host.changes(), ['rewritten /etc/hosts']);
});

it('can start without the accounts of the services, which is no change', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ freshAccounts: true });
  for (const name of SERVICE_ACCOUNTS) {
    assert.equal(host.run(['getent', 'passwd', name]).status, 2, name);
    assert.equal(host.run(['getent', 'group', name]).status, 2, name);
  }
  const members = host.run(['cut', '-d:', '-f4', '/etc/group']).stdout.split(/[,\n]/);
  for (const name of SERVICE_ACCOUNTS) assert.ok(!members.includes(name), name);
  const accounts = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'];
  const ofServices = CONFIGURATIONS.map((path) => path.replace('/etc/', ''));
  const exclude = [...accounts, ...ofServices];
  const old = snapshot('/etc', { exclude });
  const now = snapshot(host.path('/etc'), { exclude });
  assert.deepEqual(difference(old, now), []);
  for (const path of CONFIGURATIONS) assert.equal(existsSync(host.path(path)), false, path);
  assert.equal(host.run(['grpck', '-r']).status, 0);
  assert.deepEqual(host.changes(), []);
});

it('can start with something prepared, which is no change', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ prepare: 'mkdir -m 700 /prepared; rm /etc/issue; echo text > /prepared/file' });
  assert.deepEqual(host.changes(), []);
  const script = 'chmod 755 /prepared; rm /prepared/file; echo text > /etc/issue';
  assert.equal(host.run(['sh', '-ec', script]).status, 0);
  assert.deepEqual(host.changes(), ['created /etc/issue', 'changed /prepared', 'deleted /prepared/file']);
  assert.throws(() => startHost({ prepare: 'echo no >&2; false' }), /cannot start a throwaway host: no/);
});

it("has devices of its own, and cannot change the machine's", (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ prepare: 'echo nothing > /dev/null; echo prepared > /prepared' });
  assert.deepEqual(host.changes(), []);
  const names = 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero';
  assert.equal(host.run(['ls', '/dev']).stdout, `${names.replaceAll(' ', '\n')}\n`);
  const machine = lstatSync('/dev/null');
  const use = `
    echo > /dev/null; head -c 1 /dev/zero | cat - /dev/fd/3 3< /etc/issue | wc -c; head -c 2 /dev/urandom | wc -c
    echo > /dev/full || echo full; echo shared > /dev/shm/file
    rm /dev/null; echo text > /dev/null`;
  const used = host.run(['sh', '-c', use]);
  assert.match(used.stdout, /^\d+\n2\nfull$/m, used.stderr);
  assert.equal(host.run(['cat', '/dev/null']).stdout, 'text\n');
  assert.ok(lstatSync('/dev/null').isCharacterDevice());
  assert.equal(lstatSync('/dev/null').ino, machine.ino);
  assert.ok(!existsSync('/dev/shm/file'));
  assert.notEqual(host.run(['sh', '-c', 'echo 1 > /sys/kernel/mm/ksm/run']).status, 0);
  assert.notEqual(host.run(['mkdir', '/sys/fs/cgroup/made']).status, 0);
  assert.deepEqual(host.changes(), []);
});

it('mounts small disks', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost({ disks: [{ at: '/var/lib/small disk', size: '64k' }] });
  assert.equal(host.run(['sh', '-c', 'head -c 60000 /dev/zero > "/var/lib/small disk/a"']).status, 0);
  const full = host.run(['sh', '-c', 'head -c 9000 /dev/zero > "/var/lib/small disk/b"']);
  assert.match(full.stderr, /No space left/);
  assert.deepEqual(host.changes(), []);
});

it('takes what runs in it down with it', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  const host = startHost();
  const background = host.spawn(['sh', '-c', 'echo begun; sleep 100 & wait']);
  await firstLine(background);
  host.stop();
  host.stop();
  assert.equal((await background.ended).signal, 'SIGKILL');
  assert.throws(() => host.run(['true']), /has been stopped/);
});

it('passes a signal on to a background program', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  const background = host.spawn([
    'sh',
    '-c',
    'trap "echo caught; exit 3" TERM; echo begun; while :; do sleep 0.01; done',
  ]);
  await firstLine(background);
  background.kill('SIGTERM');
  assert.deepEqual(await background.ended, {
    status: 3,
    signal: null,
    stdout: 'begun\ncaught\n',
    stderr: '',
  });
  background.kill('SIGTERM');
});

it('leaves no zombies of orphans', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  host.run(['sh', '-c', '(sleep 0.05 &) ; true']);
  host.run(['sleep', '0.1']);
  assert.doesNotMatch(host.run(['ps', '-eo', 'stat,comm']).stdout, /^Z/m);
});

it('keeps inode numbers and swaps directories as a disk does', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  const inode = (path: string) => host.run(['stat', '-c', '%i', path]).stdout;
  host.run(['mkdir', '-p', '/data/a', '/data/b']);
  const [a, etc] = [inode('/data/a'), inode('/etc')];
  host.run(['sh', '-c', 'echo 2 > /proc/sys/vm/drop_caches; chmod 700 /data/a; touch /etc/new']);
  assert.equal(inode('/data/a'), a);
  assert.equal(inode('/etc'), etc);
});

it('compares trees by type, mode, owner, content and target', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using host = startHost();
  const make =
    'mkdir -p /t/dir /t/skip; cd /t; echo 1 > file; ln -s file link; mkfifo pipe; echo 1 > same; echo 1 > skip/x';
  assert.equal(host.run(['sh', '-ec', make]).status, 0);
  const options = { exclude: ['skip'] };
  const before = snapshot(host.path('/t'), options);
  assert.deepEqual(difference(before, snapshot(host.path('/t'), options)), []);
  const change =
    'cd /t; echo 2 > file; ln -sfn other link; chmod 700 dir; rm pipe; touch new; touch same; echo 2 > skip/x';
  assert.equal(host.run(['sh', '-ec', change]).status, 0);
  const lines = difference(before, snapshot(host.path('/t'), options));
  assert.deepEqual(
    lines.map((line) => line.slice(0, line.indexOf(':'))),
    ['~ dir', '~ file', '~ link', '+ new', '- pipe'],
  );
  assert.equal(lines[0], '~ dir: directory 0755 0 0 => directory 0700 0 0');
  assert.equal(snapshot(host.path('/missing')).size, 0);
});

const PROGRAM = `
  const fs = require('node:fs'), { spawnSync } = require('node:child_process');
  fs.mkdirSync('/data');
  const file = fs.openSync('/data/journal', 'a', 0o600);
  for (const line of ['one', 'two']) {
    fs.writeSync(file, line);
    fs.fdatasyncSync(file);
    console.log(line);
  }
  if (spawnSync('/usr/sbin/groupadd', ['-r', 'fresh']).status !== 0) process.exit(1);
  fs.chownSync('/data', 1, 1);`;

it('kills a command at every state-changing call of its own, before the call', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  const argv = [process.execPath, '-e', PROGRAM];
  using whole = startHost();
  const { result, points } = killPoints(whole, argv);
  assert.equal(result.status, 0, result.stderr);
  assert.deepEqual(
    points.map(({ syscall, n, path }) => `${syscall} ${path ?? ''}${path ? ` ${n}` : ''}`.trim()),
    [
      'mkdir',
      'openat',
      'write /data/journal 1',
      'fdatasync /data/journal 1',
      'write /data/journal 2',
      'fdatasync /data/journal 2',
      'clone',
      'close',
      'wait4',
      'chown',
    ],
  );
  const programs = points.flatMap(({ syscall, program }) =>
    program === null ? [] : [`${syscall} ${program}`],
  );
  assert.deepEqual(programs, [
    'clone /usr/sbin/groupadd',
    'close /usr/sbin/groupadd',
    'wait4 /usr/sbin/groupadd',
  ]);
  assert.deepEqual(
    distinct(points, []).map((point) => point.syscall),
    ['mkdir', 'openat', 'write', 'write', 'clone', 'close', 'chown'],
  );
  assert.ok(distinct(points, ['groupadd']).every((point) => point.program === null));
  const states = points.map((point) => {
    using host = startHost();
    runKilled(host, argv, point);
    // What was started goes on alone.
    if (point.syscall === 'close')
      host.run(['sh', '-c', 'until getent group fresh; do sleep 0.01; done'], { timeoutMs: 10_000 });
    const journal = host.path('/data/journal');
    const group = host.run(['getent', 'group', 'fresh']).status === 0 ? ' group' : '';
    return `${existsSync(host.path('/data')) ? 'data ' : ''}${existsSync(journal) ? `[${readFileSync(journal)}]` : ''}${group}`;
  });
  assert.deepEqual(states, [
    '',
    'data ',
    'data []',
    'data [one]',
    'data [one]',
    'data [onetwo]',
    'data [onetwo]',
    'data [onetwo] group',
    'data [onetwo] group',
    'data [onetwo] group',
  ]);
});

it('says so when a command did not reach the point where it should be killed', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using host = startHost();
  const point = { syscall: 'mkdir', n: 2, path: null, call: 'mkdir("/x")', program: null };
  assert.throws(() => runKilled(host, ['mkdir', '/y'], point), /not killed at mkdir 2/);
});

it('counts writes file by file, and no threads', () => {
  const points = pointsOf(
    [
      'clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 23',
      'write(6<pipe:[1]>, "*", 1) = 1',
      'openat2(3</data>, "x", {flags=O_RDWR|O_CREAT, mode=0600}, 24) = 4</data/x>',
      'openat2(3</data>, "x", {flags=O_RDONLY}, 24) = 4</data/x>',
      'write(4</data/x>, "a", 1) = 1',
      'write(1</dev/null>, "a", 1) = 1',
      'write(4</data/x>, "b", 1) = 1',
      '--- SIGCHLD {} ---',
    ],
    () => null,
  );
  assert.deepEqual(points, [
    {
      syscall: 'openat2',
      n: 1,
      path: null,
      call: 'openat2(3</data>, "x", {flags=O_RDWR|O_CREAT, mode=0600}, 24)',
      program: null,
    },
    { syscall: 'write', n: 1, path: '/data/x', call: 'write(4</data/x>, "a", 1)', program: null },
    { syscall: 'write', n: 2, path: '/data/x', call: 'write(4</data/x>, "b", 1)', program: null },
  ]);
});

it('kills a program that a command starts, alone or with the command', (t) => {
  if (!requires(t, ...NEEDS, 'strace')) return;
  using host = startHost();
  const point = { syscall: 'rename', n: 1, path: null, call: 'rename(...)', program: null };
  const start = ['sh', '-c', 'groupadd -r fresh; echo "status $?"; true'];
  {
    using _alone = sabotage(host, 'groupadd', { point, parentToo: false });
    assert.match(host.run(start).stdout, /status 137/);
    assert.ok(existsSync(host.path('/etc/group.lock')));
  }
  {
    using _both = sabotage(host, 'groupadd', { point, parentToo: true });
    const result = host.run(start);
    assert.equal(result.signal, 'SIGKILL');
    assert.equal(result.stdout, '');
  }
  assert.equal(host.run(['getent', 'group', 'fresh']).status, 2);
  assert.match(host.run(start).stdout, /status 0/);
});

for (const variant of VARIANTS)
  it(`attacks with ${variant} as fast as the kernel goes, as the service user`, async (t) => {
    if (!requires(t, ...NEEDS, 'useradd')) return;
    using host = startHost({ freshAccounts: true });
    const path = variant === 'hard-link' ? '/data/kafka/file' : '/data/kafka/data';
    const make =
      'useradd -r kafka; mkdir -p /data/kafka/data; chown -R kafka:kafka /data/kafka; chmod 750 /data/kafka';
    assert.equal(host.run(['sh', '-ec', make]).status, 0);
    const target = variant === 'hard-link' ? '/etc/passwd' : '/etc';
    const attack = host.spawn(attacker({ variant, user: 'kafka', path, target }));
    await firstLine(attack);
    const seen = new Set<string>();
    for (const end = Date.now() + 300; Date.now() < end; ) {
      const stats = lstatSync(host.path(path), { throwIfNoEntry: false });
      seen.add(!stats ? 'missing' : `${stats.isSymbolicLink() ? 'link' : stats.ino}`);
    }
    assert.match(host.run(['ps', '-eo', 'user,args']).stdout, /^kafka .*attacker/m);
    attack.kill('SIGTERM');
    const { status, stdout, stderr } = await attack.ended;
    assert.equal(status, 0, stderr);
    const [, swaps = '0', failures] = /swaps (\d+) failures (\d+)/.exec(stdout) ?? [];
    t.diagnostic(stdout.trim().replace('\n', ' '));
    assert.ok(Number(swaps) > 2000, stdout);
    assert.equal(failures, '0', stdout);
    assert.equal(seen.size, 2, [...seen].join());
  });

/** Resolves when the program has printed something. */
async function firstLine(program: HostProcess): Promise<void> {
  await new Promise((resolve) => program.stdout.once('data', resolve));
}
