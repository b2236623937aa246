// How Kafka is asked where its data is: kafka-log-dirs.sh, describeLogDirs.
import type { QuestionFacet } from '../question.ts';

export const question: QuestionFacet = {
  programs: (file) => [
    ...(file === null ? [] : [file.replace(/\/config\/.*$/, '/bin/kafka-log-dirs.sh')]),
    '/usr/bin/kafka-log-dirs',
  ],
  words: (told) => {
    const listeners = String(told('listeners') ?? 'PLAINTEXT://:9092').split(',');
    const [, host = '', port = '9092'] = /^\w+:\/\/(.*):(\d+)$/.exec(listeners[0]?.trim() ?? '') ?? [];
    return [
      '--bootstrap-server',
      `${host === '' || host === '0.0.0.0' ? 'localhost' : host}:${port}`,
      '--describe',
    ];
  },
  // Its scripts make a directory for logs, wherever it is.
  environment: () => ({ LOG_DIR: '/tmp', KAFKA_HEAP_OPTS: '-Xmx128m' }),
  /** Words, then one line of JSON. */
  answer(output) {
    const line = output.split('\n').find((one) => one.startsWith('{'));
    if (line === undefined) return null;
    const { brokers = [] } = JSON.parse(line) as {
      readonly brokers?: readonly { readonly logDirs?: readonly { readonly logDir?: unknown }[] }[];
    };
    const paths = brokers.flatMap(({ logDirs = [] }) => logDirs.map(({ logDir }) => String(logDir)));
    return paths.length === 0 ? null : paths;
  },
};
