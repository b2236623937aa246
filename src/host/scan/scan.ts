// Owns a measurement as the main thread sees it: threads, their time, and what they found put together. Must not touch
// what is measured: a disk that hangs must not hang the thread that reports it.

import { availableParallelism } from 'node:os';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { DeclaredMount } from '../../port/declared-mount.ts';
import {
  type Measured,
  type MeasuredDirectory,
  type MeasuredTree,
  type MeasureRequest,
  STANDSTILL_MS,
} from '../../port/measure.ts';
import type { Owned, Owners } from '../../port/owner-search.ts';
import { noteThread } from '../threads.ts';
import type { Inspection, Noticed } from './inside.ts';
import { shareOwners } from './owners.ts';
import { largest, type Message, type Report, type Start } from './report.ts';
import { createSharedMemory, MOST_WORKERS, openShared, type Shared } from './shared.ts';
import { SCAN_WORKER_OPTIONS } from './worker-options.ts';

/** The bundle's build writes its name in. */
declare const SCAN_WORKER: string;
const PROGRAM = new URL(typeof SCAN_WORKER === 'string' ? SCAN_WORKER : './worker.ts', import.meta.url);

const PROGRESS_MS = 100;
const LOOK_MS = 20;
/** In a row: our own program is read from a disk, too. */
const LOOKS = 3;
/** Entries that one thread goes through before another would have started. */
const FEW = 2000;
/** Of the time of all cores. */
const BUSY = 0.7;
/** After the time is up: a thread that still answers does so between two entries. */
const GRACE_MS = 250;

/** Started before this program was loaded (start.ts). */
declare const firstScanWorker: Worker | null;
let ready: Worker[] =
  typeof firstScanWorker === 'object' && firstScanWorker !== null ? [firstScanWorker] : [];
let hung = 0;

/**
 * Starts the first thread of the next measurement, so that it is there when it is asked for. Most trees are small: it has
 * gone through them before another would have started, and to start one takes longer than all else.
 */
export function startScanWorkers(): void {
  if (ready.length === 0) ready.push(startWorker());
}

/** At least two: one that hangs must not keep the others from being measured. */
function threads(wanted: number): number {
  return Math.max(2, Math.min(wanted, MOST_WORKERS));
}

/** Threads that hang in the kernel, on a disk that does not answer. The process cannot end as usual (`exitNow`). */
export function hungThreads(): number {
  return hung;
}

function startWorker(): Worker {
  noteThread();
  return new Worker(PROGRAM, { ...SCAN_WORKER_OPTIONS, env: SHARE_ENV });
}

/** Besides measuring: looks for what these own, and ends when something of each was found. */
export interface ScanRequest extends MeasureRequest {
  readonly owners?: Owners;
  /** Besides measuring: notices what may not be there. */
  readonly inspection?: Inspection;
  readonly stopRequested?: () => boolean;
}

export interface Scanned extends Measured {
  readonly owned: readonly Owned[];
  /** Of the trees, by their numbers: a part from each thread that was in it. */
  readonly noticed: readonly { readonly tree: number; readonly part: Noticed }[];
}

export function measure(
  request: ScanRequest,
  on: { readonly rootFd: number; readonly base: string; readonly mounts: readonly DeclaredMount[] },
  standstillMs = STANDSTILL_MS,
): Promise<Scanned> {
  const {
    trees,
    depth,
    find,
    timeoutMs,
    onProgress,
    inspection = null,
    stopRequested = () => false,
  } = request;
  const owners = request.owners === undefined ? null : shareOwners(request.owners);
  const memory = createSharedMemory(trees.length);
  const shared = openShared(memory);
  const reports: Report[] = [];
  const workers: Worker[] = [];
  return new Promise((resolve, reject) => {
    let over = 0;
    let ended = false;
    let told = 0;

    const progress = setInterval(() => {
      const entries = shared.entries();
      if (timeoutMs === null && entries !== told) patience.refresh();
      told = entries;
      onProgress(entries);
      if (stopRequested()) giveUp();
    }, PROGRESS_MS);
    const patience = setTimeout(giveUp, timeoutMs ?? standstillMs);
    let grace: NodeJS.Timeout | undefined;
    const waits = createWaits();
    let seen = -1;
    const look = setInterval(() => {
      // It has begun: there is much to look at, or it hangs.
      if (shared.joined() > 0 && (shared.entries() > FEW || shared.entries() === seen))
        fill(threads(availableParallelism()));
      seen = shared.entries();
      if (!waits()) return;
      clearInterval(look);
      fill(threads(2 * availableParallelism()));
    }, LOOK_MS);

    function fill(wanted: number): void {
      while (workers.length < wanted) add(startWorker());
    }

    function giveUp(): void {
      shared.stop();
      clear();
      grace = setTimeout(end, GRACE_MS);
    }

    function clear(): void {
      for (const timer of [progress, patience, look, grace]) clearTimeout(timer);
    }

    function add(thread: Worker): void {
      thread.on('message', hear);
      thread.on('error', (error) => {
        shared.stop();
        clear();
        reject(error);
      });
      thread.postMessage({
        worker: workers.length,
        memory,
        trees,
        depth,
        apart: request.apart ?? [],
        find,
        owners,
        inspection,
        ...on,
      } satisfies Start);
      // It must not keep the process, wherever it hangs.
      thread.unref();
      workers.push(thread);
    }

    function hear(message: Message): void {
      if (message.type === 'report') reports.push(message.report);
      else {
        over += 1;
        if (ended) hung -= 1;
        else if (over === shared.joined() && !shared.running()) end();
      }
    }

    function end(): void {
      clear();
      ended = true;
      hung += shared.joined() - over;
      onProgress(shared.entries());
      resolve(assemble(request, shared, reports));
    }

    startScanWorkers();
    for (const thread of ready) add(thread);
    ready = [];
  });
}

