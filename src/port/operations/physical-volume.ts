// Physical volumes of LVM: a whole disk becomes one, with a UUID chosen when it is planned, and is one no longer while it is just
// that one and in no group. What was on the disk before is not theirs to take away.
import { describeDisk } from '../storage.ts';
import { DATA_START_BYTES } from '../volume-group.ts';
import { lookOnDisk } from '../volumes-on-disk.ts';
import { whatIsOn } from './disk.ts';
import { ANOTHER, changed, DONE, OPEN, operation } from './operation-entry.ts';

export const createPhysicalVolume = operation({
  fields: ({ plannedDisk, physicalVolumeUuid }) => ({
    disk: plannedDisk.meta({ description: 'Which disk' }),
    uuid: physicalVolumeUuid,
  }),
  does: 'Makes a disk a physical volume of LVM, whose first extent begins at 4 MiB, only while nothing is on it',
  failure: 'cannot create a physical volume',
  describe: ({ disk }) => `make ${describeDisk(disk)} a physical volume of LVM, aligned to 4 MiB`,
  cells: ({ disk }) => ['LVM', describeDisk(disk), 'physical volume, aligned to 4 MiB'],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect({ disk, uuid }, host) {
    const found = lookOnDisk(host, disk);
    if (!found.ok) return changed(found.why);
    const { physicalVolume, all } = found;
    if (physicalVolume === null) {
      if (all.physicalVolumes.some((one) => one.uuid === uuid))
        return changed('another disk has a physical volume of this UUID');
      const what = whatIsOn(disk, host);
      return what === null ? OPEN : changed(`something is on it: ${what}`);
    }
    if (physicalVolume.uuid !== uuid) return ANOTHER;
    const { startBytes } = physicalVolume;
    return startBytes === DATA_START_BYTES
      ? DONE
      : changed(`want its first extent at ${DATA_START_BYTES} bytes, found it at ${startBytes}`);
  },
});

export const removePhysicalVolume = operation({
  fields: ({ plannedDisk, physicalVolumeUuid }) => ({
    disk: plannedDisk.meta({ description: 'Which disk' }),
    uuid: physicalVolumeUuid,
  }),
  does: 'Takes a physical volume of LVM off a disk, only while it has that UUID and is in no group',
  failure: 'cannot remove a physical volume',
  describe: ({ disk }) => `take the physical volume of LVM off ${describeDisk(disk)}`,
  cells: ({ disk }) => ['LVM', describeDisk(disk), 'physical volume removed'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  goneIsDamage: true,
  effect({ disk, uuid }, host) {
    const found = lookOnDisk(host, disk);
    if (!found.ok) return changed(found.why);
    const { physicalVolume, group } = found;
    if (physicalVolume === null) return DONE;
    if (physicalVolume.uuid !== uuid) return ANOTHER;
    if (physicalVolume.isLost) return changed('it is in a volume group whose description cannot be read');
    return physicalVolume.group === null ? OPEN : changed(`it is in volume group ${group?.name}`);
  },
});
