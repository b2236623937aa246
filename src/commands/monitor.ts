// `jts-hot monitor` and `jts-hot record`: who uses how much of the hot tier, where that leads, at which level it is.
// Exit status as monitoring plugins give it.
import { enqueueAlerts } from '../alert/enqueue.ts';
import { type AlertQueue, createUnkeptQueue } from '../alert/unkept.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../diagnostic.ts';
import { type FileSystem, STANDSTILL_MS } from '../host/host.ts';
import { withUsedPercent } from '../monitoring.ts';
import { shellWord } from '../typed-command.ts';
import type { Forecast, Growth } from '../usage/forecast.ts';
import { DISK, type History, type Sample, type Use } from '../usage/history.ts';
import { type Fired, type LevelState, percentOf } from '../usage/levels.ts';
import { type Look, whyOtherDisk } from '../usage/right-disk.ts';
import type { Usage } from '../usage/scan.ts';
import { chooseSource, readUsage, type Source } from '../usage/source.ts';
import { type Outlook, outlooks, readPast, type Subject } from '../usage/watched.ts';
import { type Answer, type Context, measuringProgress, requireRoot } from './command.ts';

/** Monitoring Plugins Development Guidelines, "Plugin Return Codes". */
const STATUS_EXIT = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type Status = keyof typeof STATUS_EXIT;

/** null: the layout has switched that rule off. */
export interface Thresholds {
  readonly warningPercent: number | null;
  readonly criticalPercent: number | null;
}

export interface MonitorResult {
  readonly status: Status;
  readonly root: string;
  readonly base: string;
  /** Of the disk. */
  readonly thresholds: Thresholds;
  readonly source: Source;
  /** All that was looked at. */
  readonly entries: number;
  /** Names of files with hard links that were counted each, because too many of them were met. */
  readonly linksBeyond: number;
  readonly timedOut: boolean;
  readonly fileSystem: FileSystemUsage;
  /** Largest first. */
  readonly services: readonly ServiceUsage[];
  readonly history: HistoryFacts;
  readonly alerts: AlertFacts;
}

/** What the disk and each service have in common. */
export interface Watched {
  /** What was measured now and how long that has been so decide it; UNKNOWN where there is no measure. */
  readonly status: Status;
  /** The rule that set the level; null: OK or UNKNOWN. */
  readonly fired: Fired | null;
  readonly growth: Growth;
  readonly forecast: Forecast;
}

export interface FileSystemUsage extends Watched {
  readonly mountPoint: string;
  readonly source: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** What services can still take. */
  readonly freeBytes: number;
  /** Of what they can have at all, as df gives it. */
  readonly usedPercent: number;
  /** 0: the file system makes them as it needs them. */
  readonly inodes: number;
  readonly inodesUsed: number;
}

export interface ServiceUsage extends Usage, Watched {
  /** Of the planned space; null where it is unknown. */
  readonly usedPercent: number | null;
}

export interface HistoryFacts {
  /** Whether this run added a sample. */
  readonly recorded: boolean;
  readonly samples: number;
  /** ISO 8601; null: none yet. */
  readonly since: string | null;
  /** Why nothing was recorded; damage that was set aside. */
  readonly notes: readonly string[];
}

export interface AlertFacts {
  /** By this run. */
  readonly delivered: number;
  /** Failed so far; the next run tries again. */
  readonly waiting: number;
  readonly failures: readonly { readonly channel: string; readonly error: string }[];
}

export interface MonitorOptions {
  /** Of -w and -c: levels are then judged for this run alone, remembered by nobody and told to nobody. */
  readonly thresholds: Thresholds | null;
  /** Add a sample to the history, remember levels, tell of changes. */
  readonly record: boolean;
  /** What has not answered by then is given up. */
  readonly timeoutMs: number | null;
}

export async function monitorCommand(
  context: Context,
  options: MonitorOptions,
): Promise<Answer<MonitorResult>> {
  const measured = await measure(context, options.timeoutMs);
  const judged = options.record
    ? recorded(context, measured, options)
    : judgedOnly(context, measured, options);
  const { history, problems, outlook, facts, queue } = judged;
  try {
    const told = queue === null ? NOTHING_TOLD : await tell(context, queue);
    const result = report(context, options, { measured, outlook, history: facts, alerts: told });
    // Levels of -w and -c are for this run alone: who scrapes must not be told of them.
    if (history !== null && facts.recorded && options.thresholds === null)
      problems.push(...keepReport(history, result, context));
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
    hint: `see what is mounted: findmnt --target ${shellWord(base)}; where nothing was ever set up: jts-hot setup`,
  });
}

