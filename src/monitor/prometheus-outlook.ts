// Owns the metrics that the disk and each service have in common: levels, growth, forecast.
import type { Rule } from '../space/level.ts';
import type { Eta } from '../space/outlook-document.ts';
import { levels, type Metric, type Series } from './prometheus-format.ts';
import type { Watched } from './report-document.ts';

/** What the disk and each service have in common. */
export function watched(
  name: (what: string) => string,
  all: readonly (readonly [labels: Readonly<Record<string, string>>, watched: Watched])[],
  at: number,
): readonly Metric[] {
  const metric = (
    what: string,
    help: string,
    series: (labels: Readonly<Record<string, string>>, watched: Watched) => readonly Series[],
  ): Metric => ({ name: name(what), help, series: all.flatMap(([labels, one]) => series(labels, one)) });
  return [
    metric('level', 'The level: 1 at the one that holds, 0 at the others.', (labels, { status }) =>
      levels(labels, status),
    ),
    metric('level_rule', 'The rule that set the level: 1 there, 0 at the others.', (labels, { fired }) =>
      RULES.map((rule) => [{ ...labels, rule }, Number(fired?.rule === rule)]),
    ),
    metric('change_bytes', 'Change of the used bytes over a period.', (labels, { growth }) => [
      [{ ...labels, period: 'day' }, growth.dayBytes],
      [{ ...labels, period: 'week' }, growth.weekBytes],
      [{ ...labels, period: 'month' }, growth.monthBytes],
    ]),
    metric(
      'forecast_known',
      'Whether (1) the history is enough for a forecast, or not (0).',
      (labels, one) => [[labels, Number(one.forecast.known)]],
    ),
    metric('growth_bytes_per_second', 'Growth by the forecast; negative: it shrinks.', (labels, one) =>
      one.forecast.known
        ? [
            [{ ...labels, estimate: 'low' }, one.forecast.lowBytesPerDay / DAY_SECONDS],
            [{ ...labels, estimate: 'likely' }, one.forecast.likelyBytesPerDay / DAY_SECONDS],
            [{ ...labels, estimate: 'high' }, one.forecast.highBytesPerDay / DAY_SECONDS],
          ]
        : [],
    ),
    // A time and not a time left: that would be wrong by the age of the report.
    metric(
      'forecast_timestamp_seconds',
      'When a mark is reached by the forecast, as seconds since 1970; no series: never.',
      (labels, { forecast }) =>
        forecast.known
          ? MARKS.flatMap((mark) => reached({ ...labels, mark }, { eta: forecast[mark], at }))
          : [],
    ),
  ];
}

const DAY_SECONDS = 86_400;

const RULES = [
  'used',
  'free',
  'inodes',
  'full-in',
  'of-disk',
  'soft-limit',
  'hard-limit',
] as const satisfies readonly Rule[];

const MARKS = ['planned', 'warning', 'critical', 'full'] as const;

function reached(
  labels: Readonly<Record<string, string>>,
  { eta, at }: { readonly eta: Eta | null; readonly at: number },
): readonly Series[] {
  if (eta === null) return [];
  const when = (seconds: number | null) => (seconds === null ? null : at + seconds);
  return [
    [{ ...labels, estimate: 'earliest' }, when(eta.earliestSeconds)],
    [{ ...labels, estimate: 'likely' }, when(eta.likelySeconds)],
    [{ ...labels, estimate: 'latest' }, when(eta.latestSeconds)],
  ];
}
