// How data of Docker is told from what a first start makes.
import type { PresentData } from '../configuration.ts';

/** A directory in here is an image, a container, a named directory of data. */
const KEPT = ['containers', 'image/overlay2/imagedb/content/sha256', 'image/vfs/imagedb/content/sha256'];
/** In `volumes` beside those of people. */
const OWN = ['metadata.db', 'backingFsBlockDev'];

export const present: PresentData = {
  isData: (place) =>
    KEPT.some((below) => place.names(below).length > 0) ||
    place.names('volumes').some((name) => !OWN.includes(name)) ||
    place.names('swarm').length > 0,
};
