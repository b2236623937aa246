// Owns how a Kafka broker (KRaft, one node) is laid out in /opt/kafka, run from a server.properties, and asked on its port.
// The registry has its classes and not its scripts: those here do what the distribution's do, and no more.
import { type Asked, type Inside, runInside, type Server, writeInside } from './server.ts';

export const KAFKA_CONFIG = '/opt/kafka/config/server.properties';

const TOPIC = 'words';
const RUN_CLASS = `#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xms64m -Xmx256m \\
  -Dkafka.logs.dir="\${LOG_DIR:-/opt/kafka/logs}" \\
  \${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml} \\
  -cp '/opt/kafka-4/libs/*' "$@"`;
const LOG4J = [
  'Configuration:',
  '  Appenders:',
  '    File:',
  '      name: server',
  `      fileName: "\${sys:kafka.logs.dir}/server.log"`,
  '      PatternLayout: { pattern: "[%d] %p %m (%c)%n" }',
  '  Loggers:',
  '    Root: { level: info, AppenderRef: { ref: server } }',
];
/** What config/server.properties of the distribution says of a node that is broker and controller, on this machine alone. */
const PROPERTIES = [
  '# The role of this server. Setting this puts us in KRaft mode',
  'process.roles=broker,controller',
  'node.id=1',
  'controller.quorum.voters=1@127.0.0.1:9093',
  'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'advertised.listeners=PLAINTEXT://127.0.0.1:9092',
  'controller.listener.names=CONTROLLER',
  'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  '',
  '# A comma separated list of directories under which to store log files',
  'log.dirs=/tmp/kraft-combined-logs',
  '',
  'offsets.topic.replication.factor=1',
  'offsets.topic.num.partitions=1',
];

/** Of a host that has the part kafka-4. */
export function layOutKafka(host: Inside): void {
  runInside(host, ['mkdir', '-p', '/opt/kafka/bin', '/opt/kafka/config']);
  runInside(host, ['ln', '-sfT', '/opt/kafka-4/libs', '/opt/kafka/libs']);
  writeInside(host, KAFKA_CONFIG, PROPERTIES);
  writeInside(host, '/opt/kafka/config/log4j2.yaml', LOG4J);
  writeInside(host, '/opt/kafka/bin/kafka-run-class.sh', [RUN_CLASS]);
  for (const [name, classes] of [
    ['kafka-storage.sh', 'kafka.tools.StorageTool'],
    ['kafka-server-start.sh', 'kafka.Kafka'],
    ['kafka-topics.sh', 'org.apache.kafka.tools.TopicCommand'],
    ['kafka-producer-perf-test.sh', 'org.apache.kafka.tools.ProducerPerformance'],
  ])
    writeInside(host, `/opt/kafka/bin/${name}`, [
      '#!/bin/sh',
      `exec /opt/kafka/bin/kafka-run-class.sh ${classes} "$@"`,
    ]);
  runInside(host, ['sh', '-c', 'chmod 755 /opt/kafka/bin/*.sh']);
}

/** As an operator writes one: it is told where its own log goes by LOG_DIR. `settings`: more lines of its section. */
export function layOutUnit(host: Inside, ...settings: readonly string[]): void {
  writeInside(host, '/etc/systemd/system/kafka.service', [
    '[Service]',
    'User=kafka',
    `ExecStart=/opt/kafka/bin/kafka-server-start.sh ${KAFKA_CONFIG}`,
    'SuccessExitStatus=143',
    ...settings,
  ]);
}

/** `logs`: the directory of its own log. */
export function kafka(logs: string, port = 9092): Server {
  const broker = `127.0.0.1:${port}`;
  const kcat = ({ asUser }: Asked, words: readonly string[], input?: string) =>
    asUser(['kcat', '-q', '-b', broker, ...words], input);
  return {
    name: 'kafka',
    argv: (configFile) => ['/opt/kafka/bin/kafka-server-start.sh', configFile],
    env: [`LOG_DIR=${logs}`],
    stopSignal: 'TERM',
    stopped: [143],
    ping(asked) {
      // kcat waits for a broker that is not there.
      asked.asUser(['bash', '-c', `: </dev/tcp/127.0.0.1/${port}`]);
      kcat(asked, ['-L', '-m', '5']);
    },
    write: (asked, words) => void kcat(asked, ['-P', '-t', TOPIC], `${words.join('\n')}\n`),
    read: (asked) => kcat(asked, ['-C', '-t', TOPIC, '-o', 'beginning', '-e']).split('\n').slice(0, -1),
  };
}
