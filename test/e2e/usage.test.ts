// Where the space is, on a real host: the same as du and find say, whatever the names are, and nothing is changed.
import assert from 'node:assert/strict';
import { after, it, type TestContext } from 'node:test';
import type { UsageResult } from '../../src/monitor/usage-document.ts';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const BASE = '/data/jts/hot';
const NASTY = "$'new\\nline \\e[2J\\e]0;owned\\a \\xff\\xe2\\x80\\xae'";

/** Files of every kind that is named, and of those that only look like it. */
const FILES = `
cd ${BASE}
mkdir -p clickhouse/data/store/abc clickhouse/data/store/def kafka/data/trades-0 "redis/data/"${NASTY}
head -c 6M /dev/urandom > clickhouse/data/store/abc/part.bin
head -c 3M /dev/urandom > clickhouse/data/store/def/part.bin
head -c 1M /dev/urandom > clickhouse/data/store/abc/small.bin
head -c 4M /dev/urandom > kafka/data/trades-0/00000000000000000042.log
head -c 2M /dev/urandom > kafka/logs/server.log
ln clickhouse/data/store/abc/small.bin clickhouse/data/store/def/linked.bin
head -c 10k /dev/urandom > kafka/logs/controller.log
truncate -s 3G redis/data/sparse.bin
head -c 5M /dev/urandom > redis/data/${NASTY}/big.rdb
head -c 20k /dev/urandom > postgresql/data/old.tmp
head -c 20k /dev/urandom > postgresql/data/new.tmp
head -c 20k /dev/urandom > redis/data/${NASTY}/older.tmp
touch -d '2 days ago' postgresql/data/old.tmp
touch -d '90 days ago' redis/data/${NASTY}/older.tmp
touch -d @99999999999999 redis/data/future.tmp
head -c 9k /dev/urandom > kafka/data/$'turned\u202earound\u200b'`;

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

/** One host for all; the last test spoils it. */
function start(t: TestContext): ThrowawayHost | null {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'script')) return null;
  if (shared !== null) return shared;
  // The overlay counts a directory as nothing: a file system of its own is counted as du counts it.
  shared = startHost({ freshAccounts: true, disks: [{ at: BASE, size: '200m' }] });
  runJtsHot(shared, ['setup']);
  const made = shared.run(['bash', '-euc', FILES]);
  assert.equal(made.status, 0, describe(made));
  return shared;
}

function usage(host: ThrowawayHost, args: readonly string[] = [], expected = 0): UsageResult {
  return JSON.parse(runJtsHot(host, ['usage', '-j', ...args], expected).stdout).result;
}

const below = (files: readonly { readonly path: string }[]) =>
  files.map(({ path }) => path.slice(BASE.length + 1));

it('names what du and find name, and changes nothing', (t) => {
  const host = start(t);
  if (host === null) return;
  const before = host.changes();
  const found = usage(host, ['--files-over', '2MB', '--logs-over', '1MB']);
  for (const { service, space } of found.services) {
    const { stdout } = host.run(['du', '-s', '-x', '--block-size=1', `${BASE}/${service}`]);
    assert.equal(space?.usedBytes, Number(stdout.split('\t')[0]), service);
  }
  const used = found.services.map(({ space }) => space?.usedBytes ?? 0);
  assert.deepEqual(
    used,
    used.toSorted((a, b) => b - a),
  );
  assert.equal(
    found.total.usedBytes,
    used.reduce((sum, bytes) => sum + bytes, 0),
  );
  assert.equal(found.elsewhereBytes, (found.fileSystem?.usedBytes ?? 0) - found.total.usedBytes);

  const nasty = 'new\nline \x1b[2J\x1b]0;owned\x07 \udcff\udce2\udc80\udcae';
  // Ten and nine tenths of what is above it: `store` and `data` hold nothing else.
  assert.deepEqual(below(found.directories.listed).slice(0, 4), [
    'clickhouse/data/store',
    'clickhouse/data/store/abc',
    `redis/data/${nasty}`,
    'kafka/data/trades-0',
  ]);
  assert.deepEqual(below(found.largeFiles.listed), [
    'clickhouse/data/store/abc/part.bin',
    `redis/data/${nasty}/big.rdb`,
    'kafka/data/trades-0/00000000000000000042.log',
    'clickhouse/data/store/def/part.bin',
    'kafka/logs/server.log',
  ]);
  assert.deepEqual(below(found.largeLogs.listed), ['kafka/logs/server.log']);
  assert.deepEqual(below(found.oldTemporaryFiles.listed).toSorted(), [
    'postgresql/data/old.tmp',
    `redis/data/${nasty}/older.tmp`,
  ]);
  assert.deepEqual(host.changes(), before);

  const one = usage(host, ['postgresql', '--tmp-older-than', '7d', '--top', '1']);
  assert.deepEqual(
    one.services.map(({ service }) => service),
    ['postgresql'],
  );
  assert.deepEqual([one.oldTemporaryFiles.listed, one.elsewhereBytes], [[], null]);
});

