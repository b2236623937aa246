// Owns doing what takes minutes: part after part, with progress on a terminal, ended by a signal within a part or between
// two. Must not know what the parts do, nor keep what came of them: the caller does, so that it can go on later.
import { formatDuration } from '../values/duration.ts';
import type { Context } from './context.ts';
import { stopSignal } from './stop-signal.ts';

export interface Part<Result> {
  /** For people who wait: `read 4 KiB, depth 1, round 2 of 3`. */
  readonly says: string;
  /** About how long it takes; how long the rest takes is told by it. */
  readonly expectedSeconds: number;
  /**
   * Once the signal comes it ends soon, and leaves nothing half done: what it did not finish is as if it had not begun.
   * What it answers then is not looked at.
   */
  readonly run: (signal: AbortSignal) => Promise<Result>;
}

const TELL_MS = 1000;

/**
 * `onDone` is called after each part and before the next one begins: what it keeps then need not be done again by the
 * next call, which is given the parts that are left. What a part throws ends it all.
 */
export async function workThrough<Result>(
  parts: readonly Part<Result>[],
  { stopRequested, progress, now }: Pick<Context, 'stopRequested' | 'progress' | 'now'>,
  onDone: (result: Result, index: number) => void,
): Promise<'done' | 'stopped'> {
  const stop = stopSignal(stopRequested);
  const isStopped = () => stop.signal.aborted || stopRequested();
  try {
    for (const [i, part] of parts.entries()) {
      if (isStopped()) return 'stopped';
      const begun = Date.parse(now());
      const left = parts.slice(i).reduce((sum, { expectedSeconds }) => sum + expectedSeconds, 0);
      const tell = () => {
        const gone = Math.min(part.expectedSeconds, Math.max(0, (Date.parse(now()) - begun) / 1000));
        progress(`${i + 1}/${parts.length} ${part.says}, about ${formatDuration(left - gone)} left`);
      };
      tell();
      const telling = setInterval(tell, TELL_MS);
      let result: Result;
      try {
        result = await part.run(stop.signal);
      } finally {
        clearInterval(telling);
      }
      if (isStopped()) return 'stopped';
      onDone(result, i);
    }
    return 'done';
  } finally {
    stop.end();
    progress('');
  }
}
