// Owns what is known of how far the kernel reads ahead on a device.

export interface ReadAhead {
  /** What has the queue: of a partition its disk. Today's name: `nvme0n1`, `dm-0`. */
  readonly device: string;
  /** By what it is known again at the next start: what udev matches, and its value; null: it is not to be known again. */
  readonly known: { readonly by: 'serial' | 'wwid' | 'dm uuid'; readonly value: string } | null;
  readonly kib: number;
  /** Root cannot set it here: sysfs is mounted read-only, as in containers. */
  readonly isFixed: boolean;
}

/** As a record names it. */
export function knownText({ known }: Pick<ReadAhead, 'known'>): string | null {
  return known === null ? null : `${known.by} ${known.value}`;
}
