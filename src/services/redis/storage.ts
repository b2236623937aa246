// Redis: the file system that suits it.
import type { StorageFacet } from '../storing.ts';

export const storage: StorageFacet = {
  type: 'xfs',
  why: 'A snapshot and a log that are written from start to end: both types are equally good, and one type is simpler than two.',
  files: 'few large',
  options: { xfs: [], ext4: [] },
};
