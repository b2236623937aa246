// Owns how a ClickHouse server is run from a config.xml, and asked on its port.
import type { Asked, Server } from './server.ts';

export function clickhouse(port = 9000): Server {
  const sql = ({ asUser }: Asked, query: string, input?: string) =>
    asUser(['clickhouse-client', '--port', `${port}`, '--query', query], input);
  return {
    name: 'clickhouse-server',
    argv: (configFile) => ['/usr/sbin/clickhouse-server', `--config-file=${configFile}`],
    stopSignal: 'TERM',
    stopped: [0],
    ping: (asked) => void sql(asked, 'select 1'),
    write(asked, words) {
      sql(
        asked,
        'create table if not exists words (number UInt64, word String) engine = MergeTree order by number',
      );
      const before = Number(sql(asked, 'select count() from words'));
      const rows = words.map((word, index) => `${before + index}\t${word}\n`);
      sql(asked, 'insert into words format TabSeparated', rows.join(''));
    },
    read: (asked) => sql(asked, 'select word from words order by number').split('\n').slice(0, -1),
  };
}
