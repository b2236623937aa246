// Measures whole processes that count a tree, one after the other in the same round: `jts-hot monitor -j`, du, and pdu, diskus and
// gdu where they are installed; cache warm and cold. Writes its tables into docs/performance.md. Asserts nothing.
// Needs root, time(1), and some gigabytes of a real disk: node bench.ts scan [DIRECTORY]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../e2e/throwaway-host.ts';
import { growDeep, growFlat, growWide } from './trees.ts';

interface Tree {
  readonly what: string;
  readonly files: number;
  readonly grow: (top: string, files: number) => void;
  readonly warmRuns: number;
  readonly coldRuns: number;
}

const TREES: readonly Tree[] = [
  { what: 'nothing', files: 0, grow: (top) => mkdirSync(top, { recursive: true }), warmRuns: 9, coldRuns: 0 },
  { what: '100 a directory', files: 400_000, grow: growWide, warmRuns: 9, coldRuns: 5 },
  { what: '100 a directory', files: 1_000_000, grow: growWide, warmRuns: 7, coldRuns: 3 },
  { what: 'one directory', files: 1_000_000, grow: growFlat, warmRuns: 7, coldRuns: 3 },
  { what: '100 levels deep', files: 1_000_000, grow: growDeep, warmRuns: 7, coldRuns: 3 },
  { what: '100 a directory', files: 4_000_000, grow: growWide, warmRuns: 5, coldRuns: 1 },
];

/** Of one process, in milliseconds and bytes. */
interface Cost {
  readonly wallMs: number;
  readonly userMs: number;
  readonly systemMs: number;
  readonly peakBytes: number;
}

interface Program {
  readonly name: 'jts-hot' | 'du' | 'pdu' | 'diskus' | 'gdu';
  readonly argv: (base: string) => readonly string[];
}

const PROGRAMS: readonly Program[] = [
  { name: 'jts-hot', argv: (base) => [join(REPOSITORY, 'bin/jts-hot'), 'monitor', '-j', '--base', base] },
  { name: 'du', argv: (base) => ['du', '-s', '-x', base] },
  // Of Rust's crates parallel-disk-usage and diskus.
  { name: 'pdu', argv: (base) => ['pdu', '--silent-errors', '--max-depth', '1', base] },
  { name: 'diskus', argv: (base) => ['diskus', base] },
  {
    name: 'gdu',
    argv: (base) => ['gdu', '--non-interactive', '--no-progress', '--no-cross', '--summarize', base],
  },
];

const { PATH = '' } = process.env;
const programs = PROGRAMS.filter(
  ({ name }) => name === 'jts-hot' || spawnSync(name, ['--version']).status === 0,
);

/** What else the machine does waits meanwhile; but not the kernel's own threads, where it reads from the disk. */
const FIRST = { warm: ['chrt', '-f', '1'], cold: ['nice', '-n', '-20'] } as const;

function run(cache: keyof typeof FIRST, argv: readonly string[]): Cost {
  const start = performance.now();
  const [first, ...rest] = [...FIRST[cache], 'time', '--quiet', '-f', '%U %S %M', '--', ...argv] as const;
  const { error, stderr } = spawnSync(first, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH, HOME: '/root' },
  });
  const wallMs = performance.now() - start;
  const [userSeconds, systemSeconds, peakKib] =
    stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  if (error !== undefined || peakKib === undefined || Number.isNaN(peakKib))
    throw new Error(`${argv.join(' ')}: ${error?.message ?? stderr}`);
  return {
    wallMs,
    userMs: 1000 * (userSeconds ?? 0),
    systemMs: 1000 * (systemSeconds ?? 0),
    peakBytes: 1024 * peakKib,
  };
}

