// Owns how a Redis or a Valkey is run from a redis.conf, and asked on its port.
import type { Asked, Server } from './server.ts';

/** `program`: its server's path. A Valkey is asked with redis-cli, too. */
export function redis(program = '/usr/bin/redis-server', port = 6379): Server {
  const ask = ({ asUser }: Asked, words: readonly string[]) => {
    const answer = asUser(['redis-cli', '-e', '-p', `${port}`, ...words]);
    return answer.split('\n').slice(0, -1);
  };
  return {
    name: program.slice(program.lastIndexOf('/') + 1),
    argv: (configFile) => [program, configFile],
    stopSignal: 'TERM',
    stopped: [0],
    ping: (asked) => void ask(asked, ['PING']),
    write: (asked, words) => void ask(asked, ['RPUSH', 'words', ...words]),
    read: (asked) => ask(asked, ['LRANGE', 'words', '0', '-1']),
  };
}
