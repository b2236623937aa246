// What PostgreSQL says where it does not start. Seen of PostgreSQL 15 and 18.
import type { DiagnosisFacet } from '../diagnosing.ts';

const VERSIONS = 'PostgreSQL 15 and 18';

export const diagnosis: DiagnosisFacet = {
  logs: ['/var/log/postgresql/*.log'],
  isUp: /database system is ready to accept connections/,
  meanings: [
    {
      id: 'wrong-owner',
      says: /data directory "(?<dir>[^"]+)" has wrong ownership/,
      versions: VERSIONS,
      means: 'its directory of data belongs to another user: {dir}',
      checks: ['directory.postgresql/data', 'directory.postgresql', 'inside.postgresql'],
      hint: 'it must be its user’s: sudo jts-hot repair postgresql --recursive',
    },
    {
      id: 'wrong-mode',
      says: /data directory "(?<dir>[^"]+)" has invalid permissions/,
      versions: VERSIONS,
      means: 'others may enter its directory of data, and it refuses that: {dir}',
      checks: ['directory.postgresql/data', 'directory.postgresql', 'inside.postgresql'],
      hint: 'the mode must be 0700 or 0750: sudo chmod 0700 {dir}',
    },
    {
      id: 'other-version',
      says: /database files are incompatible with server/,
      versions: VERSIONS,
      means: 'its data was made by another version',
      checks: [],
      hint: 'the line after it says which: start that version, or go over with pg_upgradecluster(1)',
    },
    {
      id: 'not-there',
      says: /could not access (?:the server configuration file|directory) "(?<path>[^"]+)": (?<why>.+)$/,
      versions: VERSIONS,
      means: 'there is no cluster where it looks for one: {path}: {why}',
      checks: ['directory.postgresql/data', 'directory.postgresql', 'service.postgresql.place'],
      hint: 'begin one, or restore one: sudo jts-hot config postgresql --init; sudo jts-hot backup list postgresql',
    },
    {
      id: 'no-wal',
      says: /required WAL directory "pg_wal" does not exist/,
      versions: VERSIONS,
      means: 'its write-ahead log is gone',
      checks: ['inside.postgresql'],
      hint: 'put it back where it was, do not make an empty one; else restore: sudo jts-hot backup list postgresql',
    },
    {
      id: 'control-closed',
      says: /could not open file "(?<path>[^"]*global\/pg_control)": (?<why>.+)$/,
      versions: VERSIONS,
      means: 'it cannot open a file of its cluster, {path}: {why}',
      checks: ['inside.postgresql', 'directory.postgresql/data'],
      fix: 'sudo jts-hot repair {service} --recursive',
      hint: 'see first that it is all meant to be its user’s: sudo jts-hot validate --deep {service}',
    },
    {
      id: 'log-closed',
      says: /could not open log file "(?<path>[^"]+)": (?<why>.+)$/,
      versions: VERSIONS,
      means: 'it cannot write its log, {path}: {why}',
      checks: ['directory.postgresql/logs', 'write.postgresql/logs'],
      hint: 'the directory must be there, and its user’s',
    },
    {
      id: 'bad-setting',
      says: /(?:unrecognized configuration parameter|invalid value for parameter) "(?<key>[^"]+)"|syntax error in file "(?<file>[^"]+)"/,
      versions: VERSIONS,
      means: 'its configuration has something that it does not take: {key}{file}',
      checks: [],
      hint: 'its message says the file and the line',
    },
    {
      id: 'second-one',
      says: /lock file "(?<file>[^"]+)" already exists/,
      versions: VERSIONS,
      means: 'another server runs on the same data, or its lock was left: {file}',
      checks: [],
      hint: 'see whether one runs: ps -C postgres -o pid,args; never delete the file while one does',
    },
  ],
};
