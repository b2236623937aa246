// Volume groups of LVM, each on one disk: made of its physical volume, and removed while they have no volumes and are the very
// ones that were made. They are known by the physical volume: two groups may have one name.
import { EXTENT_BYTES } from '../volume-group.ts';
import { lookOnDisk } from '../volumes-on-disk.ts';
import { ANOTHER, changed, DONE, OPEN, operation } from './operation-entry.ts';

export const createVolumeGroup = operation({
  fields: ({ plannedDisk, physicalVolumeUuid, volumeGroupName }) => ({
    disk: plannedDisk.meta({ description: 'Which disk' }),
    physicalVolume: physicalVolumeUuid,
    name: volumeGroupName,
  }),
  does: 'Makes a volume group, with extents of 4 MiB, of the physical volume on a disk',
  failure: 'cannot create a volume group',
  describe: ({ name }) => `create volume group ${name}, extents of 4 MiB`,
  cells: ({ name }) => ['LVM', name, 'volume group, extents of 4 MiB'],
  sign: () => '+',
  creates: 'place',
  undo: 'possible',
  effect({ disk, physicalVolume, name }, host) {
    const found = lookOnDisk(host, disk);
    if (!found.ok) return changed(found.why);
    if (found.physicalVolume?.uuid !== physicalVolume)
      return changed('its physical volume is not on that disk');
    const { group, all } = found;
    if (found.physicalVolume.isLost) return changed('what describes the group on it cannot be read');
    if (group === null)
      return all.groups.some((one) => one.name === name)
        ? changed('another volume group has this name')
        : OPEN;
    if (group.name !== name) return changed(`the physical volume is in volume group ${group.name}`);
    if (group.physicalVolumes.length > 1) return changed('it is on other disks, too');
    const { extentBytes } = group;
    return extentBytes === EXTENT_BYTES
      ? DONE
      : changed(`want extents of ${EXTENT_BYTES} bytes, found ${extentBytes}`);
  },
  known({ disk }, host) {
    const found = lookOnDisk(host, disk);
    return found.ok && found.group !== null ? { uuid: found.group.uuid } : {};
  },
});

export const removeVolumeGroup = operation({
  fields: ({ plannedDisk, physicalVolumeUuid, volumeGroupName, lvmUuid }) => ({
    disk: plannedDisk.meta({ description: 'Which disk' }),
    physicalVolume: physicalVolumeUuid,
    name: volumeGroupName,
    uuid: lvmUuid.exactOptional(),
  }),
  does: 'Removes a volume group, only while it is the one that was made, on that disk alone, and has no volumes',
  failure: 'cannot remove a volume group',
  describe: ({ name }) => `remove empty volume group ${name}`,
  cells: ({ name }) => ['LVM', name, 'volume group removed'],
  sign: () => '-',
  creates: null,
  undo: 'possible',
  goneIsDamage: true,
  effect({ disk, physicalVolume, name, uuid }, host) {
    const found = lookOnDisk(host, disk);
    if (!found.ok) return changed(found.why);
    const { group } = found;
    if (found.physicalVolume?.isLost) return changed('what describes it cannot be read');
    if (group === null) return DONE;
    const isIt = group.name === name && (uuid === undefined || group.uuid === uuid);
    if (!isIt || found.physicalVolume?.uuid !== physicalVolume) return ANOTHER;
    if (group.physicalVolumes.length > 1) return changed('it is on other disks, too');
    const names = group.volumes.map((volume) => volume.name);
    return names.length === 0 ? OPEN : changed(`it has volumes: ${names.join(', ')}`);
  },
  again: (undo, { uuid }) => (uuid === undefined ? undo : { ...undo, uuid }),
});
