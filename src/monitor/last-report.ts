// Owns answering from the last report, for those who may not measure: without root a service's directory is closed. What
// they may read is the copy of the history that the layout's group gets. Must not measure or record.

import { backupStates } from '../backup/state.ts';
import type { Answer, Context } from '../command/context.ts';
import type { History } from '../history/history.ts';
import { type Levels, levelsOf, type Monitoring, withUsedPercent } from '../layout/monitoring.ts';
import { cleanFacts } from '../maintain/cleaned.ts';
import { Problem } from '../messages/diagnostic.ts';
import { firedRule, type Measure } from '../space/levels.ts';
import type { Fired } from '../space/outlook-document.ts';
import { awaySince } from '../space/overdue.ts';
import { serviceUsage, statusOf, worst } from './assemble-report.ts';
import { checksFacts } from './checks-facts.ts';
import { STATUS_EXIT } from './report.ts';
import type { FileSystemUsage, MonitorResult, Thresholds } from './report-document.ts';
import { fullInOf } from './watched.ts';

/** null: we are root and measure, there is no report that we may read, or another version wrote it. */
export function lastReport(context: Context): MonitorResult | null {
  return context.host.surroundings().effectiveUid === 0 ? null : keptReport(context);
}

/** As it was written last, with what has changed since then without a measurement; null: there is none that we may read. */
export function keptReport(context: Context): MonitorResult | null {
  const { history: open, monitoring } = context;
  let history: History | null = null;
  try {
    history = open({ mode: 'read', group: monitoring.group });
    const kept = history?.report() ?? null;
    const result = kept === null ? null : resultIn(kept.json);
    if (history === null || kept === null || result === null) return null;
    const now = Date.parse(context.now());
    const away = awaySince(history.recentTimes(), { now, lookingSince: 0 });
    const { samples, first } = history.extent();
    const backups = backupStates(history, context.layout, now);
    const status = statusOf({ ...result, backups });
    return {
      ...result,
      // An old OK is no all-clear.
      status: away === null ? status : worst([status, 'UNKNOWN']),
      backups,
      reported: { at: new Date(kept.at).toISOString(), ageSeconds: Math.max(0, (now - kept.at) / 1000) },
      checks: checksFacts(history),
      ...cleanFacts(history),
      history: {
        recorded: false,
        samples,
        since: first === null ? null : new Date(first).toISOString(),
        notes: [...(away === null ? [] : [OVERDUE]), ...history.notes],
      },
      alerts: { ...result.alerts, delivered: 0 },
    };
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  } finally {
    history?.close();
  }
}

export const OVERDUE = 'no sample since then, though one was due: see jts-hot schedule';

/** null: not what this version writes. */
function resultIn(json: string): MonitorResult | null {
  try {
    const result = JSON.parse(json) as Partial<MonitorResult>;
    const isWhole = ['fileSystem', 'services', 'plans', 'other', 'unaccountedBytes'].every(
      (key) => key in result,
    );
    return isWhole ? (result as MonitorResult) : null;
  } catch {
    return null;
  }
}

/** As `monitor` answers; null as of `lastReport`. `thresholds`: those of this call. */
export function reportedMonitor(
  context: Context,
  thresholds: Thresholds | null,
): Answer<MonitorResult> | null {
  const last = lastReport(context);
  if (last === null) return null;
  const result = thresholds === null ? last : judgedAgain(last, context.monitoring, thresholds);
  return { exitCode: STATUS_EXIT[result.status], problems: [], result };
}

function judgedAgain(last: MonitorResult, monitoring: Monitoring, thresholds: Thresholds): MonitorResult {
  const judging = withUsedPercent(monitoring, thresholds);
  const again = <F extends FileSystemUsage>(fs: F): F => ({ ...fs, ...level(firedOn(fs, judging.disk)) });
  const fileSystem = again(last.fileSystem);
  const fileSystems = last.fileSystems?.map(again);
  const services = last.services.map((service) => {
    const fs = fileSystems?.find((one) => one.service === service.service) ?? fileSystem;
    const { usedBytes, plannedBytes, inodes, growth, forecast } = service;
    if (usedBytes === null) return service;
    const measure: Measure = {
      usedBytes,
      limitBytes: plannedBytes,
      freeBytes: Math.max(0, plannedBytes - usedBytes),
      inodes,
      inodesLimit: fs.inodes,
      fullInSeconds: fullInOf(forecast),
      ...(service.quota?.enforced === true ? { quota: service.quota } : {}),
    };
    const levels = levelsOf(judging, service.service);
    const known = { ...level(firedRule(measure, levels)), growth, forecast };
    const room = {
      sizeBytes: fs.sizeBytes,
      freeBytes: fs.sizeBytes - fs.usedBytes,
      availableBytes: fs.freeBytes,
    };
    return serviceUsage(service, { known, fs: room, quota: service.quota ?? null, levels });
  });
  const judged = { ...last, fileSystem, ...(fileSystems && { fileSystems }), services };
  const isOverdue = last.history.notes.includes(OVERDUE);
  return {
    ...judged,
    thresholds,
    status: worst([statusOf(judged), isOverdue ? 'UNKNOWN' : 'OK']),
  };
}

function firedOn(fs: FileSystemUsage, levels: Levels): Fired | null {
  const measure: Measure = {
    usedBytes: fs.usedBytes,
    limitBytes: fs.usableBytes,
    freeBytes: fs.freeBytes,
    inodes: fs.inodesUsed,
    inodesLimit: fs.inodes,
    fullInSeconds: fullInOf(fs.forecast),
  };
  return firedRule(measure, levels);
}

function level(fired: Fired | null) {
  return { status: fired?.level ?? ('OK' as const), fired };
}
