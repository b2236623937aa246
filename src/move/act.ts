// Owns the phases of a move, each on record before it is begun: copy, stop, compare, switch, start; and the way back from each of
// them, which ends with the service on its old place.
import type { Context } from '../command/context.ts';
import type { Target } from '../configure/target.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import {
  isAnother,
  isBack,
  isStillStopping,
  notBack,
  notUp,
  stoppedCopying,
  stoppedOnTheWay,
  writtenTo,
} from './act-problems.ts';
import { type Copying, copyLive, copyStill, type Hashed, hashBoth } from './copying.ts';
import { clearStaging, isSame, knownAt, putInPlace, takeOutOfPlace } from './in-place.ts';
import type { Pass, StopPart } from './move-document.ts';
import { oldPlaceOf } from './old-place.ts';
import { stagingOf } from './places.ts';
import { keepMove, type MoveRecord, type OldPlace } from './record.ts';
import { installSettings, takeSettingsBack } from './settings.ts';
import { isActive, START_MS, type Subject, startAt, stopAll } from './units.ts';
import { runsAt } from './where.ts';

export interface Doing {
  /** null: no settings are switched. */
  readonly target: Target | null;
  readonly bytes: number;
  readonly bytesPerSecond: number | null;
  readonly stopLimitMs: number;
  /** Both sides whole, also where that takes longer. */
  readonly hashesAll: boolean;
  /** Why all content is compared once it is stopped; null: what had been open or changed. */
  readonly comparesAll: string | null;
  readonly madeAnew: readonly string[];
  readonly signal: AbortSignal;
  /** What took how long, in order, is added here. */
  readonly stopParts: StopPart[];
}

export interface Ended {
  readonly outcome: 'applied' | 'stopped' | 'failed';
  readonly record: MoveRecord;
  readonly passes: readonly Pass[];
  readonly hashed: Hashed | null;
  readonly stopSeconds: number | null;
  readonly problems: readonly Diagnostic[];
}

/** A start that waits for a stop is queued at once. */
const QUEUED_MS = 3000;

/** All content is hashed again while it is stopped where that takes no longer than so many seconds, or is asked for. */
const HASH_SECONDS = 3;
/** Hashing both sides takes so many times as long as comparing them. */
const HASH_FACTOR = 2;
/** So much takes no time. */
const LITTLE_BYTES = 64 * 1024 * 1024;

/** From the first pass on, the service running. */
export async function copyAndSwitch(
  context: Context,
  record: MoveRecord,
  doing: Doing & { readonly isResumed: boolean },
): Promise<Ended> {
  const { host } = context;
  if (record.how === 'rename') return renameAndSwitch(context, record, doing);
  const copying = copyingOf(record, doing);
  const live = await copyLive(context, copying, { comparesAll: doing.isResumed });
  const { passes, suspects } = live;
  try {
    if (live.outcome === 'stopped' || doing.signal.aborted)
      return { ...nothingMore(record), outcome: 'stopped', passes, problems: [stoppedCopying(record)] };
    const gone = whyNotThere(context, record, doing.target);
    if (gone !== null) return { ...nothingMore(record), outcome: 'failed', passes, problems: [gone] };
    const stopping = keepMove(host.moves, {
      ...record,
      phase: 'stopping',
      stopped: record.unit === null ? null : context.now(),
    });
    try {
      await stopNow(context, record, doing);
    } catch (error) {
      return await backFrom(context, stopping, doing, { error, passes });
    }
    return await compareAndSwitch(context, stopping, doing, {
      passes,
      suspects: doing.comparesAll === null ? suspects.all() : 'all',
    });
  } finally {
    suspects.end();
  }
}

/** One name for another: nothing is copied, and nothing needs to be compared. */
async function renameAndSwitch(context: Context, record: MoveRecord, doing: Doing): Promise<Ended> {
  const gone = whyNotThere(context, record, doing.target);
  if (gone !== null) return { ...nothingMore(record), outcome: 'failed', problems: [gone] };
  const stopping = keepMove(context.host.moves, {
    ...record,
    phase: 'stopping',
    stopped: record.unit === null ? null : context.now(),
  });
  try {
    await stopNow(context, stopping, doing);
  } catch (error) {
    return await backFrom(context, stopping, doing, { error, passes: [] });
  }
  return compareAndSwitch(context, stopping, doing, { passes: [], suspects: 'all' });
}

function stopNow(context: Context, record: MoveRecord, doing: Doing): Promise<void> {
  if (record.unit !== null) context.progress(`stopping ${record.unit}`);
  return timed(context, doing, 'stopping', () =>
    stopAll(context, subjectOf(record, doing.target), doing.stopLimitMs),
  );
}

