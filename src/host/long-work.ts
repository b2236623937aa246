// Owns how this host works at what may take minutes: part by part, so that signals are heard between two of them.
import type { LongProgress, LongWork } from '../port/host.ts';

export async function workAtLength(
  work: Generator<LongProgress, void>,
  how: LongWork,
): Promise<'done' | 'stopped'> {
  try {
    for (const far of work) {
      // Signals are delivered when the event loop turns.
      await new Promise((resolve) => setImmediate(resolve));
      if (how.stopRequested()) return 'stopped';
      how.onProgress(far);
    }
    return 'done';
  } finally {
    work.return();
  }
}
