// Backups of ClickHouse 18.16, and of the engine of 26.9 by programs of the server's names: taken while rows come, proved,
// restored, and what stays where it fails.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sleep } from '../e2e/holder.ts';
import { jtsHot, runJtsHot, describe as told } from '../e2e/product.ts';
import { type HostProcess, REPOSITORY, type RunResult, type ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { clickhouse } from './clickhouse.ts';
import { startServerHost } from './parts.ts';
import { asUserOn, type RunningServer, runInside, type Server, start, writeInside } from './server.ts';

const BASE = '/data/jts/hot';
const DATA = `${BASE}/clickhouse/data`;
const STAGING = `${BASE}/backup/staging`;
const DAILY = `${BASE}/backup/daily/clickhouse`;
const CONFIG = '/etc/clickhouse-server/config.xml';
const FROZEN = `${DATA}/shadow/jts_hot_backup`;

interface Manifest {
  readonly bytes: number;
  readonly taken: {
    readonly tool: string;
    readonly parent: string | null;
    readonly limits: readonly string[];
    readonly before: readonly { readonly what: string; readonly count: number; readonly isExact: boolean }[];
  };
  readonly files: readonly { readonly name: string }[];
}

function sql(host: ThrowawayHost, query: string, port = 9000): string {
  return asUserOn(host, 'clickhouse')(['clickhouse-client', '--port', `${port}`, '-n', '--query', query]);
}

function ready(t: TestContext): boolean {
  return requires(t, 'root', 'overlay in a private mount namespace', 'real servers');
}

function names(host: ThrowawayHost, path: string): readonly string[] {
  return host.run(['ls', '-A', path]).stdout.split('\n').filter(Boolean);
}

function newest(host: ThrowawayHost): string {
  return names(host, DAILY).at(-1) ?? assert.fail('no backup');
}

function manifestOf(host: ThrowawayHost, name: string): Manifest {
  return JSON.parse(runInside(host, ['cat', `${DAILY}/${name}/manifest.json`])) as Manifest;
}

/** Nothing of it stays where it was made, nor in the service. */
function assertClean(host: ThrowawayHost): void {
  assert.deepEqual(names(host, STAGING), []);
  assert.equal(host.run(['test', '-e', FROZEN]).status, 1, 'the frozen parts are still there');
}

/** Until what is frozen is on its way into staging. */
async function untilItIsArchived(host: ThrowawayHost, running: HostProcess): Promise<void> {
  const look = `test -d ${FROZEN} && test -n "$(find ${STAGING} -name '*.zst' -size +64k)"`;
  let ended: RunResult | null = null;
  void running.ended.then((result) => {
    ended = result;
  });
  while (host.run(['sh', '-c', look]).status !== 0) {
    if (ended !== null) assert.fail(`it does not come to the parts: ${told(ended)}`);
    await setTimeout(20);
  }
}

/** On what was restored, as another server of the same user. */
function startOn(host: ThrowawayHost, directory: string): RunningServer {
  const settings = runInside(host, ['cat', CONFIG])
    .replace(/<tcp_port>\d+/, '<tcp_port>9100')
    .replace(/<http_port>\d+/, '<http_port>9101')
    .replace(/<interserver_http_port>\d+/, '<interserver_http_port>9102')
    .replace(/<path>[^<]*/, `<path>${directory}/`);
  runInside(host, ['mkdir', '-p', '/etc/clickhouse-second']);
  runInside(host, ['cp', '/etc/clickhouse-server/users.xml', '/etc/clickhouse-second/']);
  writeInside(host, '/etc/clickhouse-second/config.xml', [settings]);
  const server: Server = { ...clickhouse(9100), name: 'second' };
  return start({ host, server, user: 'clickhouse', configFile: '/etc/clickhouse-second/config.xml' });
}

describe('A backup of ClickHouse 18.16', { timeout: 180_000 }, () => {
  let host: ThrowawayHost;
  let server: RunningServer;
  const startIt = () => start({ host, server: clickhouse(), user: 'clickhouse', configFile: CONFIG });

  before((t) => {
    if (!ready(t as TestContext)) return;
    host = startServerHost({ disks: [{ at: BASE, size: '1g' }] });
    runJtsHot(host, ['setup']);
    runJtsHot(host, ['config', 'clickhouse', '--install', '--to', CONFIG]);
    const macros = 's#</yandex>#<macros><shard>one</shard><replica>a</replica></macros></yandex>#';
    runInside(host, ['sed', '-i', macros, CONFIG]);
    server = startIt();
    sql(
      host,
      `CREATE DATABASE shop;
       CREATE TABLE shop.old (d Date, id UInt64, s String) ENGINE = MergeTree(d, id, 8192);
       INSERT INTO shop.old SELECT toDate('2020-01-01') + number % 100, number, toString(number) FROM numbers(10000);
       CREATE TABLE shop.orders (d Date, id UInt64, s String) ENGINE = MergeTree PARTITION BY toMonday(d) ORDER BY id;
       CREATE TABLE shop.\`odd na/me\` (a UInt64, h AggregateFunction(uniq, UInt64)) ENGINE = AggregatingMergeTree ORDER BY a;
       INSERT INTO shop.\`odd na/me\` SELECT number, uniqState(number) FROM numbers(7) GROUP BY number;
       CREATE MATERIALIZED VIEW shop.by_day ENGINE = SummingMergeTree PARTITION BY tuple() ORDER BY d POPULATE AS SELECT d, count() AS c FROM shop.old GROUP BY d;
       CREATE TABLE shop.noise (a UInt64, b UInt64, c UInt64, d UInt64) ENGINE = MergeTree ORDER BY a;
       INSERT INTO shop.noise SELECT rand64(1), rand64(2), rand64(3), rand64(4) FROM numbers(500000);
       CREATE TABLE shop.log (a UInt64) ENGINE = Log;
       INSERT INTO shop.log VALUES (1);
       CREATE TABLE shop.put_away (a UInt64) ENGINE = MergeTree ORDER BY a;
       DETACH TABLE shop.put_away;
       CREATE TABLE shop.few (a UInt64) ENGINE = MergeTree ORDER BY a;
       INSERT INTO shop.few SELECT number FROM numbers(70)`,
    );
    // Without ZooKeeper it can be read, as it is on the server that proves it.
    runInside(host, ['cp', '-a', `${DATA}/data/shop/few`, `${DATA}/data/shop/replica`]);
    sql(
      host,
      "ATTACH TABLE shop.replica (a UInt64) ENGINE = ReplicatedMergeTree('/t/{shard}/r', '{replica}') ORDER BY a",
    );
  });
  after(() => host?.stop());

  it('under inserts has whole inserts only, is proved, and a server starts on it with its rows', (t) => {
    if (!ready(t)) return;
    // Each insert has ten rows.
    const loop = `n=0; while :; do clickhouse-client --query "INSERT INTO shop.orders SELECT toDate('2020-01-01'), number, 'x' FROM numbers($n, 10)"; n=$((n+10)); done`;
    const inserts = host.spawn([
      'setpriv',
      '--reuid=clickhouse',
      '--regid=clickhouse',
      '--clear-groups',
      'sh',
      '-c',
      loop,
    ]);
    while (Number(sql(host, 'SELECT count() FROM shop.orders')) < 50) sleep(20);
    runJtsHot(host, ['backup', 'run', 'clickhouse']);
    inserts.kill('SIGKILL');
    assertClean(host);
    const { taken } = manifestOf(host, newest(host));
    assert.deepEqual(taken.limits, [
      'Come back empty, since no snapshot can be taken of their engines: shop.log (Log).',
      'Are detached, so only their definitions are here: shop.put_away.',
    ]);
    const counts = new Map(taken.before.map(({ what, count }) => [what, count]));
    assert.deepEqual(
      [...counts.keys()],
      ['.inner.by_day', 'few', 'noise', 'odd na/me', 'old', 'orders', 'replica'].map(
        (name) => `table shop.${name}`,
      ),
    );
    const rows = counts.get('table shop.orders') ?? 0;
    assert.ok(rows >= 50 && rows % 10 === 0, `${rows} rows`);

    const { stdout } = runJtsHot(host, ['backup', 'verify', 'clickhouse']);
    assert.match(stdout, / good\n/);
    const proof = runInside(host, ['cat', `${DAILY}/${newest(host)}/verification.json`]);
    const { counts: proved } = JSON.parse(proof) as { readonly counts: Manifest['taken']['before'] };
    const provedRows = new Map(proved.map(({ what, count }) => [what, count]));
    assert.deepEqual(provedRows, counts);
    assert.equal(provedRows.get('table shop.replica'), 70);
    assertClean(host);

    runJtsHot(host, ['backup', 'restore', 'clickhouse', '--to', `${BASE}/restored`]);
    const second = startOn(host, `${BASE}/restored`);
    const same = `SELECT count(), sum(cityHash64(d, id, s)) FROM shop.old; SELECT count(), sum(cityHash64(*)) FROM shop.noise;
      SELECT count(), sum(c) FROM shop.by_day; SELECT count(), uniqMerge(h) FROM shop.\`odd na/me\``;
    assert.equal(sql(host, same, 9100), sql(host, same));
    assert.equal(
      sql(host, 'SELECT count(), max(id) + 1, count() % 10 FROM shop.orders', 9100),
      `${rows}\t${rows}\t0\n`,
    );
    // It takes rows, and the empty one of another engine does so, too.
    sql(host, 'INSERT INTO shop.log VALUES (2)', 9100);
    sql(host, 'INSERT INTO shop.noise VALUES (1, 2, 3, 4)', 9100);
    assert.equal(sql(host, 'SELECT * FROM shop.log; SELECT count() FROM shop.noise', 9100), '2\n500001\n');
    second.stop();
  });

  it('with a flipped bit in any of its files is found', (t) => {
    if (!ready(t)) return;
    const name = newest(host);
    const files = ['manifest.json', ...manifestOf(host, name).files.map((one) => one.name)];
    for (const file of files) {
      const flip = `import sys; f = open(sys.argv[1], 'r+b'); f.seek(0, 2); at = f.tell() // 2; f.seek(at); b = f.read(1); f.seek(at); f.write(bytes([b[0] ^ 1]))`;
      const path = `${DAILY}/${name}/${file}`;
      runInside(host, ['python3', '-c', flip, path]);
      const found = host.run(jtsHot('backup', 'verify', 'clickhouse'));
      assert.equal(found.status, 1, `${file}: ${told(found)}`);
      runInside(host, ['python3', '-c', flip, path]);
    }
    assertClean(host);
  });

  it('killed while it takes the parts leaves them frozen, and the next one takes them away', async (t) => {
    if (!ready(t)) return;
    const had = names(host, DAILY);
    const killed = host.spawn(jtsHot('backup', 'run', 'clickhouse', '--rate', '1MB'));
    await untilItIsArchived(host, killed);
    killed.kill('SIGKILL');
    await killed.ended;
    assert.equal(host.run(['test', '-d', FROZEN]).status, 0);
    assert.deepEqual(names(host, DAILY), had);
    runJtsHot(host, ['backup', 'run', 'clickhouse']);
    assertClean(host);
    assert.equal(names(host, DAILY).length, had.length + 1);
  });

  it('is none where the disk becomes full, and the server has its room back', async (t) => {
    if (!ready(t)) return;
    const had = names(host, DAILY);
    const running = host.spawn(jtsHot('backup', 'run', 'clickhouse', '--rate', '2MB'));
    await untilItIsArchived(host, running);
    host.run(['sh', '-c', `dd if=/dev/zero of=${BASE}/filler bs=1M 2>/dev/null`]);
    const ended = await running.ended;
    runInside(host, ['rm', `${BASE}/filler`]);
    assert.equal(ended.status, 1, told(ended));
    assert.match(ended.stderr, /cannot /);
    assert.doesNotMatch(ended.stderr, /E_UNEXPECTED/);
    assertClean(host);
    assert.deepEqual(names(host, DAILY), had);
    sql(host, 'INSERT INTO shop.noise VALUES (1, 2, 3, 4)');
  });

  it('is taken with the password of the server, which is in no command line', async (t) => {
    if (!ready(t)) return;
    const users = CONFIG.replace('config', 'users');
    const secret = "sun's <5 & rain";
    const had = runInside(host, ['cat', users]);
    server.stop();
    writeInside(host, users, [
      had.replace('<password></password>', '<password>sun&apos;s &lt;5 &amp; rain</password>'),
    ]);
    const ping: Server['ping'] = ({ asUser }) =>
      void asUser(['clickhouse-client', '--password', secret, '--query', 'SELECT 1']);
    server = start({
      host,
      server: { ...clickhouse(), ping },
      user: 'clickhouse',
      configFile: CONFIG,
    });
    assert.throws(() => sql(host, 'SELECT 1'), /Password required/);
    const running = host.spawn(jtsHot('backup', 'run', 'clickhouse'));
    let ended: RunResult | null = null;
    void running.ended.then((result) => {
      ended = result;
    });
    let looks = 0;
    while (ended === null) {
      assert.doesNotMatch(host.run(['sh', '-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null']).stdout, /rain/);
      looks += 1;
      await setTimeout(5);
    }
    assert.equal((ended as RunResult).status, 0, told(ended));
    assert.ok(looks > 5, `${looks} looks`);
    server.stop();
    writeInside(host, users, [had]);
    server = startIt();
  });

  it('lives or fails whole where the server is killed meanwhile', async (t) => {
    if (!ready(t)) return;
    const had = names(host, DAILY).length;
    const running: HostProcess = host.spawn(jtsHot('backup', 'run', 'clickhouse', '--rate', '4MB'));
    await untilItIsArchived(host, running);
    runInside(host, ['kill', '-9', `${server.pid}`]);
    const ended = await running.ended;
    assertClean(host);
    // The parts were frozen: that needs no server.
    assert.equal(ended.status, 0, told(ended));
    assert.equal(names(host, DAILY).length, had + 1);
    const refused = host.run(jtsHot('backup', 'run', 'clickhouse'));
    assert.equal(refused.status, 3, told(refused));
    server = startIt();
    assert.match(runJtsHot(host, ['backup', 'verify', 'clickhouse']).stdout, / good\n/);
  });
});

/** Programs of the server's names, behind which the engine of 26.9 is: see chdb-programs.py. */
const PROGRAMS = {
  client: '/usr/bin/clickhouse-client',
  server: '/usr/sbin/clickhouse-server',
  local: '/usr/bin/clickhouse-local',
} as const;

function startNewerHost(settings: readonly string[] = []): ThrowawayHost {
  const host = startServerHost({ parts: ['chdb-26'], disks: [{ at: BASE, size: '1g' }] });
  for (const [program, path] of Object.entries(PROGRAMS)) {
    writeInside(host, path, [
      '#!/bin/sh',
      'export PYTHONPATH=/opt/chdb-26 PYTHONDONTWRITEBYTECODE=1',
      `exec python3 ${REPOSITORY}/test/servers/chdb-programs.py ${program} "$@"`,
    ]);
    runInside(host, ['chmod', '755', path]);
  }
  writeInside(host, CONFIG, [
    '<clickhouse>',
    '  <logger><level>information</level></logger>',
    '  <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>',
    '  <storage_configuration>',
    `    <disks><hot><path>${DATA}/disks/hot/</path></hot><far><path>${BASE}/clickhouse/far/</path></far></disks>`,
    '    <policies>',
    '      <hot><volumes><main><disk>hot</disk></main></volumes></hot>',
    '      <tiers><volumes><a><disk>default</disk></a><b><disk>far</disk></b></volumes></tiers>',
    '    </policies>',
    '  </storage_configuration>',
    '  <macros><shard>one</shard></macros>',
    ...settings,
    '</clickhouse>',
  ]);
  writeInside(host, CONFIG.replace('config', 'users'), [
    '<clickhouse>',
    '  <profiles><default/></profiles>',
    '  <quotas><default/></quotas>',
    '  <users><default><password/><profile>default</profile><quota>default</quota></default></users>',
    '</clickhouse>',
  ]);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'clickhouse', '--install', '--to', CONFIG]);
  return host;
}

