// `jts-hot backup run`: takes a backup of each service, one after the other: made in staging, whole and synced, then renamed to
// where backups are kept. Deletes nothing but what killed runs left in staging.
import { Readable } from 'node:stream';
import type { Answer, Context } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { stopSignal } from '../command/stop-signal.ts';
import { createFlow, writeFileFrom } from '../host/backup/pipes.ts';
import { type BackupStore, type Draft, MANIFEST, SUMS } from '../host/backup/store.ts';
import { backupWatch } from '../layout/backups.ts';
import type { Service } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Estimate } from '../services/backing-up.ts';
import { formatBytes } from '../values/size.ts';
import type { Room, RunResult, TakenService } from './backup-document.ts';
import { chainOf, type Found } from './lay-out.ts';
import { manifestOf, manifestText, nameAt, verificationOf } from './manifest.ts';
import type { Manifest } from './manifest-document.ts';
import { asBackupProblem, remember, servicesMeant, startTelling, stuckIn, whyOf } from './parts.ts';
import { openStore, type Places, roomFor } from './places.ts';
import { askHands, type Subject, subjectOf } from './subject.ts';
import { sumsText } from './sums.ts';
import { startTaking } from './take-hands.ts';
import { tellOfBackups } from './tell.ts';

export interface RunOptions {
  /** null: all that are installed here. */
  readonly service: string | null;
  readonly bytesPerSecond: number;
  /** No increment. */
  readonly isWhole: boolean;
  /** Begins although only compression can make it fit. */
  readonly trustsCompression: boolean;
  readonly isDry: boolean;
}

/** The worst first. */
const OUTCOMES = ['stopped', 'failed', 'refused', 'planned', 'done', 'skipped', 'not installed'] as const;

export async function runCommand(context: Context, options: RunOptions): Promise<Answer<RunResult>> {
  const answer = await takeAll(context, options);
  if (!options.isDry) await tellOfBackups(context);
  return answer;
}

async function takeAll(context: Context, options: RunOptions): Promise<Answer<RunResult>> {
  const services = servicesMeant(context, options.service).filter(
    ({ name }) => options.service === name || backupWatch(context.layout, name) !== 'never',
  );
  const { store, places } = openStore(context);
  const stop = stopSignal(context.stopRequested);
  const release = options.isDry ? () => {} : context.host.lock(context.invocation, 'long');
  try {
    if (!options.isDry) await requireActing(context);
    const removed = options.isDry ? [] : store.removeLeftovers();
    const room = roomFor(context, store, places);
    const taken: TakenService[] = [];
    const problems: Diagnostic[] = options.isDry ? [] : [...stuckIn(store, places.staging)];
    for (const service of services) {
      const one = await takeOne(context, service, { options, store, places, signal: stop.signal });
      problems.push(...one.problems);
      taken.push(one.taken);
      if (stop.signal.aborted) break;
    }
    const outcome = OUTCOMES.find((name) => taken.some((one) => one.outcome === name)) ?? 'done';
    return {
      exitCode: exitOf(outcome),
      problems,
      result: {
        did: 'run',
        root: context.host.root,
        base: context.layout.base,
        outcome: outcome === 'not installed' || outcome === 'skipped' ? 'done' : outcome,
        room,
        removed,
        services: taken,
      },
    };
  } finally {
    release();
    stop.end();
    store.close();
  }
}

function exitOf(outcome: TakenService['outcome']): Answer<never>['exitCode'] {
  if (outcome === 'failed' || outcome === 'stopped') return EXIT.failed;
  return outcome === 'refused' ? EXIT.refused : EXIT.ok;
}

interface Work {
  readonly options: RunOptions;
  readonly store: BackupStore;
  readonly places: Places;
  readonly signal: AbortSignal;
}

