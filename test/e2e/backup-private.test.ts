// Backups are root's alone: no user of a service sees, reads or changes one, of others or of its own; and what a hostile tool leaves
// in the directory that it writes into is taken over safely or not at all, 200 rounds each.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { requires } from '../requirement.ts';
import { startServerHost } from '../servers/parts.ts';
import { redis } from '../servers/redis.ts';
import { runInside, start, writeInside } from '../servers/server.ts';
import { attacker } from './attacker.ts';
import { describe as described, jtsHot, runJtsHot } from './product.ts';
import { REPOSITORY, startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const BACKUP = `${BASE}/backup`;
const USERS = ['postgres', 'clickhouse', 'kafka', 'mongodb', 'redis', 'nobody'] as const;
const ROUNDS = 200;
const DRIVER = `${REPOSITORY}/test/e2e/backup-rounds.ts`;

/** As each user: whatever of these can be read, listed, entered, changed, linked to or added to. */
const TRY = `for path do
  if [ -d "$path" ]; then
    ls "$path" >/dev/null 2>&1 && echo "lists $path"
    (cd "$path") 2>/dev/null && case "$path" in */jts-hot-*.tmp) ;; *) echo "enters $path" ;; esac
    (: > "$path/added") 2>/dev/null && echo "adds to $path"
  else
    (: < "$path") 2>/dev/null && echo "reads $path"
    (: >> "$path") 2>/dev/null && echo "writes $path"
    ln "$path" /tmp/linked-by-$$ 2>/dev/null && echo "links $path"
  fi
  mv "$path" "$path.moved" 2>/dev/null && echo "moves $path"
  chmod 777 "$path" 2>/dev/null && echo "opens $path"
done
true`;

/** What is restored to be proved is the user's own data, in a directory that is closed to all others. */
const REDIS_OWN = /\/jts-hot-[^/]+\.tmp\/(data|beside)(\/|$)/;

function tried(host: ThrowawayHost, paths: readonly string[]): readonly string[] {
  return USERS.flatMap((user) => {
    const others = user === 'redis' ? paths.filter((path) => !REDIS_OWN.test(path)) : paths;
    const { stdout } = host.run(['sh', '-c', TRY, 'sh', ...others], { asUser: user });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `${user} ${line}`);
  });
}

function allBelow(host: ThrowawayHost): readonly string[] {
  const { stdout } = host.run(['find', `${BACKUP}/daily`, `${BACKUP}/staging`, '-mindepth', '1']);
  return stdout.split('\n').filter((path) => path !== '');
}

