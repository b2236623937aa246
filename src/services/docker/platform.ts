// What the trading platform is told of Docker.
import type { Places, Platform } from '../configuration.ts';

export function platform({ own }: Places): Platform {
  return { settings: [{ key: ['docker', 'data_root'], value: own }], variables: {} };
}
