// What each service's settings say of its logs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Value } from '../formats/format.ts';
import { loadFormat } from '../formats/index.ts';
import { builtIn } from './index.ts';
import type { ByItself, ByLibrary, ByLogrotate } from './logs.ts';

const told =
  (settings: Readonly<Record<string, Value>>) =>
  (...key: readonly string[]): Value | null =>
    settings[key.join('.')] ?? null;

const rotation = <R>(service: string) => builtIn(service)?.logs?.rotation as R;

describe('by their own settings', () => {
  const MiB = 2 ** 20;
  for (const [service, settings, says, most] of [
    ['postgresql', {}, null, null],
    ['postgresql', { logging_collector: 'off', log_rotation_size: '1MB' }, null, null],
    ['postgresql', { logging_collector: 'on' }, 'a new one at 10MB or after 1d', null],
    ['postgresql', { logging_collector: 'on', log_rotation_size: '0' }, 'a new one after 1d', null],
    ['postgresql', { logging_collector: 'yes', log_rotation_size: '0', log_rotation_age: '0d' }, null, null],
    ['clickhouse', {}, 'a new one at 100M, 1 old of each kept', 400 * MiB],
    [
      'clickhouse',
      { 'clickhouse.logger.size': '1000M', 'clickhouse.logger.count': '10' },
      'a new one at 1000M, 10 old of each kept',
      22_000 * MiB,
    ],
    ['clickhouse', { 'clickhouse.logger.size': 'much' }, null, null],
    ['docker', {}, null, null],
    ['docker', { 'log-driver': 'journald', 'log-opts.max-size': '10m' }, null, null],
    ['docker', { 'log-opts.max-size': '-1' }, null, null],
    ['docker', { 'log-opts.max-size': '10m' }, 'a new one at 10m, 1 of each container kept', 10 * MiB],
    [
      'docker',
      { 'log-driver': 'json-file', 'log-opts.max-size': '10m', 'log-opts.max-file': '5' },
      'a new one at 10m, 5 of each container kept',
      50 * MiB,
    ],
  ] as const)
    it(`${service} with ${JSON.stringify(settings)}: ${says ?? 'nothing'}`, () => {
      const found = rotation<ByItself>(service).rotates(told(settings));
      assert.deepEqual([found?.says ?? null, found?.mostBytes ?? null], [says, most]);
    });

  it('a container goes on with the options that it was made with', () => {
    const { ofOne } = rotation<ByItself>('docker');
    const log = '/data/jts/hot/docker/containers/0a/0a-json.log';
    assert.equal(ofOne?.file(log), '/data/jts/hot/docker/containers/0a/hostconfig.json');
    const of = (config: object) => ofOne?.rotates(JSON.stringify({ LogConfig: config }))?.says ?? null;
    assert.equal(of({ Type: 'json-file', Config: {} }), null);
    assert.equal(of({ Type: 'json-file', Config: null }), null);
    assert.match(of({ Type: 'json-file', Config: { 'max-size': '1g' } }) ?? '', /^a new one at 1g/);
    assert.match(of({ Type: 'local' }) ?? '', /local/);
    for (const text of ['', '[]', '{', 'null', '{"LogConfig":7}']) assert.equal(ofOne?.rotates(text), null);
  });
});

describe('by logrotate', () => {
  it('MongoDB goes on with a new file only where it is told so', () => {
    const { isReady, signal } = rotation<ByLogrotate>('mongodb');
    assert.equal(signal, 'USR1');
    assert.equal(isReady(told({})), false);
    assert.equal(isReady(told({ 'systemLog.logRotate': 'reopen' })), false);
    assert.equal(isReady(told({ 'systemLog.logRotate': 'reopen', 'systemLog.logAppend': true })), true);
  });

  it('Redis is sent no signal', () => assert.equal(rotation<ByLogrotate>('redis').signal, null));
});

