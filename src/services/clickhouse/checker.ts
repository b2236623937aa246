// How ClickHouse says what it reads in its configuration, with all that is merged over it.
import type { Checker } from '../configuration.ts';

export const checker: Checker = {
  programs: () => ['/usr/bin/clickhouse-extract-from-config', '/usr/bin/clickhouse'],
  words: ({ main }) => [`--config-file=${main}`, '--key=path'],
  until: null,
  accepts: ({ status, output }, place) =>
    status === 0 && output.split('\n').some((line) => line.trim() === `${place}/`),
};
