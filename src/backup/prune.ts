// `jts-hot backup prune`: shows which backups may go by the rule of the layout, and with consent deletes them. What may go is
// retention.ts; must not delete anything that it does not name.
import type { Answer, Context } from '../command/context.ts';
import { requireActing } from '../command/right-disk.ts';
import { stopSignal } from '../command/stop-signal.ts';
import type { History } from '../history/history.ts';
import type { BackupStore } from '../host/backup/store.ts';
import { SystemError } from '../host/syscalls.ts';
import { type BackupRule, backupRule } from '../layout/backups.ts';
import { clockJump, type Moment } from '../maintain/clean-clock.ts';
import { readBefore } from '../maintain/ran-before.ts';
import { type Diagnostic, diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import { formatDuration } from '../values/duration.ts';
import { errnoText } from '../values/errno.ts';
import type { PruneResult } from './backup-document.ts';
import { type KeptBackup, keptBackups, knownBackup } from './kept-backups.ts';
import { type Attempt, backupsOnRecord } from './on-record.ts';
import { servicesKept } from './parts.ts';
import { openStore } from './places.ts';
import { type Decision, decideRetention, type Stopped } from './retention.ts';

export interface PruneOptions {
  /** null: of each service that has any. */
  readonly service: string | null;
  /** null: as the layout says. */
  readonly keep: number | null;
  readonly olderSeconds: number | null;
  /** Agreed to: that they are deleted. */
  readonly deletes: boolean;
  /** Agreed to: that the clock is right. */
  readonly trustsClock: boolean;
  /** Agreed to: although the last backup failed. */
  readonly afterFailure: boolean;
}

type Pruned = PruneResult['services'][number];

/** The worst first. */
const OUTCOMES = ['stopped', 'failed', 'refused', 'planned', 'done', 'unchanged'] as const;

export async function pruneCommand(context: Context, options: PruneOptions): Promise<Answer<PruneResult>> {
  const { host, layout } = context;
  const { store, places } = openStore(context);
  const stop = stopSignal(context.stopRequested);
  const { deletes } = options;
  try {
    // What a run of backups is about to finish must not be judged as one that was killed.
    const release = deletes ? host.lock(context.invocation, 'long') : () => {};
    try {
      if (deletes) await requireActing(context);
      const now: Moment = { wall: Date.parse(context.now()), clock: host.clock() };
      requireClock(context, now, options);
      const attempts = attemptsOnRecord(context);
      const removed = deletes ? store.removeLeftovers() : [];
      const problems: Diagnostic[] = [];
      const services: Pruned[] = [];
      for (const service of servicesKept(context, store, options.service)) {
        const of = { store, daily: places.daily, options, nowMs: now.wall, signal: stop.signal };
        const one = await pruneOne(context, service, { ...of, attempts: attempts.get(service) ?? [] });
        services.push(one.pruned);
        problems.push(...one.problems);
        if (stop.signal.aborted) break;
      }
      const outcome = OUTCOMES.find((name) => services.some((one) => one.outcome === name)) ?? 'unchanged';
      return {
        exitCode: exitOf(outcome),
        problems,
        result: {
          did: 'prune',
          root: host.root,
          base: layout.base,
          outcome,
          removed,
          leftovers: deletes ? [] : store.leftovers(),
          services,
          bytes: services.reduce((sum, { bytes }) => sum + bytes, 0),
          freedBytes: services.reduce((sum, { freedBytes }) => sum + freedBytes, 0),
        },
      };
    } finally {
      release();
    }
  } finally {
    stop.end();
    store.close();
  }
}

function exitOf(outcome: PruneResult['outcome']): Answer<never>['exitCode'] {
  if (outcome === 'failed' || outcome === 'stopped') return EXIT.failed;
  return outcome === 'refused' ? EXIT.refused : EXIT.ok;
}

interface Work {
  readonly store: BackupStore;
  readonly daily: string;
  readonly options: PruneOptions;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly attempts: readonly Attempt[];
}

async function pruneOne(
  context: Context,
  service: string,
  work: Work,
): Promise<{ readonly pruned: Pruned; readonly problems: readonly Diagnostic[] }> {
  const { store, options, nowMs, attempts } = work;
  const rule = ruleFor(context, service, options);
  const about = { service, keep: rule.keep, olderSeconds: rule.olderSeconds };
  const nothing = { goes: [], stays: [], stopped: null, deleted: [], bytes: 0, freedBytes: 0 };
  let kept: readonly KeptBackup[];
  try {
    kept = keptBackups(store, service);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { pruned: { ...about, ...nothing, outcome: 'refused' }, problems: error.diagnostics };
  }
  const { afterFailure } = options;
  const decision = decideRetention(kept.map(knownBackup), { rule, attempts, nowMs, afterFailure });
  const byName = new Map(kept.map((one) => [one.name, one]));
  const bytesOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + (byName.get(name)?.manifest?.bytes ?? 0), 0);
  const planned = {
    ...about,
    goes: decision.goes.map((name) => ({
      name,
      at: new Date(byName.get(name)?.at ?? 0).toISOString(),
      bytes: byName.get(name)?.manifest?.bytes ?? null,
    })),
    stays: decision.stays,
    stopped: decision.stopped?.why ?? null,
    bytes: bytesOf(decision.goes),
  };
  if (decision.stopped !== null) {
    const problem = stoppedProblem(decision.stopped, { service, daily: work.daily, attempts });
    return { pruned: { ...planned, deleted: [], freedBytes: 0, outcome: 'refused' }, problems: [problem] };
  }
  if (!options.deletes || decision.goes.length === 0) {
    const outcome = decision.goes.length === 0 ? 'unchanged' : 'planned';
    return { pruned: { ...planned, deleted: [], freedBytes: 0, outcome }, problems: [] };
  }
  const { deleted, problems, isStopped } = await deleteAll(context, service, { ...work, decision });
  const outcome = problems.length > 0 ? (isStopped ? 'stopped' : 'failed') : 'done';
  return { pruned: { ...planned, deleted, freedBytes: bytesOf(deleted), outcome }, problems };
}

