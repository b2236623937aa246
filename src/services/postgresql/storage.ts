// PostgreSQL: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'Both are well tried with it. XFS can copy a database without copying its blocks (reflink, from PostgreSQL 18 on), and needs no inodes planned.',
  files: 'few large',
  options: { xfs: [], ext4: [] },
};
