// Runs test files for test/run.sh, the longest first, and ends with what a reader wants of a whole run: the slowest files,
// the seeds of random tests, of a run of all tests how much of src/ they went through, and once more what failed.
// Usage: node test/run.ts [--coverage] PATTERN…   Must not decide which tests there are.
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { PassThrough, Transform, type TransformCallback } from 'node:stream';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { LEFT_OUT, LINES_WANTED, NOT_COUNTED_IN } from './coverage.ts';
import { SEED_LINE } from './random.ts';

/** They take longest, and start first, so that all cores are busy to the end: see the table of a whole run. */
const LONGEST = [
  'test/e2e/look.test.ts',
  'test/e2e/damages/damages.test.ts',
  'test/new-service.test.ts',
  'test/e2e/crash-schedule.test.ts',
  'test/e2e/crash-matrix.test.ts',
  'test/e2e/attack.test.ts',
  'test/e2e/docs.test.ts',
  'test/simulation/ninety-days.test.ts',
  'test/e2e/schedule.test.ts',
  'test/e2e/crash-rollback.test.ts',
  'test/property/engine.test.ts',
  'test/e2e/launcher.test.ts',
  'test/e2e/hostile.test.ts',
  'test/servers/kafka.test.ts',
  'test/servers/docker.test.ts',
  'test/e2e/scan.test.ts',
  'test/e2e/full-disk.test.ts',
  'test/e2e/bad-input.test.ts',
  'test/e2e/json.test.ts',
  'test/e2e/fresh-clone.test.ts',
  'test/e2e/history.test.ts',
  'test/property/schedule.test.ts',
  'test/property/monitoring-file.test.ts',
  'test/property/layout-file.test.ts',
  'test/contract/linux.test.ts',
];
/** Each starts a machine with a kernel of its own, two at a time (test/vm/turn.ts), beside all others. */
const ON_A_MACHINE = 'test/vm/**';
const MACHINES_AT_ONCE = 2;
/** One of them waits, mostly for a disk or a clock. */
const FILES_AT_ONCE = availableParallelism() + 1;
/** Killed at every point, crash tests take longer, and much longer beside others. */
const FILE_TIMEOUT_MS = process.env['CRASH'] === 'full' ? 6 * 3_600_000 : 600_000;
/** Emulated, beside all others; a file waits for a machine, too. */
const MACHINE_TIMEOUT_MS = process.env['VM'] === 'full' ? 6 * 3_600_000 : 1_800_000;
const ROWS = 12;

const [, , ...args] = process.argv;
const withCoverage = args[0] === '--coverage';
const checkout = `${process.cwd()}/`;
const started = performance.now();
const took = new Map<string, number>();
const seeds = new Map<string, Set<string>>();
/** How many tests passed, failed and so on, in all runs. */
const counts = new Map<string, number>();
/** Words below the report, in order. */
const summary: string[] = [];
const scratch = mkdtempSync(join(tmpdir(), 'test-run-'));

/** What a process runs: a test file, or all of a room's, which load the same modules. */
interface Part {
  readonly name: string;
  readonly file: string;
  readonly weight: number;
}

