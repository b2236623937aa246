// Owns what a service may say of the file system that it has for itself: which type suits it, and with which mount options.
// How it is made and mounted is no service's business.
import type { FileSystemType } from '../layout/storage.ts';

export interface StorageFacet {
  /** What suits it best. Both types work for all. */
  readonly type: FileSystemType;
  /** One sentence. */
  readonly why: string;
  /** `many small`: an inode for each 16 KiB of ext4; else for each 64 KiB. XFS makes them as they are needed. */
  readonly files: 'few large' | 'many small';
  /** Beside those that every file system of ours has. */
  readonly options: { readonly [type in FileSystemType]: readonly string[] };
}
