// `jts-hot status`: one picture of the host, for the person who was woken. Asks what answers at once (the kernel, processes, the record,
// the last report) and measures nothing. Changes nothing.
import type { Answer, Context } from '../command/context.ts';
import { checkServices, standing } from '../configure/check.ts';
import type { ServiceCheck } from '../configure/check-document.ts';
import { type Judgement, wrongDiagnostic } from '../disk/judge.ts';
import { newestFirst, startUndone } from '../engine/journal/journal.ts';
import { type Layout, servicePath } from '../layout/layout.ts';
import { EXIT } from '../messages/diagnostic.ts';
import { keptReport } from '../monitor/last-report.ts';
import type { MonitorResult } from '../monitor/report-document.ts';
import type { FileSystem } from '../port/file-system.ts';
import { percentOf } from '../space/levels.ts';
import type { Facts } from './facts.ts';
import { nextToType } from './next.ts';
import type { Change, ServiceStatus, StatusResult } from './status-document.ts';

const WEEK_MS = 7 * 86_400_000;

export async function statusCommand(context: Context): Promise<Answer<StatusResult>> {
  const { layout, host } = context;
  const isRoot = host.surroundings().effectiveUid === 0;
  const { judged, wrong, away, on } = await standing(context);
  const report = keptReport(context);
  // Only root sees what the processes of others have open, and reads their configuration.
  const checks = isRoot ? await checkServices(layout, host, { what: 'all', ...on }) : [];
  const changes = isRoot ? changesSince(context, Date.parse(context.now()) - WEEK_MS) : null;
  const next = nextToType({
    isRoot,
    isSetUp: layout.services.some((service) => host.entry(servicePath(layout, service)).type !== 'missing'),
    wrong: wrong === null ? away.map(({ problem }) => problem) : [wrongDiagnostic(wrong, layout.base)],
    checks,
    report,
    changes,
  });
  const result: StatusResult = {
    root: host.root,
    base: layout.base,
    disk: diskNow(host.fileSystem(layout.base), { judged, report }),
    services: servicesOf(layout, { checks, report }),
    measuredAt: report?.reported?.at ?? null,
    proof: proofIn(report),
    changes,
    next,
  };
  return { exitCode: next.length === 0 ? EXIT.ok : EXIT.failed, problems: [], result };
}

function servicesOf(
  layout: Layout,
  { checks, report }: Pick<Facts, 'checks' | 'report'>,
): readonly ServiceStatus[] {
  const { backups = [], services = [] } = report ?? {};
  return layout.services.map((service): ServiceStatus => {
    const check = checks.find((one) => one.service === service.name);
    const use = services.find((one) => one.service === service.name);
    const backup = backups.find((one) => one.service === service.name);
    return {
      service: service.name,
      state: check?.state ?? null,
      places: placesOf(check),
      usedBytes: use?.usedBytes ?? null,
      plannedBytes: service.plannedBytes,
      level: use?.status ?? null,
      forecast: use?.forecast ?? null,
      backup:
        backup === undefined
          ? null
          : {
              level: backup.level,
              lastGoodAt: backup.lastGood?.at ?? null,
              lastRestoredAt: backup.lastVerified?.at ?? null,
            },
    };
  });
}

function placesOf(check: ServiceCheck | undefined): readonly string[] {
  return [...new Set((check?.servers ?? []).flatMap(({ places }) => places ?? []))];
}

function proofIn(report: MonitorResult | null): StatusResult['proof'] {
  const checks = report?.checks ?? null;
  if (checks === null) return null;
  const { at, level, passed, failed, warnings, skipped } = checks;
  return { at, level, passed, failed, warnings, skipped };
}

function diskNow(
  fs: FileSystem,
  { judged, report }: { readonly judged: Judgement | null; readonly report: MonitorResult | null },
): StatusResult['disk'] {
  const usedBytes = fs.sizeBytes - fs.freeBytes;
  const usableBytes = usedBytes + fs.availableBytes;
  const wrong = judged?.wrong ?? null;
  // Numbers of another disk say nothing of this one.
  const measured = wrong === null ? (report?.fileSystem ?? null) : null;
  return {
    wrong: wrong === null ? null : wrong.found,
    source: fs.source,
    mountPoint: fs.mountPoint,
    sizeBytes: fs.sizeBytes,
    availableBytes: fs.availableBytes,
    usedPercent: percentOf(usedBytes, usableBytes),
    level: measured?.status ?? null,
    forecast: measured?.forecast ?? null,
  };
}

/** Newest first. Older ones are not read. */
function changesSince({ host }: Context, since: number): readonly Change[] {
  const undone = startUndone();
  const changes: Change[] = [];
  for (const run of newestFirst(host.journal)) {
    if ('unreadable' in run) continue;
    if (Date.parse(run.at) < since) break;
    undone.follow(run);
    const { at, command, scope, steps } = run;
    changes.push({ run: run.run, at, command, scope, steps, state: undone.stateOf(run) });
  }
  return changes;
}