function dropCaches(): void {
  spawnSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

type Rounds = readonly ReadonlyMap<Program['name'], Cost>[];

/** One run of each program after the other is a round: what disturbs the machine disturbs them alike. */
function rounds(cache: keyof typeof FIRST, base: string, runs: number): Rounds {
  return Array.from({ length: runs }, () => {
    const costs = new Map<Program['name'], Cost>();
    for (const { name, argv } of programs) {
      if (cache === 'cold') dropCaches();
      costs.set(name, run(cache, argv(base)));
    }
    return costs;
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function line(tree: Tree, measured: Rounds): string {
  const middle = (name: Program['name'], cost: keyof Cost) =>
    median(measured.map((round) => round.get(name)?.[cost] ?? Number.NaN));
  const ms = (name: Program['name'], cost: keyof Cost) => middle(name, cost).toFixed(0);
  const times = (name: Program['name']) =>
    median(
      measured.map((round) => (round.get(name)?.wallMs ?? Number.NaN) / (round.get('jts-hot')?.wallMs ?? 1)),
    ).toFixed(2);
  const peak = (name: Program['name']) =>
    (Math.max(...measured.map((round) => round.get(name)?.peakBytes ?? 0)) / 1e6).toFixed(0);
  const cells = [
    tree.files.toLocaleString('en'),
    tree.what,
    ms('jts-hot', 'wallMs'),
    `${ms('jts-hot', 'userMs')} + ${ms('jts-hot', 'systemMs')}`,
    peak('jts-hot'),
    ...programs
      .filter(({ name }) => name !== 'jts-hot')
      .flatMap(({ name }) => [ms(name, 'wallMs'), `**${times(name)}**`]),
  ];
  return `| ${cells.join(' | ')} |`;
}

function head(): readonly string[] {
  const peers = programs.map(({ name }) => name).filter((name) => name !== 'jts-hot');
  const columns = [
    ...['files', 'as', 'ms', 'user + system ms', 'MB'],
    ...peers.flatMap((name) => [`${name} ms`, 'times as fast']),
  ];
  return [
    `| ${columns.join(' | ')} |`,
    `|${columns.map((column) => (column === 'as' ? '---' : '---:')).join('|')}|`,
  ];
}

/** In a mount namespace of its own, whose state directory keeps nothing. */
export function benchScan(directory: string): void {
  if (process.argv[1] !== import.meta.filename) {
    const argv = ['--mount', '--propagation', 'private', process.execPath, import.meta.filename, directory];
    const { status } = spawnSync('unshare', argv, { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
    return;
  }
  mkdirSync('/var/lib/jts-hot', { recursive: true });
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', '/var/lib/jts-hot']);
  mkdirSync(directory, { recursive: true });
  const [warm, cold]: [string[], string[]] = [[], []];
  for (const tree of TREES) {
    const base = mkdtempSync(join(directory, 'tree-'));
    try {
      tree.grow(join(base, 'clickhouse/data'), tree.files);
      dropCaches();
      rounds('warm', base, 1);
      warm.push(line(tree, rounds('warm', base, tree.warmRuns)));
      console.log(warm.at(-1));
      if (tree.coldRuns > 0) {
        cold.push(line(tree, rounds('cold', base, tree.coldRuns)));
        console.log(`cold ${cold.at(-1)}`);
      }
    } finally {
      rmSync(base, { recursive: true });
    }
  }
  write(warm, cold);
}

function write(warm: readonly string[], cold: readonly string[]): void {
  const document = join(REPOSITORY, 'docs/performance.md');
  const at = new Date().toISOString().slice(0, 10);
  const text = [
    `Measured ${at} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), Linux ${release()}, Node.js ${process.version}: medians, times as fast round by round, MB the highest.`,
    '',
    'Cache warm:',
    '',
    ...head(),
    ...warm,
    '',
    'Cache cold (`echo 3 > /proc/sys/vm/drop_caches` before each run):',
    '',
    ...head(),
    ...cold,
  ].join('\n');
  const marks = /(<!-- scan figures -->\n)[\s\S]*(\n<!-- end of scan figures -->)/;
  writeFileSync(
    document,
    readFileSync(document, 'utf8').replace(marks, (_, start, end) => `${start}${text}${end}`),
  );
}

if (process.argv[1] === import.meta.filename) benchScan(process.argv[2] ?? '');
