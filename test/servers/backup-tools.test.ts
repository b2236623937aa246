// A backup of a service whose own tool is not installed names the package that has it, in the dry run too, and begins nothing.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { it } from 'node:test';
import { runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { runInside, writeInside } from './server.ts';

const BASE = '/data/jts/hot';

interface Tool {
  readonly service: string;
  readonly user: string;
  /** What its server is called; a program that sleeps stands for it, since none is asked before its tool is there. */
  readonly server: string;
  /** Below its data: what it has open. */
  readonly open: string;
  readonly missing: string;
  readonly named: string;
  readonly before?: readonly (readonly [path: string, ...lines: string[]])[];
}

const TOOLS: readonly Tool[] = [
  {
    service: 'postgresql',
    user: 'postgres',
    server: 'postgres',
    open: 'PG_VERSION',
    missing: '/usr/lib/postgresql/15/bin/psql /usr/bin/psql /usr/lib/postgresql/15/bin/pg_basebackup',
    named: 'postgresql-client-15',
    before: [
      [`${BASE}/postgresql/data/PG_VERSION`, '15'],
      // Process, data, when it was started, port, socket.
      [
        `${BASE}/postgresql/data/postmaster.pid`,
        '1',
        `${BASE}/postgresql/data`,
        '1',
        '5432',
        '/var/run/postgresql',
      ],
    ],
  },
  {
    service: 'clickhouse',
    user: 'clickhouse',
    server: 'clickhouse-server',
    open: 'status',
    missing: '/usr/bin/clickhouse-client',
    named: 'clickhouse-client',
  },
  {
    service: 'mongodb',
    user: 'mongodb',
    server: 'mongod',
    open: 'mongod.lock',
    missing: '/usr/bin/mongodump',
    named: 'mongodb-database-tools',
    before: [['/etc/mongod.conf', 'storage:', `  dbPath: ${BASE}/mongodb/data`]],
  },
  {
    service: 'redis',
    user: 'redis',
    server: 'redis-server',
    open: 'dump.rdb',
    missing: '/usr/bin/redis-cli',
    named: 'redis-tools',
  },
];

for (const { service, user, server, open, missing, named, before = [] } of TOOLS)
  it(`${service}: ${named} is named`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    using host = startServerHost({ disks: [{ at: BASE, size: '64m' }] });
    runJtsHot(host, ['setup']);
    for (const [path, ...lines] of before) writeInside(host, path, lines);
    runInside(host, ['sh', '-c', `rm -f ${missing}; cp /bin/sleep /run/${server}`]);
    const data = `${BASE}/${service}/data`;
    runInside(host, ['chown', '-R', `${user}:`, data]);
    host.spawn([
      'sh',
      '-c',
      `cd ${data} && exec setpriv --reuid=${user} --regid=${user} --init-groups /run/${server} 100 9>>${open}`,
    ]);
    while (host.run(['pgrep', '-u', user, 'sleep|.']).stdout === '');
    for (const words of [['--dry-run'], []]) {
      const { stderr } = runJtsHot(host, ['backup', 'run', service, ...words], 3);
      assert.match(stderr, /E_NO_TOOL/);
      assert.match(stderr, new RegExp(`install it: ${named}`));
    }
    assert.deepEqual(readdirSync(host.path(`${BASE}/backup/staging`)), []);
    assert.deepEqual(readdirSync(host.path(`${BASE}/backup/daily`)), []);
  });
