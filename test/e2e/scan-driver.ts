// Measures directories of this machine in a process of its own, for tests that limit or kill it, and tells what it found
// as JSON. Usage: node scan-driver.ts '{"base": …, "trees": […], "times": 1, "uid": …}'
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openLinuxHost } from '../../src/host/linux.ts';
import { hungThreads, measure } from '../../src/host/scan/scan.ts';
import { exitNow } from '../../src/host/syscalls.ts';
import type { Measured, MeasureRequest } from '../../src/port/measure.ts';

export interface Ask extends Partial<Omit<MeasureRequest, 'onProgress'>> {
  readonly base: string;
  /** So often, one after the other. */
  readonly times?: number;
  /** Waits no longer for a disk that shows nothing new. */
  readonly standstillMs?: number;
  /** Becomes this user first. */
  readonly uid?: number;
}

export interface Told {
  readonly measured: readonly Measured[];
  /** Descriptors open before, and after the threads have ended. */
  readonly fds: readonly [number, number];
  /** Peak of the process. */
  readonly maxRssBytes: number;
}

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '{}'));

async function main({ base, times = 1, uid, standstillMs, ...request }: Ask): Promise<void> {
  const host = openLinuxHost({ root: '/', base });
  if (uid !== undefined) {
    process.setgroups?.([]);
    process.setgid?.(uid);
    process.setuid?.(uid);
  }
  const ask = { trees: [], depth: 0, find: null, timeoutMs: null, onProgress: () => {}, ...request };
  const measured: Measured[] = [];
  // Of each kind of thing that a first measurement opens for good (the event loop's), there is one by then.
  await host.measure({ ...ask, trees: [] });
  await settled();
  const before = openFds();
  for (let time = 0; time < times; time += 1)
    measured.push(
      standstillMs === undefined
        ? await host.measure(ask)
        : await measure(ask, { rootFd: openSync('/', 'r'), base, mounts: [] }, standstillMs),
    );
  const hung = hungThreads();
  if (hung === 0) await settled();
  const told = {
    measured,
    fds: [before, openFds()],
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  } satisfies Told;
  process.stdout.write(JSON.stringify(told));
  if (hung > 0) exitNow(0);
}

/** Threads close what is theirs when they have ended, a moment after the answer. */
async function settled(): Promise<void> {
  while (readdirSync('/proc/self/task').some(isWorker)) await setTimeout(5);
}

function isWorker(tid: string): boolean {
  try {
    return readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim() === 'WorkerThread';
  } catch {
    return false;
  }
}

function openFds(): number {
  // Less the one that lists them.
  return readdirSync('/proc/self/fd').length - 1;
}
