// What the trading platform is told of backup staging.
import type { Places, Platform } from '../configuration.ts';

export function platform({ directory }: Places): Platform {
  const staging = directory('staging');
  return {
    settings: [
      { key: ['backup', 'staging_dir'], value: staging },
      { key: ['backup', 'daily_dir'], value: directory('daily') },
    ],
    variables: { JTS_BACKUP_STAGING: staging },
  };
}
