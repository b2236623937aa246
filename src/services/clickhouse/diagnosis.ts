// What ClickHouse says where it does not start. Seen of the server 18.16.
import type { DiagnosisFacet } from '../diagnosing.ts';

const VERSIONS = 'ClickHouse 18.16';

export const diagnosis: DiagnosisFacet = {
  logs: ['/var/log/clickhouse-server/*.err.log'],
  isUp: null,
  meanings: [
    {
      id: 'second-one',
      says: /Cannot lock file (?<file>\S+)\. Another server instance in same directory is already running/,
      versions: VERSIONS,
      means: 'another server runs on the same data: {file} is locked',
      checks: [],
      hint: 'see which: sudo fuser -v {file}',
    },
    {
      id: 'closed',
      says: /^(?:Couldn't save preprocessed config to (?<config>\S+?): )?Access to file denied: (?<path>\S+)/,
      versions: VERSIONS,
      means: 'its user may not open {path}',
      checks: [
        'directory.clickhouse/data',
        'directory.clickhouse/tmp',
        'directory.clickhouse/logs',
        'directory.clickhouse',
        'inside.clickhouse',
        'write.clickhouse',
      ],
      fix: 'sudo jts-hot repair {service} --recursive',
      hint: 'see first that it is all meant to be its user’s: sudo jts-hot validate --deep {service}',
    },
  ],
};
