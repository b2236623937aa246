// PostgreSQL 15 and 18 are backed up while they work, restored, proved, and what is damaged is found.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sleep } from '../e2e/holder.ts';
import { describe, jtsHot, runJtsHot } from '../e2e/product.ts';
import type { ThrowawayHost } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { commitRows, DAILY, HOME, namesIn, STAGING, startCluster } from './postgresql-cluster.ts';
import { asUserOn, runInside, writeInside } from './server.ts';

const NEEDS = ['root', 'overlay in a private mount namespace', 'real servers'] as const;

it('PostgreSQL 15: under load, no row that was committed before is lost, and a flipped bit is found', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using cluster = startCluster('15');
  const { host, sql, bin } = cluster;
  asUserOn(host, 'postgres')([`${bin}/pgbench`, '-h', '/tmp', '-i', '-q', 'postgres']);
  cluster.load(`${bin}/pgbench`, '-h', '/tmp', '-c', '2', '-T', '600', 'postgres');
  commitRows(cluster);
  while (Number(sql('select count(*) from committed;')) < 100) sleep(50);
  const committed = Number(sql('select max(n) from committed;'));

  const { manifest } = backUp(host);
  assert.match(manifest.taken.position, /^[0-9A-F]+\/[0-9A-F]+$/);
  assert.equal(manifest.taken.versions.postgresql.split('.')[0], '15');
  const exact = manifest.taken.before.filter((one: { isExact: boolean }) => one.isExact);
  const names = exact.map(({ what }: { what: string }) => what);
  for (const what of ['transactions of the cluster', 'tables of postgres', 'table postgres.public.committed'])
    assert.ok(names.includes(what), names.join(', '));
  assert.deepEqual(
    manifest.files.map(({ name }: { name: string }) => name.replace(/^\d+/, 'OID')),
    ['OID.tar.zst', 'backup_manifest', 'base.tar.zst', 'pg_wal.tar.zst'],
  );
  assert.deepEqual(namesIn(host, STAGING), []);
  const verified = runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout;
  assert.match(verified, /good/);

  const [name = ''] = namesIn(host, DAILY);
  const again = '/data/jts/hot/again';
  runJtsHot(host, ['backup', 'restore', 'postgresql', '--to', again]);
  cluster.plainStart(again, (ask) => {
    assert.equal(Number(ask(`select count(*) from committed where n <= ${committed};`)), committed);
    assert.equal(ask('select count(*) = max(n) from committed;'), 't');
    assert.equal(ask('select count(*), sum(length(words)) from placed;'), '500|751500');
    ask('create table made_later (n int) tablespace outside;');
  });
  const [number] = namesIn(host, `${again}/tablespaces`);
  const link = runInside(host, ['readlink', `${again}/pg_tblspc/${number}`]).trim();
  assert.equal(link, `${again}/tablespaces/${number}`);

  // The one that it was copied from has gone on, and nothing was written to it.
  assert.equal(sql("select to_regclass('made_later') is null;"), 't');
  for (const file of namesIn(host, `${DAILY}/${name}`).filter((one) => one !== 'verification.json')) {
    flipABit(host, `${DAILY}/${name}/${file}`, () => {
      const found = runJtsHot(host, ['backup', 'verify', 'postgresql'], 1);
      assert.match(found.stderr, /E_BAD_BACKUP/, file);
    });
  }
  runJtsHot(host, ['backup', 'verify', 'postgresql']);

  // A standby can be copied as well; what is restored of it follows nobody.
  cluster.restart(() => {
    runInside(host, ['install', '-o', 'postgres', '-m', '600', '/dev/null', `${HOME}/data/standby.signal`]);
  });
  assert.equal(sql('select pg_is_in_recovery();'), 't');
  const ofStandby = backUp(host).manifest.taken;
  assert.ok(!ofStandby.before.some(({ what }: { what: string }) => what.startsWith('transactions')));
  runJtsHot(host, ['backup', 'restore', 'postgresql', '--to', `${again}-standby`]);
  assert.equal(host.run(['test', '-e', `${again}-standby/standby.signal`]).status, 1);
  cluster.plainStart(`${again}-standby`, (ask) => assert.equal(ask('select pg_is_in_recovery();'), 'f'));
});

