// ClickHouse: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'Each insert makes a directory of files, and merges delete thousands: XFS makes inodes as they are needed, and large log buffers take many such changes at once.',
  files: 'many small',
  options: { xfs: ['logbsize=256k'], ext4: [] },
};
