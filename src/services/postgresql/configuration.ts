// What PostgreSQL is told so that it keeps its data on the hot tier. Its parameters: the manual, "Server Configuration".
import { type ConfigurationFacet, portSetting } from '../configuration.ts';
import { checker } from './checker.ts';
import { firstStart } from './first-start.ts';
import { present } from './present-data.ts';

/** Debian has a cluster a directory: `/etc/postgresql/VERSION/CLUSTER`. */
const DEBIAN = /^\/etc\/postgresql\/([^/]+)\/([^/]+)\/postgresql\.conf$/;

export const configuration: ConfigurationFacet = {
  format: 'postgresql',
  settings: ({ directory }) => [
    {
      key: ['data_directory'],
      value: directory('data'),
      comment: 'taken over when the server starts',
      isHint: false,
    },
    {
      key: ['logging_collector'],
      value: true,
      comment: 'without it log_directory means nothing',
      isHint: false,
    },
    { key: ['log_directory'], value: directory('logs'), comment: null, isHint: false },
    {
      key: ['log_rotation_age'],
      value: '1d',
      comment: 'a new log every day, and whenever one is this large',
      isHint: false,
    },
    { key: ['log_rotation_size'], value: '100MB', comment: null, isHint: false },
    {
      key: ['log_connections'],
      value: 'on',
      comment: 'without it nobody can see later who was connected',
      isHint: true,
    },
    {
      key: ['temp_tablespaces'],
      value: 'hot_tmp',
      comment: 'large sorts go there; first: CREATE TABLESPACE hot_tmp LOCATION …',
      isHint: true,
    },
  ],
  further: {
    port: portSetting('port'),
    below: [],
    refused: Object.fromEntries(
      ['include', 'include_if_exists', 'include_dir'].map((name) => [name, 'put it into its own file']),
    ),
    ofWords: [],
  },
  dataKey: ['data_directory'],
  present,
  checker,
  firstStart,
  files: [
    '/etc/postgresql/*/*/postgresql.conf',
    '/var/lib/pgsql/*/data/postgresql.conf',
    '/var/lib/pgsql/data/postgresql.conf',
  ],
  into: {
    as: 'drop-in',
    path: (file) => `${directoryOf(file)}/conf.d/jts-hot.conf`,
    include: () => ({ key: ['include_dir'], value: 'conf.d' }),
  },
  units(file) {
    const [, version, cluster] = DEBIAN.exec(file) ?? [];
    return version === undefined ? ['postgresql.service'] : [`postgresql@${version}-${cluster}.service`];
  },
  template: 'postgresql@.service',
  unit: {
    limits: { LimitNOFILE: 65_536, LimitNPROC: null },
    timeoutStopSeconds: null,
    environment: () => ({}),
  },
  process: { commands: ['postgres'], argument: null, data: 'directory' },
  notInPaths: [],
};

function directoryOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
