// Owns what a disk is asked of its own health, and what comes of it as it stands: health/ reads it.

/** An NVMe disk; of others nothing is asked. */
export interface DiskHealthSaid {
  /** What the kernel calls it today: `nvme0n1`. */
  readonly name: string;
  /** How the kernel sees its controller: `live`, `dead`, `resetting` …; null: it does not say. */
  readonly controller: string | null;
  /** The kernel takes no writes for it. */
  readonly readOnly: boolean;
  /** What nvme(1) printed of its SMART log as JSON, or why it printed none. */
  readonly log:
    | { readonly text: string }
    | { readonly none: 'no program' | 'no answer' | 'failed'; readonly why: string };
}
