// Owns how what LVM has on a planned disk is found: by the disk, then by the number of its device, never by a group's name. Reads
// only.
import type { BlockDevice } from './block-device.ts';
import type { HostReader } from './host-reader.ts';
import type { PlannedDisk } from './storage.ts';
import type { PhysicalVolume, VolumeGroup, VolumeGroups } from './volume-group.ts';

/** What is on one disk. */
export type OnDisk =
  | { readonly ok: false; readonly why: string }
  | {
      readonly ok: true;
      readonly device: BlockDevice;
      readonly physicalVolume: PhysicalVolume | null;
      readonly group: VolumeGroup | null;
      readonly all: Extract<VolumeGroups, { ok: true }>;
    };

/** The disk that a step was planned for, as it is called now; null: there is none, or there are two. */
export function deviceOf(devices: readonly BlockDevice[], disk: PlannedDisk): BlockDevice | null {
  const found = devices.filter(
    ({ kind, serial, namespace, wwid, sizeBytes }) =>
      kind === 'disk' &&
      serial === disk.serial &&
      namespace === disk.namespace &&
      wwid === disk.wwid &&
      sizeBytes === disk.sizeBytes,
  );
  return found.length === 1 ? (found[0] ?? null) : null;
}

export function lookOnDisk(host: HostReader, disk: PlannedDisk): OnDisk {
  const device = deviceOf(host.blockDevices(), disk);
  if (device === null) return { ok: false, why: 'there is no such disk, or there are two' };
  const all = host.volumeGroups();
  if (!all.ok) return { ok: false, why: all.said };
  const physicalVolume = all.physicalVolumes.find((one) => one.device === device.number) ?? null;
  const group = all.groups.find(({ uuid }) => uuid === physicalVolume?.group) ?? null;
  return { ok: true, device, physicalVolume, group, all };
}
