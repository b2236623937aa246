// What MongoDB is told so that it keeps its data on the hot tier. Its options: the manual, "Configuration File Options".
import { type ConfigurationFacet, portSetting } from '../configuration.ts';
import { checker } from './checker.ts';
import { present } from './present-data.ts';

export const configuration: ConfigurationFacet = {
  format: 'yaml',
  settings: ({ directory }) => [
    { key: ['storage', 'dbPath'], value: directory('data'), comment: null, isHint: false },
    {
      key: ['storage', 'directoryPerDB'],
      value: true,
      comment: 'a directory a database; only before there is data in dbPath',
      isHint: true,
    },
    { key: ['systemLog', 'destination'], value: 'file', comment: null, isHint: false },
    { key: ['systemLog', 'path'], value: `${directory('logs')}/mongod.log`, comment: null, isHint: false },
    {
      key: ['systemLog', 'logAppend'],
      value: true,
      comment: 'a start goes on with the log that is there; reopen asks for it',
      isHint: false,
    },
    {
      key: ['systemLog', 'logRotate'],
      value: 'reopen',
      comment: 'logrotate renames, SIGUSR1 makes mongod open a new one',
      isHint: false,
    },
  ],
  further: { port: portSetting('net', 'port'), below: [], refused: {}, ofWords: [] },
  dataKey: ['storage', 'dbPath'],
  present,
  checker,
  firstStart: null,
  files: ['/etc/mongod.conf', '/etc/mongodb.conf'],
  into: { as: 'edit', isMadeWhenMissing: false },
  units: () => ['mongod.service', 'mongodb.service'],
  unit: {
    limits: { LimitNOFILE: 64_000, LimitNPROC: 64_000 },
    timeoutStopSeconds: 600,
    environment: () => ({}),
  },
  process: { commands: ['mongod'], argument: null, data: ['/mongod.lock', '/WiredTiger.lock'] },
  notInPaths: [],
};
