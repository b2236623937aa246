// Volumes of LVM: made in whole extents, made larger, made ready for use; and removed while they are the very ones that were
// made, nobody has them open and nothing is on them. None is ever made smaller.
import { formatBytes } from '../../values/size.ts';
import type { HostReader } from '../host-reader.ts';
import type { PlannedDisk } from '../storage.ts';
import { EXTENT_BYTES, type Volume, type VolumeGroup } from '../volume-group.ts';
import { lookOnDisk } from '../volumes-on-disk.ts';
import { ANOTHER, changed, DONE, type Effect, OPEN, operation, type Sign } from './operation-entry.ts';
import type { Words } from './words.ts';

/** Which volume, by all that it stands on. */
export interface VolumeOn {
  readonly disk: PlannedDisk;
  /** UUID of the one that its group is made of. */
  readonly physicalVolume: string;
  readonly group: string;
  readonly name: string;
}

function which({ plannedDisk, physicalVolumeUuid, volumeGroupName, text }: Words) {
  return {
    disk: plannedDisk.meta({ description: 'Which disk' }),
    physicalVolume: physicalVolumeUuid,
    group: volumeGroupName,
    name: text('Its name in the group'),
  };
}

function sized(extents: number): string {
  return `${extents} extents, ${formatBytes(extents * EXTENT_BYTES)}`;
}

function fullName({ group, name }: Pick<VolumeOn, 'group' | 'name'>): string {
  return `${group}/${name}`;
}

export type Found =
  | { readonly is: 'none'; readonly why: string }
  | { readonly is: 'group' | 'volume'; readonly group: VolumeGroup; readonly volume: Volume | null };

/** The group is the one on that physical volume on that disk; of others with its name nothing is said. */
export function findVolume(host: HostReader, { disk, physicalVolume, group: named, name }: VolumeOn): Found {
  const found = lookOnDisk(host, disk);
  if (!found.ok) return { is: 'none', why: found.why };
  const { group } = found;
  if (group === null || found.physicalVolume?.uuid !== physicalVolume || group.name !== named)
    return { is: 'none', why: `volume group ${named} is not on that disk` };
  const volume = group.volumes.find((one) => one.name === name) ?? null;
  return { is: volume === null ? 'group' : 'volume', group, volume };
}

function roomFor(extents: number, { freeExtents }: VolumeGroup): Effect {
  return extents <= freeExtents
    ? OPEN
    : changed(`want ${extents} free extents in the group, found ${freeExtents}`);
}

export const createVolume = operation({
  fields: (words) => ({ ...which(words), extents: words.whole('How many extents of 4 MiB') }),
  does: 'Makes a volume of just that many extents, wiped of the signatures of earlier ones, only where the group has room',
  failure: 'cannot create a volume',
  describe: (of) => `create volume ${fullName(of)}, ${sized(of.extents)}`,
  cells: (of) => ['volume', fullName(of), sized(of.extents)],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect(of, host) {
    const found = findVolume(host, of);
    if (found.is === 'none') return changed(found.why);
    const { group, volume } = found;
    if (volume === null) return roomFor(of.extents, group);
    if (volume.extents !== of.extents) return changed(`want ${of.extents} extents, found ${volume.extents}`);
    return volume.isActive ? DONE : changed('it is not active');
  },
  known(of, host) {
    const found = findVolume(host, of);
    return found.is === 'volume' && found.volume !== null ? { uuid: found.volume.uuid } : {};
  },
});

