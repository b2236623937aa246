// Owns the space report as metrics in the Prometheus text format, version 0.0.4: names, labels, units, escaping.
// Must not measure, serve or write: what may be missing in a report has no series, and never a made-up value.
// https://prometheus.io/docs/instrumenting/exposition_formats/ and …/docs/practices/naming/

import type { BackupState } from '../backup/state-document.ts';
import type { DiskHealth } from '../health/health-document.ts';
import type { Rule } from '../space/level.ts';
import type { Eta } from '../space/outlook-document.ts';
import type { ChecksFacts, MonitorResult, ServiceUsage, Status, Watched } from './report-document.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A value that is null, or no number, has no series. All are gauges: nothing here only ever rises. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly series: readonly Series[];
}
type Series = readonly [labels: Readonly<Record<string, string>>, value: number | null];

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

/** What NVMe disks say of themselves. */
function health(base: string, disks: MonitorResult['health']): readonly Metric[] {
  const name = (what: string) => `jts_hot_disk_${what}`;
  const each = (what: string, help: string, value: (disk: DiskHealth) => number | null): Metric => ({
    name: name(what),
    help,
    series: disks.map((one) => [{ base, serial: one.serial }, value(one)]),
  });
  return [
    {
      name: name('info'),
      help: 'A constant 1, labelled with the disk below the base that has this serial number.',
      series: disks.map(({ serial, disk, model }) => [{ base, serial, disk, model: model ?? '' }, 1]),
    },
    {
      name: name('health_level'),
      help: 'The level of its health: 1 at the one that holds, 0 at the others.',
      series: disks.flatMap(({ serial, level }) => levels({ base, serial }, level)),
    },
    each('spare_ratio', 'Spare that is left.', ({ sparePercent }) => ratioOf(sparePercent, 100)),
    each('spare_threshold_ratio', 'Spare below which the disk itself warns.', ({ spareThresholdPercent }) =>
      ratioOf(spareThresholdPercent, 100),
    ),
    each('wear_ratio', 'Endurance used of what it was made for; may be more than 1.', ({ wearPercent }) =>
      ratioOf(wearPercent, 100),
    ),
    each('media_errors', 'Times that data was not read or written as it was.', (one) => one.mediaErrors),
    each('unsafe_shutdowns', 'Times that its power went without notice.', (one) => one.unsafeShutdowns),
    each('written_bytes', 'Written to it in its life.', (one) => one.writtenBytes),
    each('temperature_celsius', 'Its temperature.', (one) => one.celsius),
    each(
      'health_timestamp_seconds',
      'When it was asked, as seconds since 1970.',
      ({ at }) => Date.parse(at) / 1000,
    ),
  ];
}

/** By service. Times, and no ages: those would be wrong by the age of the report. */
function backups(base: string, states: MonitorResult['backups']): readonly Metric[] {
  const each = (what: string, help: string, value: (state: BackupState) => number | null): Metric => ({
    name: `jts_hot_backup_${what}`,
    help,
    series: states.map((one) => [{ base, service: one.service }, value(one)]),
  });
  const seconds = (at: string | undefined) => (at === undefined ? null : Date.parse(at) / 1000);
  return [
    {
      name: 'jts_hot_backup_level',
      help: 'The level of the backups of the service: 1 at the one that holds, 0 at the others.',
      series: states.flatMap(({ service, level }) => levels({ base, service }, level)),
    },
    each(
      'timestamp_seconds',
      'When the last good backup was begun, as seconds since 1970; no series: there is none.',
      ({ lastGood }) => seconds(lastGood?.at),
    ),
    each('bytes', 'What the last good backup takes on the disk.', ({ lastGood }) => lastGood?.bytes ?? null),
    each(
      'duration_seconds',
      'How long the last good backup took.',
      ({ lastGood }) => lastGood?.seconds ?? null,
    ),
    each(
      'attempt_timestamp_seconds',
      'When the last backup was begun, as seconds since 1970.',
      ({ lastAttempt }) => seconds(lastAttempt?.at),
    ),
    each('attempt_failed', 'Whether (1) the last backup failed, or not (0).', ({ lastAttempt }) =>
      lastAttempt === null ? null : Number(lastAttempt.outcome === 'failed'),
    ),
    each(
      'verified_timestamp_seconds',
      'When a backup was last proved good by a restore, as seconds since 1970; no series: never.',
      ({ lastVerified }) => seconds(lastVerified?.at),
    ),
    each(
      'verify_failed',
      'Whether (1) the last restore that was to prove a backup failed, or not (0).',
      ({ lastVerify }) => (lastVerify === null ? null : Number(!lastVerify.isGood)),
    ),
    each(
      'max_age_seconds',
      'How old the last good backup may be; no series: nobody is told.',
      ({ maxAgeSeconds }) => maxAgeSeconds,
    ),
  ];
}