/**
 * Whether the process has been waiting for a disk for a while: it read from one, and the processors were not busy. More
 * threads than cores are then more questions to the disk at once.
 */
function createWaits(): () => boolean {
  const cores = Math.min(availableParallelism(), MOST_WORKERS);
  let before = process.resourceUsage();
  let then = nowMs();
  let times = 0;
  return () => {
    const usage = process.resourceUsage();
    const now = nowMs();
    const busy = (usage.userCPUTime + usage.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1000;
    const waited = usage.fsRead > before.fsRead && busy < (now - then) * cores * BUSY;
    times = waited ? times + 1 : 0;
    before = usage;
    then = now;
    return times === LOOKS;
  };
}

/** What `performance` loads takes longer than to measure a small tree. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function assemble(request: MeasureRequest, shared: Shared, reports: readonly Report[]): Scanned {
  const unfinished = shared.unfinished();
  const directories = directoriesOf(request.trees.length, shared, reports);
  const trees = request.trees.map((path, tree): MeasuredTree => {
    const own = reports.filter((report) => report.tree === tree);
    const error = unfinished.has(tree)
      ? 'timeout'
      : (own.find((report) => report.error !== null)?.error ?? null);
    const inOrder = (directories[tree] ?? []).toSorted(bySize);
    const top = inOrder.find((directory) => directory.path === '');
    if (error !== null || top === undefined) return unmeasured(path, error ?? 'missing');
    const { files, unreadable } = shared.countsOf(tree);
    const { diskBytes, apparentBytes, inodes } = top;
    return {
      path,
      error: null,
      total: { diskBytes, apparentBytes, inodes },
      files,
      directories: inOrder,
      mountPoints: own.flatMap((report) => report.mountPoints).toSorted(),
      unreadable: own.flatMap((report) => report.unreadable).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      unreadableCount: unreadable,
      found: largest(
        own.flatMap((report) => report.found),
        request.find?.most ?? 0,
      ),
    };
  });
  const { entries, linksBeyond } = { entries: shared.entries(), linksBeyond: shared.linksBeyond() };
  const owned = reports.flatMap((report) =>
    report.owned.map((one) => ({ ...one, path: absolute(request.trees[report.tree] ?? '', one.path) })),
  );
  const noticed = reports.flatMap(({ tree, noticed: part }) => (part === null ? [] : [{ tree, part }]));
  return { trees, entries, linksBeyond, timedOut: unfinished.size > 0, owned, noticed };
}

function absolute(tree: string, path: string): string {
  if (path === '') return tree;
  return tree === '/' ? `/${path}` : `${tree}/${path}`;
}

function unmeasured(path: string, error: string): MeasuredTree {
  const total = { diskBytes: 0, apparentBytes: 0, inodes: 0 };
  const nothing = {
    files: 0,
    directories: [],
    mountPoints: [],
    unreadable: [],
    unreadableCount: 0,
    found: [],
  };
  return { path, error, total, ...nothing };
}

/** For each tree its directories that have accounts, each with what is below it. */
function directoriesOf(
  trees: number,
  shared: Shared,
  reports: readonly Report[],
): readonly (readonly MeasuredDirectory[])[] {
  const accounts = new Map<number, { readonly parent: number; readonly name: string }>();
  for (const report of reports)
    for (const { slot, ...account } of report.accounts) accounts.set(slot, account);
  const slots = shared.slots();
  const sums = Array.from({ length: slots }, (_, slot) => shared.sumOf(slot));
  // A directory was given its account before those in it.
  for (let slot = slots - 1; slot >= trees; slot -= 1) {
    const [own, above] = [sums[slot], sums[accounts.get(slot)?.parent ?? -1]];
    if (own === undefined || above === undefined) continue;
    above.diskBytes += own.diskBytes;
    above.apparentBytes += own.apparentBytes;
    above.inodes += own.inodes;
  }
  const paths: string[] = Array.from({ length: trees }, () => '');
  const directories: MeasuredDirectory[][] = Array.from({ length: trees }, () => []);
  for (const [slot, sum] of sums.entries()) {
    const account = accounts.get(slot);
    if (slot >= trees && account === undefined) continue;
    const above = account === undefined ? '' : (paths[account.parent] ?? '');
    const path = account === undefined ? '' : above === '' ? account.name : `${above}/${account.name}`;
    paths[slot] = path;
    directories[shared.treeOf(slot)]?.push({ path, ...sum });
  }
  return directories;
}

function bySize(a: MeasuredDirectory, b: MeasuredDirectory): number {
  return b.diskBytes - a.diskBytes || (a.path < b.path ? -1 : 1);
}