async function takeOne(
  context: Context,
  service: Service,
  work: Work,
): Promise<{ readonly taken: TakenService; readonly problems: readonly Diagnostic[] }> {
  const nothing = { service: service.name, says: null, sourceBytes: null, needBytes: null };
  const none = { name: null, path: null, manifest: null };
  let planned: Planned | null = null;
  try {
    const subject = await subjectOf(context, service);
    if (subject === null) {
      if (work.options.service === service.name) throw notInstalled(service.name);
      return { taken: { ...nothing, ...none, outcome: 'not installed' }, problems: [] };
    }
    // Of all, one that somebody has stopped is no failure of the night: how old its last backup gets is watched.
    const isMeant = work.options.service === service.name;
    if (!isMeant && subject.facet.wants === 'running' && !subject.isRunning)
      return { taken: { ...nothing, ...none, outcome: 'skipped' }, problems: [] };
    planned = await planOne(context, subject, work);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const outcome = error.exitCode === EXIT.failed ? 'failed' : 'refused';
    const failed = { outcome: 'failed', name: nameAt(context.now()), bytes: null, seconds: null } as const;
    const unkept = work.options.isDry
      ? []
      : remember(context, 'backup', service.name, { ...failed, why: whyOf(error.diagnostics) });
    return { taken: { ...nothing, ...none, outcome }, problems: [...error.diagnostics, ...unkept] };
  }
  const about = {
    service: service.name,
    says: planned.estimate.says,
    sourceBytes: planned.estimate.bytes,
    needBytes: planned.needBytes,
  };
  if (work.options.isDry) return { taken: { ...about, ...none, outcome: 'planned' }, problems: [] };
  return take(context, planned, { ...work, about });
}

interface Planned {
  readonly subject: Subject;
  readonly estimate: Estimate;
  readonly needBytes: number;
  readonly room: Room;
  readonly parent: Last | null;
}

/** Throws a Problem where it cannot be taken, or not in the room that there is. */
async function planOne(context: Context, subject: Subject, work: Work): Promise<Planned> {
  const { options, store, places, signal } = work;
  const { facet, service, isRunning } = subject;
  if (facet.wants !== 'either' && (facet.wants === 'running') !== isRunning)
    throw refused('E_NOT_AS_WANTED', 'refusing to back up a service that is not as its tool wants it', {
      at: `service ${service.name}`,
      detail: `want it ${facet.wants}, found it ${isRunning ? 'running' : 'stopped'}`,
      hint: isRunning
        ? 'stop it, then run the same command again'
        : 'start it, then run the same command again',
    });
  const estimate = await facet.estimate(askHands(context, subject, signal));
  const last = newestOf(store, service.name);
  const needBytes = needFor(estimate, last?.manifest ?? null, options.isWhole);
  const room = roomFor(context, store, places);
  const mayFit = estimate.isCompressed && options.trustsCompression;
  if (needBytes > room.freeBytes && !mayFit) throw noRoom(subject, { estimate, needBytes, room });
  const parent = options.isWhole || last === null || !mayBeParent(store, last) ? null : last;
  return { subject, estimate, needBytes, room, parent };
}

/** By how much smaller than its source the last whole one came out, and a quarter more; without one, all of it. */
function needFor({ bytes }: Estimate, last: Manifest | null, isWhole: boolean): number {
  if (last === null || last.sourceBytes === 0 || (isWhole && last.taken.parent !== null)) return bytes;
  return Math.min(bytes, Math.ceil(bytes * (last.bytes / last.sourceBytes) * 1.25));
}

/** With more than these between it and a whole one, a restore takes too long and has too much to lose. */
const MOST_INCREMENTS = 6;