/** The last recorded proof of the layout. */
function checks(base: string, proof: ChecksFacts | null): readonly Metric[] {
  if (proof === null) return [];
  const { passed, failed, warnings, skipped, at, onHotTier = {} } = proof;
  const counts = Object.entries({ passed, failed, warning: warnings, skipped });
  return [
    {
      name: 'jts_hot_checks',
      help: 'Checks of the last recorded validate, by what became of them.',
      series: counts.map(([status, count]): Series => [{ base, status }, count]),
    },
    {
      name: 'jts_hot_service_on_hot_tier',
      help: 'Whether (1) the service ran with its data on the hot tier when that was last proved, or not (0).',
      series: Object.entries(onHotTier).map(
        ([service, isThere]): Series => [{ base, service }, Number(isThere)],
      ),
    },
    {
      name: 'jts_hot_checks_timestamp_seconds',
      help: 'When the layout was last proved and that recorded, as seconds since 1970.',
      series: [[{ base }, Date.parse(at) / 1000]],
    },
  ];
}

/** The last run of `clean`. */
function cleaning(base: string, last: MonitorResult['cleaning']): readonly Metric[] {
  if (last === undefined) return [];
  const one = (what: string, help: string, value: number): Metric => ({
    name: `jts_hot_clean_${what}`,
    help,
    series: [[{ base }, value]],
  });
  return [
    one('timestamp_seconds', 'When clean last ran, as seconds since 1970.', Date.parse(last.at) / 1000),
    one('freed_bytes', 'What the last run of clean freed.', last.freedBytes),
    one('freed_all_bytes', 'What all recorded runs of clean freed.', last.freedTotalBytes),
    one('trash_things', 'Things in the trash after the last run of clean.', last.trashThings),
    one('trash_bytes', 'What the disk has more of once the trash is emptied.', last.trashBytes),
  ];
}

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

function fileSystem({ base, fileSystem: fs, thresholds }: MonitorResult, at: number): readonly Metric[] {
  return [
    ...rooms('jts_hot_filesystem', [[{ base }, fs]], at),
    {
      name: 'jts_hot_filesystem_threshold_ratio',
      help: 'The used ratio from which on a level holds.',
      series: [
        [{ base, level: 'warning' }, ratioOf(thresholds.warningPercent, 100)],
        [{ base, level: 'critical' }, ratioOf(thresholds.criticalPercent, 100)],
      ],
    },
  ];
}

/** Under a name of their own, so that what asks for the base's goes on to get one answer. */
function ownFileSystems({ base, fileSystems = [] }: MonitorResult, at: number): readonly Metric[] {
  const own = fileSystems.flatMap((fs) =>
    fs.service === null ? [] : [[{ base, service: fs.service }, fs] as const],
  );
  return own.length === 0 ? [] : rooms('jts_hot_service_filesystem', own, at);
}

type Labels = Readonly<Record<string, string>>;

function rooms(
  prefix: string,
  all: readonly (readonly [Labels, MonitorResult['fileSystem']])[],
  at: number,
): readonly Metric[] {
  const name = (what: string) => `${prefix}_${what}`;
  const each = (
    what: string,
    help: string,
    value: (fs: MonitorResult['fileSystem']) => number | null,
  ): Metric => ({ name: name(what), help, series: all.map(([labels, fs]) => [labels, value(fs)]) });
  return [
    {
      name: name('info'),
      help: 'A constant 1, labelled with the file system that holds the base directory, or a service alone.',
      series: all.map(([labels, fs]) => [
        { ...labels, mountpoint: fs.mountPoint, device: fs.source, fstype: fs.type },
        1,
      ]),
    },
    each('size_bytes', 'What the file system can hold.', (fs) => fs.sizeBytes),
    each('used_bytes', 'What is used of the file system, by anybody.', (fs) => fs.usedBytes),
    each('avail_bytes', 'What services can still take.', (fs) => fs.freeBytes),
    each('usable_bytes', 'What can be used at all: used and available together.', usable),
    each('used_ratio', 'Used of what can be used at all, as df has it.', (fs) =>
      ratioOf(fs.usedBytes, usable(fs)),
    ),
    each('inodes', 'Inodes that the file system can have.', (fs) => (fs.inodes > 0 ? fs.inodes : null)),
    each('inodes_used', 'Inodes in use.', (fs) => (fs.inodes > 0 ? fs.inodesUsed : null)),
    ...watched(name, all, at),
  ];
}

/** Computed, since a report of an earlier version does not say it. */
function usable({ usedBytes, freeBytes }: MonitorResult['fileSystem']): number {
  return usedBytes + freeBytes;
}