it('PostgreSQL 18: increments of increments are restored and proved, a tablespace among them', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using cluster = startCluster('18', { settings: ['summarize_wal = on'] });
  const { host, sql } = cluster;
  sql("create table large as select n, repeat('x', 200) as words from generate_series(1, 50000) n;");
  const first = backUp(host);
  assert.equal(first.manifest.taken.parent, null);
  sql('update large set words = upper(words) where n <= 100; delete from placed where n > 400;');
  const second = backUp(host);
  assert.equal(second.manifest.taken.parent, first.name);
  sql('insert into placed select n from generate_series(1, 50) n; create table late as select 1 as n;');
  const third = backUp(host);
  assert.equal(third.manifest.taken.parent, second.name);
  assert.ok(
    third.manifest.bytes < first.manifest.bytes / 2,
    `${third.manifest.bytes} ${first.manifest.bytes}`,
  );
  sql('insert into late values (2);');

  flipABit(host, `${DAILY}/${first.name}/base.tar.gz`, () =>
    assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql'], 1).stderr, /base\.tar\.gz/),
  );
  assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout, /good/);
  const again = '/data/jts/hot/again';
  runJtsHot(host, ['backup', 'restore', 'postgresql', '--to', again]);
  cluster.plainStart(again, (ask) => {
    assert.equal(ask("select count(*) from large where words = repeat('X', 200);"), '100');
    assert.equal(ask('select count(*) from placed;'), '450');
    assert.equal(ask('select * from late;'), '1');
  });
  assert.equal(sql('select count(*) from late;'), '2');

  // What is restored goes on with a log of its own under the same numbers: nothing from before is its parent.
  cluster.restart(() =>
    runJtsHot(host, ['backup', 'restore', 'postgresql', '--at', first.name, '--replace-live']),
  );
  assert.equal(sql('select count(*) from placed;'), '500');
  // In a second of its own: one of the same second could be from before.
  sql("insert into large select n, repeat('y', 200) from generate_series(1, 20000) n; select pg_sleep(1);");
  const fourth = backUp(host);
  assert.deepEqual([fourth.manifest.taken.parent, fourth.manifest.taken.limits.length], [null, 1]);
  assert.match(fourth.manifest.taken.limits[0], new RegExp(`restored since ${third.name}`));
  const fifth = backUp(host);
  assert.equal(fifth.manifest.taken.parent, fourth.name);
  assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout, /good/);

  // Whatever it is set to follow, to load or to run: none of it is done where it is proved.
  for (const one of [
    "shared_preload_libraries = 'nothing'",
    "archive_command = 'touch /tmp/ran'",
    "restore_command = 'touch /tmp/ran; false'",
    "recovery_end_command = 'touch /tmp/ran'",
    "primary_conninfo = 'host=/tmp'",
    "shared_buffers = '1TB'",
    'zero_damaged_pages = on',
  ])
    sql(`alter system set ${one};`);
  sql('create database greets;');
  sql(
    `create table own as select 1 as n; create function shout() returns event_trigger language plpgsql as
    'begin raise exception ''no''; end'; create event trigger shout on login execute function shout();`,
    'greets',
  );
  sql(
    "alter database greets set session_preload_libraries = 'nothing'; alter database greets set statement_timeout = 1;",
  );
  const { before } = backUp(host).manifest.taken;
  assert.ok(before.some(({ what }: { what: string }) => what === 'table greets.public.own'));
  assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout, /good/);
  assert.deepEqual(namesIn(host, '/tmp/ran'), []);

  // What it knows of changes is gone.
  sql('checkpoint; select pg_sleep(0.5);');
  runInside(host, ['sh', '-c', `rm -f ${HOME}/data/pg_wal/summaries/*`]);
  const { parent, limits } = backUp(host).manifest.taken;
  assert.equal(parent, null);
  assert.match(limits.join(), /whole one, since PostgreSQL makes no increment .* summaries/);

  // Without its parent it is nothing, and says so.
  runInside(host, ['mv', `${DAILY}/${second.name}`, '/root/']);
  const found = runJtsHot(host, ['backup', 'verify', 'postgresql', '--at', third.name], 1);
  assert.match(found.stderr, new RegExp(`want ${second.name}`));
});

