// The whole base of a booted Debian 12 goes to another disk while clients write, is killed on the way, and goes back: no
// acknowledged write is lost, whatever ran is running again, and what names the base names the new one.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { BaseResult } from '../../src/move/base-document.ts';
import { type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { HOT, hasAll, killedAt, shell, start, type } from './moving.ts';
import { directoryOf } from './parts.ts';
import { runInside, writeInside } from './server.ts';

const NEW = '/data/jts/new';
const LAYOUT = '/etc/jts/hot-storage.yaml';

const redis = (host: BootedHost, words: string) => shell(host, `redis-cli -e ${words}`);
const sql = (host: BootedHost, query: string) =>
  shell(host, `cd /; setpriv --reuid=postgres --regid=postgres --clear-groups psql -Atqc "${query}"`);
const answers = (host: BootedHost) =>
  shell(host, 'for i in $(seq 100); do redis-cli -e ping >/dev/null 2>&1 && break; sleep 0.1; done');

function moveBase(host: BootedHost, status: number, ...words: readonly string[]): BaseResult {
  const { stdout } = type(host, status, 'move', ...words, '--json');
  return JSON.parse(stdout).result as BaseResult;
}

it('the whole base goes to another disk under load, killed on the way, and back again', (t) => {
  if (!hasAll(t)) return;
  using host = bootHost({
    tree: directoryOf('debian-12'),
    disks: [
      { at: HOT, size: '2G' },
      { at: NEW, size: '2G' },
    ],
    prepare: 'systemctl disable clickhouse-server docker 2>/dev/null || true',
  });
  runInside(host, ['mkdir', '-p', '/etc/jts']);
  writeInside(host, LAYOUT, [
    '# ours',
    'version: 1',
    'services: { kafka: false, mongodb: false, docker: false }',
  ]);
  runInside(host, jtsHot('setup'));
  runInside(host, jtsHot('config', 'redis', '--install', '--restart'));
  runInside(host, jtsHot('config', 'postgresql', '--init'));
  runInside(host, jtsHot('config', 'postgresql', '--install', '--restart', '--start-empty', 'postgresql'));
  runInside(host, jtsHot('schedule', '--install'));
  runInside(host, jtsHot('record'));
  answers(host);
  shell(
    host,
    `mkdir -p ${HOT}/clickhouse/data/kept ${HOT}/theirs; echo rows > ${HOT}/clickhouse/data/kept/rows`,
  );
  shell(host, `chown -R clickhouse: ${HOT}/clickhouse/data/kept`);
  redis(host, "eval \"for i = 0, 49999 do redis.call('set', 'key:' .. i, string.rep('x', 500)) end\" 0");
  redis(host, 'config set appendonly yes');
  redis(host, 'config set appendfsync always');
  redis(host, 'config rewrite');
  sql(host, 'create table seen (n bigint)');
  type(host, 0, 'backup', 'run', 'redis');
  const before = shell(
    host,
    `cd ${HOT}; find . ! -path '*/redis/*' ! -path '*/postgresql/*' -printf '%p %m %U %G\\n' | sort`,
  );
  start(
    host,
    'redis-load',
    'i=0; while :; do i=$((i+1)); [ "$(redis-cli -e set n:$i $i 2>/dev/null)" = OK ] && echo $i >> /run/redis-seen; done',
  );
  start(
    host,
    'sql-load',
    'cd /; i=0; while :; do i=$((i+1)); setpriv --reuid=postgres --regid=postgres --clear-groups psql -qc "insert into seen values ($i)" 2>/dev/null && echo $i >> /run/sql-seen; done',
  );
  shell(host, 'sleep 1');

  const planned = moveBase(host, 0, '--base-to', NEW, '--dry-run');
  t.diagnostic(
    JSON.stringify(planned.services.map(({ service, how, unit, bytes }) => [service, how, unit, bytes])),
  );
  assert.deepEqual([planned.outcome, planned.stays], ['planned', ['lost+found', 'theirs']]);
  assert.equal(shell(host, `ls ${NEW}`), 'lost+found');

  // Killed in each phase of one service and another; what runs goes on, and so does the move.
  for (const [service, phase] of [
    ['postgresql', 'copying'],
    ['postgresql', 'comparing'],
    ['redis', 'switching'],
    ['redis', 'starting'],
    ['backup', 'switching'],
  ] as const) {
    const ended = killedAt(host, service, { phase, argv: jtsHot('move', '--base-to', NEW) });
    t.diagnostic(`${service}, ${phase}: ${ended}`);
    assert.match(type(host, 0, 'move').stdout, /The whole base: not finished/);
  }
  const moved = moveBase(host, 0, '--base-to', NEW);
  assert.deepEqual([moved.outcome, moved.phase, moved.rewritten], ['applied', 'moved', ['regular runs']]);
  assert.deepEqual([...new Set(moved.services.map(({ state }) => state))], ['moved']);

  const counted = () => {
    const seenRedis = shell(
      host,
      'while read n; do [ "$(redis-cli -e get n:$n)" = $n ] || echo $n; done < /run/redis-seen',
    );
    const seenSql = shell(host, 'sort -n /run/sql-seen').split('\n');
    const found = new Set(sql(host, 'select n from seen').split('\n'));
    assert.deepEqual([seenRedis, seenSql.filter((n) => !found.has(n))], ['', []]);
    return [shell(host, 'wc -l < /run/redis-seen'), `${seenSql.length}`];
  };
  shell(host, 'sleep 0.5; systemctl stop redis-load sql-load');
  answers(host);
  t.diagnostic(`acknowledged and found after ${NEW}: ${counted()}`);
  const isOn = (base: string) => {
    assert.equal(redis(host, 'config get dir').split('\n')[1], `${base}/redis/data`);
    assert.equal(sql(host, 'show data_directory'), `${base}/postgresql/data`);
    assert.match(shell(host, `cat ${LAYOUT}`), new RegExp(`^# ours\nversion: 1\nbase: ${base}\n`));
    assert.match(
      shell(host, 'cat /etc/systemd/system/jts-hot-*.service'),
      new RegExp(`${base.slice(1).replaceAll('/', '-')}|${base}`),
    );
    assert.equal(shell(host, `cat ${base}/clickhouse/data/kept/rows`), 'rows');
    for (const service of ['redis', 'postgresql']) type(host, 0, 'config', service, '--check');
    type(host, 0, 'validate');
    assert.match(type(host, 0, 'backup', 'list', 'redis').stdout, /redis/);
    assert.match(type(host, 0, 'history').stdout, /1 sample|samples/);
    assert.match(type(host, 0, 'history', '--json').stdout, /"usedBytes"/);
  };
  isOn(NEW);
  const there = shell(
    host,
    `cd ${NEW}; find . ! -path '*/redis/*' ! -path '*/postgresql/*' -printf '%p %m %U %G\\n' | sort`,
  );
  assert.equal(
    there,
    before
      .split('\n')
      .filter((line) => !line.includes('theirs'))
      .join('\n'),
  );
  assert.equal(shell(host, `find ${NEW} ${HOT} -maxdepth 2 -name '.jts-hot-move*'`), '');

  // Back, with what was written since; then the copy in the new base is what is kept.
  redis(host, 'set since moved');
  const back = moveBase(host, 0, '--cancel');
  assert.deepEqual([back.outcome, back.phase], ['applied', 'moved']);
  answers(host);
  isOn(HOT);
  assert.equal(redis(host, 'get since'), 'moved');
  t.diagnostic(`acknowledged and found after ${HOT}: ${counted()}`);
  const finished = moveBase(host, 0, '--finish');
  assert.deepEqual([finished.outcome, finished.phase], ['applied', null]);
  assert.equal(shell(host, `ls -A ${NEW}`), 'lost+found');
  type(host, 0, 'validate');
});
