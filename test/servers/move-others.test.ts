// Redis, ClickHouse, Kafka and Docker of a booted Debian 12 moved to the hot tier while something writes: what was acknowledged is
// there afterwards.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { MoveResult } from '../../src/move/move-document.ts';
import type { BootedHost } from '../e2e/booted-host.ts';
import { IMAGE, makeImage } from './docker.ts';
import { KAFKA_CONFIG, layOutKafka, layOutUnit } from './kafka.ts';
import { assertKept, bootWith, HOT, hasAll, move, OLD, onDisk, shell, start, type } from './moving.ts';
import { bindsOf } from './parts.ts';
import { asUserOn } from './server.ts';

const BOTH = [
  { at: HOT, size: '2G' },
  { at: OLD, size: '2G' },
] as const;
const linesOf = (host: BootedHost, script: string) => shell(host, script).split('\n');

it('Redis with writes and append-only files, and ClickHouse with inserts: no acknowledged write is lost', (t) => {
  if (!hasAll(t)) return;
  using host = bootWith(['redis-server', 'clickhouse-server'], BOTH);
  shell(
    host,
    "sed -i 's#^appendonly .*#appendonly yes#; s/^appendfsync .*/appendfsync always/' /etc/redis/redis.conf",
  );
  onDisk(host, 'redis-server', '/var/lib/redis');
  onDisk(host, 'clickhouse-server', '/var/lib/clickhouse');
  shell(host, 'for i in $(seq 50); do redis-cli -e ping >/dev/null 2>&1 && break; sleep 0.1; done');
  shell(
    host,
    `redis-cli -e eval "for i = 0, 199999 do redis.call('set', 'key:' .. i, string.rep('x', 500)) end" 0`,
  );
  // A line for each write that was acknowledged.
  start(
    host,
    'redis-load',
    'i=0; while :; do i=$((i+1)); [ "$(redis-cli -e set n:$i $i 2>/dev/null)" = OK ] && echo $i >> /run/redis-seen; done',
  );
  shell(host, 'sleep 1');
  move(host, 'redis', { from: '/var/lib/redis', t });
  shell(host, 'sleep 0.5; systemctl stop redis-load');
  const there = linesOf(host, 'while read n; do redis-cli -e get n:$n; done < /run/redis-seen');
  assert.ok(assertKept(linesOf(host, 'cat /run/redis-seen'), there) > 50);
  assert.equal(shell(host, 'redis-cli -e exists key:199999'), '1');

  const sql = (query: string) => shell(host, `clickhouse-client --query "${query}"`);
  sql(
    'create table seen (n UInt64, at DateTime default now()) engine = MergeTree partition by n % 8 order by n',
  );
  sql('insert into seen (n) select number + 1000000000 from numbers(3000000)');
  start(
    host,
    'clickhouse-load',
    'i=0; while :; do i=$((i+1)); clickhouse-client --query "insert into seen (n) values ($i)" 2>/dev/null && echo $i >> /run/clickhouse-seen; done',
  );
  shell(host, 'sleep 1');
  move(host, 'clickhouse', { from: '/var/lib/clickhouse', t });
  shell(host, 'sleep 1; systemctl stop clickhouse-load');
  const rows = sql('select n from seen where n < 1000000000').split('\n');
  assert.ok(assertKept(linesOf(host, 'cat /run/clickhouse-seen'), rows) > 10);
  assert.equal(sql('select count() from seen where n >= 1000000000'), '3000000');
  for (const service of ['redis', 'clickhouse']) type(host, 0, 'config', service, '--check');
  // Undone like any installed settings, by name and knowingly: what was written since is on the hot tier alone.
  assert.match(type(host, 3, 'rollback').stderr, /E_LEAVES_DATA/);
  for (const service of ['redis', 'clickhouse']) type(host, 0, 'move', service, '--finish');
  assert.match(type(host, 0, 'move').stdout, /No move is begun/);
  type(host, 0, 'validate');
});

it('Kafka with a producer: every acknowledged message is there, all content compared', (t) => {
  if (!hasAll(t)) return;
  using host = bootWith([], BOTH, bindsOf(['kafka-4']));
  layOutKafka(host);
  layOutUnit(host, 'Environment=LOG_DIR=/var/log/kafka');
  const from = `${OLD}/kafka`;
  const answers =
    'for i in $(seq 300); do kcat -q -b 127.0.0.1:9092 -L -m 5 >/dev/null 2>&1 && break; sleep 0.2; done';
  shell(
    host,
    `mkdir -p ${from} /var/log/kafka; chown kafka: ${from} /var/log/kafka; sed -i 's#^log.dirs=.*#log.dirs=${from}#' ${KAFKA_CONFIG}
     setpriv --reuid=kafka --regid=kafka --clear-groups env LOG_DIR=/var/log/kafka /opt/kafka/bin/kafka-storage.sh format -t MkU3OEVBNTcwNTJENDM2Qk -c ${KAFKA_CONFIG}
     systemctl daemon-reload; systemctl start kafka; ${answers}`,
  );
  start(
    host,
    'kafka-load',
    'i=0; while :; do i=$((i+1)); echo $i | kcat -q -P -b 127.0.0.1:9092 -t seen -X acks=all -X message.timeout.ms=2000 2>/dev/null && echo $i >> /run/seen; done',
  );
  shell(host, 'sleep 2');
  const { comparesAll } = move(host, 'kafka', { from, t });
  assert.ok(comparesAll !== null);
  shell(host, `${answers}; sleep 1; systemctl stop kafka-load`);
  const found = linesOf(host, 'kcat -q -C -b 127.0.0.1:9092 -t seen -o beginning -e');
  assert.ok(assertKept(linesOf(host, 'cat /run/seen'), found) > 10);
});

