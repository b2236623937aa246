// How data of MongoDB is told from an empty directory: its own databases look like any other.
import type { PresentData } from '../configuration.ts';

export const present: PresentData = {
  isData: (place) => place.names('').includes('WiredTiger'),
};