describe('backups are private', () => {
  it('nobody but root reads, lists, enters or changes one, also while it is made and proved, and whatever the umask', async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    using host = startServerHost({ disks: [{ at: BASE, size: '256m' }] });
    const configFile = '/etc/redis/redis.conf';
    writeInside(host, configFile, ['repl-diskless-sync-delay 0', 'appendonly yes']);
    runJtsHot(host, ['setup']);
    runJtsHot(host, ['config', 'redis', '--install', '--to', configFile]);
    const running = start({ host, server: redis(), user: 'redis', configFile });
    runInside(host, ['sh', '-c', 'head -c 3000000 /dev/urandom | redis-cli -x SET big']);

    const seen = new Set<string>();
    const found: string[] = [];
    for (const [words, umask] of [
      [['run', 'redis', '--rate', '1MB'], '000'],
      [['verify', 'redis', '--rate', '1MB'], '000'],
      [['run', 'redis'], '077'],
    ] as const) {
      const work = host.spawn(['sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...jtsHot('backup', ...words)]);
      let isOver = false;
      void work.ended.then(() => {
        isOver = true;
      });
      while (!isOver) {
        const paths = allBelow(host);
        for (const path of paths) seen.add(path.replace(/\d{8}T\d{6}Z/g, 'NAME'));
        found.push(...tried(host, paths));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const ended = await work.ended;
      assert.equal(ended.status, 0, described(ended));
    }
    assert.deepEqual(found, []);
    const staged = [...seen].filter((path) => path.startsWith(`${BACKUP}/staging`));
    assert.ok(
      staged.some((path) => /tmp\/made\/./.test(path)),
      staged.join('\n'),
    );
    assert.ok(
      staged.some((path) => /tmp\/data\/./.test(path)),
      staged.join('\n'),
    );

    const paths = allBelow(host);
    assert.ok(paths.length > 10, paths.join('\n'));
    assert.deepEqual(tried(host, paths), []);
    const modes = runInside(host, ['find', `${BACKUP}/daily/redis`, '-printf', '%y %m %u %g\\n']);
    assert.deepEqual(new Set(modes.trim().split('\n')), new Set(['d 700 root root', 'f 600 root root']));
    running.stop();
  });
});

const OUTSIDE = '/srv/outside';

/** Everything of it but times of reading. */
function outside(host: ThrowawayHost): string {
  return runInside(host, [
    'sh',
    '-c',
    `find ${OUTSIDE} /root/closed -printf '%p %u %g %m %n %s %C@\\n'; cat ${OUTSIDE}/*`,
  ]);
}

function startAttacked(): ThrowawayHost {
  const prepare = `mkdir -p ${OUTSIDE} /root/closed; echo precious > ${OUTSIDE}/secret; chmod 600 ${OUTSIDE}/secret
    echo precious > /root/closed/x; chmod 700 /root; chmod 755 /root/closed`;
  const host = startHost({ freshAccounts: true, prepare, disks: [{ at: BASE, size: '64m' }] });
  runJtsHot(host, ['setup']);
  return host;
}

function rounds(
  t: TestContext,
  host: ThrowawayHost,
  variant: string,
  many = ROUNDS,
): Readonly<Record<string, number>> {
  const result = host.run([process.execPath, DRIVER, variant, `${many}`], {
    cwd: REPOSITORY,
    timeoutMs: 200_000,
  });
  assert.equal(result.status, 0, described(result));
  t.diagnostic(result.stdout);
  return JSON.parse(result.stdout) as Readonly<Record<string, number>>;
}

const NEEDED = ['root', 'overlay in a private mount namespace', 'useradd', 'python3'] as const;

describe('what a hostile tool leaves', () => {
  it('a child that writes on, by a descriptor, through a socket or a mapping: nothing that was kept changes', (t) => {
    if (!requires(t, ...NEEDED)) return;
    using host = startAttacked();
    const before = outside(host);
    const answers = rounds(t, host, 'late');
    assert.equal(answers['kept'], ROUNDS, 'it waits until nobody has it open');
    assert.equal(outside(host), before);
  });

  it('a child that swaps files and directories for links: nothing outside is read, changed or given away', (t) => {
    if (!requires(t, ...NEEDED)) return;
    using host = startAttacked();
    const before = outside(host);
    const answers = rounds(t, host, 'swap');
    // Of both there are some: what was a link at that moment, and what was not.
    assert.ok((answers['kept'] ?? 0) > 0 && Object.keys(answers).length > 1, JSON.stringify(answers));
    assert.equal(outside(host), before);
  });

  it('FIFOs, sockets, links, names of ours, deep directories, holes, setuid, access lists: refused, or harmless', (t) => {
    if (!requires(t, ...NEEDED)) return;
    using host = startAttacked();
    const before = outside(host);
    const answers = rounds(t, host, 'junk', 30);
    for (const why of ['a special', 'a link', 'a file with N names', 'a name of ours', 'a name that cannot'])
      assert.ok(
        Object.keys(answers).some((answer) => answer.includes(why)),
        `${why}: ${JSON.stringify(answers)}`,
      );
    assert.equal(outside(host), before);
  });

  it('a hard link to a file of root, as on kernels that do not protect them: refused, and the file is as it was', (t) => {
    if (!requires(t, ...NEEDED)) return;
    using host = startAttacked();
    runInside(host, ['sh', '-c', `umask 077; echo precious > ${BASE}/secret`]);
    const answers = rounds(t, host, 'root-link', 20);
    assert.deepEqual(Object.values(answers), [20], JSON.stringify(answers));
    assert.match(Object.keys(answers)[0] ?? '', /a file of uid/);
    assert.equal(runInside(host, ['stat', '-c', '%u %a %h %s', `${BASE}/secret`]), '0 600 1 9\n');
  });

  it('its own directory swapped for a link to one that it may not reach: nothing of that is in the backup', async (t) => {
    if (!requires(t, ...NEEDED)) return;
    using host = startAttacked();
    const before = outside(host);
    const path = `${BASE}/redis/data`;
    const running = host.spawn(attacker({ variant: 'link', user: 'redis', path, target: '/root/closed' }));
    await new Promise((resolve) => running.stdout.once('data', resolve));
    const answers = rounds(t, host, 'place');
    running.kill('SIGTERM');
    await running.ended;
    assert.ok((answers['kept'] ?? 0) > 0 && Object.keys(answers).length > 1, JSON.stringify(answers));
    assert.equal(outside(host), before);
  });

  it('a child that keeps its output open for ever: the backup ends all the same, and inherits nothing of ours', (t) => {
    if (!requires(t, ...NEEDED)) return;
    using host = startAttacked();
    assert.deepEqual(rounds(t, host, 'output', 1), { kept: 1 });
  });
});
