// Owns what one look at the disk means beside what is remembered: its level, what is kept of it, who is told, and
// whether the services must be measured now. Must not measure or deliver. Everything together is judgement.ts.

import { announce, type Finding, levelsIn, remember, usesOf } from '../alerts/remember.ts';
import { type AlertQueue, createUnkeptQueue } from '../alerts/unkept.ts';
import type { Context } from '../command/context.ts';
import { ALL_SERVICES, DISK, type History, OWN_FILE_SYSTEM } from '../history/history.ts';
import { type Levels, levelsOf } from '../layout/monitoring.ts';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import type { LookedAt } from '../port/file-system.ts';
import type { LevelState } from '../space/level.ts';
import { beginsAt, decideLevel, withoutMeasure } from '../space/levels.ts';
import { type DiskLook, LOOK_MS, type Measured, mayMeasure, movesFast, RATE_MS } from '../space/looks.ts';
import { awaySince } from '../space/overdue.ts';
import type { LookResult } from './look-document.ts';
import { diskSubject } from './subjects.ts';
import type { Subject } from './watched.ts';

/** The disk as it answered, or why nothing is known of it. */
export type Seen = LookedAt | { readonly why: string };

export interface JudgedLook {
  /** Still open: the caller closes it; null: it cannot be written. */
  readonly history: History | null;
  /** From here the channels are told. */
  readonly queue: AlertQueue;
  /** Of the disk. */
  readonly state: LevelState;
  /** null: it could not be measured. */
  readonly disk: DiskLook | null;
  /** Those that the kernel counts. */
  readonly services: NonNullable<LookResult['services']>;
  /** The services must be measured now. */
  readonly sooner: boolean;
  readonly problems: readonly Diagnostic[];
}

/** What one look saw. */
export interface Sight {
  /** Of the disk. */
  readonly seen: Seen;
  /** By service, the file systems that services have of their own. */
  readonly own: ReadonlyMap<string, Seen>;
  /** Those that the kernel counts. */
  readonly services: readonly Subject[];
}

export function judgedLook(context: Context, sight: Sight): JudgedLook {
  const { host, monitoring } = context;
  const wall = Date.parse(context.now());
  const clock = host.clock();
  let history: History | null = null;
  try {
    history = context.history({ mode: 'write', group: monitoring.group });
    if (history === null) throw new Error('a history opened for writing is made where there is none');
    const open = history;
    const judged = open.transaction(() =>
      inHistory(context, open, { ...sight, at: open.timeOf({ wall, clock }) }),
    );
    if (host.note(UNKEPT_NOTE) !== null) host.setNote(UNKEPT_NOTE, null);
    return { ...judged, history: open, queue: open, problems: open.problems };
  } catch (error) {
    history?.close();
    if (!(error instanceof Problem)) throw error;
    return { ...unkept(context, { ...sight, at: wall }), history: null, problems: error.diagnostics };
  }
}

interface At extends Sight {
  readonly at: number;
}

/** One transaction, as of a sample. */
function inHistory(
  context: Context,
  history: History,
  { seen, own, services: counted, at }: At,
): Pick<JudgedLook, 'state' | 'disk' | 'services' | 'sooner'> {
  const before = levelsIn(history, at);
  const memory = history.lookMemory();
  const { measured: last } = memory;
  const otherDisk = 'why' in seen ? null : whyNotTheDisk(context.layout.base, seen, last);
  const known = otherDisk === null ? seen : { why: otherDisk };
  const recent = history.looks({ ring: 'look', since: at - RATE_MS - LOOK_MS });
  const fullInSeconds = last?.fullInSeconds ?? null;
  const finding = diskFinding(context, { before: before.get(DISK) ?? null, fullInSeconds, seen: known, at });
  const { state } = finding;
  const others = [...own].map(([service, seenOfOwn]): readonly [string, Finding] => {
    const subject = OWN_FILE_SYSTEM + service;
    const ahead = last?.own?.[service] ?? null;
    const is = { before: before.get(subject) ?? null, fullInSeconds: ahead, seen: seenOfOwn, at };
    return [subject, diskFinding(context, is)];
  });
  const each = (otherDisk === null ? counted : []).map((subject): readonly [string, Finding] => {
    const { name } = subject;
    const fullIn = last?.counted?.[name] ?? null;
    const is = { before: before.get(name) ?? null, fullInSeconds: fullIn, at };
    return [name, subjectFinding(context, subject, { ...is, levels: levelsOf(context.monitoring, name) })];
  });
  const disk = diskLook(finding, at);
  const found = new Map([
    [DISK, finding],
    ...others,
    ...each,
    ...servicesFinding(history, { before, recent, at }),
  ]);
  remember(context, history, { before, found, missed: new Set(), isSample: false, at });
  if (disk !== null) history.addLook(disk);
  const isMoving =
    disk === null
      ? otherDisk !== null
      : movesFast(disk, {
          recent,
          last,
          levelSince: state.level === 'OK' ? null : state.since,
          marks: marksOf(context.monitoring.disk, disk.limitBytes),
        });
  const sooner = isMoving && last !== null && mayMeasure(at, [last.at, memory.soonerAt]);
  if (sooner) history.setLookMemory({ ...memory, soonerAt: at });
  return { state, disk, services: each.map(lookedAt), sooner };
}

function lookedAt([service, { state, facts }]: readonly [string, Finding]) {
  return { service, status: state.level, usedBytes: facts?.usedBytes ?? 0 };
}

