// What ClickHouse is told so that it keeps its data on the hot tier. Its settings: the manual, "Server settings".
import { type ConfigurationFacet, portSetting } from '../configuration.ts';
import { checker } from './checker.ts';
import { present } from './present-data.ts';

export const configuration: ConfigurationFacet = {
  format: 'xml',
  settings({ directory, reserveBytes }) {
    const [data, tmp, logs] = [directory('data'), directory('tmp'), directory('logs')];
    const of = (key: readonly string[], value: string | number, comment: string | null = null) => ({
      key: ['clickhouse', ...key],
      value,
      comment,
      isHint: false,
    });
    return [
      of(['path'], `${data}/`, 'paths of directories end with a slash'),
      of(['tmp_path'], `${tmp}/`),
      of(['user_files_path'], `${data}/user_files/`, 'these two are in /var/lib/clickhouse unless said'),
      of(['format_schema_path'], `${data}/format_schemas/`),
      of(
        ['user_directories', 'local_directory', 'path'],
        `${data}/access/`,
        'users and grants made with SQL',
      ),
      of(['logger', 'log'], `${logs}/clickhouse-server.log`),
      of(['logger', 'errorlog'], `${logs}/clickhouse-server.err.log`),
      of(['logger', 'size'], '1000M', 'of each log: a new one when it is this large'),
      of(['logger', 'count'], 10, 'so many old ones are kept'),
      {
        key: ['clickhouse', 'storage_configuration', 'disks', 'default', 'keep_free_space_bytes'],
        value: reserveBytes,
        comment: '5 % of the disk, left free by ClickHouse; never its planned size',
        isHint: true,
      },
    ];
  },
  further: { port: portSetting('clickhouse', 'tcp_port'), below: ['clickhouse'], refused: {}, ofWords: [] },
  dataKey: ['clickhouse', 'path'],
  present,
  checker,
  firstStart: null,
  files: ['/etc/clickhouse-server/config.xml'],
  into: {
    as: 'drop-in',
    path: (file) => `${file.slice(0, file.lastIndexOf('/'))}/config.d/jts-hot.xml`,
    include: null,
  },
  units: () => ['clickhouse-server.service'],
  unit: {
    limits: { LimitNOFILE: 262_144, LimitNPROC: null },
    timeoutStopSeconds: 600,
    environment: () => ({}),
  },
  process: { commands: ['clickhouse-serv', 'clickhouse'], argument: null, data: ['/status'] },
  notInPaths: [],
};
