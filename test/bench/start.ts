// Measures how long commands take where there is next to nothing to do, as ratios to an empty program of Node.js in the same
// round: on a throwaway host that is set up and holds no data, and on a booted one whose servers all run on the hot tier.
// Writes its tables into docs/performance.md. Asserts nothing. Needs root: node bench.ts start, node bench.ts config
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { bootHost } from '../e2e/booted-host.ts';
import { REPOSITORY, type RunResult, startHost } from '../e2e/throwaway-host.ts';
import { directoryOf } from '../servers/parts.ts';

const ROUNDS = 31;
const JTS_HOT = join(REPOSITORY, 'bin/jts-hot');
const NOTHING = 'node -e 0';
/** With the ratio that is wanted; null: none is. */
type Commands = readonly (readonly [string, number | null])[];
const COMMANDS: Commands = [
  ['--version', 1.5],
  ['plan', null],
  ['setup', 2.5],
  ['validate', 2.5],
  ['monitor -s', 3],
  ['look', null],
];
const WITH_SERVERS: Commands = [
  ['config all', 3],
  ['config redis', null],
  ['config --check', 5],
  ['validate', 4],
  ['status', 6],
];

function milliseconds(argv: readonly string[]): number {
  const [program = '', ...args] = argv;
  const start = performance.now();
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`exit status ${status}: ${argv.join(' ')}`);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Runs on the throwaway host. What disturbs the machine disturbs the commands of a round alike. */
function inside(commands: Commands): void {
  const all = [NOTHING.split(' '), ...commands.map(([words]) => [JTS_HOT, ...words.split(' ')])];
  for (const argv of all) milliseconds(argv);
  const rounds = Array.from({ length: ROUNDS }, () => all.map(milliseconds));
  const row = (name: string, i: number, wanted: string) => {
    const ms = median(rounds.map((round) => round[i] ?? Number.NaN));
    const ratio = median(rounds.map((round) => (round[i] ?? Number.NaN) / (round[0] ?? Number.NaN)));
    return `| ${name} | ${ms.toFixed(0)} | ${ratio.toFixed(2)} | ${wanted} |`;
  };
  console.log(row(`\`${NOTHING}\``, 0, ''));
  for (const [i, [words, wanted]] of commands.entries())
    console.log(row(`\`jts-hot ${words}\``, i + 1, wanted === null ? '' : `${wanted}`));
}

const PATH = `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`;

interface Machine {
  run(argv: readonly string[], options?: { readonly timeoutMs?: number }): RunResult;
}

function type(host: Machine, argv: readonly string[]): string {
  const { status, stdout, stderr } = host.run(['env', `PATH=${PATH}`, ...argv], { timeoutMs: 600_000 });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

export function benchStart(document: string): void {
  using host = startHost({ freshAccounts: true, disks: [{ at: '/data/jts/hot', size: '1g' }] });
  type(host, [JTS_HOT, 'setup']);
  measure(host, { document, name: 'start' });
}

export function benchConfig(document: string): void {
  // Once, where the checkout is writable: the launcher notes there which Node.js it found on this PATH.
  spawnSync(JTS_HOT, ['--version'], { env: { PATH } });
  spawnSync(JTS_HOT, ['--version'], { env: { PATH } });
  using host = bootHost({
    tree: directoryOf('debian-12'),
    binds: { [REPOSITORY]: REPOSITORY },
  });
  // `validate` syncs what it writes: on a disk that would be what is measured.
  type(host, ['mkdir', '-p', '/data/jts/hot']);
  type(host, ['mount', '-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', '/data/jts/hot']);
  const before = ['setup', 'config postgresql --init', 'config all --install --restart', 'record'];
  for (const words of [...before, 'validate --record']) type(host, [JTS_HOT, ...words.split(' ')]);
  measure(host, { document, name: 'config' });
}

function measure(
  host: Machine,
  { document, name }: { readonly document: string; readonly name: 'start' | 'config' },
): void {
  // What else the machine does waits meanwhile.
  const rows = type(host, ['chrt', '-f', '1', process.execPath, import.meta.filename, name]).trim();
  const table = `| what | ms | times \`${NOTHING}\` | wanted at most |\n|---|---:|---:|---:|\n${rows}`;
  const machine = `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node.js ${process.version}; medians of ${ROUNDS} rounds, ratios round by round.`;
  const marks = new RegExp(`(<!-- ${name} figures -->\\n)[\\s\\S]*(\\n<!-- end of ${name} figures -->)`);
  writeFileSync(
    document,
    readFileSync(document, 'utf8').replace(marks, (_, start, end) => `${start}${machine}\n\n${table}${end}`),
  );
  console.log(`${machine}\n\n${table}`);
}

if (process.argv[1] === import.meta.filename) inside(process.argv[2] === 'config' ? WITH_SERVERS : COMMANDS);
