// `jts-hot backup verify`: proves a backup of each service: its files have their sums, the real server starts on it, and has what
// was counted when it was taken. Changes nothing of the backup but what is said of the last proof.
import type { Answer, Context } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { stopSignal } from '../command/stop-signal.ts';
import { createFlow } from '../host/backup/pipes.ts';
import type { BackupStore } from '../host/backup/store.ts';
import type { Service } from '../layout/layout.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { Count } from '../services/backing-up.ts';
import { builtIn } from '../services/index.ts';
import { formatBytes } from '../values/size.ts';
import type { VerifiedBackup, VerifyResult } from './backup-document.ts';
import { misfits } from './compare.ts';
import { chainOf, type Found, layOut } from './lay-out.ts';
import { manifestOf, setVerification } from './manifest.ts';
import type { Verification } from './manifest-document.ts';
import { asBackupProblem, remember, servicesMeant, startTelling, stuckIn, whyOf } from './parts.ts';
import { openStore, type Places, roomFor } from './places.ts';
import { prove } from './prove.ts';
import { notBackedUp, userOf } from './subject.ts';
import { wrongFiles } from './sums.ts';
import { tellOfBackups } from './tell.ts';

export interface VerifyOptions {
  /** null: of each service that has any. */
  readonly service: string | null;
  /** Its name; null: the newest. */
  readonly at: string | null;
  readonly bytesPerSecond: number;
  readonly isDry: boolean;
}

/** The worst first. */
const OUTCOMES = ['stopped', 'bad', 'failed', 'none', 'planned', 'good'] as const;

export async function verifyCommand(context: Context, options: VerifyOptions): Promise<Answer<VerifyResult>> {
  const answer = await verifyAll(context, options);
  if (!options.isDry) await tellOfBackups(context);
  return answer;
}

async function verifyAll(context: Context, options: VerifyOptions): Promise<Answer<VerifyResult>> {
  const services = servicesMeant(context, options.service);
  const { store, places } = openStore(context);
  const stop = stopSignal(context.stopRequested);
  const release = options.isDry ? () => {} : context.host.lock(context.invocation, 'long');
  try {
    if (!options.isDry) await requireActing(context);
    const removed = options.isDry ? [] : store.removeLeftovers();
    const backups: VerifiedBackup[] = [];
    const problems: Diagnostic[] = options.isDry ? [] : [...stuckIn(store, places.staging)];
    for (const service of services) {
      const name = nameOf(store, service.name, options.at);
      if (name === null) {
        // Of all, those that there are.
        if (options.service === service.name || options.at !== null)
          throw noSuchBackup(store, service.name, options.at);
        continue;
      }
      const one = await verifyOne(context, service, { name, options, store, places, signal: stop.signal });
      backups.push(one.backup);
      problems.push(...one.problems);
      if (stop.signal.aborted) break;
    }
    const outcome = OUTCOMES.find((one) => backups.some((backup) => backup.outcome === one)) ?? 'none';
    const isFine = outcome === 'good' || outcome === 'planned' || outcome === 'none';
    return {
      exitCode: isFine ? EXIT.ok : EXIT.failed,
      problems,
      result: {
        did: 'verify',
        root: context.host.root,
        base: context.layout.base,
        outcome,
        removed,
        backups,
      },
    };
  } finally {
    release();
    stop.end();
    store.close();
  }
}

/** null: there is none, or none of that name. */
export function nameOf(store: BackupStore, service: string, at: string | null): string | null {
  const names = store.names(service);
  return (at === null ? names.at(-1) : names.find((name) => name === at)) ?? null;
}

export function noSuchBackup(store: BackupStore, service: string, at: string | null): Problem {
  const names = store.names(service);
  return new Problem(EXIT.usage, [
    diagnostic('E_NO_SUCH_BACKUP', 'cannot find a backup', {
      at: `service ${service}`,
      detail: [
        `want ${at ?? 'any'}`,
        names.length === 0 ? 'found none of it' : `found ${names.slice(-5).join(', ')}`,
      ],
      hint:
        names.length === 0
          ? `take one: sudo jts-hot backup run ${service}`
          : 'see all: sudo jts-hot backup list',
    }),
  ]);
}

interface Work {
  readonly name: string;
  readonly options: VerifyOptions;
  readonly store: BackupStore;
  readonly places: Places;
  readonly signal: AbortSignal;
}

