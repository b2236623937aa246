// How logs of MongoDB are rotated: the manual, "Rotate Log Files".
import type { LogsFacet } from '../logs.ts';

export const logs: LogsFacet = {
  rotation: {
    by: 'logrotate',
    logKey: ['systemLog', 'path'],
    name: 'mongod.log',
    keys: [
      ['systemLog', 'logAppend'],
      ['systemLog', 'logRotate'],
    ],
    isReady: (told) => told('systemLog', 'logRotate') === 'reopen' && told('systemLog', 'logAppend') === true,
    comment: 'After SIGUSR1 it goes on with a new file: `logRotate: reopen` of its configuration.',
    signal: 'USR1',
    counts: 'from the next start on',
  },
};
