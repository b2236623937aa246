// `doctor` on a booted Debian 12 with the real servers on the hot tier: each fault is really made, the first cause that is named must be
// the right one, and its fix, typed as it stands, brings the service up. docs/faults.md has the table: UPDATE_DOCS=1 writes it anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { DoctorResult, Patient } from '../../src/doctor/doctor-document.ts';
import { type BootedHost, bootHost } from '../e2e/booted-host.ts';
import { jtsHot } from '../e2e/product.ts';
import { REPOSITORY } from '../e2e/throwaway-host.ts';
import { requires } from '../requirement.ts';
import { directoryOf } from './parts.ts';
import { runInside } from './server.ts';

const HOT = '/data/jts/hot';
const REDIS = { service: 'redis', unit: 'redis-server.service' } as const;
const POSTGRESQL = { service: 'postgresql', unit: 'postgresql@15-main.service' } as const;
const CLICKHOUSE = { service: 'clickhouse', unit: 'clickhouse-server.service' } as const;
const DOCKER = { service: 'docker', unit: 'docker.service' } as const;

interface Fault {
  readonly service: string;
  readonly unit: string;
  readonly what: string;
  /** By root, while the service is stopped. */
  readonly make: string;
  /** The cause that must be named first. */
  readonly cause: RegExp;
  /** Of what no command of ours can mend: what an administrator does. */
  readonly byHand?: string;
}

const redis = `${HOT}/redis`;
const postgresql = `${HOT}/postgresql`;
const clickhouse = `${HOT}/clickhouse`;
const REDIS_CONF = '/etc/redis/redis.conf';
const POSTGRESQL_CONF = '/etc/postgresql/15/main/postgresql.conf';
const DAEMON_JSON = '/etc/docker/daemon.json';

