// Owns where a service of which data is moved runs now, by what its processes have open. Reads only.

import { isBelow } from '../configure/paths.ts';
import { seen, serversOf } from '../configure/servers.ts';
import type { Server } from '../configure/state.ts';
import type { HostReader } from '../port/host.ts';
import type { Process } from '../services/configuration.ts';
import { builtIn } from '../services/index.ts';

/**
 * `old place`, `hot tier`: all that it has open is there. `nowhere`: no process of its unit. `elsewhere`: in another place, or in
 * both. `unseen`: it runs, and has nothing open that says it: it may be starting.
 */
export type RunsAt = 'old place' | 'hot tier' | 'nowhere' | 'elsewhere' | 'unseen';

/** How one of these processes is known; null: nothing is known of them. */
export function processOf(service: string): Process | null {
  return builtIn(service)?.configuration?.process ?? null;
}

export interface Places {
  readonly from: string;
  /** Where the data is to be. */
  readonly to: string;
  /** null: it has none that runs it; then it runs nowhere. */
  readonly unit: string | null;
}

/** Processes of the service, those of other units left out: a second cluster is none of ours. */
export function serversIn(host: HostReader, process: Process, unit: string | null): readonly Server[] {
  return serversOf(host.processes(process.commands), process)
    .map((server) => seen(server, process))
    .filter((server) => server.unit === unit);
}

export function runsAt(host: HostReader, process: Process | null, { from, to, unit }: Places): RunsAt {
  if (process === null || unit === null) return 'nowhere';
  const servers = serversIn(host, process, unit);
  if (servers.length === 0) return 'nowhere';
  const places = servers.flatMap((server) => server.places ?? []);
  if (places.length === 0) return 'unseen';
  const allAt = (directory: string) =>
    places.every(({ path, isDeleted, device }) => {
      if (isDeleted || device === null || !isBelow(path, directory)) return false;
      return device === host.deviceAt(directory);
    });
  if (allAt(from)) return 'old place';
  return allAt(to) ? 'hot tier' : 'elsewhere';
}
