// Runs test files for test/run.sh, two at once and the longest first, and ends with what a reader wants of a whole run:
// the slowest files, the seeds of random tests, and of a run of all tests how much of src/ they went through.
// Usage: node test/run.ts [--coverage] PATTERN…   Must not decide which tests there are.
import { globSync } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { LEFT_OUT, LINES_WANTED } from './coverage.ts';
import { SEED_LINE } from './random.ts';

/** They take longest, and start first, so that both cores are busy to the end: see the table of a whole run. */
const LONGEST = [
  'test/simulation/ninety-days.test.ts',
  'test/e2e/crash-schedule.test.ts',
  'test/e2e/crash-matrix.test.ts',
  'test/e2e/crash-rollback.test.ts',
  'test/e2e/look.test.ts',
  'test/e2e/schedule.test.ts',
  'test/e2e/scan.test.ts',
  'test/property/engine.test.ts',
  'test/e2e/docs.test.ts',
  'test/e2e/full-disk.test.ts',
  'test/e2e/attack.test.ts',
  'test/e2e/hostile.test.ts',
  'test/new-service.test.ts',
  'test/contract/linux.test.ts',
  'src/schedule/schedule-command.test.ts',
];
const FILES_AT_ONCE = 2;
const FILE_TIMEOUT_MS = 600_000;
const ROWS = 12;

const [, , ...args] = process.argv;
const withCoverage = args[0] === '--coverage';
const files = globSync(withCoverage ? args.slice(1) : args).toSorted();
const checkout = `${process.cwd()}/`;
const started = performance.now();
const took = new Map<string, number>();
const seeds = new Map<string, Set<string>>();
/** Words below the report, in order. */
const summary: string[] = [];

const weight = (file: string): number => {
  const known = LONGEST.indexOf(file);
  if (known !== -1) return known;
  return LONGEST.length + (file.startsWith('test/') ? 0 : 1);
};

const events = run({
  files: files.toSorted((a, b) => weight(a) - weight(b)).map((file) => `${checkout}${file}`),
  concurrency: FILES_AT_ONCE,
  timeout: FILE_TIMEOUT_MS,
  ...(withCoverage
    ? {
        coverage: true,
        coverageIncludeGlobs: ['src/**/*.ts'],
        coverageExcludeGlobs: ['src/**/*.test.ts', ...Object.keys(LEFT_OUT)],
      }
    : {}),
});

type Event = Parameters<Parameters<typeof events.forEach>[0]>[0];

/** Takes out what is told at the end. */
function keep(event: Event): boolean {
  const { type, data } = event;
  switch (type) {
    case 'test:fail':
      if (!data.todo) process.exitCode = 1;
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
    case 'test:coverage':
      tellCoverage(data.summary);
      return false;
    default:
      return true;
  }
}

function nameOf(file: string): string {
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
  lines.push('seconds  the slowest files');
  for (const [file, ms] of slowest) lines.push(`${seconds(ms)}   ${file}`);
  lines.push(`${seconds(performance.now() - started)}   all, ${FILES_AT_ONCE} at a time`, '');
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
