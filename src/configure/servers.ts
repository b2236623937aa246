// Owns which processes of the host are servers of a service, and where each has its data. Reads only.
import type { HostReader } from '../port/host.ts';
import type { Running } from '../port/running.ts';
import type { Process } from '../services/configuration.ts';
import type { Server } from './state.ts';

/** Those of this host that nothing of the same kind started: its workers stand where it does. */
export function serversOf(running: readonly Running[], { commands, argument }: Process): readonly Running[] {
  const own = running.filter(
    ({ command, words }) => commands.includes(command) && (argument === null || words.includes(argument)),
  );
  const pids = new Set(own.map(({ pid }) => pid));
  return own.filter(({ parent, isElsewhere }) => !pids.has(parent) && !isElsewhere);
}

export function seen({ pid, unit, directory, holds }: Running, { data }: Process): Server {
  if (data === 'directory') return { pid, unit, places: directory === null ? null : [directory] };
  const held = holds(data);
  if (held === null) return { pid, unit, places: null };
  const places = new Map(
    held.flatMap((one) => {
      const end = data.find((ending) => one.path.endsWith(ending));
      const path = end === undefined ? undefined : one.path.slice(0, -end.length);
      return path === undefined ? [] : [[path, { ...one, path }] as const];
    }),
  );
  return { pid, unit, places: [...places.values()] };
}

/** Those that run now. */
export function serversNow(host: HostReader, process: Process): readonly Server[] {
  return serversOf(host.processes(process.commands), process).map((server) => seen(server, process));
}

export function placesInUse(host: HostReader, process: Process): readonly string[] {
  return serversNow(host, process).flatMap(({ places }) => (places ?? []).map(({ path }) => path));
}
