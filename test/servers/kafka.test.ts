// A Kafka 4.4 broker keeps its partitions and its log where its configuration says, and nowhere else.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { formatKafka, kafka } from './kafka.ts';
import { startServerHost } from './parts.ts';
import { asUserOn, filesOutside, makeDirectories, runInside, start, writeInside } from './server.ts';

const HOME = '/data/jts/hot/kafka';
const MESSAGES = Array.from({ length: 1000 }, (_, index) => `order ${index}`);

it('Kafka 4.4 takes 1,000 messages, stops, starts and still has them', (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
  using host = startServerHost({ parts: ['kafka-4'], disks: [{ at: '/data/jts/hot', size: '1g' }] });
  runInside(host, ['useradd', '--system', '--user-group', 'kafka']);
  makeDirectories(host, { user: 'kafka', mode: '0750' }, HOME, `${HOME}/data`, `${HOME}/logs`);
  const configFile = '/etc/kafka-test.properties';
  writeInside(host, configFile, [
    'process.roles=broker,controller',
    'node.id=1',
    'controller.quorum.voters=1@127.0.0.1:9093',
    'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
    'advertised.listeners=PLAINTEXT://127.0.0.1:9092',
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    `log.dirs=${HOME}/data`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
  ]);
  const log4j = '/etc/kafka-test-log4j2.yaml';
  writeInside(host, log4j, [
    'Configuration:',
    '  Appenders:',
    '    File:',
    '      name: server',
    `      fileName: ${HOME}/logs/server.log`,
    '      PatternLayout: { pattern: "[%d] %p %m (%c)%n" }',
    '  Loggers:',
    '    Root: { level: info, AppenderRef: { ref: server } }',
  ]);
  formatKafka(asUserOn(host, 'kafka'), configFile);

  const options = { host, server: kafka(log4j), user: 'kafka', configFile };
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
});
