// How the directory of a broker is formatted for KRaft (kafka-storage.sh).
import type { FirstStart } from '../configuration.ts';

export const firstStart: FirstStart = {
  mark: 'meta.properties',
  readsFile: true,
  programs: () => ['/opt/kafka/bin/kafka-storage.sh', '/usr/bin/kafka-storage', '/usr/bin/kafka-storage.sh'],
  words: ({ file, id, found }) => [
    'format',
    '--config',
    file,
    '--cluster-id',
    id,
    // A quorum that is not written down begins with this broker alone.
    ...(found.some(({ key: [name] }) => name === 'controller.quorum.voters') ? [] : ['--standalone']),
  ],
};
