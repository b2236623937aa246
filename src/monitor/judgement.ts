// Owns what a measurement means beside what is remembered: whether it is of the right disk, at which level each thing is,
// the sample that is kept, and who is told. Must not measure or deliver.

import { announce, type Finding, type Findings, levelsIn, remember, usesOf } from '../alerts/remember.ts';
import { type AlertQueue, createUnkeptQueue } from '../alerts/unkept.ts';
import { backupFindings, backupStates } from '../backup/state.ts';
import type { BackupState } from '../backup/state-document.ts';
import type { Context } from '../command/context.ts';
import type { WrongService } from '../command/service-disks.ts';
import type { Judgement } from '../disk/judge.ts';
import type { DiskHealth } from '../health/health-document.ts';
import { type Asked, healthFindings, healthNow, lastHealth, recordHealth } from '../health/record.ts';
import { ALL_SERVICES, DISK, type History } from '../history/history.ts';
import { withUsedPercent } from '../layout/monitoring.ts';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { BootClock } from '../port/host.ts';
import { NO_EPISODES } from '../space/episodes.ts';
import type { LevelState } from '../space/level.ts';
import { withoutMeasure } from '../space/levels.ts';
import type { Other, Usage } from '../space/measure-document.ts';
import { awaySince } from '../space/overdue.ts';
import type { Limited } from '../space/own-limit.ts';
import { keepForLooks } from './keep-for-looks.ts';
import type { OwnFileSystem } from './own-file-systems.ts';
import type { Quota } from './quotas.ts';
import type { MonitorOptions } from './report.ts';
import type { HistoryFacts, MonitorResult } from './report-document.ts';
import { type Outlook, outlooks, readPast, type Subject } from './watched.ts';
import { withoutNames } from './without-names.ts';

/** What was measured, before the history is looked at. */
export interface Measurement extends Pick<MonitorResult, 'source' | 'entries' | 'linksBeyond' | 'timedOut'> {
  /** Milliseconds since the epoch, by the clock on the wall. */
  readonly wall: number;
  readonly clock: BootClock | null;
  /** Of the disk; null: it was not compared. Of a wrong one nothing was measured. */
  readonly judgement: Judgement | null;
  /** Services that were not looked at, since their own file systems are not there or are other ones. */
  readonly wrong: readonly WrongService[];
  readonly fileSystem: FileSystem;
  /** Of services that have one of their own. */
  readonly own: readonly OwnFileSystem[];
  /** What the disks below it say of their health; nothing: nobody asked. */
  readonly asked: readonly Asked[];
  /** By service, of those that a project quota gives less than that. */
  readonly limits: ReadonlyMap<string, Limited>;
  /** By service, of those that the kernel counts. */
  readonly quotas: ReadonlyMap<string, Quota>;
  readonly usages: readonly Usage[];
  /** What lies beside the services; null: not measured. */
  readonly other: Other | null;
  readonly subjects: readonly Subject[];
}

export interface Judged {
  /** Still open: the caller closes it. */
  readonly history: History | null;
  /** Milliseconds since the epoch: when it was measured, also where the clock on the wall is wrong. */
  readonly at: number;
  readonly outlook: ReadonlyMap<string, Outlook>;
  readonly facts: HistoryFacts;
  /** Of the disks below it, as they say now, or said last. */
  readonly health: readonly DiskHealth[];
  /** Of services that are backed up, as they are now. */
  readonly backups: readonly BackupState[];
  readonly problems: Diagnostic[];
  /** Why this is not the disk that was measured last; null: nothing speaks for that, or nothing was measured yet. */
  readonly otherDisk: string | null;
  /** From here the channels are told; null: nobody is. */
  readonly queue: AlertQueue | null;
}

/** With the time that the history gives it. */
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
  const { monitoring } = context;
  const notes = why === undefined ? [] : [why];
  let history: History | null = null;
  const judgedBy = (known: History | null): Judged => {
    const now = timed(measured, known);
    return {
      history: known,
      at: now.at,
      outlook: judge(context, options, { measured: now, history: known }),
      facts: historyFacts(known, { recorded: false, notes }),
      health: measured.asked.length > 0 ? healthNow(measured.asked, now.at) : lastHealth(known),
      backups: backupStates(known, context.layout, now.at, () => context.host.isLocked('long')),
      problems: [],
      otherDisk: whyOtherDisk(measured),
      queue: null,
    };
  };
  try {
    history = context.history({ mode: 'read', group: monitoring.group });
    return judgedBy(history);
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    // A user who cannot read the history still gets the report.
    notes.push(...error.diagnostics.map(({ summary, detail }) => [summary, ...detail].join(': ')));
    return judgedBy(null);
  }
}

