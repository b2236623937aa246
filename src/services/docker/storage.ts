// Docker: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'Layers of images are millions of small files: XFS makes inodes as they are needed, and large log buffers take many such changes at once.',
  files: 'many small',
  options: { xfs: ['logbsize=256k'], ext4: [] },
};