interface Measurement extends Pick<MonitorResult, 'source' | 'entries' | 'linksBeyond' | 'timedOut'> {
  readonly at: number;
  readonly fileSystem: FileSystem;
  readonly usages: readonly Usage[];
  readonly subjects: readonly Subject[];
}

async function measure(context: Context, timeoutMs: number | null): Promise<Measurement> {
  const { spec, host } = context;
  const onProgress = measuringProgress(context);
  const fileSystem = host.fileSystem(spec.base);
  const source = chooseSource(fileSystem);
  const scanned = await readUsage(source, { spec, host, options: { timeoutMs, onProgress } });
  const { usages, entries, linksBeyond, timedOut } = scanned;
  // To ask a file system that does not answer would be to hang with it.
  if (timedOut && usages.every(({ unreadable }) => unreadable[0]?.error === 'timeout'))
    throw new Problem(EXIT.failed, [
      diagnostic('E_NO_ANSWER', 'cannot measure a file system that does not answer', {
        at: spec.base,
        detail: `want an answer within ${(timeoutMs ?? STANDSTILL_MS) / 1000} s, found none`,
        hint: 'see what the disk says (dmesg | tail), and what waits for it (ps -eo pid,stat,wchan:20,cmd | grep " D")',
      }),
    ]);
  const subjects = [diskSubject(fileSystem), ...usages.flatMap((usage) => serviceSubject(usage, fileSystem))];
  const at = Date.parse(context.now());
  return { at, fileSystem, usages, subjects, source, entries, linksBeyond, timedOut };
}

function diskSubject(fs: FileSystem): Subject {
  const usedBytes = fs.sizeBytes - fs.freeBytes;
  return {
    name: DISK,
    usedBytes,
    limitBytes: usedBytes + fs.availableBytes,
    freeBytes: fs.availableBytes,
    inodes: fs.inodes - fs.inodesFree,
    inodesLimit: fs.inodes,
    complete: true,
  };
}

function serviceSubject(usage: Usage, fs: FileSystem): readonly Subject[] {
  const { service, usedBytes, plannedBytes, inodes, unreadable } = usage;
  if (usedBytes === null) return [];
  return [
    {
      name: service,
      usedBytes,
      limitBytes: plannedBytes,
      freeBytes: Math.max(0, plannedBytes - usedBytes),
      inodes,
      inodesLimit: fs.inodes,
      complete: unreadable.length === 0,
    },
  ];
}

interface Judged {
  /** Still open: to be closed by whoever asked. */
  readonly history: History | null;
  readonly outlook: ReadonlyMap<string, Outlook>;
  readonly facts: HistoryFacts;
  readonly problems: Diagnostic[];
  /** Whoever is to be told of it is told from here; null: nobody is. */
  readonly queue: AlertQueue | null;
}

/** Reads the history where it may, changes nothing. */
function judgedOnly(context: Context, measured: Measurement, options: MonitorOptions, why?: string): Judged {
  const { monitoring, host } = context;
  const notes = why === undefined ? [] : [why];
  let history: History | null = null;
  try {
    history = host.history({ mode: 'read', group: monitoring.group });
    const outlook = judge(context, options, { measured, history });
    const facts = historyFacts(history, { recorded: false, notes });
    return { history, outlook, facts, problems: [], queue: null };
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    // Whoever cannot read the history still gets the report.
    notes.push(...error.diagnostics.map(({ summary, detail }) => [summary, ...detail].join(': ')));
    const outlook = judge(context, options, { measured, history: null });
    const facts = historyFacts(null, { recorded: false, notes });
    return { history: null, outlook, facts, problems: [], queue: null };
  }
}

