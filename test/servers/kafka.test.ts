// A Kafka 4.4 broker, prepared and configured by the product, keeps its partitions and its log on the hot tier only.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { KAFKA_CONFIG, kafka, layOutKafka } from './kafka.ts';
import { startServerHost } from './parts.ts';
import { filesOutside, runInside, start } from './server.ts';

const HOME = '/data/jts/hot/kafka';
const MESSAGES = Array.from({ length: 1000 }, (_, index) => `order ${index}`);

it('Kafka 4.4 takes 1,000 messages, stops, starts and still has them', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = startServerHost({ parts: ['kafka-4'], disks: [{ at: '/data/jts/hot', size: '1g' }] });
  layOutKafka(host);
  runJtsHot(host, ['setup']);
  const packaged = runInside(host, ['sha256sum', KAFKA_CONFIG]);
  runJtsHot(host, ['config', 'kafka', '--install']);
  runJtsHot(host, ['config', 'kafka', '--init']);

  const options = { host, server: kafka(`${HOME}/logs`), user: 'kafka', configFile: KAFKA_CONFIG };
  const first = start(options);
  first.write(MESSAGES);
  const open = first.openFiles();
  assert.deepEqual(filesOutside(open, [HOME]), []);
  for (const file of ['logs/server.log', 'data/.lock', 'data/words-0/00000000000000000000.log'])
    assert.ok(open.includes(`${HOME}/${file}`), `${file} is not among ${open.join(' ')}`);
  first.stop();

  const second = start(options);
  assert.deepEqual(second.read(), MESSAGES);
  second.stop();
  assert.match(runInside(host, ['grep', '-c', 'Kafka Server started', `${HOME}/logs/server.log`]), /^2$/m);

  runJtsHot(host, ['rollback', '--start-empty', 'kafka']);
  runJtsHot(host, ['rollback', '--start-empty', 'kafka']);
  assert.equal(host.run(['test', '-e', `${HOME}/data/meta.properties`]).status, 0);
  assert.equal(runInside(host, ['sha256sum', KAFKA_CONFIG]), packaged);
});
