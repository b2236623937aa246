// `jts-hot backup restore`: makes a data directory of a backup, in an empty place, or with consent in that of the live data. What
// is there stays.
import type { Answer, Context } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { stopSignal } from '../command/stop-signal.ts';
import { createFlow } from '../host/backup/pipes.ts';
import { syncFileSystem } from '../host/backup/programs.ts';
import type { BackupStore } from '../host/backup/store.ts';
import type { Service } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { builtIn } from '../services/index.ts';
import type { RestoreResult } from './backup-document.ts';
import { chainOf, type Found, layOut } from './lay-out.ts';
import { manifestOf, nameAt } from './manifest.ts';
import { asBackupProblem, servicesMeant, startTelling } from './parts.ts';
import { openStore } from './places.ts';
import { type Live, liveOf, replaceLive } from './replace-live.ts';
import { notBackedUp, userOf } from './subject.ts';
import { wrongFiles } from './sums.ts';
import { bytesOf, nameOf, needToRestore, noSuchBackup, requireRoomToRestore } from './verify.ts';

export interface RestoreOptions {
  readonly service: string | null;
  /** Its name; null: the newest. */
  readonly at: string | null;
  /** null: a directory in staging. */
  readonly to: string | null;
  /** Agreed to: it takes the place of the live data. */
  readonly replacesLive: boolean;
  readonly bytesPerSecond: number;
  readonly isDry: boolean;
}

export async function restoreCommand(
  context: Context,
  options: RestoreOptions,
): Promise<Answer<RestoreResult>> {
  const service = oneService(context, options.service);
  const facet = await builtIn(service.name)?.backup?.();
  if (facet === undefined) throw notBackedUp(service.name);
  const { store, places } = openStore(context);
  const stop = stopSignal(context.stopRequested);
  const release = options.isDry ? () => {} : context.host.lock(context.invocation, 'long');
  try {
    if (!options.isDry) await requireActing(context);
    const name = nameOf(store, service.name, options.at);
    if (name === null) throw noSuchBackup(store, service.name, options.at);
    const chain = chainOf(store, foundOf(store, service.name, name));
    const back = `${places.staging}/rolled-back-${service.name}-${nameAt(context.now())}`;
    const live = options.replacesLive ? await liveOf(context, service, places.staging) : null;
    const path = live?.place ?? options.to ?? `${places.staging}/restored-${service.name}-${name}`;
    if (live === null) requireFree(context, path);
    requireRoomToRestore(context, { store, places, chain });
    const about = {
      did: 'restore' as const,
      root: context.host.root,
      base: context.layout.base,
      service: service.name,
      name,
      isLive: live !== null,
      aside: live?.aside ?? null,
      needBytes: needToRestore(chain),
      run: null,
    };
    if (options.isDry)
      return { exitCode: EXIT.ok, problems: [], result: { ...about, outcome: 'planned', path, next: [] } };
    store.removeLeftovers();
    let run: number | null = null;
    try {
      const ran = await restoreTo(context, {
        service,
        options,
        store,
        live,
        chain,
        path,
        back,
        signal: stop.signal,
      });
      if (ran !== null && ran.outcome !== 'applied') {
        const outcome = ran.outcome === 'refused' ? ('refused' as const) : ('failed' as const);
        const result = { ...about, outcome, path: null, aside: null, run: ran.run, next: [] };
        return { exitCode: ran.exitCode, problems: ran.problems, result };
      }
      run = ran?.run ?? null;
    } catch (error) {
      const problem = asBackupProblem(error, places.staging);
      if (!(problem instanceof Problem) && !stop.signal.aborted) throw problem;
      const outcome = stop.signal.aborted ? 'stopped' : 'failed';
      const problems = problem instanceof Problem ? problem.diagnostics : [stopped()];
      return { exitCode: EXIT.failed, problems, result: { ...about, outcome, path: null, next: [] } };
    }
    const next = live === null ? facet.afterRestore : [];
    const result = { ...about, outcome: 'restored' as const, path, run, next };
    return { exitCode: EXIT.ok, problems: [], result };
  } finally {
    release();
    stop.end();
    store.close();
  }
}

