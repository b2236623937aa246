// Backups of a real Kafka 4.4 under load: with a topic that is compacted, one whose segments go, and transactions. Proved, restored and
// started, it has each message that was acknowledged before; a flipped bit in any file is found.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { sleep } from '../e2e/holder.ts';
import { runJtsHot } from '../e2e/product.ts';
import type { ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { KAFKA_CONFIG, kafka, layOutKafka } from './kafka.ts';
import { startServerHost } from './parts.ts';
import { asUserOn, runInside, start, writeInside } from './server.ts';

const BASE = '/data/jts/hot';
const DATA = `${BASE}/kafka/data`;
const BACKUPS = `${BASE}/backup/daily/kafka`;
const STAGING = `${BASE}/backup/staging`;
const RESTORED = `${BASE}/restored`;
const BROKER = ['-b', '127.0.0.1:9092'] as const;

/** So that segments are compacted and removed within seconds, and offsets are noted each second. */
const QUICK = [
  'auto.create.topics.enable=true',
  'transaction.state.log.num.partitions=1',
  'transaction.state.log.replication.factor=1',
  'transaction.state.log.min.isr=1',
  'replica.high.watermark.checkpoint.interval.ms=1000',
  'log.initial.task.delay.ms=200',
  'log.retention.check.interval.ms=300',
  'log.cleaner.backoff.ms=300',
];
const TOPICS = {
  prices: [
    'cleanup.policy=compact',
    'segment.bytes=1048576',
    'min.cleanable.dirty.ratio=0.01',
    'file.delete.delay.ms=500',
  ],
  ticks: ['retention.bytes=3000000', 'segment.bytes=1048576', 'file.delete.delay.ms=500'],
  trades: [],
};
const KEYS = 300;

/** Until the host stops. `words`: one after the other, each noted once it was acknowledged. */
const LOAD = `cd /tmp
echo $$ >load
i=0; while :; do i=$((i+1)); echo $i | kcat -q -b 127.0.0.1:9092 -P -t words && echo $i >>acknowledged; done &
awk 'BEGIN { for (;;) { i += 1; printf "%d:%d %0900d\\n", i % ${KEYS}, i, i; if (i % 100 == 0) { fflush(); system("sleep 0.05") } } }' |
  kcat -q -b 127.0.0.1:9092 -P -t prices -K: &
awk 'BEGIN { for (;;) { i += 1; printf "%0900d\\n", i; if (i % 100 == 0) { fflush(); system("sleep 0.05") } } }' |
  kcat -q -b 127.0.0.1:9092 -P -t ticks &
/opt/kafka/bin/kafka-producer-perf-test.sh --topic trades --num-records 10000000 --record-size 100 --throughput 500 \\
  --transactional-id keeper --transaction-duration-ms 50 --bootstrap-server 127.0.0.1:9092 >/dev/null 2>&1 &
wait`;

function read(host: ThrowawayHost, topic: string, ...more: readonly string[]): readonly string[] {
  const argv = ['kcat', '-q', ...BROKER, '-C', '-t', topic, '-o', 'beginning', '-e', ...more];
  return runInside(host, argv).split('\n').slice(0, -1);
}

function flip(path: string): () => void {
  const good = readFileSync(path);
  const bad = Buffer.from(good);
  const at = Math.floor(bad.length / 2);
  bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
  writeFileSync(path, bad);
  return () => writeFileSync(path, good);
}

it('Kafka 4.4 under load is backed up, proved, restored, and starts with each acknowledged message', async (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = startServerHost({ parts: ['kafka-4'], disks: [{ at: BASE, size: '1g' }] });
  layOutKafka(host);
  runInside(host, ['sh', '-c', 'cat >>"$1"', 'sh', KAFKA_CONFIG], `${QUICK.join('\n')}\n`);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'kafka', '--install']);
  runJtsHot(host, ['config', 'kafka', '--init']);
  const backup = (words: readonly string[], expected = 0) => runJtsHot(host, ['backup', ...words], expected);
  const options = { host, server: kafka(`${BASE}/kafka/logs`), user: 'kafka', configFile: KAFKA_CONFIG };
  const manifest = () =>
    JSON.parse(runInside(host, ['sh', '-c', `cat ${BACKUPS}/$(ls ${BACKUPS} | tail -n 1)/manifest.json`]));
  const broker = start(options);
  const asKafka = asUserOn(host, 'kafka');
  for (const [topic, settings] of Object.entries(TOPICS))
    asKafka([
      ...[
        '/opt/kafka/bin/kafka-topics.sh',
        '--bootstrap-server',
        '127.0.0.1:9092',
        '--create',
        '--topic',
        topic,
      ],
      ...settings.flatMap((one) => ['--config', one]),
    ]);
  host.spawn(['setsid', 'sh', '-c', LOAD]);
  const acknowledged = () => Number(host.run(['tail', '-n', '1', '/tmp/acknowledged']).stdout);
  const segments = () => readdirSync(host.path(`${DATA}/ticks-0`)).filter((name) => name.endsWith('.log'));
  // Until segments have been removed, every key is there, and transactions have ended.
  const transacted = () =>
    Number(host.run(['stat', '-c', '%s', `${DATA}/trades-0/00000000000000000000.log`]).stdout) > 60_000;
  while (!(acknowledged() >= 20) || segments().includes('00000000000000000000.log') || !transacted())
    sleep(200);
  const before = acknowledged();

  await t.test('under load', () => {
    backup(['run', 'kafka']);
    assert.ok(acknowledged() > before, 'nothing was written meanwhile');
    const { taken, files } = manifest();
    const names: readonly string[] = files.map((file: { name: string }) => file.name);
    for (const topic of ['__transaction_state', 'prices', 'ticks', 'trades', 'words'])
      assert.ok(names.includes(`topics/${topic}.tar.zst`), names.join(' '));
    assert.match(taken.versions.kafka, /^4\.4\./);
    assert.match(taken.limits.join('\n'), /no one moment across partitions/);
  });
  // All of it: what it started would go on with the next broker.
  runInside(host, ['kill', '-KILL', '--', `-${runInside(host, ['cat', '/tmp/load']).trim()}`]);
  const listed = runInside(host, ['sh', '-c', `ls -R ${DATA} | sort | sha256sum`]);

  await t.test('proved', () => {
    const { stdout } = backup(['verify', 'kafka']);
    assert.match(stdout, /good/);
    assert.match(stdout, /end offset of words-0/);
    assert.equal(runInside(host, ['sh', '-c', `ls -R ${DATA} | sort | sha256sum`]).length, listed.length);
    assert.deepEqual(readdirSync(host.path(STAGING)), []);
  });

  await t.test('a flipped bit in any file is found; a missing program is named', () => {
    const [name = ''] = readdirSync(host.path(BACKUPS));
    const root = host.path(`${BACKUPS}/${name}`);
    const all = readdirSync(root, { recursive: true, withFileTypes: true });
    for (const file of all.filter((one) => one.isFile() && one.name !== 'verification.json')) {
      const putBack = flip(join(file.parentPath, file.name));
      assert.match(backup(['verify', 'kafka'], 1).stderr, /E_BAD_BACKUP/, file.name);
      putBack();
    }
    runInside(host, ['mv', '/opt/kafka/bin/kafka-server-start.sh', '/opt/kafka/bin/away']);
    assert.match(backup(['verify', 'kafka'], 1).stderr, /install it: the scripts of Apache Kafka/);
    runInside(host, ['mv', '/opt/kafka/bin/away', '/opt/kafka/bin/kafka-server-start.sh']);
  });

  await t.test('restored, a broker starts on it and has them all', () => {
    backup(['restore', 'kafka', '--to', RESTORED]);
    broker.stop();
    const configFile = '/opt/kafka/config/restored.properties';
    const lines = runInside(host, ['cat', KAFKA_CONFIG])
      .split('\n')
      .filter((line) => !line.startsWith('log.dirs='));
    writeInside(host, configFile, [...lines, `log.dirs=${RESTORED}`]);
    const again = start({ ...options, configFile });
    const words = read(host, 'words').map(Number);
    assert.deepEqual(
      words.slice(0, before),
      Array.from({ length: before }, (_, i) => i + 1),
    );
    const keys = new Set(read(host, 'prices', '-f', '%k\\n'));
    assert.equal(keys.size, KEYS);
    const ticks = read(host, 'ticks', '-f', '%s\\n').map(Number);
    assert.ok(
      ticks.length > 1000 && ticks.every((tick, i) => i === 0 || tick === (ticks[i - 1] ?? 0) + 1),
      'a hole',
    );
    assert.ok(read(host, 'trades', '-X', 'isolation.level=read_committed').length > 100);
    // It takes new ones.
    again.write(['bought']);
    assert.equal(read(host, 'words').length, words.length + 1);
    again.stop();
  });

  await t.test('stopped, it is archived as it is, and proved', () => {
    backup(['run', 'kafka']);
    assert.deepEqual(manifest().taken.before, manifest().taken.after);
    assert.match(backup(['verify', 'kafka']).stdout, /good/);
  });
});
