// A PostgreSQL from the machine's packages lives on postgresql/data, as its own user, after a setup.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { it } from 'node:test';
import { requires } from '../requirement.ts';
import { describe, runJtsHot } from './product.ts';
import { startHost } from './throwaway-host.ts';

const HOME = '/data/jts/hot/postgresql';

for (const freshAccounts of [true, false])
  it(`initialises, starts and takes a write, with ${freshAccounts ? 'the user that setup made' : "the package's user"}`, (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'PostgreSQL server')) return;
    using host = startHost({ freshAccounts, mounted: ['/data', '/var'] });
    const bin = dirname(globSync('/usr/lib/postgresql/*/bin/initdb').toSorted().at(-1) ?? '');
    const asPostgres = (...argv: readonly string[]) => {
      const result = host.run(argv, { asUser: 'postgres', cwd: HOME, env: { HOME } });
      assert.equal(result.status, 0, `${argv.join(' ')}: ${describe(result)}`);
      return result.stdout;
    };
    runJtsHot(host, ['setup']);
    asPostgres(`${bin}/initdb`, '--pgdata', `${HOME}/data`, '--auth=trust', '--encoding=UTF8', '--locale=C');
    const options = `-c listen_addresses= -c unix_socket_directories=${HOME}/data`;
    asPostgres(
      `${bin}/pg_ctl`,
      'start',
      '-w',
      '-D',
      `${HOME}/data`,
      '-l',
      `${HOME}/logs/server.log`,
      '-o',
      options,
    );
    const psql = (command: string) =>
      asPostgres(`${bin}/psql`, '-XAtq', '-h', `${HOME}/data`, '-d', 'postgres', '-c', command);
    psql("create table orders (what text); insert into orders values ('bought'); checkpoint");
    assert.equal(psql('select what from orders'), 'bought\n');
    assert.equal(psql('show data_directory'), `${HOME}/data\n`);

    // Neither a running server nor its data is in anybody's way.
    runJtsHot(host, ['validate', '--quiet']);
    assert.match(runJtsHot(host, ['setup']).stdout, /Nothing to do/);
    const recursive = runJtsHot(host, ['repair', 'postgresql', '--recursive', '--json']);
    assert.equal(JSON.parse(recursive.stdout).result.outcome, 'unchanged');
    assert.equal(psql('select what from orders'), 'bought\n');
    asPostgres(`${bin}/pg_ctl`, 'stop', '-w', '-m', 'fast', '-D', `${HOME}/data`);
    assert.match(readFileSync(host.path(`${HOME}/logs/server.log`), 'utf8'), /database system is shut down/);
    runJtsHot(host, ['validate', '--quiet']);

    // Rolling back leaves the data, the directories on the way to it, and the user it belongs to.
    const rolledBack = runJtsHot(host, ['rollback']);
    assert.match(rolledBack.stdout, /postgresql\/data/);
    assert.equal(host.run(['test', '-f', `${HOME}/data/PG_VERSION`]).status, 0);
    assert.equal(host.run(['stat', '-c', '%U', `${HOME}/data`]).stdout, 'postgres\n');
    assert.equal(host.run(['test', '-e', '/data/jts/hot/kafka']).status, 1);
    asPostgres(
      `${bin}/pg_ctl`,
      'start',
      '-w',
      '-D',
      `${HOME}/data`,
      '-l',
      `${HOME}/logs/server.log`,
      '-o',
      options,
    );
    asPostgres(`${bin}/pg_ctl`, 'stop', '-w', '-m', 'immediate', '-D', `${HOME}/data`);
  });
