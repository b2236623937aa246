// Owns how a Kafka broker (KRaft, one node) is formatted and run from a server.properties, and asked on its port.
import type { Asked, AsUser, Server } from './server.ts';

const TOPIC = 'words';
const JAVA = [
  'java',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  // Statistics of the JVM: a file in /tmp.
  '-XX:-UsePerfData',
  '-cp',
  '/opt/kafka-4/libs/*',
] as const;
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk';

/** `log4j`: its log4j2.yaml, which says where its own log is. */
export function kafka(log4j: string, port = 9092): Server {
  const broker = `127.0.0.1:${port}`;
  const kcat = ({ asUser }: Asked, words: readonly string[], input?: string) =>
    asUser(['kcat', '-q', '-b', broker, ...words], input);
  return {
    name: 'kafka',
    argv: (configFile) => [
      ...JAVA,
      '-Xms64m',
      '-Xmx256m',
      `-Dlog4j2.configurationFile=${log4j}`,
      'kafka.Kafka',
      configFile,
    ],
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

/** Needed once before the first start. */
export function formatKafka(asUser: AsUser, configFile: string): void {
  asUser([...JAVA, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', configFile]);
}
