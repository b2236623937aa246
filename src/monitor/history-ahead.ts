// Owns opening the history for a sample while threads still measure: this thread has nothing to do then. Where they take long it
// is closed again, so that nobody who wants it alone has to wait. Must not make one where there is none.
import type { Context } from '../command/context.ts';
import type { History } from '../history/history.ts';
import { HISTORY_DIRECTORY, HISTORY_FILE } from '../history/store/problem.ts';
import { Problem } from '../messages/diagnostic.ts';

const HELD_MS = 250;

export interface HistoryAhead {
  /** Once the threads are at work. */
  open(): void;
  /** Like `context`; the first that opens the history to write it is handed the one that is open. */
  readonly context: Context;
  /** It may have been handed over: then that is not closed. */
  close(): void;
}

export function historyAhead(context: Context): HistoryAhead {
  const { host, monitoring } = context;
  let opened: History | null = null;
  let timer: NodeJS.Timeout | undefined;

  function taken(): History | null {
    const found = opened;
    opened = null;
    clearTimeout(timer);
    return found;
  }
  const close = () => taken()?.close();

  return {
    open() {
      if (host.surroundings().effectiveUid !== 0) return;
      if (host.entry(`${HISTORY_DIRECTORY}/${HISTORY_FILE}`).type !== 'file') return;
      try {
        opened = context.history({ mode: 'write', group: monitoring.group });
        timer = setTimeout(close, HELD_MS);
      } catch (error) {
        // Said when it is wanted.
        if (!(error instanceof Problem)) throw error;
      }
    },
    context: {
      ...context,
      history: (access) => (access.mode === 'write' ? taken() : null) ?? context.history(access),
    },
    close,
  };
}