const FAULTS: readonly Fault[] = [
  {
    ...REDIS,
    what: 'its data belongs to root',
    make: `chown -R root: ${redis}/data`,
    cause: /directory \S*redis\/data: want directory redis:redis/,
  },
  {
    ...REDIS,
    what: 'nobody may enter its data',
    make: `chmod 000 ${redis}/data`,
    cause: /directory \S*redis\/data: want directory redis:redis 0750/,
  },
  {
    ...REDIS,
    what: 'its directory of data is gone',
    make: `mv ${redis}/data /data/moved-away`,
    cause: /directory \S*redis\/data: want/,
  },
  {
    ...REDIS,
    what: 'its own directory is closed to it',
    make: `chmod 0700 ${redis}; chown root: ${redis}`,
    cause: /directory \S*\/redis: want directory redis:redis/,
  },
  {
    ...REDIS,
    what: 'its directory for logs is gone',
    make: `mv ${redis}/logs /data/logs-moved-away`,
    cause: /directory \S*redis\/logs: want/,
  },
  {
    ...REDIS,
    what: 'a line that it does not know in its configuration',
    make: `echo 'no-such-key yes' >>${REDIS_CONF}`,
    cause: /a line that it does not take: no-such-key yes/,
    byHand: `sed -i '/no-such-key/d' ${REDIS_CONF}`,
  },
  {
    ...REDIS,
    what: 'its port is taken',
    make: 'systemd-run --unit=taker --quiet python3 -m http.server --bind 127.0.0.1 6379; sleep 1',
    cause: /another process listens where it is to listen/,
    byHand: 'systemctl stop taker.service',
  },
  {
    ...REDIS,
    what: 'its snapshot is damaged',
    make: `[ ! -f ${redis}/data/dump.rdb ] || cp -p ${redis}/data/dump.rdb /data/dump.rdb; echo REDISxxxx >${redis}/data/dump.rdb; chown redis: ${redis}/data/dump.rdb`,
    cause: /its snapshot is damaged, or another version wrote it/,
    byHand: `rm ${redis}/data/dump.rdb; [ ! -f /data/dump.rdb ] || mv /data/dump.rdb ${redis}/data/`,
  },
  {
    ...REDIS,
    what: 'its unit is masked',
    make: 'systemctl mask redis-server.service',
    cause: /redis-server.service is masked/,
  },
  {
    ...REDIS,
    what: 'its data is immutable',
    make: `chattr +i ${redis}/data`,
    cause: /redis/,
  },
  {
    ...REDIS,
    what: 'it was stopped',
    make: 'true',
    cause: /it was stopped, or never started/,
    byHand: 'true',
  },
  {
    ...POSTGRESQL,
    what: 'others may enter its data',
    make: `chmod 0777 ${postgresql}/data`,
    cause: /directory \S*postgresql\/data: want directory postgres:postgres 0700 or 0750/,
  },
  {
    ...POSTGRESQL,
    what: 'its data belongs to root, with all in it',
    make: `chown -R root: ${postgresql}/data`,
    cause: /directory \S*postgresql\/data: want directory postgres:postgres/,
  },
  {
    ...POSTGRESQL,
    what: 'a file of its cluster belongs to root',
    make: `chown root: ${postgresql}/data/global/pg_control; chmod 0600 ${postgresql}/data/global/pg_control`,
    cause: /it cannot open a file of its cluster, \S*global\/pg_control/,
  },
  {
    ...POSTGRESQL,
    what: 'a setting that it does not know',
    make: `echo 'bogus = 1' >>${POSTGRESQL_CONF}`,
    cause: /something that it does not take: bogus/,
    byHand: `sed -i /bogus/d ${POSTGRESQL_CONF}`,
  },
  {
    ...POSTGRESQL,
    what: 'its directory of data is gone',
    make: `mv ${postgresql}/data /data/cluster`,
    cause: /directory \S*postgresql\/data: want/,
    byHand: `[ ! -d ${postgresql}/data ] || rmdir ${postgresql}/data; mv /data/cluster ${postgresql}/data`,
  },
  {
    ...POSTGRESQL,
    what: 'its write-ahead log is gone',
    make: `mv ${postgresql}/data/pg_wal /data/pg_wal`,
    cause: /its write-ahead log is gone/,
    byHand: `mv /data/pg_wal ${postgresql}/data/`,
  },
  {
    ...POSTGRESQL,
    what: 'another version made its data',
    make: `cp -p ${postgresql}/data/PG_VERSION /data/PG_VERSION; echo 12 >${postgresql}/data/PG_VERSION`,
    cause: /its data was made by another version/,
    byHand: `mv /data/PG_VERSION ${postgresql}/data/`,
  },
  {
    ...POSTGRESQL,
    what: 'its directory for logs belongs to root',
    make: `chown root: ${postgresql}/logs; chmod 0700 ${postgresql}/logs`,
    cause: /directory \S*postgresql\/logs: want/,
  },
  {
    ...CLICKHOUSE,
    what: 'its data belongs to root',
    make: `chown -R root: ${clickhouse}/data`,
    cause: /directory \S*clickhouse\/data: want directory clickhouse:clickhouse/,
  },
  {
    ...CLICKHOUSE,
    what: 'its directory for logs belongs to root',
    make: `chown -R root: ${clickhouse}/logs; chmod 0700 ${clickhouse}/logs`,
    cause: /directory \S*clickhouse\/logs: want/,
  },
  {
    ...CLICKHOUSE,
    what: 'its directory for temporary files is gone, and it may make none',
    make: `rmdir ${clickhouse}/tmp; chown root: ${clickhouse}; chmod 0755 ${clickhouse}`,
    cause: /directory \S*clickhouse/,
  },
  {
    ...DOCKER,
    what: 'a key that it does not know',
    make: `sed -i 's/"data-root"/"data-rooot"/' ${DAEMON_JSON}`,
    cause: /has a key that it does not know: data-rooot/,
    byHand: `sed -i 's/data-rooot/data-root/' ${DAEMON_JSON}`,
  },
  {
    ...DOCKER,
    what: 'its configuration is cut off',
    make: `cp ${DAEMON_JSON} /data/daemon.json; head -c 40 /data/daemon.json >${DAEMON_JSON}`,
    cause: /daemon\.json/,
    byHand: `mv /data/daemon.json ${DAEMON_JSON}`,
  },
  {
    ...DOCKER,
    what: 'an option of logs that it does not know',
    make: `cp ${DAEMON_JSON} /data/daemon.json; sed -i 's/"max-size"/"max-sizee"/' ${DAEMON_JSON}`,
    cause: /knows no option max-sizee/,
    byHand: `mv /data/daemon.json ${DAEMON_JSON}`,
  },
];

