// What Redis and Valkey say where they do not start, or do not save. Seen of Redis 7.0 and 8.2 and Valkey 9.1.
import type { DiagnosisFacet } from '../diagnosing.ts';

const VERSIONS = 'Redis 7 and 8, Valkey 9';

export const diagnosis: DiagnosisFacet = {
  logs: ['/var/log/redis/*.log', '/var/log/valkey/*.log'],
  isUp: /Ready to accept connections/,
  meanings: [
    {
      id: 'log-closed',
      says: /^Can't open the log file: (?<why>.+)$/,
      versions: VERSIONS,
      means: 'it cannot open its log file: {why}',
      checks: ['directory.redis/logs', 'write.redis/logs', 'directory.redis'],
      hint: 'see which file that is: sudo jts-hot config redis --check; its directory must be there, and its user’s',
    },
    {
      id: 'data-missing',
      says: /^>>> 'dir (?<dir>.+)'$/,
      versions: VERSIONS,
      means: 'it cannot go to its directory of data, {dir}',
      checks: ['directory.redis/data', 'write.redis/data', 'directory.redis', 'service.redis.place'],
      hint: 'see whether it is there and its user’s: sudo jts-hot validate',
    },
    {
      id: 'bad-setting',
      says: /^>>> '(?!dir )(?<line>.+)'$/,
      versions: VERSIONS,
      means: 'its configuration has a line that it does not take: {line}',
      checks: [],
      hint: 'the line above says where it stands; correct it there',
    },
    {
      id: 'damaged-snapshot',
      says: /Wrong signature trying to load DB from file|Can't handle RDB format version|Short read or OOM loading DB/,
      versions: VERSIONS,
      means: 'its snapshot is damaged, or another version wrote it',
      checks: [],
      hint: 'look at it: redis-check-rdb FILE; then: sudo jts-hot backup list redis',
    },
    {
      id: 'snapshot-closed',
      says: /can't open the RDB file (?<file>\S+) for reading: (?<why>.+)$/,
      versions: VERSIONS,
      means: 'it cannot read its snapshot {file}: {why}',
      checks: ['inside.redis', 'directory.redis/data'],
      fix: 'sudo jts-hot repair {service} --recursive',
      hint: 'see first that it is all meant to be its user’s: sudo jts-hot validate --deep {service}',
    },
    {
      id: 'bad-append-only',
      says: /Bad file format reading the append only file|Unexpected end of file reading the append only file/,
      versions: VERSIONS,
      means: 'its append-only file is damaged',
      checks: [],
      hint: 'look at it, without --fix: redis-check-aof FILE; then: sudo jts-hot backup list redis',
    },
  ],
};