/** All plans together. A report of an earlier version knows nothing of it. */
function plans(base: string, all: MonitorResult['plans'] | null): readonly Metric[] {
  if (all === null) return [];
  return [
    {
      name: 'jts_hot_planned_bytes',
      help: 'What the layout plans for all services together.',
      series: [[{ base }, all.plannedBytes]],
    },
    {
      name: 'jts_hot_plannable_bytes',
      help: 'What the disk can give to plans: its size without its reserve.',
      series: [[{ base }, all.plannableBytes]],
    },
  ];
}

/** What no service uses. A report of an earlier version knows nothing of it. */
function beside({ base, other, unaccountedBytes }: MonitorResult): readonly Metric[] {
  return [
    {
      name: 'jts_hot_other_used_bytes',
      help: 'Blocks on the disk below the base that belong to no service.',
      series: [[{ base }, other?.usedBytes ?? null]],
    },
    {
      name: 'jts_hot_unaccounted_bytes',
      help: 'Used on the disk by nothing that was found below the base.',
      series: [[{ base }, unaccountedBytes ?? null]],
    },
  ];
}

function services({ base, services: all }: MonitorResult, at: number): readonly Metric[] {
  const name = (what: string) => `jts_hot_service_${what}`;
  // By name: the largest first would be another order whenever one overtakes another.
  const sorted = all.toSorted((a, b) => (a.service < b.service ? -1 : 1));
  const each = (what: string, help: string, value: (usage: ServiceUsage) => number | null): Metric => ({
    name: name(what),
    help,
    series: sorted.map((usage) => [{ base, service: usage.service }, value(usage)]),
  });
  const known = (value: (usage: ServiceUsage) => number | null) => (usage: ServiceUsage) =>
    usage.usedBytes === null ? null : value(usage);
  return [
    each('planned_bytes', 'What the layout plans for the service.', (usage) => usage.plannedBytes),
    each('used_bytes', 'Blocks on the disk that the service uses.', (usage) => usage.usedBytes),
    each(
      'used_ratio',
      'Used of the planned bytes; more than 1 is over plan.',
      ({ usedBytes, plannedBytes }) => ratioOf(usedBytes, plannedBytes),
    ),
    each(
      'reachable_bytes',
      'What the disk can really give the service, where that is less than its plan.',
      ({ reachableBytes }) => reachableBytes ?? null,
    ),
    each(
      'reachable_used_ratio',
      'Used of what the disk can really give the service, where that is less than its plan.',
      ({ usedPercentOfReachable }) => ratioOf(usedPercentOfReachable ?? null, 100),
    ),
    each('quota_used_bytes', 'What the kernel counts of the project of the service.', ({ quota }) =>
      quota === undefined || quota === null ? null : quota.usedBytes,
    ),
    {
      name: name('quota_limit_bytes'),
      help: 'Limits of its project that hold; no series: there is no such limit.',
      series: sorted.flatMap(({ service, quota = null }): readonly Series[] =>
        quota === null || !quota.enforced
          ? []
          : [
              [{ base, service, limit: 'soft' }, quota.softBytes],
              [{ base, service, limit: 'hard' }, quota.hardBytes],
            ],
      ),
    },
    each(
      'apparent_bytes',
      'Lengths of the files of the service; holes count.',
      known(({ apparentBytes }) => apparentBytes),
    ),
    each(
      'inodes',
      'Inodes of the service, directories included.',
      known(({ inodes }) => inodes),
    ),
    each(
      'files',
      'Regular files of the service, each once.',
      known(({ files }) => files),
    ),
    {
      name: name('directory_used_bytes'),
      help: 'Blocks on the disk that a directory of the service uses.',
      series: sorted.flatMap(({ service, usedBytes, directories }) =>
        usedBytes === null
          ? []
          : directories.map(
              (directory): Series => [{ base, service, directory: directory.name }, directory.usedBytes],
            ),
      ),
    },
    each(
      'unreadable_entries',
      'What could not be read, so that it is not in the numbers; counted to 100.',
      ({ unreadable }) => unreadable.length,
    ),
    each(
      'uncounted_mounts',
      'File systems mounted below the service: what is in them is not in the numbers.',
      ({ mountPoints }) => mountPoints.length,
    ),
    ...watched(
      name,
      sorted.map((usage) => [{ base, service: usage.service }, usage]),
      at,
    ),
  ];
}

/** What the disk and each service have in common. */
function watched(
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
const STATUSES = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const satisfies readonly Status[];

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

/** As OpenMetrics writes a state set, so that `… == 1` selects a level by its name. */
function levels(labels: Readonly<Record<string, string>>, status: Status): readonly Series[] {
  return STATUSES.map((level) => [{ ...labels, level: level.toLowerCase() }, Number(level === status)]);
}

function ratioOf(part: number | null, whole: number): number | null {
  return part === null || whole === 0 ? null : part / whole;
}
