// Owns what an image of a whole disk is asked for with, and what is known of it then.
import { isSameDisk } from './saved-disk.ts';
import type { PlannedDisk } from './storage.ts';

export interface ImageRequest {
  readonly disk: PlannedDisk;
  /** An absolute path where nothing is. */
  readonly file: string;
  /** Once it comes it ends soon, and leaves nothing. */
  readonly signal: AbortSignal;
}

/** Beside the image, as JSON: what it is of. */
export function imageManifest(file: string): string {
  return `${file}.json`;
}

/** null: it is none of this disk. */
export function endsInManifest(text: string, disk: PlannedDisk): string | null {
  try {
    const said = JSON.parse(text);
    return isSameDisk(said.disk, disk) && typeof said.ends === 'string' ? said.ends : null;
  } catch {
    return null;
  }
}

export interface DiskImage {
  readonly file: string;
  /** SHA-256 of the whole of it. */
  readonly hash: string;
  readonly bytes: number;
  /** What it takes: zeros are holes. */
  readonly writtenBytes: number;
  /** Of the first and the last 16 MiB: what a plan names. */
  readonly ends: string;
}
