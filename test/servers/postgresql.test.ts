// PostgreSQL 15 and 18 keep their data where their configuration says, and nowhere else.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { postgresql } from './postgresql.ts';
import { asUserOn, filesOutside, makeDirectories, runInside, start, writeInside } from './server.ts';

const HOME = '/data/jts/hot/postgresql';

for (const [version, bin] of [
  ['15', '/usr/lib/postgresql/15/bin'],
  ['18', '/opt/postgresql-18/bin'],
] as const)
  it(`PostgreSQL ${version} takes a write, stops, starts and still has it`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'real servers')) return;
    using host = startServerHost({
      parts: ['postgresql-18'],
      disks: [{ at: '/data/jts/hot', size: '1g' }],
    });
    makeDirectories(host, { user: 'postgres', mode: '0750' }, HOME, `${HOME}/logs`);
    makeDirectories(host, { user: 'postgres', mode: '0700' }, `${HOME}/data`);
    const configFile = '/etc/postgresql-test.conf';
    writeInside(host, configFile, [
      `data_directory = '${HOME}/data'`,
      `hba_file = '${HOME}/data/pg_hba.conf'`,
      `ident_file = '${HOME}/data/pg_ident.conf'`,
      `logging_collector = on`,
      `log_directory = '${HOME}/logs'`,
      `log_filename = 'postgresql.log'`,
      `unix_socket_directories = '/tmp'`,
    ]);
    const initdb = [`${bin}/initdb`, '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', `${HOME}/data`];
    asUserOn(host, 'postgres')(initdb);

    const options = { host, server: postgresql(bin), user: 'postgres', configFile };
    const first = start(options);
    first.write(['bought', 'sold']);
    const open = first.openFiles();
    assert.deepEqual(filesOutside(open, [HOME]), []);
    assert.ok(open.includes(`${HOME}/logs/postgresql.log`), open.join('\n'));
    assert.ok(open.some((path) => path.startsWith(`${HOME}/data/pg_wal/`)));
    first.stop();

    const second = start(options);
    assert.deepEqual(second.read(), ['bought', 'sold']);
    second.stop();
    assert.match(runInside(host, ['cat', `${HOME}/logs/postgresql.log`]), /database system is shut down/);
  });
