// Owns what is known of how a disk, or a layer above disks, takes requests: its scheduler, and whether it takes discards.

export interface BlockQueue {
  /** What the kernel calls it today: `nvme0n1`, `dm-0`. */
  readonly name: string;
  /** As the controller of an NVMe disk tells it; null: it is none, or does not tell. */
  readonly serial: string | null;
  /** Of one namespace of an NVMe disk; null likewise. */
  readonly wwid: string | null;
  /** null: it has none, and cannot have another. */
  readonly scheduler: { readonly now: string; readonly offered: readonly string[] } | null;
  /** The most that it takes at once; 0: it takes none. */
  readonly discardBytes: number;
}

/** By what it is known again, where names change from start to start. */
export function knownAs({ serial, wwid }: Pick<BlockQueue, 'serial' | 'wwid'>): string | null {
  return wwid ?? serial;
}
