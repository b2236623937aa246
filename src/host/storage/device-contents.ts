// Owns what is on block devices: by probing them, by what stands on them, by who has them open. A device that does not answer is
// given up. Writes nothing.
import { closeSync, openSync } from 'node:fs';
import {
  type BlockDevice,
  type DeviceContents,
  type MemberOf,
  type Signature,
  standingOn,
} from '../../port/block-device.ts';
import { O_EXCL, O_NONBLOCK, O_RDONLY } from '../syscalls.ts';
import { askAtOnce, type Said } from './ask-at-once.ts';
import { readBlockDevices } from './block-devices.ts';
import { type DeviceUsers, numberOf, readDeviceUsers } from './device-users.ts';
import { parseWipefs, volumeGroupIn } from './signatures.ts';

/** As much as a whole restore puts back: what a partition table, LVM and file systems keep at the ends of a disk. */
const EDGE_BYTES = 16 * 1024 ** 2;
/** Room for the first area of metadata, also where somebody made it larger than it usually is. */
const LVM_BYTES = 2 * 1024 ** 2;
const LVM_TYPE = 'LVM2_member';

const USUAL_TIMEOUT_MS = 10_000;

export function readDeviceContents(
  names: readonly string[],
  timeoutMs = USUAL_TIMEOUT_MS,
): readonly DeviceContents[] {
  const devices = readBlockDevices();
  const wanted = names.flatMap((name) => devices.find((one) => one.name === name) ?? []);
  const probed = probe(wanted, timeoutMs);
  const users = readDeviceUsers();
  return wanted.map((device, i) => {
    const { group, ...found } = probed[i] ?? NOT_ASKED;
    return {
      name: device.name,
      ...found,
      memberOf: membersOf(device, { devices, signatures: found.signatures, group }),
      ...usesOf(device, { devices, users }),
    };
  });
}

type Seen = Pick<DeviceContents, 'probed' | 'partitionTable' | 'signatures' | 'edges' | 'isHeld'> & {
  readonly group: string | null;
};

const NOTHING = { partitionTable: null, signatures: [], edges: null, isHeld: false, group: null };
const NOT_ASKED: Seen = { ...NOTHING, probed: { ok: false, why: 'failed', said: 'it was not asked' } };

function probe(devices: readonly BlockDevice[], timeoutMs: number): readonly Seen[] {
  if (process.geteuid?.() !== 0) {
    const said = 'only root may read what is on it';
    return devices.map(() => ({ ...NOTHING, probed: { ok: false, why: 'root', said } }));
  }
  const paths = devices.map((device) => (isItself(device) ? device.path : null));
  const first = askThose(paths, timeoutMs, (path) => ['wipefs', '--json', '--no-act', '--', path]);
  const parsed = first.map((said) =>
    said?.ended === 'exit' && said.status === 0 ? parseWipefs(said.output.toString('utf8')) : null,
  );
  const groups = askThose(
    paths.map((path, i) => (parsed[i]?.signatures.some(({ type }) => type === LVM_TYPE) ? path : null)),
    timeoutMs,
    (path) => ['head', '-c', `${LVM_BYTES}`, path],
  );
  const isBare = (i: number) => parsed[i]?.partitionTable === null && parsed[i].signatures.length === 0;
  const edges = readEdges(
    devices.map((device, i) => (isBare(i) && device.sizeBytes > 0 ? device : null)),
    timeoutMs,
  );
  return devices.map((device, i): Seen => {
    const [said, found, group, edge] = [first[i], parsed[i], groups[i], edges[i]];
    if (found === null || found === undefined) return { ...NOTHING, probed: failureOf(device, said ?? null) };
    if (edge === 'no answer')
      return { ...NOTHING, probed: { ok: false, why: 'no answer', said: 'it does not answer' } };
    return {
      ...found,
      probed: { ok: true },
      edges: edge ?? null,
      isHeld: isHeld(device.path),
      group: group?.ended === 'exit' ? volumeGroupIn(group.output) : null,
    };
  });
}

/** An answer for each; null: it was not asked. */
function askThose(
  paths: readonly (string | null)[],
  timeoutMs: number,
  argv: (path: string) => readonly [string, ...string[]],
): readonly (Said | null)[] {
  const asked = paths.filter((path) => path !== null);
  const said = askAtOnce(asked.map(argv), timeoutMs);
  return paths.map((path) => (path === null ? null : (said[asked.indexOf(path)] ?? null)));
}

/** The node in /dev is what sysfs tells of, not something else of that name. */
function isItself({ path, number }: BlockDevice): boolean {
  return numberOf(path) === number;
}

