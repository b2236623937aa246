// How Kafka's data is moved: it maps its indexes, and stores through a map can leave the times of a file as they were.
import type { MoveFacet } from '../moving.ts';

export const move: MoveFacet = { comparesAll: 'it writes its indexes through maps', madeAnew: [] };
