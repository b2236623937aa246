// What the trading platform is told of PostgreSQL.
import type { Places, Platform } from '../configuration.ts';

export function platform({ directory }: Places): Platform {
  const path = directory('data');
  return {
    settings: [{ key: ['database', 'postgresql', 'data_directory'], value: path }],
    variables: { JTS_POSTGRESQL_DATA: path },
  };
}
