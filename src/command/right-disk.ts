// Owns the rule that below a base on a wrong disk nothing is done and no number is told: which commands look there,
// the comparison that each makes first, and the record that it uses. disk/judge.ts decides which disk is right.

import { COMMANDS, type CommandName } from '../catalogue/commands.ts';
import { type BaseDisk, type DiskView, diskOf, formatBases, parseBases } from '../disk/base-disk.ts';
import { isOnRecord, type Judgement, judgeDisk, type Known, wrongDiagnostic } from '../disk/judge.ts';
import { newestFirst, readWhole, startUndone, stepsOf } from '../engine/journal/journal.ts';
import type { RecordedRun } from '../engine/journal/record.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Host, HostReader } from '../port/host.ts';
import type { JournalStore } from '../port/journal-store.ts';
import { STANDSTILL_MS } from '../port/measure.ts';
import { describeDisk } from '../port/storage.ts';
import { mountsIn } from '../space/holders.ts';
import type { Context } from './context.ts';
import {
  type Comparing,
  type OnRight,
  recordOf,
  requireRunsServices,
  requireServices,
  rightServices,
  servicesRecord,
} from './service-disks.ts';

/**
 * Refuses a command that must not run on this disk. Every command passes here before it begins, and goes on with the services
 * whose own file systems are the right ones; `named` are those that it was called with.
 */
export async function requireRightDisk<C extends Comparing>(
  context: C,
  command: CommandName,
  {
    timeoutMs = null,
    named = [],
  }: { readonly timeoutMs?: number | null; readonly named?: readonly string[] } = {},
): Promise<OnRight<C>> {
  const { onAnotherDisk: rule, mountsFirst = false } = COMMANDS[command];
  const { layout, host } = context;
  if (rule !== 'acts' && rule !== 'looks') return { context, problems: [] };
  if (mountsFirst && layout.storage !== undefined && host.root === '/') return { context, problems: [] };
  refuseWrong(context, await compareDisk(context, timeoutMs), rule);
  return rightServices(context, { rule, named });
}

/**
 * The same for one form of a command that others of its forms need not be refused for; `about`: the one service that it is about,
 * null: all that are left in the layout.
 */
export async function requireActing(context: Comparing, about: string | null = null): Promise<void> {
  refuseWrong(context, await compareDisk(context), 'acts');
  await requireServices(context, about);
}

function refuseWrong(
  { layout }: Pick<Context, 'layout'>,
  judgement: Judgement | null,
  rule: 'acts' | 'looks',
): void {
  const wrong = judgement?.wrong ?? (rule === 'acts' ? (judgement?.readOnly ?? null) : null);
  if (wrong !== null) throw new Problem(EXIT.refused, [wrongDiagnostic(wrong, layout.base)]);
}

/** null: an image, whose disks are not this host's. Throws a Problem where the disk does not answer. */
export async function compareDisk(
  { host, layout, newDisk }: Comparing,
  timeoutMs: number | null = null,
): Promise<Judgement | null> {
  const { base } = layout;
  if (host.root !== '/') return null;
  await requireAnswer(host, base, timeoutMs ?? STANDSTILL_MS);
  return judgeDisk(host.disk(base), {
    record: recordOf(host, base) ?? lastRunsDisk(host, base),
    ...(await demandOf(layout)),
    agreed: newDisk,
    beside: (inode) => host.beside(base, inode),
  });
}

/** What `storage:` wants at the base is demanded as if `mount:` named it. */
async function demandOf({ storage, mount }: Comparing['layout']): Promise<Pick<Known, 'demand' | 'disk'>> {
  if (storage === undefined) return { demand: mount ?? null };
  // Loaded only where there is such a layout.
  const { BASE_VOLUME, storageUuid } = await import('../layout/storage.ts');
  return { demand: `UUID=${storageUuid(storage, BASE_VOLUME)}`, disk: describeDisk(storage.disk) };
}

async function requireAnswer(host: HostReader, base: string, timeoutMs: number): Promise<void> {
  if (await host.answers(base, timeoutMs)) return;
  throw noAnswer(base, timeoutMs);
}

export function noAnswer(base: string, timeoutMs: number): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_NO_ANSWER', 'cannot measure a file system that does not answer', {
      at: base,
      detail: `want an answer within ${timeoutMs / 1000} s, found none`,
      hint: 'see what the disk says (sudo dmesg | tail), and what waits for it (ps -eo pid,stat,wchan:20,cmd | grep " D")',
    }),
  ]);
}

