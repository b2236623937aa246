// Owns how a measurement and what it means become one report: the numbers, per cents, the worst level. Pure; must not
// measure or judge by the past.

import type { AlertFacts } from '../alerts/deliver-document.ts';
import type { Context } from '../command/context.ts';
import { DISK, OWN_FILE_SYSTEM } from '../history/history.ts';
import { type Layout, plannedTotalBytes } from '../layout/layout.ts';
import { type Levels, levelsOf, withUsedPercent } from '../layout/monitoring.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { holdersOf, plannedOn } from '../space/holders.ts';
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
import { roomFor } from './own-file-systems.ts';
import type { MonitorOptions } from './report.ts';
import type {
  ChecksFacts,
  FileSystemUsage,
  HeldFileSystem,
  MonitorResult,
  ServiceQuota,
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
  const { outlook, facts, otherDisk, health, backups } = known.judged;
  const { source, entries, linksBeyond, timedOut } = measured;
  const disk = watched(outlook.get(DISK));
  const fileSystem = fileSystemUsage(measured.fileSystem, disk);
  const judging = thresholds === null ? monitoring : withUsedPercent(monitoring, thresholds);
  const fileSystems = heldFileSystems(layout, host, { measured, outlook, base: fileSystem });
  const services = measured.usages.map((usage) =>
    serviceUsage(usage, {
      known: watched(outlook.get(usage.service)),
      fs: roomFor(usage.service, measured),
      limit: measured.limits.get(usage.service) ?? null,
      quota: measured.quotas.get(usage.service)?.shown ?? null,
      levels: levelsOf(judging, usage.service),
    }),
  );
  const { warning, critical } = monitoring.disk;
  const plans = {
    plannedBytes: plannedTotalBytes(layout),
    plannableBytes: fileSystems.reduce((sum, one) => sum + one.plannableBytes, 0),
    fit: fileSystems.every(({ fit }) => fit),
  };
  const onBase = measured.usages.filter(({ service }) => fileSystems[0]?.services.includes(service));
  return {
    status: statusOf({ fileSystem, fileSystems, services, health, backups }),
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
    ...(host.mounts.length === 0 ? {} : { fileSystems }),
    plans,
    services,
    other: measured.other,
    unaccountedBytes: unaccountedBytes({ usages: onBase, other: measured.other }, fileSystem.usedBytes),
    health,
    backups,
    otherDisk,
    history: facts,
    alerts,
    checks,
    reported: null,
  };
}

/** That of the base first. */
function heldFileSystems(
  layout: Layout,
  host: HostReader,
  known: {
    readonly measured: Measurement;
    readonly outlook: Judged['outlook'];
    readonly base: FileSystemUsage;
  },
): readonly HeldFileSystem[] {
  const { measured, outlook, base } = known;
  return holdersOf(layout, host).flatMap((holder): readonly HeldFileSystem[] => {
    const { service, services } = holder;
    const found =
      service === null
        ? measured.fileSystem
        : measured.own.find((one) => one.service === service)?.fileSystem;
    if (found === undefined) return [];
    const usage =
      service === null ? base : fileSystemUsage(found, watched(outlook.get(OWN_FILE_SYSTEM + service)));
    const [plannedBytes, plannable] = [plannedOn(holder), plannableBytes(found)];
    const fit = plannedBytes <= plannable;
    const names = services.map(({ name }) => name);
    return [{ ...usage, service, services: names, plannedBytes, plannableBytes: plannable, fit }];
  });
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
    quota = null,
    levels,
  }: {
    readonly known: Watched;
    readonly fs: Stated;
    /** Of its project quota. */
    readonly limit?: Stated | null;
    readonly quota?: ServiceQuota | null;
    readonly levels: Levels;
  },
): ServiceUsage {
  const { usedBytes, plannedBytes } = usage;
  const of = { ...usage, ...(quota === null ? {} : { quota }) };
  if (usedBytes === null)
    return { ...of, ...known, usedPercent: null, reachableBytes: null, usedPercentOfReachable: null };
  const own = limit === null ? null : reachableBytes({ usedBytes, plannedBytes }, limit);
  const reachable = leastOf(own, reachableBytes({ usedBytes, plannedBytes }, fs));
  const ofReachable = reachable === null ? null : percentOfReachable(usedBytes, reachable);
  // The disk's own alert tells of it: no level is remembered, and nobody is told once for each service.
  const byDisk = ofReachable === null ? null : firedByDisk(ofReachable, levels);
  const isGraver = byDisk !== null && worst([known.status, byDisk.level]) !== known.status;
  // Of a project quota the level is its own and remembered; per cent are of what it can have all the same.
  const isEnd = known.fired?.rule === 'hard-limit';
  const graver = isGraver || (byDisk !== null && own !== null && byDisk.level === known.status && !isEnd);
  const level = graver ? byDisk.level : known.status;
  return {
    ...of,
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

/** Of a whole report. One of an earlier version knows nothing of some of it. */
export function statusOf({
  fileSystem,
  fileSystems,
  services,
  health,
  backups,
}: Pick<MonitorResult, 'fileSystem' | 'services'> &
  Partial<Pick<MonitorResult, 'fileSystems' | 'health' | 'backups'>>): Status {
  return worst([
    fileSystem.status,
    ...(fileSystems ?? []).map(({ status }) => status),
    ...services.map(({ status }) => status),
    ...(health ?? []).map(({ level }) => level),
    ...(backups ?? []).map(({ level }) => level),
  ]);
}

/** A known warning says more than UNKNOWN: it calls the same person, and says why. */
export function worst(statuses: readonly Status[]): Status {
  return statuses.reduce((a, b) => (BY_WEIGHT.indexOf(b) > BY_WEIGHT.indexOf(a) ? b : a), 'OK');
}
