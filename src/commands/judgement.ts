// Owns what a measurement means beside what is remembered: whether it is of the right disk, at which level each thing is,
// the sample that is kept, and who is to be told. Must not measure or deliver.
import { enqueueAlerts } from '../alert/enqueue.ts';
import { type AlertQueue, createUnkeptQueue, withOwnIds } from '../alert/unkept.ts';
import { type Diagnostic, Problem } from '../diagnostic.ts';
import type { FileSystem } from '../host/host.ts';
import { withUsedPercent } from '../monitoring.ts';
import { boundedSince } from '../usage/clock.ts';
import type { BootClock, History, Use } from '../usage/history.ts';
import type { LevelState } from '../usage/levels.ts';
import { type Look, whyOtherDisk } from '../usage/right-disk.ts';
import type { Usage } from '../usage/scan.ts';
import { type Outlook, outlooks, readPast, type Subject } from '../usage/watched.ts';
import type { Context } from './command.ts';
import type { HistoryFacts, MonitorOptions, MonitorResult } from './monitor.ts';

/** What was measured, before anything is known of what was before. */
export interface Measurement extends Pick<MonitorResult, 'source' | 'entries' | 'linksBeyond' | 'timedOut'> {
  /** Milliseconds since the epoch, by the clock on the wall. */
  readonly wall: number;
  readonly clock: BootClock | null;
  readonly fileSystem: FileSystem;
  readonly usages: readonly Usage[];
  readonly subjects: readonly Subject[];
}

export interface Judged {
  /** Still open: to be closed by whoever asked. */
  readonly history: History | null;
  /** Milliseconds since the epoch: when it was measured, also where the clock on the wall is wrong. */
  readonly at: number;
  readonly outlook: ReadonlyMap<string, Outlook>;
  readonly facts: HistoryFacts;
  readonly problems: Diagnostic[];
  /** Why this is not the disk that was measured last; null: nothing speaks for that, or nothing was measured yet. */
  readonly otherDisk: string | null;
  /** Whoever is to be told of it is told from here; null: nobody is. */
  readonly queue: AlertQueue | null;
}

/** With the time that the history takes it for. */
type Timed = Measurement & { readonly at: number };

function timed(measured: Measurement, history: History | null): Timed {
  return { ...measured, at: history?.timeOf(measured) ?? measured.wall };
}

/** Reads the history where it may, changes nothing. */
export function judgedOnly(
  context: Context,
  measured: Measurement,
  options: MonitorOptions,
  why?: string,
): Judged {
  const { monitoring, host } = context;
  const notes = why === undefined ? [] : [why];
  let history: History | null = null;
  try {
    history = host.history({ mode: 'read', group: monitoring.group });
    const now = timed(measured, history);
    const outlook = judge(context, options, { measured: now, history });
    const facts = historyFacts(history, { recorded: false, notes });
    const last = history && lastLook(history);
    const otherDisk = last && whyOtherDisk(context.spec.base, lookOf(measured), last);
    return { history, at: now.at, outlook, facts, problems: [], otherDisk, queue: null };
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    // Whoever cannot read the history still gets the report.
    notes.push(...error.diagnostics.map(({ summary, detail }) => [summary, ...detail].join(': ')));
    const now = timed(measured, null);
    const outlook = judge(context, options, { measured: now, history: null });
    const facts = historyFacts(null, { recorded: false, notes });
    return { history: null, at: now.at, outlook, facts, problems: [], otherDisk: null, queue: null };
  }
}

export function recorded(context: Context, measured: Measurement, options: MonitorOptions): Judged {
  const { monitoring, host, spec } = context;
  if (host.surroundings().effectiveUid !== 0)
    return judgedOnly(context, measured, options, 'not recorded: only root adds to the history');
  if (host.entry(spec.base).type !== 'directory')
    return judgedOnly(context, measured, options, `not recorded: there is no ${spec.base}`);
  const otherDisk = (last: Look | null) => whyOtherDisk(spec.base, lookOf(measured), last);
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
    const { at, outlook } = append(context, history, { measured, options });
    const facts = historyFacts(history, { recorded: true, notes: [] });
    return { history, at, outlook, facts, problems: [], otherDisk: null, queue: history };
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    const judged = judgedOnly(context, measured, options, 'not recorded: see the message');
    const isTold = options.thresholds === null && otherDisk(null) === null && judged.otherDisk === null;
    const queue = isTold ? unkeptQueue(context, measured, judged) : null;
    return { ...judged, problems: [...error.diagnostics], queue };
  }
}

