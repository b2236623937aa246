// Backups of a real Redis 7 and a real Valkey 9 under load: taken, proved, restored, started, and all is there that was there before.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { sleep } from '../e2e/holder.ts';
import { describe as described, jtsHot, runJtsHot } from '../e2e/product.ts';
import type { ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { redis } from './redis.ts';
import { type RunningServer, runInside, type Server, start, writeInside } from './server.ts';

const BASE = '/data/jts/hot';
const BACKUPS = `${BASE}/backup/daily/redis`;
const STAGING = `${BASE}/backup/staging`;
const CONFIG = '/etc/redis/redis.conf';
const RESTORED = `${BASE}/restored`;
const NEEDED = ['root', 'overlay in a private mount namespace', 'real servers'] as const;
const SERVERS = [
  ['Redis 7', '/usr/bin/redis-server'],
  ['Valkey 9', '/opt/valkey-9/valkey-server'],
] as const;

interface Set {
  readonly host: ThrowawayHost;
  readonly serve: (lines?: readonly string[], cli?: string) => RunningServer;
  /** Asks on its port, as itself. */
  readonly cli: (...words: readonly string[]) => string;
}

interface Options {
  readonly size?: string;
  /** How redis-cli is called. */
  readonly cli?: string;
  /** Beside redis.conf, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A tier with a redis.conf of these lines, configured by the product. */
function set(
  program: string,
  lines: readonly string[],
  { size = '256m', cli = 'redis-cli', files = {} }: Options = {},
): Set & Disposable {
  const host = startServerHost({ parts: ['valkey-9'], disks: [{ at: BASE, size }] });
  const configure = (more: readonly string[]) =>
    writeInside(host, CONFIG, ['repl-diskless-sync-delay 0', ...more]);
  for (const [path, text] of Object.entries(files)) writeInside(host, path, [text]);
  configure(lines);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'redis', '--install', '--to', CONFIG]);
  const ask = (...words: readonly string[]) =>
    runInside(host, ['sh', '-c', `${cli} -e "$@"`, 'sh', ...words]).trim();
  return {
    host,
    cli: ask,
    serve(more) {
      if (more !== undefined) writeInside(host, CONFIG, more);
      const server: Server = { ...redis(program), ping: () => void ask('PING') };
      return start({ host, server, user: 'redis', configFile: CONFIG });
    },
    [Symbol.dispose]: () => host[Symbol.dispose](),
  };
}

const backup = (host: ThrowawayHost, words: readonly string[], expected = 0) =>
  runJtsHot(host, ['backup', ...words], expected);

const namesIn = (host: ThrowawayHost, path: string) => readdirSync(host.path(path)).toSorted();
const newest = (host: ThrowawayHost) => namesIn(host, BACKUPS).at(-1) ?? '';

/** What nothing makes smaller. */
function fill(host: ThrowawayHost, bytes: number): void {
  runInside(host, ['sh', '-c', `head -c ${bytes} /dev/urandom | redis-cli -x SET big`]);
}

/** Until it is killed, each time with what the server answered: what it has answered it has. */
const LOAD = 'exec redis-cli -r -1 RPUSH load x >/tmp/answered';

function answered(host: ThrowawayHost): number {
  const { stdout } = host.run(['tail', '-n', '2', '/tmp/answered']);
  return Number(stdout.split('\n')[0]);
}

