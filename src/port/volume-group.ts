// Owns what is known of LVM on a machine: physical volumes, volume groups, volumes. All of it is known by UUID: two groups may have
// one name.

/** Of every group that we make. */
export const EXTENT_BYTES = 4 * 1024 ** 2;
/** Where the first extent begins on every physical volume that we make: on a whole page of flash, whatever its size. */
export const DATA_START_BYTES = 4 * 1024 ** 2;

export interface PhysicalVolume {
  readonly uuid: string;
  /** `major:minor`; null: it is missing. */
  readonly device: string | null;
  /** Where its first extent begins. */
  readonly startBytes: number;
  /** UUID of its group; null: it is in none. */
  readonly group: string | null;
  /** It says that it is in a group, and none can be read: what describes the group is damaged. */
  readonly isLost: boolean;
}

export interface Volume {
  readonly name: string;
  readonly uuid: string;
  readonly extents: number;
  readonly isActive: boolean;
  /** It is mounted, or something else has it open. */
  readonly isOpen: boolean;
  /** `major:minor` while it is active; null: it is not. */
  readonly device: string | null;
  /** As lvs(8) says: `linear`, `thin,pool`. */
  readonly layout: string;
}

export interface VolumeGroup {
  readonly name: string;
  readonly uuid: string;
  readonly extentBytes: number;
  readonly extents: number;
  readonly freeExtents: number;
  /** Missing ones, too. */
  readonly physicalVolumes: readonly PhysicalVolume[];
  readonly volumes: readonly Volume[];
  /** Why nothing may be changed in it, beside what is missing: `exported`; null: it may. */
  readonly locked: string | null;
}

export type VolumeGroups =
  | {
      readonly ok: true;
      readonly groups: readonly VolumeGroup[];
      /** Those that are in no group, too. */
      readonly physicalVolumes: readonly PhysicalVolume[];
    }
  | { readonly ok: false; readonly why: 'root' | 'no program' | 'failed'; readonly said: string };

/** Why LVM does not take a device on this machine. */
export interface LvmRejection {
  /** In LVM's own words. */
  readonly said: string;
  /** What leaves it out; null: something else does, as LVM says. */
  readonly by:
    | { readonly setting: 'filter' | 'global_filter'; readonly value: string }
    /** It is not listed in this file. A physical volume that is made is put into it by LVM. */
    | { readonly file: string }
    | null;
}

/** What a disk of that size has room for, as one group. */
export function extentsOf(sizeBytes: number): number {
  return Math.max(0, Math.floor((sizeBytes - DATA_START_BYTES) / EXTENT_BYTES));
}

export function extentsFor(bytes: number): number {
  return Math.ceil(bytes / EXTENT_BYTES);
}

/** What is done to them, and what takes it back. */
export type VolumeOperation =
  | 'createPhysicalVolume'
  | 'removePhysicalVolume'
  | 'createVolumeGroup'
  | 'removeVolumeGroup'
  | 'createVolume'
  | 'removeVolume'
  | 'growVolume'
  | 'activateVolume'
  | 'deactivateVolume';
