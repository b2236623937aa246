// Owns the space report as metrics for Prometheus: which there are, in which order.
// Must not measure, serve or write: what may be missing in a report has no series, and never a made-up value.

import { levels, type Metric, renderMetrics, type Series } from './prometheus-format.ts';
import { beside, fileSystem, ownFileSystems, plans, services } from './prometheus-space.ts';
import { backups, checks, cleaning, health } from './prometheus-upkeep.ts';
import type { MonitorResult } from './report-document.ts';

/** `at`: when it was measured, ISO 8601. `program`: our version. Ends with a newline. */
export function renderPrometheus(result: MonitorResult, at: string, program: string): string {
  const measuredAt = Date.parse(at) / 1000;
  return renderMetrics([
    ...buildInfo(result.base, program),
    ...report(result, measuredAt),
    ...fileSystem(result, measuredAt),
    ...ownFileSystems(result, measuredAt),
    ...plans(result.base, result.plans ?? null),
    ...beside(result),
    ...services(result, measuredAt),
    // Of an earlier version's report nothing is known of these.
    ...health(result.base, result.health ?? []),
    ...backups(result.base, result.backups ?? []),
    ...checks(result.base, result.checks ?? null),
    ...cleaning(result.base, result.cleaning),
  ]);
}

export function buildInfo(base: string, program: string): readonly Metric[] {
  const labels = { base, version: program };
  return [
    {
      name: 'jts_hot_build_info',
      help: 'A constant 1, labelled with the version of jts-hot.',
      series: [[labels, 1]],
    },
  ];
}

function report(result: MonitorResult, measuredAt: number): readonly Metric[] {
  const { base, source, entries, linksBeyond, timedOut, history, alerts, status } = result;
  const one = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    series: [[{ base }, value]],
  });
  return [
    one('jts_hot_sample_timestamp_seconds', 'When the disk was measured, as seconds since 1970.', measuredAt),
    {
      name: 'jts_hot_source_info',
      help: 'A constant 1, labelled with where the use of services comes from.',
      series: [[{ base, by: source.by }, 1]],
    },
    one('jts_hot_scan_entries', 'Directory entries that were looked at.', entries),
    one(
      'jts_hot_scan_timed_out',
      'Whether (1) a part was given up because it did not answer, or not (0).',
      Number(timedOut),
    ),
    one(
      'jts_hot_scan_uncertain_links',
      'Names of files with hard links that were counted each, because too many were met.',
      linksBeyond,
    ),
    one(
      'jts_hot_history_recorded',
      'Whether (1) this report is also a sample of the history, or not (0).',
      Number(history.recorded),
    ),
    one('jts_hot_history_samples', 'Samples in the history.', history.samples),
    one(
      'jts_hot_alert_deliveries_waiting',
      'Alerts that no channel has taken yet; the next run tries again.',
      alerts.waiting,
    ),
    {
      name: 'jts_hot_alert_failed_deliveries',
      help: 'Alerts that this channel did not take when last tried.',
      series: [...Map.groupBy(alerts.failures, ({ channel }) => channel)].map(
        ([channel, failures]): Series => [{ base, channel }, failures.length],
      ),
    },
    {
      name: 'jts_hot_level',
      help: 'The worst level of disk and services: 1 at the one that holds, 0 at the others.',
      series: levels({ base }, status),
    },
  ];
}
