// Live data of packaged servers on a booted Debian 12 goes to the hot tier by `jts-hot move`, each with something that writes
// meanwhile: nothing that was acknowledged is lost, and the stop is short. What is counted is what the clients saw.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bootWith, HOT, hasAll, move, OLD, onDisk, shell, start, type } from './moving.ts';
import { bindsOf } from './parts.ts';

/** Of pgbench: 1.0 GB with its log. */
const SCALE = Number(process.env['MOVE_SCALE'] ?? 34);

/** As Debian lays a cluster out; the programs are those of another packager. */
const LAY_OUT_18 = `systemctl stop postgresql@15-main postgresql; rm -r /etc/postgresql/15 /var/lib/postgresql/15
mkdir -p /usr/lib/postgresql/18 /etc/postgresql/18/main/conf.d
ln -s /opt/postgresql-18/embedded_postgres/pginstall/bin /usr/lib/postgresql/18/bin
cat > /etc/postgresql/18/main/postgresql.conf <<'END'
data_directory = '/var/lib/postgresql/18/main'
hba_file = '/var/lib/postgresql/18/main/pg_hba.conf'
ident_file = '/var/lib/postgresql/18/main/pg_ident.conf'
unix_socket_directories = '/var/run/postgresql'
listen_addresses = ''
include_dir = 'conf.d'
END
cat > /etc/systemd/system/postgresql@18-main.service <<'END'
[Service]
User=postgres
RuntimeDirectory=postgresql
RuntimeDirectoryPreserve=yes
ExecStart=/usr/lib/postgresql/18/bin/postgres -c config_file=/etc/postgresql/18/main/postgresql.conf
KillSignal=SIGINT
END
chown -R postgres: /etc/postgresql/18
setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/18/bin/initdb --auth=peer --encoding=UTF8 --locale=C.UTF-8 -D /var/lib/postgresql/18/main
systemctl daemon-reload; systemctl start postgresql@18-main`;

const VERSIONS = [
  ['15', SCALE, null],
  ['18', Math.min(SCALE, 8), LAY_OUT_18],
] as const;

for (const [version, scale, layOut] of VERSIONS)
  it(`PostgreSQL ${version} of ${(scale / 34).toFixed(1)} GB under pgbench: no committed row is lost, and the stop is short`, (t) => {
    if (!hasAll(t)) return;
    using host = bootWith(
      ['postgresql'],
      [
        { at: HOT, size: '4G' },
        { at: OLD, size: '4G' },
      ],
      bindsOf(['postgresql-18']),
    );
    if (layOut !== null) shell(host, layOut);
    const from = `/var/lib/postgresql/${version}/main`;
    onDisk(host, `postgresql@${version}-main`, '/var/lib/postgresql');
    const answers = `for i in $(seq 100); do setpriv --reuid=postgres --regid=postgres --clear-groups psql -Atqc 'select 1' >/dev/null 2>&1 && break; sleep 0.1; done`;
    shell(host, answers);
    const asPostgres = 'setpriv --reuid=postgres --regid=postgres --clear-groups';
    const bench = `${asPostgres} /usr/lib/postgresql/${version}/bin/pgbench -n -h /var/run/postgresql`;
    const sql = (query: string) => shell(host, `cd /; ${asPostgres} psql -Atqc "${query}"`);
    shell(host, `cd /tmp; ${bench.replace(' -n', ' -i -q')} -s ${scale} postgres`);
    sql('create table seen (id bigserial primary key, client int)');
    shell(
      host,
      `mkdir -m 777 /run/seen; echo 'insert into seen (client) values (:client_id);' > /run/seen/insert.sql`,
    );
    start(host, 'load', `cd /run/seen; while :; do ${bench} -c 4 -T 600 postgres; sleep 0.1; done`);
    // A line for each transaction that the client saw committed; written out when its server goes away.
    start(
      host,
      'counted',
      `cd /run/seen; n=0; while [ ! -e stop ]; do n=$((n+1)); ${bench} -c 4 -T 600 -f insert.sql -l --log-prefix=log$n postgres; sleep 0.1; done`,
    );
    shell(host, 'sleep 2');
    const size = Number(shell(host, `du -sB1 ${from} | cut -f1`));

    const result = move(host, 'postgresql', { from, t });
    shell(host, answers);
    t.diagnostic(`${(size / 1e9).toFixed(2)} GB were moved`);
    assert.equal(sql('show data_directory'), `${HOT}/postgresql/data`);
    // How long it takes depends on what else the machine does: on a quiet one it is under 10 s, and the line above says it.
    assert.ok(result.stopSeconds !== null && result.stopSeconds < 60, `${result.stopSeconds}`);

    shell(
      host,
      `sleep 2; touch /run/seen/stop; systemctl stop load; systemctl restart postgresql@${version}-main; sleep 1; ${answers}`,
    );
    const clients = 4;
    const runs = Number(shell(host, 'ls /run/seen/log* | sed "s/\\..*//" | sort -u | wc -l'));
    const committed = Number(shell(host, 'cat /run/seen/log* | wc -l'));
    const found = Number(sql('select count(*) from seen'));
    t.diagnostic(`${committed} rows seen committed, ${found} found`);
    assert.ok(committed > 100 && runs > 1, `${committed} in ${runs}`);
    // What was committed when its client did not hear of it any more.
    assert.ok(found >= committed && found <= committed + clients * runs, `${found} of ${committed}`);
    assert.match(
      sql('select sum(abalance) = (select sum(tbalance) from pgbench_tellers) from pgbench_accounts'),
      /^t$/,
    );

    assert.match(type(host, 0, 'move').stdout, /moved, its old place is kept/);
    type(host, 0, 'move', 'postgresql', '--finish');
    assert.equal(shell(host, `ls -A ${from}`), '');
    assert.equal(sql('select count(*) from seen'), `${found}`);
  });
