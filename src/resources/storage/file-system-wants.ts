// Owns which file systems a layout wants on a disk that was found, each with the options that suit what it is for. Pure.
import type { Layout } from '../../layout/layout.ts';
import { wantedFileSystems } from '../../layout/storage.ts';
import type { FileSystemMakers } from '../../port/file-system-on.ts';
import { describeDisk, describePlace, type Place, type PlannedDisk } from '../../port/storage.ts';
import { storageFacetOf } from '../../services/mount-options.ts';
import type { FileSystemWant } from './file-system.ts';
import { chooseOptions } from './file-system-options.ts';

export interface FileSystemGround {
  readonly disk: PlannedDisk;
  /** Of that disk: sectorBytesOf of port/place-device.ts. */
  readonly sectorBytes: number;
  readonly makers: FileSystemMakers;
  /** The same plan erases what is on the disk, before these. */
  readonly isErased: boolean;
  /** How large each will be once the plan is done, by its name: `plannedVolumes`. */
  readonly volumes: ReadonlyMap<string, { readonly bytes: number }>;
}

/** In the order in which they are made. */
export function fileSystemWants(layout: Layout, ground: FileSystemGround): readonly FileSystemWant[] {
  const { disk, sectorBytes, makers, isErased, volumes } = ground;
  return wantedFileSystems(layout).map((wanted): FileSystemWant => {
    const { type, uuid, mountPoint, volume, service } = wanted;
    const place: Place = {
      disk,
      volume: volume === null ? null : { group: volume.group, name: volume.name },
    };
    const { files } = storageFacetOf(service?.name ?? null);
    const placeBytes = volume === null ? null : (volumes.get(volume.name)?.bytes ?? null);
    const sizeBytes = placeBytes ?? disk.sizeBytes;
    return {
      place,
      type,
      uuid,
      options: chooseOptions({ type, sizeBytes, sectorBytes, makers, files }),
      mountPoint,
      service: service?.name ?? null,
      isErased,
      placeBytes,
      needs: [volume === null ? describeDisk(disk) : describePlace(place)],
    };
  });
}