for (const [name, program] of SERVERS)
  for (const appendonly of ['no', 'yes'])
    it(`${name}, appendonly ${appendonly}: under load it is backed up, proved, restored, and starts with all of it`, (t) => {
      if (!requires(t, ...NEEDED)) return;
      using one = set(program, ['save 3600 1', `appendonly ${appendonly}`]);
      const { host, cli } = one;
      const running = one.serve();
      running.write(['bought', 'sold']);
      cli('-n', '3', 'SET', 'brief', 'x', 'EX', '3600');
      const load = host.spawn(['sh', '-c', LOAD]);
      while (answered(host) < 100) sleep(20);
      const before = answered(host);
      backup(host, ['run', 'redis']);
      assert.ok(answered(host) > before, 'nothing was written meanwhile');
      load.kill('SIGKILL');
      const { taken, files } = JSON.parse(
        runInside(host, ['cat', `${BACKUPS}/${newest(host)}/manifest.json`]),
      );
      assert.deepEqual(taken.limits, []);
      assert.deepEqual(
        files.map((file: { name: string }) => file.name),
        [
          ...(appendonly === 'yes' ? ['append-only-1.manifest', 'append-only-1.tar.zst'] : []),
          'snapshot.rdb.zst',
        ],
      );
      assert.match(taken.position, /^[0-9a-f]{40}:\d+$/);
      cli('CONFIG', 'SET', 'maxmemory', '0');
      const settings = cli('CONFIG', 'GET', '*');

      const { stdout } = backup(host, ['verify', 'redis']);
      assert.match(stdout, /good/);
      assert.match(stdout, /keys of database 3 in the snapshot: 1/);
      // Nothing was changed on the server that works, nor by the proof.
      assert.equal(cli('CONFIG', 'GET', '*'), settings);
      backup(host, ['restore', 'redis', '--to', RESTORED]);
      running.stop();

      const lines = ['port 6379', `dir ${RESTORED}`];
      if (appendonly === 'no') {
        // As it is said after a restore: with append-only files it would begin empty.
        const first = one.serve([...lines, 'appendonly no']);
        assert.deepEqual(first.read(), ['bought', 'sold']);
        cli('CONFIG', 'SET', 'appendonly', 'yes');
        while (
          !/aof_rewrite_in_progress:0\r?\n.*aof_last_bgrewrite_status:ok/s.test(cli('INFO', 'persistence'))
        )
          sleep(20);
        first.stop();
      }
      const last = one.serve([...lines, 'appendonly yes']);
      assert.deepEqual(last.read(), ['bought', 'sold']);
      assert.equal(cli('-n', '3', 'GET', 'brief'), 'x');
      assert.ok(Number(cli('LLEN', 'load')) >= before);
      last.stop();
    });

it('Redis 7: append-only files that are rewritten all the time make no bad backup', (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save ""', 'appendonly yes']);
  const { host, cli } = one;
  const running = one.serve();
  running.write(['bought', 'sold']);
  cli('EVAL', 'for i=1,20000 do redis.call("set", "k"..i, i) end', '0');
  const rewrites = host.spawn([
    'sh',
    '-c',
    'while :; do redis-cli BGREWRITEAOF; sleep 0.05; done >/dev/null',
  ]);
  backup(host, ['run', 'redis']);
  rewrites.kill('SIGKILL');
  assert.match(backup(host, ['verify', 'redis']).stdout, /good/);
  backup(host, ['restore', 'redis', '--to', RESTORED]);
  running.stop();
  const last = one.serve(['port 6379', `dir ${RESTORED}`, 'appendonly yes']);
  assert.deepEqual(last.read(), ['bought', 'sold']);
  assert.equal(cli('DBSIZE'), '20001');
  last.stop();
});

it('Redis 7: a flipped bit in any file is found, also in its manifest; the file put right, it is good again', (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save ""', 'appendonly yes']);
  const { host } = one;
  const running = one.serve();
  running.write(['bought', 'sold']);
  backup(host, ['run', 'redis']);
  const directory = host.path(`${BACKUPS}/${newest(host)}`);
  for (const file of readdirSync(directory)) {
    const path = join(directory, file);
    const good = readFileSync(path);
    const bad = Buffer.from(good);
    const at = Math.floor(bad.length / 2);
    bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
    writeFileSync(path, bad);
    const { status, stdout, stderr } = host.run(jtsHot('backup', 'verify', 'redis'));
    assert.equal(status, 1, `${file}: ${stdout}${stderr}`);
    assert.match(stderr, /E_BAD_BACKUP/, file);
    writeFileSync(path, good);
  }
  backup(host, ['verify', 'redis']);
  running.stop();
});