it('PostgreSQL: what is in the way is named, and nothing half is left', async (t) => {
  if (!requires(t, ...NEEDS)) return;
  using cluster = startCluster('15', {
    disks: [{ at: '/data/jts/hot', size: '400m' }],
    settings: ['max_wal_senders = 0', 'wal_level = minimal', 'max_wal_size = 32MB', 'min_wal_size = 32MB'],
  });
  const { host, sql, bin } = cluster;
  const argv = ['backup', 'run', 'postgresql', '--trust-compression'];
  const nothingIsLeft = () => assert.deepEqual([namesIn(host, STAGING), namesIn(host, DAILY)], [[], []]);
  const ends = (status: number, ...want: readonly RegExp[]) => {
    const { stderr } = runJtsHot(host, argv, status);
    for (const one of want) assert.match(stderr.replace(/\s+/g, ' '), one);
    nothingIsLeft();
  };
  ends(
    3,
    /E_NOT_COPIED/,
    /want wal_level replica, found minimal/,
    /found max_wal_senders = 0 and 0 in use/,
    /set `max_wal_senders = 10`/,
  );

  sql('alter system set wal_level = replica; alter system set max_wal_senders = 10;');
  cluster.restart();
  const hba = `${HOME}/data/pg_hba.conf`;
  runInside(host, ['sed', '-i', 's/^local *replication/#&/', hba]);
  sql('select pg_reload_conf();');
  ends(3, /no pg_hba.conf entry for replication connection/, /want a line `local replication postgres peer`/);
  runInside(host, ['sed', '-i', 's/^#local/local/', hba]);
  sql('select pg_reload_conf();');

  runInside(host, ['mv', `${bin}/pg_basebackup`, `${bin}/away`]);
  ends(3, /E_NO_TOOL/, /install it: postgresql-client-15/);
  runInside(host, ['mv', `${bin}/away`, `${bin}/pg_basebackup`]);

  // A page that is not what was written is not carried on as if it were.
  const page = `${HOME}/data/${sql("select pg_relation_filepath('committed');")}`;
  sql('insert into committed default values;');
  const spoil = (byte: string) =>
    cluster.restart(() =>
      runInside(host, [
        'sh',
        '-c',
        `printf '${byte}' | dd of=${page} bs=1 seek=5000 conv=notrunc status=none`,
      ]),
    );
  spoil('\\1');
  ends(1, /E_TOOL/, /checksum verification failed in file/);
  spoil('\\0');

  // Random, so that it takes as much compressed.
  sql(`create table random as select gen_random_bytes from generate_series(1, 40000),
    lateral (select string_agg(md5(random()::text), '') as gen_random_bytes from generate_series(1, 20)) one;
    checkpoint;`);
  const filler = '/data/jts/hot/filler';
  const free = Number(
    runInside(host, ['df', '--output=avail', '--block-size=1', '/data/jts/hot']).split('\n')[1],
  );
  runInside(host, ['fallocate', '--length', `${free - 20e6}`, filler]);
  ends(1, /E_TOOL/, /No space left on device/);
  runInside(host, ['rm', filler]);
  assert.equal(sql('select count(*) from random;'), '40000');

  // Programs that a proof can do without.
  const more = ['pg_amcheck', 'pg_verifybackup', 'pg_checksums'].map((name) => `${bin}/${name}`);
  runInside(host, ['mv', ...more, '/root/']);
  runJtsHot(host, argv);
  assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout, /good/);
  runInside(host, ['sh', '-c', `rm -r ${DAILY}/*`]);

  // Of a run that is killed nothing holds on to the server: it would have to keep its log for it.
  const copying = () => sql('select count(*) from pg_stat_replication, pg_replication_slots;');
  const gone = host.spawn(jtsHot(...argv, '--rate', '2MB'));
  while (copying() !== '2') await wait(50);
  gone.kill('SIGKILL');
  await gone.ended;
  for (let rounds = 0; copying() !== '0'; rounds++) {
    assert.ok(rounds < 100, host.run(['ps', '-e', '-o', 'pid,ppid,args']).stdout);
    await wait(100);
  }

  const run = host.spawn(jtsHot(...argv, '--rate', '2MB'));
  while (copying() !== '2') await wait(50);
  runInside(host, ['kill', '-KILL', `${cluster.pid()}`]);
  const killed = await run.ended;
  assert.equal(killed.status, 1, describe(killed));
  assert.match(killed.stderr, /E_TOOL/);
  nothingIsLeft();
});

