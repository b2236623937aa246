// Owns a disk being watched for ninety days in seconds: the product's own judgement of each look and each sample, on a clock
// that is moved on, with a history that is arrays. What is told is what was enqueued: nothing is delivered.

import type { Context } from '../../src/command/context.ts';
import type { AlertEvent } from '../../src/history/event.ts';
import { type History, RECENT_SAMPLES, type Sample } from '../../src/history/history.ts';
import { builtInMonitoring, type Monitoring } from '../../src/layout/monitoring.ts';
import { judgedLook, type Sight } from '../../src/monitor/look-judgement.ts';
import { monitorCommand } from '../../src/monitor/monitor.ts';
import type { FileSystem } from '../../src/port/file-system.ts';
import type { Host } from '../../src/port/host.ts';
import type { LevelState } from '../../src/space/level.ts';
import {
  type DiskLook,
  kept,
  LOOK_RINGS,
  type LookRing,
  NO_LOOK_MEMORY,
  slotOf,
} from '../../src/space/looks.ts';
import { type Course, STEP_MS, STEPS } from './series.ts';

const START = Date.UTC(2026, 0, 5);
const SAMPLE_STEPS = 72;

export interface Watching {
  readonly looks: boolean;
  /** After the truth changed. */
  readonly offsetMs: number;
}

export interface Told {
  readonly at: number;
  readonly event: AlertEvent;
}

export interface Watched {
  readonly told: readonly Told[];
  /** Full samples. */
  readonly samples: number;
}

const MONITORING: Monitoring = {
  ...builtInMonitoring,
  alerts: { ...builtInMonitoring.alerts, channels: [{ name: 'log', type: 'journal', from: 'WARNING' }] },
};

/** Times are milliseconds since the course began. */
export async function watch(course: Course, { looks, offsetMs }: Watching): Promise<Watched> {
  const told: Told[] = [];
  let step = 0;
  let now = START;
  let samples = 0;
  const history = createHistory((event) => told.push({ at: event.at - START, event }));
  const host = hostOf(() => fileSystemAt(course, step));
  const context: Context = {
    layout: { base: '/data/jts/hot', services: [] },
    monitoring: MONITORING,
    host,
    history: () => history,
    layoutFile: null,
    owners: [0],
    hostName: 'trader1',
    environment: () => undefined,
    openHost: () => host,
    program: 'test',
    newDisk: false,
    invocation: 'test',
    now: () => new Date(now).toISOString(),
    stopRequested: () => false,
    progress: () => {},
  };
  for (; step < STEPS; step += 1) {
    now = START + step * STEP_MS + offsetMs;
    const sample = async (more: { readonly sooner?: true }) => {
      samples += 1;
      await monitorCommand(context, { thresholds: null, record: true, timeoutMs: null, ...more });
    };
    if (looks && judgedLook(context, sightOf(fileSystemAt(course, step))).sooner)
      await sample({ sooner: true });
    if (step % SAMPLE_STEPS === 0) await sample({});
  }
  return { told, samples };
}

/** Of the disk alone. */
function sightOf(seen: FileSystem): Sight {
  return { seen, own: new Map(), services: [] };
}

function fileSystemAt({ used, limit }: Course, step: number): FileSystem {
  const [usedBytes, sizeBytes] = [used[step] ?? 0, limit[step] ?? 0];
  return { ...DISK, sizeBytes, freeBytes: sizeBytes - usedBytes, availableBytes: sizeBytes - usedBytes };
}

const DISK: FileSystem = {
  path: '/data/jts/hot',
  mountPoint: '/data/jts/hot',
  source: '/dev/nvme0n1p1',
  type: 'xfs',
  readOnly: false,
  options: ['rw'],
  sizeBytes: 0,
  freeBytes: 0,
  availableBytes: 0,
  inodes: 0,
  inodesFree: 0,
  device: null,
};

/** What a measurement asks of a host; anything else is not there. */
function hostOf(fileSystem: () => FileSystem): Host {
  const asked: Partial<Host> = {
    // Of an image: which disk it is is not what is simulated.
    root: '/image',
    base: '/data/jts/hot',
    mounts: [],
    surroundings: () => ({ platform: 'linux', container: null, effectiveUid: 0, runsSystemd: false }),
    clock: () => null,
    entry: () => ({ type: 'directory', uid: 0, gid: 0, mode: '0755', inode: '1', born: null, entries: 0 }),
    mountedAt: () => DISK,
    measure: async () => ({ trees: [], entries: 0, linksBeyond: 0, timedOut: false }),
    fileSystem,
    note: () => null,
  };
  return asked as Host;
}

function createHistory(enqueued: (event: AlertEvent) => void): History {
  const samples: Sample[] = [];
  const rings = new Map(Object.keys(LOOK_RINGS).map((ring) => [ring, new Map<number, DiskLook>()]));
  let levels: ReadonlyMap<string, LevelState> = new Map();
  const told = new Map<string, ReturnType<History['lastTold']>[number]>();
  let report: ReturnType<History['report']> = null;
  let memory = NO_LOOK_MEMORY;
  return {
    notes: [],
    remarks: [],
    problems: [],
    goOnAs: () => 'nothing',
    publish: () => {},
    transaction: (act) => act(),
    append: (sample) => void samples.push(sample),
    timeOf: ({ wall }) => wall,
    samples: () => samples,
    thinned: ({ since, most }) => samples.filter(({ at }) => at >= since).slice(-most),
    recentTimes: () =>
      samples
        .slice(-RECENT_SAMPLES)
        .map(({ at }) => at)
        .reverse(),
    addLook: (look) => {
      for (const [ring, slots] of rings) {
        const slot = slotOf(ring as LookRing, look.at);
        slots.set(slot, kept(ring as LookRing, slots.get(slot) ?? null, look));
      }
    },
    // In order of time, as far back as anybody asks.
    looks: ({ ring, since }) => {
      const slots = rings.get(ring) ?? new Map<number, DiskLook>();
      const { bucketMs } = LOOK_RINGS[ring];
      const found: DiskLook[] = [];
      for (let at = since; at <= since + 20 * bucketMs; at += bucketMs) {
        const look = slots.get(slotOf(ring, at));
        if (look !== undefined && look.at >= since) found.push(look);
      }
      return found;
    },
    lookMemory: () => memory,
    setLookMemory: (after) => {
      memory = after;
    },
    extent: () => ({
      samples: samples.length,
      first: samples[0]?.at ?? null,
      last: samples.at(-1)?.at ?? null,
    }),
    subjects: () => ['/'],
    levels: () => levels,
    setLevels: (after) => {
      levels = after;
    },
    enqueue: (event, channels) => {
      enqueued(event);
      for (const channel of channels)
        told.set(`${channel} ${event.subject}`, {
          channel,
          subject: event.subject,
          level: event.level,
          at: event.at,
        });
    },
    lastTold: () => [...told.values()],
    claim: () => [],
    delivered: () => {},
    failed: () => {},
    deliveries: () => [],
    report: () => report,
    setReport: (at, json) => {
      report = { at, json };
    },
    checks: () => null,
    setChecks: () => {},
    keep: () => {},
    kept: () => [],
    close: () => {},
  };
}
