// Owns how ClickHouse's newer engine is run from a config.xml by a process that keeps it open (chdb-engine.py). It is
// the library, not the server: it takes paths, disks and policies from the file, not ports or users.
import { join } from 'node:path';
import type { Asked, Server } from './server.ts';

const SOCKET = '/tmp/chdb.socket';
const ASK = `import socket, sys
asked = socket.socket(socket.AF_UNIX)
asked.connect(sys.argv[1])
asked.sendall(sys.stdin.buffer.read())
asked.shutdown(socket.SHUT_WR)
answer = asked.makefile('rb').read().decode()
if not answer.startswith('+'): sys.exit(answer or 'no answer')
print(answer[1:], end='')`;

export interface ChdbOptions {
  /** A directory of its own for what belongs to no table, below its `path`. */
  readonly session: string;
  /** A storage policy of its configuration, for what is written. */
  readonly policy?: string;
}

export function chdb({ session, policy = 'default' }: ChdbOptions): Server {
  const sql = ({ asUser }: Asked, query: string) => asUser(['python3', '-c', ASK, SOCKET], query);
  return {
    name: 'chdb',
    argv: (configFile) => ['python3', join(import.meta.dirname, 'chdb-engine.py'), configFile, SOCKET],
    env: ['PYTHONPATH=/opt/chdb-26', 'PYTHONDONTWRITEBYTECODE=1', `CHDB_SESSION=${session}`],
    stopSignal: 'TERM',
    stopped: [0],
    ping: (asked) => void sql(asked, 'select 1'),
    write(asked, words) {
      sql(asked, 'create database if not exists kept');
      sql(
        asked,
        `create table if not exists kept.words (number UInt64, word String) engine = MergeTree order by number settings storage_policy = '${policy}'`,
      );
      const before = Number(sql(asked, 'select count() from kept.words'));
      const rows = words.map((word, index) => `${before + index}\t${word}\n`);
      sql(asked, `insert into kept.words format TabSeparated\n${rows.join('')}`);
    },
    read: (asked) => sql(asked, 'select word from kept.words order by number').split('\n').slice(0, -1),
  };
}
