// What `jts-hot bench` prints: the figures of this baseline, whether they are good enough, and what has changed.
import { columns, type Paint, plain, wrap } from '../messages/paint.ts';
import { formatCount } from '../values/count.ts';
import { formatBytes } from '../values/size.ts';
import type { Baseline, BenchResult, Comparison, Verdict } from './baseline-document.ts';
import { SAYS } from './measurements.ts';
import { DROP_PERCENT } from './verdict.ts';

const INDENT = '  ';

export function renderBench(
  { baseline, verdicts, comparison, base, others, unkept }: BenchResult,
  paint: Paint,
): string | null {
  if (baseline === null) return null;
  return [
    paint('bold', plain(`Baseline of ${baseline.service === null ? base : baseline.fileSystem.mountPoint}`)),
    '',
    ...about(baseline).map((line) => wrap(line, '    ', INDENT)),
    '',
    ...table(baseline, paint),
    '',
    ...verdicts.map((verdict) => verdictLine(verdict, paint)),
    compared(comparison, { unkept, paint }),
    ...othersLines(others, paint),
  ].join('\n');
}

/** A figure of one file system says nothing of the others, though they may be on the same disk. */
function othersLines(others: BenchResult['others'], paint: Paint): readonly string[] {
  if (others.length === 0) return [];
  const names = others.map((name) => `sudo ${paint.command(`bench ${name}`)}`);
  return ['', 'Not measured: file systems of services’ own:', ...names.map((one) => `${INDENT}${one}`)];
}

function about({
  disk,
  fileSystem,
  file,
  fio,
  kernel,
  rounds,
  secondsEach,
  mode,
}: Baseline): readonly string[] {
  const { names, models, id } = disk;
  const called = names.length === 0 ? 'no disk below' : [...names, ...models].join(' ');
  const way = file.direct
    ? 'past the page cache'
    : 'through the page cache: the file system takes no direct I/O, so these are not figures of a disk';
  return [
    `${called}, ${id}; ${fileSystem.type} on ${fileSystem.source}`,
    `${formatBytes(file.bytes)} in ${file.directory}, ${way}`,
    `${mode}: the median of ${rounds} rounds of ${secondsEach} s, with fio ${fio} on Linux ${kernel}`,
  ];
}

function table({ rows }: Baseline, paint: Paint): readonly string[] {
  const cells = rows.map(({ name, bytesPerSecond, iops, latencyP50Ns, latencyP99Ns, latencyP999Ns }) => [
    SAYS[name],
    `${formatBytes(bytesPerSecond)}/s`,
    formatCount(iops),
    ...[latencyP50Ns, latencyP99Ns, latencyP999Ns].map(latencyText),
  ]);
  const heads = ['WHAT', 'BANDWIDTH', 'IOPS', 'P50', 'P99', 'P99.9'];
  const [head = '', ...lines] = columns([heads, ...cells], [1, 2, 3, 4, 5]);
  return [paint('dim', INDENT + head), ...lines.map((line) => INDENT + line)];
}

const UNITS = [
  ['ns', 1],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
] as const;

/** Three digits: `850 ns`, `83.2 µs`, `1.00 ms`. */
export function latencyText(ns: number): string {
  const [unit, size] = UNITS.find(([, each]) => ns / each < 999.5) ?? UNITS[3];
  if (size === 1) return `${Math.round(ns)} ns`;
  const value = ns / size;
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}

function verdictLine({ what, wantP99Ns, haveP99Ns, isMet }: Verdict, paint: Paint): string {
  const line = `${isMet ? 'ok  ' : 'SLOW'}  ${what} within ${latencyText(haveP99Ns)}, want ${latencyText(wantP99Ns)}`;
  return INDENT + paint(isMet ? 'green' : 'yellow', line);
}

function compared(
  comparison: Comparison | null,
  { unkept, paint }: { readonly unkept: string | null; readonly paint: Paint },
): string {
  if (unkept !== null) return `${INDENT}${paint('yellow', 'not kept: the history cannot be written')}`;
  if (comparison === null) return `${INDENT}the first of this disk: kept, to compare the next ones with`;
  const { first, last, drops } = comparison;
  const since = first === last ? day(first) : `${day(first)} and ${day(last)}`;
  if (drops.length === 0)
    return `${INDENT}${paint('green', `ok    nothing is more than ${DROP_PERCENT} % slower than on ${since}`)}`;
  return [
    `${INDENT}${paint('yellow', `SLOWER than on ${since}`)}`,
    ...drops.map(({ says, percent, beforeBytesPerSecond, haveBytesPerSecond }) => {
      const rates = `${formatBytes(beforeBytesPerSecond)}/s, now ${formatBytes(haveBytesPerSecond)}/s`;
      return `${INDENT}${INDENT}${says}: ${Math.round(percent)} % less (${rates})`;
    }),
  ].join('\n');
}

function day(at: string): string {
  return at.slice(0, 10);
}
