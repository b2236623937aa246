// Owns telling the channels of a backup, or a proof, that has just ended: a failure of the night is not told hours later, with the
// next sample. What is told is state.ts.
import { levelsIn, remember } from '../alerts/remember.ts';
import type { Context } from '../command/context.ts';
import type { History } from '../history/history.ts';
import { Problem } from '../messages/diagnostic.ts';
import { backupFindings, backupStates } from './state.ts';

/** What is kept of it has been kept. Where the history cannot be written that was said; the next sample tells it then. */
export async function tellOfBackups(context: Context): Promise<void> {
  const { host, layout, monitoring } = context;
  let history: History | null = null;
  try {
    history = context.history({ mode: 'write', group: monitoring.group });
    if (history === null) return;
    const open = history;
    open.transaction(() => {
      const at = open.timeOf({ wall: Date.parse(context.now()), clock: host.clock() });
      const before = levelsIn(open, at);
      const found = backupFindings(backupStates(open, layout, at), { layout, before, now: at });
      remember(context, open, { before, found, missed: new Set(), isSample: false, at });
    });
    if (monitoring.alerts.channels.length > 0) {
      const { deliverAlerts } = await import('../alerts/deliver.ts');
      await deliverAlerts(context, open);
    }
    // For those who may read it, and serve.
    open.publish();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  } finally {
    history?.close();
  }
}