export const removeVolume = operation({
  fields: (words) => ({
    ...which(words),
    extents: words.whole('How many extents it was made with'),
    uuid: words.lvmUuid.exactOptional(),
  }),
  does: 'Removes a volume, only while it is the one that was made, is not open, and nothing is on it',
  failure: 'cannot remove a volume',
  describe: (of) => `remove volume ${fullName(of)}, which has nothing on it`,
  cells: (of) => ['volume', fullName(of), 'removed'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  goneIsDamage: true,
  effect(of, host) {
    const found = findVolume(host, of);
    // Without the disk nothing is known; without the group or the volume there is nothing to remove.
    if (found.is === 'none') {
      const disk = lookOnDisk(host, of.disk);
      return disk.ok && disk.group === null && !(disk.physicalVolume?.isLost ?? false)
        ? DONE
        : changed(found.why);
    }
    const { volume } = found;
    if (volume === null) return DONE;
    // Of a run that was killed on the way its UUID is not known.
    const isIt = of.uuid === undefined ? volume.extents === of.extents : volume.uuid === of.uuid;
    if (!isIt) return ANOTHER;
    if (volume.isOpen) return changed('it is mounted, or something else has it open');
    const what = whatIsOn(volume, host);
    return what === null ? OPEN : changed(what);
  },
  again: (undo, { uuid }) => (uuid === undefined ? undo : { ...undo, uuid }),
});

/** null: nothing. */
function whatIsOn({ device, isActive }: Volume, host: HostReader): string | null {
  if (!isActive) return 'it is not active: what is on it cannot be seen';
  const seen = host.blockDevices().find(({ number }) => number === device);
  const [contents] = seen === undefined ? [] : host.deviceContents([seen.name]);
  if (seen === undefined || contents === undefined) return 'what is on it cannot be seen';
  const { probed, partitionTable, signatures, memberOf } = contents;
  if (!probed.ok) return `what is on it cannot be read: ${probed.said}`;
  const all = [
    ...(partitionTable === null ? [] : [`a partition table (${partitionTable})`]),
    ...signatures.map(({ type }) => type),
    ...memberOf.map(({ of }) => of),
    ...(seen.holders.length === 0 ? [] : [`what stands on it: ${seen.holders.join(', ')}`]),
  ];
  return all.length === 0 ? null : `it holds data: ${all.join(', ')}`;
}

export const growVolume = operation({
  fields: (words) => ({
    ...which(words),
    uuid: words.lvmUuid,
    from: words.whole('How many extents it has'),
    to: words.whole('How many it is to have'),
  }),
  does: 'Makes a volume larger, to just that many extents, also while it is mounted, only where the group has room',
  failure: 'cannot make a volume larger',
  describe: (of) => `grow volume ${fullName(of)} from ${of.from} extents to ${sized(of.to)}`,
  cells: (of) => ['volume', fullName(of), `${of.from} -> ${sized(of.to)}`],
  sign: () => '~',
  creates: null,
  // A volume is never made smaller: what is in its file system by then would be lost.
  undo: 'needless',
  effect(of, host) {
    const found = findVolume(host, of);
    if (found.is === 'none') return changed(found.why);
    const { group, volume } = found;
    if (volume === null || volume.uuid !== of.uuid) return ANOTHER;
    if (volume.extents === of.to) return DONE;
    return volume.extents === of.from
      ? roomFor(of.to - of.from, group)
      : changed(`want ${of.from} extents, found ${volume.extents}`);
  },
});

const SWITCHED = {
  fields: (words: Words) => ({ ...which(words), uuid: words.lvmUuid }),
  sign: (): Sign => '~',
  creates: null,
  undo: 'possible',
} as const;

export const activateVolume = operation({
  ...SWITCHED,
  does: 'Makes a volume active, so that it can be mounted',
  failure: 'cannot activate a volume',
  describe: (of) => `activate volume ${fullName(of)}`,
  cells: (of) => ['volume', fullName(of), 'active'],
  effect(of, host) {
    const found = findVolume(host, of);
    if (found.is === 'none') return changed(found.why);
    if (found.volume?.uuid !== of.uuid) return ANOTHER;
    return found.volume.isActive ? DONE : OPEN;
  },
});

export const deactivateVolume = operation({
  ...SWITCHED,
  does: 'Makes a volume inactive, only while nobody has it open',
  failure: 'cannot deactivate a volume',
  describe: (of) => `deactivate volume ${fullName(of)}`,
  cells: (of) => ['volume', fullName(of), 'inactive'],
  effect(of, host) {
    const found = findVolume(host, of);
    if (found.is === 'none') return changed(found.why);
    if (found.volume?.uuid !== of.uuid) return ANOTHER;
    if (!found.volume.isActive) return DONE;
    return found.volume.isOpen ? changed('it is mounted, or something else has it open') : OPEN;
  },
});
