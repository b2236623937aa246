// Owns how mounts, file systems, volumes and what is on devices look once undos have been thought through: each one that is taken hides
// what it would take away, for those that ask after it. Changes nothing.
import type { DeviceContents } from '../port/block-device.ts';
import type { AtPlace } from '../port/file-system-on.ts';
import type { HostReader } from '../port/host.ts';
import type { MountPlace } from '../port/mount-point.ts';
import type { Operation } from '../port/operation.ts';
import type { Place, PlannedDisk } from '../port/storage.ts';
import type { PhysicalVolume, VolumeGroups } from '../port/volume-group.ts';
import { deviceOf } from '../port/volumes-on-disk.ts';

export interface RehearsedStorage
  extends Pick<HostReader, 'volumeGroups' | 'deviceContents' | 'fileSystemsOn' | 'mountPlace'> {
  take(undo: Operation): void;
}

export function rehearseStorage(host: HostReader): RehearsedStorage {
  /** UUIDs of what has gone; of a volume its group's physical volume with its name. */
  const physicalVolumes = new Set<string>();
  const groups = new Set<string>();
  const volumes = new Set<string>();
  /** Names of devices on which nothing is any more. */
  const bare = new Set<string>();
  /** Places, as text, whose file system has gone. */
  const erased = new Set<string>();
  const unmounted = new Set<string>();

  const disk = (planned: PlannedDisk): string | undefined => deviceOf(host.blockDevices(), planned)?.name;

  function volumeGroups(): VolumeGroups {
    const all = host.volumeGroups();
    if (!all.ok) return all;
    const without = (one: PhysicalVolume): PhysicalVolume =>
      groups.has(one.uuid) ? { ...one, group: null } : one;
    return {
      ok: true,
      physicalVolumes: all.physicalVolumes.filter(({ uuid }) => !physicalVolumes.has(uuid)).map(without),
      groups: all.groups
        .filter((group) => !group.physicalVolumes.some(({ uuid }) => groups.has(uuid)))
        .map((group) => {
          const left = group.volumes.filter(
            ({ name }) => !group.physicalVolumes.some(({ uuid }) => volumes.has(`${uuid}/${name}`)),
          );
          const isClosed = (name: string) => erased.has(`${group.name}/${name}`);
          return {
            ...group,
            volumes: left.map((one) => (isClosed(one.name) ? { ...one, isOpen: false } : one)),
          };
        }),
    };
  }

  function contentsAfter(contents: DeviceContents): DeviceContents {
    const mounts = contents.mounts.filter(({ mountPoint }) => !unmounted.has(mountPoint));
    if (!bare.has(contents.name)) return { ...contents, mounts };
    return { ...contents, mounts, partitionTable: null, signatures: [], memberOf: [], isHeld: false };
  }

  function nameOn({ disk: planned, volume }: Place): string | undefined {
    if (volume === null) return disk(planned);
    const all = host.volumeGroups();
    const number = deviceOf(host.blockDevices(), planned)?.number;
    const group = all.ok
      ? all.groups.find((one) => one.physicalVolumes.some(({ device }) => device === number))
      : undefined;
    const found = group?.volumes.find(({ name }) => group.name === volume.group && name === volume.name);
    return host.blockDevices().find((one) => found !== undefined && one.number === found.device)?.name;
  }

  function atPlaceAfter(at: AtPlace | null, place: Place): AtPlace | null {
    if (at === null || at.has === null) return at;
    if (erased.has(keyOf(place))) return { ...at, has: null };
    if (at.has.mountedAt === null || !unmounted.has(at.has.mountedAt)) return at;
    return { ...at, has: { ...at.has, mountedAt: null, state: 'clean' } };
  }

  function mountPlaceAfter(path: string, place: MountPlace): MountPlace {
    return place.type === 'directory' && unmounted.has(path) ? { ...place, isCovered: false } : place;
  }

  return {
    volumeGroups,
    fileSystemsOn: (places) =>
      host.fileSystemsOn(places).map((at, i) => atPlaceAfter(at, places[i] as Place)),
    mountPlace: (path) => mountPlaceAfter(path, host.mountPlace(path)),
    deviceContents: (names, timeoutMs) => host.deviceContents(names, timeoutMs).map(contentsAfter),
    take(undo) {
      switch (undo.type) {
        case 'unmountFileSystem':
          unmounted.add(undo.mountPoint);
          return;
        case 'eraseFileSystem': {
          erased.add(keyOf(undo.place));
          const name = nameOn(undo.place);
          if (name !== undefined) bare.add(name);
          return;
        }
        case 'removeVolume':
          volumes.add(`${undo.physicalVolume}/${undo.name}`);
          return;
        case 'removeVolumeGroup':
          groups.add(undo.physicalVolume);
          return;
        case 'removePhysicalVolume': {
          physicalVolumes.add(undo.uuid);
          const name = disk(undo.disk);
          if (name !== undefined) bare.add(name);
          return;
        }
        default:
        // Nothing of this is asked after.
      }
    },
  };
}

function keyOf({ disk, volume }: Place): string {
  return volume === null ? `disk ${disk.serial} ${disk.namespace}` : `${volume.group}/${volume.name}`;
}
