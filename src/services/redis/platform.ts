// What the trading platform is told of Redis.
import type { Places, Platform } from '../configuration.ts';

export function platform({ directory }: Places): Platform {
  const path = directory('data');
  return {
    settings: [{ key: ['database', 'redis', 'data_dir'], value: path }],
    variables: { JTS_REDIS_DATA: path },
  };
}
