// Owns dying everywhere: each state that a killed command can leave a host in memory in, as a new process finds it. Must not
// know the command.
import assert from 'node:assert/strict';
import { Crash, type CrashMoment } from './events.ts';
import type { MemoryHost } from './memory-host.ts';

const MOMENTS: readonly CrashMoment[] = ['before', 'after', 'torn'];

export interface Killed {
  readonly host: MemoryHost;
  /** `torn event 7` */
  readonly at: string;
}

/**
 * Kills `act` on copies of `start` at every moment of each of its events. What two of them leave behind alike is given once:
 * after an event is mostly before the next one, and what cannot be torn is whole. With `whole`, the host on which `act`
 * came to its end since it was made or cloned. `each`: at one event of so many.
 */
export async function* killedAnywhere(
  start: MemoryHost,
  whole: MemoryHost,
  act: (host: MemoryHost) => Promise<unknown>,
  each = 1,
): AsyncGenerator<Killed> {
  const seen = new Set<string>();
  for (let n = 1; n <= whole.faults.events(); n += each)
    for (const moment of MOMENTS) {
      const host = start.clone();
      host.faults.crash(moment, n);
      const at = `${moment} event ${n}`;
      await assert.rejects(act(host), Crash, at);
      host.faults.restart();
      const left = host.fingerprint();
      if (seen.has(left)) continue;
      seen.add(left);
      yield { host, at };
    }
}
