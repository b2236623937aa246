// Owns at which level a disk's health is, and why: from what it said now and how many media errors it had a week ago. Pure.
import type { BlockDisk } from '../port/block-disk.ts';
import type { DiskHealthSaid } from '../port/disk-health.ts';
import type { DiskHealth, HealthCause } from './health-document.ts';
import { parseSmartLog, type SmartLog, WARNING_BITS } from './smart-log.ts';

/** Endurance that is used: from here on it should be replaced in time, and at the end it may stop taking writes. */
const WEARING_FROM_PERCENT = 80;
const WORN_FROM_PERCENT = 100;

export interface Earlier {
  readonly mediaErrors: number | null;
}

/** `earlier`: the first that was kept within the last week; null: none was. `at`: ISO 8601. */
export function judgeHealth(
  said: DiskHealthSaid,
  { disk, earlier, at }: { readonly disk: BlockDisk; readonly earlier: Earlier | null; readonly at: string },
): DiskHealth {
  const log = 'text' in said.log ? parseSmartLog(said.log.text) : null;
  const causes = [...ofKernel(said, log), ...(log === null ? [] : ofLog(log, earlier))];
  const isSilent = 'none' in said.log && said.log.none === 'no answer';
  return {
    disk: said.name,
    serial: disk.serial ?? said.name,
    model: disk.model,
    at,
    level: worstOf(causes) ?? (isSilent ? 'UNKNOWN' : 'OK'),
    causes: causes.toSorted((a, b) => Number(a.level === 'WARNING') - Number(b.level === 'WARNING')),
    by: log === null ? 'sysfs' : 'nvme',
    why: log !== null ? null : 'none' in said.log ? said.log.why : 'what nvme printed is no SMART log',
    sparePercent: log?.sparePercent ?? null,
    spareThresholdPercent: log?.spareThresholdPercent ?? null,
    wearPercent: log?.wearPercent ?? null,
    mediaErrors: log?.mediaErrors ?? null,
    unsafeShutdowns: log?.unsafeShutdowns ?? null,
    powerOnHours: log?.powerOnHours ?? null,
    celsius: log?.celsius ?? null,
    writtenBytes: log?.writtenBytes ?? null,
  };
}

function worstOf(causes: readonly HealthCause[]): 'WARNING' | 'CRITICAL' | null {
  if (causes.length === 0) return null;
  return causes.some(({ level }) => level === 'CRITICAL') ? 'CRITICAL' : 'WARNING';
}

const critical = (cause: HealthCause['cause'], found: string): HealthCause => ({
  level: 'CRITICAL',
  cause,
  found,
});
const warning = (cause: HealthCause['cause'], found: string): HealthCause => ({
  level: 'WARNING',
  cause,
  found,
});

function ofKernel({ controller, readOnly }: DiskHealthSaid, log: SmartLog | null): readonly HealthCause[] {
  const isToldByLog = log !== null && hasBit(log, 'readOnly');
  return [
    ...(controller === 'dead' ? [critical('dead', 'the kernel has given it up')] : []),
    ...(readOnly && !isToldByLog ? [critical('read-only', 'the kernel takes no writes for it')] : []),
  ];
}

function hasBit({ criticalWarning }: SmartLog, bit: keyof typeof WARNING_BITS): boolean {
  return (criticalWarning & WARNING_BITS[bit]) !== 0;
}

function ofLog(log: SmartLog, earlier: Earlier | null): readonly HealthCause[] {
  const { sparePercent, spareThresholdPercent, wearPercent, mediaErrors } = log;
  const isShort = sparePercent < spareThresholdPercent || hasBit(log, 'spare');
  const more = earlier === null || earlier.mediaErrors === null ? 0 : mediaErrors - earlier.mediaErrors;
  return [
    ...(hasBit(log, 'readOnly') ? [critical('read-only', 'it takes no writes any more')] : []),
    ...(isShort
      ? [
          critical(
            'spare',
            sparePercent < spareThresholdPercent
              ? `${sparePercent} % spare left, less than its threshold of ${spareThresholdPercent} %`
              : 'it warns of too little spare',
          ),
        ]
      : []),
    ...(hasBit(log, 'reliability') ? [critical('reliability', 'it says that it is not reliable')] : []),
    ...(hasBit(log, 'backup') ? [critical('backup', 'its own memory would not survive a power cut')] : []),
    ...(wearPercent >= WORN_FROM_PERCENT
      ? [critical('worn', `${wearPercent} % of its endurance used`)]
      : wearPercent > WEARING_FROM_PERCENT
        ? [warning('wearing', `${wearPercent} % of its endurance used`)]
        : []),
    ...(more > 0
      ? [warning('media-errors', `${more} more media errors within a week, ${mediaErrors} in all`)]
      : []),
    ...(hasBit(log, 'persistentReadOnly')
      ? [warning('read-only', 'its persistent memory region takes no writes any more')]
      : []),
    ...(hasBit(log, 'temperature')
      ? [
          warning(
            'temperature',
            `it warns of its temperature${log.celsius === null ? '' : `, ${log.celsius} °C`}`,
          ),
        ]
      : []),
  ];
}
