// Backups: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'Large files, written once and deleted whole: XFS frees such a file in a few steps, and runs out of no inodes.',
  files: 'few large',
  options: { xfs: [], ext4: [] },
};