/** Where nothing can be written is where something is wrong: what is new since the last time that it could be is told. */
function unkeptQueue(
  context: Context,
  measured: Measurement,
  { history: known, outlook, at }: Pick<Judged, 'history' | 'outlook' | 'at'>,
): AlertQueue {
  const copy = known === null ? publishedCopy(context) : null;
  const history = known ?? copy;
  const queue = createUnkeptQueue(history?.lastTold() ?? []);
  const before = history === null ? new Map<string, LevelState>() : levelsIn(history, at);
  const sure = known === null ? withStates(outlook, at) : outlook;
  copy?.close();
  announce(context, queue, {
    measured: { ...measured, at },
    outlook: sure,
    before,
    after: levelsAfter(before, sure),
  });
  return queue;
}

/** What was told last is known from it, too, where the history itself cannot be read. */
function publishedCopy({ host, monitoring }: Context): History | null {
  try {
    return host.history({ mode: 'published', group: monitoring.group });
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
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
    readonly measured: Timed;
    readonly outlook: ReadonlyMap<string, Outlook>;
    readonly before: ReadonlyMap<string, LevelState>;
    readonly after: ReadonlyMap<string, LevelState>;
  },
): void {
  const { measured, outlook, before, after } = change;
  const judged = measured.subjects.filter(({ name }) => outlook.get(name)?.state !== null);
  enqueueAlerts(withOwnIds(queue), {
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

function lookOf({ fileSystem, usages }: Measurement): Look {
  return { mountPoint: fileSystem.mountPoint, usages };
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
): { readonly at: number; readonly outlook: ReadonlyMap<string, Outlook> } {
  const { wall, clock, subjects } = measured;
  // Half a service would look like a clean-up.
  const whole = subjects.filter((subject) => subject.complete);
  const uses = new Map(whole.map((subject) => [subject.name, usesOf(subject)]));
  return history.transaction(() => {
    const now = timed(measured, history);
    const outlook = judge(context, options, { measured: now, history });
    const before = levelsIn(history, now.at);
    history.append({ at: wall, clock, uses });
    if (options.thresholds !== null) return { at: now.at, outlook };
    const after = levelsAfter(before, outlook);
    history.setLevels(after);
    announce(context, history, { measured: now, outlook, before, after });
    return { at: now.at, outlook };
  });
}

/** Earlier programs kept what a wrong clock said: a level that began in 1970, or begins in ten years. */
function levelsIn(history: History, now: number): ReadonlyMap<string, LevelState> {
  const first = history.extent().first ?? now;
  return new Map(
    [...history.levels()].map(([name, state]) => [
      name,
      { ...state, since: boundedSince(state.since, { first, now }) },
    ]),
  );
}

/** As it can be kept: a file system may claim to be of any size, and to have more free than it has. */
function usesOf({ usedBytes, inodes, limitBytes }: Subject): Use {
  const kept = (count: number) => Math.min(Math.max(0, count), Number.MAX_SAFE_INTEGER);
  return { usedBytes: kept(usedBytes), inodes: kept(inodes), limitBytes: kept(limitBytes) };
}

function judge(
  { monitoring }: Context,
  { thresholds }: MonitorOptions,
  { measured, history }: { readonly measured: Timed; readonly history: History | null },
): ReadonlyMap<string, Outlook> {
  // Without a memory a level would wait for samples that never come.
  const states = thresholds === null && history !== null ? levelsIn(history, measured.at) : null;
  return outlooks(measured.subjects, {
    monitoring: thresholds === null ? monitoring : withUsedPercent(monitoring, thresholds),
    past: readPast(history, measured.at),
    states,
    now: measured.at,
  });
}

/** For those who must not measure themselves (`serve`), and those who may only read. */
export function keepReport(history: History, at: number, result: MonitorResult): readonly Diagnostic[] {
  try {
    history.setReport(at, JSON.stringify(result));
    history.publish();
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
