// How Kafka says that it can read its configuration: it looks at the directories that stand there.
import type { Checker } from '../configuration.ts';

export const checker: Checker = {
  programs: () => ['/opt/kafka/bin/kafka-storage.sh', '/usr/bin/kafka-storage', '/usr/bin/kafka-storage.sh'],
  words: ({ main }) => ['info', '--config', main],
  until: null,
  // One that is not formatted yet ends with 1 as well, and its log may have complaints of its own.
  accepts: ({ output }, place) => /^Found log director/m.test(output) && output.includes(place),
};
