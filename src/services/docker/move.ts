// How Docker's data is moved: containers write where no process of its unit has anything open.
import type { MoveFacet } from '../moving.ts';

export const move: MoveFacet = {
  comparesAll: 'containers write in views of their own',
  // The device of its file system, by which it asks for quotas.
  madeAnew: ['volumes/backingFsBlockDev', 'overlay2/backingFsBlockDev', 'backingFsBlockDev'],
};