/** What was found bad, or lacks one that it needs, is built upon no further. */
function mayBeParent(store: BackupStore, last: Last): boolean {
  try {
    const chain = chainOf(store, last);
    const isBad = ({ stored }: Found) => verificationOf(stored)?.isGood === false;
    return chain.length <= MOST_INCREMENTS && !chain.some(isBad);
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** A backup with its manifest. */
export type Last = Found;

function newestOf(store: BackupStore, service: string): Last | null {
  for (const name of store.names(service).toReversed()) {
    const stored = store.open(service, name);
    const found = manifestOf(stored);
    if ('manifest' in found) return { stored, manifest: found.manifest };
  }
  return null;
}

async function take(
  context: Context,
  { subject, estimate, room, parent, needBytes }: Planned,
  work: Work & { readonly about: Pick<TakenService, 'service' | 'says' | 'sourceBytes' | 'needBytes'> },
): Promise<{ readonly taken: TakenService; readonly problems: readonly Diagnostic[] }> {
  const { store, signal, about, options } = work;
  const { facet, service } = subject;
  const name = await freeName(context, store, service.name);
  const begun = context.now();
  const kept = { name, bytes: null, seconds: null, why: null };
  const unkept = remember(context, 'backup', service.name, { ...kept, outcome: 'begun' });
  const telling = startTelling(context, service.name, estimate.bytes);
  const flow = createFlow({
    bytesPerSecond: options.bytesPerSecond,
    roomBytes: room.freeBytes,
    signal,
    onRead: telling.onRead,
  });
  const { bytesPerSecond } = options;
  let draft: Draft | null = null;
  let left: readonly string[] = [];
  try {
    const made = store.draft(`backup-${service.name}-${name}`);
    draft = made;
    const taking = startTaking(context, subject, { draft: made, flow, bytesPerSecond, parent });
    const taken = await facet.take(taking.hands).finally(async () => {
      left = await taking.end();
    });
    const files = taking.files();
    const manifest: Manifest = {
      schemaVersion: 1,
      service: service.name,
      name,
      begun,
      ended: context.now(),
      program: context.program,
      sourceBytes: estimate.bytes,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      taken,
      files,
    };
    const write = (name: string, text: string) =>
      writeFileFrom(Readable.from([Buffer.from(text)]), `${made.made}/${name}`, { flow });
    const { sha256 } = await write(MANIFEST, manifestText(manifest));
    await write(SUMS, sumsText([...files, { name: MANIFEST, sha256 }]));
    made.keep(service.name, name);
    made.end();
    draft = null;
    const seconds = (Date.parse(manifest.ended) - Date.parse(begun)) / 1000;
    const done = remember(context, 'backup', service.name, {
      ...kept,
      outcome: 'done',
      bytes: manifest.bytes,
      seconds,
    });
    const { path } = store.open(service.name, name);
    return {
      taken: { ...about, outcome: 'done', name, path, manifest },
      problems: [...unkept, ...done, ...notUndone(service.name, left)],
    };
  } catch (error) {
    draft?.end();
    const problem = asProblem(asBackupProblem(error, work.places.staging), signal);
    const why = whyOf(problem.diagnostics);
    const failed = remember(context, 'backup', service.name, { ...kept, outcome: 'failed', why });
    return {
      taken: {
        ...about,
        needBytes,
        outcome: signal.aborted ? 'stopped' : 'failed',
        name: null,
        path: null,
        manifest: null,
      },
      problems: [...problem.diagnostics, ...unkept, ...failed, ...notUndone(service.name, left)],
    };
  } finally {
    telling.end();
  }
}

/** Two in one second would have one name. */
async function freeName(context: Context, store: BackupStore, service: string): Promise<string> {
  for (;;) {
    const name = nameAt(context.now());
    if (!store.names(service).includes(name)) return name;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function asProblem(error: unknown, signal: AbortSignal): Problem {
  if (error instanceof Problem && !signal.aborted) return error;
  if (!signal.aborted) throw error;
  return new Problem(EXIT.failed, [
    diagnostic('E_STOPPED', 'cannot finish the backup', {
      detail: 'it was stopped; nothing half done is kept',
      hint: 'to take it: the same command again',
    }),
  ]);
}

function notUndone(service: string, left: readonly string[]): readonly Diagnostic[] {
  if (left.length === 0) return [];
  return [
    diagnostic('W_NOT_UNDONE', 'cannot put back all that the backup changed for its time', {
      at: `service ${service}`,
      detail: left,
      hint: 'the next backup of it tries again',
    }),
  ];
}

function noRoom(
  { service }: Subject,
  of: { readonly estimate: Estimate; readonly needBytes: number; readonly room: Room },
): Problem {
  const { estimate, needBytes, room } = of;
  // By this refusal the last one has failed, too: without that word nothing would go.
  const more = `prune old ones: sudo jts-hot backup prune ${service.name} --after-failure; or plan more for backups in the layout`;
  return refused('E_NO_ROOM', 'refusing to begin a backup that there is no room for', {
    at: `service ${service.name}`,
    detail: [
      `want ${formatBytes(needBytes)} for ${formatBytes(estimate.bytes)} of data (${estimate.says})`,
      `found ${formatBytes(room.freeBytes)}: of ${formatBytes(room.plannedBytes)} planned for backups ${formatBytes(room.keptBytes)} are taken, and the disk has ${formatBytes(room.diskBytes)}`,
    ],
    hint: estimate.isCompressed ? `${more}; if it compresses well: --trust-compression` : more,
  });
}

function notInstalled(name: string): Problem {
  return refused('E_NOT_INSTALLED', 'refusing to back up a service that is not installed here', {
    at: `service ${name}`,
    detail: 'want its configuration or a process of it, found neither',
    hint: 'see what is here: sudo jts-hot config --check',
  });
}

function refused(code: string, summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.refused, [diagnostic(code, summary, more)]);
}
