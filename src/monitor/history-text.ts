// What was recorded, for people: each subject's way from first to last, or the samples of one; and as comma-separated
// values for programs.

import { renderTrends } from '../baseline/trend-text.ts';
import { isFileSystem } from '../history/history.ts';
import { columns, keepCommands, type Paint, plain, plural, WIDTH, wrap } from '../messages/paint.ts';
import { percentOf } from '../space/levels.ts';
import { changeText, percentText } from '../space/outlook.ts';
import { bucketStart, evenDistance } from '../space/thinning.ts';
import { formatCount } from '../values/count.ts';
import { formatDuration } from '../values/duration.ts';
import { printable } from '../values/quote.ts';
import { formatBytes } from '../values/size.ts';
import { subjectWord } from './history.ts';
import type { HistoryResult, HistorySample, SubjectHistory } from './history-document.ts';

/** What a sparkline is drawn with; null: none, as in a log. */
export type Sparks = 'blocks' | 'ascii' | null;

/** More lines than that do not fit on a screen. */
const MOST_ROWS = 40;
const INDENT = '  ';
/** A name may have 255 characters; the rest of the line is worth more. */
const LONGEST_NAME = 24;

export function renderHistory(result: HistoryResult, paint: Paint, sparks: Sparks = null): string {
  const [only] = result.subjects;
  return [
    ...title(result, paint),
    wrap(about(result), '    ', INDENT),
    ...(only === undefined
      ? []
      : [
          '',
          ...(result.service === null
            ? summary(result, paint, sparks)
            : table(only, { result, paint, sparks })),
        ]),
    ...renderTrends(result.baselines, paint),
    ...cleanedLines(result),
    ...result.notes.map((note) => wrap(`note: ${note}`, '    ', INDENT)),
  ].join('\n');
}

/** More runs than these are in the JSON. */
const RUNS_SHOWN = 10;

function cleanedLines({ cleaned }: HistoryResult): readonly string[] {
  const runs = cleaned.filter(({ things, deletedThings }) => things + deletedThings > 0);
  if (runs.length === 0) return [];
  const freed = runs.reduce((all, { freedBytes }) => all + freedBytes, 0);
  const rows = runs
    .slice(-RUNS_SHOWN)
    .map((one) => [
      `${INDENT}${one.at.slice(0, 16)}Z`,
      one.run === null ? '' : `run ${one.run}`,
      `${plural(one.things, 'thing')}, ${formatBytes(one.bytes)}`,
      `${formatBytes(one.freedBytes)} freed`,
    ]);
  return ['', `Cleaned: ${plural(runs.length, 'run')}, ${formatBytes(freed)} freed`, ...columns(rows)];
}

/** A long base has the lines to itself. */
function title({ base, service }: HistoryResult, paint: Paint): readonly string[] {
  const of = service === null ? '' : `${nameOf(service)} in `;
  return [paint('bold', plain(`History of ${of}${base}`))];
}

function nameOf(subject: string): string {
  return isFileSystem(subject) ? subjectWord(subject) : printable(subject, LONGEST_NAME);
}

function about({ recorded, since, subjects }: HistoryResult): string {
  const { samples, first, last, ageSeconds } = recorded;
  const all =
    first === null || last === null
      ? plural(samples, 'sample')
      : `${formatCount(samples)} sample${samples === 1 ? '' : 's'} from ${seconds(first)} to ${seconds(last)}${age(ageSeconds)}`;
  if (since === null) return all;
  return subjects.length === 0
    ? `no sample since ${seconds(since)}; there are ${all}`
    : `since ${seconds(since)}, of ${all}`;
}

function age(ageSeconds: number | null): string {
  return ageSeconds === null ? '' : `, ${formatDuration(ageSeconds)} ago`;
}

/** ISO 8601 without what is below a second. */
function seconds(at: string): string {
  return at.replace(/\.\d+Z$/, 'Z');
}

function summary({ subjects }: HistoryResult, paint: Paint, sparks: Sparks): readonly string[] {
  const rows = subjects.map(({ subject, samples, changeBytes, perDayBytes }) => {
    const [first, last] = [samples[0], samples.at(-1)];
    return [
      nameOf(subject),
      formatBytes(first?.usedBytes ?? 0),
      formatBytes(last?.usedBytes ?? 0),
      changeText(changeBytes),
      changeText(perDayBytes),
      last === undefined ? '' : percentText(percentOf(last.usedBytes, last.limitBytes)),
    ];
  });
  const [head = '', ...lines] = columns(
    [['WHAT', 'FIRST', 'LAST', 'CHANGE', 'PER DAY', 'OF LIMIT'], ...rows],
    [1, 2, 3, 4, 5],
  );
  const from = Math.max(head.length, ...lines.map((line) => line.length)) + INDENT.length + 2;
  const width = Math.min(32, WIDTH - from);
  const [begin, end] = spanOf(subjects.flatMap(({ samples }) => [samples[0], samples.at(-1)]));
  return [
    paint('dim', INDENT + head),
    ...lines.map((line, i) => {
      const drawn = spark(subjects[i]?.samples ?? [], { sparks, width, begin, end });
      return drawn === null ? INDENT + line : `${(INDENT + line).padEnd(from)}${drawn}`;
    }),
  ];
}

