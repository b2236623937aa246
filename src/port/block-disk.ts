// Owns what is known of the disks below a file system: through LVM and RAID there are several.

export interface BlockDisk {
  /** What the kernel calls it today: `nvme0n1`. */
  readonly name: string;
  /** As it tells itself; null: it has none (a loop device), or does not tell it. */
  readonly serial: string | null;
  readonly model: string | null;
  /** Milliseconds for which it had work to do since it is there; null: not counted. */
  readonly busyMs: number | null;
}
