// Measures how long commands take where there is next to nothing to do, as ratios to an empty program of Node.js in the same
// round, on a throwaway host that is set up and holds no data. Writes its table into docs/performance.md. Asserts nothing.
// Needs root: node bench.ts start
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { REPOSITORY, startHost } from '../e2e/throwaway-host.ts';

const ROUNDS = 31;
const JTS_HOT = join(REPOSITORY, 'bin/jts-hot');
const NOTHING = 'node -e 0';
/** With the ratio that is wanted; null: none is. */
const COMMANDS: readonly (readonly [string, number | null])[] = [
  ['--version', 1.5],
  ['plan', null],
  ['setup', 2.5],
  ['validate', 2.5],
  ['monitor -s', 3],
  ['look', null],
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
function inside(): void {
  const all = [NOTHING.split(' '), ...COMMANDS.map(([words]) => [JTS_HOT, ...words.split(' ')])];
  for (const argv of all) milliseconds(argv);
  const rounds = Array.from({ length: ROUNDS }, () => all.map(milliseconds));
  const row = (name: string, i: number, wanted: string) => {
    const ms = median(rounds.map((round) => round[i] ?? Number.NaN));
    const ratio = median(rounds.map((round) => (round[i] ?? Number.NaN) / (round[0] ?? Number.NaN)));
    return `| ${name} | ${ms.toFixed(0)} | ${ratio.toFixed(2)} | ${wanted} |`;
  };
  console.log(row(`\`${NOTHING}\``, 0, ''));
  for (const [i, [words, wanted]] of COMMANDS.entries())
    console.log(row(`\`jts-hot ${words}\``, i + 1, wanted === null ? '' : `${wanted}`));
}

export function benchStart(document: string): void {
  using host = startHost({ freshAccounts: true, disks: [{ at: '/data/jts/hot', size: '1g' }] });
  const PATH = `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`;
  const run = (argv: readonly string[]) => {
    const { status, stdout, stderr } = host.run(argv, { env: { PATH }, timeoutMs: 600_000 });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  run([JTS_HOT, 'setup']);
  // What else the machine does waits meanwhile.
  const rows = run(['chrt', '-f', '1', process.execPath, import.meta.filename]).trim();
  const table = `| what | ms | times \`${NOTHING}\` | wanted at most |\n|---|---:|---:|---:|\n${rows}`;
  const machine = `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node.js ${process.version}; medians of ${ROUNDS} rounds, ratios round by round.`;
  const marks = /(<!-- start figures -->\n)[\s\S]*(\n<!-- end of start figures -->)/;
  writeFileSync(
    document,
    readFileSync(document, 'utf8').replace(marks, (_, start, end) => `${start}${machine}\n\n${table}${end}`),
  );
  console.log(`${machine}\n\n${table}`);
}

if (process.argv[1] === import.meta.filename) inside();
