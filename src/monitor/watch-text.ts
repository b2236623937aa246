// The live view as lines that fit a terminal: bars against planned space, growth since the start, time to full; or its
// help. Pure: what is on the screen is watch.ts.

import { type Paint, plain, type Style } from '../messages/paint.ts';
import { changeText, etaText } from '../space/outlook.ts';
import type { Eta } from '../space/outlook-document.ts';
import { formatDuration } from '../values/duration.ts';
import { formatBytes } from '../values/size.ts';
import { bar, STYLES } from './monitor-text.ts';
import type { Status } from './report-document.ts';
import { inOrder, KEYS, type View } from './watch-view.ts';

export interface WatchFrame {
  readonly base: string;
  readonly view: View;
  /** null: nothing is measured yet. */
  readonly measured: WatchMeasured | null;
  readonly watchedSeconds: number;
  /** Progress of the measurement under way; null: there is none. */
  readonly measuring: string | null;
  /** Until the next measurement; null: it is under way. */
  readonly nextSeconds: number | null;
}

export interface WatchMeasured {
  readonly status: Status;
  readonly ageSeconds: number;
  /** The time that the rates cover; null: there is only one measurement. */
  readonly rateSeconds: number | null;
  readonly timedOut: boolean;
  readonly fileSystem: {
    readonly mountPoint: string;
    readonly source: string;
    readonly type: string;
    readonly freeBytes: number;
  };
  /** The disk first. */
  readonly rows: readonly WatchRow[];
  /** Of services whose backups are watched. */
  readonly backups: readonly WatchBackups[];
}

export interface WatchBackups {
  readonly service: string;
  readonly status: 'OK' | 'WARNING' | 'CRITICAL';
  /** What is wrong; none: all is well. */
  readonly found: readonly string[];
}