function ruleFor({ layout }: Context, service: string, { keep, olderSeconds }: PruneOptions): BackupRule {
  const rule = backupRule(layout, service);
  return { ...rule, keep: keep ?? rule.keep, olderSeconds: olderSeconds ?? rule.olderSeconds };
}

/** One after the other, in the order of the decision: what needs another one goes before it. */
async function deleteAll(
  context: Context,
  service: string,
  { store, daily, signal, decision }: Work & { readonly decision: Decision },
): Promise<{
  readonly deleted: readonly string[];
  readonly problems: readonly Diagnostic[];
  readonly isStopped: boolean;
}> {
  const deleted: string[] = [];
  for (const [i, name] of decision.goes.entries()) {
    // Signals are delivered when the event loop turns.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) return { deleted, problems: [stopped(deleted.length)], isStopped: true };
    context.progress(`${service}: deleting ${i + 1} of ${decision.goes.length}, ${name}`);
    try {
      store.remove(service, name);
    } catch (error) {
      if (error instanceof Problem) return { deleted, problems: error.diagnostics, isStopped: false };
      if (!(error instanceof SystemError)) throw error;
      return { deleted, problems: [notDeleted(`${daily}/${service}/${name}`, error)], isStopped: false };
    }
    deleted.push(name);
  }
  context.progress('');
  return { deleted, problems: [], isStopped: false };
}

function attemptsOnRecord(context: Context): ReadonlyMap<string, readonly Attempt[]> {
  let history: History | null = null;
  try {
    history = context.history({ mode: 'read', group: context.monitoring.group });
    const known = history === null ? new Map() : backupsOnRecord(history);
    return new Map([...known].map(([service, { attempts }]) => [service, attempts]));
  } finally {
    history?.close();
  }
}

/** Every age is counted by it. */
function requireClock(context: Context, now: Moment, { trustsClock }: PruneOptions): void {
  if (trustsClock) return;
  const { moments, taken } = readBefore(context, now);
  const jump = clockJump(moments, now, taken);
  if (jump === 0) return;
  const way = jump > 0 ? 'ahead' : 'back';
  throw new Problem(EXIT.refused, [
    diagnostic('E_CLOCK', 'refusing to delete backups by a clock that was set', {
      detail: `want a clock that goes on, found ${new Date(now.wall).toISOString()}, ${formatDuration(Math.abs(jump) / 1000)} ${way} of what is on record`,
      hint: `see that the time is right (timedatectl); if it is: sudo jts-hot ${context.invocation} --trust-clock`,
    }),
  ]);
}

function stoppedProblem(
  stopped: Stopped,
  {
    service,
    daily,
    attempts,
  }: { readonly service: string; readonly daily: string; readonly attempts: readonly Attempt[] },
): Diagnostic {
  const at = `service ${service}`;
  const again = `take a good one first: sudo jts-hot backup run ${service}; where there is no room for one: sudo jts-hot backup prune ${service} --after-failure`;
  switch (stopped.why) {
    case 'failed':
    case 'unfinished': {
      const { why = null } = attempts.at(-1) ?? {};
      return diagnostic('E_LAST_FAILED', 'refusing to delete backups after one that failed', {
        at,
        detail: [
          `want the last backup done, found that ${stopped.name} ${stopped.why === 'failed' ? 'failed' : 'did not end'}`,
          ...(why === null ? [] : [why]),
        ],
        hint: again,
      });
    }
    case 'gone':
      return diagnostic('E_LAST_GONE', 'refusing to delete backups where the last one is not there', {
        at: `${daily}/${service}/${stopped.name}`,
        detail: 'want the last one that was done, found none',
        hint: again,
      });
    case 'unknown':
      return diagnostic('E_NOT_ON_RECORD', 'refusing to delete backups of which nothing is on record', {
        at,
        detail: 'want the last backup in the history, found none: it may have failed',
        hint: again,
      });
    case 'ahead':
      return diagnostic('E_AHEAD', 'refusing to delete backups while one is dated ahead of the clock', {
        at: `${daily}/${service}/${stopped.name}`,
        detail: 'want none that is dated ahead of the clock by more than an hour',
        hint: 'see that the time is right (timedatectl); if it is, move that backup elsewhere',
      });
    default:
      return stopped satisfies never;
  }
}

function stopped(count: number): Diagnostic {
  return diagnostic('E_STOPPED', 'cannot finish deleting', {
    detail: `it was stopped; ${count} are deleted, the others are as they were`,
    hint: 'to go on: the same command again',
  });
}

function notDeleted(at: string, { code }: SystemError): Diagnostic {
  return diagnostic('E_NOT_DELETED', 'cannot delete a backup', {
    at,
    detail: `found ${errnoText(code)}`,
    hint: 'it is no backup any more once some of it is gone; the same command again goes on',
  });
}