function diskFinding(
  context: Context,
  is: {
    readonly before: LevelState | null;
    /** By the forecast of the last sample: a new one would read a month of samples. */
    readonly fullInSeconds: number | null;
    readonly seen: Seen;
    readonly at: number;
  },
): Finding {
  const { before, fullInSeconds, seen, at } = is;
  if ('why' in seen) return { state: withoutMeasure(before, { why: seen.why, now: at }), facts: null };
  return subjectFinding(context, diskSubject(seen), {
    before,
    fullInSeconds,
    levels: context.monitoring.disk,
    at,
  });
}

function subjectFinding(
  { monitoring }: Context,
  subject: Subject,
  is: {
    readonly before: LevelState | null;
    readonly fullInSeconds: number | null;
    readonly levels: Levels;
    readonly at: number;
  },
): Finding {
  const { before, fullInSeconds, levels, at } = is;
  const state = decideLevel({
    state: before,
    measure: { ...subject, fullInSeconds },
    levels,
    marginPercent: monitoring.marginPercent,
    samples: monitoring.samples,
    isSample: false,
    now: at,
  });
  return { state, facts: usesOf(subject) };
}

function diskLook({ facts }: Finding, at: number): DiskLook | null {
  if (facts === null || facts.usedBytes === null || facts.limitBytes === null) return null;
  return { at, usedBytes: facts.usedBytes, limitBytes: facts.limitBytes };
}

/** The services, where nobody has measured them for too long, or that is over. */
function servicesFinding(
  history: History,
  is: {
    readonly before: ReadonlyMap<string, LevelState>;
    readonly recent: readonly DiskLook[];
    readonly at: number;
  },
): readonly (readonly [string, Finding])[] {
  const { before, recent, at } = is;
  const taken = history.recentTimes();
  // A host that never had a sample: since it is looked at.
  const times = taken.length > 0 ? taken : history.looks({ ring: 'day', since: 0 }).map((one) => one.at);
  const away = awaySince(times.slice(0, taken.length || 1), {
    now: at,
    lookingSince: lookingSince(recent, at),
  });
  if (away === null) return [];
  const known = before.get(ALL_SERVICES) ?? null;
  const why = 'no sample since then: see `jts-hot schedule`';
  // Not a measurement that failed once, but many that never were.
  const once = withoutMeasure(known, { why, now: at, since: away });
  return [[ALL_SERVICES, { state: withoutMeasure(once, { why, now: at }), facts: null }]];
}

/** Since when there is a look in every few minutes. */
function lookingSince(recent: readonly DiskLook[], at: number): number {
  let since = at;
  for (const look of recent.toReversed()) {
    if (since - look.at > 3 * LOOK_MS) break;
    since = Math.min(since, look.at);
  }
  return since;
}

/** Why this is not the disk that was measured last: its numbers count only once it is measured; null: it is the same. */
function whyNotTheDisk(base: string, { mountPoint }: LookedAt, last: Measured | null): string | null {
  if (last === null || last.mountPoint === mountPoint) return null;
  return `${base} was on the disk at ${last.mountPoint}, is on that at ${mountPoint}: is its disk mounted?`;
}

function marksOf({ warning, critical }: Levels, limitBytes: number): readonly number[] {
  return [beginsAt(warning, limitBytes), beginsAt(critical, limitBytes), limitBytes].filter(
    (mark) => mark !== null,
  );
}

/** Where looks keep what the history cannot take, until the machine is started again. */
const UNKEPT_NOTE = 'unkept-look';

interface Unkept {
  readonly disk: LevelState;
  readonly told: ReturnType<History['lastTold']>;
}

/** Told nevertheless, and each thing once: there may be 288 looks until somebody has made room. */
function unkept(context: Context, { seen, at }: At): Omit<JudgedLook, 'history' | 'problems'> {
  const { host } = context;
  const noted = unkeptIn(host.note(UNKEPT_NOTE));
  const history = readable(context);
  const before = new Map(history?.levels ?? []);
  const told = [...(history?.told ?? []), ...(noted?.told ?? [])];
  if (noted !== null) before.set(DISK, noted.disk);
  const finding = diskFinding(context, { before: before.get(DISK) ?? null, fullInSeconds: null, seen, at });
  const queue = createUnkeptQueue(told);
  announce(context, queue, {
    before,
    found: new Map([[DISK, finding]]),
    missed: new Set(),
    isSample: false,
    at,
  });
  const { state } = finding;
  const news = queue.deliveries(Number.POSITIVE_INFINITY).map(({ channel, event }) => {
    const { subject, level, at: toldAt } = event;
    return { channel, subject, level, at: toldAt };
  });
  const unkeptNow: Unkept = { disk: state, told: [...(noted?.told ?? []), ...news] };
  host.setNote(UNKEPT_NOTE, JSON.stringify(unkeptNow));
  return { queue, state, disk: diskLook(finding, at), services: [], sooner: false };
}

/** null: not that either. */
function readable({ history: open, monitoring }: Context):
  | (Pick<Unkept, 'told'> & {
      readonly levels: ReturnType<History['levels']>;
    })
  | null {
  let history: History | null = null;
  try {
    history = open({ mode: 'read', group: monitoring.group });
    return history === null ? null : { told: history.lastTold(), levels: history.levels() };
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  } finally {
    history?.close();
  }
}

/** null: none, or none that this version wrote. */
function unkeptIn(note: string | null): Unkept | null {
  if (note === null) return null;
  try {
    const { disk, told } = JSON.parse(note) as Partial<Unkept>;
    return disk?.episodes === undefined || !Array.isArray(told) ? null : { disk, told };
  } catch {
    return null;
  }
}
