// How a cluster of PostgreSQL is made in an empty directory (initdb(1)).
import type { FirstStart } from '../configuration.ts';

const DEBIAN = /^\/etc\/postgresql\/([^/]+)\//;

export const firstStart: FirstStart = {
  mark: 'PG_VERSION',
  readsFile: false,
  // The version of the cluster; without one, the newest there is.
  programs: (file) => [
    `/usr/lib/postgresql/${DEBIAN.exec(file)?.[1] ?? '*'}/bin/initdb`,
    '/usr/pgsql-*/bin/initdb',
    '/usr/bin/initdb',
  ],
  words: ({ place }) => [
    `--pgdata=${place}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    // What the disk returns is what was written, or an error.
    '--data-checksums',
    // A cluster of Debian has a pg_hba.conf of its own in /etc.
    '--auth-local=peer',
    '--auth-host=scram-sha-256',
  ],
};
