// `jts-hot monitor` and `jts-hot record`: who uses how much of the hot tier, where that leads, at which level it is.
// Exit status as monitoring plugins give it.

import type { AlertFacts } from '../alerts/deliver-document.ts';
import type { AlertQueue } from '../alerts/unkept.ts';
import { type Answer, type Context, measuringProgress, requireRoot } from '../command/context.ts';
import { adoptIfNew, compareDisk, noAnswer } from '../command/right-disk.ts';
import { wrongDiagnostic } from '../disk/judge.ts';
import { askHealth } from '../health/record.ts';
import { OWN_FILE_SYSTEM } from '../history/history.ts';
import { cleanFacts } from '../maintain/cleaned.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { shellWord } from '../messages/typed-command.ts';
import { STANDSTILL_MS } from '../port/measure.ts';
import { notScanned } from '../space/measure.ts';
import { readUsage, sourceWithout } from '../space/source.ts';
import { assembleReport } from './assemble-report.ts';
import { checksFacts } from './checks-facts.ts';
import { historyAhead } from './history-ahead.ts';
import {
  diskUnmeasured,
  type Judged,
  judgedOnly,
  keepReport,
  type Measurement,
  recorded,
} from './judgement.ts';
import { reportedMonitor } from './last-report.ts';
import { measurable, ownFileSystems, roomFor, unlooked } from './own-file-systems.ts';
import { limitsOf, quotasOf } from './quotas.ts';
import { type MonitorOptions, STATUS_EXIT } from './report.ts';
import type { MonitorResult } from './report-document.ts';
import { diskSubject, serviceSubject } from './subjects.ts';

export async function monitorCommand(
  context: Context,
  options: MonitorOptions,
): Promise<Answer<MonitorResult>> {
  const reported = options.orReport === true ? reportedMonitor(context, options.thresholds) : null;
  if (reported !== null) return reported;
  const ahead = historyAhead(context);
  let measured: Measurement;
  let judged: Judged;
  try {
    measured = await measure(context, options, ahead.open);
    judged = options.record
      ? recorded(ahead.context, measured, options)
      : judgedOnly(context, measured, options);
  } finally {
    ahead.close();
  }
  const { history, at, problems, facts, queue } = judged;
  try {
    const told = queue === null ? NOTHING_TOLD : await tell(context, queue);
    const checks = checksFacts(history);
    const report = assembleReport(context, options, { measured, judged, alerts: told, checks });
    const result = { ...report, ...cleanFacts(history) };
    const { judgement } = measured;
    if (judgement !== null && judgement.wrong !== null)
      problems.push(wrongDiagnostic(judgement.wrong, result.base));
    else if (facts.recorded) problems.push(...adoptIfNew(context, judgement));
    problems.push(...measured.wrong.map(({ problem }) => problem));
    // Levels of -w and -c are for this run alone: scrapers must not see them.
    if (history !== null && facts.recorded && options.thresholds === null)
      problems.push(...keepReport(history, at, result));
    problems.push(...(history?.problems ?? []));
    return { exitCode: STATUS_EXIT[result.status], problems, result };
  } finally {
    history?.close();
  }
}

/** For timers: a sample, without a report. Its exit status says whether there is one, not how full the disk is. */
export async function recordCommand(
  context: Context,
  options: Pick<MonitorOptions, 'timeoutMs'>,
): Promise<Answer<MonitorResult>> {
  requireRoot(context);
  const answer = await monitorCommand(context, { ...options, record: true, thresholds: null });
  const { result, problems } = answer;
  if (result === null || result.history.recorded) return { ...answer, exitCode: EXIT.ok };
  const unsaid = problems.length === 0 ? [notRecorded(result)] : problems;
  return { ...answer, exitCode: EXIT.failed, problems: unsaid };
}

function notRecorded({ base, history }: MonitorResult): Diagnostic {
  return diagnostic('E_NOT_RECORDED', 'cannot record what may not be the hot tier', {
    at: base,
    detail: history.notes,
    hint: `see what is mounted: findmnt --target ${shellWord(base)}; where nothing was ever set up: sudo jts-hot setup`,
  });
}

