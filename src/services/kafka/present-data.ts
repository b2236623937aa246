// How data of Kafka is told from what formatting makes.
import type { PresentData } from '../configuration.ts';

export const present: PresentData = {
  // A partition has a directory `TOPIC-NUMBER`; its own topics begin with two lines.
  isData: (place) => place.names('').some((name) => /^(?!__).*-\d+$/s.test(name)),
};