/** It is stopped. */
export async function compareAndSwitch(
  context: Context,
  record: MoveRecord,
  doing: Doing,
  { passes, suspects }: { readonly passes: readonly Pass[]; readonly suspects: ReadonlySet<string> | 'all' },
): Promise<Ended> {
  const { host } = context;
  const { path: from } = record.from;
  if (record.how === 'rename') {
    const renaming = keepMove(host.moves, { ...record, phase: 'switching', copy: record.from });
    return switchOver(context, renaming, doing, { passes, hashed: null });
  }
  const comparing = keepMove(host.moves, { ...record, phase: 'comparing' });
  const copying = copyingOf(record, doing);
  let [all, hashed]: [readonly Pass[], Hashed | null] = [passes, null];
  let old: OldPlace;
  try {
    const [before, still] = await timed(context, doing, 'comparing', async () => [
      await unwritten(context, record),
      await copyStill(context, copying, suspects),
    ]);
    all = [...passes, still.pass];
    const isStopped = () => still.outcome === 'stopped' || doing.signal.aborted;
    if (isStopped()) return await backFrom(context, comparing, doing, { error: null, passes: all });
    if (still.isWhole && mayHash(still.pass, doing)) {
      hashed = await timed(context, doing, 'hashing', () => hashBoth(context, copying));
      if (hashed === null) return await backFrom(context, comparing, doing, { error: null, passes: all });
    }
    old = await unwritten(context, record);
    if (old.sha256 !== before.sha256)
      throw new Problem(EXIT.failed, [writtenTo(from, 'names, sizes or times changed')]);
  } catch (error) {
    return await backFrom(context, comparing, doing, { error, passes: all });
  }
  const copy = knownAt(host, copying.staging.copy);
  const switching = keepMove(host.moves, { ...comparing, phase: 'switching', copy, old });
  return switchOver(context, switching, doing, { passes: all, hashed });
}

/** It is stopped, and the copy is equal. From here on no signal is heard: this takes a moment. */
export async function switchOver(
  context: Context,
  record: MoveRecord,
  doing: Doing,
  done: Pick<Ended, 'passes' | 'hashed'>,
): Promise<Ended> {
  let switched = record;
  try {
    context.progress('switching its settings');
    const run = await timed(context, doing, 'switching', async () => {
      putInPlace(context, record);
      return doing.target === null ? null : installSettings(context, doing.target, record);
    });
    switched = keepMove(context.host.moves, {
      ...record,
      phase: 'starting',
      run: run ?? record.run,
      hasStarted: record.unit !== null,
    });
  } catch (error) {
    // Where the kernel does not let it be renamed, the next call copies.
    const isApart =
      error instanceof Problem && error.diagnostics.some(({ code }) => code === 'E_UNREACHABLE');
    const next: MoveRecord = isApart ? { ...record, how: 'copy' } : record;
    return await backFrom(context, record.how === 'rename' ? next : record, doing, { error, ...done });
  }
  return startThere(context, switched, doing, { ...done, isResumed: false });
}

/**
 * Its settings are switched. `isResumed`: an earlier call may have started it there, and it may have written since: then it is not
 * taken back without being asked for.
 */
export async function startThere(
  context: Context,
  record: MoveRecord,
  doing: Doing,
  { isResumed, ...done }: Pick<Ended, 'passes' | 'hashed'> & { readonly isResumed: boolean },
): Promise<Ended> {
  if (record.unit !== null) context.progress(`starting ${record.unit}`);
  const subject = subjectOf(record, doing.target);
  const why = await timed(context, doing, 'starting', () => startAt(context, subject, { where: 'hot tier' }));
  context.progress('');
  if (why === null) return { ...(await moved(context, record)), ...done };
  const problem = notUp({ ...record, unit: record.unit ?? '' }, why);
  if (!isResumed)
    return backFrom(context, record, doing, { error: new Problem(EXIT.failed, [problem]), ...done });
  const hint = `mend it, then the same command again; or back to its old place, without what it wrote since: sudo jts-hot move ${record.service} --cancel`;
  return { ...nothingMore(record), outcome: 'failed', ...done, problems: [{ ...problem, hint }] };
}

/** It runs on the hot tier. */
export async function moved(context: Context, record: MoveRecord): Promise<Ended> {
  const stopSeconds = downFor(context, record);
  const kept = keepMove(context.host.moves, { ...record, phase: 'moved' });
  await clearStaging(context.host, kept);
  return { ...nothingMore(kept), outcome: 'applied', stopSeconds };
}

interface Why {
  /** null: it was stopped by a signal. */
  readonly error: unknown;
  readonly passes: readonly Pass[];
  readonly hashed?: Hashed | null;
}

/** Settings and directories as before, and the service on its old place. The copy stays for the next call. */
export async function backFrom(context: Context, record: MoveRecord, doing: Doing, why: Why): Promise<Ended> {
  const { error, passes } = why;
  if (error !== null && !(error instanceof Problem)) throw error;
  const back = await goBack(context, record, doing);
  const problems = error === null ? [stoppedOnTheWay(record)] : error.diagnostics;
  return {
    ...nothingMore(back.record),
    outcome: error === null ? 'stopped' : 'failed',
    passes,
    stopSeconds: downFor(context, record),
    problems: [...problems, ...back.problems],
  };
}