export function recorded(context: Context, measured: Measurement, options: MonitorOptions): Judged {
  const { monitoring, host, layout } = context;
  if (host.surroundings().effectiveUid !== 0)
    return judgedOnly(context, measured, options, 'not recorded: only root adds to the history');
  if (host.entry(layout.base).type !== 'directory')
    return notOfTheDisk(context, { measured, options, why: `there is no ${layout.base}` });
  const why = whyOtherDisk(measured) ?? whyNothingThere(layout.base, measured);
  if (why !== null) return notOfTheDisk(context, { measured, options, why });
  let history: History | null = null;
  try {
    history = context.history({ mode: 'write', group: monitoring.group });
    if (history === null) throw new Error('a history opened for writing is made where there is none');
    const { at, outlook, health, backups } = append(context, history, { measured, options });
    const facts = historyFacts(history, { recorded: true, notes: [] });
    return { history, at, outlook, facts, health, backups, problems: [], otherDisk: null, queue: history };
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    const judged = judgedOnly(context, measured, options, 'not recorded: see the message');
    const queue = options.thresholds === null ? unkeptQueue(context, measured, judged) : null;
    return { ...judged, problems: [...error.diagnostics], queue };
  }
}

/** Nothing is recorded of another disk; that nothing is known of the right one is told, when it lasts. */
function notOfTheDisk(
  context: Context,
  it: { readonly measured: Measurement; readonly options: MonitorOptions; readonly why: string },
): Judged {
  const { measured, options, why } = it;
  const judged = judgedOnly(context, measured, options, `not recorded: ${why}`);
  if (options.thresholds !== null) return judged;
  const history = diskUnmeasured(context, { ...measured, why });
  if (history === null) return judged;
  judged.history?.close();
  return { ...judged, history, queue: history };
}

/**
 * Remembers that nothing could be measured of the disk, so that the channels can be told. The history is still open, for
 * delivering and to be closed; null: there is nobody to tell, or nothing can be written.
 */