function partsOf(files: readonly string[]): readonly Part[] {
  const rooms = Map.groupBy(files, (file) =>
    LONGEST.includes(file) ? file : (/^src\/[^/]+\//.exec(file)?.[0] ?? file),
  );
  return [...rooms].flatMap(([room, inRoom]): readonly Part[] => {
    const [file = ''] = inRoom;
    const known = LONGEST.indexOf(file);
    const weight = known === -1 ? LONGEST.length + (file.startsWith('test/') ? 0 : 1) : known;
    if (inRoom.length === 1) return [{ name: file, file: `${checkout}${file}`, weight }];
    const together = join(scratch, `${room.replaceAll('/', '-')}all.test.mjs`);
    writeFileSync(together, inRoom.map((one) => `await import('${checkout}${one}');\n`).join(''));
    return [{ name: `${room}*`, file: together, weight }];
  });
}

/** Names of parts by their file. */
const names = new Map<string, string>();
const events = new PassThrough({ objectMode: true });

interface Lane {
  readonly files: readonly string[];
  readonly timeoutMs: number;
  readonly counted: boolean;
  readonly atOnce: number;
  /** What happened goes there, in order. */
  readonly into: PassThrough;
}

async function runAll({ files, counted, atOnce, into, timeoutMs }: Lane): Promise<void> {
  const parts = partsOf(files).toSorted((a, b) => a.weight - b.weight);
  if (parts.length === 0) return;
  for (const { file, name } of parts) names.set(file, name);
  const going = run({
    files: parts.map(({ file }) => file),
    concurrency: atOnce,
    timeout: timeoutMs,
    ...(counted
      ? {
          coverage: true,
          coverageIncludeGlobs: ['src/**/*.ts'],
          coverageExcludeGlobs: ['src/**/*.test.ts', ...Object.keys(LEFT_OUT)],
        }
      : {}),
  });
  going.pipe(into, { end: false });
  await finished(going, { writable: false });
}

type Event = Parameters<Parameters<ReturnType<typeof run>['forEach']>[0]>[0];

const TOTAL = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

/** Takes out what is told at the end. */
function keep(event: Event): boolean {
  const { type, data } = event;
  switch (type) {
    case 'test:fail':
      if (!data.todo) {
        process.exitCode = 1;
        keepFailure(data);
      }
      return true;
    case 'test:summary':
      if (data.file !== undefined) took.set(nameOf(data.file), data.duration_ms);
      return true;
    case 'test:stdout': {
      const [, seed] = SEED_LINE.exec(data.message) ?? [];
      if (seed === undefined) return true;
      const name = nameOf(data.file);
      seeds.set(name, (seeds.get(name) ?? new Set()).add(seed));
      return false;
    }
    case 'test:diagnostic': {
      // Of each run; told of all together.
      const [, what, number] = TOTAL.exec(data.message) ?? [];
      if (what === undefined) return true;
      counts.set(what, (counts.get(what) ?? 0) + Number(number));
      return false;
    }
    case 'test:coverage':
      tellCoverage(data.summary);
      return false;
    default:
      return true;
  }
}

/** What failed, again at the very end: of a long report often only the end is kept. */
const failures: string[] = [];
const LINES_OF_A_FAILURE = 15;

function keepFailure({ file, name, details }: Extract<Event, { type: 'test:fail' }>['data']): void {
  const { error } = details;
  // Of a suite it is told with its tests.
  if ('failureType' in error && error.failureType === 'subtestsFailed') return;
  const cause = error.cause instanceof Error ? error.cause : (error as Error);
  const said = String(cause.message).split('\n').slice(0, LINES_OF_A_FAILURE);
  failures.push(`✖ ${nameOf(file ?? '')}: ${name}`, ...said.map((line) => `    ${line}`));
}

function nameOf(file: string): string {
  const name = names.get(file);
  if (name !== undefined) return name;
  return file.startsWith(checkout) ? file.slice(checkout.length) : file;
}

interface Covered {
  readonly files: readonly {
    readonly path: string;
    readonly totalLineCount: number;
    readonly coveredLineCount: number;
    readonly coveredLinePercent: number;
  }[];
  readonly totals: { readonly coveredLinePercent: number };
}

function tellCoverage({ files: covered, totals }: Covered): void {
  const percent = totals.coveredLinePercent;
  const enough = percent >= LINES_WANTED;
  if (!enough) process.exitCode = 1;
  summary.push(
    `line coverage of src/: ${percent.toFixed(2)} % (${enough ? '' : 'TOO LITTLE: '}want ${LINES_WANTED} %)`,
    ...covered
      .map((file) => ({ ...file, missing: file.totalLineCount - file.coveredLineCount }))
      .toSorted((a, b) => b.missing - a.missing)
      .slice(0, ROWS)
      .map(
        ({ path, missing, coveredLinePercent }) =>
          `${String(missing).padStart(6)} lines not reached, ${coveredLinePercent.toFixed(0)} %  ${nameOf(path)}`,
      ),
    'left out:',
    ...Object.entries(LEFT_OUT).map(([glob, reason]) => `  ${glob}: ${reason}`),
    'not counted in:',
    ...Object.entries(NOT_COUNTED_IN).map(([glob, reason]) => `  ${glob}: ${reason}`),
    '',
  );
}

function finish(): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1).padStart(6);
  const slowest = [...took].toSorted(([, a], [, b]) => b - a).slice(0, ROWS);
  const lines = ['', ...summary];
  if (seeds.size > 0) {
    lines.push('seeds of random tests (SEED=n gives another one, RUNS=n so many times the runs):');
    for (const [file, drawn] of seeds) lines.push(`  ${[...drawn].join(' ')}  ${file}`);
    lines.push('');
  }
  lines.push(...[...counts].map(([what, number]) => `ℹ ${what} ${Math.round(number)}`), '');
  lines.push('seconds  the slowest files');
  for (const [file, ms] of slowest) lines.push(`${seconds(ms)}   ${file}`);
  lines.push(`${seconds(performance.now() - started)}   all, ${FILES_AT_ONCE} at a time`, '');
  if (failures.length > 0) lines.push('failed:', ...failures, '');
  return lines.join('\n');
}

const watched = new Transform({
  objectMode: true,
  transform(event: Event, _encoding: string, done: TransformCallback) {
    done(null, keep(event) ? event : undefined);
  },
});
const report = events.pipe(watched).pipe(new spec());
report.pipe(process.stdout, { end: false });
report.on('end', () => process.stdout.write(finish()));

const files = globSync(withCoverage ? args.slice(1) : args).toSorted();
const isCounted = (file: string) =>
  withCoverage && !Object.keys(NOT_COUNTED_IN).some((glob) => matchesGlob(file, glob));
try {
  // Compiled once for all processes; where lines are counted, it would be counted less exactly.
  process.env['NODE_COMPILE_CACHE'] ??= join(scratch, 'compiled');
  const isOnMachine = (file: string) => matchesGlob(file, ON_A_MACHINE);
  const meanwhile = new PassThrough({ objectMode: true, highWaterMark: 1_000_000 });
  const lane = { counted: false, atOnce: FILES_AT_ONCE, into: events, timeoutMs: FILE_TIMEOUT_MS };
  await Promise.all([
    runAll({
      ...lane,
      files: files.filter(isOnMachine),
      atOnce: MACHINES_AT_ONCE,
      into: meanwhile,
      timeoutMs: MACHINE_TIMEOUT_MS,
    }),
    runAll({ ...lane, files: files.filter((file) => !isOnMachine(file) && !isCounted(file)) }),
  ]);
  // What is told of two at once would be taken for one.
  meanwhile.end();
  meanwhile.pipe(events, { end: false });
  await finished(meanwhile);
  delete process.env['NODE_COMPILE_CACHE'];
  await runAll({ ...lane, files: files.filter(isCounted), counted: true });
} finally {
  events.end();
  rmSync(scratch, { recursive: true });
}