/** Each of its lines waits until every disk of the machine has taken what was written. */
const until = (holds: string) => `for i in $(seq 300); do ! ${holds} || break; sleep 0.2; done`;

/** A container that says each line once it has synced it into a volume. Moves Docker under it; returns how that went. */
function moveDocker(host: BootedHost, from: string, t: TestContext): MoveResult {
  makeImage({ asUser: asUserOn(host, 'root') });
  shell(
    host,
    `docker run -d --restart always --name writer --volume words:/words ${IMAGE} /bin/sh -c 'trap "exit 0" TERM; i=$(cat /words/n 2>/dev/null || echo 0); while :; do i=$((i+1)); echo $i > /words/n.new; mv /words/n.new /words/n; echo line $i >> /words/lines; sync; echo $i; sleep 0.02; done'
     ${until('[ "$(docker logs writer | wc -l)" -gt 5 ]')}`,
  );
  const before = Number(shell(host, 'docker logs writer | tail -1'));
  const result = move(host, 'docker', { from, t });
  assert.deepEqual(result.stopsToo, ['docker.socket']);
  shell(host, until(`[ "$(docker logs writer | tail -1)" -gt ${before} ]`));
  // What it said before and after.
  const said = linesOf(host, 'docker logs writer');
  assert.ok(Number(said.at(-1)) > before && before > 5, `${said.at(-1)} after ${before}`);
  assertKept(
    said.map((n) => `line ${n}`),
    linesOf(host, `cat ${HOT}/docker/volumes/words/_data/lines`),
  );
  assert.equal(shell(host, 'docker info --format "{{.DockerRootDir}}"'), `${HOT}/docker`);
  type(host, 0, 'validate');
  return result;
}

const RUNS = 'docker inspect -f "{{.State.Running}}" writer';

it('Docker with a container that writes into a volume: each line that it synced is there, and the container runs on', (t) => {
  if (!hasAll(t)) return;
  using host = bootWith(
    ['docker'],
    [
      { at: HOT, size: '2G' },
      { at: '/var/lib/docker', size: '2G' },
    ],
  );
  moveDocker(host, '/var/lib/docker', t);
  type(host, 0, 'move', 'docker', '--finish');
  assert.equal(shell(host, RUNS), 'true');
});

it('Docker within one XFS: the copy shares its blocks with the old place, and the container writes on', (t) => {
  if (!hasAll(t)) return;
  // The disk is mounted above the base: both places are on it.
  const at = '/data';
  using host = bootWith(['docker'], [{ at, size: '2G', format: 'xfs' }]);
  const from = `${at}/docker`;
  shell(
    host,
    `mkdir ${from}; echo '{ "data-root": "${from}" }' > /etc/docker/daemon.json; systemctl restart docker`,
  );
  makeImage({ asUser: asUserOn(host, 'root') });
  const LARGE = 400_000_000;
  shell(host, 'docker volume create large');
  const large = (root: string) => `${root}/volumes/large/_data/file`;
  shell(host, `head -c ${LARGE} /dev/urandom > ${large(from)}; sync`);
  const used = () => Number(shell(host, `sync; df --output=used -B1 ${at} | tail -1`));
  const before = used();
  const { bytes } = moveDocker(host, from, t);
  assert.ok(bytes > LARGE);
  const more = used() - before;
  t.diagnostic(`${bytes} bytes moved, ${more} more in use on the disk while both places are kept`);
  assert.ok(more < LARGE / 10, `${more}`);
  assert.match(shell(host, `filefrag -v ${large(`${HOT}/docker`)}`), /shared/);
  assert.equal(shell(host, `cmp ${large(from)} ${large(`${HOT}/docker`)} && echo same`), 'same');
  // What the container writes from now on is in the copy alone.
  const kept = shell(host, `wc -l < ${from}/volumes/words/_data/lines`);
  shell(host, 'sleep 0.5');
  assert.equal(shell(host, `wc -l < ${from}/volumes/words/_data/lines`), kept);
  type(host, 0, 'move', 'docker', '--finish');
  assert.equal(shell(host, RUNS), 'true');
  assert.equal(shell(host, `stat -c %s ${large(`${HOT}/docker`)}`), `${LARGE}`);
});
