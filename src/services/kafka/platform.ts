// What the trading platform is told of Kafka.
import type { Places, Platform } from '../configuration.ts';

export function platform({ directory }: Places): Platform {
  const path = directory('data');
  return {
    settings: [{ key: ['database', 'kafka', 'log_dirs'], value: path }],
    variables: { JTS_KAFKA_LOGS: path },
  };
}
