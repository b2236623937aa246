// Owns a PostgreSQL on the hot tier of a host, to be backed up: set up by the product, running, with a tablespace outside.
import { runJtsHot } from '../e2e/product.ts';
import type { HostProcess, ThrowawayHost } from '../e2e/throwaway-host.ts';
import { type ServerHostOptions, startServerHost } from './parts.ts';
import { postgresql } from './postgresql.ts';
import { asUserOn, type RunningServer, runInside, start, writeInside } from './server.ts';

export const HOME = '/data/jts/hot/postgresql';
export const DAILY = '/data/jts/hot/backup/daily/postgresql';
export const STAGING = '/data/jts/hot/backup/staging';
/** Of a tablespace. */
export const OUTSIDE = '/data/outside';

export interface Cluster extends Disposable {
  readonly host: ThrowawayHost;
  readonly bin: string;
  readonly pid: () => number;
  /** Stopped orderly, and started again after `between`. */
  readonly restart: (between?: () => void) => void;
  /** As the superuser, over its socket. */
  readonly sql: (text: string, database?: string, port?: number) => string;
  /** In the background, until the host stops. */
  readonly load: (...words: readonly string[]) => HostProcess;
  /** A second server, on what was restored; stopped at the end of `use`. */
  readonly plainStart: (data: string, use: (sql: (text: string) => string) => void) => void;
}

const BIN = { '15': '/usr/lib/postgresql/15/bin', '18': '/usr/pgsql-18/bin' } as const;
const SECOND_PORT = 5433;

export function startCluster(
  version: keyof typeof BIN,
  { settings = [], ...options }: ServerHostOptions & { readonly settings?: readonly string[] } = {},
): Cluster {
  const host = startServerHost({
    parts: ['postgresql-18', 'pgbackrest-2'],
    disks: [{ at: '/data/jts/hot', size: '1g' }],
    ...options,
    prepare: `rm -r /etc/postgresql/15 /var/lib/postgresql/15
ln -s /opt/postgresql-18/embedded_postgres/pginstall /usr/pgsql-18
install -d -m 700 -o postgres ${OUTSIDE}
${options.prepare ?? ''}`,
  });
  const bin = BIN[version];
  const asPostgres = asUserOn(host, 'postgres');
  const configure = (name: string, lines: readonly string[]) => {
    const file = `/etc/postgresql/${version}/${name}/postgresql.conf`;
    runInside(host, ['mkdir', '-p', `/etc/postgresql/${version}/${name}`]);
    writeInside(host, file, lines);
    return file;
  };
  const files = (data: string) => [
    `hba_file = '${data}/pg_hba.conf'`,
    `ident_file = '${data}/pg_ident.conf'`,
    "unix_socket_directories = '/tmp'",
    "listen_addresses = ''",
  ];
  const configFile = configure('main', [...files(`${HOME}/data`), ...settings]);
  runJtsHot(host, ['setup']);
  runJtsHot(host, ['config', 'postgresql', '--install', '--to', configFile]);
  asPostgres([
    `${bin}/initdb`,
    '--auth=peer',
    '--data-checksums',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '-D',
    `${HOME}/data`,
  ]);
  const running = { host, server: postgresql(bin), user: 'postgres', configFile };
  let server: RunningServer = start(running);
  const sql = (text: string, database = 'postgres', port = 5432) =>
    asPostgres(
      [`${bin}/psql`, '-XAtqw', '-h', '/tmp', '-p', `${port}`, '-d', database, '-f', '-'],
      text,
    ).trim();
  sql(`create tablespace outside location '${OUTSIDE}';
    create table placed (n int, words text) tablespace outside;
    insert into placed select n, repeat('words ', n) from generate_series(1, 500) n;
    create table committed (n bigserial);`);
  return {
    host,
    bin,
    pid: () => server.pid,
    restart(between = () => {}) {
      server.stop();
      between();
      server = start(running);
    },
    sql,
    load: (...words) =>
      host.spawn(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--', ...words]),
    plainStart(data, use) {
      const file = configure('second', [
        ...files(data),
        `data_directory = '${data}'`,
        `port = ${SECOND_PORT}`,
      ]);
      const second = { ...postgresql(bin), name: 'second' };
      const other = start({ host, server: second, user: 'postgres', configFile: file });
      try {
        use((text) => sql(text, 'postgres', SECOND_PORT));
      } finally {
        other.stop();
      }
    },
    [Symbol.dispose]: () => host.stop(),
  };
}

/** One row a transaction, one session: rows are committed in their order. */
export function commitRows({ host, load, bin }: Cluster): HostProcess {
  writeInside(host, '/tmp/commit.sql', ['insert into committed default values;']);
  return load(
    `${bin}/pgbench`,
    '-h',
    '/tmp',
    '-n',
    '-c',
    '1',
    '-T',
    '600',
    '-f',
    '/tmp/commit.sql',
    'postgres',
  );
}

/** Names in a directory of the host; none where there is none. */
export function namesIn(host: ThrowawayHost, directory: string): readonly string[] {
  return host
    .run(['ls', directory])
    .stdout.split('\n')
    .filter((name) => name !== '');
}
