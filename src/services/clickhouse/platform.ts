// What the trading platform is told of ClickHouse.
import type { Places, Platform } from '../configuration.ts';

export function platform({ directory }: Places): Platform {
  const path = directory('data');
  return {
    settings: [{ key: ['database', 'clickhouse', 'data_path'], value: path }],
    variables: { JTS_CLICKHOUSE_DATA: path },
  };
}
