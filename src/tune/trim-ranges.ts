// Owns in which ranges a file system is trimmed: between two of them progress is shown and a signal is heard. Pure.
import type { TrimRange } from '../port/trim.ts';

const STEP_BYTES = 64 * 1024 ** 3;
/** Few enough that starting fstrim for each takes no time. */
const MOST = 256;

export interface Trimmable {
  readonly type: string;
  /** Of the file system, its own metadata left out: it ends behind that. */
  readonly sizeBytes: number;
  /** Of XFS: how it divides its disk; null: it is none, or does not say. */
  readonly groupBytes: number | null;
}

/**
 * ext4 takes any range. XFS discards a piece of free room whole, however little of it is in the range: only between two of its
 * groups it never lies in two. Of all others ranges mean something else, or nothing.
 */
export function rangesFor({ type, sizeBytes, groupBytes }: Trimmable): readonly TrimRange[] {
  const unit = type === 'xfs' ? groupBytes : /^ext[234]$/.test(type) ? STEP_BYTES : null;
  if (unit === null || unit <= 0 || sizeBytes <= unit) return [{ offset: 0, length: null }];
  const step = unit * Math.max(1, Math.ceil(STEP_BYTES / unit), Math.ceil(sizeBytes / unit / MOST));
  const count = Math.ceil(sizeBytes / step);
  return Array.from({ length: count }, (_, i) => ({
    offset: i * step,
    length: i === count - 1 ? null : step,
  }));
}