/** Before there was a record, runs said at least where their base was mounted. */
function lastRunsDisk(host: HostReader & Partial<Pick<Host, 'journal'>>, base: string): BaseDisk | null {
  if (host.journal === undefined || host.surroundings().effectiveUid !== 0) return null;
  const last = lastRunOn(host.journal, base);
  return last === null ? null : diskOfRun(last);
}

/** Of those that worked below this base and are not undone. */
function lastRunOn(journal: JournalStore, base: string): RecordedRun | null {
  const undone = startUndone();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run) continue;
    undone.follow(run);
    if (run.base !== base || run.command === 'rollback' || !looksBelowBase(run.command)) continue;
    if (undone.stateOf(run) !== 'rolled back') return run;
  }
  return null;
}

/** It is refused where the disk is not the right one. */
export function actsBelowBase(command: CommandName): boolean {
  return COMMANDS[command].onAnotherDisk === 'acts';
}

function looksBelowBase(command: CommandName): boolean {
  return typeof COMMANDS[command].onAnotherDisk === 'string';
}

function diskOfRun({ disk, mountPoint }: Pick<RecordedRun, 'disk' | 'mountPoint'>): BaseDisk {
  const fileSystem = { mountPoint, source: null, type: null, uuid: null, part: '/' };
  return disk ?? { fileSystem, directory: null };
}

/** What a run stands on, and how it is put on record. */
export interface Ground {
  /** For the header of the run. */
  readonly header: Pick<RecordedRun, 'disk' | 'earlierDisk'>;
  /** The operator wants another disk than the one on record: the run records this, even if there is nothing else to do. */
  readonly moved: string | null;
  /** Nothing was on record, and runs were: what is mounted is taken for the right one. */
  readonly adopted: Diagnostic | null;
  /** Writes the record where it does not say so already: before the first step, which may remove the base. */
  readonly begin: () => void;
  /** After the last. `whole`: all was done, and nothing was left. */
  readonly end: (whole: boolean) => void;
}

const NO_GROUND: Ground = { header: {}, moved: null, adopted: null, begin: () => {}, end: () => {} };

/** Compares once more, under the lock. */
export async function standOnDisk(context: Context, command: CommandName): Promise<Ground> {
  const { host, layout } = context;
  if (!actsBelowBase(command)) return NO_GROUND;
  const judgement = await compareDisk(context);
  refuseWrong(context, judgement, 'acts');
  if (judgement === null) return NO_GROUND;
  await requireServices(context);
  const { moved, now } = judgement;
  const { base } = layout;
  const disk = { ...diskOf(now), ...servicesRecord(context) };
  const record = recordOf(host, base);
  const earlier = moved === null ? null : (record ?? lastRunsDisk(host, base));
  const isAdopted = moved === null && record === null && lastRunOn(host.journal, base) !== null;
  const keep = () => {
    const view = host.disk(base);
    // Whatever happened meanwhile: what is put on record is what was compared.
    if (isOnRecord(view, disk)) keepRecord(host, base, { ...diskOf(view), ...servicesRecord(context) });
  };
  return {
    header: { disk, ...(earlier === null ? {} : { earlierDisk: earlier }) },
    moved:
      moved === null ? null : `another disk is meant (--new-disk): ${moved.found}, not ${moved.expected}`,
    adopted: isAdopted ? adoptedDisk(base, disk) : null,
    begin: keep,
    end: keep,
  };
}

export function isOnRecordYet({ host, layout }: Pick<Context, 'host' | 'layout'>): boolean {
  if (host.root !== '/') return true;
  const record = recordOf(host, layout.base);
  return (
    record !== null &&
    mountsIn(layout, host).every(({ service }) => Object.hasOwn(record.services ?? {}, service))
  );
}

function adoptedDisk(base: string, { fileSystem: { type, source, mountPoint } }: BaseDisk): Diagnostic {
  return diagnostic('W_DISK_ADOPTED', 'taking what is mounted for the right disk: none was on record', {
    at: base,
    detail: `found ${type} from ${source}, mounted at ${mountPoint}; from now on every command compares`,
    hint: 'if another one is right, mount it, then: sudo jts-hot setup --new-disk',
  });
}

