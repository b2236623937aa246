// Owns where the real servers are that test/servers/install.sh fetches, and hosts that have them. Must not fetch any.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type HostOptions, startHost, type ThrowawayHost } from '../e2e/throwaway-host.ts';

const PARTS = [
  'debian-12',
  'debian-13',
  'postgresql-18',
  'pgbackrest-2',
  'valkey-9',
  'chdb-26',
  'kafka-4',
] as const;
export type Part = (typeof PARTS)[number];

/** Below it a host has the parts that are no tree, each by its name. */
const INSIDE = '/opt';

let found: ReadonlyMap<string, string> | undefined;

function parts(): ReadonlyMap<string, string> {
  if (found) return found;
  const install = join(import.meta.dirname, 'install.sh');
  const { stdout, stderr, status } = spawnSync(install, ['--where'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot look for the servers: ${stderr}`);
  const lines = stdout.trim().split('\n');
  found = new Map(lines.map((line) => line.split(' ', 2) as [string, string]));
  return found;
}

export function missingParts(): readonly Part[] {
  return PARTS.filter((part) => !parts().has(part));
}

/** Of any part of install.sh, servers or not. null: it is not made here. */
export function placeOf(part: string): string | null {
  return parts().get(part) ?? null;
}

/** Its directory on this machine. */
export function directoryOf(part: Part): string {
  const directory = parts().get(part);
  if (directory === undefined) throw new Error(`${part} is not here: run test/servers/install.sh`);
  return directory;
}

/** Where each of these is seen inside a host, and its directory: `binds` of a host. */
export function bindsOf(names: readonly Part[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((part) => [`${INSIDE}/${part}`, directoryOf(part)]));
}

export interface ServerHostOptions extends Omit<HostOptions, 'tree'> {
  /** Beside the servers of the tree: each is seen as /opt/PART. */
  readonly parts?: readonly Part[];
}

/**
 * A Debian 12 with its packages of PostgreSQL, Redis, ClickHouse, Docker, Java 17 and kcat, in a network of its own. No
 * systemd runs in it.
 */
export function startServerHost({ parts: names = [], ...options }: ServerHostOptions = {}): ThrowawayHost {
  return startHost({
    ...options,
    tree: directoryOf('debian-12'),
    binds: { ...options.binds, ...bindsOf(names) },
  });
}