function failureOf({ path }: BlockDevice, said: Said | null): DeviceContents['probed'] {
  if (said === null) return { ok: false, why: 'failed', said: `${path} is not there, or is another device` };
  switch (said.ended) {
    case 'no answer':
      return { ok: false, why: 'no answer', said: 'it does not answer' };
    case 'not started':
      return { ok: false, why: 'failed', said: said.why };
    case 'exit':
      return {
        ok: false,
        why: 'failed',
        said: said.error.trim().split('\n', 1)[0] || `wipefs ended with ${said.status}`,
      };
    default:
      return said satisfies never;
  }
}

function readEdges(
  devices: readonly (BlockDevice | null)[],
  timeoutMs: number,
): readonly ('zeros' | 'data' | 'no answer' | null)[] {
  const asked = devices.flatMap((device) =>
    device === null ? [] : edgesOf(device).map((argv) => ({ device, argv })),
  );
  const said = askAtOnce(
    asked.map(({ argv }) => argv),
    timeoutMs,
  );
  return devices.map((device) => {
    if (device === null) return null;
    const answers = said.filter((_, i) => asked[i]?.device === device);
    if (answers.some(({ ended }) => ended === 'no answer')) return 'no answer';
    // What cannot be read may be anything.
    return answers.every((one) => one.ended === 'exit' && one.status === 0) ? 'zeros' : 'data';
  });
}

function edgesOf({ path, sizeBytes }: BlockDevice): readonly (readonly [string, ...string[]])[] {
  const bytes = Math.min(EDGE_BYTES, sizeBytes);
  return [0, sizeBytes - bytes].map((from) => [
    'cmp',
    '-s',
    '-n',
    `${bytes}`,
    '-i',
    `${from}:0`,
    path,
    '/dev/zero',
  ]);
}

/** As mkfs and mount ask: the kernel gives a device to one at a time. */
function isHeld(path: string): boolean {
  try {
    closeSync(openSync(path, O_RDONLY | O_EXCL | O_NONBLOCK));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBUSY';
  }
}

const MEMBERS: Readonly<Record<string, MemberOf['of']>> = {
  [LVM_TYPE]: 'lvm',
  linux_raid_member: 'md',
  bcache: 'bcache',
  zfs_member: 'zfs',
  crypto_LUKS: 'crypt',
  mpath_member: 'multipath',
};

function membersOf(
  device: BlockDevice,
  {
    devices,
    signatures,
    group,
  }: {
    readonly devices: readonly BlockDevice[];
    readonly signatures: readonly Signature[];
    readonly group: string | null;
  },
): readonly MemberOf[] {
  const found = new Map<MemberOf['of'], string | null>();
  for (const { type, label } of signatures) {
    const of = MEMBERS[type];
    if (of !== undefined) found.set(of, of === 'lvm' ? group : of === 'zfs' ? label : null);
  }
  // What stands on it says more, to those who may not read it, too.
  for (const name of device.holders) {
    const holder = devices.find((one) => one.name === name);
    if (holder === undefined) continue;
    const [of, called] = layerOf(holder);
    if (of !== null) found.set(of, found.get(of) ?? called);
  }
  return [...found].map(([of, name]) => ({ of, name }));
}

function layerOf({ kind, name, mapper }: BlockDevice): readonly [MemberOf['of'] | null, string | null] {
  if (kind === 'md') return ['md', name];
  if (kind === 'bcache') return ['bcache', name];
  if (mapper?.uuid.startsWith('LVM-')) return ['lvm', groupOfMapper(mapper.name)];
  if (mapper?.uuid.startsWith('CRYPT-')) return ['crypt', mapper.name];
  if (mapper?.uuid.startsWith('mpath-')) return ['multipath', mapper.name];
  return [null, null];
}

/** `jts--hot-base`: the group, a dash, the volume; dashes in them are doubled. */
export function groupOfMapper(name: string): string {
  const [group = name] = name.split(/(?<!-)-(?!-)/, 1);
  return group.replaceAll('--', '-');
}

function usesOf(
  device: BlockDevice,
  { devices, users }: { readonly devices: readonly BlockDevice[]; readonly users: DeviceUsers },
): Pick<DeviceContents, 'mounts' | 'swap' | 'open' | 'unseen'> {
  const all = standingOn(devices, device.name);
  return {
    mounts: all.flatMap(({ name, number }) =>
      (users.mounts.get(number) ?? []).map((one) => ({ device: name, ...one })),
    ),
    swap: all.filter(({ number }) => users.swap.has(number)).map(({ name }) => name),
    open: all.flatMap(({ name, number }) =>
      (users.open.get(number) ?? []).map((one) => ({ device: name, ...one })),
    ),
    unseen: users.unseen,
  };
}
