// Owns how a measurement and what it means become one report: the numbers, per cents, the worst level. Pure; must not
// measure or judge by the past.

import type { AlertFacts } from '../alerts/deliver-document.ts';
import type { Context } from '../command/context.ts';
import { DISK } from '../history/history.ts';
import { plannedTotalBytes } from '../layout/layout.ts';
import { type Levels, levelsOf, withUsedPercent } from '../layout/monitoring.ts';
import type { FileSystem } from '../port/file-system.ts';
import { percentOf } from '../space/levels.ts';
import { unaccountedBytes } from '../space/measure.ts';
import type { Usage } from '../space/measure-document.ts';
import type { Growth } from '../space/outlook-document.ts';
import {
  firedByDisk,
  percentOfReachable,
  plannableBytes,
  reachableBytes,
  roomOf,
  type Stated,
} from '../space/room.ts';
import type { Judged, Measurement } from './judgement.ts';
import type { MonitorOptions } from './report.ts';
import type {
  ChecksFacts,
  FileSystemUsage,
  MonitorResult,
  ServiceUsage,
  Status,
  Watched,
} from './report-document.ts';
import type { Outlook } from './watched.ts';

export function assembleReport(
  { layout, host, monitoring }: Context,
  { thresholds }: MonitorOptions,
  known: {
    readonly measured: Measurement;
    readonly judged: Judged;
    readonly alerts: AlertFacts;
    readonly checks: ChecksFacts | null;
  },
): MonitorResult {
  const { measured, alerts, checks } = known;
  const { outlook, facts, otherDisk, health } = known.judged;
  const { source, entries, linksBeyond, timedOut } = measured;
  const disk = watched(outlook.get(DISK));
  const fileSystem = fileSystemUsage(measured.fileSystem, disk);
  const judging = thresholds === null ? monitoring : withUsedPercent(monitoring, thresholds);
  const services = measured.usages.map((usage) =>
    serviceUsage(usage, {
      known: watched(outlook.get(usage.service)),
      fs: measured.fileSystem,
      limit: measured.limits.get(usage.service) ?? null,
      levels: levelsOf(judging, usage.service),
    }),
  );
  const { warning, critical } = monitoring.disk;
  const planned = {
    plannedBytes: plannedTotalBytes(layout),
    plannableBytes: plannableBytes(measured.fileSystem),
  };
  return {
    status: worst([
      fileSystem.status,
      ...services.map((service) => service.status),
      ...health.map(({ level }) => level),
    ]),
    root: host.root,
    base: layout.base,
    thresholds: thresholds ?? {
      warningPercent: warning.usedPercent,
      criticalPercent: critical.usedPercent,
    },
    source,
    entries,
    linksBeyond,
    timedOut,
    fileSystem,
    plans: { ...planned, fit: planned.plannedBytes <= planned.plannableBytes },
    services,
    other: measured.other,
    unaccountedBytes: unaccountedBytes(measured, fileSystem.usedBytes),
    health,
    otherDisk,
    history: facts,
    alerts,
    checks,
    reported: null,
  };
}

const NO_GROWTH: Growth = { dayBytes: null, weekBytes: null, monthBytes: null };

/** Of what could not be measured nothing is known. */
function watched(outlook: Outlook | undefined): Watched {
  if (outlook === undefined)
    return {
      status: 'UNKNOWN',
      fired: null,
      growth: NO_GROWTH,
      forecast: { known: false, reason: 'it could not be measured' },
    };
  const { growth, forecast, fired } = outlook;
  return { status: fired?.level ?? 'OK', fired, growth, forecast };
}

function fileSystemUsage(fs: FileSystem, known: Watched): FileSystemUsage {
  const { sizeBytes, usedBytes, availableBytes, usableBytes } = roomOf(fs);
  return {
    ...known,
    mountPoint: fs.mountPoint,
    source: fs.source,
    type: fs.type,
    sizeBytes,
    usedBytes,
    freeBytes: availableBytes,
    usableBytes,
    usedPercent: percentOf(usedBytes, usableBytes),
    inodes: fs.inodes,
    inodesUsed: fs.inodes - fs.inodesFree,
  };
}

export function serviceUsage(
  usage: Usage,
  {
    known,
    fs,
    limit = null,
    levels,
  }: {
    readonly known: Watched;
    readonly fs: Stated;
    /** Of its project quota. */
    readonly limit?: Stated | null;
    readonly levels: Levels;
  },
): ServiceUsage {
  const { usedBytes, plannedBytes } = usage;
  if (usedBytes === null)
    return { ...usage, ...known, usedPercent: null, reachableBytes: null, usedPercentOfReachable: null };
  const own = limit === null ? null : reachableBytes({ usedBytes, plannedBytes }, limit);
  const reachable = leastOf(own, reachableBytes({ usedBytes, plannedBytes }, fs));
  const ofReachable = reachable === null ? null : percentOfReachable(usedBytes, reachable);
  // The disk's own alert tells of it: no level is remembered, and nobody is told once for each service.
  const byDisk = ofReachable === null ? null : firedByDisk(ofReachable, levels);
  const isGraver = byDisk !== null && worst([known.status, byDisk.level]) !== known.status;
  // Of a project quota the level is its own and remembered; per cent are of what it can have all the same.
  const graver = isGraver || (byDisk !== null && own !== null && byDisk.level === known.status);
  const level = graver ? byDisk.level : known.status;
  return {
    ...usage,
    ...known,
    // What could not be read may have any size. The true use is then larger, so only OK is in doubt.
    status: level === 'OK' && usage.unreadable.length > 0 ? 'UNKNOWN' : level,
    fired: graver ? byDisk : known.fired,
    usedPercent: percentOf(usedBytes, plannedBytes),
    reachableBytes: reachable,
    usedPercentOfReachable: ofReachable,
  };
}

function leastOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

const BY_WEIGHT: readonly Status[] = ['OK', 'UNKNOWN', 'WARNING', 'CRITICAL'];

/** A known warning says more than UNKNOWN: it calls the same person, and says why. */
export function worst(statuses: readonly Status[]): Status {
  return statuses.reduce((a, b) => (BY_WEIGHT.indexOf(b) > BY_WEIGHT.indexOf(a) ? b : a), 'OK');
}