it('pgBackRest: where it is configured it backs up, and what it has is restored, proved, and found when it is damaged', (t) => {
  if (!requires(t, ...NEEDS)) return;
  using cluster = startCluster('15', {
    // In memory: it syncs each of a thousand files.
    disks: [
      { at: '/data/jts/hot', size: '1g' },
      { at: '/data/repository', size: '200m' },
    ],
    prepare: `ln -s /opt/pgbackrest-2/bin/pgbackrest /usr/bin/pgbackrest
install -d -m 750 -o postgres /var/log/pgbackrest`,
    settings: ['archive_mode = on', "archive_command = 'pgbackrest --stanza=trades archive-push %p'"],
  });
  const { host, sql } = cluster;
  writeInside(host, '/etc/pgbackrest.conf', [
    '[global]',
    'repo1-path=/data/repository/own',
    'compress-type=lz4',
    // A damaged file stays damaged.
    'job-retry=0',
    'repo1-cipher-type=aes-256-cbc',
    'repo1-cipher-pass=not to be shown',
    'start-fast=y',
    '[trades]',
    `pg1-path=${HOME}/data`,
    'pg1-socket-path=/tmp',
  ]);
  runInside(host, ['install', '-d', '-m', '750', '-o', 'postgres', '/data/repository/own']);
  // It takes each file by itself: two thirds of them less.
  for (const name of ['template0', 'template1'])
    sql(`alter database ${name} is_template false; drop database ${name};`);
  asUserOn(host, 'postgres')(['pgbackrest', '--stanza=trades', 'stanza-create']);
  const first = backUp(host);
  assert.equal(first.manifest.taken.elsewhere.stanza, 'trades');
  assert.match(first.manifest.taken.elsewhere.label, /^\d+-\d+F$/);
  sql('insert into placed select n from generate_series(1, 100) n;');
  const second = backUp(host);
  assert.match(second.manifest.taken.elsewhere.label, /^\d+-\d+F_\d+-\d+I$/);
  assert.match(runJtsHot(host, ['backup', 'verify', 'postgresql']).stdout, /good/);

  const again = '/data/jts/hot/again';
  runJtsHot(host, ['backup', 'restore', 'postgresql', '--to', again]);
  cluster.plainStart(again, (ask) => assert.equal(ask('select count(*) from placed;'), '600'));
  const link = runInside(host, ['sh', '-c', `readlink ${again}/pg_tblspc/*`]).trim();
  assert.equal(link, `${again}/tablespaces/outside`);

  const label = second.manifest.taken.elsewhere.label;
  const largest = `find /data/repository/own/backup/trades/${label} -name '*.lz4' -printf '%s %p\\n' | sort -n | tail -1`;
  const [, stored = ''] = runInside(host, ['sh', '-c', largest]).trim().split(' ');
  flipABit(host, stored, () => {
    const found = runJtsHot(host, ['backup', 'verify', 'postgresql'], 1);
    assert.match(found.stderr, /E_BAD_BACKUP/);
    assert.doesNotMatch(found.stderr, /not to be shown/);
  });
});

/** In the middle of a file; as it was again afterwards. */
function flipABit(host: ThrowawayHost, file: string, meanwhile: () => void): void {
  const path = host.path(file);
  const whole = readFileSync(path);
  const flipped = Buffer.from(whole);
  const at = Math.floor(whole.length / 2);
  flipped[at] = (flipped[at] ?? 0) ^ 4;
  writeFileSync(path, flipped);
  meanwhile();
  writeFileSync(path, whole);
}

function backUp(host: ThrowawayHost) {
  const { stdout } = runJtsHot(host, ['backup', 'run', 'postgresql', '--json']);
  return JSON.parse(stdout).result.services[0];
}