/** `whileMeasuring`: called once the threads are at work, where their sample is to be recorded. */
async function measure(
  context: Context,
  options: MonitorOptions,
  whileMeasuring: () => void,
): Promise<Measurement> {
  const { layout, host } = context;
  const { timeoutMs } = options;
  const onProgress = measuringProgress(context);
  const judgement = await compared(context, options);
  const isRight = (judgement?.wrong ?? null) === null;
  const { right, wrong } = isRight ? await measurable(context, timeoutMs) : { right: context, wrong: [] };
  const scanning = isRight ? readUsage(right.layout, host, { timeoutMs, onProgress }) : null;
  if (scanning !== null && options.record) whileMeasuring();
  const scanned = (await scanning) ?? {
    ...notScanned(layout),
    source: sourceWithout(host.mountedAt(layout.base)),
    countings: [],
  };
  const { other, source, entries, linksBeyond, timedOut } = scanned;
  const usages = [...scanned.usages, ...unlooked(layout, wrong)];
  // Asking a file system that does not answer would hang.
  if (timedOut && usages.every(({ unreadable }) => unreadable[0]?.error === 'timeout')) {
    if (options.record && options.thresholds === null) await tellOfSilence(context);
    throw noAnswer(layout.base, timeoutMs ?? STANDSTILL_MS);
  }
  const fileSystem = host.fileSystem(layout.base);
  const own = isRight ? ownFileSystems(right.layout, host, usages) : [];
  const rooms = { fileSystem, own };
  const wall = Date.parse(context.now());
  const quotas = quotasOf(scanned.countings);
  const limits = isRight ? limitsOf(right.layout, host, { rooms, quotas }) : new Map();
  const subjects = isRight
    ? [
        diskSubject(fileSystem),
        ...own.map((one) => diskSubject(one.fileSystem, OWN_FILE_SYSTEM + one.service)),
        ...usages.flatMap((usage) =>
          serviceSubject(usage, {
            fs: roomFor(usage.service, rooms),
            limit: limits.get(usage.service),
            quota: quotas.get(usage.service)?.limits ?? null,
          }),
        ),
      ]
    : [];
  // By those alone who keep what comes of it: it starts a program.
  const asksDisks = isRight && options.record && host.surroundings().effectiveUid === 0;
  const asked = asksDisks ? await askHealth(host, fileSystem) : [];
  const clock = host.clock();
  const counted = { usages, other, source, entries, linksBeyond, timedOut };
  return { wall, clock, judgement, wrong, fileSystem, own, asked, limits, quotas, subjects, ...counted };
}

export const SILENCE = 'it does not answer';

async function compared(context: Context, { timeoutMs, record, thresholds }: MonitorOptions) {
  try {
    return await compareDisk(context, timeoutMs);
  } catch (error) {
    const silent = error instanceof Problem && error.diagnostics[0]?.code === 'E_NO_ANSWER';
    if (silent && record && thresholds === null) await tellOfSilence(context);
    throw error;
  }
}

/** There is no report then, but channels may have to be told. */
async function tellOfSilence(context: Context): Promise<void> {
  const history = diskUnmeasured(context, {
    why: SILENCE,
    wall: Date.parse(context.now()),
    clock: context.host.clock(),
  });
  try {
    if (history !== null) await tell(context, history);
  } finally {
    history?.close();
  }
}

export const NOTHING_TOLD: AlertFacts = { delivered: 0, waiting: 0, failures: [] };

/** Loaded only where there is somebody to tell: most runs tell nobody anything. */
export async function tell(context: Context, queue: AlertQueue): Promise<AlertFacts> {
  const { alerts } = context.monitoring;
  if (alerts.channels.length === 0) return NOTHING_TOLD;
  const { deliverAlerts } = await import('../alerts/deliver.ts');
  return deliverAlerts(context, queue);
}
