// Owns how a PostgreSQL is run from a postgresql.conf, and asked over the socket that this names.
import type { Asked, AsUser, Server } from './server.ts';

/** `bin`: the directory of its programs. The configuration says where its data is. */
export function postgresql(bin: string): Server {
  const sql = ({ asUser, configFile }: Asked, command: string, input?: string) => {
    // It may name several: the first.
    const [socket = ''] = setting(asUser, bin, configFile, 'unix_socket_directories').split(/, */);
    const port = setting(asUser, bin, configFile, 'port');
    const asking = [
      '-XAtq',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      socket,
      '-p',
      port,
      '-d',
      'postgres',
      '-c',
      command,
    ];
    return asUser([`${bin}/psql`, ...asking], input);
  };
  return {
    name: 'postgresql',
    argv: (configFile) => [`${bin}/postgres`, '-c', `config_file=${configFile}`],
    // "Fast": open sessions are ended.
    stopSignal: 'INT',
    stopped: [0],
    ping: (asked) => void sql(asked, 'select 1'),
    write(asked, words) {
      sql(asked, 'create table if not exists words (number serial, word text)');
      sql(asked, 'copy words (word) from stdin', `${words.join('\n')}\n`);
      // Its checkpointer then has the files open that were written.
      sql(asked, 'checkpoint');
    },
    read: (asked) => sql(asked, 'select word from words order by number').split('\n').slice(0, -1),
  };
}

/** As it takes it from this file. */
export function setting(asUser: AsUser, bin: string, configFile: string, name: string): string {
  return asUser([`${bin}/postgres`, '-C', name, '-c', `config_file=${configFile}`]).trimEnd();
}
