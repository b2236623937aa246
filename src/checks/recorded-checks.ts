// Owns what follows from a recorded proof (`validate --record`, for timers): its outcome is remembered, and the channels
// are told once of each change. Must not prove anything itself.

import { enqueueAlerts } from '../alerts/enqueue.ts';
import { type AlertQueue, createUnkeptQueue } from '../alerts/unkept.ts';
import type { Context } from '../command/context.ts';
import { CHECKS, type ChecksOutcome, isRenewed, outcomeOf, stateOf } from '../history/checks.ts';
import type { History } from '../history/history.ts';
import { type Diagnostic, Problem } from '../messages/diagnostic.ts';
import type { Check } from './check.ts';
import type { ValidateResult } from './validate-document.ts';

/** What could not be remembered. It is told nevertheless. */
export async function recordChecks(context: Context, result: ValidateResult): Promise<readonly Diagnostic[]> {
  const { monitoring } = context;
  const { passed, failed, warnings, skipped } = result;
  const onHotTier = Object.fromEntries(
    result.services.map(({ service, state }) => [service, state === 'running on the hot tier']),
  );
  const proof = { passed, failed, warnings, skipped, notHeld: notHeldIn(result.checks), onHotTier };
  const now = Date.parse(context.now());
  let history: History | null = null;
  try {
    history = context.history({ mode: 'write', group: monitoring.group });
    const kept = history;
    // One transaction, so that of two proofs at a time each change is told by one of them only.
    kept?.transaction(() => {
      const before = kept.checks();
      const after = outcomeOf(proof, { before, now });
      kept.setChecks(after);
      announce(context, kept, { before, after });
    });
    if (history === null) return [];
    await tell(context, history);
    return [...published(history), ...history.problems];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { before, lastTold } = lastKnown(context);
    const queue = createUnkeptQueue(lastTold);
    announce(context, queue, { before, after: outcomeOf(proof, { before, now }) });
    await tell(context, queue);
    return error.diagnostics;
  } finally {
    history?.close();
  }
}

/** For those who may read it. Everything has been told by then. */
function published(history: History): readonly Diagnostic[] {
  try {
    history.publish();
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.diagnostics;
  }
}

/** Causes first, and what follows from them last: the first few are told. */
function notHeldIn(checks: readonly Check[]): readonly string[] {
  const weight = ({ because, severity, status }: Check) =>
    (because === null ? 0 : 4) + (severity === 'error' ? 0 : 2) + (status === 'fail' ? 0 : 1);
  return checks
    .filter(({ status }) => status !== 'pass')
    .toSorted((a, b) => weight(a) - weight(b))
    .map(({ id }) => id);
}

/** Where nothing can be written, what was written before may still be read. */
function lastKnown({ history: open, monitoring }: Context): {
  readonly before: ChecksOutcome | null;
  readonly lastTold: Parameters<typeof createUnkeptQueue>[0];
} {
  let history: History | null = null;
  try {
    history = open({ mode: 'read', group: monitoring.group });
    return { before: history?.checks() ?? null, lastTold: history?.lastTold() ?? [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { before: null, lastTold: [] };
  } finally {
    history?.close();
  }
}

function announce(
  context: Context,
  queue: AlertQueue,
  { before, after }: { readonly before: ChecksOutcome | null; readonly after: ChecksOutcome },
): void {
  const { passed, failed, warnings, skipped, notHeld } = after;
  const checks = { passed, failed, warnings, skipped, notHeld: notHeld.slice(0, NAMED) };
  enqueueAlerts(queue, {
    before: new Map(before === null ? [] : [[CHECKS, stateOf(before)]]),
    after: new Map([[CHECKS, stateOf(after)]]),
    facts: new Map([[CHECKS, { usedBytes: 0, limitBytes: 0, checks }]]),
    missed: new Set(),
    renewed: new Set(isRenewed(before, after) ? [CHECKS] : []),
    monitoring: context.monitoring,
    host: context.hostName,
    base: context.layout.base,
    isSample: true,
    now: after.at,
    newId: () => crypto.randomUUID(),
  });
}

/** In an event; the counts say how many there are. */
const NAMED = 10;

async function tell(context: Context, queue: AlertQueue): Promise<void> {
  if (context.monitoring.alerts.channels.length === 0) return;
  const { deliverAlerts } = await import('../alerts/deliver.ts');
  await deliverAlerts(context, queue);
}
