// `jts-hot monitor`: who uses how much of the hot tier. Exit status as monitoring plugins give it.
import type { FileSystem } from '../host/host.ts';
import { scan, type Usage } from '../usage/scan.ts';
import type { Answer, Context } from './command.ts';

/** Monitoring Plugins Development Guidelines, "Plugin Return Codes". */
const STATUS_EXIT = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type Status = keyof typeof STATUS_EXIT;

export interface Thresholds {
  readonly warningPercent: number;
  readonly criticalPercent: number;
}

export interface MonitorResult {
  readonly status: Status;
  readonly root: string;
  readonly base: string;
  readonly thresholds: Thresholds;
  readonly fileSystem: FileSystemUsage;
  /** Largest first. */
  readonly services: readonly ServiceUsage[];
}

export interface FileSystemUsage {
  readonly mountPoint: string;
  readonly source: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** What services can still take. */
  readonly freeBytes: number;
  /** Of what they can have at all, as df gives it. */
  readonly usedPercent: number;
  readonly status: Status;
}

export interface ServiceUsage extends Usage {
  /** Of the planned space; null where it is unknown. */
  readonly usedPercent: number | null;
  readonly status: Status;
}

export function monitorCommand(context: Context, thresholds: Thresholds): Answer<MonitorResult> {
  const { spec, host } = context;
  const fileSystem = fileSystemUsage(host.fileSystem(spec.base), thresholds);
  const services = scan(spec, host, (name) => context.progress(`measuring ${name}`)).map((usage) =>
    serviceUsage(usage, thresholds),
  );
  const status = worst([fileSystem.status, ...services.map((service) => service.status)]);
  return {
    exitCode: STATUS_EXIT[status],
    problems: [],
    result: { status, root: host.root, base: spec.base, thresholds, fileSystem, services },
  };
}

function fileSystemUsage(fs: FileSystem, thresholds: Thresholds): FileSystemUsage {
  const usedBytes = fs.sizeBytes - fs.freeBytes;
  const usedPercent = percent(usedBytes, usedBytes + fs.availableBytes);
  const { mountPoint, source, type, sizeBytes } = fs;
  const status = statusOf(usedPercent, thresholds);
  return {
    mountPoint,
    source,
    type,
    sizeBytes,
    usedBytes,
    freeBytes: fs.availableBytes,
    usedPercent,
    status,
  };
}

function serviceUsage(usage: Usage, thresholds: Thresholds): ServiceUsage {
  const usedPercent = usage.usedBytes === null ? null : percent(usage.usedBytes, usage.plannedBytes);
  const known = usedPercent === null ? 'UNKNOWN' : statusOf(usedPercent, thresholds);
  // What could not be read may be any size: more than was counted, so only OK is in doubt.
  const status = known === 'OK' && usage.unreadable.length > 0 ? 'UNKNOWN' : known;
  return { ...usage, usedPercent, status };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}

function statusOf(usedPercent: number, thresholds: Thresholds): Status {
  if (usedPercent >= thresholds.criticalPercent) return 'CRITICAL';
  return usedPercent >= thresholds.warningPercent ? 'WARNING' : 'OK';
}

const BY_WEIGHT: readonly Status[] = ['OK', 'UNKNOWN', 'WARNING', 'CRITICAL'];

/** A known warning is worth more than an unknown: it asks for the same person, and says why. */
function worst(statuses: readonly Status[]): Status {
  return statuses.reduce((a, b) => (BY_WEIGHT.indexOf(b) > BY_WEIGHT.indexOf(a) ? b : a), 'OK');
}