/** As Kafka 4 and 3.9 are packed, shortened. */
const LOG4J_2 = `Configuration:
  Appenders:
    Console: { name: STDOUT }
    RollingFile:
      - name: KafkaAppender
        fileName: "\${sys:kafka.logs.dir}/server.log"
        filePattern: "\${sys:kafka.logs.dir}/server.log.%d{yyyy-MM-dd-HH}"
        PatternLayout:
          pattern: "\${logPattern}"
        TimeBasedTriggeringPolicy:
          interval: 1
      - name: StateChangeAppender
        fileName: "\${sys:kafka.logs.dir}/state-change.log"
        filePattern: "\${sys:kafka.logs.dir}/state-change.log.%i"
        Policies:
          SizeBasedTriggeringPolicy: { size: 10 MB }
        DefaultRolloverStrategy: { max: 3 }
    File:
      name: plain
      fileName: "/var/log/plain.log"
`;
const LOG4J_1 = `log4j.rootLogger=INFO, stdout, kafkaAppender
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.kafkaAppender=org.apache.log4j.DailyRollingFileAppender
log4j.appender.kafkaAppender.DatePattern='.'yyyy-MM-dd-HH
log4j.appender.kafkaAppender.File=\${kafka.logs.dir}/server.log
log4j.appender.other=org.apache.log4j.RollingFileAppender
log4j.appender.other.File=/x/other.log
`;

describe('by log4j', () => {
  const library = rotation<ByLibrary>('kafka');
  const [two, flat, one] = library.beside;

  it('a log of Kafka 4 is rotated by the hour for ever; ours takes the place of what is not limited', async () => {
    const found = (await loadFormat('yaml')).read(LOG4J_2);
    assert.deepEqual(
      two?.rotates(found).map(({ name, line, rotates }) => [name, line, rotates?.mostBytes, rotates?.says]),
      [
        ['KafkaAppender', 6, null, 'a new one by the hour or day'],
        ['StateChangeAppender', 13, 4 * 10 * 2 ** 20, 'a new one at 10 MB, 3 old of each kept'],
        ['plain', 20, undefined, undefined],
      ],
    );
    assert.ok(two?.ours?.as === 'file' && flat !== undefined);
    const properties = await loadFormat('properties');
    const items = two.ours.settings(found).map((setting) => ({ ...setting, comment: null, isHint: false }));
    const ours = properties.read(properties.render(items));
    assert.deepEqual(
      flat.rotates(ours).map(({ name, file, rotates }) => [name, file, rotates?.mostBytes]),
      [
        ['KafkaAppender', `\${sys:kafka.logs.dir}/server.log`, 11 * 100 * 2 ** 20],
        ['plain', '/var/log/plain.log', 11 * 100 * 2 ** 20],
      ],
    );
    assert.equal(
      library.named(['java', two.ours.value('/opt/kafka/config/log4j2.yaml', '/opt/kafka/config/ours')]),
      '/opt/kafka/config/log4j2.yaml,/opt/kafka/config/ours',
    );
  });

  it('a log of Kafka 3 becomes one that is limited, and the rest of the file stays', async () => {
    const properties = await loadFormat('properties');
    assert.ok(one?.ours?.as === 'edit');
    const after = properties.edit(LOG4J_1, one.ours.changes(properties.read(LOG4J_1)));
    assert.deepEqual(
      one.rotates(properties.read(after)).map(({ name, rotates }) => [name, rotates?.mostBytes]),
      [
        ['kafkaAppender', 11 * 100 * 2 ** 20],
        ['other', 11 * 100 * 2 ** 20],
      ],
    );
    assert.doesNotMatch(after, /DatePattern/);
    assert.match(after, /^log4j.rootLogger=INFO, stdout, kafkaAppender\n/);
    assert.equal(properties.edit(after, one.ours.changes(properties.read(after))), after);
  });

  it('the log of the Java machine is limited by its own option', () => {
    const word = '-Xlog:gc*:file=/k/logs/kafkaServer-gc.log:time,tags:filecount=10,filesize=100M';
    assert.deepEqual(
      library.alsoBy(['java', word]).map(({ file, rotates }) => [file, rotates?.mostBytes]),
      [['/k/logs/kafkaServer-gc.log', 11 * 100 * 2 ** 20]],
    );
  });
});
