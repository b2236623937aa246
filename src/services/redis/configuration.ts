// What Redis is told so that it keeps its data on the hot tier. Its settings: the comments of redis.conf; Valkey's are the same.
import { type ConfigurationFacet, portSetting } from '../configuration.ts';
import { checker } from './checker.ts';
import { present } from './present-data.ts';

/** The old snapshot stays until the new one is whole, and the append-only file is written anew beside itself. */
const SHARE_OF_PLAN = 0.4;

const MB = 1_000_000;

export const configuration: ConfigurationFacet = {
  format: 'redis',
  settings: ({ directory, plannedBytes }) => [
    {
      key: ['dir'],
      value: directory('data'),
      comment: 'snapshots, and the append-only files in appenddirname below it',
      isHint: false,
    },
    { key: ['logfile'], value: `${directory('logs')}/redis-server.log`, comment: null, isHint: false },
    {
      key: ['maxmemory'],
      value: `${Math.floor((plannedBytes * SHARE_OF_PLAN) / MB)}m`,
      comment: `${100 * SHARE_OF_PLAN} % of the planned size: snapshots are written beside the old ones`,
      isHint: true,
    },
    {
      key: ['appendonly'],
      value: 'yes',
      comment: 'a crash then loses at most a second; else all since the last snapshot',
      isHint: true,
    },
  ],
  further: {
    port: portSetting('port'),
    below: [],
    // Each line adds to those of its own file, so that the layout alone would not say what counts.
    refused: Object.fromEntries(
      ['include', 'loadmodule', 'rename-command', 'save', 'user'].map((name) => [
        name,
        'its lines add up: put them into its own file',
      ]),
    ),
    ofWords: ['bind', 'client-output-buffer-limit', 'oom-score-adj-values'],
  },
  dataKey: ['dir'],
  present,
  checker,
  firstStart: null,
  files: ['/etc/redis/redis.conf', '/etc/redis.conf', '/etc/valkey/valkey.conf'],
  into: {
    as: 'drop-in',
    path: besides,
    include: (file) => ({ key: ['include'], value: besides(file) }),
  },
  units: () => ['redis-server.service', 'redis.service', 'valkey-server.service', 'valkey.service'],
  unit: {
    limits: { LimitNOFILE: 65_536, LimitNPROC: null },
    timeoutStopSeconds: 600,
    environment: () => ({}),
  },
  process: { commands: ['redis-server', 'valkey-server'], argument: null, data: 'directory' },
  notInPaths: [],
};

function besides(file: string): string {
  return `${file.slice(0, file.lastIndexOf('/'))}/jts-hot.conf`;
}