function startNewer(host: ThrowawayHost, name: string, configFile: string): RunningServer {
  const server: Server = {
    ...clickhouse(),
    name,
    argv: (file) => [PROGRAMS.server, `--config-file=${file}`],
  };
  return start({ host, server, user: 'clickhouse', configFile });
}

/** Of another one, on what was restored; its path. */
function configurationFor(host: ThrowawayHost, directory: string): string {
  const settings = runInside(host, ['cat', CONFIG])
    .replaceAll(`${BASE}/clickhouse/far/`, `${directory}/disks/far/`)
    .replaceAll(`${DATA}/`, `${directory}/`);
  runInside(host, ['mkdir', '/etc/clickhouse-second']);
  runInside(host, ['cp', CONFIG.replace('config', 'users'), '/etc/clickhouse-second/']);
  const file = '/etc/clickhouse-second/config.xml';
  writeInside(host, file, [settings.replace('</clickhouse>', `<path>${directory}/</path></clickhouse>`)]);
  return file;
}

describe('A backup of the engine of ClickHouse 26.9', { timeout: 180_000 }, () => {
  it('by frozen parts has tables on three disks, and another engine starts on it with their rows', (t) => {
    if (!ready(t)) return;
    using host = startNewerHost();
    const engine = startNewer(host, 'newer', CONFIG);
    sql(
      host,
      `CREATE DATABASE shop;
       CREATE TABLE shop.orders (d Date, id UInt64, s String, PROJECTION p (SELECT d, count() GROUP BY d)) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY id;
       INSERT INTO shop.orders SELECT toDate('2020-01-01') + number % 100, number, toString(number) FROM numbers(10000);
       CREATE TABLE shop.hot (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'hot';
       INSERT INTO shop.hot SELECT number FROM numbers(100);
       CREATE TABLE shop.tiers (a UInt64) ENGINE = MergeTree PARTITION BY a ORDER BY a SETTINGS storage_policy = 'tiers';
       INSERT INTO shop.tiers SELECT number % 2 FROM numbers(50);
       ALTER TABLE shop.tiers MOVE PARTITION 1 TO DISK 'far';
       CREATE MATERIALIZED VIEW shop.by_day ENGINE = SummingMergeTree ORDER BY d POPULATE AS SELECT d, count() AS c FROM shop.orders GROUP BY d;
       CREATE TABLE shop.fewer (a UInt64) ENGINE = MergeTree ORDER BY a;
       INSERT INTO shop.fewer SELECT number FROM numbers(10);
       DELETE FROM shop.fewer WHERE a < 3;
       CREATE TABLE shop.\`odd na/me\` (a UInt64) ENGINE = ReplacingMergeTree ORDER BY a;
       INSERT INTO shop.\`odd na/me\` SELECT 1;
       INSERT INTO shop.\`odd na/me\` SELECT 1;
       CREATE TABLE shop.log (a UInt64) ENGINE = Log;
       CREATE TABLE shop.expired (d DateTime, a UInt64) ENGINE = MergeTree ORDER BY a TTL d + INTERVAL 1 DAY;
       SYSTEM STOP TTL MERGES shop.expired;
       SYSTEM STOP MERGES shop.expired;
       INSERT INTO shop.expired SELECT toDateTime('2020-01-01 00:00:00'), number FROM numbers(5)`,
    );
    runJtsHot(host, ['backup', 'run', 'clickhouse']);
    assertClean(host);
    for (const disk of [`${DATA}/disks/hot`, `${BASE}/clickhouse/far`])
      assert.deepEqual(names(host, `${disk}/shadow`), []);
    const { taken, files } = manifestOf(host, newest(host));
    assert.deepEqual(files.map(({ name }) => name).toSorted(), [
      'disk-far.tar.zst',
      'disk-hot.tar.zst',
      'snapshot.tar.zst',
    ]);
    const counts = new Map(taken.before.map(({ what, count, isExact }) => [what, isExact ? count : null]));
    assert.equal(counts.get('table shop.tiers'), 50);
    assert.equal(counts.get('table shop.orders'), 10_000);
    // Rows that may go at any time are proved as they were.
    assert.equal(counts.get('table shop.expired'), 5);
    // What is deleted still stands in its part.
    assert.equal(counts.get('table shop.fewer'), null);
    assert.deepEqual(taken.limits, [
      'Come back empty, since no snapshot can be taken of their engines: shop.log (Log).',
    ]);
    const { stdout } = runJtsHot(host, ['backup', 'verify', 'clickhouse']);
    assert.match(stdout, / good\n/);
    assertClean(host);

    runJtsHot(host, ['backup', 'restore', 'clickhouse', '--to', `${BASE}/restored`]);
    const sums = ['orders', 'hot', 'tiers', 'fewer', '`odd na/me`', 'by_day']
      .map((table) => `SELECT count(), sum(cityHash64(*)) FROM shop.${table}`)
      .join('; ');
    const had = sql(host, sums);
    engine.stop();
    const second = startNewer(host, 'second', configurationFor(host, `${BASE}/restored`));
    assert.equal(sql(host, sums), had);
    second.stop();
  });

  it('by BACKUP where that is allowed has increments, other engines and functions, and another one starts on it', (t) => {
    if (!ready(t)) return;
    using host = startNewerHost([`  <backups><allowed_path>${STAGING}/</allowed_path></backups>`]);
    const engine = startNewer(host, 'newer', CONFIG);
    sql(
      host,
      `CREATE DATABASE shop;
       CREATE TABLE shop.orders (id UInt64, s String) ENGINE = MergeTree ORDER BY id;
       INSERT INTO shop.orders SELECT number, toString(cityHash64(number)) FROM numbers(200000);
       CREATE TABLE shop.hot (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'hot';
       INSERT INTO shop.hot SELECT number FROM numbers(100);
       CREATE TABLE shop.log (a UInt64) ENGINE = Log;
       INSERT INTO shop.log SELECT 7;
       CREATE TABLE default.own (a UInt64) ENGINE = MergeTree ORDER BY a;
       INSERT INTO default.own SELECT 5;
       CREATE MATERIALIZED VIEW shop.by_digit ENGINE = SummingMergeTree ORDER BY d POPULATE AS SELECT id % 10 AS d, count() AS c FROM shop.orders GROUP BY d;
       CREATE FUNCTION one_more AS (x) -> x + 1`,
    );
    const parents: (string | null)[] = [];
    const bytes: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      runJtsHot(host, ['backup', 'run', 'clickhouse']);
      assertClean(host);
      const { taken, bytes: size } = manifestOf(host, newest(host));
      assert.equal(taken.tool, 'BACKUP');
      assert.deepEqual(taken.limits, []);
      parents.push(taken.parent);
      bytes.push(size);
      if (i < 2) sql(host, `INSERT INTO shop.orders SELECT 1000000 + ${i}, 'later'`);
    }
    const [whole = '', second = ''] = names(host, DAILY);
    assert.deepEqual(parents, [null, whole, second]);
    const [first = 0, ...increments] = bytes;
    for (const one of increments) assert.ok(one < first / 10, `${bytes.join(' ')}`);
    assert.match(runJtsHot(host, ['backup', 'verify', 'clickhouse']).stdout, /shop.orders: 200002\n/);
    assertClean(host);

    runJtsHot(host, ['backup', 'restore', 'clickhouse', '--to', `${BASE}/restored`]);
    assert.deepEqual(
      names(host, `${BASE}/restored`).filter((name) => name.startsWith('.')),
      [],
    );
    const sums = `${['shop.orders', 'shop.hot', 'shop.log', 'default.own', 'shop.by_digit']
      .map((table) => `SELECT count(), sum(cityHash64(*)) FROM ${table}`)
      .join('; ')}; SELECT one_more(1)`;
    const had = sql(host, sums);
    engine.stop();
    const other = startNewer(host, 'second', configurationFor(host, `${BASE}/restored`));
    assert.equal(sql(host, sums), had);
    sql(host, 'INSERT INTO default.own SELECT 6');
    other.stop();
    const third = startNewer(host, 'second', '/etc/clickhouse-second/config.xml');
    assert.equal(sql(host, 'SELECT sum(a) FROM default.own'), '11\n');
    third.stop();

    // Damage in what it needs is damage.
    const flip = `import sys; f = open(sys.argv[1], 'r+b'); f.seek(5); b = f.read(1); f.seek(5); f.write(bytes([b[0] ^ 1]))`;
    const [data = ''] = runInside(host, [
      'find',
      `${DAILY}/${whole}`,
      '-name',
      'data.bin',
      '-size',
      '+100k',
    ]).split('\n');
    runInside(host, ['python3', '-c', flip, data]);
    runJtsHot(host, ['backup', 'verify', 'clickhouse'], 1);
  });
});