export function diskUnmeasured(
  context: Context,
  { why, wall, clock }: Pick<Measurement, 'wall' | 'clock'> & { readonly why: string },
): History | null {
  const { monitoring, host } = context;
  if (monitoring.alerts.channels.length === 0 || host.surroundings().effectiveUid !== 0) return null;
  let history: History | null = null;
  try {
    history = context.history({ mode: 'write', group: monitoring.group });
    if (history === null) return null;
    const open = history;
    open.transaction(() => {
      const at = open.timeOf({ wall, clock });
      const before = levelsIn(open, at);
      const state = withoutMeasure(before.get(DISK) ?? null, { why, now: at });
      const found = new Map<string, Finding>([[DISK, { state, facts: null }]]);
      remember(context, open, { before, found, missed: new Set(), isSample: true, at });
    });
    return open;
  } catch (error) {
    history?.close();
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** A history that cannot be written means that something is wrong: what is new since it could be written is told. */
function unkeptQueue(
  context: Context,
  measured: Measurement,
  judged: Pick<Judged, 'history' | 'outlook' | 'at' | 'health' | 'backups'>,
): AlertQueue {
  const { history: kept, outlook, at, health, backups } = judged;
  const copy = kept === null ? publishedCopy(context) : null;
  const history = kept ?? copy;
  const queue = createUnkeptQueue(history?.lastTold() ?? []);
  const before = history === null ? new Map<string, LevelState>() : levelsIn(history, at);
  const sure = kept === null ? withStates(outlook, at) : outlook;
  copy?.close();
  const known = findings({ ...measured, at }, sure, before);
  announce(context, queue, {
    ...known,
    found: new Map([
      ...known.found,
      ...healthFindings(health, { before, now: at }),
      ...backupFindings(backups, { layout: context.layout, before, now: at }),
    ]),
    missed: new Set(),
    isSample: true,
  });
  return queue;
}

/** It also says what was told last, where the history itself cannot be read. */
function publishedCopy({ history, monitoring }: Context): History | null {
  try {
    return history({ mode: 'published', group: monitoring.group });
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Of nothing that was remembered. */
function withStates(outlook: ReadonlyMap<string, Outlook>, since: number): ReadonlyMap<string, Outlook> {
  return new Map(
    [...outlook].map(([name, one]) => {
      const { fired } = one;
      const level = fired?.level ?? 'OK';
      const state: LevelState = {
        level,
        since,
        fired,
        pending: null,
        episodes: NO_EPISODES,
        unmeasured: null,
      };
      return [name, { ...one, state }];
    }),
  );
}

/** What could not be measured now stays at the level it had. */
function findings(
  { at, subjects, usages, wrong }: Timed,
  outlook: ReadonlyMap<string, Outlook>,
  before: ReadonlyMap<string, LevelState>,
): Pick<Findings, 'before' | 'found' | 'at'> {
  const found = new Map<string, Finding>();
  for (const subject of subjects) {
    const state = outlook.get(subject.name)?.state ?? null;
    if (state !== null) found.set(subject.name, { state, facts: usesOf(subject) });
  }
  for (const usage of usages) {
    const [first] = usage.unreadable;
    const isKnown = (outlook.get(usage.service)?.fired ?? null) !== null;
    if (first === undefined || isKnown) continue;
    const other = wrong.find(({ service }) => service === usage.service)?.wrong;
    const why =
      other === undefined ? `${first.path}: ${first.error}` : `want ${other.expected}, found ${other.found}`;
    const state = withoutMeasure(before.get(usage.service) ?? null, { why, now: at });
    found.set(usage.service, { state, facts: null });
  }
  return { before, found, at };
}

/** null: it is the right one, or was not compared. */
function whyOtherDisk({ judgement }: Measurement): string | null {
  const wrong = judgement?.wrong ?? null;
  return wrong === null ? null : `want ${wrong.expected}, found ${wrong.found}`;
}

/** Samples of a disk on which nothing is set up would describe something else. */
function whyNothingThere(base: string, { usages }: Measurement): string | null {
  const isMissing = ({ usedBytes, unreadable }: Usage) =>
    usedBytes === null && unreadable[0]?.error === 'missing';
  return usages.length > 0 && usages.every(isMissing) ? `no service has a directory in ${base}` : null;
}

/** One transaction, so that of two runs at a time each change of level is seen, and told, by one of them only. */
function append(
  context: Context,
  history: History,
  { measured, options }: { readonly measured: Measurement; readonly options: MonitorOptions },
): Pick<Judged, 'at' | 'outlook' | 'health' | 'backups'> {
  const { wall, clock, subjects } = measured;
  // Half a service would look like a clean-up.
  const whole = subjects.filter((subject) => subject.complete);
  const uses = new Map(whole.map((subject) => [subject.name, usesOf(subject)]));
  return history.transaction(() => {
    const now = timed(measured, history);
    const { at } = now;
    const outlook = judge(context, options, { measured: now, history });
    const before = levelsIn(history, at);
    const earlier = history.recentTimes();
    history.append({ at: wall, clock, uses });
    keepForLooks(history, now, outlook);
    const { health, found } = recordHealth(history, measured.asked, { before, now: at });
    const backups = backupStates(history, context.layout, at, () => context.host.isLocked('long'));
    if (options.thresholds !== null) return { at, outlook, health, backups };
    const away = awaySince(earlier, { now: at, lookingSince: null });
    const others = withServices(findings(now, outlook, before), away);
    remember(context, history, {
      ...others,
      found: new Map([
        ...others.found,
        ...found,
        ...backupFindings(backups, { layout: context.layout, before, now: at }),
      ]),
      missed: new Set(away === null ? [] : [ALL_SERVICES]),
      isSample: options.sooner !== true,
    });
    return { at, outlook, health, backups };
  });
}

/** All services are known again, whether that was told or no channel was there. */
function withServices<Found extends Pick<Findings, 'before' | 'found' | 'at'>>(
  findings: Found,
  away: number | null,
): Found {
  const { before, found, at } = findings;
  const was = before.get(ALL_SERVICES)?.unmeasured ?? null;
  if (was === null && away === null) return findings;
  const unknown = { since: was?.since ?? away ?? at, until: at, lingers: false };
  const state: LevelState = {
    level: 'OK',
    since: at,
    fired: null,
    pending: null,
    episodes: { ...NO_EPISODES, unknown },
    unmeasured: null,
  };
  return { ...findings, found: new Map(found).set(ALL_SERVICES, { state, facts: null }) };
}

function judge(
  { monitoring }: Context,
  { thresholds, sooner }: MonitorOptions,
  { measured, history }: { readonly measured: Timed; readonly history: History | null },
): ReadonlyMap<string, Outlook> {
  // Without a memory a level would wait for samples that never come.
  const states = thresholds === null && history !== null ? levelsIn(history, measured.at) : null;
  return outlooks(measured.subjects, {
    monitoring: thresholds === null ? monitoring : withUsedPercent(monitoring, thresholds),
    past: readPast(history, measured.at),
    states,
    isSample: sooner !== true,
    now: measured.at,
  });
}

/** For those who must not measure themselves (`serve`), and those who may only read: a group, so without names from inside. */
export function keepReport(history: History, at: number, result: MonitorResult): readonly Diagnostic[] {
  try {
    history.setReport(at, JSON.stringify(withoutNames(result)));
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
