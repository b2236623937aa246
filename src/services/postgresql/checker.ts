// How a server of PostgreSQL says what it reads in its configuration (postgres(1), -C).
import type { Checker } from '../configuration.ts';

export const checker: Checker = {
  programs: (file) => [
    `/usr/lib/postgresql/${/^\/etc\/postgresql\/([^/]+)\//.exec(file)?.[1] ?? '*'}/bin/postgres`,
    '/usr/pgsql-*/bin/postgres',
    '/usr/bin/postgres',
  ],
  words: ({ main }) => ['-C', 'data_directory', `--config-file=${main}`],
  until: null,
  accepts: ({ status, output }, place) => status === 0 && output.split('\n').includes(place),
};