/** For a command that records what it measures, where nothing is on record yet. Says so where runs were before the record. */
export function adoptIfNew(
  { host, layout }: Pick<Context, 'host' | 'layout'>,
  judgement: Judgement | null,
): readonly Diagnostic[] {
  if (judgement === null || isOnRecordYet({ host, layout })) return [];
  try {
    const release = host.lock('record');
    try {
      const disk = { ...diskOf(judgement.now), ...servicesRecord({ host, layout }) };
      keepRecord(host, layout.base, disk);
      return lastRunOn(host.journal, layout.base) !== null ? [adoptedDisk(layout.base, disk)] : [];
    } finally {
      release();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // A run is at work: it keeps the record itself.
    return error.exitCode === EXIT.refused ? [] : error.diagnostics;
  }
}

/** null: none is on record any more. */
function keepRecord(host: Host, base: string, disk: BaseDisk | null): void {
  const before = host.bases();
  const bases = new Map(parseBases(before));
  if (disk === null) bases.delete(base);
  else bases.set(base, disk);
  const text = formatBases(bases);
  if (text !== (before ?? formatBases(new Map()))) host.setBases(text);
}

/** Runs are undone on the disk that they were done on, and on no other. */
export async function standOnRunsDisk(host: Host, runs: readonly RecordedRun[]): Promise<Ground> {
  const own = runs.filter(({ command }) => looksBelowBase(command));
  const [newest] = own;
  if (host.root !== '/' || newest === undefined) return NO_GROUND;
  const { base } = newest;
  await requireAnswer(host, base, STANDSTILL_MS);
  const view = host.disk(base);
  const record = recordOf(host, base);
  const isMade = own.some((run) => run.command === 'setup' && makesBase(host.journal, run));
  // A rollback may have removed it: of these runs, cut short, or of the one that made it, while something of these stayed.
  const isGone =
    view.directory === 'missing' &&
    ((isMade && wasBegun(host.journal, own)) || (record === null && wasRemoved(host.journal, base)));
  for (const run of own) requireRunsDisk({ host, view, record, isGone }, run);
  await requireRunsServices(host, own);
  const disk = diskOf(view);
  return {
    ...NO_GROUND,
    header: { disk },
    begin() {
      if (record !== null && isMade) keepRecord(host, base, { ...record, directory: null });
    },
    end(whole) {
      const earlier = own.findLast(({ earlierDisk }) => earlierDisk !== undefined)?.earlierDisk;
      if (whole && earlier !== undefined)
        return keepRecord(host, base, earlier.fileSystem.source === null ? null : earlier);
      if (record === null) return;
      const after = host.disk(base);
      if (after.directory === 'missing') keepRecord(host, base, null);
      else if (isOnRecord(after, { ...disk, directory: null }))
        keepRecord(host, base, { ...record, ...diskOf(after) });
    },
  };
}

function requireRunsDisk(
  now: {
    readonly host: Host;
    readonly view: DiskView;
    readonly record: BaseDisk | null;
    readonly isGone: boolean;
  },
  run: RecordedRun,
): void {
  const { host, view, record, isGone } = now;
  const { base, disk } = run;
  // Of an earlier version's run only the mount point is known.
  if (disk === undefined && isOnRecord(view, diskOfRun(run)) && view.directory !== 'missing') return;
  const known = disk === undefined && record !== null ? record : withDirectory(diskOfRun(run), record);
  const expected = isGone ? { ...known, directory: null } : known;
  // Where it was done it can be undone, whatever else should be mounted there.
  if (isOnRecord(view, expected)) return;
  const beside = (inode: string) => host.beside(base, inode);
  const { wrong } = judgeDisk(view, { record: expected, demand: null, agreed: false, beside });
  if (wrong === null) return;
  throw new Problem(EXIT.refused, [wrongDiagnostic({ ...wrong, maySayMeant: false }, base)]);
}

function makesBase(journal: JournalStore, { run, base }: RecordedRun): boolean {
  const found = readWhole(journal, run);
  if ('unreadable' in found) return false;
  for (const { undo } of stepsOf(journal, found))
    if (undo?.type === 'removeDirectory' && undo.path === base) return true;
  return false;
}

/** The newest run that made the base was undone. */
function wasRemoved(journal: JournalStore, base: string): boolean {
  const undone = new Set<number>();
  for (const run of newestFirst(journal)) {
    if ('unreadable' in run || run.base !== base) continue;
    for (const one of run.undoes) undone.add(one);
    if (run.command === 'setup' && makesBase(journal, run)) return undone.has(run.run);
  }
  return false;
}

function wasBegun(journal: JournalStore, own: readonly RecordedRun[]): boolean {
  const oldest = Math.min(...own.map(({ run }) => run));
  for (const run of newestFirst(journal)) {
    if (run.run <= oldest) return false;
    if (!('unreadable' in run) && own.some((one) => run.undoes.includes(one.run))) return true;
  }
  return false;
}

/** The first run found no base yet: the record says which one it made. */
function withDirectory(disk: BaseDisk, record: BaseDisk | null): BaseDisk {
  const isSame =
    record !== null &&
    record.fileSystem.source === disk.fileSystem.source &&
    record.fileSystem.uuid === disk.fileSystem.uuid;
  return disk.directory === null && isSame ? record : disk;
}
