// Kafka: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'Many partitions grow at once, each in a directory of its own: XFS spreads directories over its allocation groups, and takes room for a growing file ahead and in one piece.',
  files: 'few large',
  options: { xfs: [], ext4: [] },
};
