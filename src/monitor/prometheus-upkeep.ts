// Owns the metrics of how a host is kept: the health of its disks, its backups, the last proof, cleaning.
import type { BackupState } from '../backup/state-document.ts';
import type { DiskHealth } from '../health/health-document.ts';
import { levels, type Metric, ratioOf, type Series } from './prometheus-format.ts';
import type { ChecksFacts, MonitorResult } from './report-document.ts';

/** What NVMe disks say of themselves. */
export function health(base: string, disks: MonitorResult['health']): readonly Metric[] {
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
export function backups(base: string, states: MonitorResult['backups']): readonly Metric[] {
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
export function checks(base: string, proof: ChecksFacts | null): readonly Metric[] {
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
export function cleaning(base: string, last: MonitorResult['cleaning']): readonly Metric[] {
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
