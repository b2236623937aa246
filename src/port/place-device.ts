// Owns which of the devices that are there a place means today. Pure.
import type { BlockDevice } from './block-device.ts';
import { findDisk } from './find-disk.ts';
import { mapperNameOf, type Place } from './storage.ts';

/** null: there is none, or not exactly one, or the volume is not on that disk alone. */
export function placeDevice(devices: readonly BlockDevice[], { disk, volume }: Place): BlockDevice | null {
  const found = findDisk(devices, disk);
  if ('refusal' in found || found.disk.sizeBytes !== disk.sizeBytes) return null;
  if (volume === null) return found.disk;
  const name = mapperNameOf(volume);
  return (
    devices.find(
      ({ mapper, slaves }) =>
        mapper?.name === name &&
        mapper.uuid.startsWith('LVM-') &&
        slaves.length === 1 &&
        slaves[0] === found.disk.name,
    ) ?? null
  );
}

const MOST_SECTOR_BYTES = 4096;

/** That XFS is to have: the larger of the two, but no larger than a block of ours. */
export function sectorBytesOf({
  logicalSectorBytes,
  physicalSectorBytes,
}: Pick<BlockDevice, 'logicalSectorBytes' | 'physicalSectorBytes'>): number {
  return Math.max(logicalSectorBytes, Math.min(physicalSectorBytes, MOST_SECTOR_BYTES));
}
