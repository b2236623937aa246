// Copies or compares in a process of its own, for tests that limit or kill it, and tells what it found as JSON.
// Usage: node copy-driver.ts '[{"from": …, "to": …, "pass": "first"}, {"one": …, "other": …}, {"writtenOn": …}]', done in order.
import { readdirSync } from 'node:fs';
import { openLinuxHost } from '../../src/host/linux.ts';
import { exitNow } from '../../src/host/syscalls.ts';
import { Problem } from '../../src/messages/diagnostic.ts';
import type { Compared, Copied, CopyProgress, CopyRequest } from '../../src/port/copy-tree.ts';

export interface CopyAsk {
  readonly from: string;
  readonly to: string;
  readonly pass: CopyRequest['pass'];
  readonly suspects?: readonly string[] | 'all';
  readonly bytesPerSecond?: number;
  /** Is stopped after this time. */
  readonly stopAfterMs?: number;
}

export interface CompareAsk {
  readonly one: string;
  readonly other: string;
}

/** Who could write on the file system that holds this directory; those are suspects of the copies that follow. */
export interface WritersAsk {
  readonly writtenOn: string;
}

export type Ask = CopyAsk | CompareAsk | WritersAsk;

export type CopyTold =
  | ({ readonly copied: Copied; readonly last: CopyProgress } & Took)
  | ({ readonly compared: Compared } & Took)
  | { readonly suspects: readonly string[] }
  | { readonly problem: string };

interface Took {
  readonly seconds: number;
  /** Of all processors together: what others do at the same time does not count. */
  readonly cpuSeconds: number;
}

export interface DriverTold {
  readonly told: readonly CopyTold[];
  /** Descriptors that are open at the end and were not before. */
  readonly leaked: number;
  /** Peak of the process. */
  readonly maxRssBytes: number;
}

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '[]'));

async function main(asked: readonly Ask[]): Promise<void> {
  const host = openLinuxHost({ root: '/', base: '/nowhere' });
  const told: CopyTold[] = [];
  let before = 0;
  let writing: readonly string[] = [];
  for (const [i, ask] of asked.entries()) {
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const took = (): Took => {
      const { user, system } = process.cpuUsage(cpu);
      return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
    };
    try {
      if ('writtenOn' in ask) {
        writing = [...host.openForWriting(ask.writtenOn).inodes.keys()];
        told.push({ suspects: writing });
      } else if ('one' in ask) {
        const signal = AbortSignal.timeout(3_600_000);
        const compared = await host.compareTrees({ ...ask, signal, onProgress: () => {} });
        told.push({ compared, ...took() });
      } else {
        let last: CopyProgress = { entries: 0, bytes: 0, readBytes: 0 };
        const copied = await host.copyTree({
          ...ask,
          suspects: ask.suspects === 'all' ? 'all' : new Set([...(ask.suspects ?? []), ...writing]),
          bytesPerSecond: ask.bytesPerSecond ?? null,
          signal: AbortSignal.timeout(ask.stopAfterMs ?? 3_600_000),
          onProgress: (progress) => {
            last = progress;
          },
        });
        told.push({ copied, last, ...took() });
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      told.push({ problem: error.message });
    }
    // Of each kind of thing that a first call opens for good, there is one by then.
    if (i === 0) before = openFds();
  }
  const maxRssBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(
    JSON.stringify({ told, leaked: openFds() - before, maxRssBytes } satisfies DriverTold),
  );
  exitNow(0);
}

function openFds(): number {
  return readdirSync('/proc/self/fd').length;
}