export interface WatchRow {
  readonly name: string;
  readonly status: Status;
  /** null: not known, as all that follows. */
  readonly usedBytes: number | null;
  /** Of the disk what can be used at all; of a service its planned space. */
  readonly limitBytes: number;
  readonly grownBytes: number | null;
  readonly bytesPerSecond: number | null;
  /** By the history. */
  readonly forecast: Eta | null;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows` lines of at most `columns` characters each, colour codes not counted. */
export function renderWatch(frame: WatchFrame, screen: Screen, paint: Paint): string {
  const { measured, view } = frame;
  const room = screen.rows - 1;
  const space = { columns: screen.columns, rows: room - 1 };
  const body = view.help ? helpOf(space) : measured === null ? [] : bodyOf(measured, view, space);
  const lines = [title(frame, screen.columns), ...body].slice(0, Math.max(0, room));
  const blank = Array.from({ length: room - lines.length }, () => ({ text: '' }));
  return [...lines, ...blank, { text: footer(frame), style: 'dim' as const }]
    .map(({ text, style }: Line) => {
      const fitting = clip(text, screen.columns);
      return style === undefined || fitting === '' ? fitting : paint(style, fitting);
    })
    .join('\n');
}

interface Line {
  readonly text: string;
  readonly style?: Style;
}

function clip(text: string, columns: number): string {
  const characters = Array.from(text);
  if (characters.length <= columns) return text;
  return columns < 1 ? '' : `${characters.slice(0, columns - 1).join('')}…`;
}

function title({ base, measured, watchedSeconds }: WatchFrame, columns: number): Line {
  const status = measured === null ? '' : `  ${measured.status}`;
  const left = `Hot storage ${plain(base)}${status}`;
  const right = `watched for ${formatDuration(watchedSeconds)}`;
  const gap = columns - left.length - right.length;
  return {
    text:
      gap >= GAP
        ? left + ' '.repeat(gap) + right
        : left.length <= columns
          ? left
          : `${status}  ${plain(base)}`.trim(),
    style: measured === null || measured.status === 'OK' ? 'bold' : STYLES[measured.status],
  };
}

/** How to leave the view comes first: on a narrow terminal the end is cut off. */
function footer({ view, measured, measuring, nextSeconds }: WatchFrame): string {
  return [
    'q leaves',
    view.help ? '? goes back' : '? keys',
    ...(view.paused ? ['paused: p goes on'] : []),
    ...(measured === null ? [] : [`measured ${formatDuration(measured.ageSeconds)} ago`]),
    ...(measured?.timedOut ? ['not everything answered'] : []),
    ...(measuring === null ? [] : [plain(measuring)]),
    ...(nextSeconds === null || view.paused ? [] : [`next in ${formatDuration(nextSeconds)}`]),
    ...(view.order === 'use' ? [] : [`by ${view.order}`]),
  ].join(' | ');
}

/** What matters less gives way: first the explanations, then blank lines, then the smallest services. */
function bodyOf(measured: WatchMeasured, view: View, { columns, rows }: Screen): readonly Line[] {
  const { mountPoint, source, type, freeBytes } = measured.fileSystem;
  const disk: Line = {
    text: plain(`${type} on ${source}, mounted at ${mountPoint}, ${formatBytes(freeBytes)} available`),
  };
  const shown = shownColumns(measured.rows, columns);
  const [head, ...lines] = table(inOrder(measured.rows, view.order), shown, columns);
  const rest = notes(measured, shown, columns);
  const backups = backupLines(measured.backups);
  const blank: Line = { text: '' };
  const wholes = [
    [disk, blank, head, ...lines, ...backups, blank, ...rest],
    [disk, blank, head, ...lines, ...backups],
    [head, ...lines, ...backups],
    [head, ...lines],
  ];
  const whole = wholes.find((one) => one.length <= rows);
  if (whole !== undefined) return whole;
  if (rows < 3) return lines.slice(0, Math.max(0, rows));
  const kept = rows - 2;
  return [head, ...lines.slice(0, kept), { text: `… and ${lines.length - kept} more` }];
}

interface Column {
  readonly head: string;
  readonly right: boolean;
  readonly cell: (row: WatchRow) => string;
}

const BAR = { least: 6, most: 40 } as const;
const GAP = 2;
/** A longer name gives way to the numbers. */
const LONGEST_NAME = 24;

const NAME: Column = { head: '', right: false, cell: ({ name }) => clip(plain(name), LONGEST_NAME) };
const PERCENT: Column = {
  head: 'OF PLAN',
  right: true,
  cell: (row) => (row.usedBytes === null ? '?' : `${Math.floor(percentOf(row))} %`),
};
const USED: Column = {
  head: 'USED',
  right: true,
  cell: ({ usedBytes }) => (usedBytes === null ? '?' : formatBytes(usedBytes)),
};
const GROWN: Column = { head: 'GROWN', right: true, cell: ({ grownBytes }) => changeText(grownBytes) };
const RATE: Column = {
  head: 'RATE',
  right: true,
  cell: ({ bytesPerSecond }) => (bytesPerSecond === null ? '?' : `${changeText(bytesPerSecond)}/s`),
};
const FULL_IN: Column = { head: 'FULL IN', right: true, cell: fullInText };
const FORECAST: Column = { head: 'FORECAST', right: false, cell: forecastText };
const STATUS: Column = { head: 'STATUS', right: false, cell: ({ status }) => status };

/** The first gives way first; the status last, since the colour that says it as well is not for everybody. */
const GIVES_WAY: readonly Column[] = [FORECAST, GROWN, USED, RATE, FULL_IN, STATUS];
const ALL: readonly Column[] = [NAME, PERCENT, USED, GROWN, RATE, FULL_IN, FORECAST, STATUS];

function shownColumns(rows: readonly WatchRow[], columns: number): readonly Column[] {
  const foretold = rows.some(({ forecast }) => forecast !== null);
  let shown = ALL.filter((column) => column !== FORECAST || foretold);
  for (const least of GIVES_WAY) {
    if (widthOf(shown, rows) + GAP + BAR.least <= columns) break;
    shown = shown.filter((column) => column !== least);
  }
  // Beside the status even the bar gives way.
  const barest = [NAME, PERCENT, STATUS];
  return shown.includes(STATUS) || widthOf(barest, rows) > columns ? shown : barest;
}

function widths(shown: readonly Column[], rows: readonly WatchRow[]): readonly number[] {
  return shown.map(({ head, cell }) => Math.max(head.length, ...rows.map((row) => cell(row).length)));
}

function widthOf(shown: readonly Column[], rows: readonly WatchRow[]): number {
  return widths(shown, rows).reduce((sum, width) => sum + width, GAP * (shown.length - 1));
}

/** The head, and a line for each row, with a bar after the name as long as there is room. */
function table(
  rows: readonly WatchRow[],
  shown: readonly Column[],
  columns: number,
): readonly [Line, ...Line[]] {
  const wide = widths(shown, rows);
  const room = Math.min(BAR.most, columns - widthOf(shown, rows) - GAP);
  const line = (cells: readonly string[], filled: string): string =>
    cells
      .flatMap((cell, i) => {
        const width = wide[i] ?? 0;
        const padded = shown[i]?.right === true ? cell.padStart(width) : cell.padEnd(width);
        return i === 0 && room >= BAR.least ? [padded, filled] : [padded];
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const head = line(
    shown.map((column) => column.head),
    ' '.repeat(Math.max(0, room)),
  );
  return [
    { text: head, style: 'dim' },
    ...rows.map((row) => ({
      text: line(
        shown.map(({ cell }) => cell(row)),
        bar(row.usedBytes === null ? 0 : percentOf(row), Math.max(0, room)),
      ),
      style: STYLES[row.status],
    })),
  ];
}

/** Says each column that is there, and none that is not. */
/** What is wrong, a line each; those that are well, all in one. */
function backupLines(all: readonly WatchBackups[]): readonly Line[] {
  if (all.length === 0) return [];
  const well = all.filter(({ status }) => status === 'OK').map(({ service }) => plain(service));
  const wrong = all.flatMap(({ service, status, found }) =>
    found.map((one) => ({ text: `backups of ${plain(service)}: ${plain(one)}`, style: STYLES[status] })),
  );
  return [
    { text: '' },
    ...wrong,
    ...(well.length === 0 ? [] : [{ text: `backups of ${well.join(', ')}: OK`, style: STYLES.OK }]),
  ];
}

function notes(
  { rows, rateSeconds }: WatchMeasured,
  shown: readonly Column[],
  width: number,
): readonly Line[] {
  const foretold = rows.filter(({ forecast }) => forecast !== null);
  const forecasts = foretold.map((row, i, { length }) => {
    const text = `${plain(row.name)} ${forecastText(row)}`;
    return i < length - 1 ? `${text},` : text;
  });
  const means = legend(shown, rateSeconds === null ? null : formatDuration(rateSeconds));
  return [
    ...(foretold.length > 0 && !shown.includes(FORECAST)
      ? filled(['full by the history in:', ...forecasts], width).map((text) => ({ text }))
      : []),
    ...filled(means, width).map((text) => ({ text, style: 'dim' as const })),
  ];
}

/** A sentence for each column that does not explain itself. `lately`: the time that the rates cover; null: none yet. */
function legend(shown: readonly Column[], lately: string | null): readonly string[] {
  const rates = [RATE, FULL_IN].filter((column) => shown.includes(column)).map(({ head }) => head);
  const said: readonly (readonly [Column, string])[] = [
    [PERCENT, 'OF PLAN: of the disk, or of the planned space.'],
    [GROWN, 'GROWN: since this view began.'],
    [FORECAST, 'FORECAST: full in, by the recorded history.'],
  ];
  const byRate = lately === null ? 'take a second measurement' : `by the last ${lately}`;
  return [
    ...said.filter(([column]) => shown.includes(column)).map(([, text]) => text),
    ...(rates.length === 0 ? [] : [`${rates.join(', ')}: ${byRate}.`]),
  ];
}

function helpOf({ columns }: Screen): readonly Line[] {
  const keys = KEYS.map(([key, does]) => ({ text: `  ${key}  ${does}` }));
  const means = [...legend(ALL, 'measurements, a minute or more'), 'Nothing is recorded, no alert is sent.'];
  return [
    { text: '' },
    { text: 'Keys', style: 'bold' },
    ...keys,
    { text: '' },
    { text: 'Columns', style: 'bold' },
    ...means.flatMap((one) => filled([one], columns - 2).map((text) => ({ text: `  ${text}` }))),
  ];
}

/** Each piece whole on its line where a line can hold it, else broken at blanks. */
function filled(pieces: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of pieces.flatMap((piece) => (piece.length <= width ? [piece] : piece.split(' ')))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

function percentOf({ usedBytes, limitBytes }: WatchRow): number {
  return limitBytes === 0 ? 0 : ((usedBytes ?? 0) / limitBytes) * 100;
}

/** Nobody plans for a later time. */
const LONGEST_SECONDS = 10 * 365 * 86_400;

function fullInText({ usedBytes, limitBytes, bytesPerSecond }: WatchRow): string {
  if (usedBytes === null || bytesPerSecond === null) return '?';
  if (usedBytes >= limitBytes) return 'now';
  const seconds = bytesPerSecond > 0 ? (limitBytes - usedBytes) / bytesPerSecond : LONGEST_SECONDS + 1;
  return seconds > LONGEST_SECONDS ? '-' : formatDuration(seconds);
}

function forecastText({ forecast }: WatchRow): string {
  return forecast === null ? '?' : (etaText(forecast) ?? '-');
}