function recorded(context: Context, measured: Measurement, options: MonitorOptions): Judged {
  const { monitoring, host, spec } = context;
  if (host.surroundings().effectiveUid !== 0)
    return judgedOnly(context, measured, options, 'not recorded: only root adds to the history');
  if (host.entry(spec.base).type !== 'directory')
    return judgedOnly(context, measured, options, `not recorded: there is no ${spec.base}`);
  const otherDisk = (last: Look | null) =>
    whyOtherDisk(spec.base, { mountPoint: measured.fileSystem.mountPoint, usages: measured.usages }, last);
  let history: History | null = null;
  try {
    let why = otherDisk(null);
    if (why === null) {
      history = host.history({ mode: 'write', group: monitoring.group });
      if (history === null) throw new Error('a history opened for writing is made where there is none');
      why = otherDisk(lastLook(history));
    }
    if (history === null || why !== null) {
      history?.close();
      return judgedOnly(context, measured, options, `not recorded: ${why}`);
    }
    const outlook = append(context, history, { measured, options });
    const facts = historyFacts(history, { recorded: true, notes: [] });
    return { history, outlook, facts, problems: [], queue: history };
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    const judged = judgedOnly(context, measured, options, 'not recorded: see the message');
    const isTold =
      options.thresholds === null && otherDisk(judged.history && lastLook(judged.history)) === null;
    const queue = isTold ? unkeptQueue(context, measured, judged) : null;
    return { ...judged, problems: [...error.diagnostics], queue };
  }
}

/** Where nothing can be written is where something is wrong: what is new since the last time that it could be is told. */
function unkeptQueue(
  context: Context,
  measured: Measurement,
  { history, outlook }: Pick<Judged, 'history' | 'outlook'>,
): AlertQueue {
  const queue = createUnkeptQueue(history?.lastTold() ?? []);
  const before = history?.levels() ?? new Map<string, LevelState>();
  const sure = history === null ? withStates(outlook, measured.at) : outlook;
  announce(context, queue, { measured, outlook: sure, before, after: levelsAfter(before, sure) });
  return queue;
}

/** Of nothing that was remembered. */
function withStates(outlook: ReadonlyMap<string, Outlook>, since: number): ReadonlyMap<string, Outlook> {
  return new Map(
    [...outlook].map(([name, one]) => {
      const state: LevelState = { level: one.fired?.level ?? 'OK', since, fired: one.fired, pending: null };
      return [name, { ...one, state }];
    }),
  );
}

/** What could not be measured now stays at the level it had. */
function levelsAfter(
  before: ReadonlyMap<string, LevelState>,
  outlook: ReadonlyMap<string, Outlook>,
): ReadonlyMap<string, LevelState> {
  const after = new Map(before);
  for (const [name, { state }] of outlook) if (state !== null) after.set(name, state);
  return after;
}

function announce(
  context: Context,
  queue: AlertQueue,
  change: {
    readonly measured: Measurement;
    readonly outlook: ReadonlyMap<string, Outlook>;
    readonly before: ReadonlyMap<string, LevelState>;
    readonly after: ReadonlyMap<string, LevelState>;
  },
): void {
  const { measured, outlook, before, after } = change;
  const judged = measured.subjects.filter(({ name }) => outlook.get(name)?.state !== null);
  enqueueAlerts(queue, {
    before,
    after,
    facts: new Map(judged.map((subject) => [subject.name, usesOf(subject)])),
    monitoring: context.monitoring,
    host: context.hostName,
    base: context.spec.base,
    now: measured.at,
    newId: () => crypto.randomUUID(),
  });
}

/** null: nothing was kept yet, or by a version that kept something else. */
function lastLook(history: History): Look | null {
  const kept = history.report();
  if (kept === null) return null;
  const { fileSystem, services } = (JSON.parse(kept.json) ?? {}) as Partial<MonitorResult>;
  if (typeof fileSystem?.mountPoint !== 'string' || !Array.isArray(services)) return null;
  return { mountPoint: fileSystem.mountPoint, usages: services };
}

/** One transaction, so that of two runs at a time each change of level is seen, and told, by one of them only. */
function append(
  context: Context,
  history: History,
  { measured, options }: { readonly measured: Measurement; readonly options: MonitorOptions },
): ReadonlyMap<string, Outlook> {
  const { at, subjects } = measured;
  // Half a service would look like a clean-up.
  const whole = subjects.filter((subject) => subject.complete);
  const sample: Sample = { at, uses: new Map(whole.map((subject) => [subject.name, usesOf(subject)])) };
  return history.transaction(() => {
    const outlook = judge(context, options, { measured, history });
    history.append(sample);
    if (options.thresholds !== null) return outlook;
    const before = history.levels();
    const after = levelsAfter(before, outlook);
    history.setLevels(after);
    announce(context, history, { measured, outlook, before, after });
    return outlook;
  });
}

