// Measures whole processes against what a user would run instead, in pairs in the same run, and writes the table of
// docs/performance.md. Asserts nothing: figures are for people, who know how noisy their machine is.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY, startHost } from '../e2e/throwaway-host.ts';
import { benchBackup } from './backup.ts';
import { benchScan } from './scan.ts';
import { benchServices } from './services.ts';
import { benchConfig, benchStart } from './start.ts';

const RUNS = 15;
const FILES = 1_000_000;
const JTS_HOT = join(REPOSITORY, 'bin/jts-hot');
const DOCUMENT = join(REPOSITORY, 'docs/performance.md');

interface Pair {
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  readonly theirName: string;
}

interface Row extends Pair {
  readonly files: number;
  readonly oursMs: number;
  readonly theirsMs: number;
  readonly ratio: number;
}

/** What an operator's script does instead (docs/performance.md names it): once a directory, a tree, a user. */
const SHELL_SETUP = `
base=/data/jts/hot
for s in postgresql:postgres:data,logs,config clickhouse:clickhouse:data,logs,tmp kafka:kafka:data,logs \\
         mongodb:mongodb:data,logs,config redis:redis:data,logs; do
  IFS=: read -r dir user subs <<<"$s"
  id "$user" >/dev/null 2>&1 || useradd -r -s /bin/false -d "$base/$dir" "$user"
  for sub in \${subs//,/ }; do mkdir -p "$base/$dir/$sub"; done
  chown -R "$user:$user" "$base/$dir"
  chmod 750 "$base/$dir"
done
for sub in volumes containers tmp; do mkdir -p "$base/docker/$sub"; done; chown -R root:docker "$base/docker"; chmod 755 "$base/docker"
for sub in daily snapshots staging; do mkdir -p "$base/backup/$sub"; done; chown -R root:root "$base/backup"; chmod 755 "$base/backup"`;

const SHELL_VALIDATE = `
base=/data/jts/hot
for s in postgresql:postgres:data,logs,config clickhouse:clickhouse:data,logs,tmp kafka:kafka:data,logs \\
         mongodb:mongodb:data,logs,config redis:redis:data,logs; do
  IFS=: read -r dir user subs <<<"$s"
  id "$user" >/dev/null && getent group "$user" >/dev/null
  for d in "$base/$dir" $(for sub in \${subs//,/ }; do echo "$base/$dir/$sub"; done); do
    [ "$(stat -c %U:%G "$d")" = "$user:$user" ]; stat -c %a "$d" >/dev/null
    setpriv --reuid="$user" --regid="$user" --clear-groups sh -c "touch '$d/.t' && sync '$d/.t' && rm '$d/.t'"
  done
done
df -P "$base" >/dev/null`;

const PAIRS: readonly Pair[] = [
  {
    what: '`jts-hot validate`',
    ours: `${JTS_HOT} validate -q`,
    theirs: SHELL_VALIDATE,
    theirName: 'shell loop: stat, touch as each user',
  },
  {
    what: 'second `jts-hot setup`',
    ours: `${JTS_HOT} setup`,
    theirs: SHELL_SETUP,
    theirName: 'shell loop: mkdir -p, chown -R, chmod',
  },
  {
    what: '`jts-hot monitor`',
    ours: `${JTS_HOT} monitor`,
    theirs: 'du -s /data/jts/hot/* ; df /data/jts/hot',
    theirName: '`du -s` and `df`',
  },
];

function milliseconds(command: string): number {
  const start = performance.now();
  const { status } = spawnSync('bash', ['-c', command], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`exit status ${status}: ${command}`);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function measure(pair: Pair, files: number, runs: number): Row {
  milliseconds(pair.ours);
  milliseconds(pair.theirs);
  const times = Array.from(
    { length: runs },
    () => [milliseconds(pair.ours), milliseconds(pair.theirs)] as const,
  );
  return {
    ...pair,
    files,
    oursMs: median(times.map(([ours]) => ours)),
    theirsMs: median(times.map(([, theirs]) => theirs)),
    ratio: median(times.map(([ours, theirs]) => ours / theirs)),
  };
}

/** Runs on the throwaway host; one JSON line a row. */
function inside(): void {
  milliseconds(`${JTS_HOT} setup`);
  for (const pair of PAIRS) console.log(JSON.stringify(measure(pair, 0, RUNS)));
  const data = '/data/jts/hot/clickhouse/data';
  milliseconds(
    `cd ${data} && mkdir -p $(seq -f part%g 1 1000) && seq 1 ${FILES} | awk '{print "part" ($1%1000)+1 "/" $1}' | xargs touch`,
  );
  milliseconds(`chown -R clickhouse:clickhouse ${data}`);
  for (const pair of PAIRS) {
    const slow = pair.theirs.includes('chown -R') || pair.theirs.includes('du -s');
    console.log(JSON.stringify(measure(pair, FILES, slow ? 3 : RUNS)));
  }
}

function outside(): void {
  using host = startHost({ freshAccounts: true });
  const { status, stdout, stderr } = host.run([process.execPath, import.meta.filename, 'inside'], {
    timeoutMs: 900_000,
  });
  if (status !== 0) throw new Error(stderr);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  const table = [
    '| what | files below `clickhouse/data` | ms | instead | ms | ratio |',
    '|---|---:|---:|---|---:|---:|',
    ...rows.map(
      (row) =>
        `| ${row.what} | ${row.files.toLocaleString('en')} | ${row.oursMs.toFixed(0)} | ${row.theirName} | ${row.theirsMs.toFixed(0)} | ${row.ratio.toFixed(2)} |`,
    ),
  ].join('\n');
  const at = new Date().toISOString().slice(0, 10);
  const machine = `Measured ${at} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node.js ${process.version}; medians, ratios pair by pair.`;
  const before = readFileSync(DOCUMENT, 'utf8');
  const marks = /(<!-- figures -->\n)[\s\S]*(\n<!-- end of figures -->)/;
  writeFileSync(
    DOCUMENT,
    before.replace(marks, (_, start, end) => `${start}${machine}\n\n${table}${end}`),
  );
  console.log(`${machine}\n\n${table}`);
}

const [, , what, where = join(tmpdir(), 'jts-hot-bench')] = process.argv;
if (what === 'inside') inside();
else if (what === 'scan') benchScan(where);
else if (what === 'services') benchServices(DOCUMENT);
else if (what === 'start') benchStart(DOCUMENT);
else if (what === 'config') benchConfig(DOCUMENT);
else if (what === 'backup') benchBackup(DOCUMENT);
else {
  benchStart(DOCUMENT);
  benchConfig(DOCUMENT);
  outside();
  benchScan(where);
  benchServices(DOCUMENT);
  benchBackup(DOCUMENT);
}
