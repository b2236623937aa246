// Owns what is known of the ends of a disk, the first and the last 16 MiB, where partition tables and signatures are; and of what
// was saved of a disk before something was written to it.
import type { PlannedDisk } from './storage.ts';

export const END_BYTES = 16 * 1024 ** 2;
/** What is compared at once: where writing was cut short, each of these is as before or as it was to become. */
export const END_BLOCK_BYTES = 4096;

export interface DiskEnds {
  /** SHA-256 of both, one after the other. */
  readonly hash: string;
  readonly isZero: boolean;
  /** Each block is as in the one or as in the other that was asked about, which is kept. */
  readonly isBetween: boolean;
}

/** Two states of the ends, each named by its hash; null: zeros. */
export interface Between {
  readonly one: string | null;
  readonly other: string | null;
}

export interface SavedPart {
  readonly name: 'first' | 'last' | 'partition-table' | 'volume-group';
  readonly bytes: number;
  /** SHA-256. */
  readonly hash: string;
}

export interface SavedDisk {
  readonly disk: PlannedDisk;
  /** By which it is known: of the ends. */
  readonly hash: string;
  /** ISO 8601. */
  readonly savedAt: string;
  /** The directory that it is in. */
  readonly path: string;
  readonly model: string | null;
  /** What was on it: `gpt`, `ext4`, `LVM2_member`. */
  readonly held: readonly string[];
  /** The volume group that was on it; null: none. */
  readonly volumeGroup: string | null;
  readonly parts: readonly SavedPart[];
}

/** Where the two ends are. They are one on a disk that is smaller than both. */
export function endsOf(sizeBytes: number): readonly [
  first: { readonly from: number; readonly to: number },
  last: {
    readonly from: number;
    readonly to: number;
  },
] {
  const middle = Math.min(END_BYTES, sizeBytes);
  return [
    { from: 0, to: middle },
    { from: Math.max(middle, sizeBytes - END_BYTES), to: sizeBytes },
  ];
}

export function isSameDisk(one: PlannedDisk, other: PlannedDisk): boolean {
  return (
    one.serial === other.serial &&
    one.namespace === other.namespace &&
    one.wwid === other.wwid &&
    one.sizeBytes === other.sizeBytes
  );
}
