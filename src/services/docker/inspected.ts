// What Docker says of its volumes and containers: which of them anybody is writing to, and what the labels consent to.
import type { AskHands } from '../backing-up.ts';

/** On a container: `pause`, it may be paused while its volumes are read. On a volume: `no`, it is left out. */
export const LABEL = 'jts-hot.backup';

export interface Volume {
  readonly name: string;
  readonly driver: string;
  /** Of the driver: those of `local` with a device are data elsewhere. */
  readonly options: Readonly<Record<string, string>>;
  readonly label: string | null;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  /** It can write now. */
  readonly isWriting: boolean;
  readonly label: string | null;
  /** Names of the volumes that it may write to. */
  readonly volumes: readonly string[];
}

type Labels = Readonly<Record<string, string>> | null | undefined;

export function dockerOf(hands: Pick<AskHands, 'program'>): string {
  return hands.program(
    ['/usr/bin/docker', '/usr/local/bin/docker'],
    'docker-cli (in Debian 12 and before: docker.io)',
  );
}

/** At its usual socket; where `hosts` names another one, at that. */
export function asking({
  told,
  program,
}: Pick<AskHands, 'told' | 'program'>): readonly [string, ...string[]] {
  const hosts = told('hosts');
  const all = Array.isArray(hosts) ? hosts.map(String) : [];
  const socket = all.find((one) => one.startsWith('unix://'));
  return [dockerOf({ program }), ...(socket === undefined ? [] : ['--host', socket])];
}

export function parseVolumes(text: string): readonly Volume[] {
  const all = JSON.parse(text) as readonly {
    readonly Name: string;
    readonly Driver: string;
    readonly Options?: Readonly<Record<string, string>> | null;
    readonly Labels?: Labels;
  }[];
  return all.map(({ Name: name, Driver: driver, Options, Labels: labels }) => ({
    name,
    driver,
    options: Options ?? {},
    label: labels?.[LABEL] ?? null,
  }));
}

export function parseContainers(text: string): readonly Container[] {
  const all = JSON.parse(text) as readonly {
    readonly Id: string;
    readonly Name: string;
    readonly State: { readonly Running: boolean; readonly Paused: boolean; readonly Restarting?: boolean };
    readonly Config?: { readonly Labels?: Labels } | null;
    readonly Mounts?:
      | readonly { readonly Type: string; readonly Name?: string; readonly RW: boolean }[]
      | null;
  }[];
  return all.map(({ Id: id, Name, State, Config, Mounts }) => ({
    id,
    name: Name.replace(/^\//, ''),
    isWriting: (State.Running || State.Restarting === true) && !State.Paused,
    label: Config?.Labels?.[LABEL] ?? null,
    volumes: (Mounts ?? []).flatMap(({ Type, Name: volume, RW }) =>
      Type === 'volume' && RW && volume !== undefined ? [volume] : [],
    ),
  }));
}

/** Why the data of a volume does not stand in Docker's directory; null: it does. */
export function whyElsewhere({ driver, options }: Pick<Volume, 'driver' | 'options'>): string | null {
  if (driver !== 'local') return `of the driver ${driver}`;
  const { device, type } = options;
  if (device !== undefined && device !== '') return `on ${device}`;
  return type === 'tmpfs' ? 'in memory' : null;
}

export interface Group {
  readonly volumes: readonly string[];
  /** Those that can write to any of them now. */
  readonly writers: readonly Container[];
}

/** Volumes that belong together, since one container writes to them: read at one time. Those that nobody writes to stand alone. */
export function groupsOf(volumes: readonly string[], containers: readonly Container[]): readonly Group[] {
  const left = new Set(volumes);
  const writing = containers.filter((one) => one.isWriting && one.volumes.some((name) => left.has(name)));
  const groups: Group[] = [];
  for (const first of volumes) {
    if (!left.delete(first)) continue;
    const group = [first];
    const writers = new Set<Container>();
    for (const name of group)
      for (const container of writing.filter((one) => one.volumes.includes(name))) {
        writers.add(container);
        group.push(...container.volumes.filter((other) => left.delete(other)));
      }
    groups.push({ volumes: group, writers: [...writers] });
  }
  return groups;
}