it('writes a name that turns text around as its number, and gives it back as it is', (t) => {
  const host = start(t);
  if (host === null) return;
  const { stdout } = runJtsHot(host, ['usage', '-j', 'kafka', '--files-over', '8kB']);
  assert.match(stdout, /kafka\/data\/turned\\u202earound\\u200b"/);
  assert.doesNotMatch(stdout, /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/u);
  const { largeFiles } = JSON.parse(stdout).result as UsageResult;
  assert.ok(below(largeFiles.listed).includes('kafka/data/turned\u202earound\u200b'));
});

it('answers the run-book without a flag, in 80 columns, on a terminal with its progress', (t) => {
  const host = start(t);
  if (host === null) return;
  const { stdout } = runJtsHot(host, ['usage']);
  for (const line of [
    'Largest directories, each with all that is below it',
    'Files of 1GB and more: none',
    'Logs (*.log) of 100MB and more: none',
    'Temporary files (*.tmp) unchanged for 1d',
    'One service:  sudo jts-hot usage clickhouse',
  ])
    assert.ok(stdout.split('\n').includes(line), `${line}\n${stdout}`);
  assert.match(stdout, /^ +20\.5 kB +2 days ago +\/data\/jts\/hot\/postgresql\/data\/old\.tmp$/m);
  assert.match(stdout, /new\\x0aline \\x1b\[2J\\x1b\]0;owned\\x07 \\xff\\xe2\\x80\\xae\/older\.tmp$/m);
  for (const line of stdout.split('\n')) if (!line.startsWith('    /')) assert.ok(line.length <= 80, line);

  const command = jtsHot('usage', 'redis', '--files-over', '1MB').join(' ');
  const { stdout: shown } = host.run(['script', '-qec', command, '/dev/null']);
  assert.match(shown, /\r\x1b\[Kmeasuring: \d+ entries/);
  for (const code of ['\x1b]', '\x07', '\x1b[2J', '\n line'])
    assert.ok(!shown.includes(code), JSON.stringify(shown));
});

it('says what it could not measure, in words and in its exit status', (t) => {
  const host = start(t);
  if (host === null) return;
  const asNobody = host.run(jtsHot('usage'), { asUser: 'nobody' });
  assert.equal(asNobody.status, 1, describe(asNobody));
  assert.match(
    asNobody.stdout,
    /^ {2}kafka: could not be read: permission denied \(EACCES\): sudo jts-hot\s+usage$/m,
  );
  assert.match(asNobody.stdout, /^ {2}clickhouse +\? +\? +\? +\?$/m);

  host.run(['sh', '-c', `rm -r ${BASE}/kafka; mount -t tmpfs tmpfs ${BASE}/redis/data`]);
  const { services, complete } = usage(host, [], 1);
  assert.equal(complete, false);
  assert.deepEqual(services.at(-1)?.service, 'kafka');
  assert.deepEqual(services.at(-1)?.error, 'missing');
  assert.deepEqual(services.find(({ service }) => service === 'redis')?.mountPoints, ['data']);

  const unknown = runJtsHot(host, ['usage', 'kafak'], 2);
  assert.match(unknown.stderr, /E_UNKNOWN_SERVICE[\s\S]*did you mean kafka\?/);
  assert.equal(unknown.stdout, '');
  assert.match(runJtsHot(host, ['usage', 'base'], 2).stderr, /for all services: jts-hot usage/);
});
