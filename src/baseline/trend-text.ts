// What `jts-hot history` prints of baselines: each figure of the first and of the last.
import { columns, type Paint, plain, wrap } from '../messages/paint.ts';
import { formatBytes } from '../values/size.ts';
import { latencyText } from './bench-text.ts';
import { ROWS, SAYS } from './measurements.ts';
import type { Trend } from './trend-document.ts';
import { DROP_PERCENT } from './verdict.ts';

const INDENT = '  ';

export function renderTrends(trends: readonly Trend[], paint: Paint): readonly string[] {
  return trends.flatMap((trend) => ['', ...renderTrend(trend, paint)]);
}

function renderTrend({ disk, service, mode, direct, baselines }: Trend, paint: Paint): readonly string[] {
  const [first, last] = [baselines[0], baselines.at(-1)];
  if (first === undefined || last === undefined) return [];
  const isOne = first === last;
  const when = isOne
    ? `measured on ${day(first.at)}`
    : `measured ${baselines.length} times from ${day(first.at)} to ${day(last.at)}`;
  const whose = service === null ? '' : ` ${service}`;
  const way = direct ? '' : ', through the page cache';
  const heads = isOne
    ? ['SPEED', 'BANDWIDTH', 'P99']
    : ['SPEED', 'FIRST', 'LAST', 'CHANGE', 'P99 FIRST', 'P99 LAST'];
  const rows = ROWS.flatMap((name) => {
    const [before, now] = [first, last].map(({ rows: all }) => all.find((row) => row.name === name));
    if (before === undefined || now === undefined) return [];
    const change = before.bytesPerSecond > 0 ? (now.bytesPerSecond / before.bytesPerSecond - 1) * 100 : 0;
    const [rate, p99] = [`${formatBytes(now.bytesPerSecond)}/s`, latencyText(now.latencyP99Ns)];
    const cells = isOne
      ? [rate, p99]
      : [
          `${formatBytes(before.bytesPerSecond)}/s`,
          rate,
          `${change > 0 ? '+' : ''}${Math.round(change)} %`,
          latencyText(before.latencyP99Ns),
          p99,
        ];
    return [{ cells: [SAYS[name], ...cells], isSlower: change < -DROP_PERCENT }];
  });
  const [head = '', ...lines] = columns([heads, ...rows.map(({ cells }) => cells)], [1, 2, 3, 4, 5]);
  return [
    wrap(plain(`disk ${disk}, bench${whose} --${mode}${way}: ${when}`), '    ', INDENT),
    paint('dim', INDENT + head),
    ...lines.map((line, i) => INDENT + (rows[i]?.isSlower ? paint('yellow', line) : line)),
  ];
}

function day(at: string): string {
  return at.slice(0, 10);
}
