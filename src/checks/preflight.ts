// Owns what is checked before work begins: the machine, its tools, and the disk that really holds the base directory.
// Reads only; every finding is a warning, which `--strict` makes a failure.

import { type Layout, plannedTotalBytes } from '../layout/layout.ts';
import { shellWord } from '../messages/typed-command.ts';
import type { HostReader } from '../port/host.ts';
import { layoutKinds } from '../resources/index.ts';
import { plannableBytes, RESERVE, roomOf } from '../space/room.ts';
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

/** On the file system that holds the base directory, or will: that of its nearest existing ancestor. */
export function checkSpace(layout: Layout, host: HostReader): readonly Check[] {
  const fs = host.fileSystem(layout.base);
  const at = `file system ${fs.mountPoint}`;
  const { sizeBytes, usedBytes, availableBytes } = roomOf(fs);
  const planned = plannedTotalBytes(layout);
  const plannable = plannableBytes(fs);
  return [
    warning({
      id: 'space.writable',
      at,
      expected: 'mounted for reading and writing',
      found: fs.readOnly ? 'read-only' : 'read and write',
      holds: !fs.readOnly,
      fix: `sudo mount -o remount,rw ${shellWord(fs.mountPoint)}`,
      hint: 'see first what the kernel says of the disk: sudo dmesg | tail',
    }),
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
    warning({
      id: 'space.size',
      at,
      expected: `a disk of ${formatBytes(RECOMMENDED_BYTES)} (at least ${formatBytes(MINIMUM_BYTES)})`,
      found: `size ${formatBytes(sizeBytes)}, used ${formatBytes(usedBytes)}, ${formatBytes(availableBytes)} available to services`,
      holds: sizeBytes >= RECOMMENDED_BYTES * OF_NOMINAL,
      hint:
        sizeBytes >= MINIMUM_BYTES * OF_NOMINAL
          ? 'enough to start with; plan smaller sizes in the layout'
          : `is the hot disk mounted? see: findmnt --target ${shellWord(fs.path)}`,
    }),
    warning({
      id: 'space.planned',
      at,
      expected: `${formatBytes(planned)} planned for the services`,
      found: `${formatBytes(plannable)} that the disk can give them: size ${formatBytes(sizeBytes)}, ${RESERVE * 100} % kept free`,
      holds: planned <= plannable,
      hint: 'plan smaller sizes in /etc/jts/hot-storage.yaml; to start one, see: jts-hot spec show',
    }),
  ];
}

function warning(
  check: Pick<Check, 'id' | 'at' | 'expected' | 'found'> & {
    holds: boolean;
    fix?: string | null;
    hint?: string | null;
  },
): Check {
  const { holds, fix = null, hint = null, ...rest } = check;
  return {
    ...rest,
    service: null,
    severity: 'warning',
    status: holds ? 'pass' : 'fail',
    fix: holds ? null : fix,
    hint: holds ? null : hint,
    because: null,
  };
}