function table(
  { samples, perDayBytes }: SubjectHistory,
  {
    result,
    paint,
    sparks,
  }: { readonly result: HistoryResult; readonly paint: Paint; readonly sparks: Sparks },
): readonly string[] {
  const { chosen, distanceMs } = fewer(samples);
  const rows = chosen.map(({ at, usedBytes, inodes, limitBytes }, i) => {
    const before = chosen[i - 1];
    return [
      seconds(at),
      formatBytes(usedBytes),
      before === undefined ? '' : changeText(usedBytes - before.usedBytes),
      formatCount(inodes),
      formatBytes(limitBytes),
      percentText(percentOf(usedBytes, limitBytes)),
    ];
  });
  const isOfDisk = result.service !== null && isFileSystem(result.service);
  const limit = isOfDisk ? 'USABLE' : 'PLANNED';
  const of = isOfDisk ? 'OF DISK' : 'OF PLAN';
  const [head = '', ...lines] = columns(
    [['TIME', 'USED', 'CHANGE', 'INODES', limit, of], ...rows],
    [1, 2, 3, 4, 5],
  );
  const [begin, end] = spanOf([samples[0], samples.at(-1)]);
  const drawn = spark(samples, { sparks, width: WIDTH - 2 * INDENT.length, begin, end });
  const all = `${plain(`history ${subjectWord(result.service ?? '')}`)} --csv`;
  return [
    ...(drawn === null ? [] : [INDENT + drawn, '']),
    paint('dim', INDENT + head),
    ...lines.map((line) => INDENT + line),
    ...(perDayBytes === null ? [] : [`${INDENT}${changeText(perDayBytes)} a day on average`]),
    ...(distanceMs === null
      ? []
      : [
          wrap(
            keepCommands(
              `one sample in ${formatDuration(distanceMs / 1000)}; each of them: ${paint.command(all)}`,
            ),
            '    ',
            INDENT,
          ),
        ]),
  ];
}

/** As many as fit on a screen, the newest among them. `distanceMs` null: that is all. */
function fewer(samples: readonly HistorySample[]): {
  readonly chosen: readonly HistorySample[];
  readonly distanceMs: number | null;
} {
  if (samples.length <= MOST_ROWS) return { chosen: samples, distanceMs: null };
  const [begin, end] = spanOf([samples[0], samples.at(-1)]);
  const distanceMs = evenDistance(end - begin, MOST_ROWS - 2);
  const bucket = (i: number) => bucketStart(Date.parse(samples[i]?.at ?? ''), distanceMs);
  const chosen = samples.filter((_, i) => i === 0 || i === samples.length - 1 || bucket(i) !== bucket(i - 1));
  return { chosen, distanceMs };
}

function spanOf(samples: readonly (HistorySample | undefined)[]): readonly [number, number] {
  const times = samples.flatMap((sample) => (sample === undefined ? [] : [Date.parse(sample.at)]));
  return [Math.min(...times), Math.max(...times)];
}

const SPARKS = { blocks: '▁▂▃▄▅▆▇█', ascii: '_.:-=+*#' } as const;
/** Fewer cells show nothing. */
const NARROWEST = 8;

/** A gap is longer than so many of the usual distances between two samples. */
const GAP = 3;

/** The highest of each stretch of time, from the lowest of all to the highest; a blank where nothing was recorded. */
function spark(
  samples: readonly HistorySample[],
  {
    sparks,
    width,
    begin,
    end,
  }: { readonly sparks: Sparks; readonly width: number; readonly begin: number; readonly end: number },
): string | null {
  if (sparks === null || width < NARROWEST || samples.length < 2 || end <= begin) return null;
  const times = samples.map(({ at }) => Date.parse(at));
  const distances = times.slice(1).map((at, i) => at - (times[i] ?? at));
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  const cellOf = (at: number) => Math.min(width - 1, Math.floor(((at - begin) / (end - begin)) * width));
  const cells = new Array<number | null>(width).fill(null);
  for (const [i, { usedBytes }] of samples.entries()) {
    const at = times[i] ?? begin;
    const first = cellOf(at);
    // It holds until the next one, where that comes when it is usual.
    const last = (distances[i] ?? 0) > usual * GAP ? first : Math.max(first, cellOf(times[i + 1] ?? at) - 1);
    for (let cell = first; cell <= last; cell += 1) cells[cell] = Math.max(cells[cell] ?? 0, usedBytes);
  }
  const known = cells.filter((cell) => cell !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const levels = SPARKS[sparks];
  return cells
    .map((cell) => {
      if (cell === null) return ' ';
      const part = high === low ? 0 : (cell - low) / (high - low);
      return levels[Math.min(levels.length - 1, Math.floor(part * levels.length))];
    })
    .join('')
    .trimEnd();
}

const HEADER = ['time', 'subject', 'used_bytes', 'inodes', 'limit_bytes', 'change_bytes'];

/** RFC 4180. The line end that is written after the text completes the last line. `/` is the disk. */
export function renderHistoryCsv({ subjects }: HistoryResult): string {
  const rows = subjects.flatMap(({ subject, samples }) =>
    samples.map(({ at, usedBytes, inodes, limitBytes, changeBytes }) => [
      at,
      plain(subject),
      String(usedBytes),
      String(inodes),
      String(limitBytes),
      changeBytes === null ? '' : String(changeBytes),
    ]),
  );
  return [HEADER, ...rows].map((row) => `${row.map(field).join(',')}\r`).join('\n');
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
