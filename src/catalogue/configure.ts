// The command that wires the services to the hot tier.
import type { CommandEntry } from './entry.ts';
import { DRY_RUN } from './every-command.ts';

export const CONFIGURE = {
  config: {
    says: 'Print, install or check the settings for the hot tier. Recorded.',
    about: [
      'Prints the settings that make PostgreSQL, ClickHouse, Kafka, MongoDB, Redis and Docker keep their data and their logs ' +
        'where the layout says, in the words of each; `jts` prints `jts-config.yaml` of the trading platform, `env` the ' +
        'variables of its environment.',
      'Advice stands in it as comments.',
      'With `--install` the services that are installed here get them: as a file of ours where a service reads more than one, ' +
        'else as changed lines of its own, which stays as it is otherwise; and a drop-in for its unit of systemd. They count from ' +
        'the next start on.',
      'A service that has data elsewhere is refused: it would start empty on the hot tier.',
      'With `--check` it tells of each service whether its data really is on the hot tier: by what its processes have open, then ' +
        'by its files, with the line that decides. It changes nothing, and starts no program, unless `--ask` has the servers asked.',
      'Installing is recorded as a run, and undone by `rollback`.',
    ],
    argument: {
      name: 'service',
      type: 'service',
      words: ['all', 'env', 'jts'],
      default: 'all',
      says: 'a service, all of them, env or jts',
    },
    options: {
      format: {
        value: { type: 'name', words: ['export', 'dotenv', 'systemd'] },
        says: 'of env: export for a shell (default), dotenv, systemd',
        more:
          'Of `env`: `export` for a shell (this is the default), `dotenv` for a file `.env`, `systemd` for the ' +
          '`EnvironmentFile=` of a unit.',
      },
      install: {
        says: 'have the services read them',
        more: 'Have the services that are installed here read them. Recorded, and undone by `rollback`.',
      },
      init: {
        says: 'have the tool of SERVICE prepare its empty data directory',
        more:
          'Have the own tool of SERVICE prepare its empty data directory, as its user: `initdb` with checksums, `kafka-storage ' +
          'format`; other services need none. Refused where something is. Recorded; what it makes is data, which no rollback ' +
          'removes.',
        conflicts: ['install'],
      },
      check: {
        says: 'tell of each service whether its data really is there',
        more:
          'Tell of each service that is installed here whether its data really is on the hot tier, and what is in the way. Reads ' +
          '/proc and files only.',
        conflicts: ['install', 'init', 'to', 'start-empty', 'replace', 'restart', 'dry-run'],
      },
      ask: {
        says: 'with --check: ask the servers themselves, too, 3 s each at most',
        more:
          'With `--check`: ask the servers that run, too, each by its own client as its own user, all at once and for at most 3 ' +
          'seconds each: `psql`, `redis-cli`, `clickhouse-client`, `kafka-log-dirs.sh`, `mongosh`, `docker info`.',
      },
      to: {
        value: { type: 'file' },
        says: "with --install: the service's own file, or the one to write",
        more:
          "With `--install`: the service's own configuration file, where there are several or it is in no usual place; of `env` " +
          'and `jts` the file to write.',
      },
      restart: {
        says: 'with --install: restart each service, and wait until it runs on the hot tier',
        more:
          'With `--install`: restart the units of the services one after the other, and wait until each really has its data on ' +
          'the hot tier. The settings of one that does not come up there are taken back, and it is restarted with its former ' +
          'ones.',
      },
      'start-empty': {
        value: { type: 'service', repeatable: true },
        says: 'agree that this service starts without the data it has elsewhere; repeatable',
        more:
          'With `--install`: agree that this service starts without the data that it has elsewhere, which stays there. Recorded. ' +
          'May be given several times.',
      },
      replace: {
        says: 'with --install: agree to replace files that somebody else wrote or changed',
        more: 'With `--install`: agree to replace files in the place of ours that somebody else wrote or changed.',
      },
      'dry-run': { ...DRY_RUN, more: `With \`--install\`. ${DRY_RUN.more}` },
    },
    exits: {
      0: 'printed, installed, nothing to do, or all run on the hot tier',
      1: 'a step failed, or a service does not run there',
    },
    isRecorded: true,
    onAnotherDisk: { why: 'its files are below /etc; --install and --check compare the disk themselves' },
    examples: [
      { type: 'jts-hot config redis', to: 'see what Redis is to be told' },
      { type: 'sudo jts-hot config all --install --dry-run', to: 'see what would be changed here' },
    ],
  },
} as const satisfies Record<string, CommandEntry>;
