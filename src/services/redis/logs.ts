// How logs of Redis and Valkey are rotated. Its source, `serverLogRaw`: it opens the file for each line and closes it again.
import type { LogsFacet } from '../logs.ts';

export const logs: LogsFacet = {
  opensForEachLine: true,
  rotation: {
    by: 'logrotate',
    logKey: ['logfile'],
    name: 'redis-server.log',
    keys: [],
    isReady: () => true,
    comment: 'It opens its log for each line: no signal is needed, and SIGUSR1 would kill it.',
    signal: null,
    counts: 'at once',
  },
};