const [NODE = '', PROGRAM = ''] = jtsHot();

function doctor(host: BootedHost, service: string): Patient {
  const { stdout, stderr } = host.run(jtsHot('doctor', service, '--json'));
  const [patient] = (JSON.parse(stdout) as { result: DoctorResult | null }).result?.services ?? [];
  assert.ok(patient !== undefined, stdout + stderr);
  return patient;
}

/** As root, who needs no sudo. */
function typed(host: BootedHost, command: string): void {
  runInside(host, [
    'sh',
    '-ec',
    command.replaceAll('sudo ', '').replaceAll('jts-hot ', `${NODE} ${PROGRAM} `),
  ]);
}

it('the first cause that is named is the right one, and mends it', { timeout: 590_000 }, (t) => {
  if (!requires(t, 'root', 'overlay in a private mount namespace', 'systemd-nspawn', 'loop device')) return;
  if (!requires(t, 'real servers')) return;
  using host = bootHost({ tree: directoryOf('debian-12'), disks: [{ at: HOT, size: '2G' }] });
  for (const words of ['setup', 'config postgresql --init', 'config all --install --restart'])
    runInside(host, jtsHot(...words.split(' ')));
  const well = host.run(jtsHot('doctor'));
  assert.deepEqual(
    [well.status, well.stdout.trim()],
    [0, 'Nothing is wrong with postgresql, clickhouse, redis, docker.'],
  );

  const rows: string[] = [];
  const wrong: string[] = [];
  for (const { service, unit, what, make, cause, byHand } of FAULTS) {
    const start = `systemctl reset-failed ${unit} 2>/dev/null; timeout 60 systemctl restart ${unit}`;
    runInside(host, ['sh', '-c', `systemctl stop ${unit}; set -e; ${make}`]);
    if (make !== 'true') host.run(['sh', '-c', `${start}; sleep 1`]);
    const { causes, start: then } = doctor(host, service);
    const [first] = causes;
    const isRight = first !== undefined && cause.test(first.cause);
    if (!isRight) wrong.push(`${service}, ${what}: ${JSON.stringify(causes)}`);
    rows.push(`| \`${service}\` | ${what} | ${first?.cause ?? ''} | ${fixText(first?.fix ?? null)} |`);
    if (byHand === undefined && first?.fix) typed(host, first.fix);
    else {
      assert.ok(byHand !== undefined, `${service}, ${what}: no fix: ${JSON.stringify(causes)}`);
      runInside(host, ['sh', '-ec', byHand]);
    }
    const starting = `sudo systemctl restart ${unit}`;
    // Of one that runs and cannot write there is nothing to start.
    assert.ok(then === null || then.fix === starting, what);
    host.run(['systemctl', 'reset-failed', unit]);
    typed(host, starting);
    const after = doctor(host, service);
    assert.deepEqual(after.causes, [], `${service}, ${what}: ${JSON.stringify(after)}`);
  }
  t.diagnostic(`${FAULTS.length} faults, ${FAULTS.length - wrong.length} times the right cause first`);
  assert.deepEqual(wrong, []);
  holdTable(rows);
});

function fixText(fix: string | null): string {
  return fix === null ? 'by hand, as the hint says' : `\`${fix}\``;
}

function holdTable(rows: readonly string[]): void {
  const path = join(REPOSITORY, 'docs/faults.md');
  const text = readFileSync(path, 'utf8');
  const table = ['| service | what was wrong | the first cause | fix |', '|---|---|---|---|', ...rows].join(
    '\n',
  );
  const updated = text.replace(
    /(<!-- faults: [^\n]*-->\n)[\s\S]*(\n<!-- end -->)/,
    (_, begin: string, end: string) => `${begin}${table}${end}`,
  );
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, updated);
  else assert.equal(updated, text, 'docs/faults.md shows something else: UPDATE_DOCS=1 writes it anew');
}
