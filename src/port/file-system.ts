// Owns what is known of a file system and the disk below it.

export type MountedAt = Pick<FileSystem, 'mountPoint' | 'source' | 'type' | 'options'>;

export interface FileSystem {
  /** The existing directory that was asked: the path itself or its nearest existing ancestor. */
  readonly path: string;
  readonly mountPoint: string;
  readonly source: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** Of the mount and of the file system: `rw`, `noatime`, `prjquota` … */
  readonly options: readonly string[];
  /** What the file system can hold, its own metadata taken off. */
  readonly sizeBytes: number;
  /** Unused, the part reserved for root included. */
  readonly freeBytes: number;
  /** Unused and open to every user. */
  readonly availableBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
  /** The disk below it; null where there is none (tmpfs, overlay, network). */
  readonly device: Device | null;
}

export type LookedAt = Omit<FileSystem, 'device'>;

/** A question that a disk may not answer. */
export interface Asking {
  /** null: no answer within so long; it may come yet. `error`: `missing`, `link`, or the name of an errno. */
  within(milliseconds: number): Promise<LookedAt | { readonly error: string } | null>;
}

export interface Device {
  readonly name: string;
  readonly sizeBytes: number;
  /** All disks below (LVM, RAID) are NVMe. */
  readonly nvme: boolean;
  readonly disks: readonly string[];
}
