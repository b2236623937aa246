// Owns the Prometheus text format, version 0.0.4: labels, escaping, levels as a state set. Must not know what is reported.
// https://prometheus.io/docs/instrumenting/exposition_formats/ and …/docs/practices/naming/

import type { Status } from './report-document.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A value that is null, or no number, has no series. All are gauges: nothing here only ever rises. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly series: readonly Series[];
}

export type Series = readonly [labels: Readonly<Record<string, string>>, value: number | null];

/** Metrics without a series are left out, and of two series that look the same the second. */
export function renderMetrics(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, series }) => {
    const seen = new Map<string, number>();
    for (const [labels, value] of series) {
      const id = name + renderLabels(labels);
      if (value !== null && Number.isFinite(value) && !seen.has(id)) seen.set(id, value);
    }
    if (seen.size === 0) return [];
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      ...[...seen].map(([id, value]) => `${id} ${value}`),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Label values are UTF-8: bytes that are not became lone surrogates (values/file-name.ts), which have no UTF-8. */
function escaped(value: string): string {
  return value.toWellFormed().replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

const STATUSES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const satisfies readonly Status[];

/** As OpenMetrics writes a state set, so that `… == 1` selects a level by its name. */
export function levels(labels: Readonly<Record<string, string>>, status: Status): readonly Series[] {
  return STATUSES.map((level) => [{ ...labels, level: level.toLowerCase() }, Number(level === status)]);
}

export function ratioOf(part: number | null, whole: number): number | null {
  return part === null || whole === 0 ? null : part / whole;
}