/** Of all of them it would be too much to take by mistake. */
function oneService(context: Context, what: string | null): Service {
  const [service, ...more] = servicesMeant(context, what);
  if (service !== undefined && more.length === 0) return service;
  throw new Problem(EXIT.usage, [
    diagnostic('E_USAGE', 'cannot restore without the name of a service', {
      at: 'SERVICE',
      detail: `want one of ${[service, ...more].map((one) => one?.name).join(', ')}; found ${what ?? 'none'}`,
      hint: 'see what there is: sudo jts-hot backup list',
    }),
  ]);
}

/** Throws a Problem where it has no manifest that can be read. */
function foundOf(store: BackupStore, service: string, name: string): Found {
  const stored = store.open(service, name);
  const found = manifestOf(stored);
  if ('manifest' in found) return { stored, manifest: found.manifest };
  throw new Problem(EXIT.failed, [
    diagnostic('E_BAD_BACKUP', 'cannot restore a backup that is damaged', {
      at: stored.path,
      detail: found.damaged,
      hint: 'see what else there is: sudo jts-hot backup list',
    }),
  ]);
}

function requireFree({ host }: Context, path: string): void {
  const entry = host.entry(path);
  if (entry.type === 'missing') return;
  throw new Problem(EXIT.refused, [
    diagnostic('E_NOT_EMPTY', 'refusing to restore over something', {
      at: path,
      detail: `want nothing there, found a ${entry.type}`,
      hint: 'name another place with --to, or move that away',
    }),
  ]);
}

async function restoreTo(
  context: Context,
  of: {
    readonly service: Service;
    readonly options: RestoreOptions;
    readonly store: BackupStore;
    readonly live: Live | null;
    readonly chain: readonly Found[];
    readonly path: string;
    /** Where rollback puts what took the place of live data. */
    readonly back: string;
    readonly signal: AbortSignal;
  },
): Promise<Awaited<ReturnType<typeof replaceLive>> | null> {
  const { service, options, store, live, chain, path, back, signal } = of;
  const facet = await builtIn(service.name)?.backup?.();
  if (facet === undefined) throw notBackedUp(service.name);
  const as = userOf(context.host, service);
  const telling = startTelling(context, `${service.name}: restoring`, 2 * bytesOf(chain));
  const { bytesPerSecond } = options;
  const flow = createFlow({
    bytesPerSecond,
    roomBytes: Number.POSITIVE_INFINITY,
    signal,
    onRead: telling.onRead,
  });
  const draft = store.draft(`restore-${service.name}-${chain.at(-1)?.stored.name}`);
  try {
    for (const found of chain) {
      const wrong = await wrongFiles(found, flow);
      if (wrong.length > 0) throw damaged(found, wrong);
    }
    const directory = draft.directoryFor('data', as);
    await layOut(context, { facet, as, store, draft, flow, chain, directory, place: path });
    telling.end();
    // What tar laid out is on the disk before it is called restored.
    syncFileSystem(draft.path);
    if (live !== null) return await replaceLive(context, { service, live, draft, back });
    const cut = path.lastIndexOf('/');
    draft.moveOut('data', path.slice(0, cut) || '/', path.slice(cut + 1));
    return null;
  } finally {
    telling.end();
    draft.end();
  }
}

function damaged({ stored }: Found, wrong: readonly string[]): Problem {
  return new Problem(EXIT.failed, [
    diagnostic('E_BAD_BACKUP', 'cannot restore a backup that is damaged', {
      at: stored.path,
      detail: wrong.slice(0, 10),
      hint: 'see what else there is: sudo jts-hot backup list',
    }),
  ]);
}

function stopped() {
  return diagnostic('E_STOPPED', 'cannot finish the restore', {
    detail: 'it was stopped; nothing half done is kept',
    hint: 'to restore it: the same command again',
  });
}
