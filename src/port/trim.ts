// Owns what is asked of a file system when its disk is to learn what is free on it (FITRIM of ioctl_fs(2), as fstrim(8) does it).

export interface TrimRange {
  readonly offset: number;
  /** null: to its end. */
  readonly length: number | null;
}

export type Trimmed =
  | { readonly bytes: number }
  /** `E_MOUNT_CHANGED`: another file system is mounted there by now. */
  | { readonly failed: 'E_MOUNT_CHANGED' | 'E_FSTRIM'; readonly said: string };
