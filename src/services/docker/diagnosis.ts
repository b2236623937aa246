// What dockerd says where it does not start. Seen of Docker 20.10 and 26.1.
import type { DiagnosisFacet } from '../diagnosing.ts';

const VERSIONS = 'Docker 20.10 and 26.1';

export const diagnosis: DiagnosisFacet = {
  logs: [],
  isUp: null,
  meanings: [
    {
      id: 'unknown-key',
      says: /unable to configure the Docker daemon with file (?<file>\S+): the following directives don't match any configuration option: (?<key>.+)$/,
      versions: VERSIONS,
      means: '{file} has a key that it does not know: {key}',
      checks: [],
      hint: 'correct it in {file}',
    },
    {
      id: 'told-twice',
      says: /the following directives are specified both as a flag and in the configuration file: (?<key>\S+)/,
      versions: VERSIONS,
      means: 'it is told the same twice, by its unit and by its file: {key}',
      checks: [],
      hint: 'leave it in one of the two: systemctl cat docker.service',
    },
    {
      id: 'bad-file',
      says: /unable to configure the Docker daemon with file (?<file>\S+): (?<why>(?!the following directives).+)$/,
      versions: VERSIONS,
      means: '{file} cannot be read: {why}',
      checks: [],
      hint: 'see where: jq . {file}',
    },
    {
      id: 'log-option',
      says: /unknown log opt '(?<key>[^']+)' for (?<driver>\S+) log driver/,
      versions: VERSIONS,
      means: 'the log driver {driver} knows no option {key}',
      checks: [],
      hint: 'correct log-opts in /etc/docker/daemon.json',
    },
    {
      id: 'second-one',
      says: /pid file found, ensure docker is not running or delete (?<file>\S+)/,
      versions: VERSIONS,
      means: 'another one runs, or its file was left: {file}',
      checks: [],
      hint: 'see whether one runs: pgrep -a dockerd',
    },
    {
      id: 'no-directory',
      says: /Unable to get the full path to root \((?<path>[^)]+)\)/,
      versions: VERSIONS,
      means: 'its data-root is not a directory: {path}',
      checks: ['directory.docker', 'directory.docker/data'],
      hint: 'see what is there: ls -ld {path}',
    },
  ],
};
