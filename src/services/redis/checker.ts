// How a Redis says that it can read its configuration: it starts, on nothing but a socket and a directory of its own.
import type { Checker } from '../configuration.ts';

export const checker: Checker = {
  programs: (file) =>
    file.startsWith('/etc/valkey/')
      ? ['/usr/bin/valkey-server']
      : ['/usr/bin/redis-server', '/usr/bin/valkey-server'],
  words: ({ directory, main }) => [
    main,
    // Said after the file, so that these count.
    ...['--port', '0', '--unixsocket', `${directory}/socket`],
    ...['--dir', directory, '--dbfilename', 'trial.rdb', '--save', '', '--appendonly', 'no'],
    ...['--logfile', '', '--pidfile', `${directory}/pid`, '--daemonize', 'no', '--supervised', 'no'],
  ],
  until: 'ready to accept connections',
  accepts: ({ status }) => status === 0,
};