it('Redis 7: keys that expire between the backup and its proof are counted all the same', (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save ""', 'appendonly yes', 'enable-debug-command local']);
  const { host, cli } = one;
  const running = one.serve();
  cli('SET', 'stays', 'x');
  cli('SET', 'short', 'x', 'PX', '500');
  // It is there until somebody asks for it, and so it is in the snapshot.
  cli('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  backup(host, ['run', 'redis']);
  sleep(600);
  const { stdout } = backup(host, ['verify', 'redis']);
  assert.match(
    stdout,
    /keys of database 0 in the snapshot: 2\n.*keys of database 0 in the append-only files: 2/,
  );
  running.stop();
});

it('Redis 7: a replica is backed up, which is said; without a link to its master it is refused', (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save ""', 'replicaof 127.0.0.1 7000']);
  const { host, cli } = one;
  const master =
    '--port 7000 --daemonize yes --dir /tmp --repl-diskless-sync-delay 0 --save "" --logfile /tmp/master.log';
  runInside(host, [
    'sh',
    '-c',
    `redis-server ${master} && sleep 0.3 && redis-cli -p 7000 RPUSH words bought sold`,
  ]);
  const running = one.serve();
  const isLinked = () => cli('INFO', 'replication').includes('master_link_status:up');
  while (!isLinked()) sleep(20);
  assert.match(backup(host, ['run', 'redis']).stdout, /a replica of 127\.0\.0\.1/);
  assert.match(backup(host, ['verify', 'redis']).stdout, /keys of database 0 in the snapshot: 1/);
  runInside(host, ['redis-cli', '-p', '7000', 'SHUTDOWN', 'NOSAVE']);
  while (isLinked()) sleep(20);
  assert.match(backup(host, ['run', 'redis'], 1).stderr, /E_REDIS_NOT_WHOLE/);
  running.stop();
});

const RIGHTS = '~* &* +sync +psync +replconf +ping +info +config|get +command|list +module|list';

for (const [what, lines, cli] of [
  [
    'a socket and a password',
    ['port 0', 'unixsocket /data/jts/hot/redis/data/s', 'requirepass s3cret'],
    'REDISCLI_AUTH=s3cret redis-cli -s /data/jts/hot/redis/data/s',
  ],
  [
    'a user with the rights of a replica',
    ['user default off', `user keeper on >s3cret ${RIGHTS}`],
    'REDISCLI_AUTH=s3cret redis-cli --user keeper',
  ],
  [
    'masteruser',
    ['aclfile /etc/redis/users.acl', 'masteruser keeper', 'masterauth s3cret'],
    'REDISCLI_AUTH=s3cret redis-cli --user keeper',
  ],
] as const)
  it(`Redis 7 behind ${what} is backed up, and the password is in no file of the backup`, (t) => {
    if (!requires(t, ...NEEDED)) return;
    const files = { '/etc/redis/users.acl': `user default off\nuser keeper on >s3cret ${RIGHTS}` };
    using one = set('/usr/bin/redis-server', ['save ""', 'appendonly yes', ...lines], { cli, files });
    const { host } = one;
    const running = one.serve();
    backup(host, ['run', 'redis']);
    backup(host, ['verify', 'redis']);
    assert.equal(host.run(['grep', '-r', 's3cret', BACKUPS]).stdout, '');
    const { limits } = JSON.parse(runInside(host, ['cat', `${BACKUPS}/${newest(host)}/manifest.json`])).taken;
    assert.deepEqual(limits, what === 'masteruser' ? ['without the users in /etc/redis/users.acl'] : []);
    running.stop();
  });

it('Redis 7: an account that may not do what a replica may is said so; nothing is kept', (t) => {
  if (!requires(t, ...NEEDED)) return;
  const cli = 'REDISCLI_AUTH=s3cret redis-cli --user keeper';
  using one = set('/usr/bin/redis-server', ['user default off', 'user keeper on >s3cret ~* +info +ping'], {
    cli,
  });
  const running = one.serve();
  const { stderr } = backup(one.host, ['run', 'redis'], 1);
  assert.match(stderr, /NOPERM.*'sync' command/s);
  assert.doesNotMatch(stderr, /s3cret/);
  assert.deepEqual(namesIn(one.host, STAGING), []);
  running.stop();
});

it('Redis 7 by TLS alone is backed up with the certificate of the server', (t) => {
  if (!requires(t, ...NEEDED, 'openssl')) return;
  const made = mkdtempSync(join(tmpdir(), 'jts-hot-tls-'));
  try {
    const argv = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=redis'];
    spawnSync('openssl', [...argv, '-keyout', join(made, 'key'), '-out', join(made, 'cert')]);
    const text = (file: string) => readFileSync(join(made, file), 'utf8');
    const files = { '/etc/redis/cert': text('cert'), '/etc/redis/key': text('key') };
    const cli =
      'redis-cli --tls -p 6380 --cacert /etc/redis/cert --cert /etc/redis/cert --key /etc/redis/key';
    const lines = [
      ...['port 0', 'tls-port 6380', 'tls-ca-cert-file /etc/redis/cert'],
      ...['tls-cert-file /etc/redis/cert', 'tls-key-file /etc/redis/key'],
    ];
    using one = set('/usr/bin/redis-server', lines, { cli, files });
    const running = one.serve();
    one.cli('SET', 'a', 'b');
    backup(one.host, ['run', 'redis']);
    assert.match(backup(one.host, ['verify', 'redis']).stdout, /keys of database 0 in the snapshot: 1/);
    running.stop();
  } finally {
    rmSync(made, { recursive: true });
  }
});

it('Redis 7 is killed while it gives a snapshot: no backup, nothing left; started again, it is backed up', async (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save ""', 'appendonly yes']);
  const { host, cli } = one;
  const running = one.serve();
  fill(host, 6_000_000);
  const taking = host.spawn(jtsHot('backup', 'run', 'redis', '--rate', '1MB'));
  while (!/rdb_bgsave_in_progress:1/.test(cli('INFO', 'persistence'))) sleep(10);
  sleep(300);
  host.run(['kill', '-KILL', `${running.pid}`]);
  const ended = await taking.ended;
  assert.equal(ended.status, 1, described(ended));
  assert.match(ended.stderr, /E_TOOL.*redis-cli.*I\/O Error/s);
  assert.deepEqual(namesIn(host, STAGING), []);
  assert.deepEqual(namesIn(host, `${BASE}/backup/daily`), []);

  const again = one.serve();
  backup(host, ['run', 'redis']);
  assert.match(backup(host, ['verify', 'redis']).stdout, /keys of database 0 in the append-only files: 1/);
  again.stop();
});

it('Redis 7: a disk that becomes full meanwhile ends the backup and leaves nothing; what fits no plan is not begun', async (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save ""', 'appendonly no'], { size: '64m' });
  const { host, cli } = one;
  const running = one.serve();
  fill(host, 20_000_000);
  const taking = host.spawn(jtsHot('backup', 'run', 'redis', '--rate', '4MB'));
  while (!/rdb_bgsave_in_progress:1/.test(cli('INFO', 'persistence'))) sleep(10);
  host.run(['sh', '-c', `cat /dev/zero > ${BASE}/filler`]);
  const ended = await taking.ended;
  assert.equal(ended.status, 1, described(ended));
  assert.match(ended.stderr, /E_BACKUP_WRITE.*no space/is);
  assert.deepEqual([namesIn(host, STAGING), namesIn(host, `${BASE}/backup/daily`)], [[], []]);
  assert.match(backup(host, ['run', 'redis'], 3).stderr, /E_NO_ROOM/);
  runInside(host, ['rm', `${BASE}/filler`]);
  backup(host, ['run', 'redis']);
  running.stop();
});

it('Redis 7 that is stopped is backed up by its files', (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', ['save 3600 1', 'appendonly yes']);
  const { host } = one;
  const running = one.serve();
  running.write(['bought', 'sold']);
  running.stop();
  backup(host, ['run', 'redis']);
  assert.match(backup(host, ['verify', 'redis']).stdout, /good/);
  backup(host, ['restore', 'redis', '--to', RESTORED]);
  const last = one.serve(['port 6379', `dir ${RESTORED}`, 'appendonly yes']);
  assert.deepEqual(last.read(), ['bought', 'sold']);
  last.stop();
});

it('without redis-cli its package is named, and nothing is begun', (t) => {
  if (!requires(t, ...NEEDED)) return;
  using one = set('/usr/bin/redis-server', []);
  const running = one.serve();
  runInside(one.host, ['mv', '/usr/bin/redis-cli', '/root/redis-cli']);
  const { stderr } = backup(one.host, ['run', 'redis'], 3);
  assert.match(stderr, /E_NO_TOOL.*install it: redis-tools/s);
  runInside(one.host, ['mv', '/root/redis-cli', '/usr/bin/redis-cli']);
  running.stop();
});
