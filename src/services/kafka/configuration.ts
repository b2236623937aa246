// What Kafka is told so that it keeps its data on the hot tier. Its settings: the documentation, "Broker Configs".
import type { ConfigurationFacet } from '../configuration.ts';
import { checker } from './checker.ts';
import { firstStart } from './first-start.ts';
import { listeners } from './listeners.ts';
import { present } from './present-data.ts';

/** Of the planned size, spread over so many partitions: a segment more and the index files of each are not in the limit. */
const SHARE = 0.8;
const PARTITIONS = 100;

export const configuration: ConfigurationFacet = {
  format: 'properties',
  settings: ({ directory, plannedBytes }) => [
    {
      key: ['log.dirs'],
      value: directory('data'),
      comment: [
        'topics; any other directory in it, lost+found too, stops the broker',
        `its own log, for log4j: LOG_DIR=${directory('logs')} in its environment`,
      ].join('\n'),
      isHint: false,
    },
    {
      key: ['log.retention.bytes'],
      value: Math.floor((plannedBytes * SHARE) / PARTITIONS),
      comment: `of each partition: ${100 * SHARE} % of the planned size over ${PARTITIONS} partitions`,
      isHint: true,
    },
  ],
  further: { port: listeners, below: [], refused: {}, ofWords: [] },
  dataKey: ['log.dirs'],
  present,
  checker,
  firstStart,
  files: [
    '/opt/kafka/config/server.properties',
    '/opt/kafka/config/kraft/server.properties',
    '/etc/kafka/server.properties',
  ],
  into: { as: 'edit', isMadeWhenMissing: false },
  units: () => ['kafka.service'],
  unit: {
    limits: { LimitNOFILE: 100_000, LimitNPROC: null },
    timeoutStopSeconds: 300,
    // kafka-run-class.sh gives it to log4j as kafka.logs.dir.
    environment: ({ directory }) => ({ LOG_DIR: directory('logs') }),
  },
  process: { commands: ['java'], argument: 'kafka.Kafka', data: ['/.lock'] },
  notInPaths: [','],
};
