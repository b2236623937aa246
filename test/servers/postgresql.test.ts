// PostgreSQL 15 and 18, configured by the product, keep data and log on the hot tier only.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runJtsHot } from '../e2e/product.ts';
import { requires } from '../requirement.ts';
import { startServerHost } from './parts.ts';
import { postgresql } from './postgresql.ts';
import { asUserOn, filesOutside, runInside, start, writeInside } from './server.ts';

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
      prepare: 'rm -r /etc/postgresql /var/lib/postgresql/15',
    });
    const configFile = '/etc/postgresql-test/postgresql.conf';
    runInside(host, ['mkdir', '/etc/postgresql-test']);
    writeInside(host, configFile, [
      `hba_file = '${HOME}/data/pg_hba.conf'`,
      `ident_file = '${HOME}/data/pg_ident.conf'`,
      "unix_socket_directories = '/tmp'",
    ]);
    const before = runInside(host, ['sha256sum', configFile]);
    runJtsHot(host, ['setup']);
    runJtsHot(host, ['config', 'postgresql', '--install', '--to', configFile]);
    const initdb = [`${bin}/initdb`, '--auth=trust', '--encoding=UTF8', '--locale=C', '-D', `${HOME}/data`];
    asUserOn(host, 'postgres')(initdb);

    const options = { host, server: postgresql(bin), user: 'postgres', configFile };
    const first = start(options);
    first.write(['bought', 'sold']);
    const open = first.openFiles();
    assert.deepEqual(filesOutside(open, [HOME]), []);
    assert.ok(
      open.some((path) => path.startsWith(`${HOME}/logs/postgresql-`)),
      open.join('\n'),
    );
    assert.ok(open.some((path) => path.startsWith(`${HOME}/data/pg_wal/`)));
    first.stop();

    const second = start(options);
    assert.deepEqual(second.read(), ['bought', 'sold']);
    second.stop();
    const logs = runInside(host, ['sh', '-c', `cat ${HOME}/logs/*`]);
    assert.equal(logs.match(/database system is shut down/g)?.length, 2);

    runJtsHot(host, ['rollback', '--start-empty', 'postgresql']);
    assert.equal(runInside(host, ['sha256sum', configFile]), before);
    assert.equal(runInside(host, ['ls', '/etc/postgresql-test']), 'postgresql.conf\n');
  });