/** As it can be kept: a file system may claim to be of any size, and to have more free than it has. */
function usesOf({ usedBytes, inodes, limitBytes }: Subject): Use {
  const kept = (count: number) => Math.min(Math.max(0, count), Number.MAX_SAFE_INTEGER);
  return { usedBytes: kept(usedBytes), inodes: kept(inodes), limitBytes: kept(limitBytes) };
}

function judge(
  { monitoring }: Context,
  { thresholds }: MonitorOptions,
  { measured, history }: { readonly measured: Measurement; readonly history: History | null },
): ReadonlyMap<string, Outlook> {
  // Without a memory a level would wait for samples that never come.
  const states = thresholds === null && history !== null ? history.levels() : null;
  return outlooks(measured.subjects, {
    monitoring: thresholds === null ? monitoring : withUsedPercent(monitoring, thresholds),
    past: readPast(history, measured.at),
    states,
    now: measured.at,
  });
}

const NOTHING_TOLD: AlertFacts = { delivered: 0, waiting: 0, failures: [] };

/** Loaded only where there is somebody to tell: most runs tell nobody anything. */
async function tell(context: Context, queue: AlertQueue): Promise<AlertFacts> {
  const { alerts } = context.monitoring;
  if (alerts.channels.length === 0) return NOTHING_TOLD;
  const { deliverAlerts } = await import('../alert/deliver.ts');
  return deliverAlerts(context, queue);
}

/** For those who must not measure themselves (`serve`). */
function keepReport(history: History, result: MonitorResult, context: Context): readonly Diagnostic[] {
  try {
    history.setReport(Date.parse(context.now()), JSON.stringify(result));
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.diagnostics;
    throw error;
  }
}

function historyFacts(
  history: History | null,
  { recorded, notes }: { readonly recorded: boolean; readonly notes: readonly string[] },
): HistoryFacts {
  const { samples, first } = history?.extent() ?? { samples: 0, first: null };
  return {
    recorded,
    samples,
    since: first === null ? null : new Date(first).toISOString(),
    notes: [...notes, ...(history?.notes ?? [])],
  };
}

function report(
  { spec, host, monitoring }: Context,
  { thresholds }: MonitorOptions,
  known: {
    readonly measured: Measurement;
    readonly outlook: ReadonlyMap<string, Outlook>;
    readonly history: HistoryFacts;
    readonly alerts: AlertFacts;
  },
): MonitorResult {
  const { measured, outlook, history, alerts } = known;
  const { source, entries, linksBeyond, timedOut } = measured;
  const fileSystem = fileSystemUsage(measured.fileSystem, watched(outlook.get(DISK)));
  const services = measured.usages.map((usage) => serviceUsage(usage, watched(outlook.get(usage.service))));
  const { warning, critical } = monitoring.disk;
  return {
    status: worst([fileSystem.status, ...services.map((service) => service.status)]),
    root: host.root,
    base: spec.base,
    thresholds: thresholds ?? {
      warningPercent: warning.usedPercent,
      criticalPercent: critical.usedPercent,
    },
    source,
    entries,
    linksBeyond,
    timedOut,
    fileSystem,
    services,
    history,
    alerts,
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
  const { usedBytes, limitBytes, inodes } = diskSubject(fs);
  return {
    ...known,
    mountPoint: fs.mountPoint,
    source: fs.source,
    type: fs.type,
    sizeBytes: fs.sizeBytes,
    usedBytes,
    freeBytes: fs.availableBytes,
    usedPercent: percentOf(usedBytes, limitBytes),
    inodes: fs.inodes,
    inodesUsed: inodes,
  };
}

function serviceUsage(usage: Usage, known: Watched): ServiceUsage {
  const usedPercent = usage.usedBytes === null ? null : percentOf(usage.usedBytes, usage.plannedBytes);
  // What could not be read may be any size: more than was counted, so only OK is in doubt.
  const status = known.status === 'OK' && usage.unreadable.length > 0 ? 'UNKNOWN' : known.status;
  return { ...usage, ...known, status, usedPercent };
}

const BY_WEIGHT: readonly Status[] = ['OK', 'UNKNOWN', 'WARNING', 'CRITICAL'];

/** A known warning is worth more than an unknown: it asks for the same person, and says why. */
function worst(statuses: readonly Status[]): Status {
  return statuses.reduce((a, b) => (BY_WEIGHT.indexOf(b) > BY_WEIGHT.indexOf(a) ? b : a), 'OK');
}
