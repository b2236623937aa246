// Owns where a baseline is measured, and whether that may be done now: on the file system that is meant, with room beside the
// file, on a disk that has nothing else to do, with fio(1). Reads only.
import { type Context, requireRoot } from '../command/context.ts';
import { checkServiceNames } from '../engine/plan.ts';
import { type Layout, servicePath } from '../layout/layout.ts';
import { diagnostic, EXIT, Problem } from '../messages/diagnostic.ts';
import type { BlockDisk } from '../port/block-disk.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { HostReader } from '../port/host-reader.ts';
import { type Holder, holdersOf } from '../space/holders.ts';
import { formatBytes } from '../values/size.ts';
import { APPENDED_BYTES, type Extent } from './measurements.ts';

/** Must be free beside the file: services write on. */
const LEAST_FREE_PERCENT = 5;

/** Of the time. What a disk does that only its services' background work touches is less. */
const BUSY_PERCENT = 10;
const LOOK_MS = 1000;

export interface BenchPlace {
  readonly directory: string;
  /** The service that has the file system for itself; null: the base's. */
  readonly service: string | null;
  /** Services with file systems of their own that are not measured here. */
  readonly others: readonly string[];
}

/** What must hold before anything is locked or looked at closely. `service`: whose file system is meant; null: the base's. */
export function requirePlace(context: Context, service: string | null): BenchPlace {
  if (service !== null) checkServiceNames(context.layout, [service], 'SERVICE');
  requireRoot(context);
  const { host, layout } = context;
  if (host.root !== '/')
    throw refused('E_IMAGE', "refusing to measure the disk of an image: it is not this host's", {
      at: host.root,
      detail: `want root /, found ${host.root}`,
      hint: 'measure on the host that the image is for',
    });
  if (host.missingTools(['fio']).length > 0)
    throw refused('E_NO_TOOL', 'refusing to measure without fio', {
      detail: 'want fio in the usual places, found none',
      fix: 'sudo apt-get install fio',
    });
  const holders = holdersOf(layout, host);
  const holder = holders.find((one) => (service === null ? one.service === null : isOn(one, service)));
  const staging = stagingOf(layout);
  const about = {
    service: holder?.service ?? null,
    others: holders.flatMap((one) => (one === holder || one.service === null ? [] : [one.service])),
  };
  if (holder !== undefined && staging !== null)
    return { ...about, directory: isOn(holder, staging.service) ? staging.path : holder.path };
  throw refused('E_NO_STAGING', 'refusing to measure where the layout has no place for it', {
    at: layout.base,
    detail: 'want a directory with role backup in the layout, found none',
    hint: 'add one to the layout, called staging and with role: backup',
  });
}

function isOn({ services }: Holder, service: string): boolean {
  return services.some(({ name }) => name === service);
}

/** What is called staging; else the first that backups may be in. */
function stagingOf(layout: Layout): { readonly service: string; readonly path: string } | null {
  const all = layout.services.flatMap((service) =>
    service.directories
      .filter(({ role }) => role === 'backup')
      .map(({ name }) => ({ name, service: service.name, path: `${servicePath(layout, service)}/${name}` })),
  );
  return all.find(({ name }) => name === 'staging') ?? all[0] ?? null;
}

export function requireRoom(
  { sizeBytes, availableBytes }: FileSystem,
  directory: string,
  extent: Extent,
): void {
  const takes = extent.fileBytes + APPENDED_BYTES;
  const least = Math.ceil((sizeBytes * LEAST_FREE_PERCENT) / 100);
  if (availableBytes - takes >= least) return;
  throw refused('E_NO_ROOM', 'refusing to fill the disk', {
    at: directory,
    detail: [
      `want ${formatBytes(takes + least)} free: ${formatBytes(takes)} for the file, and ${LEAST_FREE_PERCENT} % of the disk beside it`,
      `found ${formatBytes(availableBytes)}`,
    ],
    hint: 'see what takes the space: sudo jts-hot usage',
  });
}

/** Looks for a second. */
export async function requireIdle(
  { host, stopRequested, invocation }: Pick<Context, 'host' | 'stopRequested' | 'invocation'>,
  names: readonly string[],
  wait: (milliseconds: number) => Promise<void>,
): Promise<void> {
  const before = host.blockDisks(names);
  if (before.every(({ busyMs }) => busyMs === null)) return;
  await wait(LOOK_MS);
  if (stopRequested()) return;
  const busiest = busyPercents(before, host.blockDisks(names)).toSorted((a, b) => b.percent - a.percent)[0];
  if (busiest === undefined || busiest.percent < BUSY_PERCENT) return;
  throw refused('E_BUSY', 'refusing to measure a disk that is busy', {
    at: busiest.name,
    detail: `want it at work for less than ${BUSY_PERCENT} % of a second, found ${Math.round(busiest.percent)} %`,
    hint: `wait until it is idle; to measure all the same: sudo jts-hot ${invocation} --now`,
  });
}

function busyPercents(
  before: readonly BlockDisk[],
  after: readonly BlockDisk[],
): readonly { readonly name: string; readonly percent: number }[] {
  return after.map(({ name, busyMs }, i) => {
    const earlier = before[i]?.busyMs ?? null;
    const worked = busyMs === null || earlier === null ? 0 : busyMs - earlier;
    return { name, percent: Math.min(100, (worked / LOOK_MS) * 100) };
  });
}

/** What a disk is known by, whatever it is called today: its serial number; else what is on it. */
export function identityOf(
  disks: readonly BlockDisk[],
  { uuid, source }: { readonly uuid: string | null; readonly source: string },
): string {
  const serials = disks.flatMap(({ serial }) => (serial === null ? [] : [serial]));
  if (disks.length > 0 && serials.length === disks.length) return `serial:${serials.toSorted().join('+')}`;
  return uuid === null ? `source:${source}` : `uuid:${uuid}`;
}

export function kernelOf(host: Pick<HostReader, 'text'>): string {
  try {
    return host.text('/proc/sys/kernel/osrelease')?.trim() || 'unknown';
  } catch (error) {
    if (error instanceof Problem) return 'unknown';
    throw error;
  }
}

function refused(code: string, summary: string, more: Parameters<typeof diagnostic>[2]): Problem {
  return new Problem(EXIT.refused, [diagnostic(code, summary, more)]);
}
