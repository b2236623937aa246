// Owns what a layout with volumes wants of LVM, on a disk that was found: one physical volume, one group, a volume for each file
// system. Pure.
import type { Layout } from '../../layout/layout.ts';
import { physicalVolumeUuid, wantedFileSystems } from '../../layout/storage.ts';
import type { PlannedDisk } from '../../port/storage.ts';
import type { PhysicalVolumeWant } from './physical-volume.ts';
import type { VolumeWant } from './volume.ts';
import type { VolumeGroupWant } from './volume-group.ts';

export interface VolumeWants {
  readonly physicalVolumes: readonly PhysicalVolumeWant[];
  readonly groups: readonly VolumeGroupWant[];
  readonly volumes: readonly VolumeWant[];
}

/** `isErased`: the same plan erases what is on the disk, before these. */
export function volumeWants(layout: Layout, disk: PlannedDisk, isErased: boolean): VolumeWants {
  const { storage } = layout;
  const volumes = storage?.volumes ?? null;
  if (storage === undefined || volumes === null) return { physicalVolumes: [], groups: [], volumes: [] };
  const uuid = physicalVolumeUuid(storage);
  const { group, keepFreePercent, baseBytes } = volumes;
  return {
    physicalVolumes: [{ disk, uuid, isErased }],
    groups: [{ disk, physicalVolume: uuid, name: group, isErased }],
    volumes: wantedFileSystems(layout).flatMap(({ volume, service }) =>
      volume === null
        ? []
        : [
            {
              ...{ disk, physicalVolume: uuid, group, keepFreePercent, isErased },
              name: volume.name,
              sizeBytes: volume.sizeBytes,
              // Where nobody gave the base a size, its own follows from the others'.
              orMore: service === null && baseBytes === null,
              service: service?.name ?? null,
            },
          ],
    ),
  };
}
