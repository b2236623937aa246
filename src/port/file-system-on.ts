// Owns what is known of what is on a place for a file system, a disk or a volume, mounted or not.
import type { FileSystemType } from '../layout/storage.ts';

/**
 * `to replay`: it was not unmounted, and the next mount puts it in order from its journal; until then nobody can say what is in
 * it. `damaged`: it says so itself, or cannot be read. `unfinished`: its making was stopped in the middle. `unknown`: of
 * another type than ours.
 */
export type FileSystemState = 'clean' | 'mounted' | 'to replay' | 'damaged' | 'unfinished' | 'unknown';

export interface FileSystemFound {
  /** `xfs`, `ext4`; what else is there, as blkid(8) calls it: `LVM2_member`, `swap`, `gpt`, `several`. */
  readonly type: string;
  readonly uuid: string | null;
  readonly label: string | null;
  readonly state: FileSystemState;
  /** The following are of ours alone, and null or empty where it cannot be read. As tune2fs and xfs_info call them. */
  readonly features: readonly string[];
  readonly sizeBytes: number | null;
  readonly blockBytes: number | null;
  /** Of XFS. */
  readonly sectorBytes: number | null;
  readonly allocationGroups: number | null;
  /** For root alone, of ext4. */
  readonly reservedBytes: number | null;
  /** The first place where it is mounted. */
  readonly mountedAt: string | null;
  /** `nothing`: nothing but directories, and in these nothing either. `first`: the path of what was found first, inside it. */
  readonly holds: Holding;
}

export type Holding =
  | { readonly is: 'nothing' }
  | { readonly is: 'something'; readonly first: string }
  | { readonly is: 'unknown'; readonly why: string };

export interface AtPlace {
  /** What the kernel calls it today: for hints, and for nothing that acts. */
  readonly path: string;
  readonly sizeBytes: number;
  /** The larger of the two sizes that the device tells, but no more than a block of ours. */
  readonly sectorBytes: number;
  /** null: no signature of anything. */
  readonly has: FileSystemFound | null;
}

/** What the choice of a file system's options depends on. */
export interface FileSystemMakers {
  /** `6.1.0-38-amd64`. */
  readonly kernel: string;
  /** The kernel keeps quotas in hidden files of ext4 (CONFIG_QFMT_V2). Where it does not say, true. */
  readonly keepsQuotas: boolean;
  readonly cores: number;
  /** `6.1.0`; null: not installed, or it does not say. */
  readonly xfsprogs: string | null;
}

/** As chosen when it was planned. */
export interface FileSystemOptions {
  /** Of mkfs.xfs or mke2fs, but for the UUID and the device. */
  readonly words: readonly string[];
  /** Those that it has, and no others; as tune2fs and xfs_info call them. */
  readonly features: readonly string[];
  readonly blockBytes: number;
  /** These two of XFS. */
  readonly sectorBytes: number | null;
  readonly allocationGroups: number | null;
}

/** A combination that is tried on an image in a file before it is written. */
export interface FileSystemTrialRequest {
  readonly type: FileSystemType;
  /** Of the making: what depends on the size of the disk is left out. */
  readonly words: readonly string[];
  /** Of the mount, for the kernel. */
  readonly mountOptions: readonly string[];
}

export type FileSystemTrial =
  | { readonly ok: true }
  /** `options`: those that the kernel does not take; none: it cannot be made or mounted with any. `said`: in whose words. */
  | { readonly ok: false; readonly options: readonly string[]; readonly said: string };

/** A part of a volume of this size is nothing that a file system could grow by: an extent of LVM has 4 MiB. */
export const LEAST_GROWTH_BYTES = 8 * 1024 ** 2;