async function verifyOne(
  context: Context,
  service: Service,
  work: Work,
): Promise<{ readonly backup: VerifiedBackup; readonly problems: readonly Diagnostic[] }> {
  const { name, options, store, signal } = work;
  const about = { service: service.name, name };
  const stored = store.open(service.name, name);
  const begun = Date.parse(context.now());
  const keep = (isGood: boolean, why: readonly string[], counts: readonly Count[]) => {
    const seconds = (Date.parse(context.now()) - begun) / 1000;
    const verification: Verification = {
      schemaVersion: 1,
      at: context.now(),
      program: context.program,
      isGood,
      seconds,
      why,
      counts,
    };
    setVerification(stored, verification);
    const kept = { isGood, name, seconds, why: isGood ? null : why.join('; ').slice(0, 2000) };
    return { verification, unkept: remember(context, 'verify', service.name, kept) };
  };
  const bad = (why: readonly string[], counts: readonly Count[] = []) => {
    const { verification, unkept } = keep(false, why, counts);
    const problem = diagnostic('E_BAD_BACKUP', 'cannot call a backup good', {
      at: stored.path,
      detail: why.slice(0, MOST_SHOWN),
      hint: `do not count on it; take a new one: sudo jts-hot backup run ${service.name} --whole`,
    });
    return { backup: { ...about, outcome: 'bad', verification } as const, problems: [problem, ...unkept] };
  };
  if (options.isDry) return { backup: { ...about, outcome: 'planned', verification: null }, problems: [] };
  try {
    const manifest = manifestOf(stored);
    if (!('manifest' in manifest)) return bad([manifest.damaged]);
    const chain = chainOf(store, { stored, ...manifest });
    const wrong = await wrongIn(context, chain, work);
    if (wrong.length > 0) return bad(wrong);
    const counts = await proveChain(context, service, { ...work, chain });
    const unlike = misfits(manifest.manifest.taken, counts);
    if (unlike.length > 0) return bad(unlike, counts);
    const { verification, unkept } = keep(true, [], counts);
    return { backup: { ...about, outcome: 'good', verification }, problems: unkept };
  } catch (error) {
    if (signal.aborted)
      return { backup: { ...about, outcome: 'stopped', verification: null }, problems: [stopped()] };
    const problem = asBackupProblem(error, work.places.staging);
    if (!(problem instanceof Problem)) throw problem;
    // Its own server or tool says so: the backup is to blame, or what it is proved with.
    if (problem.diagnostics.some(blamesBackup)) {
      const { problems, backup } = bad([whyOf(problem.diagnostics)]);
      return { backup, problems: [...problem.diagnostics, ...problems] };
    }
    return { backup: { ...about, outcome: 'failed', verification: null }, problems: problem.diagnostics };
  }
}

const MOST_SHOWN = 10;
const BLAMED = ['E_NOT_STARTED', 'E_TOOL', 'E_NO_PARENT', 'E_NOT_PROVED'];

/** A full disk says nothing about it. */
function blamesBackup({ code, detail }: Diagnostic): boolean {
  return BLAMED.includes(code) && !detail.some((line) => /No space left|Disk quota exceeded/.test(line));
}

/** Of all that it needs. */
async function wrongIn(
  context: Context,
  chain: readonly Found[],
  { options, signal }: Work,
): Promise<readonly string[]> {
  const bytes = chain.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  const telling = startTelling(context, `${chain.at(-1)?.manifest.service}: comparing sums`, bytes);
  const { bytesPerSecond } = options;
  const flow = createFlow({ bytesPerSecond, roomBytes: 0, signal, onRead: telling.onRead });
  try {
    const wrong: string[] = [];
    for (const found of chain) {
      const own = chain.length === 1 ? '' : `${found.stored.name}/`;
      wrong.push(...(await wrongFiles(found, flow)).map((line) => `${own}${line}`));
    }
    return wrong;
  } finally {
    telling.end();
  }
}

async function proveChain(
  context: Context,
  service: Service,
  { chain, store, places, options, signal, name }: Work & { readonly chain: readonly Found[] },
): Promise<readonly Count[]> {
  const facet = await builtIn(service.name)?.backup?.();
  const taken = chain.at(-1)?.manifest.taken;
  if (facet === undefined || taken === undefined) throw notBackedUp(service.name);
  const as = userOf(context.host, service);
  requireRoomToRestore(context, { store, places, chain });
  const draft = store.draft(`verify-${service.name}-${name}`);
  const telling = startTelling(context, `${service.name}: restoring`, bytesOf(chain));
  const { bytesPerSecond } = options;
  const flow = createFlow({
    bytesPerSecond,
    roomBytes: Number.POSITIVE_INFINITY,
    signal,
    onRead: telling.onRead,
  });
  try {
    const directory = draft.directoryFor('data', as);
    await layOut(context, { facet, as, store, draft, flow, chain, directory, place: directory });
    telling.end();
    const beside = draft.directoryFor('beside', as);
    return await prove(context, { service: service.name, facet, as, taken, directory, beside, flow });
  } finally {
    telling.end();
    draft.end();
  }
}

export function bytesOf(chain: readonly Found[]): number {
  return chain.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
}

/** What is restored takes what its source took; each of a chain is laid out too. */
export function needToRestore(chain: readonly Found[]): number {
  return chain.reduce((sum, { manifest }) => sum + Math.max(manifest.sourceBytes, manifest.bytes), 0);
}

export function requireRoomToRestore(
  context: Context,
  of: { readonly store: BackupStore; readonly places: Places; readonly chain: readonly Found[] },
): void {
  const { store, places, chain } = of;
  const need = needToRestore(chain);
  const { diskBytes } = roomFor(context, store, places);
  if (need <= diskBytes) return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_NO_ROOM', 'refusing to restore where there is no room for it', {
      at: places.staging,
      detail: [`want ${formatBytes(need)}`, `found ${formatBytes(diskBytes)} free beside the reserve`],
      hint: 'make room first: sudo jts-hot usage',
    }),
  ]);
}

function stopped(): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish the proof', {
    detail: 'it was stopped; the backup is as it was, and nothing else is left',
    hint: 'to prove it: the same command again',
  });
}