export async function goBack(
  context: Context,
  record: MoveRecord,
  { target, stopLimitMs }: Pick<Doing, 'target' | 'stopLimitMs'>,
): Promise<{ readonly record: MoveRecord; readonly problems: readonly Diagnostic[] }> {
  const { host } = context;
  const subject = subjectOf(record, target);
  const isStopping = record.phase === 'stopping';
  const hadSwitched = !isStopping && record.phase !== 'comparing';
  const back = keepMove(host.moves, isStopping ? record : { ...record, phase: 'going back' });
  context.progress(`going back: ${record.unit ?? record.service} on its old place`);
  try {
    if (hadSwitched) {
      // One that systemd starts again and again would hold what is renamed.
      if (runsAt(host, subject.process, subject) !== 'old place')
        await stopAll(context, subject, stopLimitMs);
      if (target !== null) await takeSettingsBack(context, target, back);
      takeOutOfPlace(context, back);
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { record: back, problems: error.diagnostics };
  }
  // One that does not stop is started again by its manager as soon as it has ended.
  const limitMs = isStopping ? QUEUED_MS : START_MS;
  const why = await startAt(context, subject, { where: 'old place', limitMs });
  context.progress('');
  if (why === null && isStopping && !isActive(host, subject)) {
    const open = keepMove(host.moves, { ...back, phase: 'copying', stopped: null });
    return { record: open, problems: [isStillStopping({ ...record, unit: record.unit ?? '' })] };
  }
  const open: MoveRecord = { ...back, phase: 'copying', stopped: null, copy: null, old: null, run: null };
  const kept = why === null ? keepMove(host.moves, open) : back;
  return {
    record: kept,
    problems: [why === null ? isBack(record) : notBack({ ...record, unit: record.unit ?? '' }, why)],
  };
}

async function timed<T>(
  { now }: Pick<Context, 'now'>,
  { stopParts }: Pick<Doing, 'stopParts'>,
  what: StopPart['what'],
  act: () => Promise<T>,
): Promise<T> {
  const begun = Date.parse(now());
  try {
    return await act();
  } finally {
    stopParts.push({ what, seconds: (Date.parse(now()) - begun) / 1000 });
  }
}

export function subjectOf(record: MoveRecord, target: Target | null): Subject {
  const { service, unit, triggers, from, to } = record;
  return { service, unit, triggers, from: from.path, to, process: target?.facet.process ?? null };
}

function copyingOf(record: MoveRecord, { bytes, bytesPerSecond, signal, madeAnew }: Doing): Copying {
  return { from: record.from.path, staging: stagingOf(record), bytes, bytesPerSecond, signal, madeAnew };
}

function nothingMore(record: MoveRecord): Ended {
  return { outcome: 'applied', record, passes: [], hashed: null, stopSeconds: null, problems: [] };
}

function downFor({ now }: Pick<Context, 'now'>, { stopped }: MoveRecord): number | null {
  return stopped === null ? null : (Date.parse(now()) - Date.parse(stopped)) / 1000;
}

/** By the rate at which content was just compared. */
function mayHash({ comparedBytes, seconds }: Pass, { bytes, hashesAll }: Doing): boolean {
  if (hashesAll || bytes <= LITTLE_BYTES) return true;
  if (comparedBytes <= LITTLE_BYTES || seconds === 0) return false;
  return (HASH_FACTOR * bytes * seconds) / comparedBytes <= HASH_SECONDS;
}

/** Throws a Problem where a process could write there. */
async function unwritten({ host }: Context, record: MoveRecord): Promise<OldPlace> {
  const from = record.from.path;
  if (!isSame(knownAt(host, from), record.from)) throw new Problem(EXIT.failed, [isAnother(record)]);
  const { inodes } = host.openForWriting(from);
  const old = await oldPlaceOf(host, from, inodes);
  if (old.writer === null) return old.place;
  const { path, by } = old.writer;
  throw new Problem(EXIT.failed, [
    writtenTo(from, `${path} is open for writing by ${by.command} (pid ${by.pid})`),
  ]);
}

/** null: the old place is what it was, and the service has just that open. */
function whyNotThere({ host }: Context, record: MoveRecord, target: Target | null): Diagnostic | null {
  if (!isSame(knownAt(host, record.from.path), record.from)) return isAnother(record);
  const subject = subjectOf(record, target);
  const at = runsAt(host, subject.process, subject);
  if (at === (record.unit === null ? 'nowhere' : 'old place')) return null;
  return diagnostic('E_MOVE_STATE', 'refusing to stop a service that is not on its old place any more', {
    at: `service ${record.service}`,
    detail: `want ${record.unit} with its data in ${record.from.path}, found it running: ${at}`,
    fix: `sudo jts-hot config ${record.service} --check`,
  });
}
