// How this host does what is done to physical volumes, groups and volumes of LVM: on the right disk only, whose lock is held, after
// a look whether all is still as it was planned for. LVM is shown that disk alone (`--devices`), so that a name means what is on
// it, whatever else has that name. Nothing is forced.
import { diagnostic, EXIT, Problem } from '../../messages/diagnostic.ts';
import type { HostReader } from '../../port/host-reader.ts';
import { describeOperation, effectOf, type Operation, type Performers } from '../../port/operation.ts';
import type { PlannedDisk } from '../../port/storage.ts';
import type { VolumeOperation } from '../../port/volume-group.ts';
import { change } from './lvm.ts';
import { withDiskInUse, withRightDevice } from './right-device.ts';

type OnDisk = Extract<Operation, { type: VolumeOperation }>;

export function volumePerformers(host: () => HostReader): Pick<Performers, VolumeOperation> {
  /** Space, UUIDs, who has it open: the entry of the operation says what must hold. */
  function requireOpen(operation: OnDisk): 'open' | 'done' {
    const effect = effectOf(operation, host());
    if (effect.state !== 'changed') return effect.state;
    throw new Problem(EXIT.failed, [
      diagnostic('E_CHANGED', 'refusing to change something that is no longer what was planned for', {
        detail: [`want: ${describeOperation(operation)}`, `found: ${effect.why}`],
        hint: 'run the same command again: it makes a new plan',
      }),
    ]);
  }

  type Act = (path: string, keepOpen: number) => void;

  function onDisk(
    operation: OnDisk,
    within: (disk: PlannedDisk, act: Act) => void,
    argv: (path: string) => readonly [string, ...string[]],
  ): void {
    within(operation.disk, (path, keepOpen) => {
      if (requireOpen(operation) === 'open') change(argv(path), keepOpen);
    });
  }

  return {
    // Without --yes a signature that appeared since ends it: it asks, and nobody answers. Without --devices, so that a devices file
    // that is in use gets to know it.
    createPhysicalVolume: (operation) =>
      onDisk(operation, withRightDevice, (path) => [
        'pvcreate',
        ...['--uuid', operation.uuid, '--norestorefile', '--dataalignment', '4m'],
        path,
      ]),
    removePhysicalVolume: (operation) => onDisk(operation, withRightDevice, (path) => ['pvremove', path]),
    createVolumeGroup: (operation) =>
      onDisk(operation, withRightDevice, (path) => [
        'vgcreate',
        ...['--devices', path, '--physicalextentsize', '4m'],
        operation.name,
        path,
      ]),
    // Without --yes one that has volumes after all stays: it asks.
    removeVolumeGroup: (operation) =>
      onDisk(operation, withRightDevice, (path) => ['vgremove', '--devices', path, operation.name]),
    // What an earlier volume left where this one begins is nobody's: the extents are free. A file system that appears on a new
    // volume would be mistaken for one that is in use. --yes answers just this question.
    createVolume: (operation) =>
      onDisk(operation, withDiskInUse, (path) => [
        'lvcreate',
        ...['--devices', path, '--yes', '--wipesignatures', 'y', '--zero', 'y'],
        ...['--extents', `${operation.extents}`, '--name', operation.name],
        operation.group,
        path,
      ]),
    // One that is active asks; one that is open stays, whatever is answered.
    removeVolume: (operation) =>
      onDisk(operation, withDiskInUse, (path) => [
        'lvremove',
        ...['--devices', path, '--yes'],
        `${operation.group}/${operation.name}`,
      ]),
    growVolume: (operation) =>
      onDisk(operation, withDiskInUse, (path) => [
        'lvextend',
        ...['--devices', path, '--extents', `${operation.to}`],
        `${operation.group}/${operation.name}`,
        path,
      ]),
    activateVolume: (operation) =>
      onDisk(operation, withDiskInUse, (path) => [
        'lvchange',
        ...['--devices', path, '--activate', 'y'],
        `${operation.group}/${operation.name}`,
      ]),
    deactivateVolume: (operation) =>
      onDisk(operation, withDiskInUse, (path) => [
        'lvchange',
        ...['--devices', path, '--activate', 'n'],
        `${operation.group}/${operation.name}`,
      ]),
  };
}
