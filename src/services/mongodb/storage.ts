// MongoDB: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'MongoDB’s notes for production ask for XFS, since WiredTiger has been slow on ext4.',
  files: 'few large',
  options: { xfs: [], ext4: [] },
};
