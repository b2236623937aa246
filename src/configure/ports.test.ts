// A layout with ports and settings on the host in memory: installed, found again by the check, and refused where the service's own
// file leaves no safe way.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { contextOf, createHost } from '../../test/cases/host.ts';
import type { MemoryHost } from '../../test/memory-host/memory-host.ts';
import { parseLayoutFile } from '../layout-file/layout-file.ts';
import { rollbackCommand } from '../setup/rollback.ts';
import { setupCommand } from '../setup/setup.ts';
import { checkCommand } from './check.ts';
import { installCommand } from './install.ts';

const KAFKA = '/opt/kafka/config/server.properties';
const KAFKA_TEXT = `# a broker
listeners=PLAINTEXT://:9092
advertised.listeners=PLAINTEXT://kafka.example.org:9092
log.dirs=/tmp/kafka-logs
`;
const REDIS = '/etc/redis/redis.conf';
const MONGO = '/etc/mongod.conf';

const { layout } = parseLayoutFile(
  `services:
  postgresql: false
  clickhouse: false
  docker: false
  backup: false
  kafka: { port: 19092, settings: { num.io.threads: 16 } }
  redis: { port: 7000, settings: { maxmemory: 1gb } }
  mongodb: { port: 27018, settings: { net.bindIp: 127.0.0.1 } }
`,
  'hot.yaml',
);

let host: MemoryHost;
beforeEach(async () => {
  host = createHost({
    runsSystemd: true,
    tools: ['useradd', 'groupadd', 'userdel', 'groupdel', 'usermod', 'getent', 'systemctl'],
  });
  const { exitCode } = await setupCommand(contextOf(host, layout), { adopt: [], strict: false, saved: null });
  assert.equal(exitCode, 0);
  host.prepare.file(KAFKA, { text: KAFKA_TEXT });
  host.prepare.file(REDIS, { text: 'port 6379\ndir /var/lib/redis\n' });
  host.prepare.file(MONGO, { text: 'net:\n  port: 27017  # as packaged\n  ipv6: true\n' });
});

async function install(what: string) {
  const { exitCode, problems, result } = await installCommand(contextOf(host, layout), {
    what,
    to: null,
    startEmpty: [],
    replace: false,
    restart: false,
    environment: 'export',
    isDry: false,
  });
  return { exitCode, codes: problems.map(({ code }) => code), problems, result };
}

async function check(what: string) {
  const { result } = await checkCommand(contextOf(host, layout), { what, asks: false });
  return result?.services.flatMap(({ problems }) => problems) ?? [];
}

describe('ports and settings of the layout', () => {
  it('are installed, are there a second time, and rollback gives each file back', async () => {
    const { exitCode, problems } = await install('all');
    assert.equal(exitCode, 0, JSON.stringify(problems));
    const { base } = layout;
    assert.equal(
      host.text(KAFKA),
      `# a broker
listeners=PLAINTEXT://:19092
advertised.listeners=PLAINTEXT://kafka.example.org:19092
log.dirs=${base}/kafka/data
num.io.threads=16
`,
    );
    assert.match(host.text('/etc/redis/jts-hot.conf') ?? '', /^maxmemory 1gb$[\s\S]*^port 7000$/m);
    assert.match(
      host.text(MONGO) ?? '',
      /^net:\n {2}port: 27018 {2}# as packaged\n {2}ipv6: true\n {2}bindIp: "127\.0\.0\.1"$/m,
    );
    assert.equal((await install('all')).result?.outcome, 'unchanged');
    const undone = await rollbackCommand(contextOf(host, layout), null);
    assert.equal(undone.exitCode, 0);
    assert.equal(host.text(KAFKA), KAFKA_TEXT);
  });

  it('that a file says otherwise are found', async () => {
    await install('all');
    host.prepare.remove(KAFKA);
    host.prepare.file(KAFKA, { text: KAFKA_TEXT.replace('/tmp/kafka-logs', `${layout.base}/kafka/data`) });
    const [found] = await check('kafka');
    assert.equal(found?.code, 'W_OTHER_SETTINGS');
    assert.deepEqual(found.detail, [
      `want listeners PLAINTEXT://:19092, found PLAINTEXT://:9092 (${KAFKA}:2)`,
      `want advertised.listeners PLAINTEXT://kafka.example.org:19092, found PLAINTEXT://kafka.example.org:9092 (${KAFKA}:3)`,
      'want num.io.threads 16, found nothing',
    ]);
    host.prepare.remove(REDIS);
    host.prepare.file(REDIS, { text: 'include /etc/redis/jts-hot.conf\nport 6379\n' });
    const overruled = (await check('redis')).find(({ code }) => code === 'E_OVERRULED');
    assert.equal(overruled?.at, `${REDIS}:2`);
  });

  it('are refused where the file leaves more than one way, and the check says it too', async () => {
    host.prepare.remove(KAFKA);
    const text = `listeners=PLAINTEXT://:9092,SSL://:9094\nlog.dirs=${layout.base}/kafka/data\n`;
    host.prepare.file(KAFKA, { text });
    const { exitCode, codes } = await install('kafka');
    assert.deepEqual([exitCode, codes], [3, ['E_NO_PORT']]);
    assert.equal(host.text(KAFKA), text);
    assert.ok((await check('kafka')).some(({ code }) => code === 'E_NO_PORT'));
  });
});
