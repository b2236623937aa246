// What the trading platform is told of MongoDB.
import type { Places, Platform } from '../configuration.ts';

export function platform({ directory }: Places): Platform {
  const path = directory('data');
  return {
    settings: [{ key: ['database', 'mongodb', 'db_path'], value: path }],
    variables: { JTS_MONGODB_DATA: path },
  };
}
