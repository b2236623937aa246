// Owns what is checked before work begins: the machine, its tools, and the disk that really holds the base directory.
// Reads only; every finding is a warning, which `--strict` makes a failure.

import type { Layout } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { FileSystem } from '../port/file-system.ts';
import type { HostReader } from '../port/host.ts';
import { layoutKinds } from '../resources/index.ts';
import { type Holder, holdersOf, plannedOn } from '../space/holders.ts';
import { plannableBytes, RESERVE, type Room, roomOf } from '../space/room.ts';
import { formatBytes } from '../values/size.ts';
import type { Check } from './check.ts';

/** The programs that the kinds of a layout start, and the package of each. */
const PACKAGES: ReadonlyMap<string, string> = new Map(
  layoutKinds.flatMap(({ tools }) => Object.entries(tools)),
);
export const TOOLS: readonly string[] = [...PACKAGES.keys()];
const MINIMUM_BYTES = 1e12;
export const RECOMMENDED_BYTES = 4e12;
/** What a disk gives of its nominal size, at least: the file system's own needs are taken off `sizeBytes`. */
const OF_NOMINAL = 0.95;

export function preflight(layout: Layout, host: HostReader): readonly Check[] {
  const { platform, container } = host.surroundings();
  const missing = host.missingTools(TOOLS);
  return [
    warning({
      id: 'host.platform',
      at: 'host',
      expected: 'linux',
      found: platform,
      holds: platform === 'linux',
      hint: 'run it on the Linux host itself',
    }),
    warning({
      id: 'host.tools',
      at: 'host',
      expected: TOOLS.join(', '),
      found: missing.length === 0 ? 'all there' : `missing: ${missing.join(', ')}`,
      holds: missing.length === 0,
      fix: `sudo apt-get install ${[...new Set(missing.map((tool) => PACKAGES.get(tool)))].join(' ')}`,
    }),
    warning({
      id: 'host.container',
      at: 'host',
      expected: 'not in a container',
      found: container === null ? 'none' : container,
      holds: container === null || host.root !== '/',
      hint: 'run it on the host; users and directories made in here go with the container',
    }),
    ...checkSpace(layout, host),
  ];
}

/** Of the file system that holds the base directory, or will (that of its nearest existing ancestor), and of those of services. */
export function checkSpace(layout: Layout, host: HostReader): readonly Check[] {
  const [base, ...own] = holdersOf(layout, host).map((holder) => ({
    holder,
    fs: host.fileSystem(holder.path),
  }));
  if (base === undefined) return [];
  const all = [base, ...own].map(({ fs }) => roomOf(fs));
  const sum = (of: keyof Room) => all.reduce((total, room) => total + room[of], 0);
  const { fs } = base;
  // What a volume group keeps free is in no file system.
  const given = 1 - (layout.storage?.volumes?.keepFreePercent ?? 0) / 100;
  const at = `file system ${fs.mountPoint}`;
  return [
    checkWritable(base),
    warning({
      id: 'space.device',
      at,
      expected: 'an NVMe disk',
      found:
        fs.device === null
          ? `${fs.type} from ${fs.source}, disk unknown`
          : `${fs.type} on ${fs.device.disks.join(', ')}`,
      holds: fs.device?.nvme === true,
      hint: 'mount the NVMe disk at the base directory first, or name another one with --base',
    }),
    // Volumes share a disk: together they are as large as it is.
    warning({
      id: 'space.size',
      at,
      expected: `a disk of ${formatBytes(RECOMMENDED_BYTES)} (at least ${formatBytes(MINIMUM_BYTES)})`,
      found: `size ${formatBytes(sum('sizeBytes'))}, used ${formatBytes(sum('usedBytes'))}, ${formatBytes(sum('availableBytes'))} available to services`,
      holds: sum('sizeBytes') >= RECOMMENDED_BYTES * OF_NOMINAL * given,
      hint:
        sum('sizeBytes') >= MINIMUM_BYTES * OF_NOMINAL * given
          ? 'enough to start with; plan smaller sizes in the layout'
          : `is the hot disk mounted? see: findmnt --target ${shellWord(fs.path)}`,
    }),
    checkPlanned(base),
    ...own.flatMap((one) => [checkWritable(one), checkPlanned(one)]),
  ];
}

interface Held {
  readonly holder: Holder;
  readonly fs: FileSystem;
}

/** `space.planned`, and of a service's own file system `space.planned.kafka`. */
function spaceId(what: string, { service }: Holder): string {
  return service === null ? `space.${what}` : `space.${what}.${service}`;
}

function checkWritable({ holder, fs }: Held): Check {
  return warning({
    id: spaceId('writable', holder),
    at: `file system ${fs.mountPoint}`,
    service: holder.service,
    expected: 'mounted for reading and writing',
    found: fs.readOnly ? 'read-only' : 'read and write',
    holds: !fs.readOnly,
    fix: `sudo mount -o remount,rw ${shellWord(fs.mountPoint)}`,
    hint: 'see first what the kernel says of the disk: sudo dmesg | tail',
  });
}

/** Of each file system what is planned on it: none can take from another. */
function checkPlanned({ holder, fs }: Held): Check {
  const planned = plannedOn(holder);
  const plannable = plannableBytes(fs);
  const { service } = holder;
  return warning({
    id: spaceId('planned', holder),
    at: `file system ${fs.mountPoint}`,
    service,
    expected: `${formatBytes(planned)} planned for ${service ?? 'the services'}`,
    found: `${formatBytes(plannable)} that the disk can give ${service ?? 'them'}: size ${formatBytes(fs.sizeBytes)}, ${RESERVE * 100} % kept free`,
    holds: planned <= plannable,
    hint:
      service === null
        ? 'plan smaller sizes in /etc/jts/hot-storage.yaml; to start one, see: jts-hot spec show'
        : 'plan a smaller size for it in /etc/jts/hot-storage.yaml, or give its volume a larger one there',
  });
}

function warning(
  check: Pick<Check, 'id' | 'at' | 'expected' | 'found'> & {
    holds: boolean;
    service?: string | null;
    fix?: string | null;
    hint?: string | null;
  },
): Check {
  const { holds, service = null, fix = null, hint = null, ...rest } = check;
  return {
    ...rest,
    service,
    severity: 'warning',
    status: holds ? 'pass' : 'fail',
    fix: holds ? null : fix,
    hint: holds ? null : hint,
    because: null,
  };
}
