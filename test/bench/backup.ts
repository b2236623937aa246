// Measures backups against what a user would run instead, in the same rounds, with real servers on a throwaway host, and writes its
// table into docs/performance.md. Asserts nothing. Needs root and the servers of test/servers/install.sh: node bench.ts backup
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { jtsHot } from '../e2e/product.ts';
import type { ThrowawayHost } from '../e2e/throwaway-host.ts';
import { startServerHost } from '../servers/parts.ts';
import { asUserOn, runInside, writeInside } from '../servers/server.ts';

const ROUNDS = 5;
const BIN = '/usr/lib/postgresql/15/bin';
const BASE = '/data/jts/hot';
const BY_HAND = `${BASE}/backup/snapshots/by-hand`;

interface Pair {
  readonly what: string;
  readonly ours: readonly string[];
  readonly theirs: string;
  readonly theirName: string;
}

const PAIRS: readonly Pair[] = [
  {
    what: '`backup run redis`',
    ours: ['backup', 'run', 'redis', '--rate', '10GB'],
    theirs: `redis-cli --rdb ${BY_HAND}/dump.rdb >/dev/null 2>&1 && sha256sum ${BY_HAND}/dump.rdb && sync -f ${BY_HAND}`,
    theirName: '`redis-cli --rdb`, not compressed, `sha256sum`, `sync`',
  },
  {
    what: '`backup run postgresql --whole`',
    ours: ['backup', 'run', 'postgresql', '--whole', '--rate', '1GB'],
    theirs: `chown postgres ${BY_HAND} && setpriv --reuid=postgres --regid=postgres --init-groups ${BIN}/pg_basebackup -h /var/run/postgresql -D ${BY_HAND}/pg -F tar -X stream -c fast --compress=client-zstd --manifest-checksums=SHA256 && sha256sum ${BY_HAND}/pg/*`,
    theirName: '`pg_basebackup`, `sha256sum`',
  },
];

/** 300 MB in Redis, 700 MB in PostgreSQL; half of it does not compress. */
function prepare(host: ThrowawayHost): void {
  writeInside(host, '/etc/redis/redis.conf', [
    `dir ${BASE}/redis/data`,
    'save ""',
    'repl-diskless-sync-delay 0',
  ]);
  run(host, jtsHot('setup'));
  const redis = asUserOn(host, 'redis');
  redis([
    'redis-server',
    '/etc/redis/redis.conf',
    '--daemonize',
    'yes',
    '--pidfile',
    '',
    '--logfile',
    '/dev/null',
  ]);
  runInside(host, [
    'sh',
    '-ec',
    'for i in $(seq 1 300); do { head -c 500000 /dev/urandom; head -c 500000 /dev/zero; } | redis-cli -x set k$i >/dev/null; done',
  ]);
  const postgres = asUserOn(host, 'postgres');
  runInside(host, ['sh', '-c', 'mkdir -p /var/run/postgresql && chown postgres /var/run/postgresql']);
  postgres([`${BIN}/initdb`, '-D', `${BASE}/postgresql/data`, '--data-checksums', '--auth=trust']);
  postgres([`${BIN}/pg_ctl`, '-D', `${BASE}/postgresql/data`, '-l', '/dev/null', '-w', 'start']);
  postgres([
    'psql',
    '-qc',
    "CREATE TABLE t AS SELECT n, md5(n::text), repeat('x', 100) FROM generate_series(1, 4000000) n",
  ]);
  runInside(host, ['mkdir', '-p', BY_HAND]);
}

export function benchBackup(document: string): void {
  using host = startServerHost({ disks: [{ at: BASE, size: '8g' }] });
  prepare(host);
  const rows = PAIRS.map(({ what, ours, theirs, theirName }) => {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const own = seconds(() => run(host, jtsHot(...ours)));
      run(host, ['sh', '-c', `rm -rf ${BASE}/backup/daily/*`]);
      const other = seconds(() => run(host, ['sh', '-ec', theirs]));
      run(host, ['sh', '-c', `rm -rf ${BY_HAND}/*`]);
      return { own, other };
    });
    const [own, other, ratio] = [
      median(rounds.map((one) => one.own)),
      median(rounds.map((one) => one.other)),
      median(rounds.map((one) => one.own / one.other)),
    ];
    return `| ${what} | ${own.toFixed(2)} | ${theirName} | ${other.toFixed(2)} | ${ratio.toFixed(2)} |`;
  });
  const table = ['| what | s | instead of | s | ratio |', '|---|---:|---|---:|---:|', ...rows].join('\n');
  const machine = `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node.js ${process.version}; medians of ${ROUNDS} rounds, ratios round by round.`;
  const marks = /(<!-- backup figures -->\n)[\s\S]*(\n<!-- end of backup figures -->)/;
  writeFileSync(
    document,
    readFileSync(document, 'utf8').replace(marks, (_, start, end) => `${start}${machine}\n\n${table}${end}`),
  );
  console.log(`${machine}\n\n${table}`);
}

function run(host: ThrowawayHost, argv: readonly string[]): void {
  const { status, stdout, stderr } = host.run(argv, { timeoutMs: 900_000 });
  if (status !== 0) throw new Error(`${argv.join(' ')}: exit status ${status}\n${stdout}${stderr}`);
}

function seconds(act: () => void): number {
  const begun = performance.now();
  act();
  return (performance.now() - begun) / 1000;
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
}
